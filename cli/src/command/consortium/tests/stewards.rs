//! Split custody from the governors' side: what is proposed, refused and read out. No node runs, so the shares are made here.

use std::path::{Path, PathBuf};

use larum_protocol::{
    hash::Digest,
    keys::SecretKey,
    oprf::{Element, Share},
    roster::{Plan, Roster, Steward, Stewards},
    signed::{Signed, SignedObject as _},
    steward::Acknowledgement,
    tag::Salt,
    wire::List,
};

use super::{Desk, founded, sign, sign_by, text};
use crate::{
    Status,
    command::consortium::edit,
    files::{self, Proposal},
    folder::{DataFolder, Keys},
};

/// Acme with Beta and Gamma, each a member.
struct Three {
    acme: Desk,
    others: [Desk; 2],
}

/// Shares of one key, made up: the key plus the number times a step.
const STEPS: [u8; 3] = [3, 10, 30];

fn share(step: u8, number: u16) -> Share {
    let mut secret = [0; 32];
    secret[0] = 5 + step * u8::try_from(number).unwrap();
    Share::new(number.try_into().unwrap(), &secret).unwrap()
}

fn shares(step: u8) -> Vec<Element> {
    (1..=3).map(|number| share(step, number).public().element()).collect()
}

impl Three {
    fn new() -> Self {
        let (acme, _) = founded();
        let others = ["Beta", "Gamma"].map(Desk::member);
        let requests = ["beta.json", "gamma.json"].map(|name| acme.path(name));
        for (desk, request) in others.iter().zip(&requests) {
            desk.ok(&["consortium", "request", "--out", text(request), "--address", "/ip4/127.0.0.1/tcp/7462"]);
        }
        let three = Self { acme, others };
        three.apply(&["admit", text(&requests[0]), text(&requests[1])]);
        three
    }

    /// Proposes, signs and applies; the words of the second signing.
    fn apply(&self, command: &[&str]) -> String {
        let out = self.propose(command);
        self.sign_and_apply(&out)
    }

    fn propose(&self, command: &[&str]) -> PathBuf {
        let out = self.acme.path(&format!("proposal-{}.json", self.roster().version));
        let _ = std::fs::remove_file(&out);
        self.acme.ok(&[&["consortium"], command, &["--out", text(&out)]].concat());
        out
    }

    fn sign_and_apply(&self, proposal: &Path) -> String {
        sign_by(&self.acme, proposal, [1, 2]);
        let words = sign(&self.acme, proposal, 2).err;
        self.acme.ok(&["consortium", "apply", text(proposal)]);
        words
    }

    fn chain(&self) -> larum_protocol::roster::RosterChain {
        DataFolder::at(&self.acme.path("data")).chain().unwrap().unwrap()
    }

    fn roster(&self) -> Roster {
        self.chain().roster().clone()
    }

    fn node_key(desk: &Desk) -> SecretKey {
        Keys::of(&DataFolder::at(&desk.path("data")).secrets().unwrap()).unwrap().node
    }

    /// What the three say of a ceremony that came to `shares`.
    fn words(&self, plan: &Plan, shares: &[Element]) -> Vec<Vec<u8>> {
        let consortium = self.chain().consortium();
        let word = |desk: &Desk| {
            let key = Self::node_key(desk);
            let word = Acknowledgement {
                version: Acknowledgement::VERSION,
                consortium,
                steward: key.public(),
                ceremony: plan.ceremony(&consortium),
                shares: List::of(shares.iter().copied()),
            };
            Signed::sign(word, &key).bytes().to_vec()
        };
        [&self.acme, &self.others[0], &self.others[1]].map(word).into()
    }

