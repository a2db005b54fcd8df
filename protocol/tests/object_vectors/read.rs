//! Reads a vector back by what it says of itself, and by nothing else.

use larum_protocol::{
    announcement::Announcement,
    batch::{Batch, BatchError, Header, read_body, statement_at},
    codec::{self, DecodeError},
    hash::{Digest, digest},
    keys::{PublicKey, SealingSecretKey, SecretKey, Signature, certify_node},
    log::{ForkProof, ForkProofError},
    receipt::{Receipt, ReceiptError, Transcript},
    roster::{JoinRequest, RosterChain, RosterDecodeError, RosterError, SignedRoster},
    salt::{Grant, GrantError},
    signed::{SignedObject, Unverified},
    statement::Statement,
    steward::{Acknowledgement, Evaluated, Question, Reply},
    tag::Salt,
    wire::{Gossip, Message, Request, Response},
};
use serde_json::Value;

use super::{
    answers, ceremonies,
    describe::{self, hex, unhex},
    good, heads, split_tags, tags,
};

/// What was read, as the fields of a vector, and its bytes as this code writes them.
type Read = Result<(Value, Vec<u8>), String>;

/// Checks one vector.
pub(crate) fn check(name: &str, case: &Value) {
    match case["type"].as_str().unwrap() {
        "digest" => check_digest(name, case),
        "key" => check_key(name, case),
        "sealing-key" => {
            let public = SealingSecretKey::from_seed(&array(&case["seed"])).public();
            assert_eq!(case["public"], hex(public.0), "{name}");
        }
        "certificate" => {
            let member = SecretKey::from_seed(&array(&case["member_seed"]));
            let certificate = certify_node(&member, &PublicKey(array(&case["node"])));
            assert_eq!(case["certificate"], hex(certificate.0), "{name}");
        }
        "salt-commitment" => {
            let epoch = u32::try_from(case["epoch"].as_u64().unwrap()).unwrap();
            let commitment = Salt::new(array(&case["salt"])).commitment(epoch);
            assert_eq!(case["commitment"], hex(commitment.0), "{name}");
        }
        "heads" => heads::check(name, case),
        "tag" => tags::check(name, case),
        "split-tag" => split_tags::check(name, case),
        "ceremony" => ceremonies::check(name, case),
        kind => check_object(name, kind, case),
    }
}

fn check_object(name: &str, kind: &str, case: &Value) {
    let bytes = case["bytes"].as_str().map(unhex).unwrap_or_default();
    let read = read(kind, case, &bytes);
    match case.get("error") {
        Some(error) => assert_eq!(read.map(|_| ()), Err(error.as_str().unwrap().to_owned()), "{name}"),
        None => {
            let (fields, written) = read.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(case["fields"], fields, "{name}");
            assert_eq!(case["bytes"].as_str().map(unhex).unwrap_or_default(), written, "{name}: written otherwise");
        }
    }
}

fn read(kind: &str, case: &Value, bytes: &[u8]) -> Read {
    match kind {
        "statement" => read_statement(case, bytes),
        "header" => read_signed::<Header>(case, bytes, describe::header),
        "announcement" => read_signed::<Announcement>(case, bytes, describe::announcement),
        "join-request" => read_signed::<JoinRequest>(case, bytes, describe::join_request),
        "batch" => read_batch(case, bytes),
        "body" => Ok((Value::Null, read_plain_body(case, bytes))),
        "fork-proof" => read_fork(case, bytes),
        "grant" => read_grant(case, bytes),
        "roster" => read_roster(case, bytes),
        "receipt" => read_receipt(case).map(|()| (Value::Null, Vec::new())),
        "evaluated" => {
            let read = read_signed::<Evaluated>(case, bytes, describe::evaluated)?;
            answers::check(case, bytes);
            Ok(read)
        }
        "acknowledgement" => read_signed::<Acknowledgement>(case, bytes, describe::acknowledgement),
        "question" => read_message::<Question>(case, bytes),
        "reply" => read_message::<Reply>(case, bytes),
        "gossip" => read_message::<Gossip>(case, bytes),
        "request" => read_message::<Request>(case, bytes),
        "response" => read_message::<Response>(case, bytes),
        other => panic!("no vector has the type {other}"),
    }
}

