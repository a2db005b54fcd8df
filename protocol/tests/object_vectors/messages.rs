//! Good cases: messages between nodes.

use larum_protocol::{
    hash::Digest,
    wire::{Gossip, HeadEntry, List, Message, RawBatch, Request, Response, RosterHead},
};
use serde_json::{Value, json};

use super::{
    describe::{self, hex},
    good::first_batch,
    support::log_of,
};

pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let gossip =
        |message: &Gossip, fields: Value| json!({"type": "gossip", "fields": fields, "bytes": hex(message.to_bytes())});
    let request = |message: &Request, fields: Value| json!({"type": "request", "fields": fields, "bytes": hex(message.to_bytes())});
    let response = |message: &Response, fields: Value| json!({"type": "response", "fields": fields, "bytes": hex(message.to_bytes())});
    let (log, batch) = (log_of(1), first_batch());
    let (header, body) = (batch.header.bytes().to_vec(), batch.body.clone().unwrap().into_vec());
    let head = RosterHead { version: 3, id: Digest([7; 32]), rival: false };
    let entry = HeadEntry { log, floor: 1, seq: 9, prefix: 0x0102_0304_0506_0708, forked_at: None };
    let forked = HeadEntry { forked_at: Some(10), ..entry };
    let (raw, raw_bare) = (
        RawBatch { header: header.clone().into(), body: Some(body.clone().into()) },
        RawBatch { header: header.clone().into(), body: None },
    );
    let raw_json = json!({"header": hex(&header), "body": hex(&body)});
    vec![
        (
            "gossip-batch-inline",
            gossip(
                &Gossip::Batch { header: header.clone().into(), body: Some(body.clone().into()) },
                json!({"batch": raw_json}),
            ),
        ),
        (
            "gossip-batch",
            gossip(
                &Gossip::Batch { header: header.clone().into(), body: None },
                json!({"batch": {"header": hex(&header), "body": null}}),
            ),
        ),
        (
            "gossip-roster",
            gossip(
                &Gossip::Roster { version: 3, id: Digest([7; 32]) },
                json!({"roster": {"version": 3, "id": hex([7; 32])}}),
            ),
        ),
        (
            "request-heads",
            request(
                &Request::Heads { digest: Digest([4; 32]), after: None },
                json!({"heads": {"digest": hex([4; 32]), "after": null}}),
            ),
        ),
        (
            "request-heads-next-page",
            request(
                &Request::Heads { digest: Digest([4; 32]), after: Some(log) },
                json!({"heads": {"digest": hex([4; 32]), "after": describe::log(&log)}}),
            ),
        ),
        (
            "request-batches",
            request(
                &Request::Batches { log, from: 300, max_bytes: 1 << 20 },
                json!({"batches": {"log": describe::log(&log), "from": 300, "max_bytes": 1 << 20}}),
            ),
        ),
        ("response-same", response(&Response::Same(head), json!({"same": describe::roster_head(&head)}))),
        (
            "response-heads",
            response(
                &Response::Heads { roster: head, entries: List::of([entry, forked]), more: true },
                json!({"heads": {
                    "roster": describe::roster_head(&head), "more": true,
                    "entries": [describe::head_entry(&entry), describe::head_entry(&forked)],
                }}),
            ),
        ),
        (
            "response-batches",
            response(
                &Response::Batches { batches: List::of([raw, raw_bare]), more: false },
                json!({"batches": {
                    "batches": [raw_json, {"header": hex(&header), "body": null}], "more": false,
                }}),
            ),
        ),
        ("response-no-body", response(&Response::Body(None), json!({"body": null}))),
        ("response-busy", response(&Response::Busy(1_000), json!({"busy": 1_000}))),
    ]
}
