//! Signatures: whose they are, and what they add up to.
//!
//! A node knows tokens and not people. Invariant: tokens of one name are one person's, so that a token that was revoked and
//! made anew does not sign a second time; that two names are two people is for whoever makes tokens to see to.
//! Invariant: signatures from before a review was reopened decide nothing.

use larum_protocol::api::{Decision, ReviewMark, ReviewState};

use super::{Reviewer, stored::Stored};

/// Signatures that are kept of one review, for whoever reads how it came about. Older ones go that count no more: those
/// that the same person replaced, and those from before it was reopened.
const MARKS_MAX: usize = 16;

impl Stored {
    /// What was decided: the newest signature, and where two people have to sign, when another's newest says the same.
    pub(super) fn decision(&self) -> Option<Decision> {
        agreed(self.round(), self.second)
    }

    /// Whether this signature would decide it.
    pub(super) fn is_final_with(&self, mark: &ReviewMark) -> bool {
        let marks: Vec<ReviewMark> = self.round().iter().chain([mark]).cloned().collect();
        agreed(&marks, self.second).is_some()
    }

    /// Whether this person's newest signature says the same.
    pub(super) fn has_signed(&self, by: Reviewer<'_>, decision: Decision) -> bool {
        let own = |mark: &&ReviewMark| is_one_person(who(mark), by);
        self.round().iter().rev().find(own).is_some_and(|mark| mark.decision == Some(decision))
    }

    /// Whether nobody has signed what it says.
    pub(super) fn is_unsigned(&self) -> bool {
        self.round().is_empty()
    }

    pub(super) fn state(&self) -> ReviewState {
        match (self.decision(), self.is_unsigned()) {
            (Some(_), _) => ReviewState::Decided,
            (None, true) => ReviewState::Open,
            (None, false) => ReviewState::SecondSignoff,
        }
    }

    /// Adds a signature.
    pub(super) fn sign(&mut self, mark: ReviewMark) {
        self.marks.push(mark);
        if self.marks.len() > MARKS_MAX
            && let Some(at) = self.marks.iter().enumerate().position(|(at, mark)| self.is_replaced(at, mark))
        {
            self.marks.remove(at);
        }
    }

    fn is_replaced(&self, at: usize, mark: &ReviewMark) -> bool {
        self.marks[at + 1..].iter().any(|later| later.decision.is_none() || is_one_person(who(mark), who(later)))
    }

    /// The signatures since it was last reopened.
    fn round(&self) -> &[ReviewMark] {
        let reopened = self.marks.iter().rposition(|mark| mark.decision.is_none());
        &self.marks[reopened.map_or(0, |at| at + 1)..]
    }
}

fn agreed(marks: &[ReviewMark], second: bool) -> Option<Decision> {
    let last = marks.last()?;
    if !second {
        return last.decision;
    }
    let mut people: Vec<&ReviewMark> = vec![last];
    for mark in marks.iter().rev() {
        if people.iter().any(|person| is_one_person(who(person), who(mark))) {
            continue;
        }
        if mark.decision == last.decision {
            return last.decision;
        }
        people.push(mark);
    }
    None
}

fn who(mark: &ReviewMark) -> Reviewer<'_> {
    Reviewer { token: &mark.token, name: &mark.name }
}

fn is_one_person(one: Reviewer<'_>, other: Reviewer<'_>) -> bool {
    one.token == other.token || one.name.trim().to_lowercase() == other.name.trim().to_lowercase()
}
