//! Canonical forms against the vectors in `tests/vectors/kind`, and the laws that hold for any text.
//!
//! One JSON object a line: `name`, `value`, `region` and `asset` where given, and either `canonical` with `derived` (pairs of
//! number and text), or `error`, the name of the rule broken. `<kind>.jsonl` is written by hand; in `<kind>.groups.jsonl`,
//! made by `tests/vectors/generate.py`, a `group` is one identifier in several spellings, and each line names the `rule`
//! that it shows and the `source` of that rule.
//! A resume's bands stand there as one hash, because there are 224: BLAKE3 over their texts, parted by line feeds.
//! `resume.bands.txt` has those of the first resume in full.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::print_stdout, reason = "a failing run is replayed from the seed that it printed")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use larum_protocol::kind::{Canonical, Derivation, Derived, Identifier, Kind, KindError};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    value: String,
    region: Option<String>,
    asset: Option<String>,
    canonical: Option<String>,
    #[serde(default)]
    derived: Vec<(u16, String)>,
    bands: Option<String>,
    error: Option<String>,
    group: Option<String>,
    rule: Option<String>,
    source: Option<String>,
}

impl Vector {
    fn identifier(&self, kind: Kind) -> Identifier {
        let Self { value, region, asset, .. } = self;
        Identifier { kind, value: value.clone(), region: region.clone(), asset: asset.clone() }
    }
}

fn vectors(kind: Kind) -> Vec<Vector> {
    let mut vectors = file(kind, "");
    if GROUPED.contains(&kind) {
        vectors.extend(file(kind, ".groups"));
    }
    vectors
}

/// The kinds whose vectors in groups are made by `tests/vectors/generate.py`.
const GROUPED: [Kind; 7] =
    [Kind::Address, Kind::Bank, Kind::Domain, Kind::Email, Kind::Ip, Kind::Profile, Kind::Wallet];

fn file(kind: Kind, suffix: &str) -> Vec<Vector> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/kind");
    let path = folder.join(format!("{kind}{suffix}.jsonl"));
    let file = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parse = |(at, line)| serde_json::from_str(line).unwrap_or_else(|error| panic!("{kind} {}: {error}", at + 1));
    file.lines().enumerate().map(parse).collect()
}

