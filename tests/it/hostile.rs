//! I10: hostile input costs little; I6: forks are proof. A member's key in the wrong hands, against a real node.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::{Founding, MemberKeys, RawPeer, Seeded, TestNet, email, eventually, today, wallet};
use larum_protocol::{
    api::Verdict,
    batch::{Batch, Draft},
    clock::Timestamp,
    hash::Digest,
    kind::{Identifier, Kind},
    log::LogId,
    roster::Policy,
    statement::Statement,
    tag::{Hardening, Salt, Tagger},
    vocabulary::{Evidence, Reason, Role, Stance},
    wire::{Gossip, Message, Request, Response},
};

/// What a node may grow by while it is attacked, in KiB.
const GROWTH_KIB: u64 = 96 * 1024;

/// How hostile bytes reach the node.
enum Sent {
    Gossip(Vec<u8>),
    Request(Vec<u8>),
    /// As the answer to whatever the node asks.
    Answer(Vec<u8>),
}

/// Makes what is sent, from the time and the keys of a member.
type Forge = Box<dyn Fn(u64, &MemberKeys) -> Sent>;

/// One attack: a name, the fault that the node must call it, and the bytes of the `n`th try.
struct Attack {
    name: &'static str,
    fault: &'static str,
    bytes: Forge,
}

fn attack(name: &'static str, fault: &'static str, bytes: impl Fn(u64, &MemberKeys) -> Sent + 'static) -> Attack {
    Attack { name, fault, bytes: Box::new(bytes) }
}

