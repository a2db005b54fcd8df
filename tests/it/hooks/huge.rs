//! Bodies that are far too large, written or unpacked: refused early, and never held in memory.

use std::process::Command;

use harness::TestNode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::greenhouse_net;

/// Two gigabytes.
const HUGE: u64 = 2 * 1_024 * 1_024 * 1_024;
/// KiB by which the node may grow, at the most that it ever had: an application with its largest documents, and room.
const GROWTH_KIB: u64 = 96 * 1_024;
/// What a gzip bomb unpacks to.
const BOMB: &str = "head -c 512M /dev/zero | gzip -9";

fn token(node: &TestNode) -> String {
    std::fs::read_to_string(node.site.folder.join("cli.token")).unwrap().trim().to_owned()
}

/// Sends the head of a request and then zeros until somebody answers; gives the status and how many were sent.
async fn pour(node: &TestNode, path: &str, length: &str, content: &str) -> (u16, u64) {
    let base: url::Url = node.api().base().parse().unwrap();
    let mut stream = TcpStream::connect((base.host_str().unwrap(), base.port().unwrap())).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n{content}\r\n{length}\r\n\r\n",
        base.authority(),
        token(node)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut answer = vec![0; 4_096];
    let zeros = vec![0; 64 * 1_024];
    let chunked = length.contains("chunked");
    let sent = async {
        for round in 0..HUGE / zeros.len() as u64 {
            let mut chunk = if chunked { format!("{:x}\r\n", zeros.len()).into_bytes() } else { Vec::new() };
            chunk.extend_from_slice(&zeros);
            chunk.extend_from_slice(if chunked { b"\r\n" } else { b"" });
            if write.write_all(&chunk).await.is_err() {
                // The node has closed its side: the answer is there.
                return std::future::pending().await;
            }
            if round % 16 == 0 {
                tokio::task::yield_now().await;
            }
        }
        HUGE
    };
    tokio::select! {
        sent = sent => (0, sent),
        count = read.read(&mut answer) => {
            let text = String::from_utf8_lossy(&answer[..count.unwrap_or(0)]).into_owned();
            (text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), 0)
        }
    }
}

#[tokio::test]
async fn two_gigabytes_and_a_gzip_bomb_are_refused_without_being_held() {
    let (net, _) = greenhouse_net(false).await;
    let before = net[0].peak_kib();
    let json = "content-type: application/json";
    let form = "content-type: multipart/form-data; boundary=x";
    for (path, content) in [("/v1/hooks/greenhouse", json), ("/v1/applications", json), ("/v1/applications", form)] {
        for length in [&format!("content-length: {HUGE}"), "transfer-encoding: chunked"] {
            let (status, sent) = pour(&net[0], path, length, content).await;
            assert_eq!(sent, 0, "{path} {length}: all of it was taken");
            let refused = [400, 413].contains(&status);
            assert!(refused && (status == 413 || content == form), "{path} {content} {length}: {status}");
        }
    }

    let bomb = Command::new("sh").args(["-c", BOMB]).output().unwrap().stdout;
    assert!(bomb.len() < 1_024 * 1_024, "small enough to be looked at: {}", bomb.len());
    for path in ["/v1/hooks/greenhouse", "/v1/applications"] {
        // Each on a connection of its own: what was refused unread ends it.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}{path}", net[0].api().base())).bearer_auth(token(&net[0]));
        let request = request.header("content-encoding", "gzip").header("content-type", "application/json");
        let answer = request.body(bomb.clone()).send().await.unwrap();
        assert!([400, 415].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
    }
    let grown = net[0].peak_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB, "the node grew by {grown} KiB");
    assert!(net[0].api().metrics().await.is_ok(), "and goes on");
}
