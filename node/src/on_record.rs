//! Nothing of a lookup is kept before the lookup is on record (I11), and the record commits to an answer that says what is
//! kept. So whoever keeps something finds out what it will be, says so, waits for the record, and only then keeps it.
//!
//! Invariant: keeping is a task of its own. A caller who hangs up does not end it between the disk and the memory; one
//! whose lookup is not recorded ends it before anything was kept.
//! Absent on purpose: the record itself (`audit/`), what is kept (`watches.rs`, `reviews.rs`).

use std::fmt;

use tokio::{sync::oneshot, task::JoinHandle};

/// The lookup was not recorded.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the lookup is not on record, so nothing of it was kept")]
pub struct NotRecorded;

/// What lies between knowing what is to be kept and keeping it.
pub struct Gate<T>(Option<(Say<T>, oneshot::Receiver<()>)>);

type Say<T> = Box<dyn FnOnce(T) + Send>;

impl<T> fmt::Debug for Gate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.0.is_some()).finish()
    }
}

impl<T: 'static> Gate<T> {
    /// For what comes of no lookup.
    pub const fn open() -> Self {
        Self(None)
    }

    /// Says what will be kept, and waits until that is on record.
    pub async fn pass(self, what: T) -> Result<(), NotRecorded> {
        let Some((say, recorded)) = self.0 else { return Ok(()) };
        say(what);
        recorded.await.map_err(|_| NotRecorded)
    }

    /// The same for somebody who puts it in other terms.
    pub fn map<U>(self, terms: impl FnOnce(U) -> T + Send + 'static) -> Gate<U> {
        Gate(self.0.map(|(say, recorded)| -> (Say<U>, _) { (Box::new(move |what| say(terms(what))), recorded) }))
    }
}

/// Something that can be kept, and waits for the record.
#[derive(Debug)]
pub struct Prepared<T, E> {
    /// What will be kept.
    pub what: T,
    recorded: oneshot::Sender<()>,
    keeping: JoinHandle<Result<(), E>>,
}

/// Starts keeping something, up to its gate. `None` if there turns out to be nothing to keep.
pub async fn prepare<T, E, F>(keep: impl FnOnce(Gate<T>) -> F) -> Result<Option<Prepared<T, E>>, E>
where
    T: Send + 'static,
    E: From<NotRecorded> + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    let ((say, said), (recorded, on_record)) = (oneshot::channel(), oneshot::channel());
    let say = move |what| drop(say.send(what)); // who asked may be gone: then nothing is recorded either
    let keeping = tokio::spawn(keep(Gate(Some((Box::new(say), on_record)))));
    match said.await {
        Ok(what) => Ok(Some(Prepared { what, recorded, keeping })),
        Err(_) => ended(keeping).await.map(|()| None),
    }
}

impl<T, E: From<NotRecorded>> Prepared<T, E> {
    /// The lookup is on record: keeps it.
    pub async fn keep(self) -> Result<(), E> {
        let _ = self.recorded.send(()); // a task that has ended says below why
        ended(self.keeping).await
    }
}

/// How a task ended; a panic in it goes on here.
async fn ended<E: From<NotRecorded>>(task: JoinHandle<Result<(), E>>) -> Result<(), E> {
    task.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(NotRecorded.into()), // the node is stopping
    })
}
