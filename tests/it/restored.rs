//! I5: a data folder that is a copy opens a log of its own, so that a restore never forks.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Founding, RawPeer, TestNet, TestNode, email};
use larum_protocol::{
    api::Verdict,
    batch::Header,
    hash::Digest,
    log::{Incarnation, LogId, Place},
    roster::LogEnd,
    signed::Unverified,
    wire::{Request, Response},
};

#[tokio::test]
async fn i5_a_copy_of_a_data_folder_opens_a_log_of_its_own_and_nothing_forks() {
    // given a folder that was copied while its node was stopped, and went on saying things that nobody heard
    let mut net = TestNet::start(2).await;
    let (before, alone, copied) = (email("said.before"), email("said.alone"), email("said.by.the.copy"));
    net[0].publish(std::slice::from_ref(&before)).await;
    net.converged().await;
    let old = own_head(&net[0]).await;
    net.stop().await;
    let original = net[0].site.folder.clone();
    let copy = copy(&original, net.scratch());
    net[0].start().await;
    assert_eq!(own_head(&net[0]).await, old, "a restart in place goes on with its log");
    net[0].publish(std::slice::from_ref(&alone)).await;
    assert_eq!(own_head(&net[0]).await.log, old.log);
    net[0].stop().await;

    // when the copy is started, and says something itself
    net[0].site.folder = copy.clone();
    net[0].start().await;
    net[0].publish(std::slice::from_ref(&copied)).await;

    // then it does so in a new log, which links the head that it knows
    let new = own_head(&net[0]).await;
    assert_ne!(new.log, old.log);
    assert!(net[0].log_tail().contains("this node opens a new log"), "it says so");
    let mut peer = RawPeer::of(&net.consortium, 1, 0);
    peer.connected().await;
    let answer = peer.ask_for(&Request::Header { log: new.log, seq: 1 }).await;
    let Some(Response::Header(Some(header))) = answer else { panic!("it has no header: {answer:?}") };
    let header = Unverified::<Header>::decode(&header).unwrap().verify().unwrap();
    assert_eq!(header.continues, Some(old));
    drop(peer);

    // and all three count, wherever they are heard of: the original comes back, and then the copy
    net[1].start().await;
    net[1].wait_for_verdict(&copied, Verdict::Listed).await;
    net[0].stop().await;
    net[0].site.folder = original;
    net[0].start().await;
    assert_eq!(own_head(&net[0]).await.log, old.log, "the original goes on with its own log");
    net[1].wait_for_verdict(&alone, Verdict::Listed).await;
    net[0].stop().await;
    net[0].site.folder = copy;
    net[0].start().await;
    assert_eq!(own_head(&net[0]).await, new, "the copy goes on with its own log");
    for said in [&before, &alone, &copied] {
        net.all_say(said, Verdict::Listed).await;
    }
    for node in net.nodes() {
        let logs = node.api().logs().await.unwrap().logs;
        assert!(logs.iter().all(|log| log.forked_at.is_none()), "{logs:?}");
        assert_eq!(logs.iter().filter(|log| log.member == "Employer 1").count(), 2);
    }
}

#[tokio::test]
async fn i5_after_many_restores_a_node_says_so_and_publishes_nothing_in_vain() {
    let mut net = TestNet::lay(&Founding::of(1));
    let mut ended = Vec::new();
    for restore in 0..4 {
        if restore > 0 {
            net[0].site.folder = copy(&net[0].site.folder, net.scratch());
        }
        net[0].start().await;
        let warning = open_logs_warning(&net[0]).await;
        let last = warning.is_some_and(|text| text.contains("after another restore it could not publish"));
        assert_eq!(last, restore == 3, "the fourth log is the last that counts, and this is number {}", restore + 1);
        net[0].publish(&[email(&format!("restored.{restore}"))]).await;
        ended.push(own_head(&net[0]).await);
        net[0].stop().await;
    }

    // when a fifth is opened, then it is no use to publish, and the node says what is to be done
    net[0].site.folder = copy(&net[0].site.folder, net.scratch());
    net[0].start().await;
    let warning = open_logs_warning(&net[0]).await.expect("the fifth does not count");
    assert!(warning.contains("publishes nothing") && warning.contains("--end-log"), "{warning}");
    let late = email("said.too.late");
    let refused = net[0].api().state(vec![harness::publish(&late)]).await.expect_err("it would not count");
    assert!(format!("{refused:?}").contains("--end-log"), "{refused:?}");
    assert_eq!(net[0].verdict(&late).await, Verdict::Clear);
    for restore in 0..4 {
        assert_eq!(net[0].verdict(&email(&format!("restored.{restore}"))).await, Verdict::Listed);
    }

    // and once the governors have ended the old ones, it publishes again and all of it counts
    let roster = net.consortium.amend(|roster| {
        ended.sort_unstable_by_key(|place| place.log);
        let end = |place: &Place| LogEnd { incarnation: place.log.incarnation, seq: place.seq, hash: Some(place.hash) };
        roster.members[0].nodes[0].ended = ended.iter().map(end).collect();
    });
    net[0].api().offer_roster(&roster.encode()).await.unwrap();
    net[0].publish(std::slice::from_ref(&late)).await;
    assert_eq!(net[0].verdict(&late).await, Verdict::Listed);
    assert_eq!(net[0].verdict(&email("restored.0")).await, Verdict::Listed);
    assert_eq!(open_logs_warning(&net[0]).await, None);
}

async fn open_logs_warning(node: &TestNode) -> Option<String> {
    let warnings = node.status().await.warnings;
    warnings.into_iter().find(|warning| warning.code == "open-logs").map(|warning| warning.text)
}

/// A copy of a folder as a backup program makes it.
fn copy(folder: &Path, scratch: &Path) -> PathBuf {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let copy = scratch.join(format!("{name}-copy"));
    let done = Command::new("cp").arg("-a").arg(folder).arg(&copy).status().unwrap();
    assert!(done.success());
    copy
}

/// Where a node's own log stands.
async fn own_head(node: &TestNode) -> Place {
    let log = node.status().await.log.expect("a node knows its own log");
    let (key, incarnation) = log.log.split_once(':').expect("NODE:INCARNATION");
    let bytes = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let name = LogId::from_bytes(&[bytes(key), bytes(incarnation)].concat().try_into().unwrap());
    let hash = log.head.map_or(Digest([0; 32]), |head| Digest(bytes(&head).try_into().unwrap()));
    assert_ne!(name.incarnation, Incarnation([0; 16]));
    Place { log: name, seq: log.seq.unwrap_or(0), hash }
}
