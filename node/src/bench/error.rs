//! Why a measurement gave no figures.

use std::{io, path::PathBuf};

use larum_protocol::batch::BatchError;
use thiserror::Error;

use super::LoadError;
use crate::{
    config::ConfigError, engine::PublishError, index::IndexError, ledger::LedgerError, net::NetError, node::NodeError,
    secrets::SecretsError, store::StoreError,
};

/// Why a measurement gave no figures: one variant for each part that can refuse.
#[derive(Debug, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is named after the part whose error it carries")]
pub enum BenchError {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A folder for measuring must be empty: what it measures would not be what it made.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// The program under test did something else than it should, so its speed says nothing.
    #[error("the measurement went wrong: {0}")]
    Wrong(String),
}

impl BenchError {
    /// Something that does not fit, in words.
    pub(super) fn wrong(what: impl std::fmt::Display) -> Self {
        Self::Wrong(what.to_string())
    }
}
