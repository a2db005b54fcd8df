//! Publishing: statements become signed batches of this node's log.

use larum_protocol::{
    batch::{Batch, Counts, Draft, Header},
    clock::Timestamp,
    codec,
    hash::Digest,
    ledger::has_room,
    limits::CLOCK_SKEW_MS,
    log::Place,
    replica::Input,
    roster::{Roster, Standing},
    signed::Signed,
    statement::Statement,
};
use tokio::sync::oneshot;

use super::{Engine, PublishError};
use crate::clock::now;

/// Floors are raised by at most this many batches a publication, so that one after a long silence does not stall.
const FLOOR_STEPS_MAX: u64 = 1_024;

/// A publisher that waits until its batches are on the disk.
pub(super) struct Waiting {
    missing: Vec<Digest>,
    places: Vec<Place>,
    reply: oneshot::Sender<Result<Vec<Place>, PublishError>>,
}

/// Refuses to go on with a log whose newest batch lies ahead of the clock: its dates never go back, so that whatever came
/// next would be dated ahead as well, and count at nobody's until then.
fn check_clock(newest: Option<Timestamp>, now: Timestamp) -> Result<(), PublishError> {
    match newest {
        Some(newest) if newest > now.plus_ms(CLOCK_SKEW_MS) => Err(PublishError::Clock { newest }),
        _ => Ok(()),
    }
}

impl Engine {
    pub(super) fn publish(
        &mut self,
        epochs: Vec<(u32, Vec<Statement>)>,
        reply: oneshot::Sender<Result<Vec<Place>, PublishError>>,
    ) {
        let batches = match self.sign(&epochs) {
            Ok(batches) => batches,
            Err(error) => return drop(reply.send(Err(error))),
        };
        let places: Vec<Place> = batches.iter().map(|batch| place(&batch.header)).collect();
        let missing = places.iter().map(|place| place.hash).collect();
        self.waiting.push(Waiting { missing, places, reply });
        for batch in batches {
            self.drive(Input::Publish(Box::new(batch)));
        }
    }

    /// Cuts statements into bodies and signs them, one behind the other.
    fn sign(&self, epochs: &[(u32, Vec<Statement>)]) -> Result<Vec<Batch>, PublishError> {
        let roster = self.parts.ledger.roster();
        let roster = roster.roster();
        let standing = self.check_standing(roster)?;
        self.check_quota(&standing, Counts::of(epochs.iter().flat_map(|(_, statements)| statements)))?;
        let state = self.parts.ledger.state(&self.parts.own);
        check_clock(state.map(|state| state.head.issued), now())?;
        let mut draft = Draft {
            consortium: self.parts.replica.rosters().consortium(),
            log: self.parts.own,
            head: state.map(|state| (state.head.seq, state.head.hash)),
            floor: self.next_floor(),
            issued: now().max(state.map_or(now(), |state| state.head.issued)),
            epoch: 0,
            continues: self.parts.continues.filter(|_| state.is_none()),
        };
        let mut batches = Vec::new();
        for (epoch, statements) in epochs {
            for body in bodies(statements, roster.policy.body_bytes_max as usize) {
                draft.epoch = *epoch;
                let batch = draft.clone().sign(body, &self.parts.keys.node);
                let batch = batch.map_err(|error| PublishError::Refused(error.to_string()))?;
                draft.head = Some((batch.header.seq, batch.header.id()));
                draft.continues = None;
                batches.push(batch);
            }
        }
        Ok(batches)
    }

    /// Whether what this node says next would count at all.
    fn check_standing(&self, roster: &Roster) -> Result<Standing, PublishError> {
        let own = self.parts.own;
        let standing = roster.standing(&own).ok_or(PublishError::NotOnRoster("its key is not on it"))?;
        if !standing.counts {
            return Err(PublishError::NotOnRoster("this employer is suspended or removed"));
        }
        if standing.end.is_some() {
            return Err(PublishError::NotOnRoster("this node's log has ended; restart the node to open a new one"));
        }
        if !has_room(&own, &self.parts.ledger.open_logs_of(&own.node)) {
            return Err(PublishError::TooManyLogs);
        }
        Ok(standing)
    }

    fn check_quota(&self, standing: &Standing, asked: Counts) -> Result<(), PublishError> {
        let own = self.parts.own;
        let used = self.parts.ledger.state(&own).map_or(Counts::default(), |state| state.used_on(now().day()));
        let classes = [
            ("assertions", standing.quota.asserts, used.asserts, asked.asserts),
            ("withdrawals and disputes", standing.quota.others, used.others, asked.others),
        ];
        for (class, quota, used, asked) in classes {
            let left = quota.saturating_sub(used);
            if asked > left {
                return Err(PublishError::Quota { class, left, asked });
            }
        }
        Ok(())
    }

    /// The first number whose batch has something left to keep.
    fn next_floor(&self) -> u64 {
        let own = self.parts.own;
        let Some(state) = self.parts.ledger.state(&own) else { return 1 };
        let today = now().day();
        let expired = |seq: &u64| {
            let facts = self.parts.store.batch(&own, *seq).ok().flatten();
            facts.is_some_and(|batch| batch.facts.keep_until < today)
        };
        let first = state.head.floor;
        let steps = (first..=state.head.seq).take(FLOOR_STEPS_MAX as usize).take_while(expired).count();
        first + steps as u64
    }

    /// A batch is on the disk: if somebody waits for it, and for no other, it is answered.
    pub(super) fn publish_done(&mut self, header: &Signed<Header>) {
        if header.log != self.parts.own {
            return;
        }
        self.parts.metrics.batches_published.inc();
        for waiting in &mut self.waiting {
            waiting.missing.retain(|hash| *hash != header.id());
        }
        for done in self.waiting.extract_if(.., |waiting| waiting.missing.is_empty()) {
            let _ = done.reply.send(Ok(done.places)); // who no longer waits has lost nothing
        }
    }

    /// Nothing that is waited for was stored.
    pub(super) fn publish_failed(&mut self, why: &str) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.reply.send(Err(PublishError::Storage(why.to_owned())));
        }
    }
}

fn place(header: &Signed<Header>) -> Place {
    Place { log: header.log, seq: header.seq, hash: header.id() }
}

/// Cuts statements into bodies of at most `bytes_max` bytes.
fn bodies(statements: &[Statement], bytes_max: usize) -> Vec<&[Statement]> {
    let mut bodies = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, statement) in statements.iter().enumerate() {
        let length = codec::encode(statement).len();
        if bytes + length > bytes_max && index > start {
            bodies.push(&statements[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += length;
    }
    if start < statements.len() {
        bodies.push(&statements[start..]);
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_lies_ahead_of_the_clock_is_not_gone_on_with() {
        let now = Timestamp(1_000_000_000_000);
        assert!(check_clock(None, now).is_ok());
        assert!(check_clock(Some(now.plus_ms(CLOCK_SKEW_MS)), now).is_ok());
        let ahead = now.plus_ms(CLOCK_SKEW_MS + 1);
        assert!(matches!(check_clock(Some(ahead), now), Err(PublishError::Clock { newest }) if newest == ahead));
    }
}
