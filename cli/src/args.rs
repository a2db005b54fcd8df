//! The command tree as data. No work is done here.

mod audit;
mod bench;
mod check;
mod consortium;
mod operate;
mod resume;
mod statements;
mod stewards;
mod watch;
mod words;

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

pub(crate) use self::{
    audit::{AuditCommand, AuditVerifyArgs, ExportArgs, ListArgs, PruneArgs},
    bench::{BenchArgs, Measure},
    check::{CheckArgs, IdentifierArgs, TagArgs},
    consortium::{
        AdmitArgs, ApplyArgs, ConsortiumCommand, Custody, FoundArgs, GovernorArgs, JoinArgs, MemberArgs, PolicyArgs,
        ProposeArgs, RequestArgs, RosterSource, ShowArgs, SignArgs,
    },
    operate::{
        AllowChange, AllowCommand, BackupArgs, CompletionsArgs, DemoArgs, InitArgs, NewTokenArgs, ReceiptCommand,
        RestoreArgs, RevokeArgs, ServeArgs, TokenCommand, VaultCommand, VerifyArgs,
    },
    resume::{CompareArgs, ResumeCommand},
    statements::{CorrectionArgs, PublishArgs, RowArgs},
    stewards::{ChooseArgs, CommitArgs, EvidenceArgs, PlanArgs, RefreshArgs, ReshareArgs, StewardsCommand},
    watch::{EraseArgs, WatchAddArgs, WatchArgs, WatchCommand},
};

/// Employers warn each other about organised hiring fraud, and only salted hashes ever leave a node.
#[derive(Parser)]
#[command(name = "larum", version, about, max_term_width = 80, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The data folder [default: larum in the user's data folder]
    #[arg(long, global = true, env = "LARUM_DATA", hide_env_values = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The running node's address [default: what the data folder's larum.toml says]
    #[arg(long, global = true, env = "LARUM_NODE", hide_env_values = true, value_name = "URL")]
    pub(crate) node: Option<String>,
    /// A file that holds the bearer token [default: cli.token in the data folder]
    #[arg(long, global = true, env = "LARUM_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Watch three employers warn each other: three real nodes on this machine, from founding to a withdrawal
    Demo(DemoArgs),
    /// Create this member's keys and configuration in the data folder
    Init(InitArgs),
    /// Found and govern the consortium: who belongs to it, and its policy
    #[command(subcommand)]
    Consortium(ConsortiumCommand),
    /// Run the node
    Serve(ServeArgs),
    /// Report identifiers that an investigation tied to a fraud
    Publish(PublishArgs),
    /// Take back what this member reported
    Withdraw(CorrectionArgs),
    /// Object to another member's report
    Dispute(CorrectionArgs),
    /// Ask what is known; exit status 0 clear, 1 caution, listed or disputed, 2 error, 3 unknown
    Check(CheckArgs),
    /// Show what would leave this node: the tags of identifiers, and why two spellings match
    Tag(TagArgs),
    /// Show how the node is doing
    Status,
    /// Show the nodes that this one is connected to, or tries to reach
    Peers,
    /// Show every log known and its head
    Log,
    /// Make, list and revoke the bearer tokens of this node
    #[command(subcommand)]
    Token(TokenCommand),
    /// What this employer published, kept sealed, to be published again under a new salt or key
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Who is watched, and the alerts about them: shown, followed, acknowledged
    Watch(WatchArgs),
    /// Erase what is kept of one applicant: watches, alerts, reviews, and what waits to be worked off or sent
    Erase(EraseArgs),
    /// Vouch for identifiers, whatever others report about them
    #[command(subcommand)]
    Allow(AllowCommand),
    /// The record of lookups: who asked, when, for which kinds, with what verdict; never about whom
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Work with the signed proof of an answer
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Compare the texts of resumes, as a check would
    #[command(subcommand)]
    Resume(ResumeCommand),
    /// Copy the data folder of a node that does not run to a new folder, without what opens the keys
    Backup(BackupArgs),
    /// Put a backup back into a data folder that is empty or not there
    Restore(RestoreArgs),
    /// Look at everything that a node stands on, and say what is wrong and what to do
    Doctor,
    /// Measure how fast this program is on this machine, beside what limits it
    Bench(BenchArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Read a document on standard input behind a fence: what this program starts itself as
    #[command(name = larum_node::extract::COMMAND, hide = true)]
    Extract,
}

/// Takes the values that somebody typed out of a usage error: one of them may be an identifier.
pub(crate) fn without_values(mut usage: clap::Error) -> clap::Error {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(text)) = usage.get(kind) {
            let shown = shown(kind, text);
            if shown != *text {
                usage.remove(ContextKind::Suggested);
                usage.insert(kind, ContextValue::String(shown));
            }
        }
    }
    usage
}

/// A flag without its value, a word of a vocabulary as it is, anything else hidden.
fn shown(kind: ContextKind, text: &str) -> String {
    let flag = text.split_once('=').map_or(text, |(flag, _)| flag);
    let is_word = |text: &str| text.len() <= 32 && text.chars().all(|c| c.is_ascii_alphabetic() || "-_<>.".contains(c));
    match kind {
        ContextKind::InvalidArg if text.starts_with(['-', '<', '[']) => flag.to_owned(),
        ContextKind::InvalidArg => "***".to_owned(),
        _ if is_word(text) => text.to_owned(),
        _ => "***".to_owned(),
    }
}
