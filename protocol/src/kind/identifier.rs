//! An identifier as a person wrote it, and the way from there to its canonical form.
//!
//! The steps are the same for every kind: length, invisible characters, Unicode form, placeholder, the kind's own
//! rules, placeholder again. Only the fifth differs, one file for each kind.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::canonical::{Form, Notes};
use super::{
    Canonical, Kind, KindError, address, bank, clean, company, denylist, device, document, domain, email, ip, mask,
    payment, phone, profile, resume, wallet,
};

/// A kind and a value as a person wrote it, with what else they knew about it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Identifier {
    /// What sort of identifier the value is.
    pub kind: Kind,
    /// The value as it was written.
    pub value: String,
    /// The country of a phone number or address that does not name its own: ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The asset that a wallet was listed with, such as `ETH`, `XBT` or `USDT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
}

/// A cleaned value and its hints, as a kind's rules see it.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) value: &'a str,
    pub(super) region: Option<&'a str>,
    pub(super) asset: Option<&'a str>,
}

impl Identifier {
    /// An identifier without hints.
    pub fn new(kind: Kind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), region: None, asset: None }
    }

    /// The one spelling that every member computes for this identifier.
    ///
    /// # Errors
    ///
    /// One variant for each way in which a value can be unreadable, ambiguous or a placeholder; none shows the value.
    pub fn canonical(&self) -> Result<Canonical, KindError> {
        let limit = self.kind.value_bytes_max();
        if self.value.len() > limit {
            return Err(KindError::TooLong { limit });
        }
        let mut notes = Notes::default();
        let cleaned = clean::clean(self.kind, &self.value, &mut notes)?;
        let filler = denylist::refuse_filler(self.kind, &cleaned);
        // `0123456789` is filler in most countries and a subscriber's number in France: the numbering plan decides.
        if self.kind != Kind::Phone {
            filler?;
        }
        let input = Input {
            value: &cleaned,
            region: self.region.as_deref().map(str::trim).filter(|region| !region.is_empty()),
            asset: self.asset.as_deref().map(str::trim).filter(|asset| !asset.is_empty()),
        };
        let form = form(self.kind, input, &mut notes).map_err(|error| filler.err().unwrap_or(error))?;
        // What is left of a value once its host or aliases are off may be a placeholder although the whole was not.
        denylist::refuse(self.kind, &form.text)?;
        Ok(Canonical::new(self.kind, form, notes.into_vec()))
    }

    /// The value with no more left than its owner needs to recognise it: `j***@e***.com`, `+1 *** *** 0142`.
    pub fn masked(&self) -> String {
        mask::masked(self.kind, &self.value)
    }
}

fn form(kind: Kind, input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    match kind {
        Kind::Email => email::form(input, notes),
        Kind::Phone => phone::form(input, notes),
        Kind::Profile => profile::form(input, notes),
        Kind::Domain => domain::form(input, notes),
        Kind::Address => address::form(input, notes),
        Kind::Wallet => wallet::form(input, notes),
        Kind::Bank => bank::form(input, notes),
        Kind::Payment => payment::form(input, notes),
        Kind::Company => company::form(input, notes),
        Kind::Document => document::form(input, notes),
        Kind::Ip => ip::form(input, notes),
        Kind::Device => device::form(input, notes),
        Kind::Resume => resume::form(input, notes),
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifier").field("kind", &self.kind).finish_non_exhaustive()
    }
}
