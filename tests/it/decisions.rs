//! I5: what people decided about reviews survives `kill -9` at any instant, once and no more.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::future::join_all;
use harness::{Api, Seeded, TestNet, email};
use larum_protocol::api::{
    ApplicationAnswer, ApplicationRequest, Review, ReviewList, ReviewState, ReviewSummary, Verdict, path,
};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const ROUNDS: u64 = 6;
/// Applicants that are looked up and decided at once in each round: more than fit before the kill.
const APPLICANTS: u64 = 60;

/// Everything that was acknowledged: each review's number, and whether somebody decided it.
type Acknowledged = BTreeMap<u64, bool>;

/// Has an applicant looked up, and decides the review: what was acknowledged before the node went away. `heard` is told of
/// each acknowledgement.
async fn look_up_and_decide(api: Api, reference: String, heard: UnboundedSender<()>) -> Option<(u64, bool)> {
    let emails = vec![email("rowan").value];
    let asked = ApplicationRequest { reference: Some(reference), emails, ..ApplicationRequest::default() };
    let answer: ApplicationAnswer = api.post(path::APPLICATIONS, &asked).await.ok()?;
    let id = answer.review.expect("a listed applicant is a matter for a person");
    heard.send(()).unwrap();
    let decision = json!({"decision": "unsure", "reason": "We called, and nobody answered."});
    let decided = api.post::<Review>(&format!("{}/{id}/decision", path::REVIEWS), &decision).await;
    heard.send(()).unwrap();
    Some((id, decided.is_ok()))
}

async fn all_reviews(api: &Api) -> Vec<ReviewSummary> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page: ReviewList = api.get(&format!("{}?limit=100{after}", path::REVIEWS)).await.unwrap();
        all.extend(page.reviews);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn i5_decisions_survive_kill_9_each_once_and_the_metrics_agree() {
    let mut net = TestNet::start(1).await;
    net[0].publish(&[email("rowan")]).await;
    net[0].wait_for_verdict(&email("rowan"), Verdict::Listed).await;
    let mut random = Seeded::new("decisions", 6);
    let mut acknowledged = Acknowledged::new();
    for round in 0..ROUNDS {
        // when the node is killed while applicants are looked up and decided
        let api = net[0].api().clone();
        let (heard, mut acknowledgements) = unbounded_channel();
        let ask = |number| look_up_and_decide(api.clone(), format!("candidate-{round}-{number}"), heard.clone());
        let asking = tokio::spawn(join_all((0..APPLICANTS).map(ask)));
        for _ in 0..random.below(1..2 * APPLICANTS) {
            acknowledgements.recv().await.unwrap();
        }
        tokio::time::sleep(Duration::from_micros(random.below(0..5_000))).await; // in the middle of whatever comes next
        net[0].kill9().await;
        acknowledged.extend(asking.await.unwrap().into_iter().flatten());
        net[0].start().await;
        // then everything that was acknowledged is there
        let reviews = all_reviews(net[0].api()).await;
        let decided: BTreeSet<u64> =
            reviews.iter().filter(|review| review.state == ReviewState::Decided).map(|review| review.id).collect();
        let ids: BTreeSet<u64> = reviews.iter().map(|review| review.id).collect();
        for (id, is_decided) in &acknowledged {
            assert!(ids.contains(id), "round {round}: review {id} is gone");
            assert!(!is_decided || decided.contains(id), "round {round}: the decision of review {id} is gone");
        }
        // nothing twice
        let references: BTreeSet<_> = reviews.iter().map(|review| &review.reference).collect();
        assert_eq!(references.len(), reviews.len(), "round {round}: an applicant has two reviews");
        for id in &decided {
            let review: Review = net[0].api().get(&format!("{}/{id}", path::REVIEWS)).await.unwrap();
            assert_eq!(review.marks.len(), 1, "round {round}: review {id} was decided twice");
        }
        // and the metrics count the same
        let metrics = net[0].api().metrics().await.unwrap();
        let waiting = format!("larum_reviews_waiting {}", reviews.len() - decided.len());
        assert!(metrics.lines().any(|line| line == waiting), "{waiting}\n{metrics}");
        let counted = metrics.lines().find(|line| line.starts_with("larum_reviews_decided_total"));
        let counted = counted.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap());
        assert_eq!(counted, decided.len(), "{metrics}");
    }
    let decided = acknowledged.values().filter(|is_decided| **is_decided).count();
    assert!(decided > 20, "the rounds did too little to show anything: {decided} of {}", acknowledged.len());
}