fn check_digest(name: &str, case: &Value) {
    let parts: Vec<Vec<u8>> = case["parts"].as_array().unwrap().iter().map(text_bytes).collect();
    // Spelled out here, so that the vector does not rest on the function that it checks.
    let mut hasher = match case.get("key") {
        Some(key) => blake3::Hasher::new_keyed(&array(key)),
        None => blake3::Hasher::new(),
    };
    let label = case["label"].as_str().unwrap().as_bytes().to_vec();
    for part in std::iter::once(&label).chain(&parts) {
        hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
    }
    assert_eq!(case["digest"], hex(hasher.finalize().as_bytes()), "{name}");
}

fn check_key(name: &str, case: &Value) {
    let key = SecretKey::from_seed(&array(&case["seed"]));
    let signed = Digest(array(&case["signed"]));
    let signature = Signature(unhex(case["signature"].as_str().unwrap()).try_into().unwrap());
    assert_eq!(case["public"], hex(key.public().0), "{name}");
    assert_eq!(key.sign(&signed), signature, "{name}");
    assert_eq!(key.public().verify(&signed, &signature), Ok(()), "{name}");
}

fn decode_class(error: &DecodeError) -> String {
    match error {
        DecodeError::TooLong { .. } => "too-long",
        DecodeError::Malformed(_) => "malformed",
        DecodeError::NotDeterministic => "not-deterministic",
        DecodeError::UnknownVersion(_) => "unknown-version",
    }
    .to_owned()
}

fn read_statement(case: &Value, bytes: &[u8]) -> Read {
    let max = larum_protocol::limits::STATEMENT_BYTES_MAX;
    let said: Statement = codec::decode(bytes, max).map_err(|error| decode_class(&error))?;
    said.check().map_err(|_| "rule")?;
    assert_eq!(case["hash"], hex(said.hash().0));
    assert_eq!(statement_at(bytes), Ok(said.clone()));
    Ok((describe::statement(&said), codec::encode(&said)))
}

fn read_signed<T: SignedObject + std::fmt::Debug>(case: &Value, bytes: &[u8], fields: fn(&T) -> Value) -> Read {
    let object = Unverified::<T>::decode(bytes).map_err(|error| decode_class(&error))?;
    let object = object.verify().map_err(|_| "bad-signature")?;
    assert_eq!(case["id"], hex(object.id().0));
    assert_eq!(case["id"], hex(digest(T::LABEL, &[&text_bytes(&case["payload"])]).0));
    assert_eq!(case["signer"], hex(object.signer().0));
    Ok((fields(object.value()), object.bytes().to_vec()))
}

fn read_batch(case: &Value, bytes: &[u8]) -> Read {
    let class = |error: BatchError| match error {
        BatchError::WrongBody => "wrong-body".to_owned(),
        BatchError::Decode { error, .. } => decode_class(&error),
        BatchError::WrongSummary => "wrong-summary".to_owned(),
        _ => "rule".to_owned(),
    };
    let header = Unverified::<Header>::decode(bytes).map_err(|error| decode_class(&error))?;
    let header = header.verify().map_err(|_| "bad-signature")?;
    header.check().map_err(class)?;
    let body = text_bytes(&case["body"]);
    read_body(&header, &body).map_err(class)?;
    let batch = Batch::new(header, body.into()).map_err(class)?;
    assert_eq!(good::batch_case(&batch), *case);
    Ok((describe::header(&batch.header), batch.header.bytes().to_vec()))
}

fn read_plain_body(case: &Value, bytes: &[u8]) -> Vec<u8> {
    let mut rest = bytes;
    let mut written = Vec::new();
    let mut count = 0;
    while !rest.is_empty() {
        let statement = codec::encode(&statement_at(rest).unwrap());
        rest = &rest[statement.len()..];
        written.extend(statement);
        count += 1;
    }
    assert_eq!(case["count"], count);
    assert_eq!(case["digest"], hex(digest(larum_protocol::hash::Label::Body, &[bytes]).0));
    written
}

