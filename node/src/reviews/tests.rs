//! Reviews over a journal on a disk.

#![allow(clippy::unwrap_used, reason = "tests")]

use larum_protocol::{
    api::{CheckResult, CoverageState, DECISION_REASON_BYTES_MAX, Decision, DecisionRequest, Report, ReviewState},
    clock::DAY_MS,
    tag::Tag,
};

use self::members::Members;
use super::*;
use crate::callbacks::Stream;

mod disputes;
mod members;
mod merged;
mod signatures;
mod since;

const SEED: [u8; 32] = [7; 32];
const RULES: Rules = Rules { retention_days: 30, second_signoff: false, keep_identifiers: true };
const ALICE: Reviewer<'static> = Reviewer { token: "a1", name: "Alice" };
const BOB: Reviewer<'static> = Reviewer { token: "b2", name: "Bob" };

fn open(dir: &Path, rules: Rules) -> Reviews {
    open_with(dir, rules, Arc::new(Metrics::new()))
}

fn open_with(dir: &Path, rules: Rules, metrics: Arc<Metrics>) -> Reviews {
    let callbacks = Callbacks::open(dir, &SEED, &[], Arc::clone(&metrics)).unwrap();
    Reviews::open(dir, &SEED, rules, Members::new(), metrics, Arc::new(callbacks)).unwrap()
}

/// Reviews among members who say what the test has them say.
fn open_among(dir: &Path, rules: Rules, members: &Arc<Members>) -> Reviews {
    let metrics = Arc::new(Metrics::new());
    let callbacks = Callbacks::open(dir, &SEED, &[], Arc::clone(&metrics)).unwrap();
    Reviews::open(dir, &SEED, rules, Arc::clone(members) as _, metrics, Arc::new(callbacks)).unwrap()
}

/// Tags of a mailbox.
fn tags(value: u8) -> Vec<Tags> {
    vec![Tags { epoch: 1, subject: Tag([value; 32]), derived: Vec::new() }]
}

fn report(member: &str, stance: &str, origin: Option<&str>) -> Report {
    Report {
        member: member.to_owned(),
        stance: stance.to_owned(),
        role: "actor-controlled".to_owned(),
        reason: "ART.REUSE".to_owned(),
        evidence: "confirmed".to_owned(),
        observed: "2026-03-02".to_owned(),
        expires: "2028-03-01".to_owned(),
        origin: origin.map(str::to_owned),
        derived: None,
        statement: None,
        re: None,
    }
}

fn coverage() -> CoverageInfo {
    CoverageInfo {
        state: CoverageState::Fresh,
        members: 3,
        heard: 3,
        absent: Vec::new(),
        roster: 7,
        heads: "5a".repeat(32),
        forked: Vec::new(),
    }
}

fn email(value: &str) -> Identifier {
    Identifier { kind: "email".to_owned(), value: value.to_owned(), region: None, asset: None }
}

fn listed(reports: Vec<Report>) -> ApplicationResult {
    let masked = Some("l***@e***.com".to_owned());
    let result = CheckResult { reports, masked, ..CheckResult::plain("email", Verdict::Listed) };
    ApplicationResult { document: None, result }
}

/// Opens a review about `reference`, of one listed mailbox and one that nobody reports.
async fn found(reviews: &Reviews, reference: &str, reports: Vec<Report>) -> Result<u64, ReviewError> {
    let clear = ApplicationResult { document: None, result: CheckResult::plain("email", Verdict::Clear) };
    let found = Found {
        source: None,
        reference: Some(reference).filter(|reference| !reference.is_empty()),
        verdict: Verdict::Listed,
        results: &[clear, listed(reports)],
        tags: &[tags(1), tags(2)],
        identifiers: &[email("clear@example.com"), email("listed@example.com")],
        coverage: &coverage(),
    };
    reviews.keep(&found, Gate::open()).await
}

