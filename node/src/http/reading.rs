//! Reading who says what, in an alert, a review or the outcome of a dispute, is a lookup, and on record like any other (I11).

use std::sync::Arc;

use larum_protocol::{
    api::{Action, CoverageInfo, Review, StatementsAnswer, StatementsRequest, Verdict},
    receipt::Transcript,
};
use serde::Serialize;

use super::{ApiError, App, ServiceError, check};
use crate::{
    audit::{Event, Lookup, Tally},
    tokens::Caller,
};

impl App {
    /// Puts on record that `said` is read about identifiers of these kinds; nothing where there are none.
    pub(super) async fn record_reading(
        &self,
        caller: &Caller,
        about: &[(&str, Verdict)],
        said: &(impl Serialize + Sync),
        coverage: &CoverageInfo,
    ) -> Result<(), ApiError> {
        let Some(verdict) = about.iter().map(|(_, verdict)| *verdict).max() else { return Ok(()) };
        let mut tallies = Vec::new();
        about.iter().for_each(|(kind, verdict)| Tally::add(&mut tallies, kind, *verdict));
        let said = serde_json::to_vec(said).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let lookup = Lookup {
            event: Event::Check,
            token: Arc::clone(caller.id()),
            verdict,
            tallies,
            lines: 0,
            coverage: check::summary(coverage)?,
            transcript: Transcript::of(&[], &said),
        };
        self.recorder.record(lookup).await?;
        Ok(())
    }

    /// States rows. Whether a dispute is taken tells whether others report what it is about: a lookup, and on record.
    pub(super) async fn state(
        &self,
        request: StatementsRequest,
        caller: &Caller,
    ) -> Result<StatementsAnswer, ApiError> {
        let disputes = request.statements.iter().enumerate().filter(|(_, row)| row.action == Action::Dispute);
        let disputes: Vec<(usize, String)> = disputes.map(|(at, row)| (at, row.kind.clone())).collect();
        let answer = self.service.state(request, caller.clone()).await;
        if !disputes.is_empty() {
            let rows = answer.as_ref().map_or(&[][..], |answer| &answer.rows);
            let verdict = |at: usize| match rows.get(at) {
                Some(outcome) if outcome.error.is_none() => Verdict::Disputed,
                _ => Verdict::Unknown,
            };
            let about: Vec<_> = disputes.iter().map(|(at, kind)| (kind.as_str(), verdict(*at))).collect();
            self.record_reading(caller, &about, &rows, &self.service.status().await?.coverage).await?;
        }
        Ok(answer?)
    }

    /// A review as it stands now. What it found when it was opened is on record already; what was said since is put there.
    pub(super) async fn read_review(&self, id: u64, caller: &Caller) -> Result<Review, ApiError> {
        let review = self.reviews()?.get(id).map_err(ServiceError::from)?;
        let news: Vec<_> = review.findings.iter().filter(|finding| !finding.since.is_empty()).collect();
        let about: Vec<_> =
            news.iter().map(|finding| (&*finding.result.kind, finding.now.unwrap_or(Verdict::Unknown))).collect();
        self.record_reading(caller, &about, &news, &review.coverage).await?;
        Ok(review)
    }
}
