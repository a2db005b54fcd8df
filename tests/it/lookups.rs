//! I11: every lookup is on record, without what was looked up.

use harness::{Needles, TestNet, email, phone, wallet};
use larum_protocol::api::{AuditEvent, AuditRecord, NewToken, Scope, TokenRequest, Verdict, path};
use reqwest::Method;

#[tokio::test]
async fn i11_every_lookup_is_on_record_in_order_and_survives_a_kill() {
    let mut net = TestNet::start(1).await;
    let (listed, other) = (email("on.record"), phone(202, 17));
    net[0].publish(std::slice::from_ref(&listed)).await;
    let request = TokenRequest { name: "careers page".to_owned(), scopes: vec![Scope::Check], expires_days: Some(1) };
    let token: NewToken = net[0].api().post(path::TOKENS, &request).await.unwrap();
    let recruiter = net[0].api().with_token(&token.token);

    let mut answered = Vec::new();
    for round in 0..5 {
        answered.push((None, net[0].check(std::slice::from_ref(&listed)).await.verdict));
        let both = [other.clone(), wallet(round)];
        answered.push((Some(&token.info.id), recruiter.check(&both).await.unwrap().verdict));
    }
    // At once after the last answer: what was answered has been recorded already.
    net[0].kill9().await;
    net[0].start().await;

    let records = net[0].api().audit().await.unwrap().records;
    let checks: Vec<&AuditRecord> = records.iter().filter(|record| record.event == AuditEvent::Check).collect();
    assert_eq!(checks.len(), answered.len(), "one record for each check: {records:?}");
    for (record, (token, verdict)) in checks.iter().zip(&answered) {
        assert_eq!(record.verdict, *verdict);
        match token {
            Some(id) => assert_eq!(record.token, **id),
            None => assert_ne!(record.token, token_id(&answered)),
        }
    }
    for pair in records.windows(2) {
        assert_eq!((pair[1].seq, &pair[1].prev), (pair[0].seq + 1, &pair[0].hash), "each record names the one before");
    }
    let kinds: Vec<_> = checks[1].results.iter().map(|result| (result.kind.as_ref(), result.count)).collect();
    assert_eq!(kinds, [("phone", 1), ("wallet", 1)]);
    assert_eq!(checks[0].verdict, Verdict::Listed);

    let (_, text) = net[0].api().text(path::AUDIT).await.unwrap();
    let needles = Needles::of(&[listed.value.as_str(), other.value.as_str(), "+12025550117", "on.record@"]);
    assert_eq!(needles.found_in(text.as_bytes()), Vec::<&str>::new());

    // And the chain goes on behind what was there.
    net[0].check(&[listed]).await;
    let after = net[0].api().audit().await.unwrap().records;
    assert_eq!(after[..records.len()], records[..]);
    assert!(after.len() > records.len());
}

#[tokio::test]
async fn i11_every_lookup_is_on_record_that_came_by_a_bulk_stream() {
    let net = TestNet::start(1).await;
    let lines: String = (0..50)
        .map(|number| {
            let about = email(&format!("line.{number}"));
            format!("{}\n", serde_json::json!({"kind": about.kind, "value": about.value}))
        })
        .collect();

    let request = net[0].api().request(Method::POST, path::CHECK_BULK).header("content-type", "application/x-ndjson");
    let response = request.body(lines).send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    let answer = response.text().await.unwrap();

    let records = net[0].api().audit().await.unwrap().records;
    let bulk = records.iter().find(|record| record.event == AuditEvent::Bulk).expect("one record for the stream");
    assert_eq!(bulk.lines, Some(50), "{answer}");
    assert_eq!(bulk.results.iter().map(|result| result.count).sum::<u64>(), 50);
    assert!(!serde_json::to_string(&records).unwrap().contains("mail.example.org"));
}

fn token_id<'a>(answered: &[(Option<&'a String>, Verdict)]) -> &'a str {
    answered.iter().find_map(|(token, _)| *token).expect("one was used")
}

#[tokio::test]
async fn i11_an_export_of_the_record_holds_offline_and_a_changed_one_does_not() {
    let net = TestNet::start(1).await;
    for round in 0..3 {
        net[0].check(&[wallet(round)]).await;
    }
    // When the record is exported, and its newest hash noted down
    let file = net.scratch().join("audit.jsonl");
    let path = file.to_str().unwrap();
    let exported = net[0].cli(&["audit", "export", "--out", path]).await;
    assert_eq!(exported.code, Some(0), "{}", exported.err);
    let records = net[0].api().audit().await.unwrap().records;
    let noted = &records[1].hash;

    // then it holds by itself, and so does what lies in the data folder
    for arguments in
        [&["audit", "verify", "--file", path, "--noted", noted][..], &["audit", "verify", "--noted", noted]]
    {
        let verified = net[0].cli(arguments).await;
        assert_eq!(verified.code, Some(0), "{}", verified.err);
        assert!(verified.out.contains("3 records hold, numbers 1 to 3"), "{}", verified.out);
    }
    // but not a changed one, nor one without what was noted
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("\"clear\"", "\"listed\"", 1)).unwrap();
    let changed = net[0].cli(&["audit", "verify", "--file", path]).await;
    assert_eq!(changed.code, Some(2));
    assert!(
        changed.err.contains("line 1 of") && changed.err.contains("not what its hash was made of"),
        "{}",
        changed.err
    );
    let other = net[0].cli(&["audit", "verify", "--noted", &records[1].coverage]).await;
    assert!(other.code == Some(2) && other.err.contains("no record in it has the noted hash"), "{}", other.err);

    // And what need not be kept any more is removed, which is nothing of today's
    let pruned = net[0].cli(&["audit", "prune", "--days", "30"]).await;
    assert_eq!((pruned.code, pruned.out.as_str()), (Some(0), "nothing is older than 30 days\n"), "{}", pruned.err);
}
