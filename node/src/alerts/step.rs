//! What becomes of an alert when something is seen: one pure function.
//!
//! Invariant: nothing is raised twice; what a person has acknowledged stays closed unless it becomes graver; what was
//! lifted opens again when it is reported again.

use larum_protocol::{
    api::{AlertClosed, AlertInfo, AlertState},
    clock::Timestamp,
    verdict::{Strength, Verdict},
};

use super::Voices;

/// What is seen about one identifier of a watch.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The watch.
    pub(crate) watch: u64,
    /// Which of its identifiers.
    pub(crate) place: u32,
    /// The applicant tracking system whose reference it is.
    pub(crate) source: Option<String>,
    /// The caller's own name for whom it is about.
    pub(crate) reference: String,
    /// The identifier's kind.
    pub(crate) kind: &'static str,
    /// What whoever asked for the watch was told when it began: that and anything milder raises nothing.
    pub(crate) known: Option<Verdict>,
    /// Caution, disputed or listed; `None` if nothing counts.
    pub(crate) verdict: Option<Verdict>,
    /// Of a listing.
    pub(crate) strength: Option<Strength>,
    /// Who says what.
    pub(crate) voices: Voices,
}

impl Seen {
    /// Whether this is graver than what somebody has heard already. That this employer disputes it is no news to it.
    fn is_graver(&self, verdict: Verdict, heard: Verdict) -> bool {
        let is_own_word = verdict == Verdict::Disputed && self.voices.own_dispute;
        verdict > heard && !is_own_word
    }
}

/// The alert as it is from now on; `None` if nothing changes. Its numbers are the caller's to fill in.
pub(super) fn after(alert: Option<&AlertInfo>, seen: &Seen, at: Timestamp) -> Option<AlertInfo> {
    match (alert, seen.verdict) {
        (None, None) => None,
        (None, Some(verdict)) if seen.known.is_some_and(|known| !seen.is_graver(verdict, known)) => None,
        (None, Some(verdict)) => Some(raised(seen, verdict, at)),
        (Some(alert), None) if alert.state == AlertState::Closed => None,
        (Some(alert), None) => Some(closed(alert, AlertClosed::Lifted, at)),
        (Some(alert), Some(verdict)) => {
            let may_change = match alert.closed {
                None => (verdict, seen.strength) != (alert.verdict, alert.strength),
                Some(AlertClosed::Acknowledged) => seen.is_graver(verdict, alert.verdict),
                Some(AlertClosed::Lifted) => true,
                Some(AlertClosed::Removed) => false,
            };
            may_change.then(|| AlertInfo {
                verdict,
                strength: seen.strength,
                members: seen.voices.members,
                disputed_by: seen.voices.disputed_by,
                state: state_of(verdict),
                closed: None,
                changed: at.to_string(),
                ..alert.clone()
            })
        }
    }
}

/// The alert, closed.
pub(super) fn closed(alert: &AlertInfo, why: AlertClosed, at: Timestamp) -> AlertInfo {
    AlertInfo { state: AlertState::Closed, closed: Some(why), changed: at.to_string(), ..alert.clone() }
}

fn raised(seen: &Seen, verdict: Verdict, at: Timestamp) -> AlertInfo {
    AlertInfo {
        id: 0,
        change: 0,
        watch: seen.watch,
        source: seen.source.clone(),
        reference: seen.reference.clone(),
        kind: seen.kind.to_owned(),
        verdict,
        strength: seen.strength,
        members: seen.voices.members,
        disputed_by: seen.voices.disputed_by,
        state: state_of(verdict),
        closed: None,
        raised: at.to_string(),
        changed: at.to_string(),
    }
}

fn state_of(verdict: Verdict) -> AlertState {
    if verdict == Verdict::Disputed { AlertState::Disputed } else { AlertState::Open }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn seen(verdict: Option<Verdict>) -> Seen {
        let strength = (verdict == Some(Verdict::Listed)).then_some(Strength::Confirmed);
        let reference = "candidate-1".to_owned();
        let voices = Voices { members: 1, ..Voices::default() };
        Seen { watch: 1, place: 0, source: None, reference, kind: "email", known: None, verdict, strength, voices }
    }

    /// What an alert goes through, as `verdict` or why it is closed, while this is seen.
    fn history(known: Option<Verdict>, seen_now: &[Option<Verdict>]) -> Vec<&'static str> {
        let mut alert = None;
        let step = |verdict: &Option<Verdict>| {
            let next = after(alert.as_ref(), &Seen { known, ..seen(*verdict) }, Timestamp(0))?;
            let word = next.closed.map_or(next.verdict.name(), AlertClosed::name);
            alert = Some(next);
            Some(word)
        };
        seen_now.iter().filter_map(step).collect()
    }

    const LISTED: Option<Verdict> = Some(Verdict::Listed);
    const DISPUTED: Option<Verdict> = Some(Verdict::Disputed);
    const CAUTION: Option<Verdict> = Some(Verdict::Caution);

    #[test]
    fn an_alert_is_raised_once_marked_by_a_dispute_and_closed_by_a_withdrawal() {
        assert_eq!(
            history(None, &[None, LISTED, LISTED, DISPUTED, DISPUTED, None, None]),
            ["listed", "disputed", "lifted"]
        );
        assert_eq!(history(None, &[LISTED, None, CAUTION, LISTED]), ["listed", "lifted", "caution", "listed"]);
    }

    #[test]
    fn what_was_told_when_the_watch_began_raises_nothing_and_what_is_graver_does() {
        assert_eq!(history(CAUTION, &[CAUTION, None, CAUTION]), [""; 0]);
        assert_eq!(history(CAUTION, &[CAUTION, LISTED]), ["listed"]);
        assert_eq!(history(LISTED, &[LISTED, DISPUTED]), [""; 0]);
    }

    #[test]
    fn ones_own_dispute_raises_nothing_new_and_marks_what_is_open() {
        let own = Voices { members: 1, disputed_by: 1, own_dispute: true };
        let disputed = Seen { voices: own, ..seen(DISPUTED) };
        assert_eq!(after(None, &Seen { known: CAUTION, ..disputed.clone() }, Timestamp(0)), None);
        let caution = after(None, &seen(CAUTION), Timestamp(0)).unwrap();
        let done = closed(&caution, AlertClosed::Acknowledged, Timestamp(0));
        assert_eq!(after(Some(&done), &disputed, Timestamp(0)), None);
        // what is open is marked, and another's dispute is news
        let marked = after(Some(&caution), &disputed, Timestamp(0)).unwrap();
        assert_eq!((marked.state, marked.members, marked.disputed_by), (AlertState::Disputed, 1, 1));
        assert!(after(None, &Seen { known: CAUTION, ..seen(DISPUTED) }, Timestamp(0)).is_some());
    }

    #[test]
    fn what_a_person_has_seen_opens_again_only_if_it_becomes_graver() {
        let caution = after(None, &seen(CAUTION), Timestamp(0)).unwrap();
        let done = closed(&caution, AlertClosed::Acknowledged, Timestamp(0));
        assert_eq!(after(Some(&done), &seen(CAUTION), Timestamp(0)), None);
        assert_eq!(after(Some(&done), &seen(None), Timestamp(0)), None);
        let graver = after(Some(&done), &seen(LISTED), Timestamp(0)).unwrap();
        assert_eq!((graver.state, graver.closed, graver.verdict), (AlertState::Open, None, Verdict::Listed));
        let removed = closed(&caution, AlertClosed::Removed, Timestamp(0));
        assert_eq!(after(Some(&removed), &seen(LISTED), Timestamp(0)), None);
    }
}
