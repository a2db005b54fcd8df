//! Arguments of `consortium`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use larum_node::net::Multiaddr;
use larum_protocol::{clock::Day, hash::Digest, keys::PublicKey, kind::Kind};

use super::{StewardsCommand, words};

#[derive(Subcommand)]
pub(crate) enum ConsortiumCommand {
    /// Create a governor's key; its public half goes to whoever founds the consortium
    Governor(GovernorArgs),
    /// Found a consortium with this member as its first
    Found(FoundArgs),
    /// Ask to become a member: write a request for the governors
    Request(RequestArgs),
    /// Propose a roster that admits whoever asked
    Admit(AdmitArgs),
    /// Take the rosters of a consortium that admitted this member into the data folder
    Join(JoinArgs),
    /// Propose a roster that removes a member: nothing it said counts any longer
    Remove(MemberArgs),
    /// Split the key among stewards, so that no member can try out values by itself
    #[command(subcommand)]
    Stewards(StewardsCommand),
    /// Propose a roster that cuts a member off until a further one reinstates it
    Suspend(MemberArgs),
    /// Propose any other change
    Propose(ProposeArgs),
    /// Read a proposal in words and add a governor's signature
    Sign(SignArgs),
    /// Hand a fully signed roster to the running node, or to the data folder
    Apply(ApplyArgs),
    /// Show the roster, or write it down for a new member
    Show(ShowArgs),
}

/// How a governor's key is protected at rest.
#[derive(Args, Clone)]
pub(crate) struct GovernorLock {
    /// Seal with the passphrase in this file's first line instead of an unlock file
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct GovernorArgs {
    /// Where the sealed key goes; the unlock file gets the same name and .unlock
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) lock: GovernorLock,
}

/// Who holds the consortium's salt.
#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
pub(crate) enum Custody {
    /// Every member has it, and computes tags by itself.
    Shared,
    /// Stewards hold shares of a key beside it, and have to help with each tag.
    Split,
}

/// Which policy, where it is not the usual one.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArgs {
    /// How many members make a listing corroborated, and a suspicion a listing
    #[arg(long, value_name = "MEMBERS")]
    pub(crate) corroboration: Option<u32>,
    /// How old an announcement may be and still show that a member was heard
    #[arg(long, value_name = "SECONDS")]
    pub(crate) fresh_seconds: Option<u32>,
    /// The share of active members that must have been heard
    #[arg(long, value_name = "PERCENT")]
    pub(crate) fresh_percent: Option<u8>,
    /// The longest that a victim's role counts
    #[arg(long, value_name = "DAYS")]
    pub(crate) victim_life_days: Option<u32>,
    /// The longest that a check may be kept as a watch
    #[arg(long, value_name = "DAYS")]
    pub(crate) watch_days_max: Option<u32>,
    /// The longest that a kind's statements count, as KIND=DAYS
    #[arg(long, value_name = "KIND=DAYS", value_parser = life)]
    pub(crate) life: Vec<(Kind, u32)>,
    /// A kind that is not used
    #[arg(long, value_name = "KIND", value_parser = words::kind())]
    pub(crate) without_kind: Vec<Kind>,
    /// Argon2id's cost for the kinds that are stretched, as KIB:PASSES:LANES
    #[arg(long, value_name = "COST", value_parser = stretch)]
    pub(crate) stretch: Option<(u32, u32, u32)>,
}

/// Where others reach this node, and how much it may publish.
#[derive(Args)]
pub(crate) struct FoundArgs {
    /// The consortium's name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// How many governor keys to create here
    #[arg(long, value_name = "COUNT", default_value_t = 0, required_unless_present = "governor")]
    pub(crate) governors: u8,
    /// The public key of a governor whose key was created elsewhere
    #[arg(long, value_name = "KEY")]
    pub(crate) governor: Vec<PublicKey>,
    /// How many governors must sign a roster
    #[arg(long, value_name = "COUNT")]
    pub(crate) threshold: u8,
    /// Who holds the salt
    #[arg(long, value_enum, default_value = "shared")]
    pub(crate) custody: Custody,
    /// An address at which others reach this node, as a multiaddress [default: p2p_external of larum.toml]
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) address: Vec<Multiaddr>,
    #[command(flatten)]
    pub(crate) quota: QuotaArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) lock: GovernorLock,
    /// Where the genesis and the governors' keys go
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Do not ask before signing
    #[arg(long)]
    pub(crate) yes: bool,
}

/// How much of what a member publishes counts a day.
#[derive(Args, Clone, Copy)]
pub(crate) struct QuotaArgs {
    /// How many of its assertions count a day
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub(crate) quota_asserts: u64,
    /// How many of its withdrawals and disputes count a day
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub(crate) quota_others: u64,
}

