//! A worker's surroundings: an API that answers as told, what checks, and what forgets.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::IntoResponse as _,
    routing::any,
};
use futures::future::BoxFuture;
use larum_protocol::api::{ApplicationAnswer, ApplicationResult, CheckResult, CoverageInfo, CoverageState, Verdict};
use parking_lot::Mutex;
use tempfile::TempDir;

use super::super::*;
use crate::{
    applications::Application,
    callbacks::Callbacks,
    config::HookConfig,
    hooks::{CheckApplication, Erase, HookMetrics, Hooks, HostRule, arrival::Event, fetch, inbox::Inbox},
    http::ServiceError,
    metrics::Metrics,
};

/// What was checked: kinds of identifiers, documents, what is missing.
pub(super) type Seen = (Vec<String>, usize, Vec<String>);

/// Says clear, or unknown if something is missing; fails as a program does when told to.
#[derive(Default)]
pub(super) struct Checker {
    seen: Mutex<Vec<Seen>>,
    pub(super) breaks: AtomicBool,
}

impl CheckApplication for Checker {
    fn check_application(
        &self,
        application: Application,
        _: Arc<str>,
    ) -> BoxFuture<'_, Result<ApplicationAnswer, ServiceError>> {
        Box::pin(async move {
            assert!(!self.breaks.swap(false, Ordering::Relaxed), "told to break");
            let unread = |why: &String| CheckResult::unreadable(None, why.clone(), None);
            let results =
                application.missing.iter().map(unread).map(|result| ApplicationResult { document: None, result });
            let verdict = if application.missing.is_empty() { Verdict::Clear } else { Verdict::Unknown };
            let answer = ApplicationAnswer {
                verdict,
                reference: Some(application.reference),
                names: Vec::new(),
                results: results.collect(),
                coverage: CoverageInfo {
                    state: CoverageState::Fresh,
                    members: 1,
                    heard: 1,
                    absent: Vec::new(),
                    roster: 0,
                    heads: String::new(),
                    forked: Vec::new(),
                },
                advice: verdict.advice().into(),
                review: None,
                watched_until: None,
                warnings: Vec::new(),
                receipt: None,
            };
            let kinds = application.identifiers.into_iter().map(|identifier| identifier.kind).collect();
            self.seen.lock().push((kinds, application.documents.len(), application.missing));
            Ok(answer)
        })
    }
}

/// Writes down whom it forgot.
#[derive(Default)]
pub(super) struct Keeper(pub(super) Mutex<Vec<String>>);

impl Erase for Keeper {
    fn erase<'a>(&'a self, _: &'a str, reference: &'a str) -> BoxFuture<'a, Result<(), String>> {
        self.0.lock().push(reference.to_owned());
        Box::pin(async { Ok(()) })
    }
}

/// What an API answers to each path; 404 to all others.
type Script = Arc<Mutex<HashMap<&'static str, (u16, &'static str)>>>;

pub(super) struct Rig {
    pub(super) parts: Arc<Parts>,
    pub(super) checker: Arc<Checker>,
    pub(super) keeper: Arc<Keeper>,
    script: Script,
    _folder: TempDir,
}

impl Rig {
    pub(super) async fn of(vendor: Vendor, retention_ms: u64) -> Self {
        let script = Script::default();
        let answer = async |State(script): State<Script>, request: Request| {
            let found = script.lock().get(request.uri().path()).copied();
            let (status, body) = found.unwrap_or((404, ""));
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        };
        let router = Router::new().fallback(any(answer)).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "a-secret-of-a-vendor\n").unwrap();
        let config = HookConfig {
            vendor,
            secret_file: file.clone(),
            local: vec![HostRule::of(&url).unwrap()],
            api_url: Some(url),
            token_url: None,
            credentials_file: Some(file),
            hosts: Vec::new(),
            note: false,
            watch_days: 0,
            region: None,
        };
        let (checker, keeper) = (Arc::new(Checker::default()), Arc::new(Keeper::default()));
        let callbacks = Callbacks::open(folder.path(), &[7; 32], &[], Arc::new(Metrics::new())).unwrap();
        let parts = Parts {
            hooks: BTreeMap::from([(vendor, Hook::open(&config, &fetch::tls()).unwrap())]),
            inbox: Arc::new(Inbox::open(&folder.path().join("hooks"), &[7; 32]).unwrap()),
            applications: Arc::clone(&checker) as _,
            erase: vec![Arc::clone(&keeper) as _],
            callbacks: Arc::new(callbacks),
            metrics: HookMetrics::default(),
            retention_ms,
            erased: AtomicBool::new(false),
        };
        Self { parts: Arc::new(parts), checker, keeper, script, _folder: folder }
    }

    pub(super) fn answers(&self, path: &'static str, status: u16, body: &'static str) {
        self.script.lock().insert(path, (status, body));
    }

    /// What the rest of a node has in hand, with no workers.
    pub(super) fn hooks(&self) -> Hooks {
        Hooks { parts: Arc::clone(&self.parts), stop: CancellationToken::new(), tasks: Default::default() }
    }

    fn vendor(&self) -> Vendor {
        *self.parts.hooks.keys().next().unwrap()
    }

    /// Accepts an event and takes it out again, as a worker does.
    pub(super) async fn job(&self, id: &str, event: Event) -> Job {
        let lane = match event {
            Event::Erase { .. } => Lane::Erasures(self.vendor()),
            _ => Lane::Checks(self.vendor()),
        };
        self.parts.inbox.accept(self.vendor(), vec![id.to_owned()], event).await.unwrap();
        self.parts.inbox.next(lane).await
    }

    /// What comes of an application after so many tries.
    pub(super) async fn check(&self, job: &Job, tries: Tries) -> Result<Step, Later> {
        let Task::Check(arrival) = &job.task else { panic!("an application") };
        self.parts.check(&Job { tries, ..job.clone() }, arrival).await
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.checker.seen.lock().clone()
    }
}
