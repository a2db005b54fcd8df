//! What stands behind the API: publishing, checking, the record of lookups, and what the node does for hiring.

use std::{sync::Arc, time::Duration};

use larum_protocol::{
    hash::{Label, keyed_digest},
    keys::{SealingSecretKey, SecretKey},
};
use tokio_util::sync::CancellationToken;

use super::{NodeError, Shared, open};
use crate::{
    allow::Allowed,
    applications::{Applications, FencedReader},
    audit::{self, Recorder, RecorderConfig},
    checker::Checker,
    clock::now,
    config::Config,
    engine::EngineHandle,
    hooks::{Erase, Hooks},
    http::{App, HttpConfig, Limits, Server},
    keep::Keep,
    publisher::Publisher,
    reviews::Reviews,
    service::{Applicants, Members, NodeService, Watching},
    stewards::Stewardship,
    tagging::Tagging,
    tokens::{Rate, Tokens},
    vault::Vault,
};

/// Between two looks for what has been kept for long enough: retention is counted in days.
const UPKEEP_EVERY: Duration = Duration::from_secs(3_600);
/// The folder of the record of lookups in the data folder.
const AUDIT_FOLDER: &str = "audit";

/// Starts everything behind the API, and then the API.
pub(super) fn start(
    config: &Config,
    shared: &Shared,
    stewards: Stewardship,
    sealing: SealingSecretKey,
    engine: EngineHandle,
    listener: tokio::net::TcpListener,
    stop: &CancellationToken,
) -> Result<(Recorder, Option<Arc<Hooks>>, Server), NodeError> {
    let recorder = start_record(config, shared, stop)?;
    let keep = || Keep(Arc::clone(&shared.store));
    let tokens = Arc::new(Tokens::open(Box::new(keep()))?);
    open::write_cli_token(&config.data_dir, &tokens)?;
    let allowed = Arc::new(Allowed::open(Arc::clone(&shared.store), &shared.seed)?);
    let tagging = Arc::new(Tagging::new(Arc::clone(&shared.taggers), Some(Arc::clone(&stewards.client))));
    let checker = Arc::new(Checker::new(Arc::clone(&shared.ledger), Arc::clone(&tagging), Arc::clone(&allowed)));
    let (ledger, delay) = (Arc::clone(&shared.ledger), config.publish_delay);
    let publisher = Publisher::new(ledger, tagging, Arc::clone(&allowed), engine.clone(), shared.member, delay)
        .with_vault(Vault::new(&config.data_dir, shared.consortium, sealing), config.vault);
    let publisher = Arc::new(publisher);
    let (applications, applicants) = start_hiring(config, shared, &checker, &publisher, &recorder, stop)?;
    let hooks = applicants.hooks.clone();
    let service = NodeService {
        ledger: Arc::clone(&shared.ledger),
        store: Arc::clone(&shared.store),
        checker,
        publisher,
        alerts: Arc::clone(&shared.alerts),
        allowed,
        engine,
        net: shared.net.clone(),
        listening: Arc::clone(&shared.listening),
        metrics: Arc::clone(&shared.metrics),
        taggers: Arc::clone(&shared.taggers),
        stewards,
        member: shared.member,
        own: shared.own,
        consortium: shared.consortium,
        started: now(),
        pictured: Arc::default(),
        hooks: hooks.clone(),
        config: config.clone(),
    };
    let (service, metrics, keep) = (Arc::new(service), Arc::clone(&shared.metrics), Arc::new(keep()));
    let http = http_config(config, shared, hooks.clone());
    let app = App::new(service, tokens, recorder.clone(), metrics, keep, applications, http);
    app.attach(applicants);
    Ok((recorder, hooks, Server::start(listener, app)?))
}

/// The record of lookups, which is pruned as long as the node runs.
fn start_record(config: &Config, shared: &Shared, stop: &CancellationToken) -> Result<Recorder, NodeError> {
    let dir = config.data_dir.join(AUDIT_FOLDER);
    let key = Box::new(SecretKey::from_seed(&shared.seed));
    let recorder = Recorder::start(RecorderConfig { dir: dir.clone(), consortium: shared.consortium }, key)?;
    tokio::spawn(audit::keep_pruned(dir, config.audit_retention_days, stop.clone()));
    Ok(recorder)
}

/// What the node does about applicants: applications, reviews, watches, webhooks.
fn start_hiring(
    config: &Config,
    shared: &Shared,
    checker: &Arc<Checker>,
    publisher: &Arc<Publisher>,
    recorder: &Recorder,
    stop: &CancellationToken,
) -> Result<(Arc<Applications>, Applicants), NodeError> {
    let members = Arc::new(Members {
        ledger: Arc::clone(&shared.ledger),
        checker: Arc::clone(checker),
        publisher: Arc::clone(publisher),
        member: shared.member,
    });
    let watching = Arc::new(Watching {
        checker: Arc::clone(checker),
        ledger: Arc::clone(&shared.ledger),
        watches: Arc::clone(&shared.watches),
        alerts: Arc::clone(&shared.alerts),
        days_max: config.watch_days_max,
    });
    let (metrics, callbacks) = (&shared.metrics, shared.alerts.callbacks());
    let told = Arc::clone(callbacks);
    let reviews = Reviews::open(&config.data_dir, &shared.seed, config.reviews, members, Arc::clone(metrics), told)?;
    let reviews = Arc::new(reviews);
    let (looks, reads) = (Arc::clone(checker) as _, Arc::new(FencedReader) as _);
    let applications = Applications::new(looks, reads, recorder.clone(), Arc::clone(metrics))
        .with_reviews(Arc::clone(&reviews))
        .with_watches(Arc::clone(&watching) as _);
    let applications = Arc::new(applications);
    let erasers: Vec<Arc<dyn Erase>> = vec![Arc::clone(&reviews) as _, Arc::clone(&watching) as _];
    let (checks, told) = (Arc::clone(&applications) as _, Arc::clone(callbacks));
    let hooks = Hooks::start(config, &shared.seed, checks, erasers, told, metrics.hooks.clone())?.map(Arc::new);
    tokio::spawn(upkeep(Arc::clone(&reviews), stop.clone()));
    Ok((applications, Applicants { watching, reviews, hooks }))
}

fn http_config(config: &Config, shared: &Shared, hooks: Option<Arc<Hooks>>) -> HttpConfig {
    let rate = Rate { per_second: config.checks_per_second, burst: config.checks_per_second.saturating_mul(2) };
    HttpConfig {
        hosts: config.http_allowed_hosts.clone(),
        origins: config.http_allowed_origins.clone(),
        limits: Limits { rate, ..Limits::default() },
        audit_dir: config.data_dir.join(AUDIT_FOLDER),
        hooks,
        secret: keyed_digest(&shared.seed, Label::LocalKey, &[b"http"]).0,
    }
}

/// Deletes reviews whose time is over, until the node stops.
async fn upkeep(reviews: Arc<Reviews>, stop: CancellationToken) {
    let mut hours = tokio::time::interval(UPKEEP_EVERY);
    while stop.run_until_cancelled(hours.tick()).await.is_some() {
        if let Err(error) = reviews.upkeep(now()).await {
            tracing::error!(%error, "reviews whose time is over could not be deleted; tried again in an hour");
        }
    }
}
