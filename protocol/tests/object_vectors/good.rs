//! Good cases: objects of a small fictional consortium, from fixed seeds.

use larum_protocol::{
    announcement::Announcement,
    batch::{Batch, Draft, Header, encode_body},
    codec,
    hash::{Digest, Label, digest, keyed_digest},
    keys::{SealingSecretKey, SecretKey, certify_node},
    log::{ForkProof, LogId, Place},
    roster::{Epoch, JoinRequest, MemberId, MemberStatus, NodeStatus, SignedRoster},
    salt::{Grant, GrantScope, grant},
    signed::{Signed, SignedObject},
    statement::{DerivedTag, Statement},
    tag::Salt,
    vocabulary::{Evidence, Reason, Role, Stance},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde_json::{Value, json};

use super::{
    describe::{self, hex},
    messages, receipt,
    support::{
        SALT, TODAY, assertion, chain, dispute, genesis, log_of, member, node_key, now, signed, tag, withdrawal,
    },
};

pub(crate) fn cases() -> Vec<(String, Value)> {
    let mut cases = Vec::new();
    cases.extend(digests());
    cases.extend(super::heads::cases());
    cases.extend(keys());
    cases.extend(statements());
    cases.extend(batches());
    cases.extend(announcements());
    cases.extend(rosters());
    cases.extend(salts());
    cases.extend(receipt::cases());
    cases.extend(messages::cases());
    cases.extend(super::ceremonies::cases());
    cases.extend(super::answers::cases());
    cases.into_iter().map(|(name, case)| (name.to_owned(), case)).collect()
}

fn digests() -> Vec<(&'static str, Value)> {
    let hashed = |label: Label, parts: &[&[u8]]| {
        let label_text = String::from_utf8(label.bytes().to_vec()).unwrap();
        let parts_hex: Vec<_> = parts.iter().map(hex).collect();
        json!({"type": "digest", "label": label_text, "parts": parts_hex, "digest": hex(digest(label, parts).0)})
    };
    let key = [3; 32];
    let keyed = json!({
        "type": "digest", "label": "larum/1 tag", "key": hex(key), "parts": [hex("ab"), hex("c")],
        "digest": hex(keyed_digest(&key, Label::Tag, &[b"ab", b"c"]).0),
    });
    vec![
        ("digest-no-parts", hashed(Label::Header, &[])),
        ("digest-one-empty-part", hashed(Label::Header, &[b""])),
        ("digest-two-parts", hashed(Label::Tag, &[b"ab", b"c"])),
        ("digest-two-parts-cut-elsewhere", hashed(Label::Tag, &[b"a", b"bc"])),
        ("digest-keyed", keyed),
    ]
}

fn keys() -> Vec<(&'static str, Value)> {
    let (member, node) = (SecretKey::from_seed(&[51; 32]), node_key(1).public());
    let certificate = certify_node(&member, &node);
    let id = digest(Label::NodeCertificate, &[&member.public().0, &node.0]);
    let signed = digest(Label::Token, &[b"example"]);
    let sealing = SealingSecretKey::from_seed(&[2; 32]);
    vec![
        (
            "key-ed25519",
            json!({
                "type": "key", "seed": hex([101; 32]), "public": hex(node.0),
                "signed": hex(signed.0), "signature": hex(node_key(1).sign(&signed).0),
            }),
        ),
        ("key-sealing", json!({"type": "sealing-key", "seed": hex([2; 32]), "public": hex(sealing.public().0)})),
        (
            "certificate",
            json!({
                "type": "certificate", "member_seed": hex([51; 32]), "member": hex(member.public().0),
                "node": hex(node.0), "signed": hex(id.0), "certificate": hex(certificate.0),
            }),
        ),
    ]
}

pub(crate) fn full_statement() -> Statement {
    Statement {
        derived: vec![
            DerivedTag { derivation: 1, tag: tag(2) },
            DerivedTag { derivation: 256, tag: tag(3) },
            DerivedTag { derivation: 257, tag: tag(4) },
        ],
        origin: Some("ofac-sdn".into()),
        re: Some(Digest([9; 32])),
        revision: 70_000,
        ..assertion()
    }
}

fn of_later_version() -> Statement {
    let (role, reason, evidence) = (Role::Unknown(600), Reason::Unknown(60_000), Evidence::Unknown(9));
    Statement { kind: 999, role, reason, evidence, ..assertion() }
}

pub(crate) fn statement_case(said: &Statement) -> Value {
    json!({
        "type": "statement", "fields": describe::statement(said),
        "bytes": hex(codec::encode(said)), "hash": hex(said.hash().0),
    })
}

fn statements() -> Vec<(&'static str, Value)> {
    let answered = Statement { re: Some(assertion().hash()), ..dispute() };
    let renumbered = Statement { stance: Stance::Withdraw, reason: Reason::CorResolved, ..withdrawal(24) };
    vec![
        ("statement-assert", statement_case(&assertion())),
        ("statement-every-field", statement_case(&full_statement())),
        ("statement-withdraw", statement_case(&renumbered)),
        ("statement-dispute", statement_case(&answered)),
        ("statement-of-a-later-vocabulary", statement_case(&of_later_version())),
    ]
}

pub(crate) fn signed_fields<T: SignedObject>(object: &Signed<T>, kind: &str, fields: Value) -> Value {
    let signer = hex(object.value().signer().0);
    json!({
        "type": kind, "fields": fields, "payload": hex(codec::encode(object.value())),
        "id": hex(object.id().0), "signer": signer, "bytes": hex(object.bytes()),
    })
}

pub(crate) fn first_batch() -> Batch {
    super::support::batch(1, None, &[assertion(), dispute()])
}

fn second_batch(said: &Statement) -> Batch {
    super::support::batch(1, Some(&first_batch()), std::slice::from_ref(said))
}

fn continuing_batch() -> Batch {
    let first = first_batch();
    let incarnation = larum_protocol::log::Incarnation([2; 16]);
    let draft = Draft {
        consortium: chain(3).consortium(),
        log: LogId { incarnation, ..log_of(1) },
        head: None,
        floor: 1,
        issued: now().plus_ms(1),
        epoch: 1,
        continues: Some(Place { log: log_of(1), seq: 1, hash: first.header.id() }),
    };
    draft.sign(&[withdrawal(2)], &node_key(1)).unwrap()
}

pub(crate) fn batch_case(batch: &Batch) -> Value {
    let mut case = signed_fields(&batch.header, "batch", describe::header(&batch.header));
    case["body"] = json!(hex(batch.body.as_deref().unwrap()));
    case["body_digest"] = json!(hex(batch.header.body.0));
    let statements = batch
        .statements
        .iter()
        .map(|located| json!({"offset": located.offset, "fields": describe::statement(&located.statement)}));
    case["statements"] = statements.collect();
    case
}

pub(crate) fn fork() -> ForkProof {
    let (one, other) = (second_batch(&withdrawal(2)), second_batch(&withdrawal(3)));
    ForkProof::new(one.header, other.header).unwrap()
}

fn batches() -> Vec<(&'static str, Value)> {
    let fork = fork();
    let headers = fork.headers().map(|header| json!({"id": hex(header.id().0), "fields": describe::header(header)}));
    let proof = json!({
        "type": "fork-proof", "log": describe::log(&fork.log()), "seq": fork.seq(), "headers": headers,
        "bytes": hex(fork.encode()),
    });
    let body = encode_body(&[assertion(), full_statement()]);
    let digested = hex(digest(Label::Body, &[&body]).0);
    vec![
        ("batch-first", batch_case(&first_batch())),
        ("batch-second", batch_case(&second_batch(&withdrawal(2)))),
        ("batch-of-a-new-incarnation", batch_case(&continuing_batch())),
        ("body-two-statements", json!({"type": "body", "bytes": hex(&body), "digest": digested, "count": 2})),
        ("fork-proof", proof),
    ]
}

fn announcements() -> Vec<(&'static str, Value)> {
    let word = |head: Option<&Signed<Header>>| Announcement {
        version: Announcement::VERSION,
        consortium: chain(3).consortium(),
        log: log_of(1),
        seq: head.map_or(0, |header| header.seq),
        hash: head.map(Signed::id),
        floor: 1,
        roster: 3,
        time: now(),
    };
    let case = |word: Announcement| {
        let fields = describe::announcement(&word);
        signed_fields(&Signed::sign(word, &node_key(1)), "announcement", fields)
    };
    vec![
        ("announcement-of-a-silent-log", case(word(None))),
        ("announcement-of-a-head", case(word(Some(&first_batch().header)))),
    ]
}

pub(crate) fn roster_case(roster: &SignedRoster, before: Option<&SignedRoster>) -> Value {
    let signed_digest = digest(Label::RosterSignature, &[&roster.id().0]);
    json!({
        "type": "roster", "fields": describe::roster(roster.roster()), "id": hex(roster.id().0),
        "signed": hex(signed_digest.0), "bytes": hex(roster.encode()),
        "before": before.map(|roster| hex(roster.encode())),
    })
}

pub(crate) fn successor() -> (SignedRoster, SignedRoster) {
    let genesis = signed(genesis(2), &[0, 1]);
    let next = super::support::successor(&genesis, |roster| {
        roster.members.push(member(3));
        roster.members[1].status = MemberStatus::Suspended;
        let node = &mut roster.members[0].nodes[0];
        node.status = NodeStatus::Retired;
        node.addresses = vec!["/dns4/node.example.com/tcp/7946".into()];
        super::support::end_log(roster, 1, 5, Some(Digest([8; 32])));
        super::support::end_log_never_used(roster, 2);
        roster.epochs[0].until = Some(TODAY.plus(30));
        roster.epochs.push(Epoch {
            number: 2,
            commitment: Salt::new([8; 32]).commitment(2),
            until: None,
            stewards: None,
        });
    });
    let next = signed(next, &[2, 0]);
    (genesis, next)
}

fn rosters() -> Vec<(&'static str, Value)> {
    let (genesis, next) = successor();
    let key = SecretKey::from_seed(&[54; 32]);
    let node = node_key(4).public();
    let request = JoinRequest {
        version: JoinRequest::VERSION,
        name: "Employer 4".into(),
        key: key.public(),
        sealing: SealingSecretKey::from_seed(&[4; 32]).public(),
        node,
        certificate: certify_node(&key, &node),
        addresses: vec!["/dns4/larum.example.org/tcp/7946".into()],
    };
    let fields = describe::join_request(&request);
    vec![
        ("roster-genesis", roster_case(&genesis, None)),
        ("roster-successor", roster_case(&next, Some(&genesis))),
        ("join-request", signed_fields(&Signed::sign(request, &key), "join-request", fields)),
    ]
}

pub(crate) fn sealed() -> Signed<Grant> {
    let mut random = ChaCha20Rng::from_seed([1; 32]);
    let scope = GrantScope { consortium: chain(3).consortium(), epoch: 1, to: MemberId(2) };
    let to = SealingSecretKey::from_seed(&[2; 32]).public();
    grant(scope, &Salt::new(SALT), &to, &node_key(1), now(), &mut random).unwrap()
}

fn salts() -> Vec<(&'static str, Value)> {
    let grant = sealed();
    let mut case = signed_fields(&grant, "grant", describe::grant(&grant));
    case["sealing_seed"] = json!(hex([2; 32]));
    case["salt"] = json!(hex(SALT));
    case["commitment"] = json!(hex(Salt::new(SALT).commitment(1).0));
    let committed = json!({
        "type": "salt-commitment", "epoch": 258, "salt": hex(SALT),
        "commitment": hex(Salt::new(SALT).commitment(258).0),
    });
    vec![("grant", case), ("salt-commitment", committed)]
}
