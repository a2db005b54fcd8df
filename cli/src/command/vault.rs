//! `larum vault`: what this employer published, kept sealed, and publishing it again under a new salt or key.

use larum_protocol::api::{RepublishAnswer, VaultAnswer, path};

use super::Session;
use crate::{Status, args::VaultCommand, error::Failure, output::count, progress::Progress};

pub(crate) fn run(command: &VaultCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match command {
        VaultCommand::Show => show(session),
        VaultCommand::Republish => republish(session),
    }
}

fn show(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let answer: VaultAnswer = session.client()?.get(path::VAULT)?;
    session.show(&answer, |answer| {
        let on = if answer.on { "on" } else { "off: set vault = true in larum.toml to keep what is published" };
        let again = answer.again.map(|again| format!("\n{} of {} are being published again", again.done, again.of));
        format!("the vault is {on}\n{} kept{}", count(answer.rows, "row"), again.unwrap_or_default())
    })
}

fn republish(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let kept: VaultAnswer = session.client()?.get(path::VAULT)?;
    let progress = Progress::new(session.console, "making tags", Some(kept.rows));
    let look = |vault: VaultAnswer| progress.set(vault.again.map_or(0, |again| again.done));
    let answer: RepublishAnswer = session.client()?.post_watched(path::VAULT_REPUBLISH, path::VAULT, look)?;
    drop(progress);
    let status = session.show(&answer, |answer| {
        let RepublishAnswer { rows, published, already, dropped, failed, .. } = answer;
        format!(
            "{} kept: {published} published again, {already} said there already, {dropped} no longer stand and are let go, \
             {failed} failed",
            count(*rows, "row")
        )
    })?;
    match answer.why {
        Some(why) => Err(Failure::new(format_args!("not all could be published again: {why}"))
            .hint("what failed is kept; run larum vault republish again")),
        None => Ok(status),
    }
}
