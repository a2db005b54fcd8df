//! I12: what an employer vouches for counts for it, whatever others say.

use harness::{TestNet, email, phone, publish, row, withdraw};
use larum_protocol::api::{Action, AllowAction, StatementRow, Verdict};

#[tokio::test]
async fn i12_the_local_word_wins_at_publish_at_import_and_at_check() {
    let mut net = TestNet::start(2).await;
    // One's own switchboard, written differently each time.
    let (own, other) = (phone(303, 7), phone(303, 8));
    let spelled = harness::identifier("phone", "+1-303-555-0107");
    let answer = net[0].api().allow(AllowAction::Add, &[spelled]).await.unwrap();
    assert_eq!(answer.changed, 1);

    // At publish: refused, and the rest of the request with it.
    let refused = net[0].api().state(vec![publish(&other), publish(&own)]).await.unwrap_err();
    assert_eq!(refused.slug(), "rows-refused");
    assert_eq!(net[0].verdict(&other).await, Verdict::Clear, "all or nothing");

    // At import: the row is named, and left out only if that was asked for.
    let file = net.scratch().join("import.csv");
    let rows = format!("kind,value\nphone,{}\nphone,{}\n", other.value, own.value);
    std::fs::write(&file, rows).unwrap();
    let file = file.to_str().unwrap();
    let flags = ["--role", "actor-controlled", "--reason", "ART.REUSE", "--evidence", "confirmed", "--observed"];
    let day = harness::flag_day(1);
    let import = [&["publish", "--file", file], &flags[..], &[&day]].concat();
    let cli = net[0].cli(&import).await;
    assert_eq!(cli.code, Some(2), "{cli:?}");
    assert!(cli.err.contains("allow list") || cli.out.contains("allow list"), "{cli:?}");
    let cli = net[0].cli(&[&import[..], &["--skip-bad"]].concat()).await;
    assert_eq!(net[0].verdict(&other).await, Verdict::Listed, "{cli:?}");

    // At check: what the other employer says is shown and does not count here.
    net[1].publish(std::slice::from_ref(&own)).await;
    assert_eq!(net[1].verdict(&own).await, Verdict::Listed);
    harness::eventually("the report arrives", async || {
        (!net[0].check(std::slice::from_ref(&own)).await.results[0].reports.is_empty()).then_some(())
    })
    .await;
    let result = net[0].check(std::slice::from_ref(&own)).await.results.remove(0);
    assert_eq!((result.verdict, result.allowed), (Verdict::Clear, true));

    // Across a kill.
    net[0].kill9().await;
    net[0].start().await;
    let result = net[0].check(std::slice::from_ref(&own)).await.results.remove(0);
    assert_eq!((result.verdict, result.allowed), (Verdict::Clear, true));

    // Control: without the word it is listed here too.
    net[0].api().allow(AllowAction::Remove, std::slice::from_ref(&own)).await.unwrap();
    net[0].wait_for_verdict(&own, Verdict::Listed).await;
    assert!(!net[0].check(&[own]).await.results[0].allowed);
}

#[tokio::test]
async fn i12_the_local_word_wins_over_the_overall_verdict_of_an_application() {
    let net = TestNet::start(2).await;
    let (colleague, applicant) = (email("our.colleague"), email("some.applicant"));
    net[1].publish(std::slice::from_ref(&colleague)).await;
    net.all_say(&colleague, Verdict::Listed).await;

    net[0].api().allow(AllowAction::Add, std::slice::from_ref(&colleague)).await.unwrap();

    let answer = net[0].check(&[applicant, colleague]).await;
    assert_eq!(answer.verdict, Verdict::Clear);
}

#[tokio::test]
async fn i12_who_is_on_the_allow_list_can_still_be_withdrawn_and_disputed() {
    let net = TestNet::start(2).await;
    // given two people, one reported by this employer and one by another, both of whom this employer then vouches for
    let (own, others) = (email("reported.by-us"), email("reported.by-them"));
    net[0].publish(std::slice::from_ref(&own)).await;
    net[1].publish(std::slice::from_ref(&others)).await;
    net.all_say(&own, Verdict::Listed).await;
    net.all_say(&others, Verdict::Listed).await;
    net[0].api().allow(AllowAction::Add, &[own.clone(), others.clone()]).await.unwrap();

    // when it takes the one report back and disputes the other
    let dispute = StatementRow { reason: Some("COR.ERROR".to_owned()), ..row(Action::Dispute, &others) };
    net[0].state(vec![withdraw(&own), dispute]).await;

    // then the other member hears of both
    net[1].wait_for_verdict(&own, Verdict::Clear).await;
    net[1].wait_for_verdict(&others, Verdict::Disputed).await;
}
