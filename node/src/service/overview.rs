//! What the node says about itself: status, members, peers, logs.

use std::collections::BTreeMap;

use larum_protocol::{
    api::{
        Connection, LogInfo, LogList, MemberInfo, MemberList, NodeInfo, PeerInfo, PeerList, StatusAnswer, StoreInfo,
        Warning,
    },
    clock::Timestamp,
    ledger::has_room,
    limits::OPEN_LOGS_PER_NODE_MAX,
    log::LogId,
    roster::{MemberStatus, NodeStatus},
};

use super::NodeService;
use crate::{
    checker::{member_name, shown_coverage},
    clock::now,
    disk,
    hooks::Late,
    http::ServiceError,
    net::{self, Direction},
    secrets::{Lock, Protection, SECRETS_FILE},
};

impl NodeService {
    pub(super) async fn status_now(&self) -> Result<StatusAnswer, ServiceError> {
        let roster = self.ledger.roster();
        let coverage = self.ledger.coverage();
        let peers = self.net.peers().await.map_err(|error| ServiceError::Unavailable(error.to_string()))?;
        let states = self.ledger.states();
        let (index, held) = (self.ledger.index_stats(), self.store.tally());
        let node = self.own.node;
        Ok(StatusAnswer {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            member: member_name(&roster, self.member),
            node: node.to_string(),
            peer: peer_id(&node.0),
            consortium: self.consortium.to_string(),
            log: self.logs_now().logs.into_iter().find(|info| info.log == self.own.to_string()),
            coverage: shown_coverage(&coverage, &roster),
            peers: u32::try_from(peers.len()).unwrap_or(u32::MAX),
            listen: self.listening.read().iter().map(ToString::to_string).collect(),
            store: StoreInfo {
                logs: states.len() as u64,
                batches: held.batches,
                statements: held.statements,
                tags: index.entries,
                bytes: disk::bytes(&self.config.data_dir),
            },
            steward_budget_left: self.steward_budget_left(),
            started: self.started.to_string(),
            warnings: self.warnings(&peers),
        })
    }

    /// What an operator should look at, the gravest first.
    fn warnings(&self, peers: &[net::PeerInfo]) -> Vec<Warning> {
        let coverage = self.ledger.coverage();
        let mut warnings = Vec::new();
        let mut warn = |code: &str, text: String| warnings.push(Warning { code: code.to_owned(), text });
        if let Some(text) = self.not_active() {
            warn("not-active", text);
        }
        if let Some(epoch) = self.taggers.load().missing(now().day()) {
            warn(
                "no-salt",
                format!(
                    "The salt of epoch {epoch} has not arrived; checks answer unknown until another member is reachable."
                ),
            );
        }
        if !self.ledger.is_index_sound() {
            warn(
                "index-damaged",
                "A file of the index is damaged, so misses answer unknown. Restart the node: it rebuilds the index from \
                 what is stored. Check the disk."
                    .to_owned(),
            );
        }
        if let Some(why) = coverage.why_not_clear() {
            warn(coverage.state.name(), format!("Misses answer unknown, not clear: {why}."));
        }
        for (code, text) in self.steward_warnings(peers) {
            warn(code, text);
        }
        for (endpoint, waiting) in self.alerts.callbacks().stopped() {
            warn(
                "callback-gone",
                format!(
                    "{endpoint} answered 410 (Gone) and is sent nothing more; {waiting} callbacks wait. Take it out of \
                     larum.toml, or restart the node once it is back."
                ),
            );
        }
        for Late { vendor, count, minutes, why } in self.hooks.iter().flat_map(|hooks| hooks.late()) {
            warn(
                "hook-waiting",
                format!(
                    "{count} webhooks of {vendor} wait to be worked off, the oldest for {minutes} minutes: {why}. Nothing is \
                     lost; each is tried until hook_retention_days are over."
                ),
            );
        }
        let ended = self.metrics.watches_need_check.get();
        if ended > 0 {
            warn("watches-ended", format!("{ended} watches ended with the salt of their tags: check again to go on."));
        }
        if let Some(text) = self.too_many_logs() {
            warn("open-logs", text);
        }
        let roster = self.ledger.roster();
        let others = roster.roster().connectable().filter(|node| node.key != self.own.node).count();
        if others > 0 && peers.is_empty() {
            warn(
                "no-peers",
                "No other node is connected. Check that this machine may dial out, and the addresses on the roster."
                    .to_owned(),
            );
        } else if others > 0 && !peers.iter().any(|peer| peer.direction == Direction::Inbound) {
            warn("no-inbound", "No node has dialled this one. It works as long as one peer can be dialled; to be reachable, open the p2p port and put its address on the roster.".to_owned());
        }
        let sealed = self.config.data_dir.join(SECRETS_FILE);
        let lock = Lock::from_files(self.config.passphrase_file.as_deref(), &self.config.unlock_file);
        if lock.is_ok_and(|lock| lock.protection(&sealed, &self.config.unlock_file) == Protection::UnlockFileBeside) {
            warn("unlock-file", "The unlock file lies beside the keys it unlocks: a stolen disk gives both. Move it elsewhere and set unlock_file.".to_owned());
        }
        warnings
    }

