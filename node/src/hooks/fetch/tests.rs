//! What may be dialled, asserted where it is dialled.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::HashMap, io, net::SocketAddr};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;

const BOUNDS: Bounds = Bounds { bytes: 1_000, time: Duration::from_secs(5) };

/// A network whose names answer as a test says, each time the next, and which writes down what is dialled. Public
/// addresses lead to a server on loopback.
#[derive(Default)]
struct Scripted {
    names: Mutex<HashMap<String, Vec<&'static str>>>,
    dialled: Mutex<Vec<SocketAddr>>,
    server: Option<SocketAddr>,
}

impl Network for Scripted {
    fn lookup(&self, host: String, port: u16) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let mut names = self.names.lock();
            let answers = names.get_mut(&host).ok_or(io::ErrorKind::NotFound)?;
            let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
            Ok(answer.split(' ').map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).collect())
        })
    }

    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        self.dialled.lock().push(address);
        Box::pin(async { TcpStream::connect(self.server.ok_or(io::ErrorKind::ConnectionRefused)?).await })
    }
}

fn client(network: &Arc<Scripted>, hosts: &[&str], local: &[&str]) -> Fetch {
    let parse = |rules: &[&str]| rules.iter().map(|rule| HostRule::parse(rule).unwrap()).collect();
    let rules = Rules { hosts: parse(hosts), local: parse(local) };
    Fetch::new(rules, Arc::clone(network) as _, tls())
}

