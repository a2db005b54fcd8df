//! A good case: a receipt in the middle of a tree of three.

use larum_protocol::{
    api::{CoverageInfo, CoverageState},
    hash::Digest,
    receipt::{CoverageSummary, RECEIPT_VERSION, Receipt, Transcript, Tree, leaf, signed_root},
};
use serde_json::{Value, json};

use super::{
    describe::hex,
    support::{chain, node_key, now},
};

pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let request = br#"{"identifiers":[{"kind":"email","value":"j.doe@example.com"}]}"#;
    let answer = br#"{"verdict":"clear"}"#;
    let coverage = CoverageInfo {
        state: CoverageState::Fresh,
        members: 3,
        heard: 3,
        absent: Vec::new(),
        roster: 7,
        heads: Digest([6; 32]).to_string(),
        forked: Vec::new(),
    };
    let coverage = CoverageSummary::try_from(&coverage).unwrap();
    let transcript = Transcript::of(request, answer);
    let own = leaf(&[5; 16], 0, &coverage, &transcript);
    let leaves = [Digest([1; 32]), own, Digest([2; 32])];
    let tree = Tree::new(leaves.to_vec());
    let (path, lefts) = tree.path(1);
    let (key, consortium, time_ms) = (node_key(1), chain(3).consortium(), now().0);
    let signed = signed_root(&key.public(), &consortium, time_ms, &tree.root());
    let receipt = Receipt {
        version: RECEIPT_VERSION,
        node: key.public(),
        consortium,
        time_ms,
        lines: 0,
        coverage,
        nonce: [5; 16].into(),
        path,
        lefts,
        signature: key.sign(&signed),
    };
    let case = json!({
        "type": "receipt", "text": receipt.to_string(), "request": hex(request), "answer": hex(answer),
        "request_hash": hex(transcript.request.0), "answer_hash": hex(transcript.answer.0),
        "leaf": hex(own.0), "leaves": leaves.map(|leaf| hex(leaf.0)), "root": hex(tree.root().0),
        "signed": hex(signed.0),
    });
    vec![("receipt", case)]
}