#[derive(Args)]
pub(crate) struct RequestArgs {
    /// An address at which others reach this node, as a multiaddress [default: p2p_external of larum.toml]
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) address: Vec<Multiaddr>,
    /// Where the request goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// The roster that a proposal follows.
#[derive(Args, Clone)]
pub(crate) struct RosterSource {
    /// A roster or bundle file [default: the running node's roster, or the data folder's]
    #[arg(long, value_name = "FILE")]
    pub(crate) roster: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct AdmitArgs {
    /// The requests of those to admit
    #[arg(required = true, value_name = "REQUEST")]
    pub(crate) requests: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) quota: QuotaArgs,
    #[command(flatten)]
    pub(crate) source: RosterSource,
    /// Where the proposal goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct JoinArgs {
    /// The bundle of rosters that a member wrote with larum consortium show --bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// The consortium's id, from somebody you trust and not from the bundle's sender alone
    #[arg(long, value_name = "ID")]
    pub(crate) id: Digest,
}

#[derive(Args)]
pub(crate) struct MemberArgs {
    /// The member's name or number
    #[arg(value_name = "MEMBER")]
    pub(crate) member: String,
    #[command(flatten)]
    pub(crate) source: RosterSource,
    /// Where the proposal goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct ProposeArgs {
    /// Let a suspended or removed member count again
    #[arg(long, value_name = "MEMBER")]
    pub(crate) reinstate: Vec<String>,
    /// Take a node out of use in good order: what its ended logs hold goes on counting
    #[arg(long, value_name = "KEY")]
    pub(crate) retire_node: Vec<PublicKey>,
    /// Revoke a node's lost or stolen key: only what --end-log names of it counts
    #[arg(long, value_name = "KEY")]
    pub(crate) revoke_node: Vec<PublicKey>,
    /// End a log at a batch, as NODE:INCARNATION:SEQ:HASH (SEQ 0 and no HASH for none of it)
    #[arg(long, value_name = "END")]
    pub(crate) end_log: Vec<String>,
    /// Add a governor
    #[arg(long, value_name = "KEY")]
    pub(crate) add_governor: Vec<PublicKey>,
    /// Remove a governor
    #[arg(long, value_name = "KEY")]
    pub(crate) remove_governor: Vec<PublicKey>,
    /// How many governors must sign from then on
    #[arg(long, value_name = "COUNT")]
    pub(crate) threshold: Option<u8>,
    /// Start a new salt epoch under shared custody; the one before is used until this day
    #[arg(long, value_name = "DAY")]
    pub(crate) rotate_salt_until: Option<Day>,
    /// Elements that each member may have evaluated a day by stewards
    #[arg(long, value_name = "COUNT")]
    pub(crate) steward_budget: Option<u64>,
    /// Do not ask before an epoch ends within a week
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) source: RosterSource,
    /// Where the proposal goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct SignArgs {
    /// The proposal; the signature is added to the file
    #[arg(value_name = "PROPOSAL")]
    pub(crate) proposal: PathBuf,
    /// The governor's sealed key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// What unlocks it [default: the key's name with .unlock]
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    pub(crate) unlock_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lock: GovernorLock,
    /// The roster that it replaces, so that changes are shown in words [default: the data folder's]
    #[command(flatten)]
    pub(crate) source: RosterSource,
    /// Do not ask before signing
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct ApplyArgs {
    /// The signed roster; further files with more signatures of the same are merged
    #[arg(required = true, value_name = "ROSTER")]
    pub(crate) rosters: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// A roster, proposal or bundle file [default: the running node's roster, or the data folder's]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Write every roster since the genesis to a new file, for a new member's larum consortium join
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// Seal the salt to this member inside the bundle
    #[arg(long, value_name = "MEMBER", requires = "bundle")]
    pub(crate) grant: Vec<String>,
}

fn life(text: &str) -> Result<(Kind, u32), String> {
    let (kind, days) = text.split_once('=').ok_or("expected KIND=DAYS")?;
    let kind = kind.parse().map_err(|_| "not a kind")?;
    Ok((kind, days.parse().map_err(|_| "the days are not a number")?))
}

fn stretch(text: &str) -> Result<(u32, u32, u32), &'static str> {
    let numbers: Result<Vec<u32>, _> = text.split(':').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([memory, passes, lanes]) => Ok((*memory, *passes, *lanes)),
        _ => Err("expected KIB:PASSES:LANES, for example 19456:2:1"),
    }
}
