//! Bech32 addresses: a readable prefix names the chain and its network (BIP 173, BIP 350).

use bech32::Bech32;
use bech32::primitives::decode::{CheckedHrpstring, SegwitHrpstring};

use super::{Chain, Hint};
use crate::kind::KindError;

/// What follows a prefix.
#[derive(Clone, Copy)]
enum Content {
    /// A witness version and program, the version deciding the checksum.
    Segwit,
    /// Bytes under the first bech32 checksum, this many.
    Bytes(usize, usize),
    /// The network is one for tests.
    Testnet,
}

const PREFIXES: [(&str, Chain, Content); 14] = [
    ("bc", Chain::Btc, Content::Segwit),
    ("ltc", Chain::Ltc, Content::Segwit),
    ("btg", Chain::Btg, Content::Segwit),
    ("addr", Chain::Cardano, Content::Bytes(29, 64)),
    ("stake", Chain::Cardano, Content::Bytes(29, 29)),
    ("bnb", Chain::Bnb, Content::Bytes(20, 20)),
    ("cosmos", Chain::Cosmos, Content::Bytes(20, 32)),
    ("tb", Chain::Btc, Content::Testnet),
    ("bcrt", Chain::Btc, Content::Testnet),
    ("tltc", Chain::Ltc, Content::Testnet),
    ("rltc", Chain::Ltc, Content::Testnet),
    ("addr_test", Chain::Cardano, Content::Testnet),
    ("stake_test", Chain::Cardano, Content::Testnet),
    ("tbnb", Chain::Bnb, Content::Testnet),
];

/// Longer than every address here (Cardano's with a staking part has 103 characters).
const LETTERS_MAX: usize = 120;

/// Reads a bech32 address; `None` where the prefix is none of these chains'.
pub(super) fn read(address: &str, hint: Hint) -> Option<Result<String, KindError>> {
    let (prefix, _) = address.rsplit_once('1')?;
    let (_, chain, content) = PREFIXES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(prefix))?;
    Some(check(address, *content).and_then(|()| {
        let chain = hint.choose(&[*chain])?;
        // Upper case is allowed for codes to scan, a mixture is not; the checksum was computed on one case.
        if address.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Ok(chain.text(&address.to_ascii_lowercase()));
        }
        Ok(chain.text(address))
    }))
}

fn check(address: &str, content: Content) -> Result<(), KindError> {
    if address.len() > LETTERS_MAX {
        return Err(KindError::WalletForm);
    }
    match content {
        Content::Testnet => Err(KindError::WalletTestnet),
        Content::Segwit => SegwitHrpstring::new(address).map(drop).map_err(|_| KindError::WalletChecksum),
        Content::Bytes(least, most) => {
            let checked = CheckedHrpstring::new::<Bech32>(address).map_err(|_| KindError::WalletChecksum)?;
            let length = checked.byte_iter().len();
            if (least..=most).contains(&length) { Ok(()) } else { Err(KindError::WalletForm) }
        }
    }
}
