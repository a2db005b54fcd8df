//! A steward that lies is named and costs nobody an answer; one that is silent costs a moment.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use harness::{RawPeer, TestNet, email, play_steward, share_of};
use larum_protocol::{
    api::{Identifier, Verdict},
    hash::Digest,
    keys::SecretKey,
    oprf::{Evaluation, Share},
    signed::{Signed, SignedObject as _},
    steward::{Asked, Evaluated, Question, Reply},
    wire::Message as _,
};
use rand::{SeedableRng as _, rngs::StdRng};

use super::{HEDGED_WITHIN, PLENTY, split};

/// The liar is the last of three stewards of whom it takes two.
const LIAR: usize = 2;
/// Checks until the liar was asked: it is one of three that are asked two at a time, by chance.
const TRIES: usize = 40;

/// What a steward can do wrong that does not show before the proof is checked, or the signature.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lie {
    /// Right elements in another order, under a proof of the right ones.
    Elements,
    /// Elements and proof by another share: a proof that holds, for the wrong key.
    OtherShare,
    /// Somebody else's signature below everything else that is right.
    OtherSigner,
    /// What somebody else says, and signs.
    OtherSteward,
    /// An answer to another question.
    OtherQuestion,
}

/// What the liar knows.
#[derive(Clone)]
struct Liar {
    consortium: Digest,
    key: SecretKey,
    somebody: SecretKey,
    share: Share,
}

impl Liar {
    fn answer(&self, asked: &Asked, lie: Option<Lie>) -> Vec<u8> {
        let mut random = StdRng::from_seed([3; 32]);
        let other = Share::new(self.share.number(), &[9; 32].map(|byte| byte & 0xf)).expect("a small scalar");
        let share = if lie == Some(Lie::OtherShare) { &other } else { &self.share };
        let mut evaluation: Evaluation = share.evaluate(&asked.elements, &mut random).expect("elements");
        if lie == Some(Lie::Elements) {
            evaluation.elements.reverse();
        }
        let question = if lie == Some(Lie::OtherQuestion) { Digest([7; 32]) } else { asked.digest() };
        let answer = Evaluated {
            version: Evaluated::VERSION,
            consortium: self.consortium,
            steward: self.key.public(),
            asked: question,
            number: self.share.number().get(),
            evaluation,
        };
        let mut signed = Signed::sign(answer.clone(), &self.key).bytes().to_vec();
        let of_somebody = Evaluated { steward: self.somebody.public(), ..answer };
        let of_somebody = Signed::sign(of_somebody, &self.somebody).bytes().to_vec();
        match lie {
            Some(Lie::OtherSigner) => {
                let signature = signed.len() - 64; // the last field of the envelope
                signed[signature..].copy_from_slice(&of_somebody[of_somebody.len() - 64..]);
            }
            Some(Lie::OtherSteward) => signed = of_somebody,
            _ => {}
        }
        Reply::Evaluated { signed: signed.into(), left: PLENTY }.to_bytes()
    }
}

/// Three stewards of six members, who know of so many people; then the last steward is stopped, and what it knows is in
/// the test's hands.
async fn with_liar(people: usize) -> (TestNet, Liar, Vec<Identifier>) {
    let mut net = split(6, 2, 3).await;
    // Before it is stopped: who meets a steward that is down asks others first for a while.
    let people: Vec<Identifier> = (0..people).map(|number| email(&format!("reported.{number}"))).collect();
    net[0].publish(&people).await;
    net.converged().await;
    net[LIAR].stop().await;
    let key = net.consortium.members[LIAR].node_key(0);
    let share = share_of(&net.consortium, &net[LIAR].site);
    let somebody = net.consortium.members[0].node_key(0);
    let liar = Liar { consortium: net.consortium.id(), key, somebody, share };
    (net, liar, people)
}