fn attacks(consortium: Digest) -> Vec<Attack> {
    let signed = move |keys: &MemberKeys, n: u64| batch(consortium, keys, None, n, now()).header.bytes().to_vec();
    let noise = |n: u64, bytes: usize| Seeded::new("noise", n).bytes(bytes);
    let header_only = |header: Vec<u8>| Sent::Gossip(Gossip::Batch { header: header.into(), body: None }.to_bytes());
    vec![
        attack("random gossip", "bad-encoding", move |n, _| Sent::Gossip(noise(n, 3_000))),
        attack("random requests", "bad-encoding", move |n, _| Sent::Request(noise(n, 3_000))),
        attack("random answers", "bad-encoding", move |n, _| Sent::Answer(noise(n, 3_000))),
        attack("an absurd count", "bad-encoding", |n, _| {
            let mut bytes = vec![0x82, 1, 0x83, 1, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
            bytes.extend(n.to_be_bytes());
            Sent::Answer(bytes)
        }),
        attack("an absurd length", "bad-encoding", |n, _| {
            let mut bytes = vec![0x82, 1, 0x82, 1, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
            bytes.extend(n.to_be_bytes());
            Sent::Gossip(bytes)
        }),
        attack("deep nesting", "bad-encoding", |n, _| {
            let mut bytes = vec![0x81; 14_000];
            bytes.extend(n.to_be_bytes());
            Sent::Gossip(bytes)
        }),
        attack("an oversized request", "oversize", |n, _| Sent::Request(vec![n as u8; 1024 * 1024])),
        attack("an oversized answer", "oversize", |n, _| Sent::Answer(vec![n as u8; 32 * 1024 * 1024])),
        attack("a flipped bit", "bad-signature", move |n, keys| {
            let mut header = signed(keys, n);
            *header.last_mut().unwrap() ^= 1 << (n % 8);
            header_only(header)
        }),
        attack("no signature", "bad-signature", move |n, keys| {
            let mut header = signed(keys, n);
            let signature = header.len() - 64;
            header[signature..].fill(0);
            header_only(header)
        }),
        attack("a truncated header", "bad-encoding", move |n, keys| {
            let mut header = signed(keys, n);
            header.truncate(header.len() - 1 - (n % 40) as usize);
            header_only(header)
        }),
        attack("another consortium", "wrong-consortium", move |n, keys| {
            header_only(batch(Digest([0x77; 32]), keys, None, n, now()).header.bytes().to_vec())
        }),
        attack("a body of another header", "wrong-body", move |n, keys| {
            let (one, other) =
                (batch(consortium, keys, None, n, now()), batch(consortium, keys, None, n + 1_000, now()));
            let body = other.body.unwrap().to_vec();
            Sent::Gossip(
                Gossip::Batch { header: one.header.bytes().to_vec().into(), body: Some(body.into()) }.to_bytes(),
            )
        }),
        attack("a log of nobody's", "unknown-author", move |n, _| {
            let nobody = larum_protocol::keys::SecretKey::from_seed(&[n as u8; 32]);
            let log = LogId { node: nobody.public(), incarnation: larum_protocol::log::Incarnation([1; 16]) };
            let draft = Draft { log, ..draft(consortium, log, None, now()) };
            header_only(draft.sign(&[statement(n)], &nobody).unwrap().header.bytes().to_vec())
        }),
    ]
}

#[tokio::test]
async fn i10_hostile_input_costs_little_and_each_kind_has_its_name() {
    let count = attacks(Digest([0; 32])).len();
    // One attacker each, because most are banned; and a node that hears itself is enough to be fresh.
    let policy = Policy { fresh_percent: 1, ..Founding::of(1).policy };
    let mut net = TestNet::lay(&Founding { policy, ..Founding::of(count + 2) });
    net[0].start().await;
    net[1].start().await;
    let person = email("before.the.storm");
    net[1].publish(std::slice::from_ref(&person)).await;
    net[0].wait_for_verdict(&person, Verdict::Listed).await;
    let (calm, pid) = (net[0].resident_kib(), net[0].pid());

    for (number, attack) in attacks(net.consortium.id()).into_iter().enumerate() {
        let keys = &net.consortium.members[number + 2];
        let mut peer = RawPeer::of(&net.consortium, number + 2, 0);
        peer.connected().await;
        let before = faults(&net, attack.fault).await;
        let mut tries = 0;
        let what = format!("{} is called {}", attack.name, attack.fault);
        eventually(&what, async || {
            tries += 1;
            send(&mut peer, (attack.bytes)(tries, keys)).await;
            (faults(&net, attack.fault).await > before).then_some(())
        })
        .await;
        eprintln!("{}: called {} at try {tries}", attack.name, attack.fault);
    }

    assert_eq!(net[0].pid(), pid, "the process goes on");
    let grown = net[0].resident_kib().saturating_sub(calm);
    eprintln!("i10: resident memory grew by {grown} KiB from {calm} KiB over {count} attacks");
    assert!(grown < GROWTH_KIB, "resident memory grew by {grown} KiB from {calm} KiB");
    assert_eq!(net[0].verdict(&person).await, Verdict::Listed);
    let after = email("after.the.storm");
    net[1].publish(std::slice::from_ref(&after)).await;
    net[0].wait_for_verdict(&after, Verdict::Listed).await;
}

#[tokio::test]
async fn i10_hostile_input_costs_little_when_it_is_repeated() {
    let mut net = TestNet::lay(&Founding::of(3));
    net[0].start().await;
    let keys = &net.consortium.members[1];
    let mut peer = RawPeer::of(&net.consortium, 1, 0);
    peer.connected().await;
    peer.gossiping().await;
    let first = batch(net.consortium.id(), keys, None, 1, now());
    peer.holds = vec![first.clone()];
    eventually("the batch is taken", async || {
        peer.gossip_batch(&first);
        peer.run_until(Duration::from_millis(200), |_| false).await;
        (counter(&net, "larum_batches_verified_total").await == 1).then_some(())
    })
    .await;

    // An honest gossip network would not send it twice: each of these peers is new and remembers nothing.
    for member in [1, 2, 1, 2] {
        drop(peer);
        peer = RawPeer::of(&net.consortium, member, 0);
        peer.holds = vec![first.clone()];
        peer.connected().await;
        peer.gossiping().await;
        peer.gossip_batch(&first);
        peer.run_until(Duration::from_secs(1), |_| false).await;
    }
    assert_eq!(counter(&net, "larum_batches_verified_total").await, 1, "a replay is stored once");
    assert_eq!(net[0].status().await.peers, 1, "repeating oneself is no crime");
}

#[tokio::test]
async fn a_batch_from_a_clock_an_hour_ahead_waits_and_does_not_count_yet() {
    let mut net = TestNet::lay(&Founding::of(2));
    net[0].start().await;
    let keys = net.consortium.members[1].clone();
    let mut peer = RawPeer::of(&net.consortium, 1, 0);
    peer.connected().await;
    peer.gossiping().await;
    let consortium = net.consortium.id();
    let (present, future) = (wallet(1), wallet(2));
    let about = |number: u64| tagged(&net, number);
    let first = sign(consortium, &keys, None, now(), about(1));
    let hour = Timestamp(now().0 + 3_600_000);
    let head = Some((first.header.seq, first.header.id()));
    let second = sign(consortium, &keys, head, hour, about(2));

    peer.holds = vec![first.clone(), second.clone()];

    // Control: the one that is dated now is listed at once.
    eventually("the present counts", async || {
        for batch in [&first, &second] {
            peer.gossip_batch(batch);
            peer.run_until(Duration::from_millis(150), |_| false).await;
        }
        (net[0].verdict(&present).await == Verdict::Listed).then_some(())
    })
    .await;

    peer.run_until(Duration::from_secs(2), |_| false).await;
    assert_ne!(net[0].verdict(&future).await, Verdict::Listed, "the future does not count yet");
    assert_eq!(net[0].status().await.peers, 1, "a wrong clock is no crime");
}

#[tokio::test]
async fn i6_forks_are_proof_and_what_was_said_before_keeps_counting() {
    let mut net = TestNet::lay(&Founding::of(3));
    net[0].start().await;
    net[1].start().await;
    let keys = net.consortium.members[2].clone();
    let mut peer = RawPeer::of(&net.consortium, 2, 0);
    peer.connected().await;
    peer.gossiping().await;
    let consortium = net.consortium.id();
    let first = sign(consortium, &keys, None, now(), tagged(&net, 1));
    let head = Some((first.header.seq, first.header.id()));
    let stories = [2, 3].map(|number| sign(consortium, &keys, head, now(), tagged(&net, number)));

    peer.holds = vec![first.clone(), stories[0].clone()];

    let node = &net[0];
    eventually("both stories are told and proven", async || {
        for batch in [&first, &stories[0], &stories[1]] {
            peer.gossip_batch(batch);
            peer.run_until(Duration::from_millis(150), |_| false).await;
        }
        (!node.status().await.coverage.forked.is_empty()).then_some(())
    })
    .await;

    // The proof is passed on; both agree, whichever branch they saw first.
    peer.meanwhile(async {
        for node in &net.nodes()[..2] {
            node.wait_until("the fork is known", |status| (status.coverage.forked.len() == 1).then_some(())).await;
            node.wait_for_verdict(&wallet(1), Verdict::Listed).await;
            for later in [2, 3] {
                node.wait_for_verdict(&wallet(later), Verdict::Unknown).await;
            }
            let answer = node.check(&[wallet(99)]).await;
            assert_eq!(answer.verdict, Verdict::Unknown, "a miss is not clear while a log is forked");
        }
    })
    .await;
    let logs = net[1].api().logs().await.unwrap().logs;
    assert!(logs.iter().any(|log| log.forked_at == Some(2)), "{logs:?}");
}

async fn send(peer: &mut RawPeer, sent: Sent) {
    match sent {
        Sent::Gossip(bytes) => {
            if peer.run_until(Duration::from_secs(5), |peer| peer.gossips).await {
                peer.gossip(bytes);
            }
        }
        // How it ends is the node's business; that it ends is all.
        Sent::Request(bytes) => drop(peer.ask(bytes).await),
        Sent::Answer(bytes) => peer.answer = Some(bytes),
    }
    if peer.answer.is_some() {
        // An answer needs a question: heads that differ make the node ask.
        let differs = Request::Heads { digest: Digest([9; 32]), after: None };
        let _: Option<Option<Response>> = Some(peer.ask_for(&differs).await);
    }
    peer.run_until(Duration::from_millis(300), |_| false).await;
}

async fn faults(net: &TestNet, fault: &str) -> u64 {
    counter(net, &format!("larum_batches_refused_total{{fault=\"{fault}\"}}")).await
}

async fn counter(net: &TestNet, name: &str) -> u64 {
    let metrics = net[0].api().metrics().await.unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.trim().parse().unwrap())
}

fn batch(consortium: Digest, keys: &MemberKeys, head: Option<(u64, Digest)>, number: u64, issued: Timestamp) -> Batch {
    sign(consortium, keys, head, issued, statement(number))
}

fn sign(
    consortium: Digest,
    keys: &MemberKeys,
    head: Option<(u64, Digest)>,
    issued: Timestamp,
    statement: Statement,
) -> Batch {
    draft(consortium, keys.log(0, 1), head, issued).sign(&[statement], &keys.node_key(0)).unwrap()
}

fn draft(consortium: Digest, log: LogId, head: Option<(u64, Digest)>, issued: Timestamp) -> Draft {
    Draft { consortium, log, head, floor: 1, issued, epoch: 1, continues: None }
}

fn statement(number: u64) -> Statement {
    let mut subject = [0x31; 32];
    subject[..8].copy_from_slice(&number.to_be_bytes());
    Statement {
        subject: larum_protocol::tag::Tag(subject),
        derived: Vec::new(),
        kind: Kind::Wallet.number(),
        stance: Stance::Assert,
        revision: 1,
        role: Role::ActorControlled,
        reason: Reason::ArtReuse,
        evidence: Evidence::Confirmed,
        origin: None,
        re: None,
        observed: today(),
        expires: today().plus(300),
        keep_until: today().plus(300),
    }
}

/// The statement about the wallet of a number, with the tags that every member would compute.
fn tagged(net: &TestNet, number: u64) -> Statement {
    let (epoch, salt) = net.consortium.salt();
    let tagger = Tagger::new(&Salt::new(salt), epoch, Kind::Wallet, Hardening::Nothing);
    let about = wallet(number);
    let mut identifier = Identifier::new(Kind::Wallet, about.value);
    identifier.asset = about.asset;
    let tags = tagger.tags(&identifier.canonical().unwrap()).unwrap();
    Statement { subject: tags.subject, derived: tags.derived, ..statement(number) }
}

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}
