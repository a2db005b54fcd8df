//! What a member may ask for a day: never more than its budget, whatever it does; with as many stewards as it takes, what
//! is promised at least; and nobody's node is answered `clear` because there is nothing left.

use std::time::{Duration, Instant};

use futures::future::join_all;
use harness::{Founding, RawPeer, Seeded, TestNet, ask_steward, email, publish, random_elements, today};
use larum_protocol::{
    api::Verdict,
    keys::PublicKey,
    oprf::Blinding,
    steward::{Asked, Question, Reply},
    wire::List,
};

use super::{split_of, why_unknown};

/// A day's budget, and what each of three stewards answers of it where two have to.
const BUDGET: u64 = 90;
const OF_EACH: u64 = 60;
const THRESHOLD: usize = 2;
const STEWARDS: usize = 3;
/// Tries until everything is used up: each asks for three elements or so.
const TRIES: usize = 300;
/// The member that has two nodes, and the places of these among all nodes.
const GREEDY: usize = 3;
const GREEDY_NODES: [usize; 2] = [3, 4];
const MODEST: usize = 4;
/// How long a node waits before it asks another steward as well.
const HEDGE_AFTER: Duration = Duration::from_millis(500);
/// A request of one identifier is filled up to so many.
const PADDED: u64 = 4;

/// What a member got of each steward, and of as many as it takes.
#[derive(Default)]
struct Gains {
    of_each: [u64; STEWARDS],
    complete: u64,
    refused: [bool; STEWARDS],
}

fn founding() -> Founding {
    Founding { members: vec![1, 1, 1, 2, 1], ..Founding::of(5) }
}

fn stewards(net: &TestNet) -> Vec<PublicKey> {
    (0..STEWARDS).map(|member| net.consortium.members[member].node_key(0).public()).collect()
}

fn question(net: &TestNet, elements: &Blinding) -> Question {
    let (epoch, stewards) = net.consortium.stewards();
    let elements = List::of(elements.elements().iter().copied());
    Question::Evaluate(Asked { epoch, generation: stewards.generation, elements })
}

/// Refusals say how long it is until the next day (UTC).
fn until_tomorrow(seconds: u32) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let expected = 86_400 - now % 86_400;
    assert!(u64::from(seconds).abs_diff(expected) <= 120, "{seconds} s, and it is {expected} s to midnight");
}

#[tokio::test]
async fn a_member_gets_its_budget_and_no_more_whatever_it_spreads_and_whoever_crashes() {
    let mut net = split_of(&founding(), 2, STEWARDS, BUDGET).await;
    let began = today();
    for node in GREEDY_NODES.into_iter().chain([5]) {
        net[node].stop().await;
    }
    let gains = spread(&mut net).await;
    eprintln!("budget {BUDGET}: complete {}, of each {:?}", gains.complete, gains.of_each);
    if began != today() {
        return eprintln!("midnight (UTC) came in between: the budget of two days was there");
    }
    assert!(gains.of_each.iter().all(|got| *got <= OF_EACH), "{:?}", gains.of_each);
    assert!(gains.complete <= BUDGET, "{} complete evaluations", gains.complete);
    assert!(gains.complete > 0);

    // Its own node has nothing left either, and nobody is cleared for that.
    net[3].start().await;
    let stranger = email("one.too.many");
    let why = why_unknown(&net[3].check(std::slice::from_ref(&stranger)).await);
    assert!(why.contains("budget of the day is used up") && why.contains("the next begins in"), "{why}");
    let cli = net[3].cli(&["check", "--email", &stranger.value]).await;
    assert_eq!(cli.code, Some(3), "{cli:?}");
    let refused = net[3].api().state(vec![publish(&stranger)]).await.expect_err("no tag can be made");
    assert!(format!("{refused:?}").contains("budget of the day is used up"), "{refused:?}");
    let left: Vec<_> = net[3].stewards().await.keys[0].stewards.iter().filter_map(|steward| steward.left).collect();
    assert!(!left.is_empty() && left.iter().all(|left| *left < PADDED), "{left:?}");
    // Others have theirs.
    assert_ne!(net[0].verdict(&stranger).await, Verdict::Listed);

    // With as many stewards as it takes, and no more, a member gets what is promised.
    net[2].kill9().await;
    let got = drain_two(&net).await;
    eprintln!("with {THRESHOLD} stewards up: complete {got}, promised {}", BUDGET * THRESHOLD as u64 / STEWARDS as u64);
    if began == today() {
        assert_eq!(got, OF_EACH);
    }
}

