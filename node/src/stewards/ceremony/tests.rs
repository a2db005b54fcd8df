//! What a node that cannot go on says to those who wait for it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::num::NonZeroU16;

use larum_protocol::{
    clock::Timestamp,
    roster::{Budget, Epoch, Policy, Steward},
};
use tempfile::TempDir;

use super::*;
use crate::secrets::{Lock, MemberKey, Secrets};

fn key(number: u16) -> SecretKey {
    SecretKey::from_seed(&[u8::try_from(number).unwrap(); 32])
}

/// The share of a number, of the key 5.
fn share(number: u16) -> Share {
    let mut secret = [0; 32];
    secret[0] = 5 + 3 * u8::try_from(number).unwrap();
    Share::new(NonZeroU16::new(number).unwrap(), &secret).unwrap()
}

/// Three hold the key of epoch 2, and the first two are to deal it anew to the second and the third.
fn roster() -> Roster {
    let steward = |number| Steward { number, node: key(number).public(), share: share(number).public().element() };
    let stewards =
        Stewards { generation: 1, threshold: 2, stewards: (1..=3).map(steward).collect(), budget: Budget::USUAL };
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
        epochs: vec![Epoch { number: 2, commitment: Digest([2; 32]), until: None, stewards: Some(stewards) }],
        policy: Policy::default(),
        plan: Some(Plan {
            epoch: 2,
            generation: 2,
            threshold: 2,
            nodes: [2, 3].map(|number| key(number).public()).into(),
            nonce: Digest([3; 32]),
            dealers: vec![1, 2],
        }),
    }
}

fn node(number: u16, folder: &TempDir) -> Ceremonies {
    let file = folder.path().join(format!("{number}.age"));
    let lock = Lock::create_unlock_file(&folder.path().join(format!("{number}.unlock"))).unwrap();
    let secrets = Secrets::create(&file, &lock, MemberKey::New).unwrap();
    let shares = Arc::new(Shares::new(file, lock, secrets.stewardship.clone()));
    let (running, unable) = Default::default();
    Ceremonies { own: key(number).public(), consortium: Digest([1; 32]), shares, running, unable }
}

fn says(node: &Ceremonies, number: u16) -> NotNow {
    let ceremony = roster().plan.unwrap().ceremony(&node.consortium);
    match node.acknowledge(&ceremony, &key(number)) {
        Reply::NotNow(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dealer_without_its_share_says_that_it_cannot_deal_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let dealer = node(1, &folder);
    assert_eq!(says(&dealer, 1), NotNow::NoCeremony, "it has not seen the roster yet");
    assert!(!dealer.follow(&roster(), false));
    assert_eq!(says(&dealer, 1), NotNow::CannotDeal);
    assert!(dealer.trouble().is_some_and(|why| why.contains("does not hold the share")), "{:?}", dealer.trouble());
    // Of another ceremony it knows nothing
    let other = dealer.acknowledge(&Digest([7; 32]), &key(1));
    assert!(matches!(other, Reply::NotNow(NotNow::NoCeremony)), "{other:?}");
    // When it has its share after all, it takes its part; it gets none itself
    dealer.shares.keep(&share(1)).unwrap();
    assert!(dealer.follow(&roster(), false));
    assert_eq!((says(&dealer, 1), dealer.trouble()), (NotNow::NoPart, None));
}

#[test]
fn whoever_is_stuck_says_so_whether_it_receives_or_deals_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (number, before) in [(1, NotNow::NoPart), (2, NotNow::NotYet)] {
        let node = node(number, &folder);
        node.shares.keep(&share(number)).unwrap();
        assert!(node.follow(&roster(), false));
        assert_eq!(says(&node, number), before);
        node.stuck(&CustodyError::BadSharing);
        assert_eq!(says(&node, number), NotNow::Stuck);
        // What it deals is still given: others may get on
        let ceremony = roster().plan.unwrap().ceremony(&node.consortium);
        assert!(matches!(node.dealing(&ceremony), Reply::Dealt(_)));
    }
}

#[test]
fn a_share_that_is_missing_is_no_trouble_of_a_ceremony() {
    let folder = tempfile::tempdir().unwrap();
    let steward = node(1, &folder);
    let in_use = Roster { plan: None, ..roster() };
    assert!(!steward.follow(&in_use, true));
    let said = steward.unable.lock().as_ref().map(|unable| unable.why.clone()).unwrap();
    assert!(said.contains("a share of epoch 2") && said.contains("keep secrets.age"), "{said}");
    assert_eq!(steward.trouble(), None);
    // It is said no more once the share is there
    steward.shares.keep(&share(1)).unwrap();
    assert!(!steward.follow(&in_use, true));
    assert_eq!(*steward.unable.lock(), None);
}

#[tokio::test]
async fn p90_a_share_that_the_disk_refuses_is_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let steward = node(2, &folder);
    steward.shares.keep(&share(2)).unwrap();
    assert!(steward.follow(&roster(), false));
    let public = || [1, 2].map(|number| share(number).public()).to_vec();
    // Where new secrets are put aside there is a folder: nothing can be written
    let aside = folder.path().join("2.age.new");
    std::fs::create_dir(&aside).unwrap();
    steward.finish(Some(share(1)), public()).await;
    assert_eq!(says(&steward, 2), NotNow::NotYet);
    std::fs::remove_dir(&aside).unwrap();
    steward.finish(Some(share(1)), public()).await;
    let ceremony = roster().plan.unwrap().ceremony(&steward.consortium);
    assert!(matches!(steward.acknowledge(&ceremony, &key(2)), Reply::Acknowledged(_)));
}
