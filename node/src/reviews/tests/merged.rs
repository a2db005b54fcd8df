//! A newer check adds to a review that waits and takes nothing from it.

use super::*;

/// What one application found: of each mailbox, its verdict and who reports it.
async fn applied(reviews: &Reviews, mailboxes: &[(u8, Verdict, &str)]) -> u64 {
    let result = |(_, verdict, member): &(u8, Verdict, &str)| {
        let reports = vec![report(member, "assert", None)];
        ApplicationResult { document: None, result: CheckResult { reports, ..CheckResult::plain("email", *verdict) } }
    };
    let results: Vec<_> = mailboxes.iter().map(result).collect();
    let tags: Vec<_> = mailboxes.iter().map(|(mailbox, ..)| tags(*mailbox)).collect();
    let identifiers: Vec<_> = mailboxes.iter().map(|(mailbox, ..)| email(&format!("{mailbox}@example.com"))).collect();
    let verdict = mailboxes.iter().map(|(_, verdict, _)| *verdict).max().unwrap();
    let (results, tags, identifiers) = (&results[..], &tags[..], &identifiers[..]);
    let coverage = coverage();
    let reference = Some("candidate-1");
    let found = Found { source: None, reference, verdict, results, tags, identifiers, coverage: &coverage };
    reviews.keep(&found, Gate::open()).await.unwrap()
}

#[tokio::test]
async fn i9_a_milder_check_takes_nothing_from_the_review_of_a_graver_one() {
    // given an applicant of whom two mailboxes are known
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = applied(&reviews, &[(1, Verdict::Caution, "Alder"), (2, Verdict::Listed, "Birch")]).await;
    // when a second application names the milder one only, and one that is new
    assert_eq!(applied(&reviews, &[(1, Verdict::Caution, "Alder"), (3, Verdict::Caution, "Cedar")]).await, id);
    // then the review says all three, the gravest first, and keeps what is to be shown in clear
    let review = reviews.get(id).unwrap();
    let verdicts: Vec<_> = review.findings.iter().map(|finding| finding.result.verdict).collect();
    assert_eq!(
        (review.summary.verdict, verdicts),
        (Verdict::Listed, vec![Verdict::Listed, Verdict::Caution, Verdict::Caution])
    );
    assert_eq!(reviews.stored(id).unwrap().identifiers.len(), 3);
}

#[tokio::test]
async fn i9_what_was_said_of_the_same_mailbox_before_stays_beside_what_is_said_now() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = applied(&reviews, &[(1, Verdict::Listed, "Birch")]).await;
    applied(&reviews, &[(1, Verdict::Caution, "Alder")]).await;
    let review = reviews.get(id).unwrap();
    assert_eq!((review.findings.len(), review.findings[0].result.verdict), (1, Verdict::Listed));
    let members: Vec<_> = review.findings[0].result.reports.iter().map(|report| report.member.as_str()).collect();
    assert_eq!(members, ["Alder", "Birch"]);
}

#[tokio::test]
async fn a_check_that_finds_nothing_new_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    for _ in 0..3 {
        applied(&reviews, &[(1, Verdict::Caution, "Alder"), (2, Verdict::Listed, "Birch")]).await;
        applied(&reviews, &[(1, Verdict::Caution, "Alder")]).await;
    }
    assert_eq!(reviews.journal.records(), 1);
}

#[tokio::test]
async fn i9_the_gravest_is_never_what_does_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let many: Vec<_> = (0..100).map(|mailbox| (mailbox, Verdict::Caution, "Alder")).collect();
    let id = applied(&reviews, &many).await;
    applied(&reviews, &[(200, Verdict::Listed, "Birch")]).await;
    let review = reviews.get(id).unwrap();
    assert!(review.cut);
    assert_eq!(review.findings[0].result.verdict, Verdict::Listed);
}

#[tokio::test]
async fn i9_nobody_decides_unread_about_what_a_newer_check_added() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = applied(&reviews, &[(1, Verdict::Caution, "Alder")]).await;
    let read = reviews.get(id).unwrap().shown;
    applied(&reviews, &[(2, Verdict::Listed, "Birch")]).await;
    // when somebody decides without saying what was read, or who read it before
    for shown in [None, Some(read)] {
        let decision = DecisionRequest { shown, ..decision(Decision::Unsure) };
        let decided = reviews.decide(id, &decision, ALICE).await;
        assert!(matches!(decided, Err(ReviewError::Changed)), "{decided:?}");
    }
    // then only who has read it as it is now
    let shown = Some(reviews.get(id).unwrap().shown);
    reviews.decide(id, &DecisionRequest { shown, ..decision(Decision::Unsure) }, ALICE).await.unwrap();
}
