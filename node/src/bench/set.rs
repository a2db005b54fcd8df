//! A service that answers from a set in memory: what is left of a check is HTTP, JSON, the record and the receipt.

use std::collections::HashSet;

use futures::{FutureExt, future::ready};
use larum_protocol::api::{
    AllowAnswer, AllowList, AllowRequest, CheckAnswer, CheckRequest, CheckResult, CoverageInfo, CoverageState,
    Identifier, LogList, MemberList, PeerList, RepublishAnswer, RosterAnswer, RosterList, RosterOffer,
    StatementsAnswer, StatementsRequest, StatusAnswer, StewardsAnswer, TagsAnswer, TagsRequest, VaultAnswer, Verdict,
};

use crate::{
    applications::{LookUp, LookedUp},
    http::{Answer, LinesAnswer, Service, ServiceError},
    tokens::Caller,
};

/// Answers `listed` for the values it holds and `clear` for all others; it can do nothing else.
#[derive(Clone, Debug)]
pub struct SetService {
    listed: HashSet<String>,
    coverage: CoverageInfo,
}

impl SetService {
    /// A service that lists exactly `listed`.
    pub fn new(listed: impl IntoIterator<Item = String>) -> Self {
        let coverage = CoverageInfo {
            state: CoverageState::Fresh,
            members: 12,
            heard: 12,
            absent: Vec::new(),
            roster: 7,
            heads: "5a".repeat(32),
            forked: Vec::new(),
        };
        Self { listed: listed.into_iter().collect(), coverage }
    }

    fn answer(&self, identifiers: &[Identifier]) -> CheckAnswer {
        let results: Vec<_> = identifiers.iter().map(|identifier| self.result(identifier)).collect();
        let verdict = results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Unknown);
        let (coverage, advice) = (self.coverage.clone(), verdict.advice());
        CheckAnswer {
            verdict,
            results,
            coverage,
            advice: advice.into(),
            watch: None,
            warnings: Vec::new(),
            receipt: None,
        }
    }

    fn result(&self, identifier: &Identifier) -> CheckResult {
        let verdict = if self.listed.contains(&identifier.value) { Verdict::Listed } else { Verdict::Clear };
        CheckResult::plain("wallet", verdict)
    }
}

fn unsupported<T: Send + 'static>() -> Answer<'static, T> {
    ready(Err(ServiceError::Unavailable("this service only looks up".to_owned()))).boxed()
}

impl LookUp for SetService {
    fn look_up(&self, identifiers: Vec<Identifier>) -> Answer<'_, LookedUp> {
        let CheckAnswer { results, coverage, .. } = self.answer(&identifiers);
        ready(Ok(LookedUp { tags: vec![Vec::new(); results.len()], results, coverage })).boxed()
    }
}

impl Service for SetService {
    fn check(&self, request: CheckRequest, _: Caller) -> Answer<'_, CheckAnswer> {
        ready(Ok(self.answer(&request.identifiers))).boxed()
    }

    fn check_lines(&self, lines: Vec<Vec<Identifier>>, _: Caller) -> Answer<'_, LinesAnswer> {
        let look_up = |line: Vec<Identifier>| line.iter().map(|identifier| self.result(identifier)).collect();
        let lines = lines.into_iter().map(look_up).collect();
        ready(Ok(LinesAnswer { lines, coverage: self.coverage.clone() })).boxed()
    }

    fn state(&self, _: StatementsRequest, _: Caller) -> Answer<'_, StatementsAnswer> {
        unsupported()
    }

    fn status(&self) -> Answer<'_, StatusAnswer> {
        unsupported()
    }

    fn members(&self) -> Answer<'_, MemberList> {
        unsupported()
    }

    fn peers(&self) -> Answer<'_, PeerList> {
        unsupported()
    }

    fn logs(&self) -> Answer<'_, LogList> {
        unsupported()
    }

    fn rosters(&self, _: u64) -> Answer<'_, RosterList> {
        unsupported()
    }

    fn tags(&self, _: TagsRequest) -> Answer<'_, TagsAnswer> {
        unsupported()
    }

    fn vault(&self) -> Answer<'_, VaultAnswer> {
        unsupported()
    }

    fn republish(&self) -> Answer<'_, RepublishAnswer> {
        unsupported()
    }

    fn stewards(&self) -> Answer<'_, StewardsAnswer> {
        unsupported()
    }

    fn offer_roster(&self, _: RosterOffer) -> Answer<'_, RosterAnswer> {
        unsupported()
    }

    fn allow(&self, _: AllowRequest, _: Caller) -> Answer<'_, AllowAnswer> {
        unsupported()
    }

    fn allow_list(&self) -> Answer<'_, AllowList> {
        unsupported()
    }

    fn ready(&self) -> Answer<'_, ()> {
        ready(Ok(())).boxed()
    }
}
