//! Names of assets and chains: what sanctions lists, exchanges and links call them.

use super::Chain;
use crate::kind::KindError;

/// An asset by its name in the table, and the chains that can hold it.
#[derive(Clone, Copy)]
pub(super) struct Asset(&'static (&'static str, &'static [Chain]));

impl Asset {
    pub(super) fn name(self) -> &'static str {
        self.0.0
    }

    /// Whether the asset can lie in a wallet of this chain. Tokens name no chain: an empty row.
    pub(super) fn is_on(self, chain: Chain) -> bool {
        self.0.1.is_empty() || self.0.1.contains(&chain)
    }
}

/// The asset that a list calls by this name, case aside.
pub(super) fn find(name: &str) -> Result<Asset, KindError> {
    let found = ASSETS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(Asset).ok_or(KindError::AssetUnknown)
}

/// The chain that a prefix or the scheme of a link names, case aside.
pub(super) fn chain(name: &str) -> Option<Chain> {
    CHAINS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, chain)| *chain)
}

const EVM: &[Chain] = &[Chain::Evm];

/// Assets as OFAC and exchanges name them. An empty row is a token that is issued on many chains.
const ASSETS: [(&str, &[Chain]); 53] = [
    ("ADA", &[Chain::Cardano]),
    ("ARB", EVM),
    ("ATOM", &[Chain::Cosmos]),
    ("AVAX", EVM),
    ("BASE", EVM),
    ("BCC", &[Chain::Bch]),
    ("BCH", &[Chain::Bch]),
    ("BNB", &[Chain::Evm, Chain::Bnb]),
    ("BSC", EVM),
    ("BSV", &[Chain::Bsv]),
    ("BTC", &[Chain::Btc]),
    ("BTG", &[Chain::Btg]),
    ("BTT", &[]),
    ("BUSD", &[]),
    ("CRO", EVM),
    ("DAI", &[]),
    ("DASH", &[Chain::Dash]),
    ("DOGE", &[Chain::Doge]),
    ("ETC", EVM),
    ("ETH", EVM),
    ("EURC", &[]),
    ("FDUSD", &[]),
    ("FTM", EVM),
    ("LTC", &[Chain::Ltc]),
    ("MATIC", EVM),
    ("OP", EVM),
    ("POL", EVM),
    ("PYUSD", &[]),
    ("SHIB", &[]),
    ("SOL", &[Chain::Solana]),
    ("TON", &[Chain::Ton]),
    ("TRON", &[Chain::Tron]),
    ("TRX", &[Chain::Tron]),
    ("TUSD", &[]),
    ("USDC", &[]),
    ("USDD", &[]),
    ("USDE", &[]),
    ("USDP", &[]),
    ("USDT", &[]),
    ("USD1", &[]),
    ("WBTC", &[]),
    ("WETH", &[]),
    ("XAUT", &[]),
    ("XBT", &[Chain::Btc]),
    ("XDG", &[Chain::Doge]),
    ("XETH", EVM),
    ("XLTC", &[Chain::Ltc]),
    ("XMR", &[Chain::Monero]),
    ("XRP", &[Chain::Xrp]),
    ("XVG", &[Chain::Verge]),
    ("XXBT", &[Chain::Btc]),
    ("XZEC", &[Chain::Zcash]),
    ("ZEC", &[Chain::Zcash]),
];

/// Prefixes: our own chain names, those of links, CAIP namespaces, tickers, the short names of EIP-3770, and token standards.
const CHAINS: [(&str, Chain); 70] = [
    ("ada", Chain::Cardano),
    ("arbitrum", Chain::Evm),
    ("avalanche", Chain::Evm),
    ("base", Chain::Evm),
    ("bch", Chain::Bch),
    ("binance", Chain::Bnb),
    ("bitcoin", Chain::Btc),
    ("bitcoin-cash", Chain::Bch),
    ("bitcoincash", Chain::Bch),
    ("bitcoingold", Chain::Btg),
    ("bitcoinsv", Chain::Bsv),
    ("bnb", Chain::Bnb),
    ("bsc", Chain::Evm),
    ("bsv", Chain::Bsv),
    ("btc", Chain::Btc),
    ("btg", Chain::Btg),
    ("cardano", Chain::Cardano),
    ("cosmos", Chain::Cosmos),
    ("dash", Chain::Dash),
    ("doge", Chain::Doge),
    ("dogecoin", Chain::Doge),
    ("eip155", Chain::Evm),
    ("erc20", Chain::Evm),
    ("etc", Chain::Evm),
    ("eth", Chain::Evm),
    ("ether", Chain::Evm),
    ("ethereum", Chain::Evm),
    ("ethereum-classic", Chain::Evm),
    ("evm", Chain::Evm),
    ("litecoin", Chain::Ltc),
    ("ltc", Chain::Ltc),
    ("matic", Chain::Evm),
    ("monero", Chain::Monero),
    ("optimism", Chain::Evm),
    ("polygon", Chain::Evm),
    ("ripple", Chain::Xrp),
    ("sol", Chain::Solana),
    ("solana", Chain::Solana),
    ("spl", Chain::Solana),
    ("ton", Chain::Ton),
    ("trc20", Chain::Tron),
    ("tron", Chain::Tron),
    ("trx", Chain::Tron),
    ("verge", Chain::Verge),
    ("xbt", Chain::Btc),
    ("xmr", Chain::Monero),
    ("xrp", Chain::Xrp),
    ("xrpl", Chain::Xrp),
    ("xvg", Chain::Verge),
    ("zcash", Chain::Zcash),
    ("zec", Chain::Zcash),
    ("bep20", Chain::Evm),
    ("bep2", Chain::Bnb),
    ("atom", Chain::Cosmos),
    ("toncoin", Chain::Ton),
    ("arb", Chain::Evm),
    ("xdg", Chain::Doge),
    ("arb1", Chain::Evm),
    ("avax", Chain::Evm),
    ("bep-2", Chain::Bnb),
    ("bep-20", Chain::Evm),
    ("celo", Chain::Evm),
    ("erc-20", Chain::Evm),
    ("ftm", Chain::Evm),
    ("gno", Chain::Evm),
    ("linea", Chain::Evm),
    ("oeth", Chain::Evm),
    ("scr", Chain::Evm),
    ("trc-20", Chain::Tron),
    ("zksync", Chain::Evm),
];
