//! Writes a small corpus to start from: `seeds DIR` fills `DIR/<target>/` from the vectors under `tests/vectors` and
//! from objects of a small consortium. Nothing of it is committed, because it can always be made again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use larum_fuzz::{canonical, steward, support};
use larum_protocol::{
    announcement::Announcement,
    batch::{Batch, Header},
    hash::Digest,
    keys::{PublicKey, Signature},
    kind::{Identifier, Kind},
    log::ForkProof,
    receipt::{CoverageSummary, RECEIPT_VERSION, Receipt},
    signed::{Signed, SignedObject},
    wire::{Gossip, HeadEntry, List, Message, RawBatch, Request, Response, RosterHead},
};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: seeds DIR"));
    let one = support::batch(1, None, &[support::assertion()]);
    let rival = support::batch(1, None, &[support::dispute()]);
    let two = support::batch(1, Some(&one), &[support::withdrawal(2), support::suspicion()]);
    write(&folder.join("canonical"), vectors()?)?;
    write(&folder.join("batch"), batches(&[&one, &two]))?;
    write(&folder.join("objects"), objects(&one, &rival))?;
    write(&folder.join("roster"), rosters())?;
    write(&folder.join("sync"), messages(&one, &rival))?;
    write(&folder.join("steward"), stewards())?;
    object_vectors(&folder)
}

/// Longer vectors show a limit that `codec::decode` looks at first; a fuzzer learns nothing from them.
const VECTOR_BYTES_MAX: usize = 8 * 1024;

/// The vectors of signed objects and messages, each behind the byte by which its target knows what it is.
fn object_vectors(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/objects"))? {
        let path = entry?.path();
        let vector: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        for (field, target, mode) in places(vector["type"].as_str().unwrap_or_default()) {
            let text = vector[*field].as_str().unwrap_or_default();
            let bytes = if *field == "text" { text.as_bytes().to_vec() } else { hex(text) };
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if (1..=VECTOR_BYTES_MAX).contains(&bytes.len()) {
                fs::write(folder.join(target).join(format!("{name}-{field}")), behind(*mode, &bytes))?;
            }
        }
    }
    Ok(())
}

/// Which fields of a vector of a type go to which target, behind which byte.
fn places(kind: &str) -> &'static [(&'static str, &'static str, u8)] {
    match kind {
        "acknowledgement" => &[("bytes", "steward", 3)],
        "announcement" => &[("bytes", "objects", 0)],
        "batch" => &[("bytes", "batch", 0), ("payload", "batch", 1), ("body", "batch", 2)],
        "body" | "statement" => &[("bytes", "batch", 2)],
        "evaluated" => &[("bytes", "steward", 2)],
        "fork-proof" => &[("bytes", "objects", 2)],
        "gossip" => &[("bytes", "sync", 2)],
        "grant" => &[("bytes", "objects", 1)],
        "header" => &[("bytes", "batch", 0)],
        "join-request" => &[("bytes", "roster", 1)],
        "question" => &[("bytes", "steward", 0)],
        "receipt" => &[("text", "objects", 3)],
        "reply" => &[("bytes", "steward", 1)],
        "request" => &[("bytes", "sync", 0)],
        "response" => &[("bytes", "sync", 1)],
        "roster" => &[("bytes", "roster", 0)],
        _ => &[],
    }
}

/// The bytes of hexadecimal text; none of any other text.
fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map_while(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn write(folder: &Path, seeds: Vec<Vec<u8>>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in seeds.into_iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:04}")), seed)?;
    }
    Ok(())
}

fn behind(mode: u8, bytes: &[u8]) -> Vec<u8> {
    [&[mode], bytes].concat()
}

fn vectors() -> io::Result<Vec<Vec<u8>>> {
    let mut seeds = Vec::new();
    for kind in Kind::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../vectors/kind/{kind}.jsonl"));
        for line in fs::read_to_string(path)?.lines() {
            let vector: serde_json::Value = serde_json::from_str(line)?;
            let text = |field: &str| vector[field].as_str().map(str::to_owned);
            let value = text("value").unwrap_or_default();
            seeds.push(canonical::write(&Identifier { kind, value, region: text("region"), asset: text("asset") }));
        }
    }
    Ok(seeds)
}

fn batches(batches: &[&Batch]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for batch in batches {
        seeds.push(behind(0, batch.header.bytes()));
        seeds.push(behind(1, &minicbor::to_vec(Header::clone(&batch.header)).expect("a Vec takes every write")));
        seeds.push(behind(2, batch.body.as_deref().unwrap_or_default()));
    }
    seeds
}

