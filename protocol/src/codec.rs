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
    let value: T = read(&mut Decoder::new(bytes))?;
    if encode(&value) != bytes {
        return Err(DecodeError::NotDeterministic);
    }
    Ok(value)
}

/// Reads the next item, whose spelling the caller has yet to check.
pub(crate) fn read<'b, T: Decode<'b, ()>>(decoder: &mut Decoder<'b>) -> Result<T, DecodeError> {
    if !is_definite(decoder.input().get(decoder.position()..).unwrap_or_default()) {
        return Err(DecodeError::NotDeterministic);
    }
    decoder.decode().map_err(malformed)
}

/// Whether the item at the front of some bytes holds nothing of indefinite length, at any depth.
///
/// The decoder skips fields that it does not know, and keeps a stack of what is open in there: up to 48 bytes of memory
/// for each byte of such items. Without them it only counts. What ends too early is left to the decoder to say.
fn is_definite(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut items = 1_u64;
    while items > 0
        && let Some((&first, behind)) = rest.split_first()
    {
        let width = match first & 0x1f {
            0..=23 => 0,
            short @ 24..=27 => 1_usize << (short - 24),
            // 31 is the indefinite length, and the end of one; the others are reserved.
            _ => return false,
        };
        let Some((argument, behind)) = behind.split_at_checked(width) else { break };
        let number = match width {
            0 => u64::from(first & 0x1f),
            _ => argument.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        };
        // Byte and text strings have their content behind them, arrays and maps other items, a tag one item.
        let (content, more) = match first >> 5 {
            2 | 3 => (usize::try_from(number).unwrap_or(usize::MAX), 0),
            4 => (0, number),
            5 => (0, number.saturating_mul(2)),
            6 => (0, 1),
            _ => (0, 0),
        };
        rest = behind.get(content..).unwrap_or_default();
        items = (items - 1).saturating_add(more);
    }
    true
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_indefinite_length_is_read_at_any_depth() {
        let deep = [[0x82, 0x9f]; 1_000].concat();
        for bytes in [&[0x9f, 1, 0xff][..], &[0xbf, 0xff], &[0x5f, 0xff], &[0x7f, 0xff], &[0xff], &[0x1c], &deep] {
            // As an item, and behind the last field that an object has: what is there is skipped.
            let behind = [&[0x82, 1], bytes].concat();
            assert_eq!(decode::<(u8,)>(bytes, usize::MAX), Err(DecodeError::NotDeterministic));
            assert_eq!(decode::<Versioned>(&behind, usize::MAX), Err(DecodeError::NotDeterministic));
        }
    }

    #[test]
    fn what_ends_too_early_is_said_to_and_what_follows_is_not_looked_at() {
        for bytes in [&[][..], &[0x81], &[0x81, 0x19, 1], &[0x81, 0x5b, 255, 255, 255, 255, 255, 255, 255, 255]] {
            assert!(matches!(decode::<Versioned>(bytes, usize::MAX), Err(DecodeError::Malformed(_))), "{bytes:?}");
        }
        let mut decoder = Decoder::new(&[0x81, 7, 0x9f]);
        assert_eq!(read::<Versioned>(&mut decoder), Ok(Versioned { version: 7 }));
        assert_eq!(read::<Versioned>(&mut decoder), Err(DecodeError::NotDeterministic));
    }

    #[derive(Debug, Decode, Encode, Eq, PartialEq)]
    struct Versioned {
        #[n(0)]
        version: u8,
    }
}
