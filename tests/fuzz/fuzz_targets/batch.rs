//! Headers and bodies: any bytes are one or an error; what is read is written back byte for byte.
#![no_main]

use std::sync::OnceLock;

use larum_fuzz::{in_bounds, support};
use larum_protocol::{
    batch::{Batch, Counts, Header, encode_body, read_body, statement_at},
    codec,
    hash::{Label, digest},
    limits::HEADER_BYTES_MAX,
    signed::{Signed, SignedObject, Unverified},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((mode, bytes)) = data.split_first() else { return };
    match mode % 3 {
        0 => signed_header(bytes),
        1 => header(bytes),
        _ => body(bytes),
    }
});

/// An envelope as it comes from the wire.
fn signed_header(bytes: &[u8]) {
    let Ok(unverified) = in_bounds(bytes.len(), || Unverified::<Header>::decode(bytes)) else { return };
    if let Ok(signed) = unverified.verify() {
        assert_eq!(signed.bytes(), bytes, "signed bytes are kept as they came");
    }
}

/// A payload that somebody signed: it has to be read back whatever its fields.
fn header(bytes: &[u8]) {
    let Ok(mut header) = in_bounds(bytes.len(), || codec::decode::<Header>(bytes, HEADER_BYTES_MAX)) else { return };
    let key = support::node_key(1);
    (header.log.node, header.version) = (key.public(), Header::VERSION);
    let signed = Signed::sign(header, &key);
    let read = Unverified::<Header>::decode(signed.bytes()).expect("a header that was just written");
    assert!(read.verify().is_ok_and(|read| read == signed));
    if header_is_sound(&signed) {
        let _ = Batch::without_body(signed);
    }
}

fn header_is_sound(header: &Header) -> bool {
    let sound = header.check().is_ok();
    assert!(!sound || (header.seq > 0 && header.floor > 0 && header.floor <= header.seq));
    sound
}

/// A body under a header that commits to it, with counts as they are and as the input's first bytes claim.
fn body(bytes: &[u8]) {
    let statements = lenient(bytes);
    static HEADER: OnceLock<Header> = OnceLock::new();
    let mut header =
        HEADER.get_or_init(|| Header::clone(&support::batch(1, None, &[support::assertion()]).header)).clone();
    header.body = digest(Label::Body, &[bytes]);
    header.body_bytes = bytes.len() as u32;
    header.counts = Counts::of(&statements);
    header.keep_until = statements.iter().map(|statement| statement.keep_until).max().unwrap_or_default();
    if let Ok(located) = in_bounds(bytes.len(), || read_body(&header, bytes)) {
        assert_eq!(encode_body(located.iter().map(|located| &located.statement)), bytes, "one body, one spelling");
        for located in &located {
            assert_eq!(statement_at(&bytes[located.offset as usize..]).as_ref(), Ok(&located.statement));
        }
    }
    let claims = bytes.first_chunk::<16>().copied().unwrap_or([0xff; 16]);
    let (asserts, others) = claims.split_at(8);
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    header.counts = Counts { asserts: number(asserts), others: number(others) };
    let _ = in_bounds(bytes.len(), || read_body(&header, bytes));
}

/// The statements at the front of some bytes, whatever rules they break.
fn lenient(bytes: &[u8]) -> Vec<larum_protocol::statement::Statement> {
    let (mut statements, mut at) = (Vec::new(), 0);
    while let Ok(statement) = in_bounds(bytes.len() - at, || statement_at(&bytes[at..])) {
        at += codec::encode(&statement).len();
        statements.push(statement);
        if at >= bytes.len() {
            break;
        }
    }
    statements
}
