//! Deterministic CBOR: the one encoding of every object that is signed or sent.
//!
//! The rules are DAG-CBOR's (<https://ipld.io/specs/codecs/dag-cbor/spec/>): definite lengths, shortest integers, no
//! floats and no tags. Objects are arrays by position.
//!
//! Invariant: [`decode`] accepts exactly the bytes that [`encode`] writes, so what was signed has one spelling.

use minicbor::{Decode, Decoder, Encode, decode::Error};

/// Why bytes were not taken for an object.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than the object may ever have; nothing of it was read.
    #[error("{length} bytes where at most {max} are allowed")]
    TooLong {
        /// How many there were.
        length: usize,
        /// How many there may be.
        max: usize,
    },
    /// Not the CBOR of this object.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The right object, spelled otherwise than the one way it may be.
    #[error("not in deterministic encoding")]
    NotDeterministic,
    /// A version of the object that this program does not know.
    #[error("version {0} of this object is not known here; upgrade this node")]
    UnknownVersion(u8),
}

/// Asked for at once, instead of byte by byte: what most headers and statements take.
const USUAL_BYTES: usize = 256;

/// The bytes of `value`.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(error) => unreachable!("a Vec takes every write: {error}"),
    }
}

/// Reads a `T` of at most `max` bytes that was written by [`encode`], and nothing behind it.
pub fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8], max: usize) -> Result<T, DecodeError> {
    if bytes.len() > max {
        return Err(DecodeError::TooLong { length: bytes.len(), max });
    }
    let mut decoder = Decoder::new(bytes);
    let value: T = decoder.decode().map_err(malformed)?;
    if encode(&value) != bytes {
        return Err(DecodeError::NotDeterministic);
    }
    Ok(value)
}

/// Reads an array of at most `MAX` items, for a field: `#[cbor(decode_with = ...)]`. Where an item is much wider in memory
/// than in bytes, as an empty text is, its list has to be held against its limit while it is read and not after.
pub(crate) fn list<'b, C, T: Decode<'b, C>, const MAX: usize>(
    d: &mut Decoder<'b>,
    ctx: &mut C,
) -> Result<Vec<T>, Error> {
    let claimed = d.array()?.unwrap_or(u64::MAX);
    if claimed > MAX as u64 {
        return Err(Error::message("more items than a list may have").at(d.position()));
    }
    // The claim reserves nothing: items are kept only as they are read.
    let mut items = Vec::new();
    for _ in 0..claimed {
        items.push(T::decode(d, ctx)?);
    }
    Ok(items)
}

/// Keeps what went wrong and where, and nothing of the input.
pub(crate) fn malformed(error: Error) -> DecodeError {
    let position = error.position().unwrap_or(0);
    let what = if error.is_end_of_input() {
        "it ends too early"
    } else if error.is_type_mismatch() {
        "a field has the wrong type"
    } else if error.is_missing_value() {
        "a field is missing"
    } else {
        "a field has no valid value"
    };
    DecodeError::Malformed(format!("{what}, at byte {position}"))
}
