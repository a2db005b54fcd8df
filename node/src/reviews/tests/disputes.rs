//! Disputes: of what was read and stands, by whoever may, with the decision or after it.

use larum_protocol::api::DisputeRequest;

use super::*;

fn numbered(member: &str, statement: &str) -> Report {
    Report { statement: Some(statement.repeat(32)), ..report(member, "assert", None) }
}

fn disputing(wanted: Decision) -> DecisionRequest {
    DecisionRequest { dispute: true, ..decision(wanted) }
}

/// A review of one report by Birch, which stands.
async fn opened(dir: &Path, rules: Rules) -> (Arc<Members>, Arc<Reviews>, u64) {
    let members = Members::new();
    members.say(Verdict::Listed, vec![numbered("Birch", "b1")]);
    let reviews = Arc::new(open_among(dir, rules, &members));
    let id = found(&reviews, "candidate-1", vec![numbered("Birch", "b1")]).await.unwrap();
    (members, reviews, id)
}

#[tokio::test]
async fn only_what_was_read_is_disputed_by_the_tags_that_the_review_keeps() {
    let dir = tempfile::tempdir().unwrap();
    let (members, reviews, id) = opened(dir.path(), Rules { keep_identifiers: false, ..RULES }).await;
    assert!(reviews.get(id).unwrap().disputable, "no identifier is needed for it");
    // given a second report that nobody has read
    members.say(Verdict::Listed, vec![numbered("Birch", "b1"), numbered("Cedar", "c1")]);
    let late = reviews.decide(id, &disputing(Decision::FalseMatch), ALICE).await;
    assert!(matches!(late, Err(ReviewError::Changed)) && members.disputed.lock().is_empty(), "{late:?}");
    // when it was read
    let shown = Some(reviews.get(id).unwrap().shown);
    let read = DecisionRequest { shown, ..disputing(Decision::Victim) };
    let decided = reviews.decide(id, &read, ALICE).await.unwrap();
    // then both are meant
    assert_eq!((decided.disputes.len(), decided.summary.undisputed), (1, false));
    let disputed = members.disputed.lock();
    let (objection, reason) = &disputed[0];
    assert_eq!((objection.kind.as_str(), *reason, &objection.tags), ("email", "COR.VICTIM", &tags(2)));
    assert_eq!(objection.read, ["b1".repeat(32), "c1".repeat(32)]);
}

#[tokio::test]
async fn what_cannot_be_disputed_is_said_and_nothing_is_decided_by_trying() {
    let dir = tempfile::tempdir().unwrap();
    let (members, reviews, id) = opened(dir.path(), RULES).await;
    let shown = || Some(reviews.get(id).unwrap().shown);
    let tries = async |shown| {
        let wanted = DecisionRequest { shown, ..disputing(Decision::FalseMatch) };
        reviews.decide(id, &wanted, ALICE).await.unwrap_err().to_string()
    };
    *members.refuses.lock() = Some("the quota of the day is used up".to_owned());
    assert!(tries(None).await.contains("quota"));
    // Only this employer reports it
    members.say(Verdict::Listed, vec![numbered("Acme", "a1")]);
    assert!(!reviews.get(id).unwrap().disputable && tries(shown()).await.contains("withdraw"));
    // nobody reports it
    members.say(Verdict::Clear, Vec::new());
    assert!(tries(shown()).await.contains("nobody else reports it"));
    // the salt was renewed
    let result = CheckResult { reports: vec![numbered("Birch", "b1")], ..CheckResult::plain("email", Verdict::Listed) };
    *members.now.lock() = Some(Now { result, whole: false });
    assert!(!reviews.get(id).unwrap().disputable && tries(shown()).await.contains("salt"));

    assert!(matches!(reviews.decide(id, &disputing(Decision::Confirmed), ALICE).await, Err(ReviewError::Invalid(_))));
    let review = reviews.get(id).unwrap();
    assert_eq!((review.summary.state, review.not_disputed), (ReviewState::Open, Vec::new()));
}

#[tokio::test]
async fn no_dispute_leaves_for_a_decision_that_is_refused_then() {
    // given somebody whose dispute is on its way
    let dir = tempfile::tempdir().unwrap();
    let (members, reviews, id) = opened(dir.path(), RULES).await;
    let held = members.permits.acquire_many(100).await.unwrap();
    let of_bob = Arc::clone(&reviews);
    let bob = tokio::spawn(async move { of_bob.decide(id, &disputing(Decision::FalseMatch), BOB).await });
    members.asked.acquire().await.unwrap().forget();
    // when another one decides otherwise, and the applicant applies again
    let alice = reviews.decide(id, &decision(Decision::Confirmed), ALICE).await;
    let again = found(&reviews, "candidate-1", vec![numbered("Birch", "b1"), numbered("Cedar", "c1")]).await.unwrap();
    drop(held);
    // then the first one decides, and about nothing but what was read
    assert!(matches!(alice, Err(ReviewError::Conflict(_))), "{alice:?}");
    let decided = bob.await.unwrap().unwrap();
    assert_eq!((decided.summary.decision, decided.marks.len()), (Some(Decision::FalseMatch), 1));
    assert_eq!((members.disputed.lock().len(), decided.findings[0].result.reports.len()), (1, 1));
    assert_ne!(again, id);
    // and a try that failed holds nobody up
    *members.refuses.lock() = Some("no".to_owned());
    members.say(Verdict::Listed, vec![numbered("Birch", "b1"), numbered("Cedar", "c1")]);
    assert!(reviews.decide(again, &disputing(Decision::FalseMatch), BOB).await.is_err());
    assert!(reviews.decide(again, &decision(Decision::Unsure), ALICE).await.is_ok());
}

#[tokio::test]
async fn what_was_decided_without_a_dispute_is_found_and_disputed_once_by_whoever_may() {
    let dir = tempfile::tempdir().unwrap();
    let (members, reviews, id) = opened(dir.path(), RULES).await;
    let early = reviews.dispute(id, &DisputeRequest::default()).await;
    assert!(matches!(early, Err(ReviewError::Conflict(_))), "it is not decided");
    assert!(reviews.decide(id, &decision(Decision::Victim), ALICE).await.unwrap().summary.undisputed);
    let undisputed = ReviewQuery { undisputed: Some(true), ..ReviewQuery::default() };
    assert_eq!(reviews.list(undisputed).reviews.len(), 1);

    let disputed = reviews.dispute(id, &DisputeRequest::default()).await.unwrap();
    assert_eq!((disputed.disputes.len(), disputed.summary.undisputed), (1, false));
    assert!(reviews.list(undisputed).reviews.is_empty());
    assert!(matches!(reviews.dispute(id, &DisputeRequest::default()).await, Err(ReviewError::Conflict(_))));
    assert_eq!(members.disputed.lock().len(), 1);
}
