//! Identifiers: the kinds, and the one canonical form of each.
//!
//! A value as a person wrote it becomes a [`Canonical`] by its kind's rules and by nothing else, so that two
//! employers who saw the same thing compute the same tag. Each kind is one file under `kind/`.
//!
//! Invariant: a canonical form depends on the value, the hints given with it and the kind's scheme version, never
//! on a network, a clock or a locale.
//! Absent on purpose: tags (`tag.rs`), an employer's own allow list (the node's).

/// What sort of identifier a value is: a closed vocabulary, numbered on the wire by [`Kind::number`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
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
}
