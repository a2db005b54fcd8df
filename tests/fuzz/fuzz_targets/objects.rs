//! The other signed objects: announcements, salt grants, fork proofs and receipts.
#![no_main]

use larum_fuzz::in_bounds;
use larum_protocol::{
    announcement::Announcement,
    keys::SealingSecretKey,
    log::ForkProof,
    receipt::{Receipt, SavedAnswer, Transcript},
    salt::Grant,
    signed::Unverified,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((mode, bytes)) = data.split_first() else { return };
    match mode % 4 {
        0 => announcement(bytes),
        1 => grant(bytes),
        2 => proof(bytes),
        _ => receipt(bytes),
    }
});

fn announcement(bytes: &[u8]) {
    let Ok(word) = in_bounds(bytes.len(), || Unverified::<Announcement>::decode(bytes)) else { return };
    let _ = word.value().is_coherent();
    let _ = word.verify();
}

fn grant(bytes: &[u8]) {
    let Ok(grant) = in_bounds(bytes.len(), || Unverified::<Grant>::decode(bytes)) else { return };
    let secret = SealingSecretKey::from_seed(&[1; 32]);
    let _ = grant.value().open(&secret, &grant.id());
}

fn proof(bytes: &[u8]) {
    let Ok(proof) = in_bounds(bytes.len(), || ForkProof::decode(bytes)) else { return };
    assert_eq!(proof.encode(), bytes, "one proof, one spelling");
    assert!(proof.seq() > 0, "there is no batch 0 to fork");
}

fn receipt(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(receipt) = in_bounds(bytes.len(), || text.parse::<Receipt>()) {
        assert_eq!(receipt.to_string(), text, "one receipt, one spelling");
    }
    let transcript = Transcript::of(b"request", b"answer");
    let _ = Receipt::verify(text, &transcript);
    if let Some(saved) = SavedAnswer::take_apart(bytes) {
        let _ = (saved.verify(b"request"), saved.verdict());
    }
}
