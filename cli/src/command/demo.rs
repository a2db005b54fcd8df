//! `larum demo`: three employers on this machine warn each other, from founding to a withdrawal.
//!
//! Every command it shows is run as it is shown, by this same program; every node is a real `larum serve` on loopback.
//! What should hold is said as an expectation, and the first that does not hold ends the demo.
//! Invariant: the exit status is 0 only if every expectation held.
//! Invariant: whatever ends it (an expectation, an interrupt, the clock, a panic), no process is left running, and no
//! file unless `--keep` asked for them. After a SIGKILL of the demo itself its nodes still stop: their standard input
//! ends. Only the temporary folder is then left to the system.
//! Absent on purpose: any way of doing things that a user's command line does not have. Only the stranger's node is
//! made by hand, since no command makes one, and so is what Greenhouse and a receiver of callbacks would do at Cedar.

mod larum;
mod node;
mod place;
mod play;
mod receiver;
mod show;
mod steps;

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use self::{place::Place, play::Play, receiver::Receiver, show::Show};
use super::Session;
use crate::{
    Status,
    args::{Custody, DemoArgs},
    error::Failure,
};

/// How long the whole demo may take: many times what a slow machine needs.
const DEMO_TIME_MAX: Duration = Duration::from_secs(120);

pub(crate) fn run(args: &DemoArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let place = Place::create(args.keep.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format_args!("no runtime: {error}")))?;
    let mut show = Show::new(session.console, session.global.json);
    show.open()?;
    let ended = runtime.block_on(bounded(&place, &mut show, args.custody));
    if ended.is_err() {
        show.log_tails(&place);
    }
    drop(runtime); // with it ends the reaping of what was killed
    let kept = place.close()?;
    show.close(ended, kept.as_deref())
}

/// Plays until the end, an interrupt, or the end of everybody's patience. What is cut off is dropped, and a dropped
/// process is killed.
async fn bounded(place: &Place, show: &mut Show<'_, '_>, custody: Custody) -> Result<(), Failure> {
    let told = |kind| signal(kind).map_err(|error| Failure::new(format_args!("cannot wait for signals: {error}")));
    let mut interrupt = told(SignalKind::interrupt())?;
    let mut terminate = told(SignalKind::terminate())?;
    let mut hangup = told(SignalKind::hangup())?;
    let mut play = Play::new(place, show, Receiver::start().await?)?;
    let ended = tokio::select! {
        ended = steps::all(&mut play, custody) => ended,
        _ = interrupt.recv() => Err(Failure::new("interrupted")),
        _ = terminate.recv() => Err(Failure::new("told to stop")),
        _ = hangup.recv() => Err(Failure::new("the terminal is gone")),
        () = tokio::time::sleep(DEMO_TIME_MAX) => {
            Err(Failure::new(format_args!("it took longer than {} seconds", DEMO_TIME_MAX.as_secs())))
        }
    };
    play.clear_stage().await;
    ended
}
