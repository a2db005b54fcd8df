//! Deciding: who may say what about a review, and keeping what was said.

use larum_protocol::api::{DECISION_REASON_BYTES_MAX, DecisionRequest, Identifier, Review, ReviewMark};

use super::{
    ReviewError, Reviewer, Reviews, checklist,
    stored::{MARKS_MAX, Stored},
};
use crate::clock::now;

impl Reviews {
    /// Whether this reviewer may decide so, and what is to be disputed before the decision is kept: nothing if that was
    /// not asked for.
    pub fn plan(&self, id: u64, request: &DecisionRequest, by: Reviewer<'_>) -> Result<Vec<Identifier>, ReviewError> {
        let review = self.state.read().reviews.get(&id).map(|(_, review)| review.clone());
        let review = review.ok_or(ReviewError::NotFound)?;
        self.allows(&review, request, by)?;
        if !request.dispute {
            return Ok(Vec::new());
        }
        if request.decision.dispute_reason().is_none() {
            return Err(ReviewError::Invalid("only a false match or a victim is disputed".to_owned()));
        }
        if !review.is_final_with(by.token, request.decision, self.rules.second_signoff) {
            let why = "what is reported is disputed by whoever signs second; decide without `dispute`";
            return Err(ReviewError::Conflict(why.to_owned()));
        }
        let named = &request.identifiers;
        let disputed = if named.is_empty() { review.identifiers } else { named.clone() };
        if disputed.is_empty() {
            let why = "this review does not keep what matched; name it in `identifiers`, or dispute it on its own";
            return Err(ReviewError::Conflict(why.to_owned()));
        }
        Ok(disputed)
    }

    /// Keeps a decision, and the statements by which reports were disputed for it.
    pub async fn decide(
        &self,
        id: u64,
        request: &DecisionRequest,
        by: Reviewer<'_>,
        disputes: Vec<String>,
    ) -> Result<Review, ReviewError> {
        let reference = self.state.read().reviews.get(&id).map(|(_, review)| review.reference.clone());
        let _changing = self.lock(reference.ok_or(ReviewError::NotFound)?.as_deref()).await;
        let review = self.state.read().reviews.get(&id).map(|(_, review)| review.clone());
        let mut review = review.ok_or(ReviewError::NotFound)?;
        self.allows(&review, request, by)?;
        review.marks.push(ReviewMark {
            token: by.token.to_owned(),
            name: by.name.to_owned(),
            time: now().to_string(),
            decision: request.decision,
            reason: request.reason.trim().to_owned(),
        });
        review.disputes.extend(disputes);
        review.changed = now();
        let decision = review.decision(self.rules.second_signoff);
        if decision.is_some() {
            review.identifiers.clear();
        }
        let members: Vec<String> = review.members().into_iter().map(str::to_owned).collect();
        let shown = review.shown(id, &self.rules);
        self.put(id, review).await?;
        if let Some(decision) = decision {
            members.iter().for_each(|member| self.metrics.review_decided(member, decision));
        }
        self.count();
        Ok(shown)
    }

    /// Whether this decision can be taken now.
    fn allows(&self, review: &Stored, request: &DecisionRequest, by: Reviewer<'_>) -> Result<(), ReviewError> {
        let invalid = |why: String| Err(ReviewError::Invalid(why));
        let reason = request.reason.trim();
        if reason.is_empty() || reason.len() > DECISION_REASON_BYTES_MAX {
            return invalid(format!("a decision needs a reason of 1 to {DECISION_REASON_BYTES_MAX} bytes"));
        }
        if let Some(missing) = checklist::missing(request.decision, &request.acknowledged) {
            return invalid(format!(
                "a decision against an applicant names every point of the checklist in `acknowledged`; `{missing}` is \
                 missing"
            ));
        }
        if review.decision(self.rules.second_signoff).is_some() {
            return Err(ReviewError::Conflict("this review is decided already".to_owned()));
        }
        if review.marks.last().is_some_and(|mark| mark.token == by.token && mark.decision == request.decision) {
            return Err(ReviewError::Conflict("you have decided so already; a second person has to sign".to_owned()));
        }
        if review.marks.len() >= MARKS_MAX {
            return Err(ReviewError::Conflict("this review was signed too often without agreement".to_owned()));
        }
        Ok(())
    }
}
