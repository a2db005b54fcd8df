//! Why a node does not start or did not end well.

use std::path::PathBuf;

use crate::{
    audit::AuditError, callbacks::CallbackError, hooks::HooksError, http::BindError, index::IndexError,
    journal::JournalError, ledger::LedgerError, net::NetError, reviews::ReviewError, secrets::SecretsError,
    stewards::BooksError, store::StoreError, tokens::TokenStoreError,
};

/// Why a node does not start or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The audit log cannot be opened.
    #[error("the audit log: {0}")]
    Audit(#[from] AuditError),
    /// The API's port cannot be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Callbacks cannot be sent.
    #[error(transparent)]
    Callbacks(#[from] CallbackError),
    /// What is watched, or what became known of it, cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The index cannot be opened.
    #[error("the index: {0}")]
    Index(#[from] IndexError),
    /// A file or a thread could not be made.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The network does not start.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The folder belongs to no consortium yet.
    #[error(
        "this data folder belongs to no consortium yet; found one with `larum consortium found`, or ask to be admitted \
         with `larum consortium request` and then `larum consortium join`"
    )]
    NoConsortium,
    /// The machine gives no random numbers.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// The node's key is not on the newest roster that it knows.
    #[error(
        "this node's key is not on the consortium's roster (version {version} is the newest known here); ask a governor \
         to admit it, then apply the new roster"
    )]
    NotOnRoster {
        /// The newest version known.
        version: u64,
    },
    /// A task of the node panicked.
    #[error("a part of the node panicked; what was acknowledged is safe on the disk. Please report the log")]
    Panicked,
    /// The reviews cannot be opened.
    #[error("the reviews: {0}")]
    Reviews(#[from] ReviewError),
    /// A file in `rosters/` is no roster, or not the next one.
    #[error("{}: {reason}", path.display())]
    Roster {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A stored roster, proof or announcement does not verify: the disk changed under the node.
    #[error(
        "what is stored about {what} does not verify: {reason}; restore the folder from a backup, or set it up anew and join"
    )]
    Stored {
        /// What.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The secrets cannot be opened.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Webhooks cannot be taken.
    #[error(transparent)]
    Hooks(#[from] HooksError),
    /// What this node keeps as a steward cannot be opened.
    #[error(transparent)]
    Steward(#[from] BooksError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tokens cannot be read.
    #[error(transparent)]
    Tokens(#[from] TokenStoreError),
    /// The token for the command line could not be made.
    #[error("the token for the command line: {0}")]
    CliToken(String),
}
