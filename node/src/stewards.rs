//! Split custody in a node: it asks stewards, and is one if the roster says so.
//!
//! ```text
//! tagging ── Client ──> stewards of other members ──┐
//!                └────> Desk (this node's own share) <── what peers ask
//!                         ├─ Books       charged, on the disk, before anything is evaluated
//!                         ├─ Shares      sealed with the node's other secrets
//!                         └─ Ceremonies  making shares, dealing them anew
//! ```
//!
//! Invariant (I1): nothing that a steward sees or keeps tells it anything about an identifier.
//! Absent on purpose: arithmetic, budgets and what is a proper committee: the protocol's `oprf`, `custody`, `budget` and
//! `roster`.

mod acknowledged;
mod books;
mod cache;
mod ceremony;
mod client;
mod desk;
mod evidence;
mod shares;
mod standing;

use std::{path::PathBuf, sync::Arc};

use larum_protocol::{hash::Digest, keys::SecretKey};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

pub use self::books::BooksError;
pub(crate) use self::{
    acknowledged::Word,
    ceremony::Ceremonies,
    client::{Client, Purpose, Unanswered},
    desk::Desk,
    shares::Shares,
};
use self::{books::BooksHandle, cache::Cache, evidence::Evidence, standing::Standing};
use crate::{
    ledger::Ledger,
    metrics::Metrics,
    net::{Asked, NetHandle},
};

/// Books, and evidence against others, in the data folder.
pub(crate) const STEWARD_FOLDER: &str = "steward";

/// What both sides need.
pub(crate) struct Parts {
    pub(crate) consortium: Digest,
    pub(crate) key: SecretKey,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) net: NetHandle,
    pub(crate) shares: Shares,
    /// Entries of the cache.
    pub(crate) cache: u32,
    /// [`STEWARD_FOLDER`] of the data folder.
    pub(crate) folder: PathBuf,
    pub(crate) metrics: Arc<Metrics>,
}

/// What asks stewards, and this node's part in their ceremonies.
#[derive(Clone, Debug)]
pub(crate) struct Stewardship {
    pub(crate) client: Arc<Client>,
    pub(crate) ceremonies: Arc<Ceremonies>,
    pub(crate) desk: Arc<Desk>,
}

/// Starts to answer what peers ask and to take part in ceremonies, and gives what asks stewards.
pub(crate) fn start(
    parts: Parts,
    asked: mpsc::Receiver<Asked>,
    stop: &CancellationToken,
) -> Result<Stewardship, BooksError> {
    let Parts { consortium, key, ledger, net, shares, cache, folder, metrics } = parts;
    let (own, shares) = (key.public(), Arc::new(shares));
    // A node whose books are damaged still checks and publishes; what it does not do is evaluate.
    let books = BooksHandle::open(&folder.join("books")).or_else(|error| match error {
        BooksError::Damaged { .. } => {
            tracing::error!(%error, "this node evaluates nothing for anybody");
            Ok(BooksHandle::closed())
        }
        error => Err(error),
    })?;
    let (running, unable) = Default::default();
    let ceremonies = Arc::new(Ceremonies { own, consortium, shares: Arc::clone(&shares), running, unable });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let desk = Arc::new(Desk {
        consortium,
        key,
        ledger: Arc::clone(&ledger),
        shares,
        books,
        ceremonies: Arc::clone(&ceremonies),
        cores: Arc::new(Semaphore::new(cores)),
        metrics: Arc::clone(&metrics),
    });
    tokio::spawn(Arc::clone(&desk).serve(asked, stop.clone()));
    tokio::spawn(Arc::clone(&ceremonies).run(net.clone(), Arc::clone(&ledger), stop.clone()));
    let evidence = Evidence(folder.join("evidence"));
    let (cache, standing) = (Cache::new(cache), Standing::default());
    let client = Client { own, consortium, net, ledger, desk: Arc::clone(&desk), evidence, cache, standing, metrics };
    Ok(Stewardship { client: Arc::new(client), ceremonies, desk })
}