impl Reviews {
    /// Has as many reviews wait as there can be. They are in memory only, and all but the first say the same.
    pub(crate) fn fill_up(&self) {
        let coverage = coverage();
        let (source, reference, verdict) = (None, None, Verdict::Caution);
        let (results, tags, identifiers) = (&[][..], &[][..], &[][..]);
        let found = Found { source, reference, verdict, results, tags, identifiers, coverage: &coverage };
        let stored = Stored::new(&found, &RULES, now());
        let mut state = self.state.write();
        let first = u64::try_from(state.reviews.len()).unwrap();
        for number in first..REVIEWS_MAX as u64 {
            state.insert(1_000_000 + number, 0, stored.clone());
        }
    }
}

fn decision(decision: Decision) -> DecisionRequest {
    DecisionRequest {
        decision,
        reason: "We called the person.".to_owned(),
        acknowledged: CHECKLIST.iter().map(|(id, _)| (*id).to_owned()).collect(),
        dispute: false,
        shown: None,
    }
}

#[tokio::test]
async fn a_review_says_what_matched_and_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let reports = vec![
        report("Alder", "assert", None),
        report("Birch", "assert", Some("ofac-sdn")),
        report("Cedar", "assert", Some("ofac-sdn")),
        report("Elm", "dispute", None),
    ];
    let id = found(&reviews, "candidate-1", reports).await.unwrap();
    let before = reviews.get(id).unwrap();
    drop(reviews);

    let reviews = open(dir.path(), RULES);
    let review = reviews.get(id).unwrap();
    assert_eq!(review, before);
    assert_eq!(review.findings.len(), 1, "what nobody reports is not kept");
    let finding = &review.findings[0];
    assert_eq!((finding.members, finding.disputed), (2, true), "a list counts once, whoever repeats it");
    assert_eq!(finding.result.masked.as_deref(), Some("l***@e***.com"));
    assert_eq!((review.summary.state, reviews.list(ReviewQuery::default()).waiting), (ReviewState::Open, 1));
}

#[tokio::test]
async fn what_callbacks_did_not_hear_of_before_a_crash_they_hear_of_afterwards() {
    // given a review of which callbacks heard
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    assert_eq!(reviews.callbacks.last_source(Stream::Reviews), id);
    drop(reviews);
    // when what callbacks kept is what it was before
    std::fs::remove_dir_all(dir.path().join("callbacks")).unwrap();
    let reviews = open(dir.path(), RULES);
    assert_eq!(reviews.callbacks.last_source(Stream::Reviews), 0);
    // then they hear of it at the next start
    reviews.upkeep(now()).await.unwrap();
    assert_eq!(reviews.callbacks.last_source(Stream::Reviews), id);
}

#[tokio::test]
async fn i1_nothing_of_an_application_lies_on_the_disk_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(dir.path().join(FOLDER)).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        files += usize::from(!bytes.is_empty());
        for word in ["listed@example.com", "candidate-1", "l***@e***.com", "Alder"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
    assert!(files > 0, "something was kept");
}

#[tokio::test]
async fn the_same_applicant_has_one_review_until_somebody_signs_it() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let first = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let both = vec![report("Alder", "assert", None), report("Birch", "assert", None)];
    assert_eq!(found(&reviews, "candidate-1", both.clone()).await.unwrap(), first);
    assert_eq!(reviews.get(first).unwrap().findings[0].members, 2, "it says what is known now");
    assert_ne!(found(&reviews, "candidate-2", both.clone()).await.unwrap(), first);
    // Without a reference nobody can tell who it is about.
    let unnamed = found(&reviews, "", both.clone()).await.unwrap();
    assert_ne!(found(&reviews, "", both.clone()).await.unwrap(), unnamed);

    let shown = Some(reviews.get(first).unwrap().shown);
    reviews.decide(first, &DecisionRequest { shown, ..decision(Decision::Unsure) }, ALICE).await.unwrap();
    assert_ne!(found(&reviews, "candidate-1", both).await.unwrap(), first);
}

