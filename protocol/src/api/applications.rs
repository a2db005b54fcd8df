//! One application: everything that an applicant gave, asked about at once, and the one answer for the whole.
//!
//! Invariant: names are passed through to the answer for whoever reads it; they are never made into tags, kept or logged.
//! Invariant: results stand in the order emails, phones, profiles, addresses, wallets, bank, identifiers, documents; the
//! verdict is the worst of them. A document that could not be read is `unknown` with an `error`, never `clear`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Advice, CheckResult, CoverageInfo, Identifier, Verdict};
use crate::kind::Kind;

/// The body of `POST /v1/applications`.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationRequest {
    /// The caller's own name for the applicant: leads a review and an alert back to the caller's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "candidate-123")]
    pub reference: Option<String>,
    /// The applicant's names. They come back in the answer, and go nowhere else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Mailboxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Telephone numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// Profile pages and handles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Postal addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Digital currency addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wallets: Vec<String>,
    /// Bank accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bank: Vec<String>,
    /// Identifiers of any kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// The country of phone numbers and addresses that do not name their own (ISO 3166 alpha-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "US")]
    pub region: Option<String>,
    /// The asset of wallets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ETH")]
    pub asset: Option<String>,
    /// Resume files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<ApplicationDocument>,
    /// For how many days a later listing raises an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 180, maximum = 365)]
    pub watch_days: Option<u16>,
}

impl fmt::Debug for ApplicationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationRequest").field("documents", &self.documents.len()).finish_non_exhaustive()
    }
}

impl ApplicationRequest {
    /// Takes out every identifier that is not in a document, in the order in which results stand. A hint goes only to the
    /// kinds that have a use for it.
    pub fn take_identifiers(&mut self) -> Vec<Identifier> {
        let (region, asset) = (self.region.take(), self.asset.take());
        let lists = [
            (Kind::Email, &mut self.emails),
            (Kind::Phone, &mut self.phones),
            (Kind::Profile, &mut self.profiles),
            (Kind::Address, &mut self.addresses),
            (Kind::Wallet, &mut self.wallets),
            (Kind::Bank, &mut self.bank),
        ];
        let mut identifiers = Vec::new();
        for (kind, values) in lists {
            let takes_region = matches!(kind, Kind::Address | Kind::Phone);
            identifiers.extend(std::mem::take(values).into_iter().map(|value| Identifier {
                kind: kind.name().to_owned(),
                value,
                region: region.clone().filter(|_| takes_region),
                asset: asset.clone().filter(|_| kind == Kind::Wallet),
            }));
        }
        identifiers.append(&mut self.identifiers);
        identifiers
    }
}

/// A file that came with an application.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationDocument {
    /// What it is called; comes back with its result, and is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "resume.pdf")]
    pub name: Option<String>,
    /// Its bytes in base64 (RFC 4648, section 4).
    #[schema(content_encoding = "base64")]
    pub data: String,
}

impl fmt::Debug for ApplicationDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationDocument").finish_non_exhaustive()
    }
}

/// The answer to `POST /v1/applications`.
///
/// `receipt` is the last field on purpose: the receipt commits to the JSON text of everything before it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ApplicationAnswer {
    /// The worst verdict of all results.
    pub verdict: Verdict,
    /// The reference that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The names that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// One result for each identifier and each document.
    pub results: Vec<ApplicationResult>,
    /// How fresh and complete the answering node's ledger is.
    pub coverage: CoverageInfo,
    /// What to do next. Nothing here ever rejects an applicant.
    #[schema(value_type = String)]
    pub advice: Advice,
    /// The review that a person has to do: `GET /v1/reviews/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<u64>,
    /// The day until which a later listing raises an alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2027-05-25")]
    pub watched_until: Option<String>,
    /// What was asked for and is not done, and why: a watch or a review for which there is no room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Signed proof of what was asked and answered, verifiable offline (base64url).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

impl fmt::Debug for ApplicationAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationAnswer")
            .field("verdict", &self.verdict)
            .field("results", &self.results.len())
            .field("review", &self.review)
            .finish_non_exhaustive()
    }
}

/// What is known about one identifier or document of an application.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ApplicationResult {
    /// Of a document: what it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// What is known. `masked` shows which identifier it is about.
    #[serde(flatten)]
    pub result: CheckResult,
}

impl fmt::Debug for ApplicationResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationResult").field("result", &self.result).finish_non_exhaustive()
    }
}
