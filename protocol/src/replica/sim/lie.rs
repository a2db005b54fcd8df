//! What a liar does to the answers that its honest replica gives, and to what it passes on.

use crate::wire::{Gossip, HeadEntry, List, Message, RawBatch, Response};

/// The number that is claimed where nobody has come so far.
const INFLATED: u64 = 1 << 40;

/// A way to lie.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lie {
    /// Lengths that nobody can mean.
    AbsurdLengths,
    /// Gives one batch a page, late, and promises more.
    Dawdling,
    /// Says of every log that it holds batches that nobody has, from a floor that nobody signed.
    InflatedHeads,
    /// The same, and that the log is forked.
    InventedForks,
    /// Answers nothing at all.
    Silence,
    /// Bodies with a byte changed.
    TamperedBodies,
    /// Headers with a byte of the signature changed, in answers and in gossip.
    TamperedHeaders,
    /// Says that it has no body, and no batches.
    WithheldBodies,
    /// Answers another question than the one asked.
    WrongAnswers,
}

impl Lie {
    /// Every lie.
    pub const ALL: [Self; 9] = [
        Self::AbsurdLengths,
        Self::Dawdling,
        Self::InflatedHeads,
        Self::InventedForks,
        Self::Silence,
        Self::TamperedBodies,
        Self::TamperedHeaders,
        Self::WithheldBodies,
        Self::WrongAnswers,
    ];

    pub(super) fn answer(self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let Ok(response) = Response::from_bytes(&bytes) else { return Some(bytes) };
        let lie = match (self, response) {
            (Self::Silence, _) => return None,
            // A list of 2^64 - 1 batches, in fifteen bytes.
            (Self::AbsurdLengths, Response::Batches { .. }) => {
                return Some(vec![0x82, 1, 0x83, 2, 0x9b, 255, 255, 255, 255, 255, 255, 255, 255]);
            }
            (Self::InflatedHeads, Response::Heads { roster, entries, more }) => {
                let inflated = |entry: &HeadEntry| HeadEntry { seq: INFLATED, floor: INFLATED - 1, ..*entry };
                Response::Heads { roster, entries: List::of(entries.iter().map(inflated)), more }
            }
            (Self::InventedForks, Response::Heads { roster, entries, more }) => {
                let forked_at = Some(INFLATED + 1);
                let forked = |entry: &HeadEntry| HeadEntry { seq: INFLATED, floor: INFLATED - 1, forked_at, ..*entry };
                Response::Heads { roster, entries: List::of(entries.iter().map(forked)), more }
            }
            (Self::Dawdling, Response::Batches { batches, more }) => {
                let more = more || batches.len() > 1;
                Response::Batches { batches: List::of(batches.into_vec().into_iter().take(1)), more }
            }
            (Self::WrongAnswers, Response::Batches { .. } | Response::Body(_) | Response::Rosters { .. }) => {
                Response::Proof(None)
            }
            (Self::WithheldBodies, Response::Body(_)) => Response::Body(None),
            (Self::WithheldBodies, Response::Batches { batches, more }) => map(batches.into_vec(), more, |batch| {
                batch.body = None;
            }),
            (Self::TamperedBodies, Response::Batches { batches, more }) => map(batches.into_vec(), more, |batch| {
                batch.body = batch.body.take().map(|body| flip(body.into()).into());
            }),
            (Self::TamperedBodies, Response::Body(Some(body))) => Response::Body(Some(flip(body.into()).into())),
            (Self::TamperedHeaders, Response::Batches { batches, more }) => map(batches.into_vec(), more, |batch| {
                batch.header = flip(batch.header.to_vec()).into();
            }),
            (_, honest) => honest,
        };
        Some(lie.to_bytes())
    }

    /// Milliseconds by which an answer of these bytes is late.
    pub(super) fn delay_ms(self, bytes: &[u8]) -> u64 {
        let page = || matches!(Response::from_bytes(bytes), Ok(Response::Batches { .. }));
        if self == Self::Dawdling && page() { crate::limits::REQUEST_TIMEOUT_MS - 1_000 } else { 0 }
    }

    pub(super) fn relay(self, bytes: Vec<u8>) -> Vec<u8> {
        match (self, Gossip::from_bytes(&bytes)) {
            (Self::TamperedHeaders, Ok(Gossip::Batch { header, body })) => {
                Gossip::Batch { header: flip(header.into()).into(), body }.to_bytes()
            }
            (Self::AbsurdLengths, Ok(Gossip::Batch { .. })) => vec![0; crate::limits::GOSSIP_BYTES_MAX + 1],
            _ => bytes,
        }
    }
}

fn map(mut batches: Vec<RawBatch>, more: bool, change: impl FnMut(&mut RawBatch)) -> Response {
    batches.iter_mut().for_each(change);
    Response::Batches { batches: List::of(batches), more }
}

fn flip(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}
