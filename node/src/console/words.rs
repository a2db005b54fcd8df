//! Sentences instead of codes: recruiters and security reviewers are not engineers.

use std::borrow::Cow;

use larum_protocol::{
    api::{
        AlertClosed, AlertInfo, AlertState, Connection, CoverageState, Decision, Likeness, ReviewState, Strength,
        Verdict,
    },
    vocabulary::{Reason, Role},
};

/// What a verdict is called.
pub(crate) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clear => "Nothing known",
        Verdict::Unknown => "Cannot tell",
        Verdict::Caution => "Look closer",
        Verdict::Disputed => "Disputed",
        Verdict::Listed => "Reported",
    }
}

/// How much stands behind a report.
pub(crate) const fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Confirmed => "one employer has confirmed it",
        Strength::Corroborated => "several employers report it independently",
    }
}

/// What a kind of identifier is called.
pub(crate) fn kind(name: &str) -> &str {
    match name {
        "email" => "E-mail address",
        "phone" => "Phone number",
        "profile" => "Profile page",
        "domain" => "Domain",
        "address" => "Postal address",
        "wallet" => "Crypto wallet",
        "bank" => "Bank account",
        "payment" => "Payment account",
        "company" => "Company",
        "document" => "Identity document",
        "ip" => "Internet address",
        "device" => "Device",
        "resume" => "Resume",
        other => other,
    }
}

/// What a reviewer decided.
pub(crate) const fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Confirmed => "Confirmed: what was reported holds for this applicant",
        Decision::FalseMatch => "False match: this is another person",
        Decision::Victim => "Victim: somebody else used this person's identity or account",
        Decision::Unsure => "Unsure: it cannot be told",
    }
}

/// How far a review has got.
pub(crate) const fn state(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Open => "Waits for a decision",
        ReviewState::SecondSignoff => "Waits for a second person",
        ReviewState::Decided => "Decided",
    }
}

/// Where an alert stands.
pub(crate) const fn alert(alert: &AlertInfo) -> &'static str {
    match (alert.state, alert.closed) {
        (AlertState::Open, _) => "Waits for somebody to look",
        (AlertState::Disputed, _) => "Disputed: read both sides",
        (AlertState::Closed, Some(AlertClosed::Lifted)) => "Lifted: nothing counts against it any more",
        (AlertState::Closed, Some(AlertClosed::Acknowledged)) => "Seen by a person",
        (AlertState::Closed, Some(AlertClosed::Removed)) => "No longer watched",
        (AlertState::Closed, None) => "Closed",
    }
}

/// How near a resume is.
pub(crate) const fn likeness(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Candidate => "some passages in common: worth a look",
        Likeness::Match => "versions of one resume",
        Likeness::Strong => "versions of one resume, with much kept",
        Likeness::Exact => "the same words in the same order",
    }
}

/// How complete this node's knowledge is.
pub(crate) const fn coverage(state: CoverageState) -> &'static str {
    match state {
        CoverageState::Fresh => "Up to date",
        CoverageState::CatchingUp => "Catching up: some reports have not arrived yet",
        CoverageState::Stale => "Out of date: not enough members were heard lately",
    }
}

/// Whether and which way a peer is connected.
pub(crate) const fn connection(connection: Connection) -> &'static str {
    match connection {
        Connection::Inbound => "Connected (it called us)",
        Connection::Outbound => "Connected (we called it)",
        Connection::None => "Not connected",
    }
}

/// What an identifier is to the fraud.
pub(crate) fn role(word: &str) -> Cow<'static, str> {
    let said = match word.parse::<Role>() {
        Ok(Role::ActorControlled) => "The impostor holds it.",
        Ok(Role::SyntheticPersona) => "It belongs to a person who does not exist.",
        Ok(Role::Facilitator) => "It belongs to someone who hosts, ships, launders or stands in for the impostor.",
        Ok(Role::SharedInfrastructure) => "Innocent people use it as well.",
        Ok(Role::StolenIdentity) => {
            "It belongs to a real person and was used without consent: treat the owner as a victim."
        }
        Ok(Role::HijackedAccount) => "It is a real person's account, taken over or rented: the owner may be a victim.",
        Ok(Role::Unknown(_)) | Err(_) => return Cow::Owned(format!("Role {word}, of a newer version of Larum.")),
    };
    Cow::Borrowed(said)
}

