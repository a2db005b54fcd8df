//! Arguments of the operator's commands: `demo`, `init`, `serve`, `backup`, `restore`, `token`, `allow`, `receipt`, `completions`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use larum_node::net::Multiaddr;
use larum_protocol::api::Scope;

use super::{Custody, IdentifierArgs};

#[derive(Args)]
pub(crate) struct InitArgs {
    /// The employer's name, as the other members know it
    #[arg(long, value_name = "NAME")]
    pub(crate) org: String,
    /// Seal the keys with the passphrase in this file's first line instead of an unlock file
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Keep keys, data folders and logs in this new folder, to look at and to go on with
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Who can make tags: stewards together, or every member by itself
    #[arg(long, value_enum, default_value = "split")]
    pub(crate) custody: Custody,
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Address and port of the HTTP API
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http_listen: Option<SocketAddr>,
    /// An address for other nodes to dial, as a multiaddress; port 0 lets the system choose
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) p2p_listen: Vec<Multiaddr>,
    /// A further address of a node on the roster, ending in /p2p/ and its peer id
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) p2p_peer: Vec<Multiaddr>,
    /// Stop when standard input ends too, as it does once whoever started the node is gone
    #[arg(long)]
    pub(crate) stop_on_eof: bool,
}

#[derive(Args)]
pub(crate) struct BackupArgs {
    /// The folder to make, which must not exist: on another disk
    #[arg(value_name = "TARGET")]
    pub(crate) target: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// What larum backup made
    #[arg(value_name = "SOURCE")]
    pub(crate) source: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown this once
    Create(NewTokenArgs),
    /// List the tokens that have not been revoked
    List,
    /// Revoke a token at once
    Revoke(RevokeArgs),
}

#[derive(Subcommand)]
pub(crate) enum VaultCommand {
    /// Show how much is kept
    Show,
    /// Publish again what is kept and still stands, and let go of the rest
    Republish,
}

#[derive(Args)]
pub(crate) struct NewTokenArgs {
    /// Who or what will use it
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What it permits
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scope())]
    pub(crate) scope: Vec<Scope>,
    /// Days until it expires [default: a year]
    #[arg(long, value_name = "DAYS")]
    pub(crate) expires_days: Option<u32>,
    /// Write the token to a new file that only you can read, and do not print it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// The token's id, as larum token list shows it
    pub(crate) id: String,
}

#[derive(Subcommand)]
pub(crate) enum AllowCommand {
    /// Vouch for identifiers: your own employees, numbers, people you have verified
    Add(AllowChange),
    /// Vouch for them no longer
    Remove(AllowChange),
    /// List what this node vouches for, masked
    List,
}

#[derive(Args)]
pub(crate) struct AllowChange {
    #[command(flatten)]
    pub(crate) identifiers: IdentifierArgs,
    /// Why, for your own memory; kept in the clear
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Check offline that a node signed exactly this answer to exactly this request
    Verify(VerifyArgs),
}

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// What larum check --record wrote; - for standard input
    #[arg(value_name = "RECORD", required_unless_present_all = ["request", "answer"])]
    pub(crate) record: Option<PathBuf>,
    /// The request's body, byte for byte
    #[arg(long, value_name = "FILE", requires = "answer", conflicts_with = "record")]
    pub(crate) request: Option<PathBuf>,
    /// The answer's body, byte for byte
    #[arg(long, value_name = "FILE", requires = "request", conflicts_with = "record")]
    pub(crate) answer: Option<PathBuf>,
    /// A roster or bundle file that names the consortium's nodes [default: the data folder's]
    #[arg(long, value_name = "FILE")]
    pub(crate) roster: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::name))
        .map(|word| Scope::from_name(&word).expect("it is one of the scopes"))
}
