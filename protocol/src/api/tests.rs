#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn a_check_reads_as_the_interface_prints_it() {
    let text =
        r#"{"identifiers":[{"kind":"email","value":"a@example.com"}],"reference":"candidate-123","watch_days":180}"#;
    let request: CheckRequest = serde_json::from_str(text).unwrap();
    assert_eq!(request.identifiers[0].value, "a@example.com");
    assert_eq!(serde_json::to_string(&request).unwrap(), text);
}

#[test]
fn an_answer_prints_the_receipt_last_and_survives_a_round_trip() {
    let answer = CheckAnswer {
        verdict: Verdict::Listed,
        results: vec![CheckResult {
            strength: Some(Strength::Corroborated),
            ..CheckResult::plain("email", Verdict::Listed)
        }],
        coverage: CoverageInfo {
            state: CoverageState::CatchingUp,
            members: 12,
            heard: 11,
            absent: vec!["Acme".to_owned()],
            roster: 7,
            heads: "00".repeat(32),
            forked: Vec::new(),
        },
        advice: Verdict::Listed.advice().into(),
        watch: None,
        warnings: Vec::new(),
        receipt: Some("abc".to_owned()),
    };
    let text = serde_json::to_string(&answer).unwrap();
    assert!(text.ends_with(r#","receipt":"abc"}"#), "{text}");
    assert!(text.contains(r#""verdict":"listed","strength":"corroborated""#), "{text}");
    assert!(text.contains(r#""state":"catching-up""#), "{text}");
    assert_eq!(serde_json::from_str::<CheckAnswer>(&text).unwrap(), answer);
}

#[test]
fn requests_refuse_fields_they_do_not_know() {
    let typo = r#"{"identifiers":[],"watch_day":1}"#;
    assert!(serde_json::from_str::<CheckRequest>(typo).is_err());
    let typo = r#"{"kind":"email","value":"a@example.com","regoin":"US"}"#;
    assert!(serde_json::from_str::<Identifier>(typo).is_err());
    assert!(serde_json::from_str::<BulkLine>(typo).is_err());
    let typo = r#"{"action":"publish","kind":"email","value":"x","evidense":"confirmed"}"#;
    assert!(serde_json::from_str::<StatementRow>(typo).is_err());
}

#[test]
fn a_bulk_line_is_one_identifier_or_an_array() {
    let one: BulkLine = serde_json::from_str(r#"{"id":"7","kind":"email","value":"a@example.com"}"#).unwrap();
    assert!(matches!(one, BulkLine::One(BulkIdentifier { id: Some(_), .. })));
    let many: BulkLine = serde_json::from_str(r#"[{"kind":"email","value":"a@example.com"}]"#).unwrap();
    assert!(matches!(many, BulkLine::Many(ref identifiers) if identifiers.len() == 1));
    assert!(serde_json::from_str::<BulkLine>("7").is_err());
}

#[test]
fn debug_shows_no_identifier_and_no_token() {
    let identifier = Identifier {
        kind: "email".to_owned(),
        value: "a@example.com".to_owned(),
        region: Some("a@example.com".to_owned()),
        asset: None,
    };
    let request = CheckRequest {
        identifiers: vec![identifier.clone()],
        reference: Some("a@example.com".to_owned()),
        watch_days: None,
    };
    let line = BulkLine::Many(vec![identifier]);
    let row: StatementRow =
        serde_json::from_str(r#"{"action":"publish","kind":"email","value":"a@example.com"}"#).unwrap();
    let token = NewToken {
        token: "a@example.com".to_owned(),
        info: TokenInfo {
            id: String::new(),
            name: String::new(),
            scopes: vec![Scope::Check],
            created: String::new(),
            expires: String::new(),
        },
    };
    let shown = format!("{request:?} {line:?} {row:?} {token:?}");
    assert!(!shown.contains("example.com"), "{shown}");
}

#[test]
fn verdicts_order_from_best_to_worst_and_keep_their_names() {
    assert!(Verdict::ALL.is_sorted());
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::from_name(verdict.name()), Some(verdict));
        assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{verdict}\""));
    }
}
