//! Roles, reasons, evidence and stances: the closed vocabulary of a statement.
//!
//! Invariant: a number that this version does not know is kept, forwarded and shown as "unknown (n)", never dropped.

use std::{borrow::Cow, fmt, str::FromStr};

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// A word that is not in the vocabulary.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not one of the known {what}: {known}")]
pub struct UnknownWord {
    /// What was looked for: "roles", "reasons" ...
    pub what: &'static str,
    /// The words that there are.
    pub known: String,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$entry:meta])* $variant:ident = $number:literal $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$entry])* $variant,)+
            /// A number of a later version.
            Unknown(u16),
        }

        impl $name {
            /// Every word that this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number that stands for it in signed objects.
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Unknown(number) => number,
                }
            }

            /// What a number stands for.
            pub const fn from_number(number: u16) -> Self {
                match number {
                    $($number => Self::$variant,)+
                    _ => Self::Unknown(number),
                }
            }

            /// The word that people and programs use for it.
            pub fn word(self) -> Cow<'static, str> {
                match self {
                    $(Self::$variant => Cow::Borrowed($word),)+
                    Self::Unknown(number) => Cow::Owned(format!("unknown ({number})")),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|entry| entry.word().eq_ignore_ascii_case(word)).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|entry| entry.word()).collect();
                    UnknownWord { what: $what, known: known.join(", ") }
                })
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.u16(self.number())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                d.u16().map(Self::from_number)
            }
        }
    };
}

vocabulary! {
    /// What a statement says: that the subject is fraudulent, that the member takes that back, or that it objects.
    Stance, "stances" {
        /// The subject plays the stated role in a fraud.
        Assert = 1 "assert",
        /// The member takes back what it said.
        Withdraw = 2 "withdraw",
        /// The member says that somebody else's statement is wrong.
        Dispute = 3 "dispute",
    }
}

vocabulary! {
    /// What the identifier is to the fraud.
    Role, "roles" {
        /// The impostor holds it.
        ActorControlled = 1 "actor-controlled",
        /// Belongs to a person who does not exist.
        SyntheticPersona = 2 "synthetic-persona",
        /// Belongs to someone who hosts, ships, launders or stands in.
        Facilitator = 3 "facilitator",
        /// Also used by innocent people.
        SharedInfrastructure = 4 "shared-infrastructure",
        /// A real person's, used without consent.
        StolenIdentity = 5 "stolen-identity",
        /// A real person's account, taken over or rented.
        HijackedAccount = 6 "hijacked-account",
    }
}

/// What a role weighs against the identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weight {
    /// It speaks against whoever presents the identifier.
    Adverse,
    /// A reason to look closer, never more.
    CautionOnly,
    /// The owner is a victim: confirm with the person, over a channel that the applicant did not give.
    Victim,
}

impl Role {
    /// What it weighs. A role that this version does not know is a reason to look closer.
    pub const fn weight(self) -> Weight {
        match self {
            Self::ActorControlled | Self::SyntheticPersona | Self::Facilitator => Weight::Adverse,
            Self::SharedInfrastructure | Self::Unknown(_) => Weight::CautionOnly,
            Self::StolenIdentity | Self::HijackedAccount => Weight::Victim,
        }
    }
}

vocabulary! {
    /// How sure the publisher is.
    Evidence, "evidence classes" {
        /// Clear enough to hand to the police; one of the reasons fits; the application ended because of it.
        Confirmed = 1 "confirmed",
        /// Reasonable grounds, not yet proven.
        Suspected = 2 "suspected",
    }
}

