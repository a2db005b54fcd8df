//! Receipts verified offline, by whose node the roster says it was. No node runs, so they are signed here.

use std::fs;

use larum_protocol::{
    hash::Digest,
    receipt::{CoverageSummary, Receipt, SavedCheck, Transcript, Tree, leaf, signed_root},
};

use super::{Desk, founded, sign_by, text};
use crate::folder::{DataFolder, Keys};

const COVERAGE: CoverageSummary = CoverageSummary { state: 1, members: 1, heard: 1, roster: 0, heads: Digest([9; 32]) };

/// What the desk's node would have answered to a check, saved in a file.
fn saved(desk: &Desk, consortium: &str) {
    let (request, answered) = ("{}", "{\"verdict\":\"clear\"}");
    let key = Keys::of(&DataFolder::at(&desk.path("data")).secrets().unwrap()).unwrap().node;
    let (node, consortium, time_ms, nonce) = (key.public(), consortium.parse().unwrap(), 5, [3; 16]);
    let tree = Tree::new(vec![leaf(&nonce, 0, &COVERAGE, &Transcript::of(request.as_bytes(), answered.as_bytes()))]);
    let signature = key.sign(&signed_root(&node, &consortium, time_ms, &tree.root()));
    let (version, lines, coverage, path, lefts) = (1, 0, COVERAGE, Vec::new(), 0);
    let nonce = nonce.into();
    let receipt = Receipt { version, node, consortium, time_ms, lines, coverage, nonce, path, lefts, signature };
    let answer = format!("{{\"verdict\":\"clear\",\"receipt\":\"{receipt}\"}}");
    let record = serde_json::to_string(&SavedCheck { request: request.to_owned(), answer }).unwrap();
    fs::write(desk.path("saved.json"), record).unwrap();
}

#[test]
fn a_receipt_holds_until_its_request_is_changed_or_its_nodes_key_is_revoked() {
    let (acme, consortium) = founded();
    saved(&acme, &consortium);
    let file = acme.path("saved.json");
    let verified = acme.ok(&["receipt", "verify", text(&file)]);
    assert_eq!(verified.text("member"), "Acme");

    let changed = fs::read_to_string(&file).unwrap().replace("\"{}\"", "\"{ }\"");
    fs::write(acme.path("changed.json"), changed).unwrap();
    acme.fails(&["receipt", "verify", text(&acme.path("changed.json"))], "does not fit");
    fs::write(acme.path("none.json"), "{\"request\":\"{}\",\"answer\":\"{}\"}").unwrap();
    acme.fails(&["receipt", "verify", text(&acme.path("none.json"))], "does not end with a receipt");

    let (node, out) = (verified.text("node"), acme.path("revoked.json"));
    acme.ok(&["consortium", "propose", "--revoke-node", &node, "--out", text(&out)]);
    sign_by(&acme, &out, [1, 2]);
    acme.ok(&["consortium", "apply", text(&out)]);
    acme.fails(&["receipt", "verify", text(&file)], "lost or stolen");
}
