//! I1 for stewards: nothing that a steward receives, and nothing on the wire, repeats when the same identifier is asked
//! about again, and publishing looks like checking.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex},
};

use harness::{Capture, P2P_PORT, RawPeer, Seeded, TestNet, email, phone, play_steward, share_of};
use larum_protocol::{
    api::{Identifier, Verdict},
    oprf::Element,
    signed::{Signed, SignedObject as _},
    steward::{Asked, Evaluated, Question, Reply},
    wire::Message as _,
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{PLENTY, split};

/// A run of bytes that would be an element, a tag or a hash.
const RUN: usize = 32;

#[tokio::test]
async fn i1_a_steward_receives_nothing_twice_and_cannot_tell_publishing_from_checking() {
    let mut net = split(3, 2, 2).await;
    net[1].stop().await;
    let (key, share) = (net.consortium.members[1].node_key(0), share_of(&net.consortium, &net[1].site));
    let consortium = net.consortium.id();
    let mut peer = RawPeer::of(&net.consortium, 1, 2);
    let received: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let kept = Arc::clone(&received);
    // A steward that keeps all it is told, and answers well.
    let playing = play_steward(peer.questions(), move |question| {
        let Question::Evaluate(asked) = question else { return None };
        let evaluation = share.evaluate(&asked.elements, &mut StdRng::from_seed([3; 32])).expect("elements");
        let number = share.number().get();
        let (version, steward, digest) = (Evaluated::VERSION, key.public(), asked.digest());
        let answer = Evaluated { version, consortium, steward, asked: digest, number, evaluation };
        kept.lock().unwrap().push(asked);
        Some(Reply::Evaluated { signed: Signed::sign(answer, &key).bytes().to_vec().into(), left: PLENTY }.to_bytes())
    });
    peer.connected().await;
    peer.meanwhile(net[2].wait_for_peer("Employer 2")).await;
    let (one, other) = (email("asked.about.twice"), phone(202, 71));
    let work = async {
        net[2].publish(std::slice::from_ref(&one)).await;
        for _ in 0..2 {
            assert_eq!(net[2].verdict(&one).await, Verdict::Listed);
            assert_eq!(net[2].verdict(&other).await, Verdict::Clear);
        }
        let many: Vec<Identifier> = (0..5).map(|number| email(&format!("one.of.five.{number}"))).collect();
        net[2].publish(&many).await;
        net[2].check(&many).await;
        net[2].check(&many).await;
    };
    peer.meanwhile(work).await;
    playing.abort();

    let received = received.lock().unwrap();
    let sizes: Vec<usize> = received.iter().map(|asked| asked.elements.len()).collect();
    assert_eq!(sizes, [4, 4, 4, 4, 4, 32, 32, 32], "published, checked, of one or two kinds: filled up the same");
    let lengths: HashSet<usize> =
        received[..5].iter().map(|asked| Question::Evaluate(asked.clone()).to_bytes().len()).collect();
    assert_eq!(lengths.len(), 1, "and of the same bytes");
    let elements: Vec<Element> = received.iter().flat_map(|asked| asked.elements.iter().copied()).collect();
    let distinct: HashSet<[u8; 32]> = elements.iter().map(|element| element.0).collect();
    assert_eq!(distinct.len(), elements.len(), "no element comes twice");
    assert_eq!(elements.len(), 5 * 4 + 3 * 32);
}

#[tokio::test]
async fn i1_nothing_on_the_wire_repeats_when_the_same_identifier_is_asked_about_twice() {
    let net = split(4, 2, 3).await;
    let about = email("asked.about.twice");
    net[0].publish(std::slice::from_ref(&about)).await;
    net.all_say(&about, Verdict::Listed).await;
    let planted = Seeded::new("planted", 11).bytes(2 * RUN);
    let Some(first) = captured(&net, &about, &planted, "first").await else { return };
    let Some(second) = captured(&net, &about, &planted, "second").await else { return };
    let bytes = |payloads: &[Vec<u8>]| payloads.iter().map(Vec::len).sum::<usize>();
    assert!(bytes(&first) > 500 && bytes(&second) > 500, "the nodes said something: {} bytes", bytes(&first));
    let repeated = repeated(&first, &second);
    eprintln!("captured {} and {} bytes of payload", bytes(&first), bytes(&second));
    // Control: what was planted in both is found, at each of its places, and nothing else is.
    assert!(repeated.len() == RUN + 1, "{} runs repeat; those planted are {}", repeated.len(), RUN + 1);
    assert!(repeated.iter().all(|run| memchr::memmem::find(&planted, run).is_some()), "nothing but what was planted");
}

/// The payloads of one check at a node that has to ask two stewards, and of what is planted.
async fn captured(net: &TestNet, about: &Identifier, planted: &[u8], name: &str) -> Option<Vec<Vec<u8>>> {
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [P2P_PORT, control.local_addr().unwrap().port()];
    let hosts: Vec<_> =
        net.consortium.members.iter().map(|member| member.address(0)).chain([[127, 0, 0, 1].into()]).collect();
    let path = net.scratch().join(format!("{name}.pcap"));
    let capture = Capture::start_among(&path, &ports, &hosts).await?;
    assert_eq!(net[3].verdict(about).await, Verdict::Listed);
    let mut client = TcpStream::connect(control.local_addr().unwrap()).await.unwrap();
    let (mut server, _) = control.accept().await.unwrap();
    client.write_all(planted).await.unwrap();
    server.read_exact(&mut vec![0; planted.len()]).await.unwrap();
    harness::eventually("the control is captured", async || capture.holds(planted).then_some(())).await;
    capture.finish().await;
    Some(payloads(&path))
}

/// Every run of [`RUN`] bytes of the first that occurs in the second.
fn repeated(first: &[Vec<u8>], second: &[Vec<u8>]) -> HashSet<Vec<u8>> {
    let runs: HashSet<&[u8]> = first.iter().flat_map(|payload| payload.windows(RUN)).collect();
    second
        .iter()
        .flat_map(|payload| payload.windows(RUN))
        .filter(|run| runs.contains(run))
        .map(<[u8]>::to_vec)
        .collect()
}

/// The TCP payloads of a capture in the file format pcap, of an Ethernet that is loopback.
fn payloads(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).expect("tshark wrote it");
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    assert!(matches!(u32_at(0), 0xa1b2_c3d4 | 0xa1b2_3c4d), "a capture of this machine's byte order");
    assert_eq!(u32_at(20), 1, "Ethernet");
    let (mut at, mut payloads) = (24, Vec::new());
    while at + 16 <= bytes.len() {
        let packet = &bytes[at + 16..at + 16 + u32_at(at + 8)];
        at += 16 + packet.len();
        let network = &packet[14..];
        let (header, total) =
            (usize::from(network[0] & 15) * 4, usize::from(network[2]) << 8 | usize::from(network[3]));
        let transport = &network[header..total];
        payloads.push(transport[usize::from(transport[12] >> 4) * 4..].to_vec());
    }
    payloads.retain(|payload| !payload.is_empty());
    payloads
}
