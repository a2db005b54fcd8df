//! Arguments of `larum audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// List the lookups that this node recorded, newest last
    List(ListArgs),
    /// Write the record as JSON lines, to be kept or looked at elsewhere
    Export(ExportArgs),
    /// Check that no record was changed, dropped or moved: of the data folder, or of an export
    Verify(AuditVerifyArgs),
    /// Remove records that are older than they have to be kept, whole days at a time
    Prune(PruneArgs),
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// The number of the first record to list [default: the oldest]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<u64>,
    /// How many to list
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) limit: usize,
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// The number of the first record [default: the oldest]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<u64>,
    /// Write to this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct AuditVerifyArgs {
    /// What larum audit export wrote [default: the record in the data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A record's hash that was noted down before: it has to be there still
    #[arg(long, value_name = "HASH")]
    pub(crate) noted: Option<String>,
}

#[derive(Args)]
pub(crate) struct PruneArgs {
    /// Days to keep, 30 to 3650 [default: audit_retention_days of larum.toml]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(30..=3650))]
    pub(crate) days: Option<u32>,
}
