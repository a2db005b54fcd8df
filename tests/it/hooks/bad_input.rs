//! Deliveries that are not what they should be, and documents that lead where they must not.

use harness::vendor::{greenhouse, greenhouse_application};
use larum_protocol::api::{Problem, slug};
use reqwest::StatusCode;
use tokio::net::TcpListener;

use super::{SECRET, deliver, greenhouse_net, notes, on_record, worked_off};

#[tokio::test]
async fn each_bad_delivery_has_its_status_and_nothing_of_it_is_kept() {
    let (net, _) = greenhouse_net(false).await;
    let body = greenhouse_application(901, &["jane.doe@example.com"], &[], None);
    let (headers, text) = greenhouse(SECRET, "event-1", &body);
    let with = |name: &'static str, value: &str| {
        let mut headers: Vec<_> = headers.iter().filter(|(known, _)| *known != name).cloned().collect();
        headers.push((name, value.to_owned()));
        headers
    };
    let large = "x".repeat(larum_node::hooks::DELIVERY_BYTES_MAX + 1);
    for (what, vendor, headers, body, status, name) in [
        ("tampered", "greenhouse", headers.clone(), text.replace("901", "902"), 401, slug::HOOK_SIGNATURE),
        ("truncated", "greenhouse", headers.clone(), text[..text.len() - 9].to_owned(), 401, slug::HOOK_SIGNATURE),
        ("unsigned", "greenhouse", Vec::new(), text.clone(), 401, slug::HOOK_SIGNATURE),
        ("no JSON", "greenhouse", greenhouse_text("not json").0, "not json".to_owned(), 422, slug::INVALID),
        ("no event", "greenhouse", greenhouse_text("{}").0, "{}".to_owned(), 422, slug::INVALID),
        ("compressed", "greenhouse", with("content-encoding", "gzip"), text.clone(), 415, slug::MEDIA_TYPE),
        ("too large", "greenhouse", headers.clone(), large, 413, slug::TOO_LARGE),
        ("another vendor's", "lever", headers.clone(), text.clone(), 404, slug::NOT_FOUND),
        ("not configured", "ashby", headers.clone(), text.clone(), 503, slug::UNAVAILABLE),
        ("no vendor", "nobody", headers.clone(), text.clone(), 404, slug::NOT_FOUND),
    ] {
        let (got, answer) = deliver(&net[0], vendor, &(headers, body)).await;
        assert_eq!(got.as_u16(), status, "{what}: {answer}");
        let problem: Problem = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{what}: {error} {answer}"));
        assert_eq!((problem.slug(), problem.status), (name, status), "{what}");
        assert!(!answer.contains("jane.doe"), "{what}: {answer}");
    }
    worked_off(&net[0]).await;
    assert_eq!(on_record(&net[0], "greenhouse").await, 0);
    // The log tells of each fault once, however many have it.
    let log = std::fs::read_to_string(net[0].log_path()).unwrap();
    for fault in ["their signature does not fit", "they are not signed"] {
        assert_eq!(log.matches(fault).count(), 1, "{fault}");
    }
    // Control: the same delivery untouched is taken.
    assert_eq!(deliver(&net[0], "greenhouse", &(headers, text)).await.0, StatusCode::OK);
    worked_off(&net[0]).await;
    assert_eq!(on_record(&net[0], "greenhouse").await, 1);
}

/// A text that is signed, whatever it is.
fn greenhouse_text(text: &str) -> harness::vendor::Signed {
    let signature = format!("sha256 {}", harness::vendor::mac(SECRET, text));
    (vec![("signature", signature)], text.to_owned())
}

#[tokio::test]
async fn a_resume_that_leads_to_a_private_place_is_not_fetched_and_the_note_says_so() {
    let (net, vendor) = greenhouse_net(true).await;
    // Given places that nobody allowed: each listens, and nobody may come; and one that redirects there
    let forbidden = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = forbidden.local_addr().unwrap().port();
    let urls = [
        format!("http://127.0.0.1:{port}/resume.pdf"),
        format!("https://127.0.0.1:{port}/resume.pdf"),
        format!("https://localhost:{port}/resume.pdf"),
        format!("http://[::ffff:127.0.0.1]:{port}/resume.pdf"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    for (candidate, url) in (1_000..).zip(&urls) {
        let body = greenhouse_application(candidate, &["clear.person@example.com"], &[], Some(url));
        let delivery = greenhouse(SECRET, &format!("event-{candidate}"), &body);
        assert_eq!(deliver(&net[0], "greenhouse", &delivery).await.0, StatusCode::OK);
        let notes = notes(&vendor, &candidate.to_string(), 1).await;
        assert!(notes[0].contains("1 of the documents could not be fetched"), "{url}: {}", notes[0]);
        assert!(notes[0].contains(":unknown]"), "{url}: {}", notes[0]);
    }
    // then nobody came
    let came = tokio::time::timeout(std::time::Duration::from_millis(1), forbidden.accept()).await;
    assert!(came.is_err(), "somebody dialled a private place");
}
