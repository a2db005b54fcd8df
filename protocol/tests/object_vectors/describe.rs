//! Objects as JSON: byte strings in hexadecimal, numbers as on the wire, days and times as counts.

use data_encoding::HEXLOWER;
use larum_protocol::{
    announcement::Announcement,
    batch::{Counts, Header},
    log::{LogId, Place},
    oprf::Element,
    roster::{JoinRequest, Member, MemberStatus, Node, NodeStatus, Plan, Policy, Quota, Roster, Steward, Stewards},
    salt::Grant,
    statement::Statement,
    steward::{Acknowledgement, Asked, Evaluated},
    tag::{Custody, Stretch},
    wire::{HeadEntry, RosterHead},
};
use serde_json::{Value, json};

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

pub(crate) fn statement(said: &Statement) -> Value {
    let derived = said.derived.iter().map(|form| json!({"derivation": form.derivation, "tag": hex(form.tag.0)}));
    json!({
        "subject": hex(said.subject.0),
        "derived": derived.collect::<Vec<_>>(),
        "kind": said.kind,
        "stance": said.stance.number(),
        "revision": said.revision,
        "role": said.role.number(),
        "reason": said.reason.number(),
        "evidence": said.evidence.number(),
        "origin": said.origin,
        "re": said.re.map(|hash| hex(hash.0)),
        "observed": said.observed.0,
        "expires": said.expires.0,
        "keep_until": said.keep_until.0,
    })
}

pub(crate) fn log(log: &LogId) -> Value {
    json!({"node": hex(log.node.0), "incarnation": hex(log.incarnation.0)})
}

fn place(place: &Place) -> Value {
    json!({"log": log(&place.log), "seq": place.seq, "hash": hex(place.hash.0)})
}

fn counts(counts: Counts) -> Value {
    json!({"asserts": counts.asserts, "others": counts.others})
}

pub(crate) fn header(header: &Header) -> Value {
    json!({
        "version": header.version,
        "consortium": hex(header.consortium.0),
        "log": log(&header.log),
        "seq": header.seq,
        "prev": header.prev.map(|hash| hex(hash.0)),
        "floor": header.floor,
        "issued": header.issued.0,
        "epoch": header.epoch,
        "body": hex(header.body.0),
        "body_bytes": header.body_bytes,
        "counts": counts(header.counts),
        "keep_until": header.keep_until.0,
        "continues": header.continues.as_ref().map(place),
    })
}

pub(crate) fn announcement(word: &Announcement) -> Value {
    json!({
        "version": word.version,
        "consortium": hex(word.consortium.0),
        "log": log(&word.log),
        "seq": word.seq,
        "hash": word.hash.map(|hash| hex(hash.0)),
        "floor": word.floor,
        "roster": word.roster,
        "time": word.time.0,
    })
}

pub(crate) fn grant(grant: &Grant) -> Value {
    json!({
        "version": grant.version,
        "consortium": hex(grant.consortium.0),
        "epoch": grant.epoch,
        "to": grant.to.0,
        "from": hex(grant.from.0),
        "issued": grant.issued.0,
        "encapsulated": hex(&*grant.encapsulated),
        "sealed": hex(&*grant.sealed),
    })
}

pub(crate) fn join_request(request: &JoinRequest) -> Value {
    json!({
        "version": request.version,
        "name": request.name,
        "key": hex(request.key.0),
        "sealing": hex(request.sealing.0),
        "node": hex(request.node.0),
        "certificate": hex(request.certificate.0),
        "addresses": request.addresses,
    })
}

fn quota(quota: Quota) -> Value {
    json!({"asserts": quota.asserts, "others": quota.others})
}

fn node(node: &Node) -> Value {
    let status = match node.status {
        NodeStatus::Active => 0,
        NodeStatus::Retired => 1,
        NodeStatus::Revoked => 2,
    };
    let ended = node.ended.iter().map(|end| {
        json!({
            "incarnation": hex(end.incarnation.0), "seq": end.seq, "hash": end.hash.map(|hash| hex(hash.0)),
        })
    });
    json!({
        "key": hex(node.key.0),
        "certificate": hex(node.certificate.0),
        "addresses": node.addresses,
        "status": status,
        "quota": quota(node.quota),
        "ended": ended.collect::<Vec<_>>(),
    })
}

fn member(member: &Member) -> Value {
    let status = match member.status {
        MemberStatus::Active => 0,
        MemberStatus::Suspended => 1,
        MemberStatus::Removed => 2,
    };
    json!({
        "id": member.id.0,
        "name": member.name,
        "key": hex(member.key.0),
        "sealing": hex(member.sealing.0),
        "status": status,
        "nodes": member.nodes.iter().map(node).collect::<Vec<_>>(),
    })
}

