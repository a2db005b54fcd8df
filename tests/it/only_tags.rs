//! I1: only tags leave a node, and nothing else is written down.

use std::{fs, time::Duration};

use harness::{Capture, Needles, P2P_PORT, TestNet, email, identifier, phone, publish, wallet};
use larum_protocol::api::{AllowAction, CheckRequest, Identifier, NewToken, Scope, TokenRequest, Verdict, path};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// What control puts where the search must find it.
const PLANTED: &str = "planted.control@mail.example.org";

/// People who do not exist, in spellings that have a canonical form of another look.
fn people() -> Vec<Identifier> {
    vec![
        identifier("email", "Yun.Ha-Neul+Jobs@Mail.Example.org"),
        email("kwame.mensah.1987"),
        phone(202, 42),
        identifier("phone", "+49 30 23125 142"),
        identifier("profile", "https://www.linkedin.com/in/Yun-Ha-Neul-4711/"),
        wallet(0xabcd_ef01_2345_6789),
        identifier("domain", "Haneul-Consulting.example.org"),
    ]
}

/// What must not be found: as written, as made canonical by the node itself, and the telling part of each.
async fn needles(net: &TestNet) -> Vec<String> {
    let mut texts = Vec::new();
    for about in people() {
        texts.push(about.value.clone());
        let line = serde_json::to_string(&about).unwrap();
        let cli = net[0].cli_with(&["tag", "--canonical"], &line).await;
        let answer: serde_json::Value =
            serde_json::from_str(&cli.out).unwrap_or_else(|error| panic!("{error}: {cli:?}"));
        texts.push(answer["canonical"].as_str().unwrap_or_else(|| panic!("{cli:?}")).to_owned());
    }
    texts
        .extend(["haneul", "kwame.mensah", "2025550142", "3023125142", "reference-of-applicant-31"].map(str::to_owned));
    texts
}

#[tokio::test]
async fn i1_only_tags_leave_and_nothing_in_the_clear_is_kept_logged_counted_or_sent() {
    let mut net = TestNet::start(3).await;
    let texts = needles(&net).await;
    let needles = Needles::of(&texts);
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [P2P_PORT, control.local_addr().unwrap().port()];
    let capture = Capture::start(&net.scratch().with_extension("pcap"), &ports).await;

    a_day_of_work(&mut net).await;
    if let Some(capture) = capture {
        let texts: Vec<_> = people().into_iter().map(|about| about.value).collect();
        in_clear(&control, &texts[1]).await;
        harness::eventually("the control is captured", async || capture.holds(texts[1].as_bytes()).then_some(())).await;
        let traffic = capture.finish().await;
        let _ = fs::remove_file(net.scratch().with_extension("pcap"));
        // The control's own packets are found, in one form, and nothing beside it.
        let control = Needles::of(&[&texts[1]]);
        assert_eq!(control.found_in(&traffic), ["UTF-8"], "the search finds what was sent in clear");
        let without = cut_out(&traffic, &texts[1]);
        assert!(without.len() > 10_000, "the nodes said something to each other: {} bytes", without.len());
        assert_eq!(needles.found_in(&without), Vec::<&str>::new(), "an identifier is in the nodes' traffic");
    }

    let mut seen = Vec::new();
    for node in net.nodes() {
        seen.extend(node.api().metrics().await.unwrap().into_bytes());
        let status = node.api().text(path::STATUS).await.unwrap().1;
        let audit = node.api().text(path::AUDIT).await.unwrap().1;
        seen.extend([status, audit].concat().into_bytes());
    }
    assert_eq!(needles.found_in(&seen), Vec::<&str>::new(), "an identifier is in metrics, status or record");
    assert_eq!(needles.found_below(net.scratch()), Vec::new(), "an identifier is on disk while nodes run");
    net.stop().await;
    assert_eq!(needles.found_below(net.scratch()), Vec::new(), "an identifier is on disk");
    assert!(fs::metadata(net[0].log_path()).unwrap().len() > 100, "there are logs to search");

    // Control: the search finds what is planted, in each place and disguise.
    let wide: Vec<u8> = PLANTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let base64 = data_encoding::BASE64.encode(PLANTED.as_bytes()).into_bytes();
    for (number, bytes) in [PLANTED.to_uppercase().into_bytes(), wide, base64].into_iter().enumerate() {
        fs::write(net[1].site.folder.join(format!("store/planted-{number}")), bytes).unwrap();
    }
    assert_eq!(Needles::of(&[PLANTED]).found_below(net.scratch()).len(), 3, "the search finds what is there");
}

/// Everything that a node does with an identifier, good and bad, and restarts of both kinds.
async fn a_day_of_work(net: &mut TestNet) {
    let people = people();
    net[0].publish(&people).await;
    net.all_say(&people[0], Verdict::Listed).await;
    let request = CheckRequest {
        identifiers: people.clone(),
        reference: Some("reference-of-applicant-31".to_owned()),
        watch_days: None,
    };
    let _: serde_json::Value = net[1].api().post(path::CHECK, &request).await.unwrap();
    net[2].api().allow(AllowAction::Add, &people[..3]).await.unwrap();
    let token = TokenRequest { name: "sourcing".to_owned(), scopes: vec![Scope::Check], expires_days: None };
    let token: NewToken = net[1].api().post(path::TOKENS, &token).await.unwrap();
    net[1].api().with_token(&token.token).check(&people).await.unwrap();

    // What is refused is not written down either.
    let mut broken = publish(&people[0]);
    broken.reason = Some(people[1].value.clone());
    net[0].api().state(vec![broken]).await.unwrap_err();
    let misplaced = identifier("bank", &people[0].value);
    net[0].check(&[misplaced, identifier(&people[1].value, "value")]).await;
    let _ = net[0].api().text(&format!("/v1/{}", people[1].value)).await.unwrap();
    let nonsense = net[0].api().request(reqwest::Method::POST, path::CHECK).body(people[1].value.clone());
    assert!(!nonsense.send().await.unwrap().status().is_success());
    for arguments in [["check", "--email"], ["check", "--phone"], ["check", "--wallet"]] {
        let cli = net[0].cli(&[&arguments[..], &[&people[1].value]].concat()).await;
        assert!(!cli.err.contains(&people[1].value), "standard error shows it: {cli:?}");
    }

    net[0].withdraw(&people[1..2]).await;
    net.all_say(&people[1], Verdict::Clear).await;
    net[0].restart().await;
    net[1].kill9().await;
    net[1].start().await;
    for node in &net.nodes()[..2] {
        node.wait_for_verdict(&people[0], Verdict::Listed).await;
    }
    net.converged().await;
}

/// An HTTP request in clear, to nobody in particular.
async fn in_clear(listener: &TcpListener, text: &str) {
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let request = format!("GET /?q={text} HTTP/1.1\r\nhost: control.example\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut read = vec![0; request.len()];
    timeout(Duration::from_secs(10), server.read_exact(&mut read)).await.unwrap().unwrap();
}

/// The bytes without the occurrences of `text`, which are told from the request around it.
fn cut_out(bytes: &[u8], text: &str) -> Vec<u8> {
    let request = format!("GET /?q={text} HTTP/1.1");
    let mut left = bytes.to_vec();
    while let Some(at) = left.windows(request.len()).position(|window| window == request.as_bytes()) {
        left.drain(at..at + request.len());
    }
    left
}
