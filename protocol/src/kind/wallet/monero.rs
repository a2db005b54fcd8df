//! Monero addresses: base58 in blocks of eight bytes, a Keccak checksum of four
//! (https://docs.getmonero.org/public-address/standard-address/).
//!
//! An integrated address holds a payment id beside the account. At an exchange the account is everybody's and the
//! payment id says whose: so it stays as it is and is never cut down to the account.

use alloy_primitives::keccak256;

use super::{Chain, Hint};
use crate::kind::KindError;

/// 69 bytes: network, two keys, checksum.
const LETTERS: usize = 95;
/// 77 bytes: eight more of the payment id.
const LETTERS_INTEGRATED: usize = 106;
/// Letters of a whole block of eight bytes.
const BLOCK_LETTERS: usize = 11;

/// Whether an address has the length of one; no other chain's base58 comes near.
pub(super) fn is_form(address: &str) -> bool {
    matches!(address.len(), LETTERS | LETTERS_INTEGRATED)
}

pub(super) fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    let mut buffer = [0; 77];
    let length = decode(address.as_bytes(), &mut buffer).ok_or(KindError::WalletForm)?;
    let (payload, checksum) = buffer[..length].split_at(length - 4);
    if keccak256(payload)[..4] != *checksum {
        return Err(KindError::WalletChecksum);
    }
    match payload[0] {
        18 | 42 if length == 69 => Ok(hint.choose(&[Chain::Monero])?.text(address)),
        19 if length == 77 => Ok(hint.choose(&[Chain::Monero])?.text(address)),
        53 | 54 | 63 | 24 | 25 | 36 => Err(KindError::WalletTestnet),
        _ => Err(KindError::WalletForm),
    }
}

/// Decodes whole blocks of eleven letters into eight bytes, and a last one of seven into five.
fn decode(letters: &[u8], bytes: &mut [u8; 77]) -> Option<usize> {
    let mut length = 0;
    for block in letters.chunks(BLOCK_LETTERS) {
        let size = match block.len() {
            BLOCK_LETTERS => 8,
            7 => 5,
            _ => return None,
        };
        let value = block
            .iter()
            .try_fold(0_u128, |value, letter| Some(value * 58 + digit(*letter)?))?;
        if value >> (8 * size) != 0 {
            return None;
        }
        bytes
            .get_mut(length..length + size)?
            .copy_from_slice(&value.to_be_bytes()[16 - size..]);
        length += size;
    }
    Some(length)
}

fn digit(letter: u8) -> Option<u128> {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    ALPHABET
        .iter()
        .position(|known| *known == letter)
        .map(|digit| digit as u128)
}
