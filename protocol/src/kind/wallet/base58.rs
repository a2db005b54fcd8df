//! Base58 addresses: the version bytes in front say which chains they are of, four bytes behind are the checksum.
//!
//! Solana's are the exception: a bare public key of 32 bytes without a checksum, so that a mistyped one cannot be
//! told. XRP's have an alphabet of their own.

use bs58::Alphabet;

use super::{Chain, Hint, cashaddr};
use crate::kind::KindError;

/// The longest base58 form read here, in characters: XRP's with a place for a tag.
const LETTERS_MAX: usize = 47;

/// Room for what [`LETTERS_MAX`] characters decode to.
const BYTES_MAX: usize = 48;

/// Where a version byte belongs: the first chain is the one meant without a hint.
fn chains(version: u8) -> Option<&'static [Chain]> {
    Some(match version {
        0x00 => &[Chain::Btc, Chain::Bch, Chain::Bsv],
        0x05 => &[Chain::Btc, Chain::Ltc, Chain::Bch, Chain::Bsv],
        0x10 | 0x4c => &[Chain::Dash],
        0x16 => &[Chain::Doge],
        0x17 | 0x26 => &[Chain::Btg],
        0x1e => &[Chain::Doge, Chain::Verge],
        0x21 => &[Chain::Verge],
        LTC_KEY | LTC_SCRIPT => &[Chain::Ltc],
        0x41 => &[Chain::Tron],
        _ => return None,
    })
}

const BTC_SCRIPT: u8 = 0x05;
const LTC_KEY: u8 = 0x30;
const LTC_SCRIPT: u8 = 0x32;

/// Test networks of Bitcoin and those that copied its versions, of Litecoin and of Dash.
const TESTNETS: [u8; 6] = [0x6f, 0xc4, 0x3a, 0x8c, 0x13, 0x71];

pub(super) fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    if address.len() > LETTERS_MAX {
        return Err(KindError::WalletForm);
    }
    let may_be_ripple = address.starts_with(['r', 'X', 'T']) && hint.prefix.is_none();
    if (may_be_ripple || hint.prefix == Some(Chain::Xrp))
        && let Some(read) = ripple(address, hint)
    {
        return read;
    }
    let mut bytes = [0; BYTES_MAX];
    let Ok(length) = bs58::decode(address).with_check(None).onto(&mut bytes) else {
        return without_checksum(address, hint);
    };
    let payload = &bytes[..length];
    match *payload {
        [version, ref hash @ ..] if payload.len() == 21 => hashed(address, version, hash, hint),
        [0x1c, 0xb8 | 0xbd, ..] if payload.len() == 22 => Ok(hint.choose(&[Chain::Zcash])?.text(address)),
        [0x1c, 0xba, ..] | [0x1d, 0x25, ..] => Err(KindError::WalletTestnet),
        _ => Err(KindError::WalletForm),
    }
}

/// A bare public key, or an address whose checksum does not fit.
fn without_checksum(address: &str, hint: Hint) -> Result<String, KindError> {
    let mut bytes = [0; BYTES_MAX];
    match bs58::decode(address).onto(&mut bytes) {
        Ok(32) => Ok(hint.choose(&[Chain::Solana])?.text(address)),
        Ok(25 | 26) => Err(KindError::WalletChecksum),
        _ => Err(KindError::WalletForm),
    }
}

/// One version byte and the hash of a key or script.
fn hashed(address: &str, version: u8, hash: &[u8], hint: Hint) -> Result<String, KindError> {
    if TESTNETS.contains(&version) {
        return Err(KindError::WalletTestnet);
    }
    let chain = hint.choose(chains(version).ok_or(KindError::WalletForm)?)?;
    match (chain, version) {
        (Chain::Ltc, BTC_SCRIPT) => Ok(chain.text(&encode(LTC_SCRIPT, hash))),
        (Chain::Bch, _) => Ok(chain.text(&cashaddr::encode(version == BTC_SCRIPT, hash))),
        _ => Ok(chain.text(address)),
    }
}

fn encode(version: u8, hash: &[u8]) -> String {
    bs58::encode(hash).with_check_version(version).into_string()
}

/// The ledger's own alphabet, version 0 (https://xrpl.org/docs/references/protocol/data-types/base58-encodings).
fn ripple(address: &str, hint: Hint) -> Option<Result<String, KindError>> {
    let mut bytes = [0; BYTES_MAX];
    let decode = || bs58::decode(address).with_alphabet(Alphabet::RIPPLE);
    let length = decode().onto(&mut bytes).ok()?;
    if length == X_BYTES {
        return ripple_x(address, hint);
    }
    if length != 25 || !address.starts_with('r') {
        return None;
    }
    let checked = decode().with_check(Some(0)).onto(&mut bytes).map_err(|_| KindError::WalletChecksum);
    Some(checked.and_then(|_| Ok(hint.choose(&[Chain::Xrp])?.text(address))))
}

/// Bytes of an X-address: two of the network, twenty of the account, a flag, eight of the tag, the checksum.
const X_BYTES: usize = 35;

/// An X-address (XLS-5, https://github.com/XRPLF/XRPL-Standards/discussions/6): without a tag it is the account's address
/// in another writing; with one it is refused, as a tag is in any writing.
fn ripple_x(address: &str, hint: Hint) -> Option<Result<String, KindError>> {
    let mut bytes = [0; BYTES_MAX];
    let decoded = bs58::decode(address).with_alphabet(Alphabet::RIPPLE).with_check(None).onto(&mut bytes);
    let Ok(length) = decoded else {
        return address.starts_with(['X', 'T']).then_some(Err(KindError::WalletChecksum));
    };
    let (network, rest) = bytes[..length].split_at_checked(2)?;
    let (account, tag) = rest.split_at_checked(20)?;
    Some(match network {
        [0x05, 0x44] if tag.iter().all(|byte| *byte == 0) => {
            let text = bs58::encode(account).with_alphabet(Alphabet::RIPPLE).with_check_version(0).into_string();
            hint.choose(&[Chain::Xrp]).map(|chain| chain.text(&text))
        }
        [0x04, 0x93] => Err(KindError::WalletTestnet),
        _ => Err(KindError::WalletForm),
    })
}
