//! A stranger who knows the consortium's id, its members' keys and their addresses, and is on no roster.
//!
//! No command makes such a node (`larum serve` does not start off the roster), so it is made of the node's own network
//! layer with keys of its own.

use std::time::Duration;

use larum_node::net::{self, NetConfig, NetEvent, NetHandle, Network, Peer, RequestId, Started};
use larum_protocol::{
    hash::Digest,
    roster::Roster,
    wire::{Message, Request},
};
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use super::{
    super::{
        place::{EMPLOYERS, Employer},
        play::Play,
    },
    founding::BUNDLE,
};
use crate::{Status, error::Failure, files};

/// How long the stranger keeps trying before the nodes' logs are looked at.
const TRIES: Duration = Duration::from_secs(2);
/// How long the members may take to write down that they refused it.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pause between two attempts to connect with the same member.
const REDIAL: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(50);

/// What a stranger got out of the members.
#[derive(Default)]
struct Gained {
    answers: u32,
    gossip: u32,
    requests: u32,
}

pub(super) async fn refused(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("A stranger who knows every address and the consortium's id knocks")?;
    let chain = files::read_bundle(&play.place.path().join(BUNDLE))?.chain;
    play.run(&["init", "--org", "A stranger", "--data", "stranger"]).await?;
    let id = chain.consortium().to_string();
    let joined = play.attempt(&["consortium", "join", BUNDLE, "--id", &id, "--data", "stranger"]).await?;
    play.show.expect("the roster that it got hold of does not let it join", joined.is(Status::Failed))?;
    let gained = knock(chain.consortium(), chain.roster()).await?;
    play.show.expect("knocking all the same, it got no answer, request or gossip", gained.is_nothing())?;
    for employer in EMPLOYERS {
        let refused = writes_of_refusal(play, employer).await;
        play.show.expect(format!("{}'s log says that it refused a stranger", employer.short), refused)?;
        let fresh = play.is_fresh(employer, 2).await?;
        play.show.expect(format!("{} is connected as before", employer.short), fresh)?;
    }
    play.show.end()
}

/// Dials every member again and again, and asks each connection for all it has.
async fn knock(consortium: Digest, roster: &Roster) -> Result<Gained, Failure> {
    let failed = |error| Failure::new(format_args!("the stranger's node does not start: {error}"));
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|_| Failure::new("the system gives no random numbers"))?;
    let config = NetConfig {
        node_seed: seed,
        consortium_id: consortium.0,
        listen: Vec::new(),
        external: Vec::new(),
        extra_peers: Vec::new(),
        mdns: false,
        limits: net::Limits { redial_min: REDIAL, redial_max: REDIAL, ..net::Limits::default() },
    };
    let members = roster.connectable().map(|node| Peer {
        node_key: node.key.0,
        addresses: node.addresses.iter().filter_map(|address| address.parse().ok()).collect(),
    });
    let Started { handle: network, mut events, .. } =
        Network::start(config, members.collect(), None).map_err(failed)?;
    network.join_gossip();
    let mut gained = Gained::default();
    let until = Instant::now() + TRIES;
    while let Ok(Some(event)) = timeout(until.duration_since(Instant::now()), events.recv()).await {
        gained.count(&network, event);
    }
    network.shutdown().await.map_err(failed)?;
    Ok(gained)
}

impl Gained {
    fn count(&mut self, network: &NetHandle, event: NetEvent) {
        match event {
            NetEvent::Connected(peer) => {
                let all = Request::Heads { digest: Digest([0; 32]), after: None };
                let _ = network.request(peer, RequestId(0), all.to_bytes().into()); // refused is what it should be
            }
            NetEvent::Gossip { .. } | NetEvent::GossipReady(_) => self.gossip += 1,
            NetEvent::Request { .. } => self.requests += 1,
            NetEvent::Response { result: Ok(_), .. } => self.answers += 1,
            NetEvent::Response { result: Err(_), .. }
            | NetEvent::Disconnected(_)
            | NetEvent::Listening(_)
            | NetEvent::Misbehaved { .. }
            | NetEvent::Refused(_) => {}
        }
    }

    const fn is_nothing(&self) -> bool {
        self.answers == 0 && self.gossip == 0 && self.requests == 0
    }
}

/// Whether an employer's node writes to its log that it refused a stranger.
async fn writes_of_refusal(play: &Play<'_, '_, '_>, employer: Employer) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let log = std::fs::read_to_string(play.place.log(employer)).unwrap_or_default();
        if log.lines().any(tells_of_a_stranger) {
            return true;
        }
        sleep(PAUSE).await;
    }
    false
}

fn tells_of_a_stranger(line: &str) -> bool {
    let count = line.split_once("strangers=").and_then(|(_, rest)| rest.split_whitespace().next());
    count.and_then(|count| count.parse::<u64>().ok()).is_some_and(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_of_a_stranger_only_if_it_counts_one() {
        assert!(tells_of_a_stranger("INFO connections refused strangers=2 banned=0"));
        assert!(!tells_of_a_stranger("INFO connections refused strangers=0 banned=3"));
        assert!(!tells_of_a_stranger("INFO caught up with the consortium"));
    }
}
