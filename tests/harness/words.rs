//! Identifiers of people who do not exist, and the rows that state something about them.

use larum_protocol::{
    api::{Action, Identifier, StatementRow},
    clock::Day,
};

/// An identifier of a kind.
pub fn identifier(kind: &str, value: &str) -> Identifier {
    Identifier { kind: kind.to_owned(), value: value.to_owned(), region: None, asset: None }
}

/// A mailbox of nobody's (RFC 2606).
pub fn email(name: &str) -> Identifier {
    identifier("email", &format!("{name}@mail.example.org"))
}

/// A fictional number: 555-0100 to 555-0199 in area code `area`.
pub fn phone(area: u64, last: u64) -> Identifier {
    identifier("phone", &format!("+1 ({area}) 555-01{:02}", last % 100))
}

/// An Ethereum address that nobody holds.
pub fn wallet(number: u64) -> Identifier {
    Identifier { asset: Some("ETH".to_owned()), ..identifier("wallet", &format!("0x1a2b3c4d5e6f{number:028x}")) }
}

/// Today, in UTC.
pub fn today() -> Day {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Day(u32::try_from(since.as_secs() / 86_400).expect("before the year 11,000,000"))
}

/// A day as it is written, so many days ago.
pub fn flag_day(days_ago: u32) -> String {
    Day(today().0 - days_ago).to_string()
}

/// A row that says only what it is about.
pub fn row(action: Action, about: &Identifier) -> StatementRow {
    StatementRow {
        action,
        kind: about.kind.clone(),
        value: about.value.clone(),
        region: about.region.clone(),
        asset: about.asset.clone(),
        role: None,
        reason: None,
        evidence: None,
        observed: None,
        expires: None,
        origin: None,
        re: None,
    }
}

/// A confirmed, adverse, first-hand assertion, observed yesterday.
pub fn publish(about: &Identifier) -> StatementRow {
    StatementRow {
        role: Some("actor-controlled".to_owned()),
        reason: Some("ART.REUSE".to_owned()),
        evidence: Some("confirmed".to_owned()),
        observed: Some(flag_day(1)),
        ..row(Action::Publish, about)
    }
}

/// The withdrawal of it.
pub fn withdraw(about: &Identifier) -> StatementRow {
    StatementRow { reason: Some("COR.ERROR".to_owned()), ..row(Action::Withdraw, about) }
}
