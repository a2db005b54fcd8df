//! I8 and I7 for stewards: whatever a steward says but a proven answer, nobody is cleared; and who is not a member any more
//! is evaluated nothing.

use std::sync::{Arc, Mutex};

use harness::{RawPeer, Seeded, TestNet, ask_steward, email, play_steward, publish, random_elements, share_of};
use larum_protocol::{
    api::{Identifier, Verdict},
    hash::Digest,
    oprf::Element,
    roster::{MemberStatus, NodeStatus, SignedRoster},
    signed::{Signed, SignedObject as _},
    steward::{Asked, Evaluated, NotNow, Question, Reply},
    wire::{List, Message as _},
};
use rand::{SeedableRng as _, rngs::StdRng};

use super::{PLENTY, split, split_of, why_unknown};

/// What the second of two stewards may say instead of an answer.
fn words() -> Vec<(&'static str, Vec<u8>)> {
    let not_now = [
        ("no share", NotNow::NoShare),
        ("no ceremony", NotNow::NoCeremony),
        ("not yet", NotNow::NotYet),
        ("other dealings", NotNow::OtherDealings),
        ("no part", NotNow::NoPart),
        ("its disk", NotNow::Disk),
        ("no element", NotNow::BadElement),
        ("stuck", NotNow::Stuck),
        ("cannot deal", NotNow::CannotDeal),
    ];
    let mut words: Vec<_> = not_now.map(|(name, why)| (name, Reply::NotNow(why).to_bytes())).into();
    words.extend([
        ("over budget", Reply::OverBudget { left: 3, seconds: 61 }.to_bytes()),
        ("a dealing", Reply::Dealt(vec![1; 40].into()).to_bytes()),
        ("a value", Reply::Secret(vec![1; 40].into()).to_bytes()),
        ("an acknowledgement", Reply::Acknowledged(vec![1; 40].into()).to_bytes()),
        ("an unreadable answer", Reply::Evaluated { signed: vec![7; 300].into(), left: 9 }.to_bytes()),
        ("an empty answer", Reply::Evaluated { signed: Vec::new().into(), left: 9 }.to_bytes()),
        ("nothing", Vec::new()),
        ("noise", Seeded::new("noise", 8).bytes(600)),
        ("too much", vec![0; 80 * 1024]),
    ]);
    words
}

/// What a liar makes of an answer.
type Forge = fn(Evaluated) -> Evaluated;
/// What is asked for in place of what could be.
type Change = fn(&mut Asked);

#[tokio::test]
async fn i8_unknown_is_not_clear_whatever_a_steward_says_but_a_proven_answer() {
    let mut net = split(3, 2, 2).await;
    let (reported, stranger) = (email("said.by.two"), email("never.heard.of"));
    net[0].publish(std::slice::from_ref(&reported)).await;
    net[2].wait_for_verdict(&reported, Verdict::Listed).await;
    net[1].stop().await;
    let (key, share) = (net.consortium.members[1].node_key(0), share_of(&net.consortium, &net[1].site));
    let consortium = net.consortium.id();
    let honest = move |asked: &Asked| {
        let evaluation = share.evaluate(&asked.elements, &mut StdRng::from_seed([3; 32])).expect("elements");
        Evaluated {
            version: Evaluated::VERSION,
            consortium,
            steward: key.public(),
            asked: asked.digest(),
            number: share.number().get(),
            evaluation,
        }
    };
    let signer = net.consortium.members[1].node_key(0);
    let sealed = move |answer: Evaluated| {
        Reply::Evaluated { signed: Signed::sign(answer, &signer).bytes().to_vec().into(), left: PLENTY }.to_bytes()
    };
    // What is signed and proven, but not for what the asker means.
    let forge: [(&str, Forge); 5] = [
        ("another number", |answer| Evaluated { number: 1, ..answer }),
        ("another consortium", |answer| Evaluated { consortium: Digest([5; 32]), ..answer }),
        ("another version", |answer| Evaluated { version: 2, ..answer }),
        ("too few elements", |mut answer| {
            answer.evaluation.elements.pop();
            answer
        }),
        ("elements that are none", |mut answer| {
            answer.evaluation.elements[0] = Element([0xff; 32]);
            answer
        }),
    ];
    type Play = Box<dyn FnMut(&Asked) -> Vec<u8> + Send>;
    let silent: Play = Box::new(|_| Vec::new());
    let says = Arc::new(Mutex::new(silent));
    let mut peer = RawPeer::of(&net.consortium, 1, 2);
    let spoken = Arc::clone(&says);
    let playing = play_steward(peer.questions(), move |question| {
        let Question::Evaluate(asked) = question else { return Some(Vec::new()) };
        let answer = (spoken.lock().unwrap())(&asked);
        Some(answer)
    });
    peer.connected().await;
    peer.meanwhile(net[2].wait_for_peer("Employer 2")).await;
    let tries = async {
        let heads = net[2].status().await.coverage.heads;
        for (name, answer) in words() {
            *says.lock().unwrap() = Box::new(move |_| answer.clone());
            is_unknown(&net, name, [&reported, &stranger]).await;
        }
        for (name, forge) in forge {
            let (honest, sealed) = (honest.clone(), sealed.clone());
            *says.lock().unwrap() = Box::new(move |asked| sealed(forge(honest(asked))));
            is_unknown(&net, name, [&reported, &stranger]).await;
        }
        let cli = net[2].cli(&["check", "--email", &stranger.value]).await;
        assert_eq!(cli.code, Some(3), "{cli:?}");
        assert_eq!(net[2].status().await.coverage.heads, heads, "nothing was published");
        // Control: with the proven answer both are answered.
        *says.lock().unwrap() = Box::new(move |asked| sealed(honest(asked)));
        assert_eq!(net[2].verdict(&reported).await, Verdict::Listed);
        assert_eq!(net[2].verdict(&stranger).await, Verdict::Clear);
        net[2].publish(&[email("with.the.proven.answer")]).await;
    };
    peer.meanwhile(tries).await;
    playing.abort();
}

