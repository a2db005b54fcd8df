//! Reviews over real nodes: what members say after a review was opened shows in it, and what it found is disputed for all.

use std::{fs, path::Path};

use harness::{TestNet, email, eventually, flag_day};
use larum_protocol::api::{
    Action, ApplicationAnswer, ApplicationRequest, AuditEvent, AuditRecord, CheckAnswer, Decision, DecisionRequest,
    Identifier, Review, ReviewState, StatementRow, Verdict, path,
};
use serde_json::json;

/// Has an applicant checked at the first node, and gives the review's path.
async fn applies(net: &TestNet, emails: &[&Identifier]) -> String {
    let emails = emails.iter().map(|email| email.value.clone()).collect();
    let reference = Some("candidate-1".to_owned());
    let asked = ApplicationRequest { reference, emails, ..ApplicationRequest::default() };
    let answer: ApplicationAnswer = net[0].api().post(path::APPLICATIONS, &asked).await.unwrap();
    format!("{}/{}", path::REVIEWS, answer.review.unwrap())
}

/// The review once it says this now.
async fn says(net: &TestNet, at: &str, verdict: Verdict) -> Review {
    eventually("the review says what members say", async || {
        let review: Review = net[0].api().get(at).await.unwrap();
        (review.verdict_now == Some(verdict)).then_some(review)
    })
    .await
}

fn disputing(review: &Review) -> DecisionRequest {
    DecisionRequest {
        decision: Decision::FalseMatch,
        reason: "The applicant showed a passport.".to_owned(),
        acknowledged: Vec::new(),
        dispute: true,
        shown: Some(review.shown.clone()),
    }
}

#[tokio::test]
async fn i9_a_dispute_and_a_withdrawal_that_came_after_a_review_was_opened_show_in_it() {
    // given a review of what one member reported
    let net = TestNet::start(3).await;
    let (listed, dispute) = (email("jordan.listed"), "COR.VICTIM".to_owned());
    net[1].publish(std::slice::from_ref(&listed)).await;
    net.all_say(&listed, Verdict::Listed).await;
    let at = applies(&net, &[&listed]).await;
    let read = says(&net, &at, Verdict::Listed).await;
    // when another member disputes it
    net[2].state(vec![StatementRow { reason: Some(dispute), ..harness::row(Action::Dispute, &listed) }]).await;
    // then it shows, and nobody decides without having read it
    let disputed = says(&net, &at, Verdict::Disputed).await;
    assert!(disputed.findings[0].disputed && disputed.findings[0].since[0].stance == "dispute");
    let records = net[0].api().audit().await.unwrap().records;
    let read_since = |record: &AuditRecord| record.event == AuditEvent::Check && record.verdict == Verdict::Disputed;
    assert!(records.iter().any(read_since), "I11: what was said since is read on record");
    let late = net[0].api().post::<Review>(&format!("{at}/decision"), &disputing(&read)).await.unwrap_err();
    assert_eq!(late.slug(), "conflict");
    // and when the report is taken back, so does that, beside what was found
    net[1].withdraw(std::slice::from_ref(&listed)).await;
    let withdrawn = says(&net, &at, Verdict::Clear).await;
    let finding = &withdrawn.findings[0];
    assert_eq!((finding.result.reports.len(), &finding.gone, finding.members), (1, &vec![0], 0));
    assert!(!withdrawn.disputable);
}

#[tokio::test]
async fn a_review_disputes_a_mailbox_and_a_resume_in_one_step_by_the_tags_that_it_keeps() {
    // given a member that reported a mailbox and a resume, and an applicant who has both
    let net = TestNet::start(2).await;
    let (listed, own) = (email("jordan.listed"), email("casey.own"));
    let resume = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents/resume.txt");
    let (resume, day) = (resume.to_str().unwrap(), flag_day(2));
    let finding = ["--role", "actor-controlled", "--reason", "ART.REUSE", "--evidence", "confirmed", "--observed"];
    let published = net[1].cli(&[&["publish", "--resume", resume], &finding[..], &[&day]].concat()).await;
    assert_eq!(published.code, Some(0), "{published:?}");
    net[1].publish(std::slice::from_ref(&listed)).await;
    net[0].publish(std::slice::from_ref(&own)).await;
    net.all_say(&listed, Verdict::Listed).await;
    net.converged().await;
    let document = json!({"name": "resume.txt", "data": data_encoding::BASE64.encode(&fs::read(resume).unwrap())});
    let asked = json!({"reference": "candidate-1", "emails": [listed.value, own.value], "documents": [document]});
    let answer: ApplicationAnswer = net[0].api().post(path::APPLICATIONS, &asked).await.unwrap();
    let at = format!("{}/{}", path::REVIEWS, answer.review.unwrap());
    let review = says(&net, &at, Verdict::Listed).await;
    assert_eq!((review.findings.len(), review.disputable), (3, true));

    // when it is disputed with the decision
    let decided: Review = net[0].api().post(&format!("{at}/decision"), &disputing(&review)).await.unwrap();

    // then it says what was disputed and what was not, and the other member sees both disputes
    assert_eq!((decided.summary.state, decided.disputes.len()), (ReviewState::Decided, 2));
    assert!(decided.not_disputed.len() == 1 && decided.not_disputed[0].why.contains("withdraw"), "{decided:?}");
    net.all_say(&listed, Verdict::Disputed).await;
    net.converged().await;
    let checked = net[1].cli(&["check", "--json", "--resume", resume]).await;
    let answer: CheckAnswer = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(answer.verdict, Verdict::Disputed);
}
