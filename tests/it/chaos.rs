//! Ten nodes, random publications, withdrawals, kills, restarts and cut links: in the end everybody says the same.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::future::join_all;
use harness::{Founding, Island, Seeded, Site, TestNet, wallet};
use larum_protocol::api::{Connection, CoverageState, Identifier, PeerInfo, Verdict};

const NODES: usize = 10;
/// Rounds, unless `LARUM_LONG=1` asks for [`LONG_ROUNDS`].
const ROUNDS: u64 = 12;
const LONG_ROUNDS: u64 = 200;
/// Every so many rounds of a long run the net is cut for so long that connections die. A round lasts a fraction of a
/// second otherwise, and what the others hold back meanwhile is only late.
const OUTAGE_EVERY: u64 = 50;
/// Identifiers that are spoken about: few enough that members meet.
const WALLETS: u64 = 60;
/// How long the last heads may take: redials wait up to two minutes, sync up to half of one.
const SETTLE_TIME: Duration = Duration::from_secs(420);

/// What was acknowledged: for each wallet, which members assert it.
type Acknowledged = BTreeMap<u64, BTreeMap<usize, bool>>;

struct Chaos {
    net: TestNet,
    island: Option<Island>,
    random: Seeded,
    said: Acknowledged,
    frozen: Vec<usize>,
    acknowledged: u64,
}

#[tokio::test]
async fn ten_nodes_agree_after_rounds_of_chaos_and_lose_nothing_acknowledged() {
    let long = std::env::var("LARUM_LONG").as_deref() == Ok("1");
    let rounds = if long { LONG_ROUNDS } else { ROUNDS };
    let mut chaos = Chaos::start().await;
    for round in 0..rounds {
        chaos.round().await;
        if round % OUTAGE_EVERY == OUTAGE_EVERY - 1 {
            chaos.outage().await;
        }
        if round % 20 == 19 {
            eprintln!("chaos: {} of {rounds} rounds, {} statements acknowledged", round + 1, chaos.acknowledged);
        }
    }
    chaos.end().await;
}

impl Chaos {
    async fn start() -> Self {
        let random = Seeded::new("chaos", 10);
        let island = Island::rise(NODES);
        let addresses = island.as_ref().map_or_else(Vec::new, |island| island.addresses().to_vec());
        let founding = Founding { addresses: addresses.clone(), ..Founding::of(NODES) };
        let mut net = TestNet::lay_with(&founding, |site| match &island {
            Some(island) => Site { prefix: island.prefix(site.member), http: addresses[site.member], ..site },
            None => site,
        });
        net.start_all().await;
        net.settled().await;
        Self { net, island, random, said: BTreeMap::new(), frozen: Vec::new(), acknowledged: 0 }
    }

    async fn round(&mut self) {
        for _ in 0..3 {
            self.say().await;
        }
        match self.random.below(0..6) {
            0 => self.kill_while_publishing().await,
            1 => self.kill_and_leave().await,
            2 => self.start_one().await,
            3 => self.restart_one().await,
            4 => _ = self.partition(),
            _ => self.heal(),
        }
    }

    /// A node publishes or withdraws; what it acknowledges is noted.
    async fn say(&mut self) {
        let Some(node) = self.pick_running() else { return };
        let number = self.random.below(1..WALLETS);
        let about = [wallet(number)];
        let members = self.said.entry(number).or_default();
        let asserts = members.get(&node).copied().unwrap_or(false);
        let rows = if asserts { vec![harness::withdraw(&about[0])] } else { vec![harness::publish(&about[0])] };
        let answer = self.net[node].api().state(rows).await;
        if let Err(error) = answer {
            let healthy = self.net[node].api().text("/healthz").await.is_ok();
            let status = self.net[node].api().status().await;
            let threads = self.net[node].threads();
            panic!("node {node} refuses: {error:?}; healthy: {healthy}; status: {status:?}\n{threads}");
        }
        members.insert(node, !asserts);
        self.acknowledged += 1;
    }

    /// Killed at any instant of publishing something that is asked about nowhere else.
    async fn kill_while_publishing(&mut self) {
        let Some(node) = self.pick_running() else { return };
        let api = self.net[node].api().clone();
        let first = 1_000_000 + self.random.below(0..1 << 40);
        let publishing = tokio::spawn(async move {
            for number in 0..50 {
                if api.state(vec![harness::publish(&wallet(first + number))]).await.is_err() {
                    return number;
                }
            }
            50
        });
        tokio::time::sleep(Duration::from_millis(self.random.below(1..120))).await; // the instant is the point
        self.net[node].kill9().await;
        let taken = publishing.await.unwrap();
        for number in 0..taken {
            self.said.entry(first + number).or_default().insert(node, true);
        }
        self.acknowledged += taken;
        self.net[node].start().await;
    }

    async fn kill_and_leave(&mut self) {
        let up: Vec<_> = (0..NODES).filter(|node| self.net[*node].is_up()).collect();
        if up.len() > NODES / 2 {
            let node = *self.random.pick(&up);
            self.thaw();
            self.net[node].kill9().await;
        }
    }

