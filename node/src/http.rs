//! The HTTP API: routes, limits and errors around a [`Service`] that knows the answers.
//!
//! A request passes, in this order: the guard (`Host` and `Origin`, against web pages that drive a loopback service),
//! a bounded place among the requests of its sort in flight, its token and scope and rate, a bounded body, strict JSON. Only then
//! does it reach the service. Every error leaves as problem+json, and none repeats what the caller sent.
//!
//! Invariant: no answer to a check leaves before the audit record holds it (I11); if the record cannot be written, the
//! check is refused.
//! Invariant: memory is bounded: bodies, lines, groups and requests in flight all have limits, and a bulk stream reads
//! no faster than its reader takes the answers; a reader that takes nothing is cut off.
//! Absent on purpose: TLS (loopback, or a reverse proxy's), what a verdict means (`Service`), where tokens are kept.

mod admin;
mod alerts;
mod applications;
mod auth;
mod body;
mod bulk;
mod check;
mod connections;
mod console;
mod erasures;
mod error;
mod form;
mod guard;
mod hooks;
mod idempotency;
mod openapi;
mod probe;
mod read;
mod reading;
mod reviews;
mod rosters;
mod server;
mod service;
mod stalled;
mod statements;
mod vault;
mod watches;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    routing::{delete, get, post},
};
use larum_protocol::api::path;
use tokio::sync::Semaphore;

pub use self::{
    error::ApiError,
    idempotency::{IdempotencyError, IdempotencyStore, MemoryIdempotency, Saved},
    server::{BindError, Server, bind},
    service::{Activity, Answer, LinesAnswer, Service, ServiceError},
};
use crate::{
    applications::Applications,
    audit::Recorder,
    console::{place, session::Sessions},
    hooks::Hooks,
    metrics::Metrics,
    service::{Applicants, Watching},
    tokens::{Rate, Tokens},
};

/// Every bound of the HTTP side.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; for one more the one that has been idle for longest is closed.
    pub connections: usize,
    /// Requests in flight; one more is told to come back. With bodies of 1 MiB, half a gigabyte at the very worst.
    pub requests: usize,
    /// Webhooks in flight, of 1 MiB each at most. Apart from the requests, since anybody may begin to send one: the
    /// signature is under the whole body.
    pub deliveries: usize,
    /// Sign-ins in flight: anybody may begin to send one, too.
    pub sign_ins: usize,
    /// Publications in flight: their bodies are larger, and they queue for the same log anyway.
    pub publications: usize,
    /// Large applications in flight: each may hold its body, its documents and their texts, 80 MiB together.
    pub uploads: usize,
    /// Bulk streams at once: each holds one group of lines.
    pub bulk_streams: usize,
    /// How often one token may ask.
    pub rate: Rate,
    /// How long a request's headers may take, which also bounds how long an idle connection is kept.
    pub header_time: Duration,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long a webhook's may: vendors send from data centres, and what does not arrive is sent again.
    pub delivery_time: Duration,
    /// How long an answer may take, the body's arrival included.
    pub answer_time: Duration,
    /// How long a publication may take: thousands of slow tags, and the wait by chance after stewards were asked. It goes on
    /// when its caller is gone; a caller who is told that it failed would publish it again.
    pub publish_time: Duration,
    /// How long a bulk stream may be silent.
    pub bulk_idle_time: Duration,
    /// How long a reader may take nothing of an answer that waits for it: a person who pages through an output is
    /// quicker, and a reader that is gone without a word must not hold its place for ever.
    pub taking_time: Duration,
    /// How long requests in flight may go on once the server was told to stop.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            requests: 512,
            deliveries: 128,
            sign_ins: 16,
            publications: 4,
            uploads: 4,
            bulk_streams: 16,
            rate: Rate { per_second: 2_000, burst: 4_000 },
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            delivery_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(60),
            publish_time: Duration::from_secs(600),
            bulk_idle_time: Duration::from_secs(60),
            taking_time: Duration::from_secs(60),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// What the HTTP side is told at start.
#[derive(Clone, Default)]
pub struct HttpConfig {
    /// Names beside the loopback ones under which the node may be addressed, as a `Host` header spells them.
    pub hosts: Vec<String>,
    /// Web origins whose pages may call; none by default.
    pub origins: Vec<String>,
    /// The bounds.
    pub limits: Limits,
    /// The folder of the audit record, for listing it.
    pub audit_dir: PathBuf,
    /// What takes webhooks; none where none is configured.
    pub hooks: Option<Arc<Hooks>>,
    /// A secret of this node, under which bodies are remembered for idempotency: a plain hash could be guessed from.
    pub secret: [u8; 32],
}

impl std::fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpConfig")
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What every handler needs.
pub struct App {
    service: Arc<dyn Service>,
    tokens: Arc<Tokens>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    idempotency: idempotency::Idempotency,
    config: HttpConfig,
    applications: Arc<Applications>,
    sessions: Sessions,
    publications: Arc<Semaphore>,
    uploads: Semaphore,
    bulk_streams: Arc<Semaphore>,
    /// Watches and alerts: apart from the service, and there once the node has opened them.
    watching: OnceLock<Arc<Watching>>,
    /// What keeps something of applicants, for erasing one.
    applicants: OnceLock<Arc<Applicants>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(
        service: Arc<dyn Service>,
        tokens: Arc<Tokens>,
        recorder: Recorder,
        metrics: Arc<Metrics>,
        idempotency: Arc<dyn IdempotencyStore>,
        applications: Arc<Applications>,
        config: HttpConfig,
    ) -> Arc<Self> {
        let limits = config.limits;
        Arc::new(Self {
            service,
            tokens,
            recorder,
            metrics,
            idempotency: idempotency::Idempotency::new(idempotency, config.secret),
            applications,
            sessions: Sessions::default(),
            publications: Arc::new(Semaphore::new(limits.publications)),
            uploads: Semaphore::new(limits.uploads),
            bulk_streams: Arc::new(Semaphore::new(limits.bulk_streams)),
            watching: OnceLock::new(),
            applicants: OnceLock::new(),
            config,
        })
    }

