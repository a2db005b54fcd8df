//! Why a review cannot be opened, read or decided.

use super::REVIEWS_MAX;
use crate::{http::ServiceError, journal::JournalError, on_record::NotRecorded};

/// Why a review cannot be opened, read or decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// There is none with this number.
    #[error("there is no review with this number; it may have been deleted, as all are after a time")]
    NotFound,
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The review's state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// Something was said since whoever decides has read it.
    #[error(
        "something was reported, withdrawn or disputed since this review was read, so nothing was decided; read it again and \
         decide about what it says now (by program: with its `shown`)"
    )]
    Changed,
    /// There are [`REVIEWS_MAX`], and all of them wait.
    #[error(
        "no review could be opened: {REVIEWS_MAX} wait to be decided, the most there can be; a person must look at this \
         answer, and at some of them"
    )]
    Full,
    /// The lookup is not on record.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
    /// A record is not one of this version.
    #[error("record {0} of the reviews was written by another version of larum, which has to be used to read it")]
    Unreadable(u64),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The consortium could not be asked.
    #[error(transparent)]
    Consortium(#[from] ServiceError),
}

impl From<ReviewError> for ServiceError {
    fn from(error: ReviewError) -> Self {
        let text = error.to_string();
        match error {
            ReviewError::Consortium(error) => error,
            ReviewError::NotFound => Self::NotFound(text),
            ReviewError::Invalid(_) => Self::Invalid(text),
            ReviewError::Conflict(_) | ReviewError::Changed => Self::Conflict(text),
            ReviewError::Full | ReviewError::NotRecorded(_) => Self::Unavailable(text),
            ReviewError::Unreadable(_) => Self::Internal(text),
            ReviewError::Journal(_) => Self::Storage(text),
        }
    }
}
