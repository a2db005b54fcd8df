//! From an identifier as the API takes it to one that the protocol knows.

use larum_protocol::{
    api,
    kind::{Identifier, Kind},
};

/// The identifier, or why its kind is none; the text never repeats what was sent.
pub fn identifier(asked: api::Identifier) -> Result<Identifier, String> {
    let kind = kind(&asked.kind)?;
    Ok(Identifier { kind, value: asked.value, region: asked.region, asset: asked.asset })
}

/// The same from its parts.
pub fn named(kind: &str, value: &str, region: Option<&str>, asset: Option<&str>) -> Result<Identifier, String> {
    let owned = |text: &str| text.to_owned();
    Ok(Identifier { kind: self::kind(kind)?, value: value.into(), region: region.map(owned), asset: asset.map(owned) })
}

fn kind(name: &str) -> Result<Kind, String> {
    name.parse().map_err(|_| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("not a kind of identifier; the kinds are {}", known.join(", "))
    })
}
