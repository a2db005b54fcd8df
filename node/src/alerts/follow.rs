//! Who follows the alerts: bounded in number, in all and for each token.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use larum_protocol::api::AlertInfo;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Alerts;

/// Followers at once: consoles and other programs of one employer.
pub(super) const FOLLOWERS_MAX: usize = 64;
/// Of them with one token: a program that forgets to hang up takes no other's place.
pub(super) const FOLLOWERS_OF_TOKEN_MAX: usize = 8;
/// Alerts that a follower takes at once.
const FOLLOWED_AT_ONCE: usize = 64;

/// Why there is no place for one more follower.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NoPlace {
    /// Too many in all.
    #[error("{FOLLOWERS_MAX} programs follow the alerts, the most that may at once; come again when one has ended")]
    InAll,
    /// Too many with this token.
    #[error(
        "this token follows the alerts {FOLLOWERS_OF_TOKEN_MAX} times, the most that it may at once; end one, or use a \
         token for each program"
    )]
    OfToken,
}

/// How many places each token has taken.
#[derive(Debug, Default)]
pub(super) struct Places(Arc<Mutex<BTreeMap<Arc<str>, usize>>>);

impl Places {
    fn take(&self, token: &Arc<str>) -> Result<Place, NoPlace> {
        let mut taken = self.0.lock();
        if taken.values().sum::<usize>() >= FOLLOWERS_MAX {
            return Err(NoPlace::InAll);
        }
        let of_token = taken.entry(Arc::clone(token)).or_default();
        if *of_token >= FOLLOWERS_OF_TOKEN_MAX {
            return Err(NoPlace::OfToken);
        }
        *of_token += 1;
        Ok(Place { token: Arc::clone(token), taken: Arc::downgrade(&self.0) })
    }
}

/// A place that is given back when it is dropped.
#[derive(Debug)]
struct Place {
    token: Arc<str>,
    taken: Weak<Mutex<BTreeMap<Arc<str>, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(taken) = self.taken.upgrade() else { return };
        let mut taken = taken.lock();
        if let Some(of_token) = taken.get_mut(&self.token) {
            *of_token -= 1;
            if *of_token == 0 {
                taken.remove(&self.token);
            }
        }
    }
}

/// Somebody who follows the alerts from a change on.
#[derive(Debug)]
pub(crate) struct Follower {
    after: u64,
    newest: watch::Receiver<u64>,
    stop: CancellationToken,
    _place: Place,
}

impl Alerts {
    /// A place among the followers, for whoever has this token.
    pub(crate) fn follow(&self, after: u64, token: &Arc<str>) -> Result<Follower, NoPlace> {
        let place = self.places.take(token)?;
        Ok(Follower { after, newest: self.newest.subscribe(), stop: self.stop.clone(), _place: place })
    }
}

impl Follower {
    /// The alerts that changed since it was last asked, once there are some; `None` when the node stops.
    pub(crate) async fn next(&mut self, alerts: &Alerts) -> Option<Vec<AlertInfo>> {
        loop {
            self.newest.borrow_and_update();
            let changed = alerts.page(self.after, None, FOLLOWED_AT_ONCE).alerts;
            if let Some(last) = changed.last() {
                self.after = last.change;
                return Some(changed);
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = self.newest.changed() => changed.ok()?,
            }
        }
    }
}
