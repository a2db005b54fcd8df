//! Disputes: of what others say, or of some of it, by an identifier or by tags that somebody kept.

use larum_protocol::{kind::Kind, tag::Tags, verdict::Report};

use super::{
    Publisher, Said, StateError,
    row::{Prepared, Unfit, Wish},
};
use crate::{
    clock::now,
    ledger::LedgerError,
    reviews::{Objected, Objection},
    taggers::live_epochs,
};

impl Publisher {
    /// Disputes what was found under tags that somebody kept, and only the statements that somebody has read; of each in
    /// order the statement that says so, or why there is none. Nobody waits: no steward was asked for it.
    pub(crate) async fn object(&self, objections: Vec<Objection>, reason: &str) -> Result<Objected, StateError> {
        let _turn = self.turn.lock().await;
        let (mut said, mut objected) = (Said::default(), Vec::with_capacity(objections.len()));
        for objection in objections {
            objected.push(match self.objecting(objection, reason) {
                Ok(prepared) => self.add(prepared, &mut said)?.map(|added| added.stands),
                Err(why) => Err(why.to_string()),
            });
        }
        self.publish(said).await?;
        Ok(objected)
    }

    fn objecting(&self, Objection { kind, tags, read }: Objection, reason: &str) -> Result<Prepared, Unfit> {
        let kind: Kind = kind.parse().map_err(|_| "this version does not know the kind".to_owned())?;
        let roster = self.ledger.roster();
        let wish = Wish::objection(reason, read, kind, &roster.roster().policy, now().day())?;
        let live = live_epochs(roster.roster(), now().day());
        Ok(Prepared { kind, wish, tags: tags.into_iter().filter(|tags| live.contains(&tags.epoch)).collect() })
    }

    /// What other members say about the subject of a dispute, in each epoch; nothing of anything else's.
    pub(super) fn others_on(&self, prepared: &Prepared) -> Result<Vec<Vec<Report>>, LedgerError> {
        let of_epoch = |tags: &Tags| {
            if !prepared.wish.is_dispute() {
                return Ok(Vec::new());
            }
            let found = self.ledger.find(std::slice::from_ref(tags), now())?;
            Ok(found.finding.reports.into_iter().filter(|report| report.member != self.member).collect())
        };
        prepared.tags.iter().map(of_epoch).collect()
    }
}
