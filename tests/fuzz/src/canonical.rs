//! An identifier as fuzz input: one byte names the kind; then the value, region and asset, parted by [`PART`].

use std::{
    collections::BTreeSet,
    env, panic,
    sync::{Mutex, OnceLock},
};

use larum_protocol::kind::{Identifier, Kind};

/// Parts value, region and asset: a control character that no value may hold.
pub const PART: char = '\u{1f}';

/// Names the one kind that a run is about; without it, inputs choose theirs.
pub const KIND_VARIABLE: &str = "LARUM_FUZZ_KIND";

/// The bytes that [`read`] turns into `identifier`.
pub fn write(identifier: &Identifier) -> Vec<u8> {
    let Identifier { kind, value, region, asset } = identifier;
    let (region, asset) = (region.as_deref().unwrap_or_default(), asset.as_deref().unwrap_or_default());
    let mut bytes = vec![kind.number() as u8];
    bytes.extend(format!("{value}{PART}{region}{PART}{asset}").as_bytes());
    bytes
}

/// The identifier that some bytes stand for; none for no bytes.
pub fn read(bytes: &[u8]) -> Option<Identifier> {
    let (first, rest) = bytes.split_first()?;
    let kind = only_kind().unwrap_or(Kind::ALL[(usize::from(*first) + Kind::ALL.len() - 1) % Kind::ALL.len()]);
    let text = String::from_utf8_lossy(rest);
    let mut parts = text.split(PART).map(str::to_owned);
    let value = parts.next().unwrap_or_default();
    let mut hint = || parts.next().filter(|hint| !hint.is_empty());
    Some(Identifier { kind, value, region: hint(), asset: hint() })
}

fn only_kind() -> Option<Kind> {
    static ONLY: OnceLock<Option<Kind>> = OnceLock::new();
    *ONLY.get_or_init(|| env::var(KIND_VARIABLE).ok().map(|name| name.parse().expect("the name of a kind")))
}

/// Lets panics through that the phone kind catches: it treats its parser as something that may panic, while libFuzzer
/// would end the process at the panic itself. A panic that nobody catches still ends the process. Each place is
/// named once.
pub fn tolerate_caught_panics() {
    static SET: OnceLock<()> = OnceLock::new();
    SET.get_or_init(|| {
        let seen = Mutex::new(BTreeSet::new());
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            if seen.lock().is_ok_and(|mut seen| seen.insert(place)) {
                eprintln!("{info}");
            }
        }));
    });
}
