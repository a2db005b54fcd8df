//! What the node does for its API: each call goes to the part that knows.
//!
//! Absent on purpose: HTTP, tokens, audit and receipts (`http.rs`, `audit.rs`).

mod activity;
mod applicants;
mod consortium;
mod overview;
mod rosters;
mod stewards;
mod watching;

use std::sync::Arc;

use arc_swap::ArcSwap;
use larum_protocol::{
    api::{
        AllowAnswer, AllowList, AllowRequest, CheckAnswer, CheckRequest, Identifier, LogList, MemberList, PeerList,
        RepublishAnswer, Republishing, RosterAnswer, RosterList, RosterOffer, StatementsAnswer, StatementsRequest,
        StatusAnswer, StewardsAnswer, TagsAnswer, TagsRequest, VaultAnswer,
    },
    clock::Timestamp,
    hash::Digest,
    log::LogId,
    roster::MemberId,
};

pub(crate) use self::{
    activity::Pictured,
    applicants::Applicants,
    consortium::Members,
    watching::{Added, Watching},
};
use crate::{
    alerts::Alerts,
    allow::{AllowError, Allowed},
    checker::Checker,
    clock::now,
    config::Config,
    disk,
    engine::{EngineHandle, PublishError},
    hooks::Hooks,
    http::{Activity, Answer, LinesAnswer, Service, ServiceError},
    ledger::{Ledger, LedgerError},
    metrics::Metrics,
    net::NetHandle,
    node::Listening,
    publisher::{Publisher, StateError},
    stewards::Stewardship,
    store::Store,
    taggers::Taggers,
    tokens::Caller,
    vault::VaultError,
};

/// The node behind its API.
#[derive(Debug)]
pub(crate) struct NodeService {
    pub(crate) ledger: Arc<Ledger>,

    pub(crate) store: Arc<Store>,
    pub(crate) checker: Arc<Checker>,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) allowed: Arc<Allowed>,
    pub(crate) engine: EngineHandle,
    pub(crate) net: NetHandle,
    pub(crate) listening: Listening,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) taggers: Arc<ArcSwap<Taggers>>,
    pub(crate) stewards: Stewardship,
    pub(crate) member: MemberId,
    pub(crate) own: LogId,
    pub(crate) consortium: Digest,
    pub(crate) started: Timestamp,
    pub(crate) pictured: Arc<Pictured>,
    pub(crate) hooks: Option<Arc<Hooks>>,
    pub(crate) config: Config,
}

impl Service for NodeService {
    fn check(&self, request: CheckRequest, _: Caller) -> Answer<'_, CheckAnswer> {
        Box::pin(async { Ok(self.checker.check(request.identifiers).await?) })
    }

    fn check_lines(&self, lines: Vec<Vec<Identifier>>, _: Caller) -> Answer<'_, LinesAnswer> {
        Box::pin(async {
            let (lines, coverage) = self.checker.check_lines(lines).await?;
            Ok(LinesAnswer { lines, coverage })
        })
    }

    fn state(&self, request: StatementsRequest, _: Caller) -> Answer<'_, StatementsAnswer> {
        Box::pin(async { Ok(self.publisher.state(request).await?) })
    }

    fn status(&self) -> Answer<'_, StatusAnswer> {
        Box::pin(self.status_now())
    }

    fn members(&self) -> Answer<'_, MemberList> {
        Box::pin(async { Ok(self.members_now()) })
    }

    fn peers(&self) -> Answer<'_, PeerList> {
        Box::pin(self.peers_now())
    }

    fn logs(&self) -> Answer<'_, LogList> {
        Box::pin(async { Ok(self.logs_now()) })
    }

    fn rosters(&self, from: u64) -> Answer<'_, RosterList> {
        Box::pin(async move { self.rosters_from(from) })
    }

    fn stewards(&self) -> Answer<'_, StewardsAnswer> {
        Box::pin(self.stewards_now())
    }

    fn tags(&self, request: TagsRequest) -> Answer<'_, TagsAnswer> {
        Box::pin(async { Ok(self.checker.tags(request).await) })
    }

    fn vault(&self) -> Answer<'_, VaultAnswer> {
        Box::pin(async {
            let again = self.publisher.again().map(|(done, of)| Republishing { done, of });
            Ok(VaultAnswer { on: self.config.vault, rows: self.publisher.kept()?, again })
        })
    }

    fn republish(&self) -> Answer<'_, RepublishAnswer> {
        Box::pin(async { Ok(self.publisher.republish().await?) })
    }

    fn offer_roster(&self, offer: RosterOffer) -> Answer<'_, RosterAnswer> {
        Box::pin(self.take_roster(offer))
    }

    fn allow(&self, request: AllowRequest, _: Caller) -> Answer<'_, AllowAnswer> {
        Box::pin(async move { Ok(self.allowed.change(&request)?) })
    }

    fn allow_list(&self) -> Answer<'_, AllowList> {
        Box::pin(async { Ok(self.allowed.list()) })
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async { self.taggers.load().missing(now().day()).map_or(Ok(()), |epoch| Err(no_salt(epoch))) })
    }

    fn activity(&self) -> Answer<'_, Activity> {
        let (store, pictured) = (Arc::clone(&self.store), Arc::clone(&self.pictured));
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || pictured.get(&store)).await;
            read.map_err(|error| ServiceError::Internal(error.to_string()))?
        })
    }

    fn refresh_metrics(&self) {
        let coverage = self.ledger.coverage();
        self.metrics.batches_behind.set(i64::try_from(coverage.missing).unwrap_or(i64::MAX));
        let index = self.ledger.index_stats();
        self.metrics.index_tags.set(i64::try_from(index.entries).unwrap_or(i64::MAX));
        let bytes = disk::bytes(&self.config.data_dir);
        let left = self.steward_budget_left().map_or(-1, |left| i64::try_from(left).unwrap_or(i64::MAX));
        self.metrics.steward_budget_left.set(left);
        self.metrics.store_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

fn no_salt(epoch: u32) -> ServiceError {
    ServiceError::Unavailable(format!(
        "the salt of epoch {epoch} has not reached this node; another member must be reachable"
    ))
}

impl From<LedgerError> for ServiceError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unsound => Self::Unavailable(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<AllowError> for ServiceError {
    fn from(error: AllowError) -> Self {
        match error {
            AllowError::Full => Self::Invalid(error.to_string()),
            AllowError::Store(error) => Self::Storage(error.to_string()),
        }
    }
}

impl From<VaultError> for ServiceError {
    fn from(error: VaultError) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<StateError> for ServiceError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Rows(problems) => Self::RowsRefused(problems),
            StateError::Ledger(error) => error.into(),
            StateError::Publish(error) => error.into(),
            StateError::Vault(error) => error.into(),
        }
    }
}

impl From<PublishError> for ServiceError {
    fn from(error: PublishError) -> Self {
        let text = error.to_string();
        match error {
            PublishError::Quota { .. } => Self::Quota(text),
            PublishError::Storage(_) => Self::Storage(text),
            PublishError::Clock { .. } | PublishError::NotOnRoster(_) | PublishError::TooManyLogs => {
                Self::Conflict(text)
            }
            PublishError::Refused(_) => Self::Internal(text),
            PublishError::Stopped => Self::Unavailable(text),
        }
    }
}
