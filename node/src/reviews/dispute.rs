//! Disputing what a review found: by the tags and statements that it keeps, in one step with the decision or after it.

use larum_protocol::api::{DisputeRequest, NotDisputed, Review};

use super::{ReviewError, Reviews, since::Standing, stored::Stored};

/// What a dispute came to.
#[derive(Default)]
pub(super) struct Disputed {
    statements: Vec<String>,
    not: Vec<NotDisputed>,
}

impl Reviews {
    /// Disputes the reports of a review that was decided without that.
    pub async fn dispute(&self, id: u64, request: &DisputeRequest) -> Result<Review, ReviewError> {
        let held = self.hold(id).await?;
        let review = self.stored(id)?;
        let reason = review.decision().and_then(|decision| decision.dispute_reason());
        let Some(reason) = reason.filter(|_| review.is_undisputed()) else {
            let why = "only a review that is decided as a false match or a victim is disputed, and only once";
            return Err(ReviewError::Conflict(why.to_owned()));
        };
        let seen = self.seen(&review, request.shown.as_deref())?;
        let disputed = self.object(&review, &seen, reason).await?;
        self.change(&held, |review| review.take(disputed)).await?;
        self.get(id)
    }

    /// Disputes what of the findings can be disputed; if that is nothing, it says why.
    pub(super) async fn object(
        &self,
        review: &Stored,
        seen: &[Standing],
        reason: &'static str,
    ) -> Result<Disputed, ReviewError> {
        let (mut objections, mut about, mut disputed) = (Vec::new(), Vec::new(), Disputed::default());
        let employer = self.consortium.employer();
        for (finding, standing) in review.findings.iter().zip(seen) {
            match standing.objection(finding, &employer) {
                Ok(Some(objection)) => {
                    objections.push(objection);
                    about.push(finding);
                }
                Ok(None) => {}
                Err(why) => disputed.not.push(finding.not_disputed(why.to_owned())),
            }
        }
        let objected =
            if objections.is_empty() { Vec::new() } else { self.consortium.dispute(objections, reason).await? };
        for (finding, objected) in about.into_iter().zip(objected) {
            match objected {
                Ok(statement) => disputed.statements.push(statement),
                Err(why) => disputed.not.push(finding.not_disputed(why)),
            }
        }
        if disputed.statements.is_empty() {
            let why =
                disputed.not.into_iter().next().map_or("nobody else reports it any more".to_owned(), |not| not.why);
            return Err(ReviewError::Conflict(format!("nothing could be disputed, and nothing was changed: {why}")));
        }
        Ok(disputed)
    }
}

impl Stored {
    /// Whether the decision contradicts what was reported, and nobody was told.
    pub(super) fn is_undisputed(&self) -> bool {
        let contradicts = self.decision().is_some_and(|decision| decision.dispute_reason().is_some());
        contradicts && self.disputes.is_empty()
    }

    /// Keeps what a dispute came to.
    pub(super) fn take(&mut self, disputed: Disputed) {
        let new: Vec<_> = disputed.statements.into_iter().filter(|new| !self.disputes.contains(new)).collect();
        self.disputes.extend(new);
        if !disputed.not.is_empty() {
            self.not_disputed = disputed.not;
        }
    }
}
