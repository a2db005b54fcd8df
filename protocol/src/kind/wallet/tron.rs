//! TRON addresses in hexadecimal digits: the version byte `41` and twenty bytes, which base58 with a checksum writes as `T...`
//! (https://developers.tron.network/docs/account). The hexadecimal form has no checksum.

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Chain, Hint};
use crate::kind::KindError;

/// A version byte and twenty bytes.
const DIGITS: usize = 42;

/// Whether an address is one byte longer than an EVM one and begins with the version.
pub(super) fn is_hex(address: &str) -> bool {
    let digits = digits(address);
    digits.len() == DIGITS && digits.starts_with("41") && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn digits(address: &str) -> &str {
    address.strip_prefix("0x").or_else(|| address.strip_prefix("0X")).unwrap_or(address)
}

pub(super) fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    let bytes = HEXLOWER_PERMISSIVE.decode(digits(address).as_bytes()).map_err(|_| KindError::WalletForm)?;
    Ok(hint.choose(&[Chain::Tron])?.text(&bs58::encode(bytes).with_check().into_string()))
}