/// Why something is reported, withdrawn or disputed.
pub(crate) fn reason(word: &str) -> Cow<'static, str> {
    let said = match word.parse::<Reason>() {
        Ok(Reason::ArtReuse) => "The same contact detail was used by different claimed people.",
        Ok(Reason::ArtResumeDup) => "A nearly identical resume came under another name.",
        Ok(Reason::ArtTemplate) => "One document template was used across accounts.",
        Ok(Reason::IdStolen) => "A real person says that the identity was used without consent.",
        Ok(Reason::IdSynthetic) => "No such person exists, as an authority or the actor's own records show.",
        Ok(Reason::IdDocForged) => "An identity document was altered or generated.",
        Ok(Reason::IdStandIn) => "The person interviewed was not the person working.",
        Ok(Reason::IdMediaAltered) => "A reviewer confirmed a face swap or altered media.",
        Ok(Reason::ProfTakeover) => "The profile was rented, bought or taken over.",
        Ok(Reason::ProfBackdated) => "The account is younger than the work it shows, or its work is copied.",
        Ok(Reason::ProfDeadLinks) => "Profiles or portfolios that were given had been removed or banned.",
        Ok(Reason::ClaimEmployerDenied) => "The claimed employer, reached independently, has no record.",
        Ok(Reason::ClaimSchoolDenied) => "The school denies attendance, programme or dates.",
        Ok(Reason::ClaimAnachronism) => "A technology was claimed before it existed.",
        Ok(Reason::NetOrigin) => "Access came from somewhere that cannot be reconciled with the claimed place.",
        Ok(Reason::NetAnonymiser) => "Access came through a VPN or proxy against policy.",
        Ok(Reason::NetLatency) => "The delay in interaction was far outside what the employer's others show.",
        Ok(Reason::DevKvm) => "Remote-access hardware was attached without approval.",
        Ok(Reason::DevRmm) => "A second or unapproved remote-control tool was in use.",
        Ok(Reason::DevFarm) => "Equipment was traced to a place that hosts other people's machines.",
        Ok(Reason::LogRedirect) => "Equipment was sent on, or to an address that is not on the identity documents.",
        Ok(Reason::PayMismatch) => "The payee is somebody else, or changed after hire.",
        Ok(Reason::PaySanctioned) => "It is exactly a wallet or account on a sanctions list.",
        Ok(Reason::SanEntity) => "It belongs to an entity on a sanctions list.",
        Ok(Reason::RefRing) => "The referee or referrer is controlled by the same actor.",
        Ok(Reason::PostExtort) => "Code or data was taken, or there were threats after discovery.",
        Ok(Reason::LeNotice) => "A law-enforcement notice names it.",
        Ok(Reason::CorError) => "The earlier report was an error.",
        Ok(Reason::CorVictim) => "The owner is a victim.",
        Ok(Reason::CorResolved) => "The matter is settled.",
        Ok(Reason::Unknown(_)) | Err(_) => return Cow::Owned(format!("Reason {word}, of a newer version of Larum.")),
    };
    Cow::Borrowed(said)
}

/// Letters of a name of a reason that fit beside a bar.
const SHORT_MAX: usize = 15;

/// A reason in two or three words, for a picture; [`reason`] stands below it.
pub(crate) fn short(word: &str) -> Cow<'static, str> {
    let said = match word.parse::<Reason>() {
        Ok(Reason::ArtReuse) => "contact reused",
        Ok(Reason::ArtResumeDup) => "copied resume",
        Ok(Reason::ArtTemplate) => "shared template",
        Ok(Reason::IdStolen) => "stolen identity",
        Ok(Reason::IdSynthetic) => "invented person",
        Ok(Reason::IdDocForged) => "forged document",
        Ok(Reason::IdStandIn) => "stand-in",
        Ok(Reason::IdMediaAltered) => "altered video",
        Ok(Reason::ProfTakeover) => "rented profile",
        Ok(Reason::ProfBackdated) => "young account",
        Ok(Reason::ProfDeadLinks) => "dead links",
        Ok(Reason::ClaimEmployerDenied) => "employer denies",
        Ok(Reason::ClaimSchoolDenied) => "school denies",
        Ok(Reason::ClaimAnachronism) => "impossible date",
        Ok(Reason::NetOrigin) => "other place",
        Ok(Reason::NetAnonymiser) => "VPN or proxy",
        Ok(Reason::NetLatency) => "unusual delay",
        Ok(Reason::DevKvm) => "remote hardware",
        Ok(Reason::DevRmm) => "remote control",
        Ok(Reason::DevFarm) => "laptop farm",
        Ok(Reason::LogRedirect) => "sent elsewhere",
        Ok(Reason::PayMismatch) => "other payee",
        Ok(Reason::PaySanctioned) => "sanctioned",
        Ok(Reason::SanEntity) => "listed entity",
        Ok(Reason::RefRing) => "false referee",
        Ok(Reason::PostExtort) => "extortion",
        Ok(Reason::LeNotice) => "police notice",
        Ok(Reason::CorError) => "an error",
        Ok(Reason::CorVictim) => "a victim",
        Ok(Reason::CorResolved) => "settled",
        Ok(Reason::Unknown(_)) | Err(_) if word.chars().count() > SHORT_MAX => {
            return Cow::Owned(word.chars().take(SHORT_MAX - 1).chain(['…']).collect());
        }
        Ok(Reason::Unknown(_)) | Err(_) => return Cow::Owned(word.to_owned()),
    };
    Cow::Borrowed(said)
}

/// What a member does by a statement.
pub(crate) fn stance(word: &str) -> &str {
    match word {
        "assert" => "reports it",
        "withdraw" => "has withdrawn its report",
        "dispute" => "disputes it",
        other => other,
    }
}

/// How sure the reporting member is.
pub(crate) fn evidence(word: &str) -> &str {
    match word {
        "confirmed" => "Confirmed: clear enough to hand to the police",
        "suspected" => "Suspected: reasonable grounds, not proven",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_and_reason_has_a_sentence_of_its_own() {
        let reasons: std::collections::HashSet<_> = Reason::ALL.iter().map(|code| reason(&code.word())).collect();
        assert_eq!(reasons.len(), Reason::ALL.len());
        assert!(reasons.iter().all(|sentence| sentence.ends_with('.') && !sentence.contains("newer version")));
        let roles: std::collections::HashSet<_> = Role::ALL.iter().map(|word| role(&word.word())).collect();
        assert_eq!(roles.len(), Role::ALL.len());
        assert!(roles.iter().all(|sentence| !sentence.contains("newer version")));
        let short_ones: std::collections::HashSet<_> = Reason::ALL.iter().map(|code| short(&code.word())).collect();
        assert_eq!(short_ones.len(), Reason::ALL.len());
        assert!(short_ones.iter().all(|short| short.chars().count() <= SHORT_MAX && !short.contains('.')));
        assert_eq!(short("unknown (9999999)").chars().count(), SHORT_MAX);
        assert!(reason("unknown (999)").contains("newer version"));
    }
}
