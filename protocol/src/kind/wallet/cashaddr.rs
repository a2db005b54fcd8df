//! Bitcoin Cash addresses: 160 bits and a type under a 40-bit checksum
//! (https://reference.cash/protocol/blockchain/encoding/cashaddr).
//!
//! The prefix `bitcoincash:` takes part in the checksum and is often left off. Since 2023 a first letter `z` or `r` says that
//! the wallet can hold tokens: the same address as with `q` or `p` (CHIP-2022-02 CashTokens).

use super::{Chain, Hint};
use crate::kind::KindError;

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const PREFIX: &[u8] = b"bitcoincash";

/// Letters of a version, 160 bits of hash, and the checksum.
const LETTERS: usize = 42;
const CHECKSUM_LETTERS: usize = 8;

/// Whether an address has the length and first letter of one.
pub(super) fn is_form(address: &str) -> bool {
    address.len() == LETTERS && address.starts_with(['q', 'p', 'z', 'r', 'Q', 'P', 'Z', 'R'])
}

pub(super) fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    let lower = address.to_ascii_lowercase();
    if address != lower && address != address.to_ascii_uppercase() {
        return Err(KindError::WalletForm);
    }
    let values: Option<Vec<u8>> = lower.bytes().map(value).collect();
    let values = values.ok_or(KindError::WalletForm)?;
    if polymod(PREFIX.iter().map(|letter| letter & 0x1f).chain([0]).chain(values.iter().copied())) != 0 {
        return Err(KindError::WalletChecksum);
    }
    let (version, hash) = from_fives(&values[..LETTERS - CHECKSUM_LETTERS]);
    let is_script = match version {
        0x00 | 0x10 => false,
        0x08 | 0x18 => true,
        _ => return Err(KindError::WalletForm),
    };
    Ok(hint.choose(&[Chain::Bch])?.text(&encode(is_script, &hash)))
}

/// The version and the twenty bytes behind it; what pads the last letter is left out.
fn from_fives(fives: &[u8]) -> (u8, [u8; 20]) {
    let bits: Vec<u8> = fives.iter().flat_map(|five| (0..5).rev().map(move |at| five >> at & 1)).collect();
    let mut bytes = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit));
    let version = bytes.next().unwrap_or_default();
    let mut hash = [0; 20];
    hash.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    (version, hash)
}

/// The address of a hash, without prefix.
pub(super) fn encode(is_script: bool, hash: &[u8]) -> String {
    let version = if is_script { 0x08 } else { 0x00 };
    let payload = to_fives(std::iter::once(version).chain(hash.iter().copied()));
    let prefix = PREFIX.iter().map(|letter| letter & 0x1f).chain([0]);
    let checksum = polymod(prefix.chain(payload.iter().copied()).chain([0; CHECKSUM_LETTERS]));
    let checksum = (0..CHECKSUM_LETTERS).rev().map(|at| (checksum >> (5 * at)) as u8 & 0x1f);
    payload.iter().copied().chain(checksum).map(|value| char::from(ALPHABET[usize::from(value)])).collect()
}

fn value(letter: u8) -> Option<u8> {
    ALPHABET.iter().position(|known| *known == letter).and_then(|at| u8::try_from(at).ok())
}

fn to_fives(bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut fives = Vec::with_capacity(LETTERS);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = (bits << 8 | u32::from(byte)) & 0xfff;
        count += 8;
        while count >= 5 {
            count -= 5;
            fives.push((bits >> count) as u8 & 0x1f);
        }
    }
    if count > 0 {
        fives.push((bits << (5 - count)) as u8 & 0x1f);
    }
    fives
}

/// The BCH code of the specification; zero for a right address.
fn polymod(values: impl Iterator<Item = u8>) -> u64 {
    const GENERATOR: [u64; 5] = [0x98_f2bc_8e61, 0x79_b76d_99e2, 0xf3_3e5f_b3c4, 0xae_2eab_e2a8, 0x1e_4f43_e470];
    let sum = values.fold(1_u64, |sum, value| {
        let top = sum >> 35;
        let shifted = (sum & 0x07_ffff_ffff) << 5 ^ u64::from(value);
        GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(shifted, |sum, (_, word)| sum ^ word)
    });
    sum ^ 1
}
