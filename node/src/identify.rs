//! From an identifier as the API takes it to one that the protocol knows.

use larum_protocol::{
    api,
    kind::{Identifier, Kind},
};

/// The identifier, or why its kind is none; the text never repeats what was sent.
pub fn identifier(asked: &api::Identifier) -> Result<Identifier, String> {
    named(&asked.kind, &asked.value, asked.region.as_deref(), asked.asset.as_deref())
}

/// The same from its parts.
pub fn named(kind: &str, value: &str, region: Option<&str>, asset: Option<&str>) -> Result<Identifier, String> {
    let kind: Kind = kind.parse().map_err(|_| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("not a kind of identifier; the kinds are {}", known.join(", "))
    })?;
    let mut identifier = Identifier::new(kind, value.to_owned());
    identifier.region = region.map(str::to_owned);
    identifier.asset = asset.map(str::to_owned);
    Ok(identifier)
}