fn read_fork(case: &Value, bytes: &[u8]) -> Read {
    let proof = ForkProof::decode(bytes).map_err(|error| match error {
        ForkProofError::Decode(error) => decode_class(&error),
        ForkProofError::Signature(_) => "bad-signature".to_owned(),
        ForkProofError::NoContradiction => "no-contradiction".to_owned(),
    })?;
    let headers = proof.headers().map(|header| {
        serde_json::json!({
            "id": hex(header.id().0), "fields": describe::header(header),
        })
    });
    assert_eq!(case["headers"], serde_json::json!(headers));
    assert_eq!((&case["log"], &case["seq"]), (&describe::log(&proof.log()), &proof.seq().into()));
    Ok((Value::Null, proof.encode()))
}

fn read_grant(case: &Value, bytes: &[u8]) -> Read {
    let grant = Unverified::<Grant>::decode(bytes).map_err(|error| decode_class(&error))?;
    let secret = SealingSecretKey::from_seed(&array(&case["sealing_seed"]));
    let salt = grant.value().open(&secret, &Digest(array(&case["commitment"]))).map_err(|error| match error {
        GrantError::BadSealingKey | GrantError::DoesNotOpen => "does-not-open",
        GrantError::WrongSalt => "wrong-salt",
    })?;
    assert_eq!(case["salt"], hex(salt.expose()));
    read_signed::<Grant>(case, bytes, describe::grant)
}

fn read_roster(case: &Value, bytes: &[u8]) -> Read {
    let roster = SignedRoster::decode(bytes).map_err(|error| match error {
        RosterDecodeError::Decode(error) => decode_class(&error),
        RosterDecodeError::Fault(_) => "rule".to_owned(),
        RosterDecodeError::Signatures => "signatures".to_owned(),
    })?;
    let class = |error| match error {
        RosterError::TooFewSignatures { .. } => "too-few-signatures",
        RosterError::BadSignature(_) => "bad-signature",
        RosterError::Rewrites(_) => "rewrites",
        _ => "does-not-follow",
    };
    match case["before"].as_str() {
        None => drop(RosterChain::found(roster.clone()).map_err(class)?),
        Some(before) => {
            let mut chain = RosterChain::found(SignedRoster::decode(&unhex(before)).unwrap()).unwrap();
            for between in case["between"].as_array().into_iter().flatten() {
                chain.offer(SignedRoster::decode(&text_bytes(between)).unwrap()).unwrap();
            }
            chain.offer(roster.clone()).map_err(class)?;
        }
    }
    assert_eq!(case["id"], hex(roster.id().0));
    Ok((describe::roster(roster.roster()), roster.encode()))
}

fn read_receipt(case: &Value) -> Result<(), String> {
    let transcript = Transcript::of(&text_bytes(&case["request"]), &text_bytes(&case["answer"]));
    let text = case["text"].as_str().unwrap();
    let receipt = Receipt::verify(text, &transcript).map_err(|error| match error {
        ReceiptError::Signature => "bad-signature",
        ReceiptError::Version(_) => "unknown-version",
        _ => "malformed",
    })?;
    assert_eq!(case["root"], hex(receipt.root(&transcript).unwrap().0));
    assert_eq!(receipt.to_string(), text);
    Ok(())
}

/// A message's fields are not described again from what was read: that its bytes are those of the message that the
/// generator describes is what the comparison with the generator shows.
fn read_message<T: Message>(case: &Value, bytes: &[u8]) -> Read {
    let message = T::from_bytes(bytes).map_err(|error| decode_class(&error))?;
    Ok((case["fields"].clone(), message.to_bytes()))
}

pub(crate) fn text_bytes(hex: &Value) -> Vec<u8> {
    unhex(hex.as_str().unwrap())
}

pub(crate) fn array(hex: &Value) -> [u8; 32] {
    text_bytes(hex).try_into().unwrap()
}
