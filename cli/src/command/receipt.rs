//! `larum receipt verify`: offline proof that a node gave exactly this answer to exactly this request.

use std::path::Path;

use larum_protocol::{
    clock::Timestamp,
    receipt::{Receipt, SavedAnswer, SavedCheck},
    roster::{NodeStatus, RosterChain},
};
use serde::Serialize;

use super::Session;
use crate::{
    Status,
    args::{ReceiptCommand, VerifyArgs},
    error::Failure,
    files,
    output::{plain, wrap},
};

/// Bytes of a request or an answer that is read to be verified.
const TRANSCRIPT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

#[derive(Serialize)]
struct Verified {
    node: String,
    consortium: String,
    time: String,
    lines: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
}

pub(crate) fn run(command: ReceiptCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let ReceiptCommand::Verify(args) = command;
    let (request, answer) = transcript(&args, session)?;
    let answer =
        SavedAnswer::take_apart(&answer).ok_or_else(|| Failure::new("the answer does not end with a receipt"))?;
    let receipt = answer.verify(&request).map_err(|error| {
        Failure::new(error).hint("the receipt proves nothing about this request and answer; ask the node again")
    })?;
    let verified = Verified {
        node: receipt.node.to_string(),
        consortium: receipt.consortium.to_string(),
        time: Timestamp(receipt.time_ms).to_string(),
        lines: receipt.lines,
        member: chain(&args, session)?.map(|chain| member(&chain, &receipt)).transpose()?,
    };
    if verified.member.is_none() {
        session.console.note("note: without a roster nobody knows whose node this is; pass --roster FILE");
    }
    session.show(&verified, |verified| {
        let whose = verified.member.as_deref().map(|member| format!(" of {}", plain(member))).unwrap_or_default();
        let text = format!("valid: signed at {} by the node {}{whose}", verified.time, verified.node);
        format!("{}\nconsortium {}", wrap(&text, 0), verified.consortium)
    })
}

fn transcript(args: &VerifyArgs, session: &mut Session<'_, '_>) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let read = |path: &Path| files::read_bounded(path, TRANSCRIPT_BYTES_MAX).map(|bytes| bytes.to_vec());
    match (&args.record, &args.request, &args.answer) {
        (Some(record), ..) => {
            let record: SavedCheck = match record.to_str() {
                Some("-") => files::read_json_from(session.console.stdin()?, Path::new("standard input"))?,
                _ => files::read_json(record)?,
            };
            Ok((record.request.into_bytes(), record.answer.into_bytes()))
        }
        (None, Some(request), Some(answer)) => Ok((read(request)?, read(answer)?)),
        _ => Err(Failure::new("no record is named").hint("pass the file that larum check --record wrote")),
    }
}

fn chain(args: &VerifyArgs, session: &Session<'_, '_>) -> Result<Option<RosterChain>, Failure> {
    match &args.roster {
        Some(path) => files::read_chain(path).map(Some),
        None => session.folder().map_or(Ok(None), |folder| folder.chain()),
    }
}

/// Whose node signed, by the newest roster.
fn member(chain: &RosterChain, receipt: &Receipt) -> Result<String, Failure> {
    if receipt.consortium != chain.consortium() {
        return Err(Failure::new("the receipt is of another consortium than the roster"));
    }
    let (member, node) = chain.roster().node(&receipt.node).ok_or_else(|| {
        Failure::new("the node that signed is not on the roster").hint("fetch a newer roster, or distrust the receipt")
    })?;
    if node.status == NodeStatus::Revoked {
        let failure =
            Failure::new("the key of the node that signed was lost or stolen: whoever has it can sign with any date");
        return Err(failure.hint("distrust the receipt, unless you know from elsewhere that it is older than that"));
    }
    Ok(member.name.clone())
}
