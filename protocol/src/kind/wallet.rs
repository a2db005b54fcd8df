//! Wallets: the chain and the chain's own form of the address, its checksum verified.
//!
//! Grammar: an address, alone or behind its chain (`btc:1...`, `ethereum:0x...`, a BIP 21 link), with the asset it was
//! listed with as a hint. The canonical text is `chain:address`.
//! The form decides the chain. Where several chains share a form (`3...` is Bitcoin's, Litecoin's, Bitcoin Cash's)
//! the prefix or the asset decides, and without either the chain named first in `wallet/base58.rs`. An asset that does
//! not go with the form is an error: one of the two is wrong. Tokens such as USDT name no chain.
//! Merged: letter case where the chain ignores it (EVM, bech32); the old and the new writing of one Litecoin, Bitcoin
//! Cash, XRP or TRON address; one EVM address on all EVM chains, because one key holds it on all.
//! Kept apart: everything else. Base58 is never lower-cased. A wrong EIP-55 checksum is refused.

mod asset;
mod base58;
mod bech;
mod cashaddr;
mod evm;
mod monero;
mod ton;
mod tron;

use self::asset::Asset;
use super::KindError;
use super::canonical::{Form, Notes};
use super::identifier::Input;

/// A chain whose addresses this version can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Chain {
    Bch,
    Bnb,
    Bsv,
    Btc,
    Btg,
    Cardano,
    Cosmos,
    Dash,
    Doge,
    Evm,
    Ltc,
    Monero,
    Solana,
    Ton,
    Tron,
    Verge,
    Xrp,
    Zcash,
}

impl Chain {
    /// The chain's name in a canonical text.
    const fn name(self) -> &'static str {
        match self {
            Self::Bch => "bch",
            Self::Bnb => "bnb",
            Self::Bsv => "bsv",
            Self::Btc => "btc",
            Self::Btg => "btg",
            Self::Cardano => "cardano",
            Self::Cosmos => "cosmos",
            Self::Dash => "dash",
            Self::Doge => "doge",
            Self::Evm => "evm",
            Self::Ltc => "ltc",
            Self::Monero => "monero",
            Self::Solana => "solana",
            Self::Ton => "ton",
            Self::Tron => "tron",
            Self::Verge => "verge",
            Self::Xrp => "xrp",
            Self::Zcash => "zcash",
        }
    }

    /// `chain:address`.
    fn text(self, address: &str) -> String {
        let name = self.name();
        let mut text = String::with_capacity(name.len() + 1 + address.len());
        text.push_str(name);
        text.push(':');
        text.push_str(address);
        text
    }
}

/// What is known about the chain before the address is read.
#[derive(Clone, Copy)]
struct Hint {
    /// The chain written before the address.
    prefix: Option<Chain>,
    /// The asset given beside it.
    asset: Option<Asset>,
}

impl Hint {
    /// The first of the chains that share a form which goes with the hints; else the error that says which does not.
    fn choose(self, chains: &[Chain]) -> Result<Chain, KindError> {
        let Some(asset) = self.asset else {
            return self.choose_by_prefix(chains, |_| true);
        };
        let chosen = self.choose_by_prefix(chains, |chain| asset.is_on(chain));
        chosen.map_err(|_| KindError::AssetMismatch { asset: asset.name() })
    }

    fn choose_by_prefix(self, chains: &[Chain], accept: impl Fn(Chain) -> bool) -> Result<Chain, KindError> {
        // `bnb` is the old Binance chain's prefix, and the BNB Smart Chain's, an EVM chain, in EIP-3770.
        let is_meant = |prefix, chain| prefix == chain || (prefix == Chain::Bnb && chain == Chain::Evm);
        let fits = |chain: &Chain| self.prefix.is_none_or(|prefix| is_meant(prefix, *chain)) && accept(*chain);
        chains.iter().copied().find(fits).ok_or(KindError::WalletForm)
    }
}

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let asset = input.asset.map(asset::find).transpose()?;
    let (prefix, address) = split_prefix(input.value)?;
    if !address.is_ascii() || address.is_empty() {
        return Err(KindError::WalletForm);
    }
    let text = read(address, Hint { prefix, asset }).map_err(|error| match (error, asset) {
        // Lists hold payment ids and transactions among their addresses: name what was looked for.
        (KindError::WalletForm, Some(asset)) => KindError::AssetMismatch { asset: asset.name() },
        _ => error,
    })?;
    if text.ends_with(address) {
        notes.add("the form of the address gives its chain");
    } else {
        notes.add("written in the chain's own form");
    }
    Ok(Form::exact(text))
}

/// The readers, by what only their addresses begin with or consist of.
fn read(address: &str, hint: Hint) -> Result<String, KindError> {
    if tron::is_hex(address) {
        return tron::read(address, hint);
    }
    if evm::is_form(address) {
        return evm::read(address, hint);
    }
    if let Some(read) = bech::read(address, hint) {
        return read;
    }
    if cashaddr::is_form(address) {
        return cashaddr::read(address, hint);
    }
    if monero::is_form(address) {
        return monero::read(address, hint);
    }
    if ton::is_form(address) {
        return ton::read(address, hint);
    }
    base58::read(address, hint)
}

/// The chain before the first colon, and the address without a link's parameters.
fn split_prefix(value: &str) -> Result<(Option<Chain>, &str), KindError> {
    let Some((name, rest)) = value.split_once(':') else {
        return Ok((None, value));
    };
    // A raw TON address is workchain and hash, parted by a colon.
    if matches!(name, "0" | "-1") {
        return Ok((None, value));
    }
    let chain = asset::chain(name.trim()).ok_or(KindError::WalletChainUnknown)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    // CAIP-10: eip155:1:0x...
    let rest = match rest.split_once(':') {
        Some((number, address)) if chain == Chain::Evm && number.bytes().all(|byte| byte.is_ascii_digit()) => address,
        _ => rest,
    };
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if names_a_customer(chain, parameters) {
        return Err(KindError::WalletForm);
    }
    let address = match chain {
        Chain::Evm => evm::payee(address, parameters)?,
        Chain::Ton => address.strip_prefix("transfer/").unwrap_or(address),
        _ => address,
    };
    Ok((Some(chain), address))
}

/// Whether a link says whose an address is that many people share, as at exchanges: a tag on XRP, a payment id at Monero
/// (its URI scheme), a comment on TON (`ton://transfer`). The address alone would be everybody's.
fn names_a_customer(chain: Chain, parameters: &str) -> bool {
    let has = |name: &str| parameters.split('&').any(|parameter| parameter.split('=').next() == Some(name));
    match chain {
        Chain::Xrp => !parameters.is_empty(),
        Chain::Monero => has("tx_payment_id"),
        Chain::Ton => has("text") || has("bin"),
        _ => false,
    }
}