#[tokio::test]
async fn a_steward_that_lies_is_named_and_another_answers_within_the_same_check() {
    let (net, liar, people) = with_liar(TRIES).await;
    // Control: with an answer that is right nobody is named; the liar can do the arithmetic.
    let asked = lied_to(&net, &liar, 5, &people, None).await;
    assert!(asked > 0);
    assert!(!named(&net, 5), "nothing was wrong");
    // Each lie to a node of its own, since whoever was lied to asks others first for a while.
    let lies = [Lie::Elements, Lie::OtherShare, Lie::OtherSigner, Lie::OtherQuestion, Lie::OtherSteward];
    for (checker, lie) in [0, 1, 3, 4, 5].into_iter().zip(lies) {
        let asked = lied_to(&net, &liar, checker, &people, Some(lie)).await;
        assert!(asked > 0, "{lie:?}: the liar was never asked");
        assert!(named(&net, checker), "{lie:?}: the log does not name it\n{}", net[checker].log_tail());
        let evidence = evidence_of(&net, checker);
        match lie {
            Lie::Elements | Lie::OtherShare => convicts(&net, &evidence).await,
            // What it did not sign for this question shows nothing to others.
            Lie::OtherSigner | Lie::OtherQuestion | Lie::OtherSteward => assert!(evidence.is_empty(), "{lie:?}"),
        }
    }
}

/// Checks people with the liar in place until it was asked once; every answer has to be right. How often it was asked.
async fn lied_to(net: &TestNet, liar: &Liar, checker: usize, people: &[Identifier], lie: Option<Lie>) -> usize {
    let mut peer = RawPeer::of(&net.consortium, LIAR, checker);
    let count = Arc::new(Mutex::new(0));
    let (counted, with) = (Arc::clone(&count), liar.clone());
    let playing = play_steward(peer.questions(), move |question| {
        let Question::Evaluate(asked) = question else { return None };
        *counted.lock().unwrap() += 1;
        Some(with.answer(&asked, lie))
    });
    peer.connected().await;
    peer.meanwhile(net[checker].wait_for_peer("Employer 3")).await;
    let checks = async {
        for about in people {
            assert_eq!(net[checker].verdict(about).await, Verdict::Listed, "{lie:?}");
            let stranger = email(&format!("stranger.to.{checker}"));
            assert_eq!(net[checker].verdict(&stranger).await, Verdict::Clear, "{lie:?}");
            if *count.lock().unwrap() > 0 {
                break;
            }
        }
    };
    peer.meanwhile(checks).await;
    playing.abort();
    *count.lock().unwrap()
}

/// Whether a node's log says that the liar was wrong.
fn named(net: &TestNet, checker: usize) -> bool {
    let log = fs::read_to_string(net[checker].log_path()).unwrap();
    log.lines().any(|line| line.contains("wrong answer") && line.contains("Employer 3"))
}

/// What a node keeps against stewards.
fn evidence_of(net: &TestNet, checker: usize) -> Vec<PathBuf> {
    let folder = net[checker].site.folder.join("steward/evidence");
    let Ok(stewards) = fs::read_dir(folder) else { return Vec::new() };
    let files = stewards.flat_map(|steward| fs::read_dir(steward.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

/// That the files convince another member, who has nothing but them and the roster.
async fn convicts(net: &TestNet, evidence: &[PathBuf]) {
    assert!(!evidence.is_empty(), "nothing was kept");
    for file in evidence {
        let shown = net[0].cli(&["consortium", "stewards", "verify", file.to_str().unwrap()]).await;
        assert_eq!(shown.code, Some(0), "{}", shown.err);
        assert!(shown.out.contains("Employer 3 gave a wrong answer, and signed it"), "{}", shown.out);
    }
}

#[tokio::test]
async fn a_steward_that_is_silent_costs_a_moment_once_and_then_nothing() {
    let (net, _, people) = with_liar(2 * TRIES).await;
    let mut peer = RawPeer::of(&net.consortium, LIAR, 3);
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let playing = play_steward(peer.questions(), move |_| {
        *counted.lock().unwrap() += 1;
        None
    });
    peer.connected().await;
    peer.meanwhile(net[3].wait_for_peer("Employer 3")).await;
    let checks = async {
        let (mut slowest, mut after) = (Duration::ZERO, 0);
        for about in &people {
            let started = Instant::now();
            assert_eq!(net[3].verdict(about).await, Verdict::Listed);
            slowest = slowest.max(started.elapsed());
            after += usize::from(*count.lock().unwrap() > 0);
            if after > TRIES / 2 {
                break;
            }
        }
        (slowest, after)
    };
    let (slowest, after) = peer.meanwhile(checks).await;
    let asked = *count.lock().unwrap();
    eprintln!("a silent steward: asked {asked} times over {after} checks; the slowest took {slowest:?}");
    assert!(after > TRIES / 2, "it was asked");
    assert!(slowest < HEDGED_WITHIN, "a silent steward was waited for: {slowest:?}");
    // Others are asked first for half a minute, so that it costs a check a moment once and not again and again.
    assert_eq!(asked, 1, "over {after} checks");
    playing.abort();
}
