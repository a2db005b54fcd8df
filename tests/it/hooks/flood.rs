//! Somebody without a token opens very many connections: whoever has one is answered all the same.

use harness::{
    Api, TestNode, email, eventually,
    vendor::{greenhouse, greenhouse_application},
};
use larum_protocol::api::{Verdict, path};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{SECRET, deliver, greenhouse_net};

/// Webhooks that somebody begins and never ends: more than the node answers requests at once.
const SLOW: usize = 600;
/// Connections on which nothing is ever asked: more than the node keeps.
const IDLE: usize = 1_100;

/// Connections to the node, each having sent so much.
async fn connections(node: &TestNode, count: usize, sent: &str) -> Vec<TcpStream> {
    let address = node.api().base().strip_prefix("http://").unwrap().to_owned();
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(sent.replace("HOST", &address).as_bytes()).await.unwrap();
        open.push(stream);
    }
    open
}

/// A client that has no connection from before.
async fn is_answered(node: &TestNode) {
    let token = std::fs::read_to_string(node.site.folder.join("cli.token")).unwrap();
    let api = Api::new(node.api().base().to_owned(), token.trim().to_owned());
    assert_eq!(api.check(&[email("nobody.known")]).await.unwrap().verdict, Verdict::Clear);
    let (status, _) = api.with_token("larum_nobody").text(path::HEALTHZ).await.unwrap();
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i10_webhooks_that_never_end_and_idle_connections_shut_nobody_out() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let (net, _vendor) = greenhouse_net(false).await;

    // given webhooks of which a byte came, and nobody knows who sends them
    let head = "POST /v1/hooks/greenhouse HTTP/1.1\r\nhost: HOST\r\ncontent-length: 100\r\n\r\n{";
    let mut slow = connections(&net[0], SLOW, head).await;
    // then whoever has a token is answered, and so are probes
    is_answered(&net[0]).await;
    // and those for which there is no place are told to come back
    let mut last = Vec::new();
    slow.last_mut().unwrap().read_to_end(&mut last).await.unwrap();
    let last = String::from_utf8(last).unwrap();
    assert!(last.starts_with("HTTP/1.1 503") && last.contains("retry-after: "), "{last}");

    // and given as many connections on which nothing is asked
    let idle = connections(&net[0], IDLE, "").await;
    is_answered(&net[0]).await;

    // and once the slow ones have had their time, a genuine webhook is taken
    let body = greenhouse_application(1, &["jordan@example.com"], &[], None);
    eventually("a genuine webhook is taken", async || {
        let sent = deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body)).await;
        sent.0.is_success().then_some(())
    })
    .await;
    drop((slow, idle));
}
