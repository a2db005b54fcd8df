//! Arguments of `publish`, `withdraw` and `dispute`.

use std::path::PathBuf;

use clap::Args;
use larum_protocol::{
    clock::Day,
    kind::Kind,
    vocabulary::{Evidence, Reason, Role},
};

use super::words;

/// Which identifiers: one named by flags, or the rows of a file. Flags give what every row shares.
#[derive(Args)]
pub(crate) struct RowArgs {
    /// The identifier's kind
    #[arg(long, value_name = "KIND", value_parser = words::kind())]
    pub(crate) kind: Option<Kind>,
    /// The identifier
    #[arg(long, value_name = "VALUE", conflicts_with = "file", requires = "kind", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    /// A resume: a PDF, DOCX, ODT, RTF, HTML or text file, read by a fenced-in process
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "kind", "value"])]
    pub(crate) resume: Option<PathBuf>,
    /// The country of phone numbers and addresses that do not name their own (ISO 3166 alpha-2)
    #[arg(long, value_name = "COUNTRY", value_parser = words::country)]
    pub(crate) region: Option<String>,
    /// The asset of wallets, such as ETH or USDT
    #[arg(long, value_name = "ASSET")]
    pub(crate) asset: Option<String>,
    /// A CSV or JSON lines file (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Which column of --file holds a field; FIELD= for none
    #[arg(long, value_name = "FIELD=NAME", requires = "file")]
    pub(crate) column: Vec<String>,
    /// Send the good rows even if others are broken or refused
    #[arg(long)]
    pub(crate) skip_bad: bool,
    /// Leave out what the node refuses, and say which rows: a public list is not the importer's to mend.
    #[arg(skip)]
    pub(crate) leave_out_refused: bool,
    /// Let the node check every row, and publish nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Repeat an earlier command with its key, and nothing is published twice
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// A dash: read rows from standard input
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with_all = ["file", "resume", "value"])]
    pub(crate) stdin: Option<String>,
}

#[derive(Args)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,
    /// What the identifier is to the fraud
    #[arg(long, value_name = "ROLE", value_parser = words::role())]
    pub(crate) role: Option<Role>,
    /// Why it is reported
    #[arg(long, value_name = "REASON", value_parser = words::reason(), ignore_case = true)]
    pub(crate) reason: Option<Reason>,
    /// The standard that your evidence meets; by naming it you say that it does
    #[arg(long, value_name = "CLASS", value_parser = words::evidence())]
    pub(crate) evidence: Option<Evidence>,
    /// The day on which it was observed, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) observed: Option<Day>,
    /// The day on which it stops counting [default: the kind's usual life]
    #[arg(long, value_name = "DAY")]
    pub(crate) expires: Option<Day>,
    /// The public list it comes from, where the case is not first-hand; rows that cannot be read are then named and
    /// left out, since the list is not yours to mend
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,
}

#[derive(Args)]
pub(crate) struct CorrectionArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,
    /// Why: COR.ERROR, COR.VICTIM or COR.RESOLVED
    #[arg(long, value_name = "REASON", value_parser = words::reason(), ignore_case = true)]
    pub(crate) reason: Option<Reason>,
    /// The hash of the statement that this one is about
    #[arg(long, value_name = "HASH")]
    pub(crate) re: Option<String>,
}