fn announcement(batch: &Batch) -> Signed<Announcement> {
    let word = Announcement {
        version: Announcement::VERSION,
        consortium: batch.header.consortium,
        log: batch.header.log,
        seq: batch.header.seq,
        hash: Some(batch.header.id()),
        floor: 1,
        roster: 0,
        time: support::now(),
    };
    Signed::sign(word, &support::node_key(1))
}

fn proof(one: &Batch, rival: &Batch) -> Vec<u8> {
    ForkProof::new(one.header.clone(), rival.header.clone()).expect("two batches of one number").encode()
}

fn objects(one: &Batch, rival: &Batch) -> Vec<Vec<u8>> {
    let coverage = CoverageSummary { state: 1, members: 3, heard: 3, roster: 0, heads: Digest::default() };
    let receipt = Receipt {
        version: RECEIPT_VERSION,
        node: PublicKey([1; 32]),
        consortium: Digest::default(),
        time_ms: support::now().0,
        lines: 0,
        coverage,
        nonce: [1; 16].into(),
        path: vec![Digest::default(); 3],
        lefts: 5,
        signature: Signature([2; 64]),
    };
    vec![
        behind(0, announcement(one).bytes()),
        behind(2, &proof(one, rival)),
        behind(3, receipt.to_string().as_bytes()),
        behind(3, format!("{{\"verdict\":\"clear\",\"receipt\":\"{receipt}\"}}").as_bytes()),
    ]
}

fn rosters() -> Vec<Vec<u8>> {
    let genesis = support::chain(3).newest().clone();
    let next = support::signed(support::successor(&genesis, |roster| support::end_log(roster, 1, 0, None)), &[0, 1]);
    let stories = (0..8).map(|fill| behind(2, &[fill * 31; 96]));
    [behind(0, &genesis.encode()), behind(0, &next.encode()), behind(0, &greedy_roster())]
        .into_iter()
        .chain(stories)
        .collect()
}

/// A roster with far more addresses than a node may have, each of one byte: wide in memory, short on the wire.
fn greedy_roster() -> Vec<u8> {
    let mut roster = support::genesis(1);
    roster.members[0].nodes[0].addresses = vec![String::new(); 2_500];
    let payload = minicbor::to_vec(&roster).expect("a Vec takes every write");
    let mut envelope = minicbor::Encoder::new(Vec::new());
    envelope.array(2).and_then(|e| e.bytes(&payload)).and_then(|e| e.array(0)).expect("a Vec takes every write");
    envelope.into_writer()
}

/// What honest dealers and stewards say, behind the byte of each way it is read.
fn stewards() -> Vec<Vec<u8>> {
    let mut seeds = vec![behind(4, &minicbor::to_vec(&steward::setting().answer).expect("a Vec takes every write"))];
    for way in steward::WAYS {
        seeds.push(behind(way.number(), way.honest()));
    }
    seeds
}

fn messages(one: &Batch, rival: &Batch) -> Vec<Vec<u8>> {
    let (log, hash) = (one.header.log, one.header.id());
    let header = || one.header.bytes().to_vec().into();
    let body = || one.body.as_ref().map(|body| body.to_vec().into());
    let roster = RosterHead { version: 0, id: hash, rival: false };
    let entry = HeadEntry { log, floor: 1, seq: 1, prefix: hash.prefix(), forked_at: None };
    let requests = [
        Request::Heads { digest: hash, after: Some(log) },
        Request::Batches { log, from: 1, max_bytes: 4096 },
        Request::Body { log, seq: 1, hash },
        Request::Rosters { from_version: 1 },
        Request::Announcements { since: 1, after: None },
        Request::Grant { epoch: 1 },
    ];
    let responses = [
        Response::Same(roster),
        Response::Heads { roster, entries: List::of([entry]), more: true },
        Response::Batches { batches: List::of([RawBatch { header: header(), body: body() }]), more: false },
        Response::Rosters { rosters: List::of([support::chain(3).newest().encode().into()]), more: false },
        Response::Announcements { announcements: List::of([announcement(one).bytes().to_vec().into()]), more: false },
        Response::Body(body()),
        Response::Busy(1_000),
    ];
    let gossip = [
        Gossip::Batch { header: header(), body: body() },
        Gossip::Announcement(announcement(one).bytes().to_vec().into()),
        Gossip::Fork(proof(one, rival).into()),
        Gossip::Roster { version: 1, id: hash },
    ];
    let mut seeds: Vec<Vec<u8>> = requests.iter().map(|message| behind(0, &message.to_bytes())).collect();
    seeds.extend(responses.iter().map(|message| behind(1, &message.to_bytes())));
    seeds.extend(gossip.iter().map(|message| behind(2, &message.to_bytes())));
    seeds.extend(
        (0..16).map(|fill| behind(3, &(0..200).map(|at: u8| at.wrapping_mul(fill * 2 + 1)).collect::<Vec<_>>())),
    );
    seeds
}
