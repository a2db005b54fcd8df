//! What matched, in clear, for somebody who asks.
//!
//! Invariant: before anything is shown, the node's log says which token asked about which review, and nothing of what.
//! Absent on purpose: an entry in the record of lookups. Nobody is looked up here, the record has no event for it, and one
//! that is new would make every record unreadable to programs that do not know it.

use larum_protocol::api::Identifier;

use super::{IDENTIFIER_DAYS, ReviewError, Reviewer, Reviews};

impl Reviews {
    /// The identifiers that matched, while they are kept.
    ///
    /// # Errors
    /// [`ReviewError::NotFound`], or [`ReviewError::Conflict`] where they are not kept, and why that can be.
    pub fn disclose(&self, id: u64, to: Reviewer<'_>) -> Result<Vec<Identifier>, ReviewError> {
        let state = self.state.read();
        let (_, review) = state.reviews.get(&id).ok_or(ReviewError::NotFound)?;
        if review.identifiers.is_empty() {
            return Err(ReviewError::Conflict(format!(
                "this review does not keep what matched: it was decided, or {IDENTIFIER_DAYS} days have gone by, or only a \
                 resume matched, or your operator has nothing kept; look into the application itself"
            )));
        }
        tracing::info!(review = id, token = to.token, "what matched in a review was shown in clear");
        Ok(review.identifiers.clone())
    }
}
