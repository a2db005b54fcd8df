//! Deterministic CBOR: the one encoding of every object that is signed or sent.
//!
//! The rules are DAG-CBOR's (<https://ipld.io/specs/codecs/dag-cbor/spec/>): definite lengths, shortest integers, no
//! floats and no tags. Objects are arrays by position.
//!
//! Invariant: [`decode`] accepts exactly the bytes that [`encode`] writes, so what was signed has one spelling.

use minicbor::{Decode, Encode};

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

/// The bytes of `value`.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    match minicbor::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("a Vec takes every write: {error}"),
    }
}

/// Reads a `T` of at most `max` bytes that was written by [`encode`], and nothing behind it.
pub fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8], max: usize) -> Result<T, DecodeError> {
    if bytes.len() > max {
        return Err(DecodeError::TooLong { length: bytes.len(), max });
    }
    let mut decoder = minicbor::Decoder::new(bytes);
    let value: T = decoder.decode().map_err(malformed)?;
    if encode(&value) != bytes {
        return Err(DecodeError::NotDeterministic);
    }
    Ok(value)
}

/// Keeps what went wrong and where, and nothing of the input.
pub(crate) fn malformed(error: minicbor::decode::Error) -> DecodeError {
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
