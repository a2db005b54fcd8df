//! Identifiers: the kinds, and the one canonical form of each.
//!
//! A value as a person wrote it becomes a [`Canonical`] by its kind's rules and by nothing else, so that two
//! employers who saw the same thing compute the same tag. Each kind is one file under `kind/`.
//!
//! Invariant: a canonical form depends on the value, the hints given with it and the kind's scheme version, never
//! on a network, a clock or a locale.
//! Invariant: no error and no `Debug` here shows a value.
//! Absent on purpose: tags (`tag.rs`), an employer's own allow list (the node's).

mod address;
mod bank;
mod canonical;
mod clean;
mod company;
mod country;
mod denylist;
mod device;
mod document;
mod domain;
mod email;
mod error;
mod host;
mod identifier;
mod ip;
mod mask;
mod payment;
mod phone;
mod profile;
pub mod resume;
mod scheme;
mod wallet;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::canonical::{Canonical, Derivation, Derived, Note};
pub use self::error::{KindError, UnknownKind};
pub use self::identifier::Identifier;
pub use self::scheme::SCHEME_VERSION;

/// Whether this names a country, as the hint with a telephone number does.
pub fn is_region(name: &str) -> bool {
    phone::region(name).is_ok()
}

/// What sort of identifier a value is: a closed vocabulary, numbered on the wire by [`Kind::number`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A mailbox.
    Email = 1,
    /// A telephone number.
    Phone = 2,
    /// An account on a platform where people show who they are.
    Profile = 3,
    /// A registrable domain.
    Domain = 4,
    /// A postal address, to unit level.
    Address = 5,
    /// A digital currency address.
    Wallet = 6,
    /// A bank account.
    Bank = 7,
    /// An account at a payment processor.
    Payment = 8,
    /// A registered company.
    Company = 9,
    /// A forged or altered document.
    Document = 10,
    /// An IP address.
    Ip = 11,
    /// A piece of hardware, or a remote-control peer.
    Device = 12,
    /// The text of a resume.
    Resume = 13,
}

/// How hard it is to guess an identifier of a kind from its tag: what decides how costly its tag function must be.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Entropy {
    /// Every value can be listed: phone numbers, IP addresses.
    VeryLow,
    /// Likely values can be listed: names in mailboxes and handles.
    Low,
    /// Structured numbers with a wide serial part: bank accounts, hardware serials.
    Medium,
    /// Out of reach of guessing: wallet addresses, whole texts.
    High,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 13] = [
        Self::Email,
        Self::Phone,
        Self::Profile,
        Self::Domain,
        Self::Address,
        Self::Wallet,
        Self::Bank,
        Self::Payment,
        Self::Company,
        Self::Document,
        Self::Ip,
        Self::Device,
        Self::Resume,
    ];

    /// The number that stands for this kind in signed objects.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The kind that a number stands for; `None` for one that this version does not know.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The kind's name in the command line, the API and the docs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Profile => "profile",
            Self::Domain => "domain",
            Self::Address => "address",
            Self::Wallet => "wallet",
            Self::Bank => "bank",
            Self::Payment => "payment",
            Self::Company => "company",
            Self::Document => "document",
            Self::Ip => "ip",
            Self::Device => "device",
            Self::Resume => "resume",
        }
    }

    /// How many days after its observation a statement about this kind expires, where the author names no day.
    pub const fn default_life_days(self) -> u32 {
        match self {
            // A wallet is never handed on to somebody else.
            Self::Wallet => 2_190,
            // An address on the internet soon is.
            Self::Ip => 90,
            _ => 730,
        }
    }

    /// How hard it is to guess a value of this kind.
    pub const fn entropy(self) -> Entropy {
        match self {
            Self::Phone | Self::Ip => Entropy::VeryLow,
            Self::Email
            | Self::Profile
            | Self::Domain
            | Self::Address
            | Self::Payment
            | Self::Company
            | Self::Document => Entropy::Low,
            Self::Bank | Self::Device => Entropy::Medium,
            Self::Wallet | Self::Resume => Entropy::High,
        }
    }

    /// The longest value of this kind that is looked at, in bytes.
    ///
    /// A phone number parser is quadratic and its reference stops at 250; a resume is a whole text; nothing else that
    /// a person writes in one field comes near 2 KiB.
    pub const fn value_bytes_max(self) -> usize {
        match self {
            Self::Phone => PHONE_BYTES_MAX,
            Self::Resume => RESUME_BYTES_MAX,
            _ => VALUE_BYTES_MAX,
        }
    }
}

/// The longest phone number that is looked at, in bytes: `MAX_INPUT_STRING_LENGTH` of libphonenumber.
pub const PHONE_BYTES_MAX: usize = 250;

/// The longest resume text that is looked at, in bytes: some three hundred pages.
pub const RESUME_BYTES_MAX: usize = 1_024 * 1_024;

/// The longest value of any other kind, in bytes: what browsers and mail servers take as one URL or address.
pub const VALUE_BYTES_MAX: usize = 2_048;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}
