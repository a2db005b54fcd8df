//! Split custody: the rosters that plan ceremonies and put shares into use, and what stewards are asked and answer.
//!
//! Governors sign with the protocol's own types, as everything in this harness does; what the stewards' shares are is
//! learned from a running node, as a governor learns it.

use larum_node::{
    net::{Asked, NetHandle},
    secrets::{Lock, SECRETS_FILE, Secrets, Stewardship},
};
use larum_protocol::{
    api::{PlannedKey, StewardsAnswer, path},
    clock::Day,
    hash::Digest,
    keys::PublicKey,
    oprf::{Blinding, Element, Share},
    roster::{Budget, Epoch, Plan, SignedRoster, Steward, Stewards, stewards::FIRST_GENERATION},
    steward::{Question, Reply},
    tag::{Custody, Salt},
    wire::Message as _,
};
use rand::{Rng as _, rngs::StdRng};
use tokio::sync::mpsc;

use crate::{consortium::Consortium, net::TestNet, node::TestNode, place::Site, wait::eventually, words::today};

impl Consortium {
    /// The roster that wants a key of the next epoch, held by the first nodes of these members.
    pub fn plan_key(&mut self, threshold: u8, members: &[usize]) -> SignedRoster {
        let epoch = self.roster().epochs.last().map_or(0, |epoch| epoch.number) + 1;
        let plan = Plan {
            epoch,
            generation: FIRST_GENERATION,
            threshold,
            nodes: self.first_nodes(members),
            nonce: Digest(self.fresh()),
            dealers: Vec::new(),
        };
        self.amend(|roster| roster.plan = Some(plan))
    }

    /// The roster that wants new shares of the newest key, dealt by the stewards of these numbers.
    pub fn plan_shares(&mut self, threshold: u8, members: &[usize], dealers: &[u16]) -> SignedRoster {
        let (epoch, stewards) = self.stewards();
        let generation = stewards.generation + 1;
        let (nodes, nonce) = (self.first_nodes(members), Digest(self.fresh()));
        let plan = Plan { epoch, generation, threshold, nodes, nonce, dealers: dealers.to_vec() };
        self.amend(|roster| roster.plan = Some(plan))
    }

    /// The roster that puts the planned shares into use. Where they are of a new epoch, it begins with a salt of its own,
    /// and the one before is used until `until`.
    pub fn commit(&mut self, shares: &[Element], budget: u64, until: Day) -> SignedRoster {
        let plan = self.roster().plan.clone().expect("a ceremony is planned");
        let steward =
            |((number, node), share): ((u16, &PublicKey), &Element)| Steward { number, node: *node, share: *share };
        let stewards = Stewards {
            generation: plan.generation,
            threshold: plan.threshold,
            stewards: (1..).zip(&plan.nodes).zip(shares).map(steward).collect(),
            budget: Budget(budget),
        };
        let is_new = self.roster().epochs.iter().all(|epoch| epoch.number != plan.epoch);
        let salt = if is_new { Some(Salt::new(self.new_salt(plan.epoch))) } else { None };
        self.amend(|roster| {
            if let Some(salt) = salt {
                roster.epochs.iter_mut().for_each(|epoch| epoch.until = Some(epoch.until.unwrap_or(until)));
                // Two overlap at most, as with people who rotate once in a while.
                let over = roster.epochs.len().saturating_sub(1);
                roster.epochs.drain(..over);
                let commitment = salt.commitment(plan.epoch);
                roster.epochs.push(Epoch { number: plan.epoch, commitment, until: None, stewards: None });
                roster.policy.kinds.iter_mut().for_each(|kind| kind.custody = Custody::Split(kind.custody.stretch()));
            }
            let epoch = roster.epochs.iter_mut().find(|epoch| epoch.number == plan.epoch);
            epoch.expect("it was planned").stewards = Some(stewards);
            roster.plan = None;
        })
    }

    /// The newest key's epoch and stewards.
    pub fn stewards(&self) -> (u32, Stewards) {
        let newest = self.roster().epochs.last().expect("there is an epoch");
        (newest.number, newest.stewards.clone().expect("custody is split"))
    }

    fn first_nodes(&self, members: &[usize]) -> Vec<PublicKey> {
        members.iter().map(|member| self.members[*member].node_key(0).public()).collect()
    }
}

impl Site {
    /// Puts the consortium's salts into the secrets, beside a running node if there is one, as a grant would.
    pub fn lay_salts(&self, consortium: &Consortium) {
        let salts = consortium.salts();
        self.change_secrets(|secrets| secrets.salts.extend(salts));
    }

    /// What the node holds as a steward, on its disk.
    pub fn stewardship(&self) -> Stewardship {
        let secrets = Secrets::load(&self.folder.join(SECRETS_FILE), &self.lock()).expect("the secrets can be read");
        secrets.stewardship.clone()
    }

    /// Changes the secrets as any program does that holds the lock.
    pub fn change_secrets(&self, change: impl FnOnce(&mut Secrets)) {
        let changed = Secrets::change(&self.folder.join(SECRETS_FILE), &self.lock(), |secrets| {
            change(secrets);
            Ok::<_, larum_node::secrets::SecretsError>(())
        });
        changed.expect("the secrets can be changed");
    }

