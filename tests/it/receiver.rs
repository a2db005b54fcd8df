//! A program of the operator's that callbacks are sent to: answers as it is told, keeps its address over its own restarts.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    io::Write as _,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use harness::{PATIENCE, TestNode};

/// Base64 of 24 bytes, as `secret_file` holds it.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One request.
pub(crate) struct Got {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether the `v1` signature is the secret's over id, time and body.
    pub(crate) fn is_signed(&self) -> bool {
        let key = data_encoding::BASE64.decode(SECRET.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let (id, at) = (&self.headers["webhook-id"], &self.headers["webhook-timestamp"]);
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let expected = format!("v1,{}", data_encoding::BASE64.encode(&mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').any(|signature| signature == expected)
    }
}

pub(crate) struct Receiver {
    url: String,
    got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    /// Answers with these statuses in turn, then with 200.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (send, got) = mpsc::unbounded_channel();
        let mut answers: VecDeque<u16> = answers.iter().copied().collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // One at a time, each on a connection of its own, so that answers are given in turn
                if let Some(request) = serve(stream, answers.front().copied().unwrap_or(200)).await {
                    answers.pop_front();
                    if send.send(request).is_err() {
                        return;
                    }
                }
            }
        });
        Self { url, got }
    }

    /// Has a node that does not run tell it of everything.
    pub(crate) fn is_told_by(&self, node: &TestNode) {
        let folder = &node.site.folder;
        fs::write(folder.join("callback.secret"), SECRET).unwrap();
        let mut toml = fs::OpenOptions::new().append(true).open(folder.join("larum.toml")).unwrap();
        writeln!(toml, "\n[[callbacks]]\nurl = \"{}\"\nsecret_file = \"callback.secret\"", self.url).unwrap();
    }

    pub(crate) async fn next(&mut self) -> Got {
        timeout(PATIENCE, self.got.recv()).await.expect("a request in time").expect("the receiver runs")
    }

    /// What arrived and was not asked for yet.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.got.try_recv().is_err()
    }
}

async fn serve(stream: TcpStream, status: u16) -> Option<Got> {
    let mut stream = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    let answer = format!("HTTP/1.1 {status} As told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()?;
    let _ = stream.shutdown().await; // the node may have closed it first
    Some(Got { headers, body: String::from_utf8(body).ok()? })
}
