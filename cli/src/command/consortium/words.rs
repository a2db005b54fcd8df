//! A roster in words: what a governor reads before signing.

use std::collections::BTreeMap;

use larum_protocol::{
    keys::PublicKey,
    kind::Kind,
    roster::{Epoch, KindPolicy, Member, MemberStatus, NodeStatus, Policy, Quota, Roster},
    tag::Custody,
};

use super::epochs::custody;
use crate::output::{count, plain, short};

/// What `after` says, as changes from `before` where that is known. Every difference has a line.
pub(super) fn describe(before: Option<&Roster>, after: &Roster) -> Vec<String> {
    let mut lines = vec![format!("consortium {}, roster {}", plain(&after.name), after.version)];
    if let Some(before) = before.filter(|before| before.name != after.name) {
        lines.push(format!("  the consortium's name changes; it was {}", plain(&before.name)));
    }
    governors(before, after, &mut lines);
    members(before, after, &mut lines);
    policy(before.map(|before| &before.policy), &after.policy, &mut lines);
    epochs(before, after, &mut lines);
    stewards(before, after, &mut lines);
    if lines.len() == 1 {
        lines.push("  nothing changes".to_owned());
    }
    lines
}

/// The salt epochs, who holds their keys, and the ceremony that is planned, a line each.
pub(super) fn custody_of(roster: &Roster) -> Vec<String> {
    let mut lines = Vec::new();
    epochs(None, roster, &mut lines);
    stewards(None, roster, &mut lines);
    lines.iter().map(|line| line.trim().to_owned()).collect()
}

pub(super) const fn member_status(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Active => "active",
        MemberStatus::Removed => "removed",
        MemberStatus::Suspended => "suspended",
    }
}

fn governors(before: Option<&Roster>, after: &Roster, lines: &mut Vec<String>) {
    let known = |roster: Option<&Roster>, key| roster.is_some_and(|roster| roster.governors.contains(key));
    let sum = format!("  {} of {} must sign", after.threshold, count(after.governors.len() as u64, "governor"));
    let changed =
        before.is_none_or(|before| before.threshold != after.threshold || before.governors != after.governors);
    for key in after.governors.iter().filter(|key| !known(before, key)) {
        lines.push(format!("  + governor {key}"));
    }
    for key in before.iter().flat_map(|before| &before.governors).filter(|key| !known(Some(after), key)) {
        lines.push(format!("  - governor {key}"));
    }
    if changed {
        lines.push(sum);
    }
}

fn members(before: Option<&Roster>, after: &Roster, lines: &mut Vec<String>) {
    let before: BTreeMap<_, _> =
        before.iter().flat_map(|roster| &roster.members).map(|member| (member.id, member)).collect();
    for member in &after.members {
        match before.get(&member.id) {
            None => new_member(member, lines),
            Some(known) if *known != member => changed_member(known, member, lines),
            Some(_) => {}
        }
    }
    for (id, member) in &before {
        if after.member(*id).is_none() {
            lines.push(format!("  - member {}: dropped from the roster", plain(&member.name)));
        }
    }
}

fn new_member(member: &Member, lines: &mut Vec<String>) {
    lines.push(format!(
        "  + member {} ({}), number {}",
        plain(&member.name),
        member_status(member.status),
        member.id.0
    ));
    lines.push(format!("      key {}", member.key));
    lines.push(format!("      sealing key {}", short(&member.sealing.to_string())));
    for node in &member.nodes {
        lines.push(format!("      node {}, {}", short(&node.key.to_string()), quota(node.quota)));
        lines.extend(node.addresses.iter().map(|address| format!("      at {}", plain(address))));
    }
}

fn changed_member(before: &Member, after: &Member, lines: &mut Vec<String>) {
    let mut change = |text: String| lines.push(format!("  * member {}: {text}", plain(&before.name)));
    if before.status != after.status {
        change(format!("{}, was {}", member_status(after.status), member_status(before.status)));
    }
    if before.name != after.name {
        change(format!("is called {} now", plain(&after.name)));
    }
    if before.key != after.key {
        change(format!("key becomes {}", after.key));
    }
    if before.sealing != after.sealing {
        change(format!("sealing key becomes {}", after.sealing));
    }
    for node in &after.nodes {
        let key = node.key.to_string();
        let known = before.nodes.iter().find(|known| known.key == node.key);
        match known {
            None => change(format!("new node {}, {}, at {}", short(&key), quota(node.quota), places(&node.addresses))),
            Some(known) => {
                if known.status != node.status {
                    change(format!("node {} is {}", short(&key), node_status(node.status)));
                }
                if known.addresses != node.addresses {
                    change(format!("node {} is at {}", short(&key), places(&node.addresses)));
                }
                if known.quota != node.quota {
                    change(format!("node {}: {}", short(&key), quota(node.quota)));
                }
                if known.certificate != node.certificate {
                    change(format!("node {} has a new certificate", short(&key)));
                }
                if known.ended != node.ended {
                    for end in node.ended.iter().filter(|end| !known.ended.contains(end)) {
                        change(format!("node {}: log {:?} ends at batch {}", short(&key), end.incarnation, end.seq));
                    }
                    for end in known.ended.iter().filter(|end| !node.ended.contains(end)) {
                        change(format!(
                            "node {}: log {:?} no longer ends at {}",
                            short(&key),
                            end.incarnation,
                            end.seq
                        ));
                    }
                }
            }
        }
    }
}