#[tokio::test]
async fn i9_a_decision_needs_a_reason_and_against_an_applicant_the_whole_checklist() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let told = async |request: DecisionRequest| reviews.decide(id, &request, ALICE).await.unwrap_err().to_string();

    for short in ["  ", "x", "too short         "] {
        let why = told(DecisionRequest { reason: short.to_owned(), ..decision(Decision::Unsure) }).await;
        assert!(why.contains("a sentence"), "{why}");
    }
    let long = "x".repeat(DECISION_REASON_BYTES_MAX + 1);
    told(DecisionRequest { reason: long, ..decision(Decision::Unsure) }).await;
    for (missing, _) in CHECKLIST {
        let mut request = decision(Decision::Confirmed);
        request.acknowledged.retain(|id| id != missing);
        let why = told(request).await;
        assert!(why.contains(missing), "{why}");
    }
    assert_eq!(reviews.get(id).unwrap().summary.state, ReviewState::Open, "nothing was decided by any of them");

    let without = DecisionRequest { acknowledged: Vec::new(), ..decision(Decision::Unsure) };
    let decided = reviews.decide(id, &without, ALICE).await.unwrap();
    assert_eq!((decided.summary.state, decided.summary.decision), (ReviewState::Decided, Some(Decision::Unsure)));
    assert_eq!((decided.marks[0].name.as_str(), decided.marks[0].token.as_str()), ("Alice", "a1"));
    assert!(told(decision(Decision::Unsure)).await.contains("decided already"));
    let unknown = reviews.decide(9_999, &decision(Decision::Unsure), ALICE).await;
    assert!(matches!(unknown, Err(ReviewError::NotFound)));
}

#[tokio::test]
async fn only_what_matched_is_kept_and_only_until_it_is_decided_or_30_days_old() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    assert!(reviews.get(id).unwrap().identifiers_kept);
    assert_eq!(reviews.stored(id).unwrap().identifiers, [email("listed@example.com")]);
    assert!(!reviews.decide(id, &decision(Decision::Unsure), ALICE).await.unwrap().identifiers_kept);

    let long_life = Rules { retention_days: 365, ..RULES };
    let other = tempfile::tempdir().unwrap();
    let old = open(other.path(), long_life);
    let id = found(&old, "candidate-2", vec![report("Alder", "assert", None)]).await.unwrap();
    old.upkeep(now().plus_ms(29 * DAY_MS)).await.unwrap();
    assert!(old.get(id).unwrap().identifiers_kept);
    old.upkeep(now().plus_ms(31 * DAY_MS)).await.unwrap();
    assert!(!old.get(id).unwrap().identifiers_kept);
    assert_eq!(old.journal.records(), 1, "what was let go left the disk");

    let third = tempfile::tempdir().unwrap();
    let frugal = open(third.path(), Rules { keep_identifiers: false, ..RULES });
    let id = found(&frugal, "candidate-3", vec![report("Alder", "assert", None)]).await.unwrap();
    assert!(!frugal.get(id).unwrap().identifiers_kept);
}

#[tokio::test]
async fn what_is_old_or_erased_leaves_memory_and_disk_and_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let first = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let second = found(&reviews, "candidate-2", vec![report("Alder", "assert", None)]).await.unwrap();
    reviews.decide(first, &decision(Decision::Unsure), ALICE).await.unwrap();

    assert_eq!(reviews.erase(Some("greenhouse"), "candidate-2").await.unwrap(), 0, "another system's candidate");
    assert_eq!(reviews.erase(None, "candidate-2").await.unwrap(), 1);
    assert!(matches!(reviews.get(second), Err(ReviewError::NotFound)));
    assert_eq!(reviews.journal.records(), 1);
    drop(reviews);

    let reviews = open(dir.path(), RULES);
    assert!(reviews.get(second).is_err() && reviews.get(first).is_ok());
    let next = found(&reviews, "candidate-4", vec![report("Alder", "assert", None)]).await.unwrap();
    assert!(next > second, "no number is given twice");
    reviews.upkeep(now().plus_ms(31 * DAY_MS)).await.unwrap();
    assert_eq!((reviews.list(ReviewQuery::default()).reviews, reviews.journal.records()), (Vec::new(), 0));
}

