//! Kill -9 at random instants of ceremonies: the key is never lost, no log forks, and what is not in use any more is erased
//! once it is not, and not before.

use std::{collections::BTreeMap, time::Duration};

use harness::{Api, Founding, Seeded, TestNet, email, eventually, today};
use larum_protocol::{
    api::{Identifier, Verdict},
    clock::Day,
    roster::SignedRoster,
};
use tokio::time::{Instant, sleep_until};

use super::PLENTY;

/// Kills, unless `LARUM_LONG=1` asks for [`LONG_INSTANTS`].
const INSTANTS: usize = 12;
const LONG_INSTANTS: usize = 200;
/// Rounds of a long run after which what is not in use any more has to be erased: a steward lets a roster settle for a
/// minute first, and has room for so many shares of planned ceremonies.
const ERASED_EVERY: usize = 8;
const NODES: usize = 4;
/// A ceremony of these nodes takes about so long: kills come at any instant of it, in milliseconds.
const CEREMONY_MS: u64 = 2_200;
/// A roster is in force everywhere within about so long.
const COMMIT_MS: u64 = 700;
/// Who may hold the key next, and how many of them it takes.
const COMMITTEES: [(u8, &[usize]); 4] = [(2, &[0, 1, 2]), (3, &[0, 1, 2, 3]), (2, &[1, 2, 3]), (2, &[0, 1, 2, 3])];

#[derive(Clone, Copy, Debug)]
enum Ceremony {
    Key,
    Refresh,
    Reshare,
}

struct Run {
    net: TestNet,
    random: Seeded,
    committee: (u8, &'static [usize]),
    /// What was published, each with the newest epoch at that time.
    said: Vec<(u32, Identifier)>,
    instants: usize,
    planned_again: usize,
    /// What was answered while nodes were killed, about something that is listed.
    answers: BTreeMap<String, usize>,
}

#[tokio::test]
async fn i5_kills_at_any_instant_of_a_ceremony_lose_no_key_and_fork_no_log() {
    let long = std::env::var("LARUM_LONG").as_deref() == Ok("1");
    let wanted = if long { LONG_INSTANTS } else { INSTANTS };
    let mut run = Run::start().await;
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    while run.instants < wanted {
        let ceremony = match done.len() {
            0 => Ceremony::Key, // from shared to split
            _ => *run.random.pick(&[Ceremony::Key, Ceremony::Refresh, Ceremony::Reshare, Ceremony::Reshare]),
        };
        run.round(ceremony).await;
        *done.entry(format!("{ceremony:?}")).or_default() += 1;
        if long && done.values().sum::<usize>() % ERASED_EVERY == 0 {
            run.net.erased().await;
        }
        if long && done.values().sum::<usize>() % 10 == 0 {
            eprintln!("{} of {wanted} kills: {done:?}", run.instants);
        }
    }
    eprintln!(
        "{} kills over {done:?}, planned again {} times; meanwhile a listed one was: {:?}",
        run.instants, run.planned_again, run.answers
    );
    run.all_is_there().await;
    run.net.stop().await;
}

impl Run {
    async fn start() -> Self {
        let random = Seeded::new("ceremonies", 18);
        let mut net = TestNet::lay(&Founding::of(NODES));
        net.start_all().await;
        net.settled().await;
        let first = email("said.before.all.ceremonies");
        net[0].publish(std::slice::from_ref(&first)).await;
        net.all_say(&first, Verdict::Listed).await;
        let said = vec![(net.consortium.salt().0, first)];
        Self { net, random, committee: (1, &[]), said, instants: 0, planned_again: 0, answers: BTreeMap::new() }
    }

    async fn round(&mut self, ceremony: Ceremony) {
        let next = match ceremony {
            Ceremony::Refresh => self.committee,
            Ceremony::Key | Ceremony::Reshare => *self.random.pick(&COMMITTEES),
        };
        let before = self.net.consortium.roster().clone();
        let mut roster = self.plan(ceremony, next);
        self.offer(&roster).await;
        self.kill_some(CEREMONY_MS).await;
        self.restart().await;
        if self.random.below(0..5) == 0 {
            // Another plan in the middle of the first: nothing of that one is left over.
            roster = self.plan(ceremony, next);
            self.planned_again += 1;
            self.offer(&roster).await;
        }
        let asked = self.any();
        let shares = self.net.acknowledged(asked).await;
        let old = before.epochs.last().and_then(|epoch| epoch.stewards.clone());
        if let Some(old) = old {
            // All have new shares, and each old one is there.
            for steward in &old.stewards {
                let held = self.net.nodes().iter().any(|node| {
                    let keys = &self.net.consortium.members[node.site.member];
                    keys.node_key(0).public() == steward.node
                        && node.site.stewardship().shares.contains_key(&steward.share.0)
                });
                assert!(held, "an old share was erased before the new ones are in use");
            }
        }
        let some = self.random.pick(&self.said).1.clone();
        let asked = self.any();
        assert_eq!(self.net[asked].verdict(&some).await, Verdict::Listed, "before the new shares are in use");

        // Two keys are in use at most: what was said before the older one is not looked for any more.
        if let (Ceremony::Key, Some(older)) = (ceremony, before.epochs.last()) {
            self.said.retain(|(epoch, _)| *epoch >= older.number);
        }
        let some = self.random.pick(&self.said).1.clone();
        let commit = self.net.consortium.commit(&shares, PLENTY, Day(today().0 + 1));
        self.net.nodes().iter().for_each(|node| node.site.lay_salts(&self.net.consortium));
        self.offer(&commit).await;
        self.committee = next;
        self.kill_some(COMMIT_MS).await;
        self.restart().await;
        self.net.in_force(&commit).await;
        let node = self.any();
        assert_eq!(self.net[node].verdict(&some).await, Verdict::Listed, "after {ceremony:?} for {next:?}");
        self.say().await;
    }

