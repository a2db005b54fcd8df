//! EVM addresses: forty hexadecimal digits, whose case is the checksum (EIP-55).

use alloy_primitives::keccak256;

use super::{Chain, Hint};
use crate::kind::KindError;

/// Twenty bytes in hexadecimal digits.
const DIGITS: usize = 40;

/// Whether an address begins with `0x`, or is forty hexadecimal digits.
pub(super) fn is_form(address: &str) -> bool {
    let digits = digits(address);
    digits.len() != address.len() || are_digits(digits)
}

/// Whether these are forty hexadecimal digits. All are looked at, so that the compiler compares many at once.
fn are_digits(digits: &str) -> bool {
    digits.len() == DIGITS && digits.bytes().fold(true, |all, byte| all & byte.is_ascii_hexdigit())
}

fn digits(address: &str) -> &str {
    address.strip_prefix("0x").or_else(|| address.strip_prefix("0X")).unwrap_or(address)
}

pub(super) fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    let digits = digits(address);
    if !are_digits(digits) {
        return Err(KindError::WalletForm);
    }
    let chain = hint.choose(&[Chain::Evm])?;
    let mut lower = [0; DIGITS];
    for (to, from) in lower.iter_mut().zip(digits.bytes()) {
        *to = from.to_ascii_lowercase();
    }
    if !is_checksum_right(digits.as_bytes(), &lower) {
        return Err(KindError::WalletChecksum);
    }
    let lower = std::str::from_utf8(&lower).expect("hexadecimal digits are ASCII");
    let mut text = String::with_capacity(4 + 2 + DIGITS);
    text.push_str(chain.name());
    text.push_str(":0x");
    text.push_str(lower);
    Ok(text)
}

/// Who is paid by a link, in `[pay-]address[@chain][/function]` and its parameters (EIP-681). The address is that of a
/// contract where a function is called: of a token in a transfer, whose parameter `address` is the payee, and everybody who
/// is paid in that token has it in their link.
pub(super) fn payee<'a>(target: &'a str, parameters: &'a str) -> Result<&'a str, KindError> {
    let target = target.strip_prefix("pay-").unwrap_or(target);
    let (target, function) = target.split_once('/').unwrap_or((target, ""));
    match function {
        "" => Ok(target.split_once('@').map_or(target, |(address, _)| address)),
        "transfer" => {
            let mut payees = parameters.split('&').filter_map(|parameter| parameter.strip_prefix("address="));
            payees.next().filter(|_| payees.next().is_none()).ok_or(KindError::WalletForm)
        }
        _ => Err(KindError::WalletForm),
    }
}

/// EIP-55: a letter is upper case where the hash of the lower-case digits has its bit. One case throughout carries no
/// checksum.
fn is_checksum_right(digits: &[u8], lower: &[u8; DIGITS]) -> bool {
    let has_upper = digits.iter().fold(false, |any, digit| any | digit.is_ascii_uppercase());
    let has_lower = digits.iter().fold(false, |any, digit| any | digit.is_ascii_lowercase());
    if !(has_upper && has_lower) {
        return true;
    }
    let hash = keccak256(lower);
    digits.iter().enumerate().filter(|(_, digit)| digit.is_ascii_alphabetic()).all(|(at, digit)| {
        let nibble = if at % 2 == 0 { hash[at / 2] >> 4 } else { hash[at / 2] & 0x0f };
        digit.is_ascii_uppercase() == (nibble >= 8)
    })
}
