//! Arguments of `check` and `tag`, and the selectors that name single identifiers.

use std::path::PathBuf;

use clap::Args;
use larum_protocol::kind::Kind;

use super::words;

/// Identifiers named one by one.
#[derive(Args, Clone, Default)]
pub(crate) struct IdentifierArgs {
    /// A mailbox
    #[arg(long, value_name = "VALUE")]
    pub(crate) email: Vec<String>,
    /// A telephone number, with its country code or with --region
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) phone: Vec<String>,
    /// A profile page or handle
    #[arg(long, value_name = "VALUE")]
    pub(crate) profile: Vec<String>,
    /// A domain
    #[arg(long, value_name = "VALUE")]
    pub(crate) domain: Vec<String>,
    /// A digital currency address
    #[arg(long, value_name = "VALUE")]
    pub(crate) wallet: Vec<String>,
    /// A postal address
    #[arg(long, value_name = "VALUE")]
    pub(crate) address: Vec<String>,
    /// A resume: a PDF, DOCX, ODT, RTF, HTML or text file, read by a fenced-in process
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Vec<PathBuf>,
    /// The kind of the --value at the same place, or of every row of --file that names none
    #[arg(long, value_name = "KIND", value_parser = words::kind())]
    pub(crate) kind: Vec<Kind>,
    /// An identifier of any kind
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) value: Vec<String>,
    /// The country of phone numbers and addresses that do not name their own (ISO 3166 alpha-2)
    #[arg(long, value_name = "COUNTRY", value_parser = words::country)]
    pub(crate) region: Option<String>,
    /// The asset of wallets, such as ETH or USDT
    #[arg(long, value_name = "ASSET")]
    pub(crate) asset: Option<String>,
    /// A dash: read identifiers from standard input, one {"kind","value","region"?} a line
    #[arg(value_name = "-", value_parser = ["-"])]
    pub(crate) stdin: Option<String>,
}

impl IdentifierArgs {
    /// Whether any flag or the dash names an identifier.
    pub(crate) fn names_any(&self) -> bool {
        let lists = [&self.email, &self.phone, &self.profile, &self.domain, &self.wallet, &self.address, &self.value];
        self.stdin.is_some() || !self.resume.is_empty() || lists.iter().any(|list| !list.is_empty())
    }
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) identifiers: IdentifierArgs,
    /// Check every row of a CSV or JSON lines file (- for standard input); answers are JSON lines
    #[arg(long, value_name = "FILE", conflicts_with_all = ["application", "email", "phone", "profile", "domain",
        "wallet", "address", "resume", "value", "stdin", "reference", "watch_days", "record"])]
    pub(crate) file: Option<PathBuf>,
    /// Which column of --file holds a field; FIELD= for none
    #[arg(long, value_name = "FIELD=NAME", requires = "file")]
    pub(crate) column: Vec<String>,
    /// Leave broken rows of --file out; the exit status is then never 0
    #[arg(long, requires = "file")]
    pub(crate) skip_bad: bool,
    /// Check one application: a JSON file with emails, phones, profiles, wallets, addresses, bank, resumes (files)
    #[arg(long, value_name = "FILE")]
    pub(crate) application: Option<PathBuf>,
    /// Your own name for the applicant; comes back with alerts
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
    /// Keep the tags for so many days and raise an alert on a later listing
    #[arg(long, value_name = "DAYS")]
    pub(crate) watch_days: Option<u16>,
    /// Write request and answer to a new file, for larum receipt verify; it holds the identifiers
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Only say what would be sent
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct TagArgs {
    /// The identifier's kind; without it, {"kind","value","region"?,"asset"?} lines come on standard input
    #[arg(long, value_name = "KIND", value_parser = words::kind(), requires = "value")]
    pub(crate) kind: Option<Kind>,
    /// The identifier
    #[arg(long, value_name = "VALUE", requires = "kind", allow_hyphen_values = true)]
    pub(crate) value: Option<String>,
    /// The country of a phone number or address that does not name its own (ISO 3166 alpha-2)
    #[arg(long, value_name = "COUNTRY", requires = "value", value_parser = words::country)]
    pub(crate) region: Option<String>,
    /// The asset of a wallet, such as ETH or USDT
    #[arg(long, value_name = "ASSET", requires = "value")]
    pub(crate) asset: Option<String>,
    /// Add the canonical form and the rules that led to it
    #[arg(long)]
    pub(crate) explain: bool,
    /// Compute the canonical form and no tag: needs no data folder and no salt
    #[arg(long)]
    pub(crate) canonical: bool,
}