    async fn start_one(&mut self) {
        if let Some(node) = (0..NODES).find(|node| !self.net[*node].is_up()) {
            self.net[node].start().await;
        }
    }

    async fn restart_one(&mut self) {
        if let Some(node) = self.pick_running() {
            self.net[node].restart().await;
        }
    }

    /// Cuts the net in two at random; tells which node is on which side.
    fn partition(&mut self) -> [bool; NODES] {
        let cut = 1 + self.random.below(0..NODES as u64 - 1) as usize;
        let shift = self.random.below(0..NODES as u64) as usize;
        let sides = std::array::from_fn(|node| (node + shift) % NODES < cut);
        match &self.island {
            Some(island) => island.partition(|node| usize::from(sides[node])),
            None => {
                self.thaw();
                self.frozen = (0..NODES).filter(|node| (node + shift) % NODES < cut.min(4)).collect();
                let up: Vec<_> = self.frozen.iter().copied().filter(|node| self.net[*node].is_up()).collect();
                self.frozen = up;
                self.frozen.iter().for_each(|node| self.net[*node].freeze());
            }
        }
        sides
    }

    /// A partition that lasts until no node is connected across it, and in which both sides go on.
    async fn outage(&mut self) {
        if self.island.is_none() {
            return; // frozen processes notice nothing
        }
        self.heal();
        let sides = self.partition();
        let running: Vec<_> = (0..NODES).filter(|node| self.net.nodes()[*node].runs()).collect();
        let members = join_all(running.iter().map(|node| self.net[*node].status())).await;
        for node in &running {
            let beyond = running.iter().zip(&members).filter(|(other, _)| sides[**other] != sides[*node]);
            let beyond: Vec<_> = beyond.map(|(_, status)| status.member.as_str()).collect();
            harness::eventually("connections across the cut die", async || {
                let peers = self.net[*node].api().peers().await.unwrap().peers;
                let across =
                    |peer: &PeerInfo| peer.connection != Connection::None && beyond.contains(&peer.member.as_str());
                (!peers.iter().any(across)).then_some(())
            })
            .await;
        }
        for _ in 0..NODES {
            self.say().await;
        }
        self.heal();
    }

    fn heal(&mut self) {
        self.island.iter().for_each(Island::heal);
        self.thaw();
    }

    fn thaw(&mut self) {
        for node in std::mem::take(&mut self.frozen) {
            self.net[node].thaw();
        }
    }

    fn pick_running(&mut self) -> Option<usize> {
        let running = |node: &usize| self.net.nodes()[*node].runs() && !self.frozen.contains(node);
        let running: Vec<_> = (0..NODES).filter(running).collect();
        (!running.is_empty()).then(|| *self.random.pick(&running))
    }

    /// Everybody comes back and every link holds; then all must agree.
    async fn end(mut self) {
        self.heal();
        for node in 0..NODES {
            if !self.net[node].is_up() {
                self.net[node].start().await;
            }
        }
        let settled = Instant::now();
        self.settle(settled).await;
        eprintln!(
            "chaos: {} statements acknowledged; all heads equal {:.1} s after the last fault",
            self.acknowledged,
            settled.elapsed().as_secs_f64()
        );
        let numbers: Vec<u64> = self.said.keys().copied().collect();
        for numbers in numbers.chunks(500) {
            let about: Vec<Identifier> = numbers.iter().map(|number| wallet(*number)).collect();
            let expected: Vec<Verdict> = numbers.iter().map(|number| expected(&self.said[number])).collect();
            for node in self.net.nodes() {
                let answer = node.check(&about).await;
                let given: Vec<Verdict> = answer.results.iter().map(|result| result.verdict).collect();
                let wrong = given.iter().zip(&expected).filter(|(given, expected)| given != expected).count();
                assert_eq!(wrong, 0, "{} answers otherwise than was acknowledged\n{}", node.name(), node.log_tail());
            }
        }
        for node in self.net.nodes() {
            let logs = node.api().logs().await.unwrap().logs;
            assert!(logs.iter().all(|log| log.forked_at.is_none()), "{} saw a fork: {logs:?}", node.name());
        }
        self.net.stop().await;
    }

    async fn settle(&self, since: Instant) {
        loop {
            let statuses = join_all(self.net.nodes().iter().map(harness::TestNode::status)).await;
            let first = &statuses[0].coverage.heads;
            let equal = statuses.iter().all(|status| status.coverage.heads == *first);
            let fresh = statuses.iter().all(|status| status.coverage.state == CoverageState::Fresh);
            if equal && fresh {
                return;
            }
            if since.elapsed() > SETTLE_TIME {
                for (node, status) in self.net.nodes().iter().zip(&statuses) {
                    let (coverage, seq) = (&status.coverage, status.log.as_ref().and_then(|log| log.seq));
                    eprintln!("{}: {} peers, own log at {seq:?}, {coverage:?}", node.name(), status.peers);
                }
                panic!("the nodes do not come to hold the same");
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

fn expected(members: &BTreeMap<usize, bool>) -> Verdict {
    if members.values().any(|asserts| *asserts) { Verdict::Listed } else { Verdict::Clear }
}
