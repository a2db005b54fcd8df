//! Arguments of `bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// What to measure
    #[arg(value_enum, default_value_t = Measure::All)]
    pub(crate) measure: Measure,
    /// Of resumes: the folder that holds them (.jsonl, .jsonl.gz with a "text" a line, or .txt)
    #[arg(value_name = "FOLDER", required_if_eq("measure", "resumes"))]
    pub(crate) folder: Option<PathBuf>,
    /// Of resumes: draw recall against edits into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Of resumes: where random edits begin
    #[arg(long, value_name = "N", default_value_t = larum_node::bench::resumes::SEED)]
    pub(crate) seed: u64,
    /// Tags in the index [default: 10 million; behind the API 1 million]
    #[arg(long, value_name = "N")]
    pub(crate) tags: Option<u64>,
    /// Watches [default: 1 million]
    #[arg(long, value_name = "N")]
    pub(crate) watches: Option<u64>,
    /// Statements in the logs [default: 500,000 received, 200,000 caught up with, 1 million at a restart]
    #[arg(long, value_name = "N")]
    pub(crate) statements: Option<u64>,
    /// The sizes that the goals are stated for: 100 million tags, 10 million behind the API and as many statements;
    /// takes 8 GB of disk and half an hour
    #[arg(long)]
    pub(crate) long: bool,
    /// Where to work; a folder is made below it and removed afterwards [default: the system's for temporary files]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Measure {
    /// Everything, one after another
    All,
    /// Look-ups in the membership index
    Index,
    /// Checks over HTTP, one at a time and in bulk
    Http,
    /// Verifying, storing and indexing what others published
    Receive,
    /// A new node catching up with another
    CatchUp,
    /// Ten nodes, publishing to one another
    Gossip,
    /// Starting on a full data folder
    Restart,
    /// The logs' room on disk
    Disk,
    /// Holding arriving statements against a million watches
    Watches,
    /// What it costs to try all telephone numbers under each custody; not part of all
    Privacy,
    /// How well resumes are told apart and edited ones found again; not part of all
    Resumes,
}
