//! I8: where a node cannot be sure, it says so, and never `clear`.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::{Founding, RawPeer, Site, TestNet, email, identifier, wallet};
use larum_protocol::{
    announcement::Announcement,
    api::{CoverageState, Identifier, StatusAnswer, Verdict},
    clock::Timestamp,
    hash::Digest,
    signed::{Signed, SignedObject},
    wire::{Gossip, Message},
};

#[tokio::test]
async fn i8_unknown_is_not_clear_where_other_members_were_not_heard() {
    let mut net = TestNet::lay(&Founding::of(3));
    net[0].start().await;
    let (reported, other) = (email("own.finding"), email("never.heard.of"));

    let answer = net[0].check(std::slice::from_ref(&other)).await;
    assert_eq!(answer.verdict, Verdict::Unknown);
    assert_eq!(answer.coverage.state, CoverageState::Stale);
    assert_eq!(answer.coverage.absent, ["Employer 2", "Employer 3"]);
    let why = answer.results[0].why.as_deref().unwrap();
    assert!(why.contains("1 of 3 members"), "{why}");

    // What it does know stays, with its coverage.
    net[0].publish(std::slice::from_ref(&reported)).await;
    let answer = net[0].check(&[reported.clone(), other.clone()]).await;
    assert_eq!(answer.results[0].verdict, Verdict::Listed);
    assert_eq!(answer.results[1].verdict, Verdict::Unknown);
    assert_eq!((answer.verdict, answer.coverage.state), (Verdict::Listed, CoverageState::Stale));

    let cli = net[0].cli(&["check", "--email", &other.value]).await;
    assert_eq!(cli.code, Some(3), "{cli:?}");
    let cli = net[0].cli(&["check", "--email", &reported.value]).await;
    assert_eq!(cli.code, Some(1), "{cli:?}");

    // Control: with everybody there, the same question is clear.
    net[1].start().await;
    net[2].start().await;
    net.all_say(&other, Verdict::Clear).await;
    let cli = net[0].cli(&["check", "--email", &other.value]).await;
    assert_eq!(cli.code, Some(0), "{cli:?}");
}

#[tokio::test]
async fn i8_unknown_is_not_clear_while_announced_batches_are_missing() {
    let mut net = TestNet::lay(&Founding::of(2));
    net[0].start().await;
    let keys = &net.consortium.members[1];
    let mut peer = RawPeer::of(&net.consortium, 1, 0);
    peer.connected().await;
    peer.gossiping().await;
    let word = |seq: u64, time: Timestamp| Announcement {
        version: Announcement::VERSION,
        consortium: net.consortium.id(),
        log: keys.log(0, 1),
        seq,
        hash: (seq > 0).then_some(Digest([9; 32])),
        floor: 1,
        roster: 0,
        time,
    };
    let question = email("between.the.lines");

    // Control: a member that announces an empty log is heard, and the answer is clear.
    let node = &net[0];
    harness::eventually("an empty log is heard", async || {
        peer.gossip(gossip(word(0, now()), keys));
        peer.run_until(std::time::Duration::from_millis(200), |_| false).await;
        (node.verdict(&question).await == Verdict::Clear).then_some(())
    })
    .await;

    harness::eventually("five batches are announced and missing", async || {
        peer.gossip(gossip(word(5, now()), keys));
        peer.run_until(std::time::Duration::from_millis(200), |_| false).await;
        (node.verdict(&question).await == Verdict::Unknown).then_some(())
    })
    .await;
    let answer = node.check(&[question]).await;
    assert_eq!(answer.coverage.state, CoverageState::CatchingUp);
    let why = answer.results[0].why.as_deref().unwrap();
    assert!(why.contains("5 batches that were announced by Employer 2"), "{why}");
}

#[tokio::test]
async fn i8_unknown_is_not_clear_without_the_salt() {
    let mut net = TestNet::lay_with(&Founding::of(1), |site| Site { has_salt: false, ..site });
    net[0].start().await;

    let answer = net[0].check(&[email("no.salt"), wallet(5)]).await;
    for result in &answer.results {
        assert_eq!(result.verdict, Verdict::Unknown);
        assert!(result.why.as_deref().unwrap().contains("salt"), "{:?}", result.why);
    }
    let cli = net[0].cli(&["check", "--email", "no.salt@mail.example.org"]).await;
    assert_eq!(cli.code, Some(3), "{cli:?}");
    assert_eq!(net[0].api().text("/readyz").await.unwrap().0, 503);
    assert_eq!(net[0].api().text("/healthz").await.unwrap().0, 200);
}

