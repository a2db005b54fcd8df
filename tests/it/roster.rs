//! I7: the roster decides who is spoken to and whose word counts.

use std::{fs, time::Duration};

use harness::{Founding, RawPeer, TestNet, email, eventually};
use larum_protocol::{
    api::{Action, Connection, StatementRow, StatusAnswer, Verdict},
    hash::Digest,
    roster::{MemberStatus, SignedRoster},
    wire::Request,
};

#[tokio::test]
async fn i7_the_roster_decides_that_a_removed_member_is_cut_off_and_no_longer_counts() {
    let mut net = TestNet::start(3).await;
    let (kept, dropped) = (email("kept.word"), email("dropped.word"));
    net[1].publish(std::slice::from_ref(&kept)).await;
    net[2].publish(&[kept.clone(), dropped.clone()]).await;
    net.converged().await;
    net.all_say(&dropped, Verdict::Listed).await;

    let roster = net.consortium.set_status(2, MemberStatus::Removed);
    net[0].api().offer_roster(&roster.encode()).await.unwrap();

    for node in &net.nodes()[..2] {
        eventually("the removed member's node is disconnected", async || {
            let peers = node.api().peers().await.unwrap().peers;
            peers.iter().all(|peer| peer.member != "Employer 3").then_some(())
        })
        .await;
        node.wait_until("one peer is left", |status| (status.peers == 1 && status.coverage.roster == 1).then_some(()))
            .await;
        node.wait_for_verdict(&dropped, Verdict::Clear).await;
        assert_eq!(node.verdict(&kept).await, Verdict::Listed, "others said it too");
    }
    eventually("the removed node has lost its peers", async || {
        let peers = net[2].api().peers().await.unwrap().peers;
        peers.iter().all(|peer| peer.connection == Connection::None).then_some(())
    })
    .await;
    // What it says from now on reaches nobody.
    let later = email("said.later");
    let _ = net[2].api().state(vec![harness::publish(&later)]).await; // it may know already that it may not
    let heads = net.nodes()[..2].iter().map(|node| node.status());
    let heads: Vec<_> =
        futures::future::join_all(heads).await.into_iter().map(|status| status.coverage.heads).collect();
    assert_eq!(heads[0], heads[1]);
    assert_eq!(net[0].verdict(&later).await, Verdict::Clear);
}

#[tokio::test]
async fn i8_a_suspended_member_is_told_and_clears_nobody_until_it_is_taken_back() {
    let mut net = TestNet::start(3).await;
    let (known, nobody) = (email("known.before"), email("nobody.said"));
    net[0].publish(std::slice::from_ref(&known)).await;
    net.all_say(&known, Verdict::Listed).await;
    assert_eq!(net[2].verdict(&nobody).await, Verdict::Clear);
    let told = |status: &StatusAnswer| {
        status.warnings.iter().find(|warning| warning.code == "not-active").map(|warning| warning.text.clone())
    };
    assert_eq!(told(&net[2].status().await), None);

    let roster = net.consortium.set_status(2, MemberStatus::Suspended);
    for node in net.nodes() {
        node.api().offer_roster(&roster.encode()).await.unwrap();
    }
    let text = net[2].wait_until("it is told", told).await;
    assert!(text.contains("suspended on roster 1") && text.contains("Ask the governors"), "{text}");
    net[2].wait_for_verdict(&nobody, Verdict::Unknown).await;
    assert_eq!(net[2].verdict(&known).await, Verdict::Listed, "what it knows it still says");
    assert!(net[2].api().state(vec![harness::publish(&nobody)]).await.is_err(), "it would not count");
    assert_eq!(told(&net[0].status().await), None);

    let roster = net.consortium.set_status(2, MemberStatus::Active);
    net[0].api().offer_roster(&roster.encode()).await.unwrap();
    net[2].wait_until("it was taken back", |status| told(status).is_none().then_some(())).await;
    net[2].wait_for_verdict(&nobody, Verdict::Clear).await;
}