/// `WalletChecksum` is `wallet-checksum`, whatever the variant carries.
fn error_name(error: KindError) -> String {
    let debug = format!("{error:?}");
    let variant = debug.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[test]
fn every_vector_holds() {
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        for vector in vectors(kind) {
            let found = match vector.identifier(kind).canonical() {
                Ok(form) => {
                    let (bands, derived) = bands_and_others(&form);
                    (Some(form.text().to_owned()), derived, bands, None)
                }
                Err(error) => (None, Vec::new(), None, Some(error_name(error))),
            };
            let expected = (vector.canonical, vector.derived, vector.bands, vector.error);
            if found != expected {
                let Vector { name, value, .. } =
                    &Vector { canonical: None, derived: Vec::new(), bands: None, error: None, ..vector };
                wrong.push(format!("{kind}: {name}: {value:?}\n  expected {expected:?}\n  found    {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} vectors fail\n{}", wrong.len(), wrong.join("\n"));
}

/// The hash of the bands, and the other derived forms.
fn bands_and_others(form: &Canonical) -> (Option<String>, Vec<(u16, String)>) {
    let is_band = |form: &&Derived| matches!(form.derivation(), Derivation::Band(_));
    let (bands, others): (Vec<_>, Vec<_>) = form.derived().iter().partition(is_band);
    let text = bands.iter().map(|band| band.text()).collect::<Vec<_>>().join("\n");
    let hash = (!bands.is_empty()).then(|| blake3::hash(text.as_bytes()).to_hex().to_string());
    (hash, others.iter().map(|form| (form.derivation().number(), form.text().to_owned())).collect())
}

#[test]
fn the_bands_of_one_resume_are_as_they_stand_in_full() {
    let first = vectors(Kind::Resume).remove(0).identifier(Kind::Resume).canonical().unwrap();
    let bands: Vec<_> = first.derived().iter().map(Derived::text).collect();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/kind/resume.bands.txt");
    assert_eq!(bands, fs::read_to_string(path).unwrap().lines().collect::<Vec<_>>());
}

#[test]
fn every_kind_has_vectors_of_both_sorts_with_names_of_their_own() {
    for kind in Kind::ALL {
        let vectors = vectors(kind);
        assert!(vectors.len() >= 40, "{kind}: {}", vectors.len());
        assert!(vectors.iter().any(|vector| vector.error.is_some()), "{kind} has nothing refused");
        let mut seen = HashMap::new();
        for vector in &vectors {
            let other = seen.insert(&vector.name, &vector.value);
            assert_eq!(other, None, "{kind}: two vectors are called {}", vector.name);
        }
    }
}

#[test]
fn no_group_is_split_and_no_two_groups_are_merged() {
    let mut count = 0;
    for kind in GROUPED {
        let vectors = file(kind, ".groups");
        let mut form_of_group = HashMap::new();
        let mut group_of_form = HashMap::new();
        for vector in &vectors {
            let is_sourced = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
            assert!(is_sourced(&vector.rule) && is_sourced(&vector.source), "{kind}: {} has no source", vector.name);
            let Some(group) = &vector.group else {
                continue;
            };
            let form = vector.identifier(kind).canonical().map(|form| form.text().to_owned());
            let form = form.unwrap_or_else(|error| panic!("{kind}: {}: {error}", vector.name));
            let first = form_of_group.entry(group).or_insert_with(|| form.clone());
            assert_eq!(*first, form, "{kind}: {group} is split by {}", vector.name);
            let owner = group_of_form.entry(form).or_insert(group);
            assert_eq!(*owner, group, "{kind}: two groups are merged by {}", vector.name);
        }
        println!("{kind}: {} vectors, {} groups", vectors.len(), form_of_group.len());
        assert!(form_of_group.len() >= 30, "{kind}: {} groups", form_of_group.len());
        count += vectors.len();
    }
    println!("{count} vectors in groups");
    assert!(count >= 3_000, "{count} vectors in groups");
}

#[test]
fn a_canonical_text_read_again_is_itself() {
    for kind in Kind::ALL {
        for vector in vectors(kind) {
            let Some(text) = vector.canonical else {
                continue;
            };
            let again = Identifier::new(kind, &text).canonical();
            assert_eq!(again.map(|form| form.text().to_owned()), Ok(text), "{kind}: {}", vector.name);
        }
    }
}

#[test]
fn no_error_note_debug_or_mask_shows_a_value() {
    for kind in Kind::ALL {
        for vector in vectors(kind).into_iter().filter(|vector| vector.value.len() > 12) {
            let identifier = vector.identifier(kind);
            let shown = match identifier.canonical() {
                Ok(form) => {
                    let notes: Vec<_> = form.notes().iter().map(ToString::to_string).collect();
                    format!("{form:?} {:?} {}", form.derived(), notes.join(" "))
                }
                Err(error) => format!("{error} {error:?}"),
            };
            let shown = format!("{shown} {identifier:?} {}", identifier.masked());
            assert!(!shown.contains(&vector.value), "{kind}: {}", vector.name);
        }
    }
}

/// Pieces that steer random text deep into the rules of one kind or another.
const PIECES: [&str; 56] = [
    "@",
    "+",
    ".",
    ":",
    "/",
    "//",
    "?",
    "#",
    "%",
    "-",
    " ",
    ",",
    "\n",
    "\"",
    "(",
    ")",
    "<",
    ">",
    "[",
    "]",
    "~",
    "$",
    "0x",
    "bc1q",
    "1",
    "3",
    "00",
    "12345",
    "gmail.com",
    "example.com",
    "xn--",
    "https://",
    "mailto:",
    "tel:",
    ";ext=",
    ";phone-context=",
    "linkedin.com/in/",
    "github:",
    "paypal:",
    "US",
    "DE",
    "GB29",
    "apt",
    "PO Box",
    "Main St",
    "62701",
    "passport:",
    "rmm:anydesk:",
    "::",
    "%C3%A9",
    "\u{200B}",
    "\u{202E}",
    "é",
    "а",
    "１",
    "🚀",
];

fn random_text(random: &mut ChaCha8Rng) -> String {
    let count = random.next_u32() % 9;
    let mut text = String::new();
    for _ in 0..count {
        match random.next_u32() % 4 {
            0 => text.extend(char::from_u32(random.next_u32() % 0x1_1000)),
            1 => text.push(char::from(b' ' + (random.next_u32() % 95) as u8)),
            _ => text.push_str(PIECES[random.next_u32() as usize % PIECES.len()]),
        }
    }
    text
}

#[test]
fn a_hundred_thousand_random_texts_of_each_kind_end_in_a_form_or_an_error() {
    const SEED: u64 = 20_261_122;
    println!("seed {SEED}");
    let hints = [None, Some("US".to_owned()), Some("DE".to_owned())];
    for kind in Kind::ALL {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let start = Instant::now();
        let mut forms = 0;
        for round in 0..100_000 {
            let region = hints[round % hints.len()].clone();
            let identifier = Identifier { kind, value: random_text(&mut random), region, asset: None };
            if let Ok(form) = identifier.canonical() {
                forms += 1;
                assert!(!form.text().is_empty());
            }
            assert!(identifier.masked().len() <= 64);
        }
        println!("{kind}: {forms} forms, {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(120), "{kind} is slow");
    }
}

/// What telephone numbers, links to them and extensions are made of.
const PHONE_PIECES: [&str; 40] = [
    "+",
    "+1",
    "+49",
    "+44",
    "00",
    "011",
    "0",
    "1",
    "202",
    "555",
    "0142",
    "30",
    "123456",
    "(",
    ")",
    "(0)",
    "[",
    "]",
    "-",
    ".",
    "/",
    " ",
    "~",
    "tel:",
    "TEL:",
    ";ext=",
    " ext. ",
    "x",
    "#",
    "*",
    ",",
    ";",
    ";isub=",
    ";phone-context=",
    "phone-context=+1",
    "=",
    "corp.example",
    "FLOWERS",
    "\u{FF11}\u{FF12}",
    "\u{0663}",
];

/// The parser panics inside a guard; here nothing may have to be guarded.
#[test]
fn a_million_texts_made_of_pieces_of_phone_numbers_never_make_the_parser_panic() {
    const SEED: u64 = 20_261_126;
    println!("seed {SEED}");
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|place| place.file().contains("rlibphonenumber")) {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        before(info);
    }));
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let hints = [None, Some("US".to_owned()), Some("DE".to_owned()), Some("IT".to_owned()), Some("AR".to_owned())];
    let mut forms = 0;
    for round in 0..1_000_000 {
        let count = 1 + random.next_u32() as usize % 12;
        let value = (0..count).map(|_| PHONE_PIECES[random.next_u32() as usize % PHONE_PIECES.len()]).collect();
        let region = hints[round % hints.len()].clone();
        forms += usize::from(Identifier { kind: Kind::Phone, value, region, asset: None }.canonical().is_ok());
    }
    println!("{forms} numbers");
    assert!(forms > 1_000, "{forms}");
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

fn any_kind() -> impl Strategy<Value = Kind> {
    (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_form_or_an_error_and_a_form_is_stable(kind in any_kind(), value in "\\PC{0,40}") {
        if let Ok(form) = Identifier::new(kind, value).canonical() {
            let again = Identifier::new(kind, form.text()).canonical().map(|form| form.text().to_owned());
            prop_assert_eq!(again, Ok(form.text().to_owned()));
        }
    }

    #[test]
    fn a_mailbox_has_one_form_whatever_its_dots_and_case_at_gmail(
        name in "[b-y]{4,12}", cut in 1_usize..3, tag in "[a-z0-9]{0,6}"
    ) {
        let canonical = |value: String| Identifier::new(Kind::Email, value).canonical().unwrap().text().to_owned();
        let (head, tail) = name.split_at(cut);
        let dotted = format!("{}.{tail}+{tag}@GoogleMail.com", head.to_uppercase());
        prop_assert_eq!(canonical(dotted), canonical(format!("{name}@gmail.com")));
    }

    #[test]
    fn two_mailboxes_at_an_unknown_domain_never_meet(one in "[a-z0-9.+_-]{1,12}", other in "[a-z0-9.+_-]{1,12}") {
        let canonical = |name: &str| Identifier::new(Kind::Email, format!("{name}@corp.example")).canonical();
        if let (Ok(first), Ok(second)) = (canonical(&one), canonical(&other)) {
            prop_assert_eq!(first.text() == second.text(), one == other);
        }
    }

    #[test]
    fn two_units_of_a_house_never_meet(one in 1_u32..999, other in 1_u32..999) {
        let canonical = |unit: u32| {
            let value = format!("100 North Main Street, Apt {unit}, Springfield, IL 62701");
            Identifier::new(Kind::Address, value).canonical().unwrap().text().to_owned()
        };
        prop_assert_eq!(canonical(one) == canonical(other), one == other);
    }

    #[test]
    fn one_changed_digit_of_an_iban_is_refused(at in 4_usize..22, digit in 0_u8..10) {
        let mut iban = *b"DE89370400440532013000";
        let changed = b'0' + digit;
        prop_assume!(iban[at] != changed);
        iban[at] = changed;
        let value = String::from_utf8(iban.to_vec()).unwrap();
        prop_assert_eq!(Identifier::new(Kind::Bank, value).canonical(), Err(KindError::IbanChecksum));
    }
}
