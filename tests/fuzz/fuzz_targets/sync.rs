//! The wire: any bytes are a message or an error, and a replica survives whatever known peers say, in any order.
#![no_main]

use larum_fuzz::{craft, in_bounds, node::Node, support::node_key};
use larum_protocol::{
    batch::Header,
    keys::PublicKey,
    log::{ForkProof, LogId},
    replica::Input,
    signed::Signed,
    wire::{Gossip, HeadEntry, List, Message, RawBatch, Request, Response, RosterHead},
};
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};

/// Steps of one input.
const STEPS_MAX: usize = 48;

fuzz_target!(|data: &[u8]| {
    let Some((mode, bytes)) = data.split_first() else { return };
    match mode % 4 {
        0 => decodes::<Request>(bytes),
        1 => decodes::<Response>(bytes),
        2 => decodes::<Gossip>(bytes),
        _ => {
            // An input that ends early is a shorter story.
            let _ = story(&mut Unstructured::new(bytes));
        }
    }
});

/// What is read is written back as the same bytes.
fn decodes<T: Message>(bytes: &[u8]) {
    if let Ok(message) = in_bounds(bytes.len(), || T::from_bytes(bytes)) {
        assert_eq!(message.to_bytes(), bytes, "one message, one spelling");
    }
}

fn story(u: &mut Unstructured<'_>) -> Result<()> {
    let mut node = Node::start();
    let mut made = Vec::new();
    for member in 2..=3 {
        node.take(Input::PeerConnected(node_key(member).public()));
    }
    for _ in 0..STEPS_MAX {
        if u.is_empty() {
            break;
        }
        let peer = any_peer(u)?;
        match u.int_in_range(0..=15)? {
            0 => node.take(Input::PeerConnected(peer)),
            1 => node.take(Input::PeerDisconnected(peer)),
            2 => node.pass(u.int_in_range(1..=60_000)?),
            3 => node.request(peer, request(u)?),
            4 => node.take(Input::NeedSalt { epoch: 1 }),
            5..=9 => node.gossip(peer, gossip(u, &node, &mut made)?),
            _ => answer(u, &mut node, &mut made)?,
        }
    }
    Ok(())
}

fn any_peer(u: &mut Unstructured<'_>) -> Result<PublicKey> {
    Ok(node_key(u.int_in_range(2..=4)?).public())
}

fn raw(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = u.int_in_range(0..=600)?;
    Ok(u.bytes(length.min(u.len()))?.to_vec())
}

fn any_log(u: &mut Unstructured<'_>) -> Result<LogId> {
    craft::any_log(u).map(|(log, _)| log)
}

fn after(u: &mut Unstructured<'_>) -> Result<Option<LogId>> {
    Ok(if u.arbitrary()? { Some(any_log(u)?) } else { None })
}

fn request(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let (log, seq, hash) = (any_log(u)?, craft::number(u)?, craft::any_digest(u)?);
    let request = match u.int_in_range(0..=8)? {
        0 => Request::Heads { digest: hash, after: after(u)? },
        1 => Request::Batches { log, from: seq, max_bytes: u.arbitrary()? },
        2 => Request::Body { log, seq, hash },
        3 => Request::Header { log, seq },
        4 => Request::Rosters { from_version: seq },
        5 => Request::Proof { log },
        6 => Request::Announcements { since: seq, after: after(u)? },
        7 => Request::Grant { epoch: u.arbitrary()? },
        _ => return raw(u),
    };
    Ok(request.to_bytes())
}

fn gossip(u: &mut Unstructured<'_>, node: &Node, made: &mut Vec<Signed<Header>>) -> Result<Vec<u8>> {
    let message = match u.int_in_range(0..=9)? {
        0..=4 => {
            let (header, body) = craft::batch(u, made)?;
            let body = if u.ratio(2, 3)? { Some(body.into()) } else { None };
            Gossip::Batch { header: header.bytes().to_vec().into(), body }
        }
        5 | 6 => Gossip::Announcement(craft::announcement(u, made)?.bytes().to_vec().into()),
        7 => match proof(u, made)? {
            Some(proof) => Gossip::Fork(proof.encode().into()),
            None => return raw(u),
        },
        8 => Gossip::Roster { version: craft::number(u)?, id: node.rosters[0].id() },
        _ => return raw(u),
    };
    Ok(message.to_bytes())
}