    /// Lets the API answer about watches and alerts, and erase applicants.
    pub(crate) fn attach(&self, applicants: Applicants) {
        let _ = self.watching.set(Arc::clone(&applicants.watching)); // the first one stays
        let _ = self.applicants.set(Arc::new(applicants));
    }

    fn limits(&self) -> &Limits {
        &self.config.limits
    }
}

/// Every route. The guard, the panic net and the counters stand before it, in [`Server`].
fn router(app: Arc<App>) -> Router {
    Router::new()
        .route(path::CHECK, post(check::check))
        .route(path::CHECK_BULK, post(bulk::check_bulk))
        .route(path::APPLICATIONS, post(applications::applications))
        .route(path::STATEMENTS, post(statements::statements))
        .route(path::STATUS, get(read::status))
        .route(path::MEMBERS, get(read::members))
        .route(path::PEERS, get(read::peers))
        .route(path::LOGS, get(read::logs))
        .route(path::ROSTERS, get(rosters::rosters).post(rosters::offer))
        .route(path::STEWARDS, get(read::stewards))
        .route(path::TAGS, post(admin::tags))
        .route(path::REVIEWS, get(reviews::reviews))
        .route(path::REVIEW, get(reviews::review))
        .route(path::REVIEW_DECISION, post(reviews::decide))
        .route(path::REVIEW_IDENTIFIERS, post(reviews::identifiers))
        .route(path::REVIEW_REOPEN, post(reviews::reopen))
        .route(path::REVIEW_DISPUTE, post(reviews::dispute))
        .route(path::VAULT, get(vault::vault))
        .route(path::VAULT_REPUBLISH, post(vault::republish))
        .route(path::AUDIT, get(admin::audit))
        .route(path::TOKENS, get(admin::tokens).post(admin::create_token))
        .route(path::TOKEN, delete(admin::revoke_token))
        .route(path::ALLOW, get(admin::allow_list).post(admin::allow))
        .route(path::WATCHES, get(watches::list).post(watches::add))
        .route(path::WATCH, delete(watches::remove))
        .route(path::ALERTS, get(alerts::alerts))
        .route(path::ALERT, post(alerts::act))
        .route(path::ERASURES, post(erasures::erase))
        .route(path::HOOK, post(hooks::hook))
        .route(path::HEALTHZ, get(probe::healthz))
        .route(path::READYZ, get(probe::readyz))
        .route(path::METRICS, get(probe::metrics))
        .route(path::OPENAPI, get(openapi::openapi))
        .merge(console::routes())
        .fallback(console::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .with_state(app)
}

/// The name under which a request is counted: one of our own paths, never what the caller wrote.
fn route_label(requested: &str) -> &'static str {
    const ROUTES: [&str; 24] = [
        path::CHECK,
        path::CHECK_BULK,
        path::APPLICATIONS,
        path::STATEMENTS,
        path::STATUS,
        path::MEMBERS,
        path::PEERS,
        path::LOGS,
        path::ROSTERS,
        path::STEWARDS,
        path::TAGS,
        path::REVIEWS,
        path::VAULT,
        path::VAULT_REPUBLISH,
        path::AUDIT,
        path::TOKENS,
        path::ALLOW,
        path::WATCHES,
        path::ALERTS,
        path::ERASURES,
        path::HEALTHZ,
        path::READYZ,
        path::METRICS,
        path::OPENAPI,
    ];
    let known = ROUTES.into_iter().find(|&route| route == requested);
    let of_one = [("/v1/tokens/", path::TOKEN), ("/v1/watches/", path::WATCH), ("/v1/alerts/", path::ALERT)];
    let one = || of_one.into_iter().find(|(start, _)| requested.starts_with(start)).map(|(_, route)| route);
    let page = || place::ALL.into_iter().find(|&page| page == requested);
    known.or_else(one).or_else(page).unwrap_or_else(|| match requested {
        decision if decision.starts_with("/v1/reviews/") && decision.ends_with("/decision") => path::REVIEW_DECISION,
        clear if clear.starts_with("/v1/reviews/") && clear.ends_with("/identifiers") => path::REVIEW_IDENTIFIERS,
        again if again.starts_with("/v1/reviews/") && again.ends_with("/reopen") => path::REVIEW_REOPEN,
        dispute if dispute.starts_with("/v1/reviews/") && dispute.ends_with("/dispute") => path::REVIEW_DISPUTE,
        review if review.starts_with("/v1/reviews/") => path::REVIEW,
        review if review.starts_with("/reviews/") => place::REVIEW,
        hook if hook.starts_with("/v1/hooks/") => path::HOOK,
        _ => "other",
    })
}

#[cfg(test)]
mod tests;