    /// A proposal that puts shares into use, with the words that are given.
    fn using(&self, shares: &[Element], acknowledgements: Vec<Vec<u8>>) -> PathBuf {
        let chain = self.chain();
        let plan = chain.roster().plan.clone().unwrap();
        let mut roster = edit::successor(chain.newest(), crate::command::consortium::now());
        let number = plan.epoch;
        if roster.epochs.iter().all(|epoch| epoch.number != number) {
            let today = crate::command::consortium::now().day();
            edit::rotate_salt(&mut roster, number, &Salt::new([7; 32]), today.plus(30), today);
            edit::split_custody(&mut roster.policy);
        }
        let steward = |((number, node), share): ((u16, &_), &Element)| Steward { number, node: *node, share: *share };
        roster.epochs.last_mut().unwrap().stewards = Some(Stewards {
            generation: plan.generation,
            threshold: plan.threshold,
            stewards: (1..).zip(&plan.nodes).zip(shares).map(steward).collect(),
            budget: larum_protocol::roster::Budget::USUAL,
        });
        roster.plan = None;
        roster.format = roster.format_needed();
        let out = self.acme.path(&format!("using-{}.json", roster.version));
        let _ = std::fs::remove_file(&out);
        let roster = larum_protocol::roster::SignedRoster::propose(roster).unwrap();
        files::write_proposal(&out, &Proposal { roster, acknowledgements }).unwrap();
        out
    }

    fn plan(&self) -> Plan {
        self.roster().plan.unwrap()
    }

    fn choose(&self) {
        self.apply(&[
            "stewards",
            "choose",
            "--steward",
            "Acme",
            "--steward",
            "Beta",
            "--steward",
            "Gamma",
            "--threshold",
            "2",
        ]);
    }

    /// Until epoch 2's key is split.
    fn split() -> Self {
        let three = Self::new();
        three.choose();
        let made = shares(STEPS[0]);
        let out = three.using(&made, three.words(&three.plan(), &made));
        three.sign_and_apply(&out);
        three
    }
}

#[test]
fn p92_nobody_signs_shares_into_use_that_one_of_their_stewards_has_not_acknowledged() {
    let three = Three::new();
    three.choose();
    let (made, plan) = (shares(STEPS[0]), three.plan());
    let words = three.words(&plan, &made);
    let refused = |shares: &[Element], words: Vec<Vec<u8>>, by: &str| {
        let signed = sign(&three.acme, &three.using(shares, words), 1);
        assert_eq!(signed.status, Status::Failed, "{}", signed.out);
        assert!(signed.err.contains(&format!("not acknowledged by {by}")), "{}", signed.err);
    };
    // Given no words, those of some, of another ceremony, and of other shares
    refused(&made, Vec::new(), "Acme, Beta, Gamma");
    refused(&made, words[..2].to_vec(), "Gamma");
    let other = Plan { nonce: Digest([9; 32]), ..plan.clone() };
    refused(&made, three.words(&other, &made), "Acme, Beta, Gamma");
    refused(&shares(STEPS[1]), words.clone(), "Acme, Beta, Gamma");
    let mut changed = words.clone();
    changed[1][80] ^= 1;
    refused(&made, changed, "Beta");
    // Then only with every steward's word for these shares it is signed; and the words stay for the next one who signs
    let out = three.using(&made, words.clone());
    three.sign_and_apply(&out);
    assert_eq!(files::read_proposal(&out).unwrap().acknowledgements, words);

    // And with the new shares of a key it is the same: made-up ones are of the same key, and no rule of rosters sees it
    three.apply(&["stewards", "refresh"]);
    let made_up = shares(STEPS[1]);
    refused(&made_up, words, "Acme, Beta, Gamma");
    let out = three.using(&made_up, three.words(&three.plan(), &made_up));
    three.sign_and_apply(&out);
}

#[test]
fn a_proposal_with_stewards_is_not_signed_where_the_roster_before_it_is_not_known() {
    let three = Three::split();
    let out = three.propose(&["suspend", "Gamma"]);
    // Given a governor at a desk that knows an older roster alone
    let genesis = three.acme.path("founding/genesis.json");
    let key = three.acme.path("founding/governor-1.key");
    let signing = ["consortium", "sign", text(&out), "--key", text(&key), "--yes", "--roster"];
    three.acme.fails(&[signing.as_slice(), &[text(&genesis)]].concat(), "is not known here");
    let bundle = three.acme.path("bundle.json");
    three.acme.ok(&["consortium", "show", "--bundle", text(&bundle)]);
    three.acme.ok(&[signing.as_slice(), &[text(&bundle)]].concat());
}
