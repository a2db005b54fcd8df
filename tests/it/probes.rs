//! What machines ask: whether the node lives, can answer, and what its API is; and that it stops in good order.

use harness::{Founding, TestNet, email};
use larum_protocol::api::{Health, StatusAnswer, Verdict, path};

#[tokio::test]
async fn the_openapi_document_is_served_and_names_every_path() {
    let net = TestNet::start(1).await;
    let document: serde_json::Value = net[0].api().get(path::OPENAPI).await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let paths = document["paths"].as_object().unwrap();
    let known = [
        path::CHECK,
        path::CHECK_BULK,
        path::STATEMENTS,
        path::STATUS,
        path::MEMBERS,
        path::PEERS,
        path::LOGS,
        path::ROSTERS,
        path::AUDIT,
        path::TOKENS,
        path::TOKEN,
        path::ALLOW,
        path::HEALTHZ,
        path::READYZ,
        path::METRICS,
    ];
    for known in known {
        assert!(paths.contains_key(known), "{known} is not in the document");
    }
}

#[tokio::test]
async fn probes_answer_without_a_token_and_the_rest_does_not() {
    let net = TestNet::start(1).await;
    let nobody = net[0].api().with_token("larum_nobody");
    let health: Health = nobody.get(path::HEALTHZ).await.unwrap();
    assert_eq!(health.status, "ok");
    let health: Health = nobody.get(path::READYZ).await.unwrap();
    assert_eq!(health.status, "ok");
    let (status, metrics) = nobody.text(path::METRICS).await.unwrap();
    assert_eq!(status, 200);
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    for closed in [path::STATUS, path::MEMBERS, path::PEERS, path::LOGS, path::AUDIT, path::TOKENS, path::ALLOW] {
        assert_eq!(nobody.text(closed).await.unwrap().0, 401, "{closed}");
    }
}

#[tokio::test]
async fn a_stop_by_sigterm_leaves_nothing_to_repair() {
    let mut net = TestNet::lay(&Founding::of(1));
    net[0].start().await;
    net.settled().await;
    let people: Vec<_> = (0..50).map(|number| email(&format!("term.{number}"))).collect();
    for some in people.chunks(5) {
        let heads = net[0].status().await.coverage.heads;
        net[0].publish(some).await;
        // The coverage follows a moment after the answer.
        net[0].wait_until("the heads moved", |status| (status.coverage.heads != heads).then_some(())).await;
    }
    let before = net[0].status().await;

    net[0].restart().await;

    let log = std::fs::read_to_string(net[0].log_path()).unwrap();
    assert!(!log.contains("not clean"), "a start after a stop in good order repaired something\n{log}");
    assert!(!log.contains("ERROR"), "{log}");
    let after = net[0].status().await;
    assert_eq!(after.log, before.log, "the log goes on where it stood");
    assert_eq!((before.store.batches, before.store.statements), (10, 50));
    assert_eq!((after.store.batches, after.store.statements), (10, 50), "what is held, not what came since the start");
    let same = |status: &StatusAnswer| (status.coverage.heads == before.coverage.heads).then_some(());
    net[0].wait_until("the heads are the same", same).await;
    let answer = net[0].check(&people).await;
    assert!(answer.results.iter().all(|result| result.verdict == Verdict::Listed));
}
