//! Tags under split custody: from what a person wrote to what leaves the node, with every step between, and the key whole
//! as nobody ever has it.

use larum_protocol::{
    hash::{Label, keyed_digest},
    kind::{Identifier, Kind},
    oprf::{Blinding, Output, Share},
    tag::{Hardening, Salt, Tagger},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::{Value, json};
use voprf::{Ristretto255, VoprfServer};

use super::{
    describe::hex,
    read::array,
    support::{SALT, stewards::number},
};

const EPOCH: u32 = 2;
/// A scalar, little-endian.
const KEY: [u8; 32] = [5; 32];

pub(crate) fn cases() -> Vec<(String, Value)> {
    let identifiers = [
        Identifier::new(Kind::Email, "Jane.Doe+Jobs@Example.com"),
        Identifier::new(Kind::Phone, "+1 (202) 555-0142"),
        Identifier::new(Kind::Ip, "2001:0DB8::7"),
        Identifier::new(Kind::Company, "GB:01234567:Example Staffing Ltd"),
    ];
    identifiers.map(|identifier| (format!("split-tag-{}", identifier.kind), case(&identifier))).into()
}

/// What the code makes of it, stewards and all: here one share that is the key.
fn case(identifier: &Identifier) -> Value {
    let canonical = identifier.canonical().unwrap();
    let kind = identifier.kind.number();
    let tagger = Tagger::new(&Salt::new(SALT), EPOCH, identifier.kind, Hardening::Blind);
    let inputs = tagger.inputs(&canonical);
    let outputs = evaluated(&inputs.iter().map(|input| input.as_slice()).collect::<Vec<_>>());
    let tags = tagger.tags_from(&canonical, &outputs).unwrap();
    let mut forms = inputs.iter().zip(&outputs);
    let (input, output) = forms.next().unwrap();
    let derived = canonical.derived().iter().zip(forms).map(|(form, (input, output))| {
        let number = form.derivation().number();
        let tag = tags.derived.iter().find(|tag| tag.derivation == number).unwrap().tag;
        json!({
            "derivation": number, "canonical": form.text(), "input": hex(input), "output": hex(output.0),
            "tag": hex(tag.0),
        })
    });
    json!({
        "type": "split-tag",
        "salt": hex(SALT),
        "epoch": EPOCH,
        "kind": kind,
        "key": hex(KEY),
        "value": identifier.value,
        "canonical": canonical.text(),
        "input": hex(input),
        "output": hex(output.0),
        "derived": derived.collect::<Vec<_>>(),
        "tag_key": hex(keyed_digest(&SALT, Label::TagKey, &[&EPOCH.to_be_bytes(), &kind.to_be_bytes()]).0),
        "tag": hex(tags.subject.0),
    })
}

fn evaluated(inputs: &[&[u8]]) -> Vec<Output> {
    let mut random = ChaCha20Rng::from_seed([4; 32]);
    let key = Share::new(number(1), &KEY).unwrap();
    let blinding = Blinding::new(inputs, &mut random).unwrap();
    let evaluation = key.evaluate(blinding.elements(), &mut random).unwrap();
    let verified = blinding.verify(&key.public(), &evaluation).unwrap();
    blinding.finish(number(1), &[verified]).unwrap()
}

/// Checks one, step by step: inputs as the document says, outputs by another implementation of RFC 9497.
pub(crate) fn check(name: &str, case: &Value) {
    assert_eq!((array(&case["salt"]), array(&case["key"])), (SALT, KEY), "{name}: these vectors share salt and key");
    let kind = u16::try_from(case["kind"].as_u64().unwrap()).unwrap();
    let tag_key = array(&case["tag_key"]);
    let server = VoprfServer::<Ristretto255>::new_with_key(&KEY).unwrap();
    for form in std::iter::once(case).chain(case["derived"].as_array().unwrap()) {
        let text = form["canonical"].as_str().unwrap();
        let input = [&kind.to_be_bytes()[..], &(text.len() as u64).to_be_bytes(), text.as_bytes()].concat();
        let output: [u8; 64] = server.evaluate(&input).unwrap().into();
        assert_eq!((&form["input"], &form["output"]), (&json!(hex(input)), &json!(hex(output))), "{name}");
        assert_eq!(form["tag"], hex(keyed_digest(&tag_key, Label::SplitTag, &[&output]).0), "{name}");
    }
    let identifier = Identifier::new(Kind::from_number(kind).unwrap(), case["value"].as_str().unwrap());
    assert_eq!(*case, self::case(&identifier), "{name}");
}