    /// What this employer can still have made today, in the newest epoch, if it has stewards.
    pub(super) fn steward_budget_left(&self) -> Option<u64> {
        let roster = self.ledger.roster();
        let stewards = roster.roster().epochs.last()?.stewards.as_ref()?;
        Some(self.stewards.client.left_of_all(roster.roster(), stewards))
    }

    /// What to do about a roster that lets this node no longer take part.
    fn not_active(&self) -> Option<String> {
        let roster = self.ledger.roster();
        let (member, node) = roster.roster().node(&self.own.node)?;
        let what = match (member.status, node.status) {
            (MemberStatus::Active, NodeStatus::Active) => return None,
            (MemberStatus::Suspended, _) => "This employer is suspended",
            (MemberStatus::Removed, _) => "This employer was removed",
            (MemberStatus::Active, NodeStatus::Retired) => "This node is retired",
            (MemberStatus::Active, NodeStatus::Revoked) => "This node's key is revoked",
        };
        let version = roster.roster().version;
        Some(format!(
            "{what} on roster {version}: no other node speaks to this one, nothing it publishes counts, and misses answer \
             unknown. Ask the governors; once they take it back, it connects by itself."
        ))
    }

    /// What to do about this node's open logs, once another one would not count any more.
    fn too_many_logs(&self) -> Option<String> {
        let open = self.ledger.open_logs_of(&self.own.node);
        let with_own = open.len() + usize::from(!open.contains(&self.own));
        let what = if !has_room(&self.own, &open) {
            "this node publishes nothing until some are ended"
        } else if with_own > OPEN_LOGS_PER_NODE_MAX {
            "what it said in the others does not count"
        } else if with_own == OPEN_LOGS_PER_NODE_MAX {
            "after another restore it could not publish"
        } else {
            return None;
        };
        Some(format!(
            "This node has {with_own} open logs, and {OPEN_LOGS_PER_NODE_MAX} count at a time: {what}. Ask the governors to \
             end the old ones with `larum consortium propose --end-log`; `larum log` shows them."
        ))
    }

    pub(super) fn members_now(&self) -> MemberList {
        let roster = self.ledger.roster();
        let absent = &self.ledger.coverage().absent;
        let heard = self.last_heard();
        let members = roster.roster().members.iter().map(|member| MemberInfo {
            name: member.name.clone(),
            key: member.key.to_string(),
            status: member_status(member.status).to_owned(),
            heard: member.status == MemberStatus::Active && !absent.contains(&member.id),
            nodes: member
                .nodes
                .iter()
                .map(|node| NodeInfo {
                    key: node.key.to_string(),
                    peer: peer_id(&node.key.0),
                    status: node_status(node.status).to_owned(),
                    addresses: node.addresses.clone(),
                    last_heard: heard.get(&node.key.0).map(ToString::to_string),
                })
                .collect(),
        });
        let mut members: Vec<_> = members.collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        MemberList { roster: roster.roster().version, members }
    }

    fn last_heard(&self) -> BTreeMap<[u8; 32], Timestamp> {
        let mut heard = BTreeMap::<[u8; 32], Timestamp>::new();
        for word in self.ledger.announcements().values() {
            let newest = heard.entry(word.log.node.0).or_default();
            *newest = word.time.max(*newest);
        }
        heard
    }

