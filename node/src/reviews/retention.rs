//! Letting go: erasure, retention, and taking off the disk what says nothing any more.

use larum_protocol::clock::Timestamp;

use super::{
    ReviewError, Reviews,
    stored::{Record, Stored},
};

impl Reviews {
    /// Deletes what is kept about an applicant of a system, on the disk as well; gives how many reviews that were.
    pub async fn erase(&self, source: Option<&str>, reference: &str) -> Result<usize, ReviewError> {
        let _changing = self.lock(Some(reference)).await;
        let of = |review: &Stored| review.reference.as_deref() == Some(reference) && review.source.as_deref() == source;
        let ids: Vec<u64> =
            self.state.read().reviews.iter().filter(|(_, (_, review))| of(review)).map(|(id, _)| *id).collect();
        if ids.iter().any(|id| self.held.lock().contains(id)) {
            let why = "somebody is deciding a review of this applicant at this moment; erase again when that is done";
            return Err(ReviewError::Conflict(why.to_owned()));
        }
        self.delete(ids).await
    }

    /// Deletes what has been kept for long enough at `now`, and has it leave the disk. To be done every hour.
    pub async fn upkeep(&self, now: Timestamp) -> Result<(), ReviewError> {
        self.tell().await;
        let old = |review: &Stored| review.ends(self.rules.retention_days) <= now;
        let ids: Vec<u64> = {
            let (state, held) = (self.state.read(), self.held.lock());
            let over = state.reviews.iter().filter(|(id, (_, review))| old(review) && !held.contains(id));
            over.map(|(id, _)| *id).collect()
        };
        self.delete(ids).await?;
        let stale = |review: &Stored| !review.identifiers.is_empty() && review.lets_go() <= now;
        let ids: Vec<u64> =
            self.state.read().reviews.iter().filter(|(_, (_, review))| stale(review)).map(|(id, _)| *id).collect();
        for id in ids {
            let reference = self.state.read().reviews.get(&id).and_then(|(_, review)| review.reference.clone());
            let _changing = self.lock(reference.as_deref()).await;
            let review = self.state.read().reviews.get(&id).map(|(_, review)| review.clone());
            if let Some(mut review) = review {
                review.identifiers.clear();
                self.put(id, review).await?;
            }
        }
        if self.journal.records() > self.state.read().reviews.len() as u64 {
            self.rewrite().await?;
        }
        Ok(())
    }

    async fn delete(&self, ids: Vec<u64>) -> Result<usize, ReviewError> {
        if ids.is_empty() {
            return Ok(0);
        }
        {
            let _writing = self.writing.lock().await;
            self.journal.append(ids.iter().map(|id| Record::Gone(*id).encode()).collect()).await?;
            self.state.write().forget(&ids);
        }
        self.rewrite().await?;
        self.count();
        Ok(ids.len())
    }

    /// Takes off the disk what is deleted or said anew.
    async fn rewrite(&self) -> Result<(), ReviewError> {
        let (newest, gone) = self.state.read().standing();
        let dropped = gone.clone();
        let keep = move |number: u64, bytes: &[u8]| match Record::decode(bytes) {
            Some(Record::Gone(id)) => !dropped.contains(&id),
            Some(Record::Review(id, _)) => {
                let id = if id == 0 { number } else { id };
                !dropped.contains(&id) && newest.get(&id).is_none_or(|newest| number >= *newest)
            }
            None => true,
        };
        self.journal.rewrite(keep).await?;
        self.state.write().gone.retain(|id| !gone.contains(id));
        Ok(())
    }
}
