//! What stewards are asked and answer: signed answers, and messages of each kind.

use larum_protocol::{
    codec,
    hash::Digest,
    oprf::{Blinding, Element, PublicShare},
    signed::{Signed, SignedObject, Unverified},
    steward::{Acknowledgement, Asked, Evaluated, NotNow, Question, Reply},
    wire::{List, Message},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::{Value, json};

use super::{
    ceremonies::{Story, story},
    describe::{self, hex},
    good::signed_fields,
    read::{array, text_bytes},
    support::{node_key, stewards::number},
};

/// A question of two elements.
pub(crate) fn question() -> Asked {
    let blinding = Blinding::new(&[b"one", b"another"], &mut ChaCha20Rng::from_seed([5; 32])).unwrap();
    Asked { epoch: 2, generation: 1, elements: List::of(blinding.elements().iter().copied()) }
}

/// What the second steward answers to it.
pub(crate) fn evaluated(story: &Story) -> Signed<Evaluated> {
    let asked = question();
    let evaluation = story.first.shares[1].evaluate(&asked.elements, &mut ChaCha20Rng::from_seed([6; 32])).unwrap();
    let answer = Evaluated {
        version: Evaluated::VERSION,
        consortium: story.chain.consortium(),
        steward: node_key(2).public(),
        asked: asked.digest(),
        number: 2,
        evaluation,
    };
    Signed::sign(answer, &node_key(2))
}

pub(crate) fn acknowledgement(story: &Story) -> Signed<Acknowledgement> {
    let word = Acknowledgement {
        version: Acknowledgement::VERSION,
        consortium: story.chain.consortium(),
        steward: node_key(2).public(),
        ceremony: story.first.plan.ceremony(&story.chain.consortium()),
        shares: List::of(story.first.public.iter().map(PublicShare::element)),
    };
    Signed::sign(word, &node_key(2))
}

pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let story = story();
    let answer = evaluated(&story);
    let word = acknowledgement(&story);
    let mut answered = signed_fields(&answer, "evaluated", describe::evaluated(&answer));
    answered["question"] = describe::asked(&question());
    answered["question_bytes"] = json!(hex(codec::encode(&question())));
    answered["share"] = json!(hex(story.first.public[1].element().0));
    let mut cases = vec![
        ("evaluated", answered),
        ("acknowledgement", signed_fields(&word, "acknowledgement", describe::acknowledgement(&word))),
    ];
    cases.extend(questions());
    cases.extend(replies(answer.bytes(), word.bytes()));
    cases
}

fn questions() -> Vec<(&'static str, Value)> {
    let case = |message: Question, fields: Value| json!({"type": "question", "fields": fields, "bytes": hex(message.to_bytes())});
    let (ceremony, seen) = (Digest([8; 32]), Digest([9; 32]));
    let named = json!({"ceremony": hex(ceremony.0)});
    vec![
        ("question-evaluate", case(Question::Evaluate(question()), json!({"evaluate": describe::asked(&question())}))),
        ("question-dealing", case(Question::Dealing { ceremony }, json!({"dealing": named}))),
        (
            "question-secret",
            case(
                Question::Secret { ceremony, seen },
                json!({"secret": {"ceremony": hex(ceremony.0), "seen": hex(seen.0)}}),
            ),
        ),
        ("question-acknowledge", case(Question::Acknowledge { ceremony }, json!({"acknowledge": named}))),
    ]
}

fn replies(answer: &[u8], word: &[u8]) -> Vec<(&'static str, Value)> {
    let case =
        |message: Reply, fields: Value| json!({"type": "reply", "fields": fields, "bytes": hex(message.to_bytes())});
    let bytes = |text: &[u8]| text.to_vec().into();
    vec![
        (
            "reply-evaluated",
            case(
                Reply::Evaluated { signed: bytes(answer), left: 70_000 },
                json!({"evaluated": {"signed": hex(answer), "left": 70_000}}),
            ),
        ),
        (
            "reply-over-budget",
            case(
                Reply::OverBudget { left: 3, seconds: 86_400 },
                json!({"over_budget": {"left": 3, "seconds": 86_400}}),
            ),
        ),
        ("reply-no-share", case(Reply::NotNow(NotNow::NoShare), json!({"not_now": 0}))),
        ("reply-no-element", case(Reply::NotNow(NotNow::BadElement), json!({"not_now": 6}))),
        ("reply-stuck", case(Reply::NotNow(NotNow::Stuck), json!({"not_now": 7}))),
        ("reply-cannot-deal", case(Reply::NotNow(NotNow::CannotDeal), json!({"not_now": 8}))),
        ("reply-dealt", case(Reply::Dealt(bytes(b"dealing")), json!({"dealt": hex(b"dealing")}))),
        ("reply-secret", case(Reply::Secret(bytes(b"value")), json!({"secret": hex(b"value")}))),
        ("reply-acknowledged", case(Reply::Acknowledged(bytes(word)), json!({"acknowledged": hex(word)}))),
    ]
}

/// Checks that a signed answer is one to its question, by the share.
pub(crate) fn check(case: &Value, bytes: &[u8]) {
    let answer = Unverified::<Evaluated>::decode(bytes).unwrap();
    let asked: Asked = codec::decode(&text_bytes(&case["question_bytes"]), usize::MAX).unwrap();
    assert_eq!(case["question"], describe::asked(&asked));
    assert_eq!(answer.value().asked, asked.digest());
    let share = PublicShare::new(number(answer.value().number), Element(array(&case["share"]))).unwrap();
    assert!(!answer.value().evaluation.is_wrong(&share, &asked.elements));
}
