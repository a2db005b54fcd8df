//! What a person makes sure of before deciding against an applicant.
//!
//! A listing is a colleague's word about an identifier. These are the ways in which such words have hit innocent people:
//! numbers are reassigned, identities stolen, reports wrong or old, and nobody asked the person.

use std::borrow::Cow;

use larum_protocol::api::{ChecklistPoint, Decision};

/// Each point: its id, and what whoever names it affirms.
pub const CHECKLIST: [(&str, &str); 5] = [
    ("both-sides", "I have read who reported this, when and on what evidence, and every dispute of it."),
    (
        "same-person",
        "I have made sure that the identifier is this applicant's own: numbers and addresses get new owners.",
    ),
    ("no-victim", "I have considered that the applicant's identity or account may have been stolen or rented."),
    ("own-evidence", "I rely on evidence that we have looked at ourselves, and not on the report alone."),
    ("heard", "The applicant was told what the concern is and could answer it, as the law here asks for."),
];

/// The checklist as answers show it.
pub(super) fn points() -> Vec<ChecklistPoint> {
    CHECKLIST.iter().map(|(id, text)| ChecklistPoint { id: Cow::Borrowed(id), text: Cow::Borrowed(text) }).collect()
}

/// The first point that a decision lacks.
pub(super) fn missing(decision: Decision, acknowledged: &[String]) -> Option<&'static str> {
    let lacks = |id: &&str| !acknowledged.iter().any(|named| named == id);
    CHECKLIST.iter().map(|(id, _)| *id).filter(|_| decision.is_adverse()).find(lacks)
}
