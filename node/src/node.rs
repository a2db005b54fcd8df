//! Composition root: from a configuration to a running node, and back.
//!
//! Start order follows the data: secrets, store, rosters, ledger, network, engine, API. Stop order is the reverse, so
//! that nothing is asked of a part that is gone. Every task is joined: a panic in one is an error of [`Node::stop`].
//! Absent on purpose: rules of any kind.

mod api;
mod error;
mod open;

use std::{net::SocketAddr, sync::Arc, thread};

use arc_swap::ArcSwap;
use larum_protocol::{
    keys::{PublicKey, SealingSecretKey, SecretKey},
    ledger::RosterIndex,
    limits::ANNOUNCE_EVERY_MS,
    log::LogId,
    replica::{Config as ReplicaConfig, Kept, Replica},
    roster::MemberId,
};
use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

pub use self::error::NodeError;
use self::open::Opened;
pub(crate) use self::open::unheard;
use crate::{
    alerts::Alerts,
    audit::Recorder,
    callbacks::Callbacks,
    config::Config,
    engine::{Engine, EngineHandle, Keys, Parts},
    hooks::Hooks,
    http::{self, Server},
    ledger::Ledger,
    metrics::Metrics,
    net::{self, Multiaddr, NetConfig, NetHandle, Network, Peer, Started},
    stewards::{self, Stewardship},
    store::Store,
    taggers::Taggers,
    watches::Watches,
};

/// Milliseconds between syncs with other nodes; each is drawn between the two.
const SYNC_EVERY_MS: (u64, u64) = (10_000, 30_000);

/// The addresses at which other nodes reach this one, as the network reports them.
pub(crate) type Listening = Arc<RwLock<Vec<Multiaddr>>>;

/// A running node.
#[derive(Debug)]
pub struct Node {
    config: Config,
    own: LogId,
    store: Arc<Store>,
    ledger: Arc<Ledger>,
    net: NetHandle,
    recorder: Recorder,
    hooks: Option<Arc<Hooks>>,
    server: Server,
    engine: thread::JoinHandle<()>,
    handle: EngineHandle,
    stop: CancellationToken,
    /// Ends who follows alerts, before the API is stopped: each holds a request in flight.
    followers: CancellationToken,
}

/// Everything that both the engine and the API need.
struct Shared {
    store: Arc<Store>,
    ledger: Arc<Ledger>,
    taggers: Arc<ArcSwap<Taggers>>,
    metrics: Arc<Metrics>,
    net: NetHandle,
    listening: Listening,
    watches: Arc<Watches>,
    alerts: Arc<Alerts>,
    member: MemberId,
    own: LogId,
    consortium: larum_protocol::hash::Digest,
    seed: Zeroizing<[u8; 32]>,
}

impl Node {
    /// Starts a node on what its data folder holds.
    ///
    /// # Errors
    /// Whatever keeps it from starting, with what to do about it; nothing is left running.
    pub async fn start(config: Config) -> Result<Self, NodeError> {
        let listener = http::bind(config.http_listen).await?;
        let opened = open::open(&config)?;
        let key = SecretKey::from_seed(&opened.secrets.node_seed);
        let member = opened.chain.roster().node(&key.public()).map(|(member, _)| member.id);
        let member = member.ok_or(NodeError::NotOnRoster { version: opened.chain.roster().version })?;
        let stop = CancellationToken::new();
        let mut metrics = Metrics::new();
        let Started { handle: net, events, asked } = start_network(&config, &opened, &mut metrics)?;
        let metrics = Arc::new(metrics);
        let followers = CancellationToken::new();
        let (watches, alerts) = start_watches(&config, &opened, &metrics, &followers, &stop)?;
        let shared = Shared {
            store: Arc::clone(&opened.store),
            ledger: Arc::clone(&opened.ledger),
            taggers: Arc::new(ArcSwap::from_pointee(Taggers::new(opened.chain.roster(), &opened.salts()))),
            metrics,
            net,
            listening: Listening::default(),
            watches,
            alerts,
            member,
            own: opened.own,
            consortium: opened.chain.consortium(),
            seed: Zeroizing::new(opened.secrets.node_seed),
        };
        let stewards = start_stewards(&config, &shared, &opened, asked, &stop)?;
        let sealing = SealingSecretKey::from_seed(&opened.secrets.sealing_seed);
        let (handle, commands) = EngineHandle::new();
        let engine = Engine::new(engine_parts(&shared, &config, opened, key)?);
        let token = stop.clone();
        let engine = thread::Builder::new().name("engine".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            match runtime {
                Ok(runtime) => runtime.block_on(engine.run(events, commands, token)),
                Err(error) => tracing::error!(%error, "the engine cannot start"),
            }
        })?;
        let (recorder, hooks, server) =
            api::start(&config, &shared, stewards, sealing, handle.clone(), listener, &stop)?;
        let Shared { own, store, ledger, net, .. } = shared;
        Ok(Self { config, own, store, ledger, net, recorder, hooks, server, engine, handle, stop, followers })
    }

    /// Where the API listens.
    pub const fn http_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// What the node runs on.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What it knows, without the API in between: for measuring.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Publishes without the API in between: for measuring.
    pub(crate) const fn engine_handle(&self) -> &EngineHandle {
        &self.handle
    }

    /// Lets requests in flight end, closes every connection, and leaves the data folder so that the next start has
    /// nothing to repair.
    pub async fn stop(self) -> Result<(), NodeError> {
        self.followers.cancel();
        self.server.stop().await;
        if let Some(hooks) = &self.hooks {
            hooks.stop().await;
        }
        self.stop.cancel();
        let engine = tokio::task::spawn_blocking(move || self.engine.join());
        let panicked = engine.await.map_or(true, |joined| joined.is_err());
        self.net.shutdown().await?;
        self.recorder.close().await;
        self.ledger.flush()?;
        self.store.close()?;
        open::mark_again(&self.store, &self.own);
        if panicked { Err(NodeError::Panicked) } else { Ok(()) }
    }
}