async fn is_unknown(net: &TestNet, name: &str, about: [&Identifier; 2]) {
    for about in about {
        let why = why_unknown(&net[2].check(std::slice::from_ref(about)).await);
        assert!(why.contains("2 stewards are needed and 1 can help: Employer 2: "), "{name}: {why}");
    }
    let refused = net[2].api().state(vec![publish(about[1])]).await.expect_err("no tag can be made");
    assert!(format!("{refused:?}").contains("stewards are needed"), "{name}: {refused:?}");
}

#[tokio::test]
async fn i8_unknown_is_not_clear_where_stewards_have_lost_their_shares() {
    let mut net = split(3, 2, 3).await;
    let (reported, stranger) = (email("said.before.the.loss"), email("never.heard.of"));
    net[0].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;
    for node in [1, 2] {
        net[node].stop().await;
        net[node].site.change_secrets(|secrets| secrets.stewardship = Default::default());
        net[node].start().await;
    }
    net.settled().await;
    for node in net.nodes() {
        for about in [&reported, &stranger] {
            let why = why_unknown(&node.check(std::slice::from_ref(about)).await);
            assert!(why.contains("it holds no share of this epoch and generation"), "{why}");
        }
    }
}

/// What a member's key gets of a steward for one element.
async fn evaluated(
    net: &TestNet,
    peer: &mut RawPeer,
    steward: usize,
    change: impl FnOnce(&mut Asked),
) -> Option<Reply> {
    let (epoch, stewards) = net.consortium.stewards();
    let elements = random_elements(&mut StdRng::from_seed([9; 32]), 1);
    let elements = List::of(elements.elements().iter().copied());
    let mut asked = Asked { epoch, generation: stewards.generation, elements };
    change(&mut asked);
    let key = net.consortium.members[steward].node_key(0).public();
    let handle = peer.net();
    peer.meanwhile(ask_steward(handle, key, &Question::Evaluate(asked))).await
}

