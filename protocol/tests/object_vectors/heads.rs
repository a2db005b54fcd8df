//! The two digests of heads: what two nodes compare, and what an answer shows.

use larum_protocol::{
    coverage,
    hash::{Digest, Label, digest},
    log::{Incarnation, LogId},
    replica::{CountedHead, heads_digest},
};
use serde_json::{Value, json};

use super::{
    describe::{hex, unhex},
    support::node_key,
};

/// By ascending name: a log, one of which a fork is proven, and one of which only a fork is known.
pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let log = |node, incarnation| LogId { node: node_key(node).public(), incarnation: Incarnation([incarnation; 16]) };
    let head = |log, seq, forked_at| {
        let hash = if seq == 0 { Digest::default() } else { digest(Label::Header, &[b"example", &[seq as u8]]) };
        CountedHead { log, floor: 1, seq, hash, forked_at }
    };
    let mut heads = vec![head(log(1, 1), 3, None), head(log(1, 2), 1, Some(2)), head(log(2, 1), 0, Some(1))];
    heads.sort_by_key(|head| head.log);
    vec![("heads-none", case(&[])), ("heads-one", case(&heads[..1])), ("heads-with-forks", case(&heads))]
}

pub(crate) fn check(name: &str, vector: &Value) {
    let heads: Vec<_> = vector["heads"].as_array().unwrap().iter().map(read).collect();
    assert_eq!(*vector, case(&heads), "{name}");
    // Two purposes never share a hash, not even of nothing.
    assert_ne!(vector["heads_digest"], vector["coverage_digest"], "{name}");
}

fn case(heads: &[CountedHead]) -> Value {
    let shown = |head: &CountedHead| {
        json!({
            "log": hex(head.log.to_bytes()), "seq": head.seq, "hash": hex(head.hash.0), "forked_at": head.forked_at,
        })
    };
    json!({
        "type": "heads",
        "heads": heads.iter().map(shown).collect::<Vec<_>>(),
        "heads_digest": hex(heads_digest(heads).0),
        "coverage_digest": hex(coverage::heads_digest(heads.iter().map(|head| (head.log, head.seq, head.hash))).0),
    })
}

fn read(head: &Value) -> CountedHead {
    let bytes = |field: &str| unhex(head[field].as_str().unwrap());
    CountedHead {
        log: LogId::from_bytes(bytes("log")[..].try_into().unwrap()),
        floor: 1,
        seq: head["seq"].as_u64().unwrap(),
        hash: Digest(bytes("hash").try_into().unwrap()),
        forked_at: head["forked_at"].as_u64(),
    }
}
