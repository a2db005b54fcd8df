//! Arguments of `watch` and `erase`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use larum_protocol::kind::Kind;

use super::words;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct WatchArgs {
    /// Stay, and print each alert as it is raised or changes
    #[arg(long)]
    pub(crate) follow: bool,
    /// With --follow: begin behind the change with this number, as a line of --json names it [default: what is open]
    #[arg(long, value_name = "N", requires = "follow")]
    pub(crate) after: Option<u64>,
    /// Show closed alerts as well
    #[arg(long)]
    pub(crate) all: bool,
    #[command(subcommand)]
    pub(crate) command: Option<WatchCommand>,
}

#[derive(Subcommand)]
pub(crate) enum WatchCommand {
    /// Watch everybody in a file: staff and contractors, say
    Add(WatchAddArgs),
    /// List who is watched
    List,
    /// End a watch and close its alerts
    Remove(WatchNumber),
    /// Say that a person has seen an alert: it is closed until it becomes graver
    Acknowledge(WatchNumber),
}

#[derive(Args)]
pub(crate) struct WatchAddArgs {
    /// CSV or JSON lines with id, kind, value (- for standard input); rows in a row with one id are one watch
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Which column of --file holds a field; FIELD= for none
    #[arg(long, value_name = "FIELD=NAME")]
    pub(crate) column: Vec<String>,
    /// The kind of every row that names none
    #[arg(long, value_name = "KIND", value_parser = words::kind())]
    pub(crate) kind: Option<Kind>,
    /// The country of phone numbers and addresses that do not name their own (ISO 3166 alpha-2)
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) region: Option<String>,
    /// For how many days [default: 180]; the policy and the node may allow less
    #[arg(long, value_name = "DAYS")]
    pub(crate) days: Option<u16>,
}

#[derive(Args)]
pub(crate) struct WatchNumber {
    /// Its number, as larum watch shows it
    #[arg(value_name = "NUMBER")]
    pub(crate) id: u64,
}

#[derive(Args)]
pub(crate) struct EraseArgs {
    /// Your own name for the applicant
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) reference: String,
    /// The applicant tracking system whose reference it is, as larum watch list shows it [default: none, for what came over the API]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) source: Option<String>,
}