    fn lock(&self) -> Lock {
        Lock::from_files(None, &self.folder.join("unlock.key")).expect("the unlock file is there")
    }
}

impl TestNet {
    /// From shared to split custody in one go, all nodes being up: only the new key's tags are used afterwards.
    pub async fn split(&mut self, threshold: u8, members: &[usize], budget: u64) {
        let plan = self.consortium.plan_key(threshold, members);
        self.apply(&plan).await;
        let shares = self.acknowledged(0).await;
        let commit = self.consortium.commit(&shares, budget, Day(today().0 - 1));
        self.apply(&commit).await;
    }

    /// Hands a roster to the first node that runs, and waits until all that run have put it in force.
    pub async fn apply(&self, roster: &SignedRoster) {
        self.nodes().iter().for_each(|node| node.site.lay_salts(&self.consortium));
        let first = self.nodes().iter().find(|node| node.runs()).expect("a node runs");
        first.api().offer_roster(&roster.encode()).await.expect("it follows");
        self.in_force(roster).await;
    }

    /// Waits until all nodes that run have put a roster in force.
    pub async fn in_force(&self, roster: &SignedRoster) {
        let version = roster.roster().version;
        for node in self.nodes().iter().filter(|node| node.runs()) {
            node.wait_until("the roster is in force", |status| (status.coverage.roster >= version).then_some(())).await;
        }
    }

    /// The public shares that all planned stewards acknowledge, as a node hears it.
    pub async fn acknowledged(&self, node: usize) -> Vec<Element> {
        let what = format!("the stewards acknowledge to {}", self[node].name());
        eventually(&what, async || {
            let plan = self[node].planned().await?;
            if let Some(trouble) = plan.trouble {
                panic!("the ceremony is stuck at {}: {trouble}", self[node].name());
            }
            Some(plan.shares?.iter().map(|share| element(share)).collect())
        })
        .await
    }

    /// Waits until no node's disk holds a share or a seed that the roster does not need.
    pub async fn erased(&self) {
        let epochs = &self.consortium.roster().epochs;
        let in_use: Vec<[u8; 32]> = epochs
            .iter()
            .filter_map(|epoch| epoch.stewards.as_ref())
            .flat_map(|stewards| stewards.stewards.iter().map(|steward| steward.share.0))
            .collect();
        for node in self.nodes() {
            let what = format!("{} erases what is not in use any more", node.name());
            eventually(&what, async || {
                let held = node.site.stewardship();
                let fits = held.seeds.is_empty() && held.shares.keys().all(|share| in_use.contains(share));
                fits.then_some(())
            })
            .await;
        }
    }
}

impl TestNode {
    /// What it says of stewards.
    pub async fn stewards(&self) -> StewardsAnswer {
        self.api().get(path::STEWARDS).await.unwrap_or_else(|error| panic!("{}: {error:?}", self.name()))
    }

    /// How far the planned ceremony has got, as it hears it.
    pub async fn planned(&self) -> Option<PlannedKey> {
        self.stewards().await.plan
    }
}

fn element(hex: &str) -> Element {
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("it is hexadecimal");
    Element(bytes.try_into().expect("an element has 32 bytes"))
}

/// The share by which a stopped steward answers for the newest key, read from its disk.
pub fn share_of(consortium: &Consortium, site: &Site) -> Share {
    let (_, stewards) = consortium.stewards();
    let node = consortium.members[site.member].node_key(site.node).public();
    let steward = stewards.of_node(&node).expect("it is a steward");
    let held = site.stewardship();
    let (number, secret) = held.shares.get(&steward.share.0).expect("it holds its share");
    Share::new((*number).try_into().expect("numbers start at 1"), secret).expect("it is a share")
}

/// Elements as an honest node's would be: blinded inputs of nobody's.
pub fn random_elements(random: &mut StdRng, count: usize) -> Blinding {
    let mut inputs = vec![[0; 32]; count];
    inputs.iter_mut().for_each(|input| random.fill_bytes(input));
    let inputs: Vec<&[u8]> = inputs.iter().map(<[u8; 32]>::as_slice).collect();
    Blinding::new(&inputs, random).expect("a few short inputs")
}

/// Asks a steward and reads what it answers; none where it does not answer.
pub async fn ask_steward(net: NetHandle, steward: PublicKey, question: &Question) -> Option<Reply> {
    let answer = net.ask(steward.0, question.to_bytes().into()).await.ok()?;
    Some(Reply::from_bytes(&answer).expect("an honest steward answers in the protocol"))
}

/// A steward that a test plays: every question, and the answer that `play` makes of it; silence where it makes none.
pub fn play_steward(
    mut asked: mpsc::Receiver<Asked>,
    mut play: impl FnMut(Question) -> Option<Vec<u8>> + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Some(Asked { bytes, reply, .. }) = asked.recv().await {
            let question = Question::from_bytes(&bytes).expect("an honest node asks in the protocol");
            match play(question) {
                Some(answer) => drop(reply.send(answer.into())), // who no longer waits asks again
                None => silent.push(reply),                      // kept, so that the asker waits
            }
        }
    })
}
