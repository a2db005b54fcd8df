//! Where `data/demo/report.csv` comes from: a few hundred identifiers of people who do not exist.
//!
//! Reserved domains (RFC 2606), reserved numbers (555-01xx), handles and houses made up from word lists, and wallets
//! whose keys nobody has: hashes of a counter under the chain's own checksum. Most rows are wallets, because their tags
//! cost nothing; every other kind costs its stretch.
//!
//! `LARUM_WRITE_DEMO_REPORT=1 cargo test -p larum --test demo_report` writes the file anew.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;

use alloy_primitives::keccak256;

const GIVEN: [&str; 10] = ["elena", "marcus", "priya", "tomas", "ingrid", "dario", "amara", "felix", "noor", "gideon"];
const FAMILY: [&str; 10] =
    ["marsh", "holloway", "venn", "castellan", "brandt", "okafor", "lindqvist", "tremaine", "sorel", "ashdown"];
const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];
const AREA_CODES: [&str; 8] = ["303", "212", "415", "512", "503", "617", "702", "206"];
const STREETS: [&str; 6] =
    ["Larkspur Lane", "Quarry Road", "Fernhill Court", "Old Mill Drive", "Juniper Way", "Tannery Street"];
const TOWNS: [&str; 4] = ["Boulder, CO 80302", "Reno, NV 89501", "Salem, OR 97301", "Laredo, TX 78040"];
const AGENCIES: [&str; 8] = [
    "brightforge-talent",
    "northquay-devs",
    "ravenhill-software",
    "bluecairn-tech",
    "stonegate-contractors",
    "fernway-remote",
    "quillpoint-labs",
    "harbourline-it",
];
/// What such reports usually say: role, reason and evidence.
const FINDINGS: [(&str, &str, &str); 7] = [
    ("actor-controlled", "ART.REUSE", "confirmed"),
    ("actor-controlled", "ID.STAND_IN", "confirmed"),
    ("synthetic-persona", "ID.SYNTHETIC", "confirmed"),
    ("actor-controlled", "CLAIM.EMPLOYER_DENIED", "confirmed"),
    ("facilitator", "LOG.REDIRECT", "confirmed"),
    ("synthetic-persona", "PROF.BACKDATED", "suspected"),
    ("actor-controlled", "REF.RING", "suspected"),
];
/// The same for wallets.
const PAYMENTS: [(&str, &str, &str); 3] = [
    ("actor-controlled", "PAY.MISMATCH", "confirmed"),
    ("facilitator", "PAY.MISMATCH", "confirmed"),
    ("actor-controlled", "ART.REUSE", "suspected"),
];
const WALLETS: usize = 228;

#[test]
fn the_shipped_report_is_what_its_generator_writes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/demo/report.csv");
    let report = report();
    if std::env::var_os("LARUM_WRITE_DEMO_REPORT").is_some() {
        std::fs::write(path, &report).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), report);
}

fn report() -> String {
    let mut report = "kind,value,region,asset,role,reason,evidence\n".to_owned();
    let mut row = |kind: &str, value: &str, hint: (&str, &str), (role, reason, evidence): (&str, &str, &str)| {
        let (region, asset) = hint;
        let value = if value.contains(',') { format!("\"{value}\"") } else { value.to_owned() };
        writeln!(report, "{kind},{value},{region},{asset},{role},{reason},{evidence}").unwrap();
    };
    for at in 0..20 {
        let (given, family) = person(at);
        row("email", &format!("{given}.{family}@{}", DOMAINS[at % 3]), ("", ""), FINDINGS[at % 7]);
    }
    for at in 0..16 {
        let number = format!("({}) 555-01{:02}", AREA_CODES[at % 8], (42 + at * 13) % 100);
        row("phone", &number, ("US", ""), FINDINGS[(at + 1) % 7]);
    }
    for at in 0..16 {
        let (given, family) = person(at);
        let page = match at % 2 {
            0 => format!("https://www.linkedin.com/in/{given}-{family}-demo-{}", 1000 + at),
            _ => format!("https://github.com/{given}{family}-demo"),
        };
        row("profile", &page, ("", ""), FINDINGS[(at + 3) % 7]);
    }
    for (at, agency) in AGENCIES.iter().enumerate() {
        row("domain", &format!("{agency}.example"), ("", ""), FINDINGS[(at + 5) % 7]);
    }
    for at in 0..12 {
        let (house, street, town) = (1200 + 37 * at, STREETS[at % 6], TOWNS[at % 4]);
        row(
            "address",
            &format!("{house} {street}, Apt {}, {town}", at + 4),
            ("US", ""),
            ("facilitator", "DEV.FARM", "confirmed"),
        );
    }
    for at in 0..WALLETS {
        let (address, asset) = wallet(at);
        row("wallet", &address, ("", asset), PAYMENTS[at / 3 % 3]);
    }
    report
}

fn person(at: usize) -> (&'static str, &'static str) {
    (GIVEN[at % 10], FAMILY[(at + at / 10 * 3) % 10])
}

/// An address that is well-formed and nobody's: twenty bytes of the hash of a counter.
fn wallet(at: usize) -> (String, &'static str) {
    let hash = keccak256(format!("larum demo wallet {at}"));
    let payload = &hash[..20];
    match at % 3 {
        0 => (eip55(payload), "ETH"),
        1 => (base58check(0x00, payload), "BTC"),
        _ => (base58check(0x41, payload), "TRX"),
    }
}

/// EIP-55: a letter is upper case where the hash of the lower-case digits has its bit.
fn eip55(payload: &[u8]) -> String {
    let digits: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = keccak256(&digits);
    let cased = digits.chars().enumerate().map(|(at, digit)| {
        let nibble = if at % 2 == 0 { hash[at / 2] >> 4 } else { hash[at / 2] & 0x0f };
        if nibble >= 8 { digit.to_ascii_uppercase() } else { digit }
    });
    format!("0x{}", cased.collect::<String>())
}

fn base58check(version: u8, payload: &[u8]) -> String {
    bs58::encode(payload).with_check_version(version).into_string()
}
