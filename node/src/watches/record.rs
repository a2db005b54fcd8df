//! A watch as it is asked for, as the journal keeps it, and why it is not kept.

use larum_protocol::clock::Day;
use minicbor::{Decode, Encode};

use super::{Item, Whose};
use crate::{alerts::AlertError, journal::JournalError, on_record::NotRecorded};

/// Why a watch is not kept.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum WatchError {
    /// The disk does not take it.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// There are too many.
    #[error(
        "{count} watches are kept and watch_count_max allows {most}; nothing was added: end some, or raise watch_count_max"
    )]
    Full {
        /// How many are kept.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// Their tags are too many.
    #[error(
        "the watches' tags would be more than the {most} that watch_count_max leaves room for (a resume has 225); nothing \
         was added: end some watches, or raise watch_count_max"
    )]
    Tags {
        /// How many may be.
        most: usize,
    },
    /// There is none by that number.
    #[error("there is no watch with this number; GET /v1/watches, or larum watch list, shows those that there are")]
    Unknown,
    /// The lookup that asked for it is not on record.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
    /// Its alerts could not be closed.
    #[error("{0}")]
    Alert(#[from] AlertError),
}

impl WatchError {
    /// There is no room for it.
    pub(crate) const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Tags { .. })
    }
}

/// A watch to be kept.
#[derive(Clone, Debug)]
pub(crate) struct New {
    /// The applicant tracking system whose reference it is; none if it was asked for over the API.
    pub(crate) source: Option<String>,
    pub(crate) reference: String,
    /// Its last day.
    pub(crate) until: Day,
    /// Its identifiers: at least one.
    pub(crate) items: Vec<Item>,
    /// An application asks for it, and says anew what an applicant uses: it takes the place of what an earlier one of the
    /// same person asked for.
    pub(crate) of_application: bool,
}

impl New {
    pub(crate) fn whose(&self) -> Whose<'_> {
        Whose { source: self.source.as_deref(), reference: &self.reference }
    }
}

/// A watch that is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: u64,
    /// Its last day.
    pub(crate) until: Day,
    /// It was not there before.
    pub(crate) is_new: bool,
}

/// What to do about a watch that is asked for; `at` is the place of its record among those that are written.
pub(super) enum Plan {
    Add {
        at: u64,
    },
    /// In the place of a watch; the places of its identifiers that are watched no more, and other watches that end.
    Replace {
        at: u64,
        id: u64,
        until: Day,
        items: Vec<Item>,
        left: Vec<u32>,
        others: Vec<u64>,
    },
    Renew {
        at: u64,
        id: u64,
    },
    Leave {
        id: u64,
        until: Day,
    },
}

impl Plan {
    /// What will be kept, if the first record gets the number `first`.
    pub(super) const fn kept(&self, new: &New, first: u64) -> Kept {
        match *self {
            Self::Add { at } => Kept { id: first + at, until: new.until, is_new: true },
            Self::Renew { id, .. } => Kept { id, until: new.until, is_new: false },
            Self::Replace { id, until, .. } | Self::Leave { id, until } => Kept { id, until, is_new: false },
        }
    }
}

#[derive(Debug, Decode, Encode)]
pub(super) enum Record {
    /// A watch, whose number is the record's unless it replaces one.
    #[n(0)]
    Added {
        #[n(0)]
        reference: String,
        #[n(1)]
        until: Day,
        #[n(2)]
        items: Vec<Item>,
        #[n(3)]
        source: Option<String>,
        /// The watch that it replaces, whose number it keeps.
        #[n(4)]
        replaces: Option<u64>,
        #[n(5)]
        #[cbor(default)]
        of_application: bool,
    },
    /// A watch lasts longer: the same was asked for again.
    #[n(2)]
    Renewed {
        #[n(0)]
        watch: u64,
        #[n(1)]
        until: Day,
    },
    /// A watch was ended by somebody.
    #[n(1)]
    Ended {
        #[n(0)]
        watch: u64,
    },
}

impl Record {
    pub(super) fn added(new: &New, until: Day, items: Vec<Item>, replaces: Option<u64>) -> Self {
        let New { source, reference, of_application, .. } = new.clone();
        Self::Added { reference, until, items, source, replaces, of_application }
    }
}