/// Two nodes of a member ask as fast as they can, now this steward and now that one, while stewards are killed.
async fn spread(net: &mut TestNet) -> Gains {
    let mut random = Seeded::new("budgets", 4);
    let targets: Vec<usize> = (0..STEWARDS).collect();
    let mut peers: Vec<RawPeer> = (0..2).map(|node| RawPeer::node(&net.consortium, GREEDY, node, &targets)).collect();
    for peer in &mut peers {
        peer.connected().await;
    }
    let (keys, mut gains) = (stewards(net), Gains::default());
    let kills: Vec<u64> = (0..4).map(|_| random.below(3..40)).collect();
    for round in 0..TRIES as u64 {
        if gains.refused == [true; STEWARDS] {
            break;
        }
        let size = if gains.refused == [false; STEWARDS] { random.below(1..8) } else { 1 };
        let mut asked: Vec<usize> = targets.clone();
        if random.below(0..12) > 0 {
            // No more than it takes, so that nothing is spent in vain.
            asked.remove(random.below(0..STEWARDS as u64) as usize);
        }
        let elements = random_elements(random.generator(), size as usize);
        let (ask, via) = (question(net, &elements), peers[random.below(0..2) as usize].net());
        let questions: Vec<_> = asked.iter().map(|steward| ask_steward(via.clone(), keys[*steward], &ask)).collect();
        let victim = kills.contains(&round).then(|| random.below(0..STEWARDS as u64) as usize);
        let instant = Duration::from_micros(random.below(0..4_000));
        let crash = async {
            if let Some(victim) = victim {
                tokio::time::sleep(instant).await; // the instant is the point
                net.nodes_mut()[victim].kill9().await;
                net.nodes_mut()[victim].start().await;
            }
        };
        let [one, other] = &mut peers[..] else { unreachable!("there are two") };
        let (answers, ()) = one.meanwhile(other.meanwhile(async { tokio::join!(join_all(questions), crash) })).await;
        let mut got = 0;
        for (steward, answer) in asked.iter().zip(answers) {
            match answer {
                Some(Reply::Evaluated { .. }) => {
                    got += 1;
                    gains.of_each[*steward] += size;
                }
                Some(Reply::OverBudget { left, seconds }) => {
                    until_tomorrow(seconds);
                    assert!(left < size, "{left} are left, and {size} were refused");
                    gains.refused[*steward] |= size == 1;
                }
                None => {} // killed, or not up again yet
                other => panic!("steward {steward}: {other:?}"),
            }
        }
        gains.complete += if got >= THRESHOLD { size } else { 0 };
        // What one has refused in full is refused in full to the other node, too.
    }
    for peer in peers {
        peer.net().shutdown().await.unwrap();
    }
    assert_eq!(gains.refused, [true; STEWARDS], "after {TRIES} tries something is left");
    gains
}

/// Asks the two stewards that are up for one element after the other until both refuse; how many both evaluated.
async fn drain_two(net: &TestNet) -> u64 {
    let mut random = Seeded::new("drained", 5);
    let mut peer = RawPeer::node(&net.consortium, MODEST, 0, &[0, 1]);
    peer.connected().await;
    let keys = stewards(net);
    let mut complete = 0;
    for _ in 0..=OF_EACH {
        let ask = question(net, &random_elements(random.generator(), 1));
        let net = peer.net();
        let both = keys[..2].iter().map(|steward| ask_steward(net.clone(), *steward, &ask));
        let answers = peer.meanwhile(join_all(both)).await;
        let given = answers.iter().filter(|answer| matches!(answer, Some(Reply::Evaluated { .. }))).count();
        complete += u64::from(given == 2);
    }
    complete
}

