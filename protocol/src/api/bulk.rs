//! A bulk check, line by line.
//!
//! In: one identifier, with an optional id, or an array of identifiers that belong to one applicant. Out: one line
//! for each line in, in the same order, and a last one that holds coverage and the receipt for the whole stream.
//!
//! Invariant: a line that cannot be read is answered in its place, as `unknown` with an `error`.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use utoipa::ToSchema;

use super::{CheckResult, CoverageInfo, Identifier, Verdict};

/// One identifier of a bulk check, with the caller's id for the line.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkIdentifier {
    /// The caller's own name for this line; comes back with the answer and goes nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The kind's name.
    pub kind: String,
    /// The value as written.
    pub value: String,
    /// ISO 3166 country code for a phone number without `+`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The asset or chain of a wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
}

impl fmt::Debug for BulkIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkIdentifier").finish_non_exhaustive()
    }
}

/// One line of a bulk check's body.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum BulkLine {
    /// One identifier.
    One(BulkIdentifier),
    /// Several that belong together.
    Many(Vec<Identifier>),
}

// By hand, because serde's `untagged` copies each line into a tree first and forgets which field was wrong.
impl<'de> Deserialize<'de> for BulkLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LineVisitor;

        impl<'de> Visitor<'de> for LineVisitor {
            type Value = BulkLine;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an identifier or an array of identifiers")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BulkLine, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(BulkLine::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<BulkLine, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(seq)).map(BulkLine::Many)
            }
        }

        deserializer.deserialize_any(LineVisitor)
    }
}

/// The answer to one line.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BulkRow {
    /// The line's number, from 1.
    pub line: u64,
    /// The id that came with the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The worst verdict of the line's results.
    pub verdict: Verdict,
    /// One result for each identifier of the line; empty if the line could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<CheckResult>,
    /// Why the line could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The last line of a bulk check's answer. A stream without it was cut short, and proves nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BulkSummary {
    /// How many lines were answered.
    pub lines: u64,
    /// How many identifiers they held.
    pub identifiers: u64,
    /// The worst coverage that any line was answered with.
    pub coverage: CoverageInfo,
    /// Signed proof of all lines, asked and answered (base64url).
    pub receipt: String,
}
