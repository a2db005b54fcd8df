//! The steps, in their order.

mod founding;
mod hiring;
mod outage;
mod resume;
mod splitting;
mod stranger;
mod warning;

use super::{place::EMPLOYERS, play::Play};
use crate::{args::Custody, error::Failure};

/// Plays the whole demo.
pub(super) async fn all(play: &mut Play<'_, '_, '_>, custody: Custody) -> Result<(), Failure> {
    founding::keys(play).await?;
    founding::found(play).await?;
    founding::admit(play).await?;
    founding::serve(play).await?;
    if custody == Custody::Split {
        splitting::split(play).await?;
    }
    let observed = warning::publish(play).await?;
    warning::check(play).await?;
    resume::edited(play, &observed).await?;
    hiring::webhook(play, &observed).await?;
    outage::die(play, &observed).await?;
    outage::come_back(play).await?;
    if custody == Custody::Split {
        splitting::one_is_enough_to_lose(play).await?;
    }
    warning::withdraw(play).await?;
    stranger::refused(play).await?;
    stop(play).await
}

async fn stop(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("All nodes stop")?;
    for employer in EMPLOYERS {
        let stopped = play.take(employer)?.stop().await?;
        play.show.expect(format!("{}'s node stops in good order", employer.short), stopped)?;
    }
    play.show.end()
}
