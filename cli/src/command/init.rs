//! `larum init`: a data folder with this member's keys and a commented configuration.

use larum_protocol::roster::is_name;
use serde::Serialize;

use super::Session;
use crate::{Status, args::InitArgs, error::Failure, folder::MemberFile};

#[derive(Serialize)]
struct Created {
    data: String,
    #[serde(flatten)]
    member: MemberFile,
}

pub(crate) fn run(args: &InitArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    if !is_name(&args.org) {
        return Err(Failure::new(
            "the name is empty, too long, starts or ends with a blank, or holds control characters",
        )
        .hint("name the employer as the other members know it, in at most 80 bytes"));
    }
    let folder = session.folder()?;
    let member = folder.create(&args.org, args.passphrase_file.as_deref())?;
    let created = Created { data: folder.path().display().to_string(), member };
    let status = session.show(&created, |created| {
        format!(
            "created {}\n  member   {}\n  key      {}\n  peer id  {}",
            created.data, created.member.name, created.member.member_key, created.member.peer
        )
    })?;
    if args.passphrase_file.is_none() {
        session.console.note("note: unlock.key lies beside the keys it unlocks; see unlock_file in larum.toml");
    }
    session.console.note("next: larum consortium found, or larum consortium request to join one");
    Ok(status)
}
