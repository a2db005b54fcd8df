//! What the inbox's journal holds.
//!
//! A delivery's keys and its particulars are two records of one append: the particulars go as soon as they are worked
//! off, the keys stay for as long as somebody could send the delivery again.

use minicbor::{Decode, Encode};

use crate::hooks::{arrival::Arrival, vendor::Vendor};

/// What tells a delivery from every other: a keyed hash of an id of the vendor's, so that the disk names none.
pub(crate) type Key = [u8; 16];

/// Keys of one delivery.
pub(super) const KEYS_MAX: usize = 4;

/// One record.
#[derive(Debug, Decode, Encode)]
pub(super) enum Record {
    /// A delivery was accepted.
    #[n(1)]
    Seen {
        /// Its keys, one behind the other.
        #[cbor(n(0), with = "minicbor::bytes")]
        keys: Vec<u8>,
        /// When, in milliseconds since 1970.
        #[n(1)]
        at: u64,
    },
    /// An application to be checked. Its number is the delivery's.
    #[n(2)]
    Application {
        #[n(0)]
        vendor: Vendor,
        /// What its notes are marked with.
        #[n(1)]
        mark: u64,
        #[n(2)]
        at: u64,
        #[n(3)]
        arrival: Box<Arrival>,
    },
    /// An applicant to be forgotten. Its number is the delivery's.
    #[n(3)]
    Erase {
        #[n(0)]
        vendor: Vendor,
        #[n(1)]
        at: u64,
        #[n(2)]
        candidate: String,
        /// Whether a person here says so, so that the vendor need not. Older journals do not have it.
        #[n(3)]
        #[cbor(default)]
        confirmed: bool,
    },
    /// An application was checked, and something is left to do.
    #[n(4)]
    Checked {
        #[n(0)]
        of: u64,
        #[n(1)]
        progress: Progress,
    },
    /// Nothing is left to do.
    #[n(5)]
    Done {
        #[n(0)]
        of: u64,
    },
}

/// How far an application has got after it was checked.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub(crate) struct Progress {
    /// How often it was checked.
    #[n(0)]
    pub(crate) checks: u32,
    /// The note that is to be written, if one is: its mark and its text.
    #[n(1)]
    pub(crate) note: Option<Note>,
    /// The place of the verdict that the last written note tells of.
    #[n(2)]
    pub(crate) told: Option<u8>,
    /// When it is to be checked again, in milliseconds since 1970; never if there is an answer.
    #[n(3)]
    pub(crate) again: Option<u64>,
    /// The place of the verdict that callbacks were last told of.
    #[n(4)]
    pub(crate) said: Option<u8>,
}

/// A note on its way to the vendor.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Note {
    /// What it can be found again by.
    #[n(0)]
    pub(crate) mark: String,
    /// What it says, the mark included.
    #[n(1)]
    pub(crate) text: String,
    /// The place of the verdict that it tells of.
    #[n(2)]
    pub(crate) verdict: u8,
}

impl Record {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    pub(super) fn of_keys(keys: &[Key], at: u64) -> Self {
        Self::Seen { keys: keys.concat(), at }
    }
}

/// The keys of a `Seen` record.
pub(super) fn keys(bytes: &[u8]) -> impl Iterator<Item = Key> {
    bytes.chunks_exact(size_of::<Key>()).take(KEYS_MAX).map(|key| key.try_into().expect("a chunk of that length"))
}
