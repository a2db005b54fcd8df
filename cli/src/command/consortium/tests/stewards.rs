//! Split custody from the governors' side: what is proposed, refused and read out. No node runs, so the shares are made here.

use std::path::{Path, PathBuf};

use larum_protocol::{
    clock::Day,
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

/// A day so many days from today; before it for a negative number.
fn day(days: i64) -> String {
    let today = i64::from(crate::command::consortium::now().day().0);
    Day(u32::try_from(today + days).unwrap()).to_string()
}

#[test]
fn split_custody_is_not_taken_back_by_a_new_salt() {
    let three = Three::split();
    let out = three.acme.path("rotation.json");
    let rotation = ["consortium", "propose", "--rotate-salt-until", &day(30), "--out", text(&out)];
    three.acme.fails(&rotation, "custody of epoch 2 is split");
    assert!(three.acme.run(&rotation).err.contains("larum consortium stewards rotate"));
    assert!(!out.exists());
    // And nobody is told to do it
    let removed = three.acme.ok(&["consortium", "remove", "Gamma", "--out", text(&out)]).err;
    assert!(!removed.contains("rotate-salt-until"), "{removed}");
    assert!(removed.contains("larum consortium stewards rotate"), "{removed}");
}

#[test]
fn whoever_cuts_a_steward_off_is_told_that_it_is_one() {
    let three = Three::split();
    let node = Three::node_key(&three.others[0]).public().to_string();
    let commands: [&[&str]; 4] = [
        &["remove", "Beta"],
        &["suspend", "Beta"],
        &["propose", "--revoke-node", &node],
        &["propose", "--retire-node", &node],
    ];
    for command in commands {
        let out = three.acme.path("cut-off.json");
        let ran = three.acme.ok(&[&["consortium"], command, &["--out", text(&out)]].concat());
        assert!(ran.err.contains("Beta is a steward of epoch 2"), "{command:?}: {}", ran.err);
        assert!(ran.err.contains("reshare --epoch 2") && !ran.err.contains("Gamma"), "{command:?}: {}", ran.err);
        std::fs::remove_file(&out).unwrap();
    }
    let out = three.acme.path("other.json");
    let other = three.acme.ok(&["consortium", "propose", "--corroboration", "3", "--out", text(&out)]).err;
    assert!(!other.contains("steward"), "{other}");
}

#[test]
fn an_epoch_does_not_end_before_today_and_not_within_a_week_unasked() {
    assert!(crate::command::consortium::epochs::check_unused(0).is_ok(), "where nothing was said nothing is lost");
    assert!(crate::command::consortium::epochs::check_unused(1).is_err());
    let three = Three::new();
    let propose = |until: &str, yes: &[&str]| {
        let out = three.acme.path("rotation.json");
        let _ = std::fs::remove_file(&out);
        let ran = three
            .acme
            .run(&[&["consortium", "propose", "--rotate-salt-until", until, "--out", text(&out)], yes].concat());
        assert_eq!(ran.status == Status::Ok, out.exists());
        ran
    };
    let over = propose(&day(-1), &["--yes"]);
    assert!(over.status == Status::Failed && over.err.contains("is over already"), "{}", over.err);
    for days in [0, 6] {
        let soon = propose(&day(days), &[]);
        assert!(soon.status == Status::Failed && soon.err.contains("not confirmed"), "{}", soon.err);
    }
    assert_eq!(propose(&day(6), &["--yes"]).status, Status::Ok);
    let signed = sign(&three.acme, &three.acme.path("rotation.json"), 1).err;
    assert!(signed.contains(&format!("warning: epoch 1 ends on {}, in 6 days", day(6))), "{signed}");
    assert_eq!(propose(&day(7), &[]).status, Status::Ok);
    let signed = sign(&three.acme, &three.acme.path("rotation.json"), 1).err;
    assert!(!signed.contains("warning") && signed.contains("salt epoch 2: shared, every member"), "{signed}");
}

#[test]
fn whoever_signs_is_told_of_an_epoch_that_is_over_or_dropped() {
    let three = Three::new();
    let read = |change: &dyn Fn(&mut Roster)| {
        let chain = three.chain();
        let mut roster = edit::successor(chain.newest(), crate::command::consortium::now());
        let today = crate::command::consortium::now().day();
        edit::rotate_salt(&mut roster, 2, &Salt::new([7; 32]), today.plus(30), today);
        change(&mut roster);
        let out = three.acme.path("hostile.json");
        let _ = std::fs::remove_file(&out);
        let roster = larum_protocol::roster::SignedRoster::propose(roster).unwrap();
        files::write_proposal(&out, &Proposal { roster, acknowledgements: Vec::new() }).unwrap();
        sign(&three.acme, &out, 1).err
    };
    assert!(!read(&|_| ()).contains("warning"));
    let over = read(&|roster| roster.epochs[0].until = Some(day(-1).parse().unwrap()));
    assert!(over.contains("warning: epoch 1 ends on") && over.contains("which is over"), "{over}");
    let dropped = read(&|roster| drop(roster.epochs.remove(0)));
    assert!(dropped.contains("warning: epoch 1 is in use and is dropped at once"), "{dropped}");
}

#[test]
fn a_rotation_too_many_is_refused_before_its_ceremony() {
    let three = Three::new();
    for _ in 0..3 {
        three.apply(&["propose", "--rotate-salt-until", &day(30)]);
    }
    let out = three.acme.path("fifth.json");
    for command in [
        &["stewards", "choose", "--steward", "Acme", "--steward", "Beta", "--threshold", "2"][..],
        &["propose", "--rotate-salt-until", &day(30)],
    ] {
        let command = [&["consortium"], command, &["--out", text(&out)]].concat();
        three.acme.fails(&command, "4 epochs are in use already");
        assert!(three.acme.run(&command).err.contains(&format!("epoch 1 ends on {}", day(30))));
    }
    let roster = three.roster();
    let after = Day(crate::command::consortium::now().day().0 + 31);
    assert!(crate::command::consortium::epochs::check_room(&roster, after).is_ok(), "those that are over make room");
}

#[test]
fn the_shares_of_an_older_epoch_can_be_dealt_anew() {
    let three = Three::split();
    three.apply(&["stewards", "rotate"]);
    // The second key is another one: no two epochs have the same.
    let made: Vec<Element> = (1..=3)
        .map(|number: u16| {
            let mut secret = [0; 32];
            secret[0] = 60 + 7 * u8::try_from(number).unwrap();
            Share::new(number.try_into().unwrap(), &secret).unwrap().public().element()
        })
        .collect();
    let out = three.using(&made, three.words(&three.plan(), &made));
    three.sign_and_apply(&out);
    let out = three.acme.path("unknown.json");
    let refresh = |epoch: &'static str| ["consortium", "stewards", "refresh", "--epoch", epoch, "--out"];
    three.acme.fails(&[&refresh("1")[..], &[text(&out)]].concat(), "custody of epoch 1 is shared");
    three.acme.fails(&[&refresh("9")[..], &[text(&out)]].concat(), "there is no such epoch");
    for (command, epoch) in [
        (&["stewards", "refresh"][..], 3),
        (&["stewards", "refresh", "--epoch", "2"], 2),
        (&["stewards", "reshare", "--epoch", "2", "--steward", "Acme", "--steward", "Gamma", "--threshold", "2"], 2),
    ] {
        three.apply(command);
        assert_eq!((three.plan().epoch, three.plan().generation), (epoch, 2), "{command:?}");
    }
}

#[test]
fn a_budget_changes_without_a_ceremony_and_show_says_who_holds_what() {
    let three = Three::new();
    let out = three.acme.path("budget.json");
    let budget = ["consortium", "propose", "--steward-budget", "1200", "--out", text(&out)];
    three.acme.fails(&budget, "there are no stewards");
    let three = Three::split();
    let words = three.apply(&["propose", "--steward-budget", "1200"]);
    assert!(words.contains("1200 elements a member and day"), "{words}");
    three.apply(&["stewards", "refresh"]);
    let shown = three.acme.ok(&["consortium", "show"]).json()["custody"].to_string();
    for line in [
        "salt epoch 1, used until",
        "shared, every member can try out values",
        "salt epoch 2: split: 2 of 3 stewards",
        "any 2 of Acme, Beta, Gamma; shares of generation 1, 1200 elements",
        "plan: Acme, Beta, Gamma are to hold shares of epoch 2's key, generation 2",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}