    pub(super) async fn peers_now(&self) -> Result<PeerList, ServiceError> {
        let roster = self.ledger.roster();
        let connected = self.net.peers().await.map_err(|error| ServiceError::Unavailable(error.to_string()))?;
        let connected: BTreeMap<[u8; 32], net::PeerInfo> =
            connected.into_iter().map(|peer| (peer.node_key, peer)).collect();
        let behind = self.behind();
        let mut peers: Vec<PeerInfo> = roster
            .roster()
            .connectable()
            .filter(|node| node.key != self.own.node)
            .map(|node| {
                let peer = connected.get(&node.key.0);
                PeerInfo {
                    peer: peer_id(&node.key.0),
                    member: roster.member_of(&node.key).map_or_else(String::new, |id| member_name(&roster, id)),
                    connection: peer.map_or(Connection::None, |peer| match peer.direction {
                        Direction::Inbound => Connection::Inbound,
                        Direction::Outbound => Connection::Outbound,
                    }),
                    address: peer.map(|peer| peer.address.to_string()).or_else(|| node.addresses.first().cloned()),
                    rtt_ms: peer.and_then(|peer| peer.rtt).and_then(|rtt| u64::try_from(rtt.as_millis()).ok()),
                    behind: behind.get(&node.key.0).copied().unwrap_or(0),
                    last_error: None,
                }
            })
            .collect();
        peers.sort_by_key(|peer| (peer.connection == Connection::None, peer.member.clone()));
        Ok(PeerList { peers })
    }

    /// Batches that each node announced of its own logs and that are not held.
    fn behind(&self) -> BTreeMap<[u8; 32], u64> {
        let states = self.ledger.states();
        let mut behind = BTreeMap::new();
        for word in self.ledger.announcements().values() {
            let held = states.get(&word.log).map_or(0, |state| state.head.seq);
            *behind.entry(word.log.node.0).or_default() += word.seq.saturating_sub(held);
        }
        behind
    }

    pub(super) fn logs_now(&self) -> LogList {
        let roster = self.ledger.roster();
        let (states, announcements) = (self.ledger.states(), self.ledger.announcements());
        let forks = self.ledger.forks();
        let mut names: Vec<LogId> = states.keys().chain(announcements.keys()).chain([&self.own]).copied().collect();
        names.sort_unstable();
        names.dedup();
        let info = |log: LogId| {
            let state = states.get(&log);
            let held = state.map_or(0, |state| state.head.seq);
            LogInfo {
                log: log.to_string(),
                member: roster.member_of(&log.node).map_or_else(String::new, |id| member_name(&roster, id)),
                node: log.node.to_string(),
                status: self.log_status(&log).to_owned(),
                floor: state.map_or(1, |state| state.head.floor),
                seq: state.map(|state| state.head.seq),
                head: state.map(|state| state.head.hash.to_string()),
                announced: announcements.get(&log).map(|word| word.seq).filter(|seq| *seq > held),
                forked_at: forks.get(&log).copied(),
            }
        };
        let mut logs: Vec<LogInfo> = names.into_iter().map(info).collect();
        logs.sort_by(|one, other| (&one.member, &one.log).cmp(&(&other.member, &other.log)));
        LogList { logs }
    }

    fn log_status(&self, log: &LogId) -> &'static str {
        let roster = self.ledger.roster();
        let ended = roster.roster().standing(log).is_some_and(|standing| standing.end.is_some());
        match roster.roster().node(&log.node).map(|(_, node)| node.status) {
            Some(NodeStatus::Active) if !ended => "active",
            Some(NodeStatus::Revoked) => "revoked",
            Some(_) => "retired",
            None => "unknown",
        }
    }
}

const fn member_status(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Active => "active",
        MemberStatus::Suspended => "suspended",
        MemberStatus::Removed => "removed",
    }
}

const fn node_status(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Active => "active",
        NodeStatus::Retired => "retired",
        NodeStatus::Revoked => "revoked",
    }
}

fn peer_id(key: &[u8; 32]) -> String {
    net::peer_id(key).map_or_else(String::new, |peer| peer.to_string())
}