vocabulary! {
    /// Why a statement is made.
    Reason, "reasons" {
        /// One contact detail under different claimed people.
        ArtReuse = 1 "ART.REUSE",
        /// Near-identical resume under another name.
        ArtResumeDup = 2 "ART.RESUME_DUP",
        /// One document template across accounts.
        ArtTemplate = 3 "ART.TEMPLATE",
        /// A real person says that the identity was used without consent.
        IdStolen = 10 "ID.STOLEN",
        /// No such person, shown by an authority or the actor's own records.
        IdSynthetic = 11 "ID.SYNTHETIC",
        /// Altered or generated identity document.
        IdDocForged = 12 "ID.DOC_FORGED",
        /// The person interviewed is not the person working.
        IdStandIn = 13 "ID.STAND_IN",
        /// A reviewer confirmed a face swap or altered media.
        IdMediaAltered = 14 "ID.MEDIA_ALTERED",
        /// Rented, bought or hijacked profile.
        ProfTakeover = 20 "PROF.TAKEOVER",
        /// Account younger than the work it shows, copied repositories.
        ProfBackdated = 21 "PROF.BACKDATED",
        /// Supplied profiles or portfolios removed or banned.
        ProfDeadLinks = 22 "PROF.DEAD_LINKS",
        /// The employer, reached independently, has no record.
        ClaimEmployerDenied = 30 "CLAIM.EMPLOYER_DENIED",
        /// The registrar denies attendance, programme or dates.
        ClaimSchoolDenied = 31 "CLAIM.SCHOOL_DENIED",
        /// A versioned technology used before it existed.
        ClaimAnachronism = 32 "CLAIM.ANACHRONISM",
        /// Confirmed access irreconcilable with the claimed place.
        NetOrigin = 40 "NET.ORIGIN",
        /// Access through a VPN or proxy against policy.
        NetAnonymiser = 41 "NET.ANONYMISER",
        /// Interaction delay outside the employer's own cohort.
        NetLatency = 42 "NET.LATENCY",
        /// Unapproved remote-access hardware.
        DevKvm = 50 "DEV.KVM",
        /// Second or unapproved remote-control tool.
        DevRmm = 51 "DEV.RMM",
        /// Equipment traced to a place that hosts other people's machines.
        DevFarm = 52 "DEV.FARM",
        /// Equipment sent to an address not on the identity documents, or re-shipped.
        LogRedirect = 60 "LOG.REDIRECT",
        /// The payee is someone else, or changes after hire.
        PayMismatch = 70 "PAY.MISMATCH",
        /// Exact match to a listed wallet or account.
        PaySanctioned = 71 "PAY.SANCTIONED",
        /// Listed entity by identifier, or by name with a second identifier.
        SanEntity = 80 "SAN.ENTITY",
        /// Referee or referrer controlled by the same actor.
        RefRing = 90 "REF.RING",
        /// Code or data taken, threat after discovery.
        PostExtort = 100 "POST.EXTORT",
        /// A law-enforcement notice naming the identifier.
        LeNotice = 110 "LE.NOTICE",
        /// Withdrawn or disputed: it was an error.
        CorError = 120 "COR.ERROR",
        /// Withdrawn or disputed: the owner is a victim.
        CorVictim = 121 "COR.VICTIM",
        /// Withdrawn or disputed: the matter is settled.
        CorResolved = 122 "COR.RESOLVED",
    }
}

impl Reason {
    /// Whether it says why something is withdrawn or disputed, not why it is asserted.
    pub const fn is_correction(self) -> bool {
        matches!(self, Self::CorError | Self::CorResolved | Self::CorVictim)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_reason_is_found_by_its_word_and_its_number() {
        for reason in Reason::ALL {
            assert_eq!(reason.word().parse::<Reason>().unwrap(), *reason);
            assert_eq!(Reason::from_number(reason.number()), *reason);
        }
    }

    #[test]
    fn a_number_of_a_later_version_is_kept_and_shown() {
        let reason: Reason = crate::codec::decode(&[0x19, 0x03, 0xe7], 3).unwrap();
        assert_eq!(reason, Reason::Unknown(999));
        assert_eq!(reason.to_string(), "unknown (999)");
        assert_eq!(crate::codec::encode(&reason), [0x19, 0x03, 0xe7]);
    }
}