fn named(name: &str, answers: &[&'static str]) -> Arc<Scripted> {
    Arc::new(Scripted {
        names: Mutex::new(HashMap::from([(name.to_owned(), answers.to_vec())])),
        ..Scripted::default()
    })
}

/// Answers each connection with the next text and closes it.
async fn serve(answers: Vec<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn nothing_that_is_not_public_is_dialled_whatever_the_address_looks_like() {
    // Even where a careless rule allows the host, only the exact local place may be private.
    for url in [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://0.0.0.0/",
    ] {
        let network = Arc::new(Scripted::default());
        let url: Url = url.parse().unwrap();
        let host = url.host_str().unwrap().to_owned();
        for hosts in [&["files.example.com"][..], &[host.as_str()]] {
            let reply = client(&network, hosts, &["127.0.0.1:8123"]).follow(Ask::get(url.clone()), BOUNDS).await;
            assert!(matches!(reply, Err(FetchError::Forbidden(_))), "{url} {hosts:?}: {:?}", reply.err());
        }
        assert_eq!(*network.dialled.lock(), [], "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_dialled() {
    for answer in ["127.0.0.1", "169.254.169.254", "10.1.2.3", "fd00::1", "::ffff:10.0.0.1", "100.64.0.1"] {
        let network = named("files.example.com", &[answer]);
        let url = "https://files.example.com/resume.pdf".parse().unwrap();
        let reply = client(&network, &["files.example.com"], &[]).follow(Ask::get(url), BOUNDS).await;
        assert!(matches!(reply, Err(FetchError::Forbidden(_))), "{answer}: {:?}", reply.err());
        assert_eq!(*network.dialled.lock(), [], "{answer}");
    }
}

#[tokio::test]
async fn of_a_name_with_both_only_the_public_address_is_dialled() {
    let network = named("files.example.com", &["10.0.0.1 1.1.1.1 127.0.0.1"]);
    let url = "https://files.example.com/".parse().unwrap();
    let reply = client(&network, &["files.example.com"], &[]).follow(Ask::get(url), BOUNDS).await;
    assert!(matches!(reply, Err(FetchError::Unreachable)), "{:?}", reply.err());
    assert_eq!(*network.dialled.lock(), ["1.1.1.1:443".parse().unwrap()]);
}

#[tokio::test]
async fn a_name_that_answers_differently_the_second_time_leads_nowhere_private() {
    // Given a name that is public when it is first asked, and loopback from then on
    let network = named("files.example.com", &["1.1.1.1", "127.0.0.1"]);
    let fetch = client(&network, &["files.example.com"], &[]);
    let ask = || Ask::get("https://files.example.com/".parse().unwrap());
    // when it is asked twice
    let first = fetch.follow(ask(), BOUNDS).await;
    let second = fetch.follow(ask(), BOUNDS).await;
    // then what was looked at is what was dialled, and the second answer was looked at again
    assert!(matches!(first, Err(FetchError::Unreachable)), "{:?}", first.err());
    assert!(matches!(second, Err(FetchError::Forbidden(_))), "{:?}", second.err());
    assert_eq!(*network.dialled.lock(), ["1.1.1.1:443".parse().unwrap()]);
}

#[tokio::test]
async fn a_redirect_passes_the_guard_like_a_first_request() {
    for target in [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:9/",
        "https://[::1]/",
        "https://elsewhere.example.net/",
        "file:///etc/passwd",
        "//10.0.0.1/x",
    ] {
        let server = serve(vec![redirect(target)]).await;
        let network = Arc::new(Scripted { server: Some(server), ..Scripted::default() });
        let fetch = client(&network, &[], &["127.0.0.1:8123"]);
        let reply = fetch.follow(Ask::get("http://127.0.0.1:8123/x".parse().unwrap()), BOUNDS).await;
        assert!(matches!(reply, Err(FetchError::Forbidden(_))), "{target}: {:?}", reply.err());
        assert_eq!(*network.dialled.lock(), ["127.0.0.1:8123".parse().unwrap()], "{target}");
    }
}

#[tokio::test]
async fn a_redirect_within_the_rules_is_followed_and_takes_no_credential_along() {
    let server = serve(vec![redirect("http://127.0.0.1:8124/y"), ok("here")]).await;
    let network = Arc::new(Scripted { server: Some(server), ..Scripted::default() });
    let fetch = client(&network, &[], &["127.0.0.1:8123", "127.0.0.1:8124"]);
    let mut ask = Ask::get("http://127.0.0.1:8123/x".parse().unwrap());
    ask.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    let reply = fetch.follow(ask, BOUNDS).await.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &b"here"[..]));
}

#[tokio::test]
async fn an_answer_that_never_stops_redirecting_is_given_up() {
    let server = serve(vec![redirect("/again"); 10]).await;
    let network = Arc::new(Scripted { server: Some(server), ..Scripted::default() });
    let reply = client(&network, &[], &["127.0.0.1:8123"])
        .follow(Ask::get("http://127.0.0.1:8123/x".parse().unwrap()), BOUNDS)
        .await;
    assert!(matches!(reply, Err(FetchError::Forbidden(_))), "{:?}", reply.err());
    assert_eq!(network.dialled.lock().len(), REDIRECTS_MAX + 1);
}

#[tokio::test]
async fn an_answer_is_bounded_in_bytes_and_time_and_is_never_decompressed() {
    let large = ok(&"x".repeat(BOUNDS.bytes + 1));
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx".to_owned();
    let silent = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx".to_owned();
    for (answer, expected) in [(large, "Large"), (gzip, "Compressed"), (silent, "Unreachable")] {
        let server = serve(vec![answer]).await;
        let network = Arc::new(Scripted { server: Some(server), ..Scripted::default() });
        let ask = Ask::get("http://127.0.0.1:8123/x".parse().unwrap());
        let reply = client(&network, &[], &["127.0.0.1:8123"]).send(ask, BOUNDS).await;
        assert_eq!(format!("{:?}", reply.err().unwrap()), expected);
    }
    // A server that accepts and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let network = Arc::new(Scripted { server: Some(listener.local_addr().unwrap()), ..Scripted::default() });
    let bounds = Bounds { time: Duration::from_millis(50), ..BOUNDS };
    let ask = Ask::get("http://127.0.0.1:8123/x".parse().unwrap());
    let reply = client(&network, &[], &["127.0.0.1:8123"]).send(ask, bounds).await;
    assert!(matches!(reply, Err(FetchError::Slow)), "{:?}", reply.err());
}

/// A server with a certificate of its own for `files.example.com`, and a client's settings that trust it.
async fn secure_server() -> (SocketAddr, rustls::ClientConfig) {
    let made = rcgen::generate_simple_self_signed(vec!["files.example.com".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let trusts = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust it goes away here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(ok("over TLS").as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (address, trusts)
}

#[tokio::test]
async fn a_public_host_is_asked_by_tls_and_has_to_prove_its_name() {
    let (server, trusts) = secure_server().await;
    let names = ["files.example.com", "other.example.com"].map(|name| (name.to_owned(), vec!["1.1.1.1"]));
    let network =
        Arc::new(Scripted { names: Mutex::new(HashMap::from(names)), server: Some(server), ..Scripted::default() });
    let rules = || Rules { hosts: vec![HostRule::parse("*.example.com").unwrap()], ..Rules::default() };
    let get = |name: &str| Ask::get(format!("https://{name}/resume.pdf").parse().unwrap());
    let fetch = Fetch::new(rules(), Arc::clone(&network) as _, trusts);
    let reply = fetch.follow(get("files.example.com"), BOUNDS).await.unwrap();
    assert_eq!(&reply.body[..], b"over TLS");
    // The certificate is another host's, or nobody vouches for it.
    let other_name = fetch.follow(get("other.example.com"), BOUNDS).await;
    let untrusted = Fetch::new(rules(), network, tls()).follow(get("files.example.com"), BOUNDS).await;
    for refused in [other_name, untrusted] {
        assert!(matches!(refused, Err(FetchError::Unreachable)), "{:?}", refused.err());
    }
}
