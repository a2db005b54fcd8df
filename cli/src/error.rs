//! What a person is told when a command fails: what happened, then what to do.

use std::{fmt::Display, io, path::Path};

use larum_node::{config::ConfigError, secrets::SecretsError};
use larum_protocol::{
    roster::{RosterDecodeError, RosterError, RosterFault},
    salt::GrantError,
};

/// A command that could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    closed_pipe: bool,
}

impl Failure {
    /// What happened: lower-case, without a final stop, without an identifier.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), hint: None, closed_pipe: false }
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    /// A result that could not be written. Whoever closed the pipe wants no message.
    pub(crate) fn output(error: io::Error) -> Self {
        Self {
            closed_pipe: error.kind() == io::ErrorKind::BrokenPipe,
            ..Self::new(format_args!("cannot write the result: {error}"))
        }
    }

    /// A file that could not be read.
    pub(crate) fn read(path: &Path, error: impl Display) -> Self {
        Self::new(format_args!("cannot read {}: {error}", path.display()))
    }

    /// A file that could not be written.
    pub(crate) fn write(path: &Path, error: impl Display) -> Self {
        Self::new(format_args!("cannot write {}: {error}", path.display()))
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) const fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(error)
    }
}

impl From<SecretsError> for Failure {
    fn from(error: SecretsError) -> Self {
        Self::new(error)
    }
}

impl From<RosterDecodeError> for Failure {
    fn from(error: RosterDecodeError) -> Self {
        Self::new(error)
    }
}

impl From<RosterFault> for Failure {
    fn from(error: RosterFault) -> Self {
        Self::new(format_args!("no roster can say that: {error}"))
    }
}

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Self {
        let failure = Self::new(format_args!("the roster is not valid here: {error}"));
        match error {
            RosterError::TooFewSignatures { .. } => {
                failure.hint("let further governors add theirs with larum consortium sign")
            }
            RosterError::Gap { .. } | RosterError::UnknownPredecessor(_) => {
                failure.hint("propose it anew from the newest roster, or fetch the versions between first")
            }
            _ => failure,
        }
    }
}

impl From<GrantError> for Failure {
    fn from(error: GrantError) -> Self {
        Self::new(error)
    }
}