#[tokio::test]
async fn what_somebody_is_deciding_is_neither_erased_nor_deleted_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let id = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let held = reviews.hold(id).await.unwrap();
    assert!(matches!(reviews.erase(None, "candidate-1").await, Err(ReviewError::Conflict(_))));
    reviews.upkeep(now().plus_ms(31 * DAY_MS)).await.unwrap();
    assert!(reviews.get(id).is_ok());
    drop(held);
    assert_eq!(reviews.erase(None, "candidate-1").await.unwrap(), 1);
}

#[tokio::test]
async fn where_no_room_is_left_the_oldest_decided_review_makes_some_and_one_that_waits_never_does() {
    // given as many reviews as there can be, none of them decided
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    let first = found(&reviews, "candidate-1", vec![report("Alder", "assert", None)]).await.unwrap();
    let second = found(&reviews, "candidate-2", vec![report("Alder", "assert", None)]).await.unwrap();
    reviews.fill_up();
    let refused = found(&reviews, "candidate-3", vec![report("Alder", "assert", None)]).await;
    assert!(matches!(refused, Err(ReviewError::Full)));
    // when one is decided
    reviews.decide(second, &decision(Decision::Unsure), ALICE).await.unwrap();
    let third = found(&reviews, "candidate-3", vec![report("Alder", "assert", None)]).await.unwrap();
    // then it goes for the next one, over a restart as well
    assert!(reviews.get(second).is_err() && reviews.get(first).is_ok());
    let refused = found(&reviews, "candidate-4", vec![report("Alder", "assert", None)]).await;
    assert!(matches!(refused, Err(ReviewError::Full)));
    drop(reviews);
    let reviews = open(dir.path(), RULES);
    assert!(reviews.get(second).is_err() && reviews.get(first).is_ok() && reviews.get(third).is_ok());
}

#[tokio::test]
async fn decisions_are_counted_for_each_member_whose_word_led_there_and_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let line = "larum_reviews_decided_total{member=\"Alder\",decision=\"false-match\"} 1";
    let metrics = Arc::new(Metrics::new());
    let reviews = open_with(dir.path(), RULES, Arc::clone(&metrics));
    let reports = vec![report("Alder", "assert", None), report("Elm", "dispute", None)];
    let id = found(&reviews, "candidate-1", reports).await.unwrap();
    assert!(metrics.text().contains("larum_reviews_waiting 1"));
    reviews.decide(id, &decision(Decision::FalseMatch), ALICE).await.unwrap();
    let text = metrics.text();
    assert!(text.contains(line) && text.contains("larum_reviews_waiting 0") && !text.contains("Elm"), "{text}");
    drop(reviews);

    let metrics = Arc::new(Metrics::new());
    let _reviews = open_with(dir.path(), RULES, Arc::clone(&metrics));
    assert!(metrics.text().contains(line));
}

#[tokio::test]
async fn pages_are_whole_and_end() {
    let dir = tempfile::tempdir().unwrap();
    let reviews = open(dir.path(), RULES);
    for n in 0..5 {
        let id = found(&reviews, &format!("candidate-{n}"), vec![report("Alder", "assert", None)]).await.unwrap();
        if n == 0 {
            reviews.decide(id, &decision(Decision::Unsure), BOB).await.unwrap();
        }
    }
    let (mut seen, mut query) = (0, ReviewQuery { limit: Some(2), ..ReviewQuery::default() });
    loop {
        let page = reviews.list(query);
        seen += page.reviews.len();
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, 5);
    let open = reviews.list(ReviewQuery { state: Some(ReviewState::Open), ..ReviewQuery::default() });
    assert_eq!((open.reviews.len(), open.waiting, open.next), (4, 4, None));
}
