//! Who says what about an identifier, each counted once (I3).

use std::collections::BTreeSet;

use larum_protocol::{
    roster::MemberId,
    verdict::{Finding, Report},
    vocabulary::{Stance, Weight},
};

/// How many say what.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Voices {
    /// Members who report it; those who only repeat one public list count once.
    pub(crate) members: u32,
    /// Members who dispute it.
    pub(crate) disputed_by: u32,
    /// That it is disputed is this employer's own word, and nobody else's.
    pub(crate) own_dispute: bool,
}

impl Voices {
    /// Those of a finding, as `own` sees them.
    pub(crate) fn of(finding: &Finding, own: Option<MemberId>) -> Self {
        let (reports, disputes): (Vec<&Report>, Vec<&Report>) =
            finding.reports.iter().partition(|report| report.stance == Stance::Assert);
        let first_hand: BTreeSet<MemberId> =
            reports.iter().filter(|report| report.origin.is_none()).map(|report| report.member).collect();
        let repeated = reports.iter().filter(|report| !first_hand.contains(&report.member));
        let lists: BTreeSet<&str> = repeated.filter_map(|report| report.origin.as_deref()).collect();
        let objectors: BTreeSet<MemberId> = disputes.iter().map(|report| report.member).collect();
        let no_victim = reports.iter().all(|report| report.role.weight() != Weight::Victim);
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            members: count(first_hand.len() + lists.len()),
            disputed_by: count(objectors.len()),
            own_dispute: objectors.iter().copied().eq(own) && no_victim,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use larum_protocol::{
        clock::Day,
        hash::Digest,
        verdict::Match,
        vocabulary::{Evidence, Role},
    };

    use super::*;

    fn report(member: u32, stance: Stance, origin: Option<&str>) -> Report {
        Report {
            member: MemberId(member),
            stance,
            role: Role::ActorControlled,
            reason: "ART.REUSE".parse().unwrap(),
            evidence: Evidence::Confirmed,
            origin: origin.map(str::to_owned),
            observed: Day(0),
            expires: Day(0),
            matched: Match::Exact,
            statement: Digest([0; 32]),
            re: None,
        }
    }

    fn voices(reports: Vec<Report>) -> (u32, u32, bool) {
        let Voices { members, disputed_by, own_dispute } =
            Voices::of(&Finding { reports, ..Finding::default() }, Some(MemberId(7)));
        (members, disputed_by, own_dispute)
    }

    #[test]
    fn i3_who_disputes_reports_nothing_and_who_repeats_a_list_counts_once() {
        let (says, denies) = (Stance::Assert, Stance::Dispute);
        assert_eq!(voices(vec![report(1, says, None), report(1, says, None), report(7, denies, None)]), (1, 1, true));
        assert_eq!(
            voices(vec![report(1, says, None), report(2, denies, None), report(7, denies, None)]),
            (1, 2, false)
        );
        let list = Some("public list");
        assert_eq!(voices(vec![report(1, says, list), report(2, says, list), report(3, says, None)]), (2, 0, false));
        // a victim's word disputes as well, whoever else does
        let victim = Report { role: Role::StolenIdentity, ..report(2, says, None) };
        assert_eq!(voices(vec![victim, report(7, denies, None)]), (1, 1, false));
    }
}