type PolicyNumber = fn(&Policy) -> u64;

fn policy(before: Option<&Policy>, after: &Policy, lines: &mut Vec<String>) {
    let numbers: [(&str, PolicyNumber); 7] = [
        ("members that make a listing corroborated", |policy| policy.corroboration.into()),
        ("seconds for which an announcement is fresh", |policy| policy.fresh_seconds.into()),
        ("percent of members that must be heard", |policy| policy.fresh_percent.into()),
        ("days that a victim's role counts", |policy| policy.victim_life_days.into()),
        ("bytes of a batch body", |policy| policy.body_bytes_max.into()),
        ("days that a check may be watched", |policy| policy.watch_days_max.into()),
        ("header version", |policy| policy.header_version.into()),
    ];
    for (name, number) in numbers {
        match before.map(number) {
            Some(was) if was != number(after) => {
                lines.push(format!("  * policy: {name}: {}, was {was}", number(after)))
            }
            Some(_) => {}
            None => lines.push(format!("  policy: {name}: {}", number(after))),
        }
    }
    let known =
        |policy: Option<&Policy>, entry: &KindPolicy| policy.and_then(|policy| policy.kind(entry.kind)) == Some(entry);
    for entry in after.kinds.iter().filter(|entry| !known(before, entry)) {
        lines.push(format!("  policy: {}", kind(entry)));
    }
    for entry in before.iter().flat_map(|before| &before.kinds).filter(|entry| after.kind(entry.kind).is_none()) {
        lines.push(format!("  - policy: {} is no longer used", kind_name(entry.kind)));
    }
}

fn epochs(before: Option<&Roster>, after: &Roster, lines: &mut Vec<String>) {
    let known = |roster: Option<&Roster>, epoch: &Epoch| roster.is_some_and(|roster| roster.epochs.contains(epoch));
    for epoch in after.epochs.iter().filter(|epoch| !known(before, epoch)) {
        let until = epoch.until.map_or_else(String::new, |day| format!(", used until {day}"));
        lines.push(format!("  salt epoch {}{until}: {}", epoch.number, custody(epoch)));
    }
    let numbered = |number: u32| after.epochs.iter().any(|epoch| epoch.number == number);
    for epoch in before.iter().flat_map(|before| &before.epochs).filter(|epoch| !numbered(epoch.number)) {
        lines.push(format!("  - salt epoch {}", epoch.number));
    }
}

fn stewards(before: Option<&Roster>, after: &Roster, lines: &mut Vec<String>) {
    let who = |node: &PublicKey| match after.node(node) {
        Some((member, _)) => plain(&member.name).into_owned(),
        None => short(&node.to_string()).to_owned(),
    };
    let all = |nodes: Vec<&PublicKey>| nodes.into_iter().map(who).collect::<Vec<_>>().join(", ");
    let key = |roster: &Roster, epoch: u32| {
        roster.epochs.iter().find(|other| other.number == epoch).and_then(|other| other.stewards.clone())
    };
    for epoch in &after.epochs {
        let Some(stewards) = epoch.stewards.as_ref() else { continue };
        if before.and_then(|before| key(before, epoch.number)).as_ref() == Some(stewards) {
            continue;
        }
        let nodes = all(stewards.stewards.iter().map(|steward| &steward.node).collect());
        lines.push(format!(
            "  epoch {}: the key is split, any {} of {nodes}; shares of generation {}, {} elements a member and day",
            epoch.number, stewards.threshold, stewards.generation, stewards.budget.0
        ));
    }
    match (before.and_then(|before| before.plan.as_ref()), &after.plan) {
        (Some(_), None) => lines.push("  - the planned ceremony of stewards".to_owned()),
        (was, Some(plan)) if was != Some(plan) => lines.push(format!(
            "  plan: {} are to hold shares of epoch {}'s key, generation {}, any {} of them",
            all(plan.nodes.iter().collect()),
            plan.epoch,
            plan.generation,
            plan.threshold
        )),
        _ => {}
    }
}

fn kind(entry: &KindPolicy) -> String {
    let stretch = entry.custody.stretch().map_or_else(String::new, |cost| {
        format!(", stretched by {} KiB x {} x {}", cost.memory_kib, cost.passes, cost.lanes)
    });
    let custody = match entry.custody {
        Custody::Shared(_) => format!("shared salt{stretch}"),
        Custody::Split(_) => format!("split among stewards; in an epoch without any, shared salt{stretch}"),
    };
    format!("{}: {custody}, {} days, scheme {}", kind_name(entry.kind), entry.life_days, entry.scheme)
}

fn kind_name(number: u16) -> String {
    Kind::from_number(number).map_or_else(|| format!("unknown ({number})"), |kind| kind.to_string())
}

fn quota(quota: Quota) -> String {
    format!("{} assertions and {} corrections a day", quota.asserts, quota.others)
}

fn places(addresses: &[String]) -> String {
    match addresses {
        [] => "no address (it dials out)".to_owned(),
        addresses => plain(&addresses.join(", ")).into_owned(),
    }
}

const fn node_status(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Active => "active",
        NodeStatus::Retired => "retired",
        NodeStatus::Revoked => "revoked",
    }
}
