//! What differs between vendors and is no code: statuses, and how an API opens.

use axum::http::StatusCode;

/// The statuses that a vendor handles best.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Answers {
    /// It was kept, or was there already.
    pub(crate) accepted: StatusCode,
    /// It is not believed. Where a vendor takes a 401 for the last word, one that makes it try again: the secret may be
    /// about to be changed on one side.
    pub(crate) refused: StatusCode,
}

impl Default for Answers {
    fn default() -> Self {
        Self { accepted: StatusCode::OK, refused: StatusCode::UNAUTHORIZED }
    }
}

/// How the vendor's API wants its credential, whose parts are the lines of `credentials_file`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Auth {
    /// There is no API of ours.
    None,
    /// The key as user name, no password (RFC 7617).
    Basic,
    /// A token (RFC 6750). With `member`, a second line names who writes notes.
    Bearer { member: bool },
    /// A token in a header of its own.
    Header(&'static str),
    /// Client credentials (RFC 6749, 4.4): client id, client secret, id of the user in whose name it acts.
    Client,
}

impl Auth {
    /// Lines of a credentials file.
    pub(crate) const fn lines(self) -> usize {
        match self {
            Self::None => 0,
            Self::Basic | Self::Header(_) | Self::Bearer { member: false } => 1,
            Self::Bearer { member: true } => 2,
            Self::Client => 3,
        }
    }
}