pub(crate) fn stretch(stretch: &Stretch) -> Value {
    json!({"memory_kib": stretch.memory_kib, "passes": stretch.passes, "lanes": stretch.lanes})
}

pub(crate) fn custody(custody: &Custody) -> Value {
    match custody {
        Custody::Shared(cost) => json!({"shared": cost.as_ref().map(stretch)}),
        Custody::Split(cost) => json!({"split": cost.as_ref().map(stretch)}),
    }
}

fn policy(policy: &Policy) -> Value {
    let kinds = policy.kinds.iter().map(|kind| {
        json!({
            "kind": kind.kind, "scheme": kind.scheme, "custody": custody(&kind.custody), "life_days": kind.life_days,
        })
    });
    json!({
        "kinds": kinds.collect::<Vec<_>>(),
        "corroboration": policy.corroboration,
        "fresh_seconds": policy.fresh_seconds,
        "fresh_percent": policy.fresh_percent,
        "victim_life_days": policy.victim_life_days,
        "body_bytes_max": policy.body_bytes_max,
        "watch_days_max": policy.watch_days_max,
        "header_version": policy.header_version,
    })
}

fn stewards(of: &Stewards) -> Value {
    let steward = |one: &Steward| json!({"number": one.number, "node": hex(one.node.0), "share": hex(one.share.0)});
    json!({
        "generation": of.generation,
        "threshold": of.threshold,
        "stewards": of.stewards.iter().map(steward).collect::<Vec<_>>(),
        "budget": of.budget.0,
    })
}

pub(crate) fn plan(plan: &Plan) -> Value {
    json!({
        "epoch": plan.epoch,
        "generation": plan.generation,
        "threshold": plan.threshold,
        "nodes": plan.nodes.iter().map(|node| hex(node.0)).collect::<Vec<_>>(),
        "nonce": hex(plan.nonce.0),
        "dealers": plan.dealers,
    })
}

fn elements(of: &[Element]) -> Vec<String> {
    of.iter().map(|element| hex(element.0)).collect()
}

pub(crate) fn asked(asked: &Asked) -> Value {
    json!({"epoch": asked.epoch, "generation": asked.generation, "elements": elements(&asked.elements)})
}

pub(crate) fn evaluated(answer: &Evaluated) -> Value {
    json!({
        "version": answer.version,
        "consortium": hex(answer.consortium.0),
        "steward": hex(answer.steward.0),
        "asked": hex(answer.asked.0),
        "number": answer.number,
        "evaluation": {
            "elements": elements(&answer.evaluation.elements), "proof": hex(answer.evaluation.proof.0),
        },
    })
}

pub(crate) fn acknowledgement(word: &Acknowledgement) -> Value {
    json!({
        "version": word.version,
        "consortium": hex(word.consortium.0),
        "steward": hex(word.steward.0),
        "ceremony": hex(word.ceremony.0),
        "shares": elements(&word.shares),
    })
}

pub(crate) fn roster(roster: &Roster) -> Value {
    let epochs = roster.epochs.iter().map(|epoch| {
        let mut shown = json!({
            "number": epoch.number, "commitment": hex(epoch.commitment.0), "until": epoch.until.map(|day| day.0),
        });
        if let Some(of) = &epoch.stewards {
            shown["stewards"] = stewards(of);
        }
        shown
    });
    let mut shown = json!({
        "format": roster.format,
        "version": roster.version,
        "consortium": roster.consortium.map(|id| hex(id.0)),
        "prev": roster.prev.map(|id| hex(id.0)),
        "issued": roster.issued.0,
        "name": roster.name,
        "governors": roster.governors.iter().map(|key| hex(key.0)).collect::<Vec<_>>(),
        "threshold": roster.threshold,
        "members": roster.members.iter().map(member).collect::<Vec<_>>(),
        "epochs": epochs.collect::<Vec<_>>(),
        "policy": policy(&roster.policy),
    });
    if let Some(planned) = &roster.plan {
        shown["plan"] = plan(planned);
    }
    shown
}

pub(crate) fn head_entry(entry: &HeadEntry) -> Value {
    json!({
        "log": log(&entry.log), "floor": entry.floor, "seq": entry.seq,
        "prefix": hex(entry.prefix.to_be_bytes()), "forked_at": entry.forked_at,
    })
}

pub(crate) fn roster_head(head: &RosterHead) -> Value {
    json!({"version": head.version, "id": hex(head.id.0), "rival": head.rival})
}
