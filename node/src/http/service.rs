//! What the HTTP side asks of the node.
//!
//! A trait object, so that the whole API is tested over real sockets without an engine; the boxed future costs one
//! small allocation a request, and one a group of lines in a bulk stream.

use futures::future::BoxFuture;
use larum_protocol::api::{
    AllowAnswer, AllowList, AllowRequest, CheckAnswer, CheckRequest, CheckResult, CoverageInfo, Identifier, LogList,
    MemberList, PeerList, RepublishAnswer, RosterAnswer, RosterList, RosterOffer, RowProblem, StatementsAnswer,
    StatementsRequest, StatusAnswer, StewardsAnswer, TagsAnswer, TagsRequest, VaultAnswer,
};
use thiserror::Error;

use crate::tokens::Caller;

/// An answer on its way.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// The results of a group of bulk lines.
#[derive(Clone, Debug)]
pub struct LinesAnswer {
    /// For each line, in order, one result for each of its identifiers, in order.
    pub lines: Vec<Vec<CheckResult>>,
    /// The coverage that all of them were answered with.
    pub coverage: CoverageInfo,
}

/// What was stated lately.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Activity {
    /// Statements by the month in which they were issued, oldest first.
    pub months: Vec<(String, u64)>,
    /// Statements by reason, most frequent first.
    pub reasons: Vec<(String, u64)>,
    /// Older ones are held, too, and were not counted.
    pub cut: bool,
}

/// What the node can do for its API. Sizes and counts were checked before; what a row means was not.
///
/// Dropping a future before it is ready gives up the answer; a publication goes on regardless, because the HTTP side
/// runs it as a task of its own.
pub trait Service: Send + Sync + 'static {
    /// Looks identifiers up. `receipt` stays empty: the caller fills it in once the lookup is on record.
    fn check(&self, request: CheckRequest, caller: Caller) -> Answer<'_, CheckAnswer>;
    /// Looks up the identifiers of several bulk lines at once.
    fn check_lines(&self, lines: Vec<Vec<Identifier>>, caller: Caller) -> Answer<'_, LinesAnswer>;
    /// Publishes, withdraws and disputes. What it accepts is synced to disk when it returns.
    fn state(&self, request: StatementsRequest, caller: Caller) -> Answer<'_, StatementsAnswer>;
    /// The node and its coverage.
    fn status(&self) -> Answer<'_, StatusAnswer>;
    /// The members on the roster.
    fn members(&self) -> Answer<'_, MemberList>;
    /// The peers.
    fn peers(&self) -> Answer<'_, PeerList>;
    /// The logs and their heads.
    fn logs(&self) -> Answer<'_, LogList>;
    /// The signed rosters from a version on.
    fn rosters(&self, from: u64) -> Answer<'_, RosterList>;
    /// Who holds the keys of split custody, and how far a ceremony has got.
    fn stewards(&self) -> Answer<'_, StewardsAnswer>;
    /// What would leave this node of some identifiers.
    fn tags(&self, request: TagsRequest) -> Answer<'_, TagsAnswer>;
    /// How much of what was published is kept.
    fn vault(&self) -> Answer<'_, VaultAnswer>;
    /// Publishes again what is kept and still stands.
    fn republish(&self) -> Answer<'_, RepublishAnswer>;
    /// Takes a roster that governors signed.
    fn offer_roster(&self, offer: RosterOffer) -> Answer<'_, RosterAnswer>;
    /// Changes the allow list.
    fn allow(&self, request: AllowRequest, caller: Caller) -> Answer<'_, AllowAnswer>;
    /// The allow list, masked.
    fn allow_list(&self) -> Answer<'_, AllowList>;
    /// Whether checks can be answered, or why not.
    fn ready(&self) -> Answer<'_, ()>;
    /// What was stated lately.
    fn activity(&self) -> Answer<'_, Activity> {
        Box::pin(async { Ok(Activity::default()) })
    }
    /// Brings gauges up to date just before they are read.
    fn refresh_metrics(&self) {}
}

/// Why the node does not answer. No text may contain an identifier, a tag or a token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The request makes no sense, and why.
    #[error("{0}")]
    Invalid(String),
    /// There is nothing by that name.
    #[error("{0}")]
    NotFound(String),
    /// The node's state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// Rows were refused, so nothing was published.
    #[error("{} rows were refused, so nothing was published", .0.len())]
    RowsRefused(Vec<RowProblem>),
    /// The quota for the day is used up.
    #[error("{0}")]
    Quota(String),
    /// Not now: starting, stopping, overloaded.
    #[error("{0}")]
    Unavailable(String),
    /// The disk is full or fails; what was acknowledged is safe.
    #[error("{0}")]
    Storage(String),
    /// A fault of the node. The text goes to the log and not to the caller.
    #[error("{0}")]
    Internal(String),
}
