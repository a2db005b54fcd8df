//! Whose signatures decide, and that what is decided stays so until somebody reopens it.

use larum_protocol::api::ReopenRequest;

use super::*;

const TWO: Rules = Rules { second_signoff: true, ..RULES };

fn reopening() -> ReopenRequest {
    ReopenRequest { reason: "The wrong button was pressed.".to_owned() }
}

#[tokio::test]
async fn where_two_have_to_sign_it_takes_two_people_that_agree() {
    let dir = tempfile::tempdir().unwrap();
    let members = Members::new();
    members.say(Verdict::Listed, vec![report("Alder", "assert", None)]);
    let reviews = open_among(dir.path(), TWO, &members);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let state = async |by, wanted| reviews.decide(id, &decision(wanted), by).await.map(|review| review.summary.state);

    assert_eq!(state(ALICE, Decision::Confirmed).await.unwrap(), ReviewState::SecondSignoff);
    assert!(matches!(state(ALICE, Decision::Confirmed).await, Err(ReviewError::Conflict(_))), "once is once");
    let both = DecisionRequest { dispute: true, ..decision(Decision::FalseMatch) };
    let alone = reviews.decide(id, &both, BOB).await;
    assert!(matches!(alone, Err(ReviewError::Conflict(_))), "nothing is disputed by one alone");
    assert_eq!(state(BOB, Decision::FalseMatch).await.unwrap(), ReviewState::SecondSignoff, "they do not agree");
    assert_eq!(reviews.list(ReviewQuery::default()).waiting, 1);
    assert!(members.disputed.lock().is_empty());
    let decided = reviews.decide(id, &both, ALICE).await.unwrap();
    assert_eq!((decided.summary.state, decided.summary.decision), (ReviewState::Decided, Some(Decision::FalseMatch)));
    assert_eq!(decided.marks.len(), 3, "every signature stays there to be read");
    assert!(!decided.identifiers_kept && members.disputed.lock().len() == 1);
}

#[tokio::test]
async fn a_token_that_was_made_anew_under_the_same_name_does_not_sign_second() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), TWO);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    reviews.decide(id, &decision(Decision::Unsure), ALICE).await.unwrap();
    let anew = Reviewer { token: "c3", name: " alice" };
    let signed = reviews.decide(id, &decision(Decision::Unsure), anew).await;
    assert!(matches!(signed, Err(ReviewError::Conflict(_))), "{signed:?}");
    let other = reviews.decide(id, &decision(Decision::FalseMatch), anew).await.unwrap();
    assert_eq!(other.summary.state, ReviewState::SecondSignoff, "one person changed their mind");
    let decided = reviews.decide(id, &decision(Decision::FalseMatch), BOB).await.unwrap();
    assert_eq!(decided.summary.state, ReviewState::Decided);
}

#[tokio::test]
async fn how_many_have_to_sign_is_settled_when_a_review_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let reports = || vec![report("Alder", "assert", None)];
    let reviews = open(dir.path(), RULES);
    let one = found(&reviews, "candidate-1", reports()).await.unwrap();
    reviews.decide(one, &decision(Decision::Confirmed), ALICE).await.unwrap();
    drop(reviews);

    // when the operator wants two from now on, what one decided stays decided, and is counted
    let metrics = Arc::new(Metrics::new());
    let reviews = open_with(dir.path(), TWO, Arc::clone(&metrics));
    assert_eq!(reviews.get(one).unwrap().summary.state, ReviewState::Decided);
    assert!(metrics.text().contains("larum_reviews_decided_total{member=\"Alder\",decision=\"confirmed\"} 1"));
    let two = found(&reviews, "candidate-2", reports()).await.unwrap();
    assert_eq!(reviews.get(two).unwrap().signatures, 2);
    reviews.decide(two, &decision(Decision::Confirmed), ALICE).await.unwrap();
    drop(reviews);

    // and when one is enough again, what one signed of two is not decided by that
    let reviews = open(dir.path(), RULES);
    assert_eq!(reviews.get(two).unwrap().summary.state, ReviewState::SecondSignoff);
}

#[tokio::test]
async fn a_later_check_does_not_lower_how_many_have_to_sign() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), TWO);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    drop(reviews);
    // when one is enough now, and the applicant is checked again
    let reviews = open(dir.path(), RULES);
    assert_eq!(found(&reviews, "candidate-1", vec![report("Birch", "assert", None)]).await.unwrap(), id);
    assert_eq!(reviews.get(id).unwrap().signatures, 2);
}

#[tokio::test]
async fn a_decision_that_was_a_mistake_is_reopened_with_a_reason_and_decided_anew() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), TWO);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    assert!(matches!(reviews.reopen(id, &reopening(), ALICE).await, Err(ReviewError::Conflict(_))), "it waits");
    for by in [ALICE, BOB] {
        reviews.decide(id, &decision(Decision::Unsure), by).await.unwrap();
    }
    let stray = ReopenRequest { reason: "oops".to_owned() };
    assert!(matches!(reviews.reopen(id, &stray, ALICE).await, Err(ReviewError::Invalid(_))));

    let reopened = reviews.reopen(id, &reopening(), ALICE).await.unwrap();
    assert_eq!((reopened.summary.state, reopened.summary.decision), (ReviewState::Open, None));
    assert_eq!(
        reopened.marks.iter().map(|mark| mark.decision).collect::<Vec<_>>(),
        [Some(Decision::Unsure), Some(Decision::Unsure), None]
    );
    let first = reviews.decide(id, &decision(Decision::Unsure), BOB).await.unwrap();
    assert_eq!(first.summary.state, ReviewState::SecondSignoff, "what was signed before decides nothing");
    drop(reviews);
    let reviews = open(dir.path(), TWO);
    assert_eq!(reviews.get(id).unwrap().marks.len(), 4, "over a restart as well");
}

#[tokio::test]
async fn however_often_people_change_their_mind_they_can_agree_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), TWO);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    reviews.decide(id, &decision(Decision::Confirmed), BOB).await.unwrap();
    for turn in 0..40 {
        let wanted = if turn % 2 == 0 { Decision::Unsure } else { Decision::FalseMatch };
        reviews.decide(id, &decision(wanted), ALICE).await.unwrap();
    }
    assert_eq!(reviews.get(id).unwrap().marks.len(), 16, "and what they said before does not grow for ever");
    let decided = reviews.decide(id, &decision(Decision::Confirmed), ALICE).await.unwrap();
    assert_eq!(decided.summary.decision, Some(Decision::Confirmed), "Bob's word still stands");
}
