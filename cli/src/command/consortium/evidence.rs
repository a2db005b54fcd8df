//! `larum consortium stewards verify`: whether a file shows that a steward gave a wrong answer.

use larum_protocol::steward::{EVIDENCE_BYTES_MAX, Evidence};
use serde::Serialize;

use super::{Session, chain};
use crate::{Status, args::EvidenceArgs, error::Failure, files, output::plain};

#[derive(Serialize)]
struct Shown {
    member: String,
    node: String,
    epoch: u32,
    generation: u32,
}

pub(super) fn run(args: &EvidenceArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.source, session)?;
    let bytes = files::read_bounded(&args.file, EVIDENCE_BYTES_MAX as u64)?;
    let evidence = Evidence::from_bytes(&bytes).map_err(|error| {
        Failure::read(&args.file, error)
            .hint("evidence lies in steward/evidence of the data folder of the node that asked")
    })?;
    let convicted = evidence.verify(&chain).map_err(|error| Failure::new(error).hint("it shows nothing"))?;
    let member = chain.roster().member(convicted.member);
    let shown = Shown {
        member: member.map_or_else(String::new, |member| member.name.clone()),
        node: convicted.node.to_string(),
        epoch: convicted.epoch,
        generation: convicted.generation,
    };
    session.show(&shown, |shown| {
        let Shown { member, node, epoch, generation } = shown;
        let member = plain(member);
        format!("{member} gave a wrong answer, and signed it: node {node}, epoch {epoch}, generation {generation}")
    })
}