    fn plan(&mut self, ceremony: Ceremony, (threshold, members): (u8, &[usize])) -> SignedRoster {
        if let Ceremony::Key = ceremony {
            return self.net.consortium.plan_key(threshold, members);
        }
        let (_, old) = self.net.consortium.stewards();
        let mut dealers: Vec<u16> = old.stewards.iter().map(|steward| steward.number).collect();
        while dealers.len() > usize::from(old.threshold) {
            dealers.remove(self.random.below(0..dealers.len() as u64) as usize);
        }
        self.net.consortium.plan_shares(threshold, members, &dealers)
    }

    async fn offer(&mut self, roster: &SignedRoster) {
        let node = self.any();
        self.net[node].api().offer_roster(&roster.encode()).await.expect("it follows");
    }

    /// Kills one node or more at an instant; whoever is left goes on to answer.
    async fn kill_some(&mut self, within_ms: u64) {
        let instant = Instant::now() + Duration::from_millis(self.random.below(0..within_ms)); // the instant is the point
        let count = *self.random.pick(&[1, 1, 1, 2, 2, NODES]);
        let mut nodes: Vec<usize> = (0..NODES).collect();
        while nodes.len() > count {
            nodes.remove(self.random.below(0..nodes.len() as u64) as usize);
        }
        let (watched, about) = (self.any(), self.random.pick(&self.said).1.clone());
        let answers = checks_until(instant, self.net[watched].api().clone(), about.clone()).await;
        for answer in answers {
            *self.answers.entry(format!("{answer:?}")).or_default() += 1;
        }
        for node in &nodes {
            self.net[*node].kill9().await;
        }
        self.instants += 1;
        let Some(left) = (0..NODES).find(|node| !nodes.contains(node)) else { return };
        // The shares in use at this node are those in use at the others, but for the moment in which a roster spreads.
        let mut stewards = Vec::new();
        for key in self.net[left].stewards().await.keys {
            stewards.push((key.threshold, key.stewards));
        }
        let up = |members: &[larum_protocol::api::StewardInfo]| {
            members
                .iter()
                .filter(|steward| !nodes.iter().any(|node| steward.member == self.net.consortium.members[*node].name))
                .count()
        };
        if stewards.iter().all(|(threshold, members)| up(members) >= usize::from(*threshold)) {
            eventually("as many stewards as it takes are up, and answer", async || {
                let verdict = self.net[left].verdict(&about).await;
                assert_ne!(verdict, Verdict::Clear);
                *self.answers.entry(format!("{verdict:?} by those left")).or_default() += 1;
                (verdict == Verdict::Listed).then_some(())
            })
            .await;
        }
    }

    async fn restart(&mut self) {
        for node in self.net.nodes_mut() {
            if !node.runs() {
                node.start().await;
            }
        }
    }

    /// Says something more under the keys in use, so that the next round has something to lose.
    async fn say(&mut self) {
        let about = email(&format!("said.after.{}", self.instants));
        let node = self.any();
        eventually("all stewards that are needed have the roster", async || {
            self.net[node].api().state(vec![harness::publish(&about)]).await.ok()
        })
        .await;
        self.said.push((self.net.consortium.stewards().0, about));
        let logs = self.net[node].api().logs().await.unwrap().logs;
        assert!(logs.iter().all(|log| log.forked_at.is_none()), "a log forked: {logs:?}");
        self.net.converged().await;
    }

    async fn all_is_there(&self) {
        for node in self.net.nodes() {
            let said: Vec<Identifier> = self.said.iter().map(|(_, about)| about.clone()).collect();
            let answer = node.check(&said).await;
            assert!(
                answer.results.iter().all(|result| result.verdict == Verdict::Listed),
                "{}: {answer:?}",
                node.name()
            );
            let logs = node.api().logs().await.unwrap().logs;
            assert!(logs.iter().all(|log| log.forked_at.is_none()), "{} saw a fork: {logs:?}", node.name());
        }
    }

    fn any(&mut self) -> usize {
        self.random.below(0..NODES as u64) as usize
    }
}

/// Checks one that is listed until an instant; it is never clear, whatever happens to stewards.
async fn checks_until(instant: Instant, api: Api, about: Identifier) -> Vec<Verdict> {
    let mut answers = Vec::new();
    let checks = async {
        loop {
            let answer = api.check(std::slice::from_ref(&about)).await.expect("it is not killed yet");
            assert_ne!(answer.verdict, Verdict::Clear, "one that is listed");
            answers.push(answer.verdict);
        }
    };
    tokio::select! {
        () = sleep_until(instant) => {}
        () = checks => {}
    }
    answers
}