/// Two headers that were made before and contradict each other.
fn proof(u: &mut Unstructured<'_>, made: &mut Vec<Signed<Header>>) -> Result<Option<ForkProof>> {
    let (one, _) = craft::batch(u, made)?;
    let rival = |other: &&Signed<Header>| other.log == one.log && other.seq == one.seq && other.id() != one.id();
    let other = made.iter().find(rival).cloned();
    Ok(other.and_then(|other| ForkProof::new(one, other)))
}

/// Answers something that the node asked: as it should be answered, with something else, or not at all.
fn answer(u: &mut Unstructured<'_>, node: &mut Node, made: &mut Vec<Signed<Header>>) -> Result<()> {
    if node.asked.is_empty() {
        return Ok(());
    }
    let at = u.choose_index(node.asked.len())?;
    let (peer, id, request) = node.asked.swap_remove(at);
    let bytes = match u.int_in_range(0..=9)? {
        0 => None,
        1 => Some(raw(u)?),
        2 => Some(Response::Busy(u.arbitrary()?).to_bytes()),
        _ => Some(fitting(u, node, made, &request)?.to_bytes()),
    };
    node.take(Input::Response { peer, id, bytes });
    Ok(())
}

fn fitting(u: &mut Unstructured<'_>, node: &Node, made: &mut Vec<Signed<Header>>, asked: &Request) -> Result<Response> {
    let more = u.arbitrary()?;
    Ok(match asked {
        Request::Heads { .. } => {
            let (version, id) = (craft::number(u)?, node.rosters[0].id());
            let roster = RosterHead { version, id, rival: u.arbitrary()? };
            let mut entries = (0..u.int_in_range(0..=3)?).map(|_| head(u, made)).collect::<Result<Vec<_>>>()?;
            entries.sort_by_key(|entry| entry.log);
            if entries.is_empty() {
                Response::Same(roster)
            } else {
                Response::Heads { roster, entries: List::of(entries), more }
            }
        }
        Request::Batches { log, from, .. } => {
            let mut batches = Vec::new();
            for _ in 0..u.int_in_range(0..=3)? {
                let (header, body) = craft::batch(u, made)?;
                let known = made.iter().find(|known| known.log == *log && known.seq == *from);
                let header = known.filter(|_| u.arbitrary().unwrap_or(false)).unwrap_or(&header);
                let body = if u.ratio(4, 5)? { Some(body.into()) } else { None };
                batches.push(RawBatch { header: header.bytes().to_vec().into(), body });
            }
            Response::Batches { batches: List::of(batches), more }
        }
        Request::Body { .. } => Response::Body(if more { Some(craft::batch(u, made)?.1.into()) } else { None }),
        Request::Header { log, seq } => {
            let known = made.iter().rev().find(|known| known.log == *log && known.seq == *seq).cloned();
            let header = known.map_or_else(|| craft::batch(u, made).map(|(header, _)| header), Ok)?;
            Response::Header(Some(header.bytes().to_vec().into()))
        }
        Request::Rosters { .. } => {
            let before = u.choose(&node.rosters)?.clone();
            let next = craft::roster(u, &before)?;
            Response::Rosters { rosters: List::of(next.into_iter().map(|next| next.encode().into())), more }
        }
        Request::Proof { .. } => Response::Proof(proof(u, made)?.map(|proof| proof.encode().into())),
        Request::Announcements { .. } => {
            let word = craft::announcement(u, made)?;
            Response::Announcements { announcements: List::of([word.bytes().to_vec().into()]), more }
        }
        Request::Grant { .. } => Response::Grant(if more { Some(raw(u)?.into()) } else { None }),
    })
}

/// What a peer says of a log: the truth about a header that was made, or anything.
fn head(u: &mut Unstructured<'_>, made: &[Signed<Header>]) -> Result<HeadEntry> {
    let forked_at = if u.ratio(1, 4)? { Some(craft::number(u)?) } else { None };
    if !made.is_empty() && u.ratio(3, 4)? {
        let header = u.choose(made)?;
        return Ok(HeadEntry {
            log: header.log,
            floor: header.floor,
            seq: header.seq,
            prefix: header.id().prefix(),
            forked_at,
        });
    }
    Ok(HeadEntry {
        log: any_log(u)?,
        floor: craft::number(u)?,
        seq: craft::number(u)?,
        prefix: u.arbitrary()?,
        forked_at,
    })
}
