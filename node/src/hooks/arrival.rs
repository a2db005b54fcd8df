//! What a delivery says, once it has been read: an application with the applicant's identifiers, or an erasure.
//!
//! Invariant: bounded in count and bytes whatever the sender wrote, and what was beyond the bounds is counted, so that
//! nothing which was cut off is ever taken for clear (I8).
//! Invariant: no `Debug` here shows an identifier, a name or a reference.

use std::fmt;

use larum_protocol::{
    api,
    kind::{Identifier, Kind},
};
use minicbor::{Decode, Encode};

/// Identifiers of one application: a person has a handful, and a form has room for a few dozen.
pub(crate) const IDENTIFIERS_MAX: usize = 64;
/// Bytes of one identifier: what every kind but resumes refuses beyond.
const VALUE_BYTES_MAX: usize = 2_048;
/// Documents of one application: a resume, a letter, and versions of them.
pub(crate) const DOCUMENTS_MAX: usize = 4;
/// Bytes of an address of a document: signed links of object stores have some 1,500.
const URL_BYTES_MAX: usize = 4_096;
/// Bytes of a name; longer ones are cut, because names are only passed through.
const NAME_BYTES_MAX: usize = 256;
/// Bytes of an id in the vendor's system: UUIDs have 36.
pub(crate) const ID_BYTES_MAX: usize = 128;

/// What a delivery says.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody applied, or an applicant's particulars changed.
    Application(Box<Arrival>),
    /// The vendor erased an applicant, so everything that was kept for it goes.
    Erase {
        /// The applicant, as the vendor names it.
        candidate: String,
    },
    /// A test of the connection.
    Ping,
    /// An event that concerns nobody's identifiers.
    Ignored,
}

/// One identifier as it stood there.
#[derive(Clone, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Named {
    /// The kind's number.
    #[n(0)]
    pub(crate) kind: u16,
    /// As written.
    #[n(1)]
    pub(crate) value: String,
}

/// A document that has to be fetched.
#[derive(Clone, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Linked {
    /// What the file is called.
    #[n(0)]
    pub(crate) name: String,
    /// Where it is.
    #[n(1)]
    pub(crate) url: String,
    /// Whether the vendor's own API serves it, and so wants the credential.
    #[n(2)]
    pub(crate) own: bool,
}

/// An application as it arrived.
#[derive(Clone, Decode, Default, Encode, Eq, PartialEq)]
pub(crate) struct Arrival {
    /// The applicant, as the vendor names it: where a note goes.
    #[n(0)]
    pub(crate) candidate: String,
    /// The application, where the vendor names it apart.
    #[n(1)]
    pub(crate) application: Option<String>,
    /// Names, to be passed through.
    #[n(2)]
    pub(crate) names: Vec<String>,
    /// The applicant's identifiers.
    #[n(3)]
    pub(crate) identifiers: Vec<Named>,
    /// The applicant's documents.
    #[n(4)]
    pub(crate) documents: Vec<Linked>,
    /// Identifiers and documents that were beyond the bounds.
    #[n(5)]
    pub(crate) beyond: u32,
    /// Documents that the vendor's API knows and does not give out, as it was asked this time.
    #[cbor(skip)]
    pub(crate) lost: u32,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("identifiers", &self.identifiers.len())
            .field("documents", &self.documents.len())
            .field("beyond", &self.beyond)
            .finish_non_exhaustive()
    }
}

impl Arrival {
    /// An application of an applicant of whom nothing is known yet. `None` if the id is none.
    pub(crate) fn of(candidate: &str) -> Option<Self> {
        is_id(candidate).then(|| Self { candidate: candidate.to_owned(), ..Self::default() })
    }

    /// Adds a mailbox. One that cannot be read stays: the answer then says so.
    pub(crate) fn email(&mut self, value: &str) {
        self.add(Kind::Email, value);
    }

    /// Adds a telephone number, likewise.
    pub(crate) fn phone(&mut self, value: &str) {
        self.add(Kind::Phone, value);
    }

    /// Adds an IP address.
    pub(crate) fn ip(&mut self, value: &str) {
        self.add(Kind::Ip, value);
    }

    /// Adds a web address: a profile where it is one, else the domain. What is neither, such as a bare `@handle` that
    /// names no platform, identifies nobody and is left out.
    pub(crate) fn link(&mut self, value: &str) {
        if self.is_full() {
            return self.beyond += 1;
        }
        let readable = |kind: &Kind| Identifier::new(*kind, value.trim()).canonical().is_ok();
        if let Some(kind) = [Kind::Profile, Kind::Domain].into_iter().find(readable) {
            self.add(kind, value);
        }
    }

    /// Adds a postal address if it is complete enough to be one: systems take any text there, a town included.
    pub(crate) fn address(&mut self, value: &str) {
        if self.is_full() {
            return self.beyond += 1;
        }
        if Identifier::new(Kind::Address, value.trim()).canonical().is_ok() {
            self.add(Kind::Address, value);
        }
    }