/// What is left of the day by a steward's own word, by asking for one element more.
async fn left(net: &TestNet, peer: &mut RawPeer) -> u64 {
    match evaluated(net, peer, 0, |_| {}).await {
        Some(Reply::Evaluated { left, .. }) => left,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_steward_evaluates_nothing_that_the_roster_does_not_say() {
    let mut net = split_of(&harness::Founding::of(4), 2, 3, 3_000).await;
    net[3].stop().await;
    let mut peer = RawPeer::of(&net.consortium, 3, 0);
    peer.connected().await;
    let before = left(&net, &mut peer).await;
    let changes: [(&str, Change); 5] = [
        ("an older generation", |asked| asked.generation -= 1),
        ("a later generation", |asked| asked.generation += 1),
        ("an epoch without stewards", |asked| asked.epoch -= 1),
        ("a later epoch", |asked| asked.epoch += 1),
        ("the last epoch there can be", |asked| asked.epoch = u32::MAX),
    ];
    for (name, change) in changes {
        let reply = evaluated(&net, &mut peer, 0, change).await;
        assert_eq!(reply, Some(Reply::NotNow(NotNow::NoShare)), "{name}");
    }
    assert_eq!(left(&net, &mut peer).await, before - 1, "none of that was charged");
    // What is no element, and the identity, is charged and not evaluated.
    for element in [[0xff; 32], [0; 32]] {
        let reply = evaluated(&net, &mut peer, 0, |asked| asked.elements = List::of([Element(element)])).await;
        assert_eq!(reply, Some(Reply::NotNow(NotNow::BadElement)));
    }
    let reply = evaluated(&net, &mut peer, 0, |asked| asked.elements = List::of([])).await;
    assert!(!matches!(reply, Some(Reply::Evaluated { .. })), "of nothing: {reply:?}");
    // What cannot be read ends without an answer, and the steward goes on.
    let (key, handle) = (net.consortium.members[0].node_key(0).public(), peer.net());
    for bytes in
        [Vec::new(), vec![0xff; 1_000], vec![0x82, 1, 0x82, 0, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
    {
        let answer = peer.meanwhile(handle.ask(key.0, bytes.into())).await;
        assert!(answer.is_err(), "{answer:?}");
    }
    assert_eq!(left(&net, &mut peer).await, before - 4);

    // In a ceremony nobody but its part is given a value, and nobody outside makes it go wrong.
    let plan = net.consortium.plan_shares(2, &[0, 1, 2], &[1, 2]);
    net.apply(&plan).await;
    net.acknowledged(1).await;
    let ceremony = plan.roster().plan.as_ref().unwrap().ceremony(&net.consortium.id());
    for seen in [Digest([0; 32]), Digest([9; 32])] {
        let question = Question::Secret { ceremony, seen };
        let reply = peer.meanwhile(ask_steward(handle.clone(), key, &question)).await;
        assert_eq!(reply, Some(Reply::NotNow(NotNow::NoPart)));
    }
    let question = Question::Acknowledge { ceremony: Digest([1; 32]) };
    let reply = peer.meanwhile(ask_steward(handle.clone(), key, &question)).await;
    assert_eq!(reply, Some(Reply::NotNow(NotNow::NoCeremony)));
}

#[tokio::test]
async fn i7_a_member_that_a_roster_suspends_or_removes_is_evaluated_nothing_any_more() {
    let mut net = split(5, 2, 3).await;
    net[3].stop().await;
    net[4].stop().await;
    let (mut suspended, mut retired) = (RawPeer::of(&net.consortium, 3, 0), RawPeer::of(&net.consortium, 4, 0));
    for peer in [&mut suspended, &mut retired] {
        peer.connected().await;
        let reply = evaluated(&net, peer, 0, |_| {}).await;
        assert!(matches!(reply, Some(Reply::Evaluated { .. })), "a member: {reply:?}");
    }

    let roster = net.consortium.set_status(3, MemberStatus::Suspended);
    in_force(&net, &roster, [&mut suspended, &mut retired]).await;
    nothing(&net, &mut suspended, "suspended").await;
    let reply = evaluated(&net, &mut retired, 0, |_| {}).await;
    assert!(matches!(reply, Some(Reply::Evaluated { .. })), "another member: {reply:?}");

    let roster = net.consortium.amend(|roster| roster.members[4].nodes[0].status = NodeStatus::Retired);
    in_force(&net, &roster, [&mut suspended, &mut retired]).await;
    nothing(&net, &mut retired, "a node that is retired").await;

    // Control: who is taken back is evaluated again, and that was only the roster.
    let roster = net.consortium.set_status(3, MemberStatus::Active);
    in_force(&net, &roster, [&mut suspended, &mut retired]).await;
    harness::eventually("who was taken back is evaluated", async || {
        let reply = evaluated(&net, &mut suspended, 0, |_| {}).await;
        matches!(reply, Some(Reply::Evaluated { .. })).then_some(())
    })
    .await;
    let roster = net.consortium.set_status(3, MemberStatus::Removed);
    in_force(&net, &roster, [&mut suspended, &mut retired]).await;
    nothing(&net, &mut suspended, "removed").await;
}

async fn in_force(net: &TestNet, roster: &SignedRoster, [one, other]: [&mut RawPeer; 2]) {
    one.meanwhile(other.meanwhile(net.apply(roster))).await;
}

/// By no steward, with the connection that there was or a new one.
async fn nothing(net: &TestNet, peer: &mut RawPeer, who: &str) {
    for steward in 0..3 {
        for _ in 0..3 {
            let reply = evaluated(net, peer, steward, |_| {}).await;
            assert!(matches!(reply, None | Some(Reply::NotNow(NotNow::NoPart))), "{who}: {reply:?}");
        }
    }
}