#[tokio::test]
async fn what_fills_a_request_up_is_charged_and_so_is_who_was_asked_in_vain() {
    let budget = 3_000;
    let founding = Founding { members: vec![1, 1, 1, 2], ..Founding::of(4) };
    let mut net = split_of(&founding, 2, STEWARDS, budget).await;
    let began = today();
    net[4].stop().await;
    let mut peer = RawPeer::node(&net.consortium, GREEDY, 1, &[0, 1, 2]);
    peer.connected().await;
    let mut random = Seeded::new("charged", 6);
    let mut before = left(&net, &mut peer, &mut random).await;

    // A node other than a steward checks one identifier, with two stewards' help.
    assert_eq!(net[3].verdict(&email("padded")).await, Verdict::Clear);
    let after = left(&net, &mut peer, &mut random).await;
    let charged: Vec<u64> = before.iter().zip(&after).map(|(before, after)| before - after - 1).collect();
    assert_eq!(sorted(&charged), [0, PADDED, PADDED], "two stewards, a filled request each");
    let shown = net[3].api().metrics().await.unwrap();
    assert!(shown.contains("larum_steward_answers_total{outcome=\"valid\"} 2"), "{shown}");
    assert!(!shown.contains("larum_steward_budget_left -1"), "{shown}");

    // One is asked in vain: it takes the question up once it goes on, and charges it as well.
    before = after;
    let (mut checks, mut slow, mut charged) = (0, 0, vec![0; STEWARDS]);
    while charged[0] == 0 && checks < 60 {
        net[0].freeze();
        let slow_before = slow;
        while slow == slow_before && checks < 60 {
            let started = Instant::now();
            assert_eq!(net[3].verdict(&email(&format!("hedged.{checks}"))).await, Verdict::Clear);
            checks += 1;
            slow += u64::from(started.elapsed() >= HEDGE_AFTER);
        }
        net[0].thaw();
        assert!(slow > 0, "the frozen steward was never among those asked first");
        // Asked behind the question that waited, and so answered behind it.
        let after = left(&net, &mut peer, &mut random).await;
        before.iter().zip(&after).zip(&mut charged).for_each(|((before, after), sum)| *sum += before - after - 1);
        before = after;
    }
    eprintln!("{checks} checks, {slow} of them slow: charged {charged:?}");
    if began == today() {
        assert!(charged[0] > 0, "the frozen steward charged nothing");
        assert!(charged[0] <= PADDED * slow, "only by who asked in vain");
        let sum = charged.iter().sum::<u64>();
        let bounds = PADDED * (2 * checks + 1)..=PADDED * (2 * checks + slow);
        assert!(bounds.contains(&sum), "two each, and the one in vain: {sum} in {bounds:?}");
    }
}

/// What the member has left at each steward, after one element more.
async fn left(net: &TestNet, peer: &mut RawPeer, random: &mut Seeded) -> Vec<u64> {
    let ask = question(net, &random_elements(random.generator(), 1));
    let handle = peer.net();
    let asked = stewards(net).into_iter().map(|steward| ask_steward(handle.clone(), steward, &ask));
    let asked: Vec<_> = asked.collect();
    let answers = peer.meanwhile(join_all(asked)).await;
    let left = |answer: Option<Reply>| match answer {
        Some(Reply::Evaluated { left, .. }) => left,
        other => panic!("{other:?}"),
    };
    answers.into_iter().map(left).collect()
}

fn sorted(numbers: &[u64]) -> Vec<u64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted
}
