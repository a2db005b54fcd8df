//! TON addresses: workchain and account hash, in raw form (`0:hex`) or 36 bytes of base64 with a CRC-16
//! (TEP-2, https://github.com/ton-blockchain/TEPs/blob/master/text/0002-address.md).
//!
//! Merged: the bounceable and the other writing of one account, which differ in a flag for the sender's software.

use std::fmt::Write as _;

use data_encoding::{BASE64, BASE64URL, HEXLOWER_PERMISSIVE};

use super::{Chain, Hint};
use crate::kind::KindError;

const LETTERS: usize = 48;

/// Whether an address is raw, or has the length and flags of a friendly one.
pub(super) fn is_form(address: &str) -> bool {
    let is_friendly = address.len() == LETTERS && ["EQ", "UQ", "Ef", "Uf", "kQ", "0Q"].contains(&&address[..2]);
    is_friendly || address.starts_with("0:") || address.starts_with("-1:")
}

pub(super) fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    let (workchain, hash) = match address.split_once(':') {
        Some((workchain, hex)) => (if workchain == "0" { 0 } else { -1 }, raw(hex)?),
        None => friendly(address)?,
    };
    let chain = hint.choose(&[Chain::Ton])?;
    let mut text = chain.text("");
    // Writing to a string does not fail.
    let _ = write!(text, "{workchain}:");
    text.push_str(&HEXLOWER_PERMISSIVE.encode(&hash));
    Ok(text)
}

fn raw(hex: &str) -> Result<[u8; 32], KindError> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|_| KindError::WalletForm)?;
    bytes.try_into().map_err(|_| KindError::WalletForm)
}

fn friendly(address: &str) -> Result<(i8, [u8; 32]), KindError> {
    let encoding = if address.contains(['-', '_']) { BASE64URL } else { BASE64 };
    let bytes = encoding.decode(address.as_bytes()).map_err(|_| KindError::WalletForm)?;
    let [flags, workchain, hash @ .., high, low] = &bytes[..] else { return Err(KindError::WalletForm) };
    if crc16(&bytes[..34]) != u16::from_be_bytes([*high, *low]) {
        return Err(KindError::WalletChecksum);
    }
    if flags & 0x80 != 0 {
        return Err(KindError::WalletTestnet);
    }
    let workchain = i8::from_be_bytes([*workchain]);
    let hash = hash.try_into().map_err(|_| KindError::WalletForm)?;
    if matches!(flags, 0x11 | 0x51) && matches!(workchain, 0 | -1) {
        Ok((workchain, hash))
    } else {
        Err(KindError::WalletForm)
    }
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    })
}
