//! Arguments of `consortium stewards`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use larum_protocol::clock::Day;

use super::RosterSource;

#[derive(Subcommand)]
pub(crate) enum StewardsCommand {
    /// Propose who shall hold the key of the next epoch; once that roster is applied they make it among themselves
    Choose(ChooseArgs),
    /// Propose a new key with the same stewards: the next epoch
    Rotate(PlanArgs),
    /// Propose new shares of the same key for the same stewards: stolen ones become worthless, a lost one is made good
    Refresh(RefreshArgs),
    /// Propose new shares of the same key for other stewards, or another threshold
    Reshare(ReshareArgs),
    /// Propose to use the shares that were made, once every steward has said that it keeps its own
    #[command(visible_alias = "dkg")]
    Commit(CommitArgs),
    /// Propose to give up the planned ceremony
    Cancel(PlanArgs),
    /// Show who holds which key, what is left of this member's budget, and how far a ceremony has got
    Show,
    /// Say whether a file shows that a steward gave a wrong answer
    Verify(EvidenceArgs),
}

#[derive(Args)]
pub(crate) struct EvidenceArgs {
    #[command(flatten)]
    pub(crate) source: RosterSource,
    /// A file of `steward/evidence` in the data folder of the node that got the answer
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// A proposal that needs nothing but the roster.
#[derive(Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) source: RosterSource,
    /// Where the proposal goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Stewards, and how many it takes.
#[derive(Args)]
pub(crate) struct Committee {
    /// A member whose node becomes a steward, by name or number; each another one
    #[arg(long = "steward", value_name = "MEMBER", required = true)]
    pub(crate) stewards: Vec<String>,
    /// How many of them it takes to make a tag
    #[arg(long, value_name = "COUNT")]
    pub(crate) threshold: u8,
}

#[derive(Args)]
pub(crate) struct ChooseArgs {
    #[command(flatten)]
    pub(crate) committee: Committee,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
}

#[derive(Args)]
pub(crate) struct RefreshArgs {
    /// A steward that cannot deal, because it lost its share or is away; it gets a share all the same
    #[arg(long, value_name = "MEMBER")]
    pub(crate) without: Vec<String>,
    /// The epoch whose key gets new shares [default: the newest]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) epoch: Option<u32>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
}

#[derive(Args)]
pub(crate) struct ReshareArgs {
    #[command(flatten)]
    pub(crate) committee: Committee,
    /// A steward that cannot deal, because it lost its share or is away
    #[arg(long, value_name = "MEMBER")]
    pub(crate) without: Vec<String>,
    /// The epoch whose key gets new shares [default: the newest]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) epoch: Option<u32>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
}

#[derive(Args)]
pub(crate) struct CommitArgs {
    /// The last day on which the epoch before is used, where a new one begins
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<Day>,
    /// End the epoch before at once: nothing was ever published, as the running node makes sure of what it holds
    #[arg(long, conflicts_with = "until")]
    pub(crate) nothing_published: bool,
    /// Elements that each member may have evaluated a day [default: as before, or 50000]
    #[arg(long, value_name = "COUNT")]
    pub(crate) budget: Option<u64>,
    /// Do not ask before an epoch ends within a week
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
}
