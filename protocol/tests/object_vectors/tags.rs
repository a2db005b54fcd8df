//! Tags: for every kind, from what a person wrote to what leaves the node, with every step between.

use argon2::{Algorithm, Argon2, Params, Version};
use larum_protocol::{
    hash::{Label, keyed_digest},
    kind::{Canonical, Identifier, Kind},
    tag::{Custody, Salt, Stretch, Tagger, Tags},
};
use serde_json::{Value, json};

use super::{
    describe::{self, hex},
    read::array,
    support::SALT,
};

const EPOCH: u32 = 1;

/// Far below what protects anything: the vectors are to run in a moment in any language.
const SMALL: Stretch = Stretch { memory_kib: 64, passes: 2, lanes: 1 };

const RESUME: &str = "Jane Doe, engineer\n\nExample Widgets, 2019 to 2025: built the order service in Rust, moved it \
    from one database to another without an hour of rest, and wrote the guide by which others run it.\n\
    Example Freight, 2014 to 2019: kept a warehouse system alive, replaced its reports, taught three apprentices.\n\
    Example University, 2010 to 2014: computer science, thesis on scheduling in small networks.\n\
    Likes rowing, old radios, and tests that fail for one reason only.";

/// A fictional identifier of each kind.
fn identifier(kind: Kind) -> Identifier {
    let value = match kind {
        Kind::Email => "Jane.Doe+Jobs@Example.com",
        Kind::Phone => "+1 (202) 555-0142",
        Kind::Profile => "https://www.linkedin.com/in/Jane-Doe-Example/",
        Kind::Domain => "www.Example.com",
        Kind::Address => "12 Main St Apt 4, Springfield, IL 62701, US",
        Kind::Wallet => "0x52908400098527886E0F7030069857D2E4169EE7",
        Kind::Bank => "GB82 WEST 1234 5698 7654 32",
        Kind::Payment => "paypal: Jane.Doe@example.com",
        Kind::Company => "GB:01234567:Example Staffing Ltd",
        Kind::Document => "passport:US:123456789",
        Kind::Ip => "2001:0DB8::7",
        Kind::Device => "laptop: ABC-12345",
        Kind::Resume => RESUME,
    };
    Identifier::new(kind, value)
}

pub(crate) fn cases() -> Vec<(String, Value)> {
    let mut cases: Vec<(String, Value)> = Vec::new();
    for kind in Kind::ALL {
        cases.push((format!("tag-{kind}"), case(kind, Custody::Shared(None))));
        cases.push((format!("tag-{kind}-stretched"), case(kind, Custody::Shared(Some(SMALL)))));
    }
    let recommended = Custody::Shared(Some(Stretch::RECOMMENDED));
    cases.push(("tag-phone-recommended".to_owned(), case(Kind::Phone, recommended)));
    cases
}

fn case(kind: Kind, custody: Custody) -> Value {
    let identifier = identifier(kind);
    let canonical = identifier.canonical().unwrap_or_else(|error| panic!("{kind}: {error}"));
    let tags = Tagger::new(&Salt::new(SALT), EPOCH, kind, custody.hardening(false)).tags(&canonical).unwrap();
    described(&identifier.value, &canonical, custody, &tags)
}

fn described(value: &str, canonical: &Canonical, custody: Custody, tags: &Tags) -> Value {
    let steps = Steps::new(canonical.kind(), custody);
    let derived = canonical.derived().iter().map(|form| {
        let number = form.derivation().number();
        let tag = tags.derived.iter().find(|tag| tag.derivation == number).unwrap().tag;
        json!({"derivation": number, "canonical": form.text(), "tag": hex(tag.0)})
    });
    json!({
        "type": "tag",
        "salt": hex(SALT),
        "epoch": EPOCH,
        "kind": canonical.kind().number(),
        "custody": describe::custody(&custody),
        "value": value,
        "canonical": canonical.text(),
        "derived": derived.collect::<Vec<_>>(),
        "tag_key": hex(steps.key),
        "stretch_salt": hex(steps.stretch_salt),
        "hardened": hex(steps.harden(canonical.text())),
        "tag": hex(tags.subject.0),
    })
}

/// The steps of docs/protocol.md, spelled out without the code that they check.
struct Steps {
    key: [u8; 32],
    stretch_salt: [u8; 32],
    custody: Custody,
}

impl Steps {
    fn new(kind: Kind, custody: Custody) -> Self {
        let parts: [&[u8]; 2] = [&EPOCH.to_be_bytes(), &kind.number().to_be_bytes()];
        let derive = |label| keyed_digest(&SALT, label, &parts).0;
        Self { key: derive(Label::TagKey), stretch_salt: derive(Label::StretchSalt), custody }
    }

    fn harden(&self, text: &str) -> Vec<u8> {
        let Custody::Shared(Some(Stretch { memory_kib, passes, lanes })) = self.custody else {
            return text.as_bytes().to_vec();
        };
        let params = Params::new(memory_kib, passes, lanes, Some(32)).unwrap();
        let mut output = vec![0; 32];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(text.as_bytes(), &self.stretch_salt, &mut output).unwrap();
        output
    }

    fn tag(&self, text: &str) -> [u8; 32] {
        keyed_digest(&self.key, Label::Tag, &[&self.harden(text)]).0
    }
}

/// Checks a tag vector: the value's canonical form, and every step from there.
pub(crate) fn check(name: &str, case: &Value) {
    assert_eq!(array(&case["salt"]), SALT, "{name}: these vectors share one salt");
    let kind = Kind::from_number(u16::try_from(case["kind"].as_u64().unwrap()).unwrap()).unwrap();
    let cost = &case["custody"]["shared"];
    let number = |field: &str| u32::try_from(cost[field].as_u64().unwrap()).unwrap();
    let custody = Custody::Shared((!cost.is_null()).then(|| Stretch {
        memory_kib: number("memory_kib"),
        passes: number("passes"),
        lanes: number("lanes"),
    }));
    let canonical = Identifier::new(kind, case["value"].as_str().unwrap()).canonical().unwrap();
    assert_eq!(case["canonical"], canonical.text(), "{name}");
    let steps = Steps::new(kind, custody);
    assert_eq!(case["tag"], hex(steps.tag(canonical.text())), "{name}");
    for (form, expected) in canonical.derived().iter().zip(case["derived"].as_array().unwrap()) {
        assert_eq!(expected["canonical"], form.text(), "{name}");
        assert_eq!(expected["tag"], hex(steps.tag(form.text())), "{name}");
    }
    let tags = Tagger::new(&Salt::new(SALT), EPOCH, kind, custody.hardening(false)).tags(&canonical).unwrap();
    assert_eq!(*case, described(case["value"].as_str().unwrap(), &canonical, custody, &tags), "{name}");
}
