//! A bounded number of connections, of which those that ask nothing make room for those that do.
//!
//! Anybody who reaches the port can open connections and send nothing. Were the next one to wait until one of them ends,
//! a thousand sockets would shut everybody out; so the one that has been idle for longest is closed instead.
//! Invariant: a connection is closed this way only while none of its requests is under way. (The last piece of an answer may
//! still be on its way to a slow reader: its connection is then the youngest idle one.)
//! Absent on purpose: a bound for each peer's address. Behind a reverse proxy all have the same one.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Every connection's place, and which of them are idle.
#[derive(Debug)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    idle: Mutex<Idle>,
    became_idle: Notify,
}

#[derive(Debug, Default)]
struct Idle {
    /// By the order in which they became idle.
    since: BTreeMap<u64, CancellationToken>,
    next: u64,
}

/// One connection; idle until its first request.
#[derive(Debug)]
pub(super) struct Place {
    all: Arc<Connections>,
    /// Where it stands among the idle ones, and how many of its requests are under way: one, unless it pipelines.
    state: Mutex<(Option<u64>, usize)>,
    close: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

/// A request under way on a connection, until its answer is written or given up.
#[derive(Debug)]
pub(super) struct Busy(Arc<Place>);

impl Connections {
    pub(super) fn new(count: usize) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(count));
        Arc::new(Self { places, idle: Mutex::default(), became_idle: Notify::new() })
    }

    /// A place for one more connection; the oldest idle one is closed for it if all are taken.
    pub(super) async fn take(self: &Arc<Self>) -> Arc<Place> {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                break permit;
            }
            let freed = Arc::clone(&self.places).acquire_owned();
            if self.close_oldest_idle() {
                break freed.await.expect("it is never closed");
            }
            tokio::select! {
                permit = freed => break permit.expect("it is never closed"),
                () = self.became_idle.notified() => {}
            }
        };
        let close = CancellationToken::new();
        let place = Place { all: Arc::clone(self), state: Mutex::default(), close, _permit: permit };
        place.rest(&mut place.state.lock());
        Arc::new(place)
    }

    /// Closes the connection that has been idle for longest, if one is.
    pub(super) fn close_oldest_idle(&self) -> bool {
        let oldest = self.idle.lock().since.pop_first();
        oldest.inspect(|(_, close)| close.cancel()).is_some()
    }
}

impl Place {
    /// Resolves when the connection has to make room.
    pub(super) async fn closed(&self) {
        self.close.cancelled().await;
    }

    /// A request begins.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        let (at, under_way) = &mut *self.state.lock();
        *under_way += 1;
        if let Some(at) = at.take() {
            self.all.idle.lock().since.remove(&at);
        }
        Busy(Arc::clone(self))
    }

    fn rest(&self, (at, _): &mut (Option<u64>, usize)) {
        let mut idle = self.all.idle.lock();
        let next = idle.next;
        idle.next += 1;
        idle.since.insert(next, self.close.clone());
        *at = Some(next);
        self.all.became_idle.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(at) = self.state.get_mut().0 {
            self.all.idle.lock().since.remove(&at);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let state = &mut *self.0.state.lock();
        state.1 -= 1;
        if state.1 == 0 {
            self.0.rest(state);
        }
    }
}

impl Busy {
    /// The body of the answer, at whose end the request is over.
    pub(super) fn until_written(self, body: Body) -> Body {
        Body::new(Answering { body, _busy: self })
    }
}

struct Answering {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
