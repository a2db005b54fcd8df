//! Deciding: who may say what about a review, and keeping what was said.
//!
//! Invariant: one person at a time decides a review, and nothing is added to it meanwhile: no dispute leaves the node for a
//! decision that is refused then.
//! Invariant: nobody decides about a report, a withdrawal or a dispute that came after reading.

use larum_protocol::api::{
    DECISION_REASON_BYTES_MAX, DECISION_REASON_CHARS_MIN, Decision, DecisionRequest, ReopenRequest, Review, ReviewMark,
};

use super::{
    ReviewError, Reviewer, Reviews, checklist,
    dispute::Disputed,
    since::{Standing, in_short},
    stored::Stored,
};
use crate::clock::now;

/// A review that somebody is about to change: until this is dropped, nobody else does.
pub(super) struct Held<'a> {
    reviews: &'a Reviews,
    pub(super) id: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.reviews.held.lock().remove(&self.id);
    }
}

impl Reviews {
    /// Disputes what is to be disputed, then keeps the decision: if the node stops in between, doing it again disputes
    /// nothing twice.
    pub async fn decide(&self, id: u64, request: &DecisionRequest, by: Reviewer<'_>) -> Result<Review, ReviewError> {
        let held = self.hold(id).await?;
        let (review, mark) = (self.stored(id)?, mark(by, Some(request.decision), &request.reason)?);
        allows(&review, request, by)?;
        let seen = self.seen(&review, request.shown.as_deref())?;
        let disputed = if request.dispute {
            let Some(reason) = request.decision.dispute_reason() else {
                return Err(ReviewError::Invalid("only a false match or a victim is disputed".to_owned()));
            };
            if !review.is_final_with(&mark) {
                let why = "what is reported is disputed by whoever signs second; decide without `dispute`";
                return Err(ReviewError::Conflict(why.to_owned()));
            }
            self.object(&review, &seen, reason).await?
        } else {
            Disputed::default()
        };
        let decided = self.change(&held, |review| {
            review.sign(mark);
            review.take(disputed);
            if review.decision().is_some() {
                review.identifiers.clear();
            }
        });
        let decided = decided.await?;
        if let Some(decision) = decided.decision() {
            decided.members().into_iter().for_each(|member| self.metrics.review_decided(member, decision));
        }
        self.get(id)
    }

    /// Has a review that was decided wait again.
    pub async fn reopen(&self, id: u64, request: &ReopenRequest, by: Reviewer<'_>) -> Result<Review, ReviewError> {
        let held = self.hold(id).await?;
        let mark = mark(by, None, &request.reason)?;
        if self.stored(id)?.decision().is_none() {
            return Err(ReviewError::Conflict("this review waits already".to_owned()));
        }
        self.change(&held, |review| review.sign(mark)).await?;
        self.get(id)
    }

    /// Keeps others from changing a review.
    pub(super) async fn hold(&self, id: u64) -> Result<Held<'_>, ReviewError> {
        let _changing = self.lock(self.stored(id)?.reference.as_deref()).await;
        if !self.held.lock().insert(id) {
            let why = "somebody else is deciding this review at this moment; look at it again";
            return Err(ReviewError::Conflict(why.to_owned()));
        }
        Ok(Held { reviews: self, id })
    }

    /// Changes a review that is held, if it is still there.
    pub(super) async fn change(
        &self,
        held: &Held<'_>,
        change: impl FnOnce(&mut Stored),
    ) -> Result<Stored, ReviewError> {
        let _changing = self.lock(self.stored(held.id)?.reference.as_deref()).await;
        let mut review = self.stored(held.id)?;
        change(&mut review);
        review.changed = now();
        self.put(held.id, review.clone()).await?;
        self.count();
        Ok(review)
    }

    /// How the findings stand, if whoever decides has read so: `shown` is what the review said, or else what was found,
    /// unless a newer check has added to that.
    pub(super) fn seen(&self, review: &Stored, shown: Option<&str>) -> Result<Vec<Standing>, ReviewError> {
        let standings = self.standings(review)?;
        let stands = in_short(standings.iter().map(|standing| standing.reports.as_slice()));
        let then = || in_short(review.findings.iter().map(|finding| finding.result.reports.as_slice()));
        if shown.is_none() && review.merged {
            return Err(ReviewError::Changed);
        }
        if shown.map_or_else(then, str::to_owned) == stands { Ok(standings) } else { Err(ReviewError::Changed) }
    }
}

/// The signature of whoever decides, or reopens.
fn mark(by: Reviewer<'_>, decision: Option<Decision>, reason: &str) -> Result<ReviewMark, ReviewError> {
    let reason = reason.trim();
    if reason.chars().count() < DECISION_REASON_CHARS_MIN || reason.len() > DECISION_REASON_BYTES_MAX {
        return Err(ReviewError::Invalid(format!(
            "this needs a reason: a sentence, of {DECISION_REASON_CHARS_MIN} characters or more and at most \
             {DECISION_REASON_BYTES_MAX} bytes"
        )));
    }
    let (token, name, time) = (by.token.to_owned(), by.name.to_owned(), now().to_string());
    Ok(ReviewMark { token, name, time, decision, reason: reason.to_owned() })
}

/// Whether this decision can be taken now.
fn allows(review: &Stored, request: &DecisionRequest, by: Reviewer<'_>) -> Result<(), ReviewError> {
    if let Some(missing) = checklist::missing(request.decision, &request.acknowledged) {
        return Err(ReviewError::Invalid(format!(
            "a decision against an applicant names every point of the checklist in `acknowledged`; `{missing}` is missing"
        )));
    }
    let conflict = |why: &str| Err(ReviewError::Conflict(why.to_owned()));
    if review.decision().is_some() {
        return conflict("this review is decided already; if that was a mistake, reopen it");
    }
    if review.has_signed(by, request.decision) {
        return conflict("you have decided so already; a second person, under another name, has to sign");
    }
    Ok(())
}
