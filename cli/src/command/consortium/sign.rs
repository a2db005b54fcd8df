//! `larum consortium sign`: a governor reads what a proposal changes, and signs it.

use larum_protocol::roster::{Roster, SignedRoster};
use serde::Serialize;

use super::{Session, acknowledged, epochs, governor, known_chain, now, words};
use crate::{Status, args::SignArgs, error::Failure, files};

#[derive(Serialize)]
struct SignedProposal {
    proposal: String,
    version: u64,
    governor: String,
    signatures: usize,
    threshold: u8,
    changes: Vec<String>,
}

pub(super) fn run(args: &SignArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut proposal = files::read_proposal(&args.proposal)?;
    let before = predecessor(&proposal.roster, args, session)?;
    let passphrase_file = args.lock.passphrase_file.as_deref();
    let (key, public) = governor::open(&args.key, args.unlock_file.as_deref(), passphrase_file)?;
    let deciding = before.as_ref().unwrap_or(proposal.roster.roster());
    if !deciding.governors.contains(&public) {
        return Err(Failure::new("this key is no governor of the roster that decides")
            .hint("larum consortium show lists the governors"));
    }
    let threshold = deciding.threshold;
    let mut changes = words::describe(before.as_ref(), proposal.roster.roster());
    changes.extend(epochs::endings(before.as_ref(), proposal.roster.roster(), now().day()));
    changes.iter().for_each(|line| session.console.note(line));
    let consortium = proposal.roster.roster().consortium.unwrap_or(proposal.roster.id());
    acknowledged::check(before.as_ref(), proposal.roster.roster(), &consortium, &proposal.acknowledgements)?;
    if !args.yes {
        session.console.confirm(&format!("sign this as governor {public}?"))?;
    }
    proposal.roster.sign(&key);
    files::rewrite_proposal(&args.proposal, &proposal)?;
    let signed = SignedProposal {
        proposal: args.proposal.display().to_string(),
        version: proposal.roster.roster().version,
        governor: public.to_string(),
        signatures: proposal.roster.signatures().len(),
        threshold,
        changes,
    };
    session.show(&signed, |signed| {
        format!(
            "{} is signed by {} of the {} governors that must",
            signed.proposal, signed.signatures, signed.threshold
        )
    })
}

/// The roster that the proposal replaces, where it is known here. Without it the whole roster is read out, and the
/// governors it names itself are taken for those who decide; who applies it checks against the right ones.
fn predecessor(
    proposal: &SignedRoster,
    args: &SignArgs,
    session: &mut Session<'_, '_>,
) -> Result<Option<Roster>, Failure> {
    let Some(prev) = proposal.roster().prev else { return Ok(None) };
    let chain = known_chain(&args.source, session)?;
    let known = chain.as_ref().and_then(|chain| chain.since(0).iter().find(|roster| roster.id() == prev));
    if known.is_none() {
        session.console.note("note: the roster that this one replaces is not known here, so all of it is shown");
    }
    Ok(known.map(|roster| roster.roster().clone()))
}