#[tokio::test]
async fn i8_unknown_is_not_clear_where_a_value_cannot_be_read() {
    let mut net = TestNet::lay(&Founding::of(1));
    net[0].start().await;
    net.settled().await;
    let unreadable: [Identifier; 6] = [
        identifier("email", "two@at@mail.example.org"),
        identifier("phone", "202 555 0142"),
        identifier("wallet", "not a wallet"),
        identifier("bank", "GB00 0000"),
        identifier("no-such-kind", "value"),
        identifier("email", ""),
    ];
    for about in unreadable {
        let answer = net[0].check(std::slice::from_ref(&about)).await;
        assert_eq!(answer.verdict, Verdict::Unknown, "{}", about.kind);
        assert!(answer.results[0].error.is_some(), "{}", about.kind);
    }
    let cli = net[0].cli(&["check", "--email", "two@at@mail.example.org"]).await;
    assert!(matches!(cli.code, Some(2 | 3)), "{cli:?}");
    // One that can be read does not make the others clear.
    let answer = net[0].check(&[email("fine"), identifier("email", "two@at@mail.example.org")]).await;
    assert_eq!((answer.results[0].verdict, answer.verdict), (Verdict::Clear, Verdict::Unknown));
}

fn gossip(word: Announcement, keys: &harness::MemberKeys) -> Vec<u8> {
    let signed = Signed::sign(word, &keys.node_key(0));
    Gossip::Announcement(signed.bytes().to_vec().into()).to_bytes()
}

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

/// A member that says more about a subject than a look-up reads drowns its own word, and nobody else's report.
#[tokio::test]
async fn i8_unknown_is_not_clear_where_a_member_floods_a_subject() {
    let net = TestNet::start(2).await;
    let (buried, flooded, other) = (wallet(77), wallet(76), wallet(78));
    net[0].publish(std::slice::from_ref(&buried)).await;
    net.all_say(&buried, Verdict::Listed).await;

    for about in [&buried, &flooded] {
        let turns = [harness::publish(about), harness::withdraw(about)];
        net[1].state(turns.iter().cycle().take(4_098).cloned().collect()).await;
    }
    net.converged().await;

    for node in net.nodes() {
        let answer = node.check(&[buried.clone(), flooded.clone(), other.clone()]).await;
        assert_eq!(answer.results[0].verdict, Verdict::Listed, "the other member's report stands");
        assert_eq!(answer.results[1].verdict, Verdict::Unknown, "not everything that the flooder said was read");
        for result in &answer.results[..2] {
            assert!(result.why.as_deref().unwrap().contains("not all were read"), "{answer:?}");
        }
        assert_eq!(answer.results[2].verdict, Verdict::Clear, "about anything else nothing has changed");
    }
    // Both can still take their own word back, however deep it lies.
    net[0].withdraw(&[buried]).await;
    net[1].publish(&[flooded]).await;
}

#[tokio::test]
async fn i8_unknown_is_not_clear_where_the_index_is_damaged_and_a_restart_mends_it() {
    let mut net = TestNet::lay(&Founding::of(1));
    net[0].start().await;
    let (reported, other) = (email("in.the.index"), email("never.heard.of"));
    net[0].publish(std::slice::from_ref(&reported)).await;
    net[0].stop().await;
    let index = std::fs::read_dir(net[0].site.folder.join("index")).unwrap().map(|file| file.unwrap().path());
    let segments: Vec<_> =
        index.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("segment-")).collect();
    assert!(!segments.is_empty(), "what was published is in a segment once the node has stopped");
    for segment in segments {
        let mut bytes = std::fs::read(&segment).unwrap();
        bytes[..16].fill(0); // the key of the first entry: it is not found any more
        std::fs::write(&segment, bytes).unwrap();
    }

    net[0].start().await;
    let damaged = |status: &StatusAnswer| status.warnings.iter().any(|warning| warning.code == "index-damaged");
    net[0].wait_until("the damage is noticed", |status| damaged(status).then_some(())).await;
    let answer = net[0].check(&[reported.clone(), other.clone()]).await;
    assert_eq!(answer.verdict, Verdict::Unknown, "one that is listed may be missed, and is not cleared");
    let why = answer.results[0].why.as_deref().unwrap();
    assert!(why.contains("index is damaged"), "{why}");
    let refused = net[0].api().state(vec![harness::publish(&other)]).await.expect_err("its revision may be wrong");
    assert!(format!("{refused:?}").contains("restart the node"), "{refused:?}");

    net[0].restart().await;
    assert!(!damaged(&net[0].status().await));
    assert_eq!(net[0].verdict(&reported).await, Verdict::Listed);
    net[0].wait_for_verdict(&other, Verdict::Clear).await;
}