fn start_network(config: &Config, opened: &Opened, metrics: &mut Metrics) -> Result<Started, NodeError> {
    let own: PublicKey = opened.own.node;
    let allowed = opened.chain.roster().connectable().filter(|node| node.key != own).map(|node| Peer {
        node_key: node.key.0,
        addresses: node.addresses.iter().filter_map(|address| address.parse().ok()).collect(),
    });
    let network = NetConfig {
        node_seed: Zeroizing::new(opened.secrets.node_seed),
        consortium_id: opened.chain.consortium().0,
        listen: config.p2p_listen.clone(),
        external: config.p2p_external.clone(),
        extra_peers: config.p2p_peers.clone(),
        mdns: config.p2p_mdns,
        limits: net::Limits {
            request_bytes_max: larum_protocol::limits::REQUEST_BYTES_MAX,
            response_bytes_max: larum_protocol::limits::RESPONSE_BYTES_MAX,
            ..net::Limits::default()
        },
    };
    Ok(Network::start(network, allowed.collect(), Some(metrics.registry_mut()))?)
}

/// What is watched, what became known of it, and who is told.
fn start_watches(
    config: &Config,
    opened: &Opened,
    metrics: &Arc<Metrics>,
    followers: &CancellationToken,
    stop: &CancellationToken,
) -> Result<(Arc<Watches>, Arc<Alerts>), NodeError> {
    let (folder, seed) = (&config.data_dir, &opened.secrets.node_seed);
    let callbacks = Arc::new(Callbacks::open(folder, seed, &config.callbacks, Arc::clone(metrics))?);
    callbacks.start(stop);
    let alerts = Alerts::open(folder, seed, callbacks, Arc::clone(metrics), followers.clone())?;
    let alerts = Arc::new(alerts);
    let watches = Watches::open(folder, seed, config.watch_count_max, Arc::clone(&alerts), Arc::clone(metrics))?;
    let watches = Arc::new(watches);
    watches.start(Arc::clone(&opened.ledger), opened.own.node, stop);
    Ok((watches, alerts))
}

fn start_stewards(
    config: &Config,
    shared: &Shared,
    opened: &Opened,
    asked: tokio::sync::mpsc::Receiver<net::Asked>,
    stop: &CancellationToken,
) -> Result<Stewardship, NodeError> {
    let file = config.data_dir.join(crate::secrets::SECRETS_FILE);
    let held = opened.secrets.stewardship.clone();
    let parts = stewards::Parts {
        consortium: shared.consortium,
        key: SecretKey::from_seed(&shared.seed),
        ledger: Arc::clone(&shared.ledger),
        net: shared.net.clone(),
        shares: stewards::Shares::new(file, opened.lock.clone(), held),
        cache: config.tag_cache_entries,
        folder: config.data_dir.join(stewards::STEWARD_FOLDER),
        metrics: Arc::clone(&shared.metrics),
    };
    Ok(stewards::start(parts, asked, stop)?)
}

fn engine_parts(shared: &Shared, config: &Config, opened: Opened, key: SecretKey) -> Result<Parts, NodeError> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|_| NodeError::NoRandomness)?;
    let replica = Replica::new(
        ReplicaConfig {
            key: key.clone(),
            own: opened.own,
            announce_every_ms: ANNOUNCE_EVERY_MS,
            sync_every_ms: SYNC_EVERY_MS,
            seed: u64::from_be_bytes(seed),
        },
        Kept {
            chain: opened.chain,
            logs: opened.ledger.states(),
            proofs: opened.proofs,
            announcements: opened.announcements,
        },
    );
    let keys = Keys {
        node: key,
        sealing: SealingSecretKey::from_seed(&opened.secrets.sealing_seed),
        file: config.data_dir.join(crate::secrets::SECRETS_FILE),
        secrets: opened.secrets,
        lock: opened.lock,
    };
    Ok(Parts {
        replica,
        store: Arc::clone(&shared.store),
        ledger: Arc::clone(&shared.ledger),
        taggers: Arc::clone(&shared.taggers),
        metrics: Arc::clone(&shared.metrics),
        net: shared.net.clone(),
        listening: Arc::clone(&shared.listening),
        watches: Arc::clone(&shared.watches),
        keys,
        own: opened.own,
        rosters: config.data_dir.join(open::ROSTERS_FOLDER),
        continues: opened.continues,
    })
}

/// The roster index of a chain's newest roster.
pub(crate) fn roster_index(chain: &larum_protocol::roster::RosterChain) -> RosterIndex {
    RosterIndex::new(chain.roster().clone())
}
