//! `larum consortium request`: what an applicant hands to the governors.

use larum_protocol::{
    keys::certify_node,
    roster::JoinRequest,
    signed::{Signed, SignedObject},
};
use serde::Serialize;

use super::{Session, addresses};
use crate::{Status, args::RequestArgs, error::Failure, files, folder::Keys};

#[derive(Serialize)]
struct Requested {
    request: String,
    member: String,
    key: String,
}

pub(super) fn run(args: &RequestArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let folder = session.folder()?;
    let member = folder.member()?;
    let secrets = folder.secrets()?;
    let keys = Keys::of(&secrets)?;
    let request = JoinRequest {
        version: JoinRequest::VERSION,
        name: member.name,
        key: keys.member.public(),
        sealing: keys.sealing_public(),
        node: keys.node_public(),
        certificate: certify_node(&keys.member, &keys.node_public()),
        addresses: addresses(&args.address, session)?,
    };
    let request = Signed::sign(request, &keys.member);
    files::write_request(&args.out, &request)?;
    let requested = Requested {
        request: args.out.display().to_string(),
        member: request.name.clone(),
        key: request.key.to_string(),
    };
    let status = session.show(&requested, |requested| {
        format!("request {}\nmember  {}\nkey     {}", requested.request, requested.member, requested.key)
    })?;
    session.console.note("next: send the request to a governor, and read them the key over the telephone");
    Ok(status)
}
