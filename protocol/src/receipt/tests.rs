#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::keys::SecretKey;

const COVERAGE: CoverageSummary =
    CoverageSummary { state: 1, members: 12, heard: 11, roster: 7, heads: Digest([9; 32]) };

fn transcript(number: u8) -> Transcript {
    Transcript::of(&[number], b"answer")
}

fn receipts(count: u8) -> Vec<Receipt> {
    let key = SecretKey::from_seed(&[1; 32]);
    let leaves = (0..count).map(|n| leaf(&[n; 16], 0, &COVERAGE, &transcript(n))).collect();
    let tree = Tree::new(leaves);
    let (node, consortium, time_ms) = (key.public(), Digest([2; 32]), 1_795_000_000_000);
    let signature = key.sign(&signed_root(&node, &consortium, time_ms, &tree.root()));
    let receipt = |n: u8| {
        let (path, lefts) = tree.path(n.into());
        let nonce = [n; 16].into();
        Receipt { version: 1, node, consortium, time_ms, lines: 0, coverage: COVERAGE, nonce, path, lefts, signature }
    };
    (0..count).map(receipt).collect()
}

#[test]
fn every_receipt_of_a_tree_of_any_size_verifies_for_its_own_transcript_only() {
    for count in 1..=33 {
        for (n, receipt) in (0..count).zip(receipts(count)) {
            let text = receipt.to_string();
            assert_eq!(Receipt::verify(&text, &transcript(n)), Ok(receipt), "leaf {n} of {count}");
            assert_eq!(Receipt::verify(&text, &transcript(n + 1)), Err(ReceiptError::Signature));
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_makes_a_receipt_fail() {
    for receipt in receipts(5) {
        let n = receipt.nonce[0];
        let bytes = to_cbor(&receipt);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let text = data_encoding::BASE64URL_NOPAD.encode(&bad);
            assert!(Receipt::verify(&text, &transcript(n)).is_err(), "bit {bit} of leaf {n}");
        }
    }
}

#[test]
fn a_changed_character_anywhere_makes_a_receipt_fail() {
    let text = receipts(3)[2].to_string();
    for at in 0..text.len() {
        let mut bad = text.clone().into_bytes();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        assert!(Receipt::verify(std::str::from_utf8(&bad).unwrap(), &transcript(2)).is_err(), "character {at}");
    }
    assert_eq!(Receipt::verify(&format!("{text}="), &transcript(2)), Err(ReceiptError::Base64));
    assert_eq!(Receipt::verify(&"A".repeat(RECEIPT_CHARS_MAX + 1), &transcript(2)), Err(ReceiptError::TooLong));
}

#[test]
fn an_answer_splits_into_what_was_signed_and_the_receipt() {
    let (signed, receipt) = split_answer("{\"verdict\":\"clear\",\"receipt\":\"abc\"}\n").unwrap();
    assert_eq!((signed.as_str(), receipt), ("{\"verdict\":\"clear\"}", "abc"));
    assert_eq!(split_answer("{\"verdict\":\"clear\"}"), None);
}
