//! What a verdict says to the person who reads it (I9): never a decision, always both sides and what to do next.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use larum_protocol::{
    roster::MemberId,
    verdict::Verdict,
    vocabulary::{Evidence, Reason, Role, Stance},
};
use support::*;

#[test]
fn i9_a_listing_says_who_reported_what_when_and_on_what_evidence_and_shows_the_dispute_beside_it() {
    // Given a listing that another member disputes
    let finding = Town::of(3).ask(&[entry(1, 1, assertion()), entry(2, 1, dispute())]);
    // Then both sides are shown, each with its author, role, reason, evidence and days
    let shown: Vec<_> = finding.reports.iter().map(|report| (report.member, report.stance, report.reason)).collect();
    let both = [(MemberId(1), Stance::Assert, Reason::ArtReuse), (MemberId(2), Stance::Dispute, Reason::CorVictim)];
    assert_eq!(shown, both);
    let report = &finding.reports[0];
    assert_eq!((report.role, report.evidence), (Role::ActorControlled, Evidence::Confirmed));
    assert_eq!((report.observed, report.expires), (TODAY, TODAY.plus(700)));
    // And the verdict is not the accuser's
    assert_eq!(finding.verdict, Some(Verdict::Disputed));
}

#[test]
fn i9_no_verdict_decides_about_a_person() {
    for verdict in Verdict::ALL {
        let said = format!("{} {}", verdict.name(), verdict.advice()).to_lowercase();
        for word in ["reject", "refuse", "decline", "guilty", "fraudster", "do not hire", "blacklist"] {
            assert!(!said.contains(word), "{verdict} says {word}");
        }
    }
    assert!(Verdict::Listed.advice().contains("A person must review this"));
    assert!(Verdict::Clear.advice().contains("not proof of honesty"));
    assert!(Verdict::Caution.advice().contains("over a channel that the applicant did not give"));
    assert!(Verdict::Disputed.advice().contains("both sides"));
}
