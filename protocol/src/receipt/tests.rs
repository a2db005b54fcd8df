#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{api::Verdict, keys::SecretKey};

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

/// A receipt for an answer of these bytes to `asked`.
fn receipt_for(asked: &[u8], answered: &[u8], lines: u64) -> String {
    let (key, consortium) = (SecretKey::from_seed(&[1; 32]), Digest([2; 32]));
    let tree = Tree::new(vec![leaf(&[3; 16], lines, &COVERAGE, &Transcript::of(asked, answered))]);
    let signature = key.sign(&signed_root(&key.public(), &consortium, 5, &tree.root()));
    let (node, coverage, nonce) = (key.public(), COVERAGE, [3; 16].into());
    let receipt = Receipt {
        version: 1,
        node,
        consortium,
        time_ms: 5,
        lines,
        coverage,
        nonce,
        path: Vec::new(),
        lefts: 0,
        signature,
    };
    receipt.to_string()
}

fn summary(lines: u64, receipt: &str) -> String {
    let coverage = r#"{"state":"fresh","members":12,"heard":11,"absent":[],"roster":7,"heads":""}"#;
    format!("{{\"lines\":{lines},\"identifiers\":{lines},\"coverage\":{coverage},\"receipt\":\"{receipt}\"}}\n")
}

#[test]
fn a_saved_answer_to_a_check_proves_itself_and_says_its_verdict() {
    let answered = r#"{"verdict":"listed","results":[],"advice":"Look."}"#;
    let receipt = receipt_for(b"asked", answered.as_bytes(), 0);
    for end in ["", "\n", "\r\n"] {
        let text = format!("{},\"receipt\":\"{receipt}\"}}{end}", answered.strip_suffix('}').unwrap());
        let saved = SavedAnswer::take_apart(text.as_bytes()).unwrap();
        assert_eq!(saved.verify(b"asked").unwrap().coverage, COVERAGE);
        assert_eq!((saved.verdict(), saved.is_stream()), (Some(Verdict::Listed), false));
        assert_eq!(saved.verify(b"asked for something else"), Err(ReceiptError::Signature));
        let changed = text.replace("listed", "clear");
        let changed = SavedAnswer::take_apart(changed.as_bytes()).unwrap();
        assert_eq!(changed.verify(b"asked"), Err(ReceiptError::Signature));
    }
}

#[test]
fn a_saved_bulk_stream_proves_itself_and_says_the_worst_of_its_lines() {
    let lines = "{\"line\":1,\"verdict\":\"clear\"}\n{\"line\":2,\"verdict\":\"listed\"}\n";
    for (lines, count, worst) in [(lines, 2, Some(Verdict::Listed)), ("", 0, None)] {
        let text = format!("{lines}{}", summary(count, &receipt_for(b"asked", lines.as_bytes(), count)));
        let saved = SavedAnswer::take_apart(text.as_bytes()).unwrap();
        assert_eq!(saved.verify(b"asked").unwrap().lines, count);
        assert_eq!((saved.verdict(), saved.is_stream()), (worst, true));
    }
    let odd = format!("{lines}no line\n{}", summary(3, "x"));
    assert_eq!(SavedAnswer::take_apart(odd.as_bytes()).unwrap().verdict(), None, "part of it is not understood");
}

#[test]
fn what_does_not_end_with_a_receipt_is_no_saved_answer() {
    let indented = "{\n  \"verdict\": \"clear\",\n  \"receipt\": \"abc\"\n}";
    let cut = "{\"line\":1,\"verdict\":\"clear\"}\n{\"line\":2,\"verd";
    let behind = "{\"line\":1}\n{\"verdict\":\"clear\",\"receipt\":\"abc\"}";
    for text in ["", "{}", "{\"verdict\":\"clear\"}", indented, cut, behind] {
        assert!(SavedAnswer::take_apart(text.as_bytes()).is_none(), "{text}");
    }
    assert!(SavedAnswer::take_apart(&[0xff, 0xfe]).is_none());
}