    /// Adds an identifier of any kind.
    pub(crate) fn add(&mut self, kind: Kind, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let named = Named { kind: kind.number(), value: value.to_owned() };
        if self.identifiers.contains(&named) {
            return;
        }
        if value.len() > VALUE_BYTES_MAX || self.is_full() {
            self.beyond += 1;
        } else {
            self.identifiers.push(named);
        }
    }

    fn is_full(&self) -> bool {
        self.identifiers.len() >= IDENTIFIERS_MAX
    }

    /// Adds a name.
    pub(crate) fn name(&mut self, parts: &[Option<&str>]) {
        let mut name = parts.iter().flatten().map(|part| part.trim()).collect::<Vec<_>>().join(" ");
        name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
        if !name.trim().is_empty() && self.names.is_empty() {
            self.names.push(name.trim().to_owned());
        }
    }

    /// Adds a document at an address that the delivery or the vendor's API gave.
    pub(crate) fn document(&mut self, name: Option<&str>, url: &str) {
        self.linked(name, url, false);
    }

    /// Adds a document that the vendor's own API serves.
    pub(crate) fn own_document(&mut self, name: Option<&str>, url: &str) {
        self.linked(name, url, true);
    }

    fn linked(&mut self, name: Option<&str>, url: &str, own: bool) {
        let url = url.trim();
        if url.is_empty() {
            return;
        }
        let mut name = name.unwrap_or("resume").to_owned();
        name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
        let linked = Linked { name, url: url.to_owned(), own };
        if self.documents.contains(&linked) {
            return;
        }
        if url.len() > URL_BYTES_MAX || self.documents.len() >= DOCUMENTS_MAX {
            self.beyond += 1;
        } else {
            self.documents.push(linked);
        }
    }

    /// The identifiers as a check takes them. `region` is the country of telephone numbers that name none.
    pub(crate) fn asked(&self, region: Option<&str>) -> Vec<api::Identifier> {
        let asked = |named: &Named| {
            let kind = Kind::from_number(named.kind)?;
            let region = region.filter(|_| kind == Kind::Phone).map(str::to_owned);
            Some(api::Identifier { kind: kind.name().to_owned(), value: named.value.clone(), region, asset: None })
        };
        self.identifiers.iter().filter_map(asked).collect()
    }
}

/// Whether a text can be an id in a vendor's system: it goes into paths and into the names of notes.
pub(crate) fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.chars().all(plain) && !text.chars().all(|c| c == '.')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_beyond_the_bounds_is_counted_and_never_just_gone() {
        let mut arrival = Arrival::of("c-1").unwrap();
        for number in 0..IDENTIFIERS_MAX + 3 {
            arrival.email(&format!("a{number}@example.com"));
        }
        arrival.email("a0@example.com");
        arrival.link("https://www.linkedin.com/in/jane-doe-123");
        arrival.phone(&"1".repeat(VALUE_BYTES_MAX + 1));
        (0..DOCUMENTS_MAX + 2).for_each(|number| arrival.document(None, &format!("https://example.com/{number}")));
        assert_eq!((arrival.identifiers.len(), arrival.documents.len()), (IDENTIFIERS_MAX, DOCUMENTS_MAX));
        assert_eq!(arrival.beyond, 3 + 1 + 1 + 2, "and what is there already is not too much");
    }

    #[test]
    fn a_link_is_a_profile_or_a_domain_or_nothing() {
        let mut arrival = Arrival::of("c-1").unwrap();
        for link in ["https://www.linkedin.com/in/jane-doe-123", "jane-doe.example/cv", "@jane_doe", "n/a", ""] {
            arrival.link(link);
        }
        let kinds: Vec<_> = arrival.identifiers.iter().map(|named| Kind::from_number(named.kind).unwrap()).collect();
        assert_eq!(kinds, [Kind::Profile, Kind::Domain]);
    }

    #[test]
    fn an_id_that_could_lead_elsewhere_is_none() {
        for id in ["", "..", "a/b", "a b", "a?b", "a%2fb", "é", &"a".repeat(ID_BYTES_MAX + 1)] {
            assert!(Arrival::of(id).is_none(), "{id}");
        }
        assert!(Arrival::of("48c2f5a0-9f1a-4e65-a7c6-1f6f2c6e7a10").is_some());
    }

    #[test]
    fn the_same_identifier_is_asked_once_and_only_phones_get_the_region() {
        let mut arrival = Arrival::of("c-1").unwrap();
        arrival.email(" a@example.com");
        arrival.email("a@example.com");
        arrival.phone("303 555 0107");
        let asked = arrival.asked(Some("US"));
        let regions: Vec<_> = asked.iter().map(|one| (one.kind.as_str(), one.region.as_deref())).collect();
        assert_eq!(regions, [("email", None), ("phone", Some("US"))]);
    }

    #[test]
    fn what_is_shown_for_debugging_names_nobody() {
        let mut arrival = Arrival::of("candidate-77").unwrap();
        arrival.email("a@example.com");
        arrival.name(&[Some("Jane"), Some("Doe")]);
        let shown = format!("{arrival:?}");
        assert!(!["example.com", "Jane", "candidate-77"].iter().any(|text| shown.contains(text)), "{shown}");
    }
}
