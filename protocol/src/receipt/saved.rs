//! What somebody saved of a check, to prove later what a node answered: taken apart, and held against its receipt.
//!
//! An answer has one of two shapes. A check's and an application's is one JSON text whose last member is the receipt; a bulk
//! stream's is a line for each line asked, and a last one with the receipt.
//! Invariant: what the answer says is told only with [`SavedAnswer::verify`]'s word that a node signed it: whoever asks for
//! [`SavedAnswer::verdict`] alone believes whoever saved it.
//! Absent on purpose: where the files come from, and how large they may be: that is for whoever reads them to say.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use super::{Receipt, ReceiptError, Transcript};
use crate::api::{BulkSummary, Verdict};

/// How a check's answer goes on after what the receipt commits to; `"}` ends it.
pub const RECEIPT_MEMBER: &str = ",\"receipt\":\"";

/// Request and answer as they went over the wire, in one file. It holds what was looked up.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SavedCheck {
    /// The request's body.
    pub request: String,
    /// The answer's body.
    pub answer: String,
}

impl fmt::Debug for SavedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedCheck").finish_non_exhaustive()
    }
}

/// An answer, taken apart.
pub struct SavedAnswer<'a> {
    committed: Cow<'a, str>,
    receipt: Cow<'a, str>,
    is_stream: bool,
}

impl fmt::Debug for SavedAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedAnswer").field("is_stream", &self.is_stream).finish_non_exhaustive()
    }
}

/// The part of a check's answer, and of a stream's line, that says how it went.
#[derive(Deserialize)]
struct Said {
    verdict: Verdict,
}

impl<'a> SavedAnswer<'a> {
    /// Takes an answer apart; `None` if it does not end with a receipt, as a node writes it.
    pub fn take_apart(answer: &'a [u8]) -> Option<Self> {
        let body = std::str::from_utf8(answer).ok()?.trim_end();
        let lines = body.rfind('\n').map_or(0, |at| at + 1);
        let (head, last) = body.split_at(lines);
        if let Ok(BulkSummary { receipt, .. }) = serde_json::from_str(last) {
            return Some(Self { committed: head.into(), receipt: receipt.into(), is_stream: true });
        }
        let (committed, receipt) = split_answer(body).filter(|_| head.is_empty())?;
        Some(Self { committed: committed.into(), receipt: receipt.into(), is_stream: false })
    }

    /// Checks that a node signed exactly this answer to exactly this request.
    ///
    /// The caller still asks the roster whether [`Receipt::node`] belongs to a member of [`Receipt::consortium`].
    ///
    /// # Errors
    /// Why the receipt proves nothing.
    pub fn verify(&self, request: &[u8]) -> Result<Receipt, ReceiptError> {
        Receipt::verify(&self.receipt, &Transcript::of(request, self.committed.as_bytes()))
    }

    /// Whether it is a bulk stream's.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// The verdict, of a stream the worst of its lines; `None` where it has none that can be read.
    pub fn verdict(&self) -> Option<Verdict> {
        let said = |text: &str| serde_json::from_str(text).ok().map(|said: Said| said.verdict);
        match self.is_stream {
            false => said(&self.committed),
            true => self.committed.lines().map(said).try_fold(None, |worst, line| Some(worst.max(Some(line?))))?,
        }
    }
}

/// Takes the JSON text of a check's answer apart: what the receipt commits to, and the receipt.
///
/// `None` if the text does not end with a receipt, as the node writes it.
pub fn split_answer(json: &str) -> Option<(String, &str)> {
    let (head, tail) = json.trim_end().rsplit_once(RECEIPT_MEMBER)?;
    Some((format!("{head}}}"), tail.strip_suffix("\"}")?))
}
