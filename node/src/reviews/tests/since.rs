//! I9: what came after a review was opened shows, and nobody decides without having read it.

use super::*;

/// A report that is one statement of many.
fn numbered(member: &str, stance: &str, statement: &str) -> Report {
    Report { statement: Some(statement.repeat(32)), ..report(member, stance, None) }
}

#[tokio::test]
async fn i9_what_was_withdrawn_disputed_or_reported_since_shows_beside_what_was_found() {
    // given a review of one member's report
    let dir = tempfile::tempdir().unwrap();
    let members = Members::new();
    let reviews = open_among(dir.path(), RULES, &members);
    let birch = numbered("Birch", "assert", "b1");
    members.say(Verdict::Listed, vec![birch.clone()]);
    let id = found(&reviews, "candidate-1", vec![birch.clone()]).await.unwrap();
    let opened = reviews.get(id).unwrap();
    assert_eq!((opened.verdict_now, opened.findings[0].members), (Some(Verdict::Listed), 1));
    assert!(opened.findings[0].gone.is_empty() && opened.findings[0].since.is_empty());

    // when another member disputes it
    let elm = numbered("Elm", "dispute", "e1");
    members.say(Verdict::Disputed, vec![birch.clone(), elm.clone()]);
    let review = reviews.get(id).unwrap();
    assert_eq!((review.verdict_now, review.summary.verdict), (Some(Verdict::Disputed), Verdict::Listed));
    assert!(review.findings[0].disputed && review.advice.contains("disagree"));
    assert_eq!(review.findings[0].since, [elm]);

    // and when its member takes it back, and a third one reports
    let cedar = numbered("Cedar", "assert", "c1");
    members.say(Verdict::Listed, vec![cedar.clone()]);
    let review = reviews.get(id).unwrap();
    let finding = &review.findings[0];
    assert_eq!((&finding.result.reports, &finding.gone, &finding.since), (&vec![birch], &vec![0], &vec![cedar]));
    members.say(Verdict::Clear, Vec::new());
    let review = reviews.get(id).unwrap();
    let finding = &review.findings[0];
    assert_eq!((finding.now, finding.members, &finding.expires), (Some(Verdict::Clear), 0, &None));
    assert_eq!(review.advice, Verdict::Clear.advice());
}

#[tokio::test]
async fn i9_nobody_decides_about_what_came_after_reading() {
    let dir = tempfile::tempdir().unwrap();
    let members = Members::new();
    let reviews = open_among(dir.path(), RULES, &members);
    let birch = numbered("Birch", "assert", "b1");
    members.say(Verdict::Listed, vec![birch.clone()]);
    let id = found(&reviews, "candidate-1", vec![birch.clone()]).await.unwrap();
    let read = reviews.get(id).unwrap().shown;
    members.say(Verdict::Disputed, vec![birch, numbered("Elm", "dispute", "e1")]);

    for shown in [None, Some(read)] {
        let late = DecisionRequest { shown, ..decision(Decision::Confirmed) };
        assert!(matches!(reviews.decide(id, &late, ALICE).await, Err(ReviewError::Changed)));
    }
    let shown = Some(reviews.get(id).unwrap().shown);
    let informed = DecisionRequest { shown, ..decision(Decision::Confirmed) };
    assert_eq!(reviews.decide(id, &informed, ALICE).await.unwrap().summary.state, ReviewState::Decided);
}

#[tokio::test]
async fn the_same_words_in_another_epoch_are_no_news() {
    let dir = tempfile::tempdir().unwrap();
    let members = Members::new();
    let reviews = open_among(dir.path(), RULES, &members);
    let id = found(&reviews, "candidate-1", vec![numbered("Birch", "assert", "b1")]).await.unwrap();
    members.say(Verdict::Listed, vec![numbered("Birch", "assert", "b2")]);
    let review = reviews.get(id).unwrap();
    assert!(review.findings[0].gone.is_empty() && review.findings[0].since.is_empty(), "{review:?}");
    assert!(reviews.decide(id, &decision(Decision::Unsure), ALICE).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_told_is_not_called_withdrawn() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = found(&reviews, "candidate-1", vec![report("Birch", "assert", None)]).await.unwrap();
    let review = reviews.get(id).unwrap();
    assert_eq!((review.verdict_now, review.findings[0].now, review.findings[0].members), (None, None, 1));
    assert!(review.findings[0].gone.is_empty() && !review.disputable);
    assert_eq!(review.advice, Verdict::Listed.advice());
}
