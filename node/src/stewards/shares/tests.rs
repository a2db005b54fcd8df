//! What a steward keeps, and what it erases: P90 and P92.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;

use larum_protocol::{
    clock::Timestamp,
    keys::SecretKey,
    roster::{Budget, Epoch, Plan, Policy, Stewards},
};
use tempfile::TempDir;

use super::*;
use crate::secrets::MemberKey;

/// A polynomial of degree 1 by its coefficients: the key, and what sets its shares apart.
#[derive(Clone, Copy)]
struct Key(u8, u8);

impl Key {
    fn share(self, number: u16) -> Share {
        let mut secret = [0; 32];
        secret[0] = self.0 + self.1 * u8::try_from(number).unwrap();
        Share::new(number.try_into().unwrap(), &secret).unwrap()
    }

    fn stewards(self) -> Stewards {
        let steward = |number| Steward { number, node: node(number), share: self.share(number).public().element() };
        Stewards { generation: 1, threshold: 2, stewards: (1..=3).map(steward).collect(), budget: Budget::USUAL }
    }
}

/// What the first two generations of a key's shares are.
const OLD: Key = Key(5, 3);
const NEW: Key = Key(5, 10);

fn node(number: u16) -> PublicKey {
    SecretKey::from_seed(&[u8::try_from(number).unwrap(); 32]).public()
}

fn roster(stewards: Stewards) -> Roster {
    let epoch = Epoch { number: 2, commitment: Digest([2; 32]), until: None, stewards: Some(stewards) };
    Roster {
        format: Roster::FORMAT_WITH_STEWARDS,
        version: 4,
        consortium: None,
        prev: None,
        issued: Timestamp(0),
        name: "Example".into(),
        governors: Vec::new(),
        threshold: 1,
        members: Vec::new(),
        epochs: vec![epoch],
        policy: Policy::default(),
        plan: None,
    }
}

/// The first steward, with the old share and the seed of one ceremony.
fn steward(folder: &TempDir) -> Shares {
    let file = folder.path().join("secrets.age");
    let lock = Lock::create_unlock_file(&folder.path().join("unlock")).unwrap();
    let secrets = Secrets::create(&file, &lock, MemberKey::New).unwrap();
    let shares = Shares::new(file, lock, secrets.stewardship.clone());
    shares.keep(&OLD.share(1)).unwrap();
    shares.seed(&Digest([9; 32])).unwrap();
    shares
}

fn holds(shares: &Shares, key: Key) -> [bool; 2] {
    let of_disk = Secrets::load(&shares.file, &shares.lock).unwrap().stewardship.clone();
    let on_disk = Shares::new(shares.file.clone(), shares.lock.clone(), of_disk);
    [shares, &on_disk].map(|shares| shares.share(&key.stewards().stewards[0]).is_some())
}

/// Lets nothing be written any more, as a full disk would: where new secrets are put aside there is a folder.
fn fill_disk(shares: &Shares) {
    fs::create_dir(shares.file.with_file_name("secrets.age.new")).unwrap();
}

#[test]
fn p92_a_steward_erases_nothing_for_shares_that_it_does_not_hold() {
    // Given a steward with an old share, and a roster with made-up shares of the same key: the key and the number times
    // the base point, which anybody can compute and nobody can have dealt
    let folder = tempfile::tempdir().unwrap();
    let shares = steward(&folder);
    let made_up = Key(5, 1).stewards();
    assert_eq!(made_up.public_key(), OLD.stewards().public_key(), "no rule of rosters tells them apart");
    // When it is in force, then nothing is erased, neither the share nor the seed
    assert_eq!(shares.missing(&roster(made_up.clone()), &node(1)), [2]);
    assert!(!shares.retain(&roster(made_up.clone()), &node(1)).unwrap());
    assert_eq!(holds(&shares, OLD), [true; 2]);
    assert_eq!(shares.held.lock().seeds.len(), 1);
    // And not either where another epoch is in order, and neither once that one is over: the share may be of any
    let mut two = roster(OLD.stewards());
    two.epochs.push(Epoch { number: 3, stewards: Some(made_up), ..two.epochs[0].clone() });
    shares.keep(&NEW.share(1)).unwrap();
    assert!(!shares.retain(&two, &node(1)).unwrap());
    assert_eq!(holds(&shares, NEW), [true; 2]);
}

#[test]
fn p92_what_is_not_in_use_is_erased_once_the_new_share_is_held_and_nothing_is_planned() {
    let folder = tempfile::tempdir().unwrap();
    let shares = steward(&folder);
    shares.keep(&NEW.share(1)).unwrap();
    let mut planning = roster(NEW.stewards());
    planning.plan = Some(Plan {
        epoch: 2,
        generation: 2,
        threshold: 2,
        nodes: Vec::new(),
        nonce: Digest([3; 32]),
        dealers: vec![1, 2],
    });
    assert!(!shares.retain(&planning, &node(1)).unwrap());
    assert!(shares.retain(&roster(NEW.stewards()), &node(1)).unwrap());
    assert_eq!((holds(&shares, OLD), holds(&shares, NEW)), ([false; 2], [true; 2]));
    assert!(shares.held.lock().seeds.is_empty());
    // One that is no steward any more erases all
    assert!(shares.retain(&roster(Key(5, 20).stewards()), &node(9)).unwrap());
    assert_eq!(holds(&shares, NEW), [false; 2]);
}

#[test]
fn p90_what_the_disk_refused_is_not_remembered_either() {
    let folder = tempfile::tempdir().unwrap();
    let shares = steward(&folder);
    fill_disk(&shares);
    // A share that is not kept is not held: it would be acknowledged, and be gone after a restart
    assert!(shares.keep(&NEW.share(1)).is_err());
    assert_eq!(holds(&shares, NEW), [false; 2]);
    // A seed is refused every time, and not only the first
    for _ in 0..2 {
        assert!(shares.seed(&Digest([8; 32])).is_err());
    }
    // What could not be erased is still held, and is tried again
    for _ in 0..2 {
        assert!(shares.retain(&roster(Key(5, 20).stewards()), &node(9)).is_err());
        assert_eq!(holds(&shares, OLD), [true; 2]);
    }
}