#[tokio::test]
async fn a_salt_proposed_beside_a_running_node_reaches_everybody_and_old_words_can_be_taken_back() {
    let mut net = TestNet::start(3).await;
    let (withdrawn, disputed, new) = (email("said.before"), email("disputed.before"), email("said.after"));
    net[0].publish(&[withdrawn.clone(), disputed.clone()]).await;
    net.converged().await;

    let proposal = net.scratch().join("rotation.json");
    let until = harness::today().plus(30).to_string();
    let path = proposal.to_str().unwrap();
    let done = net[0].cli(&["consortium", "propose", "--rotate-salt-until", &until, "--out", path]).await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    let epochs = proposed(&proposal).roster().epochs.clone();
    assert_eq!(epochs.len(), 2);
    let roster = net.consortium.amend(|roster| roster.epochs = epochs);
    net[0].api().offer_roster(&roster.encode()).await.unwrap();

    for node in net.nodes() {
        node.wait_until("the new epoch's salt is there", |status| {
            let lacks = status.warnings.iter().any(|warning| warning.code == "no-salt");
            (status.coverage.roster == 1 && !lacks).then_some(())
        })
        .await;
        assert_eq!(node.verdict(&withdrawn).await, Verdict::Listed, "the old epoch is still looked up");
    }
    net[0].withdraw(std::slice::from_ref(&withdrawn)).await;
    let dispute = StatementRow { reason: Some("COR.ERROR".to_owned()), ..harness::row(Action::Dispute, &disputed) };
    net[1].state(vec![dispute]).await;
    net[2].publish(std::slice::from_ref(&new)).await;
    for (about, verdict) in [(&withdrawn, Verdict::Clear), (&disputed, Verdict::Disputed), (&new, Verdict::Listed)] {
        for node in net.nodes() {
            node.wait_for_verdict(about, verdict).await;
        }
    }
}

/// The roster of a proposal file.
pub(crate) fn proposed(path: &std::path::Path) -> SignedRoster {
    let file: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let bytes = data_encoding::BASE64.decode(file["data"][0].as_str().unwrap().as_bytes()).unwrap();
    SignedRoster::decode(&bytes).unwrap()
}

#[tokio::test]
async fn i7_the_roster_decides_that_a_stranger_gets_no_stream() {
    let mut net = TestNet::lay(&Founding::of(2));
    net[0].start().await;
    let target = &net.consortium.members[0];
    let (key, address) = (target.node_key(0).public().0, target.address(0));

    let mut stranger = RawPeer::dial([0x5a; 32], net.consortium.id(), key, address);
    let mut outsider = RawPeer::dial([0x5b; 32], Digest([1; 32]), key, address);
    let ask = Request::Heads { digest: Digest([0; 32]), after: None };
    for peer in [&mut stranger, &mut outsider] {
        for _ in 0..3 {
            peer.run_until(Duration::from_secs(2), |peer| peer.connected).await;
            let answer = peer.ask_for(&ask).await;
            assert!(answer.is_none(), "a stranger was answered: {answer:?}");
        }
        assert!(peer.asked.is_empty() && peer.heard.is_empty() && !peer.gossips, "a stranger was spoken to");
    }

    // Control: a member with the same manners is answered.
    let mut member = RawPeer::of(&net.consortium, 1, 0);
    member.connected().await;
    assert!(member.ask_for(&ask).await.is_some(), "a member is answered");
    assert_eq!(net[0].status().await.peers, 1);
}

#[tokio::test]
async fn a_roster_is_laid_down_whole_or_not_at_all() {
    let mut net = TestNet::start(1).await;
    // Given a file of the next roster's name, by another name, too: whoever writes into it is seen there.
    let (file, same) = (net[0].site.folder.join("rosters/0000000001.roster"), net.scratch().join("same"));
    fs::write(&file, "half of a ros").unwrap();
    fs::hard_link(&file, &same).unwrap();
    let roster = net.consortium.amend(|_| {});
    net[0].api().offer_roster(&roster.encode()).await.unwrap();
    // Then there is no instant at which a crash leaves half of one, over which the node would not start again.
    assert_eq!(fs::read(&file).unwrap(), roster.encode());
    assert_eq!(fs::read_to_string(&same).unwrap(), "half of a ros", "it was replaced, and not written into");
    net[0].kill9().await;
    net[0].start().await;
}
