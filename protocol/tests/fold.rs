//! What statements add up to: taxonomy.md's verdicts, and the invariants that the fold keeps.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use larum_protocol::{
    batch::Counts,
    clock::Day,
    roster::{MemberStatus, NodeStatus, Quota},
    statement::{DerivedTag, Statement},
    tag::Tags,
    verdict::{Finding, Match, Strength, Verdict},
    vocabulary::{Evidence, Reason, Role},
};
use proptest::prelude::*;
use support::*;

#[test]
fn one_confirmed_adverse_report_lists() {
    let finding = Town::of(3).ask(&[entry(1, 1, assertion())]);
    assert_eq!((finding.verdict, finding.strength), (Some(Verdict::Listed), Some(Strength::Confirmed)));
}

#[test]
fn two_members_corroborate_and_two_suspicions_list() {
    let town = Town::of(3);
    let confirmed = town.ask(&[entry(1, 1, assertion()), entry(2, 1, assertion())]);
    assert_eq!(confirmed.strength, Some(Strength::Corroborated));
    assert_eq!(town.ask(&[entry(1, 1, suspicion())]).verdict, Some(Verdict::Caution));
    let suspected = town.ask(&[entry(1, 1, suspicion()), entry(2, 1, suspicion())]);
    assert_eq!(suspected.verdict, Some(Verdict::Listed));
}

#[test]
fn victims_and_shared_infrastructure_are_caution_only() {
    for role in [Role::StolenIdentity, Role::HijackedAccount, Role::SharedInfrastructure, Role::Unknown(99)] {
        let said = [entry(1, 1, Statement { role, ..assertion() }), entry(2, 1, Statement { role, ..assertion() })];
        assert_eq!(Town::of(3).ask(&said).verdict, Some(Verdict::Caution), "{role}");
    }
}

#[test]
fn i3_a_member_counts_once_and_so_does_a_public_list() {
    let town = Town::of(3);
    // Given the same member twice, in two batches
    let twice = [entry(1, 1, suspicion()), entry(1, 2, Statement { revision: 2, ..suspicion() })];
    // Then it is still one voice
    assert_eq!(town.ask(&twice).verdict, Some(Verdict::Caution));
    // Given two members that imported the same list
    let listed = Statement { origin: Some("ofac-sdn".into()), reason: Reason::PaySanctioned, ..assertion() };
    let imported = [entry(1, 1, listed.clone()), entry(2, 1, listed.clone())];
    // Then the list speaks once
    assert_eq!(town.ask(&imported).strength, Some(Strength::Confirmed));
    // And a first-hand case beside it corroborates
    let both = [entry(1, 1, listed), entry(2, 1, assertion())];
    assert_eq!(town.ask(&both).strength, Some(Strength::Corroborated));
}

#[test]
fn i4_nothing_counts_beyond_its_day_or_the_policys_limit() {
    let mut town = Town::of(2);
    // Given a statement that claims to live for a hundred years
    let eternal = Statement { expires: Day(60_000), keep_until: Day(60_000), ..assertion() };
    let life = town.roster.policy.kind(eternal.kind).unwrap().life_days;
    let said = [entry(1, 1, eternal.clone())];
    // Then it counts up to the policy's limit and not a day longer
    town.now = TODAY.plus(life).start();
    assert_eq!(town.ask(&said).verdict, Some(Verdict::Listed));
    town.now = TODAY.plus(life + 1).start();
    assert_eq!(town.ask(&said).verdict, None);
    // And a victim's marker 400 days
    let victim = [entry(1, 1, Statement { role: Role::StolenIdentity, ..eternal })];
    town.now = TODAY.plus(400).start();
    assert_eq!(town.ask(&victim).verdict, Some(Verdict::Caution));
    town.now = TODAY.plus(401).start();
    assert_eq!(town.ask(&victim).verdict, None);
}

#[test]
fn i4_nothing_lives_longer_for_having_been_dated_into_the_future() {
    // Given a statement that was observed after its batch was issued
    let dated = |days| {
        entry(
            1,
            1,
            Statement { observed: TODAY.plus(days), expires: Day(60_000), keep_until: Day(60_000), ..assertion() },
        )
    };
    // Then a day more than the author's own is a matter of where somebody lives, and two do not count
    assert_eq!(Town::of(2).ask(&[dated(1)]).verdict, Some(Verdict::Listed));
    assert_eq!(Town::of(2).ask(&[dated(2)]).verdict, None);
}

#[test]
fn an_expired_statement_still_supersedes_until_it_is_dropped() {
    let mut town = Town::of(2);
    let brief = Statement { revision: 2, expires: TODAY.plus(10), keep_until: TODAY.plus(900), ..assertion() };
    let said = [entry(1, 1, assertion()), entry(1, 2, brief)];
    town.now = TODAY.plus(11).start();
    assert_eq!(town.ask(&said).verdict, None);
}

#[test]
fn a_withdrawal_wins_over_what_it_takes_back_and_loses_to_a_later_assertion() {
    let town = Town::of(2);
    let said = [entry(1, 1, assertion()), entry(1, 2, withdrawal(2))];
    assert_eq!(town.ask(&said).verdict, None);
    let again = Statement { revision: 3, ..assertion() };
    assert_eq!(town.ask(&[said[0].clone(), said[1].clone(), entry(1, 3, again)]).verdict, Some(Verdict::Listed));
    // At a tie the withdrawal wins
    assert_eq!(town.ask(&[entry(1, 1, assertion()), entry(1, 2, withdrawal(1))]).verdict, None);
}

#[test]
fn a_withdrawal_takes_back_ones_own_word_only() {
    let said = [entry(1, 1, assertion()), entry(2, 1, withdrawal(9))];
    assert_eq!(Town::of(2).ask(&said).verdict, Some(Verdict::Listed));
}

#[test]
fn another_members_dispute_or_victims_role_disputes_a_listing() {
    let town = Town::of(3);
    let disputed = town.ask(&[entry(1, 1, assertion()), entry(2, 1, dispute())]);
    assert_eq!(disputed.verdict, Some(Verdict::Disputed));
    assert_eq!(disputed.reports.len(), 2, "both sides are shown");
    let victim = Statement { role: Role::StolenIdentity, ..assertion() };
    assert_eq!(town.ask(&[entry(1, 1, assertion()), entry(2, 1, victim)]).verdict, Some(Verdict::Disputed));
    // A dispute with nothing to dispute says nothing
    assert_eq!(town.ask(&[entry(2, 1, dispute())]).verdict, None);
}

#[test]
fn i6_from_a_fork_on_nothing_counts_and_what_stood_before_does() {
    let mut town = Town::of(2);
    let said = |seq| [entry(1, seq, assertion())];
    town.facts.get_mut(&log_of(1)).unwrap().forked_at = Some(5);
    assert_eq!(town.ask(&said(4)).verdict, Some(Verdict::Listed));
    assert_eq!(town.ask(&said(5)).verdict, None);
    // Until the roster decides
    end_log(&mut town.roster, 1, 5, Some(larum_protocol::hash::Digest([1; 32])));
    assert_eq!(town.ask(&said(5)).verdict, Some(Verdict::Listed));
    assert_eq!(town.ask(&said(6)).verdict, None);
}

#[test]
fn i7_the_roster_decides_whose_statements_count() {
    let mut town = Town::of(2);
    let said = [entry(1, 3, assertion())];
    assert_eq!(town.ask(&said).verdict, Some(Verdict::Listed));
    for status in [MemberStatus::Suspended, MemberStatus::Removed] {
        town.roster.members[0].status = status;
        assert_eq!(town.ask(&said).verdict, None, "{status:?}");
    }
    // A node in good standing whose log ended counts up to the end, whenever a batch arrives
    town.roster.members[0].status = MemberStatus::Active;
    town.roster.members[0].nodes[0].status = NodeStatus::Retired;
    assert_eq!(town.ask(&said).verdict, None);
    end_log(&mut town.roster, 1, 3, Some(larum_protocol::hash::Digest([1; 32])));
    assert_eq!(town.ask(&said).verdict, Some(Verdict::Listed));
    // And an unknown node never
    assert_eq!(town.ask(&[entry(9, 1, assertion())]).verdict, None);
}

#[test]
fn what_exceeds_the_quota_never_counts_and_classes_are_apart() {
    let mut town = Town::of(2);
    town.roster.members[0].nodes[0].quota = Quota { asserts: 10, others: 2 };
    let at = |asserts, others, statement| {
        let mut entry = entry(1, 1, statement);
        entry.day = Counts { asserts, others };
        [entry]
    };
    assert_eq!(town.ask(&at(10, 5, assertion())).verdict, Some(Verdict::Listed));
    assert_eq!(town.ask(&at(11, 0, assertion())).verdict, None);
    // What stands behind the floor uses up no quota on the floor's day
    town.facts.get_mut(&log_of(1)).unwrap().before_floor = (TODAY, Counts { asserts: 1, others: 0 });
    assert_eq!(town.ask(&at(11, 0, assertion())).verdict, Some(Verdict::Listed));
}

#[test]
fn below_the_floor_and_in_the_future_nothing_counts() {
    let mut town = Town::of(2);
    town.facts.get_mut(&log_of(1)).unwrap().floor = 3;
    assert_eq!(town.ask(&[entry(1, 2, assertion())]).verdict, None);
    let mut ahead = entry(1, 3, assertion());
    ahead.issued = town.now.plus_ms(3_600_000);
    assert_eq!(town.ask(std::slice::from_ref(&ahead)).verdict, None);
    // It was delayed, not rejected
    town.now = ahead.issued;
    assert_eq!(town.ask(&[ahead]).verdict, Some(Verdict::Listed));
}

/// A resume's tags: the exact one, and the bands numbered here, of which each edit of the resume changes some.
fn resume(subject: u8, bands: std::ops::Range<u8>) -> Tags {
    let band = |number: u8| DerivedTag { derivation: 256 + u16::from(number), tag: tag(100 + number) };
    Tags { epoch: 1, subject: tag(subject), derived: bands.map(band).collect() }
}

#[test]
fn bands_of_a_resume_list_from_three_on_and_are_one_kind_of_evidence() {
    let town = Town::of(3);
    let published =
        |subject| Statement { subject: tag(subject), derived: resume(subject, 0..10).derived, ..assertion() };
    let said = [entry(1, 1, published(1))];
    let asked = |shared: u8| town.ask_for(&resume(2, 10 - shared..20 - shared), &said);
    // Given an edited version that has few bands in common: nothing, a look, a match
    assert_eq!(asked(0), Finding::default());
    assert_eq!(asked(1), Finding::default(), "one band is chance");
    assert_eq!(asked(2).verdict, Some(Verdict::Caution), "two are worth a look");
    for shared in 3..=10 {
        let finding = asked(shared);
        assert_eq!((finding.verdict, finding.strength), (Some(Verdict::Listed), Some(Strength::Confirmed)), "{shared}");
        assert_eq!(finding.reports[0].matched, Match::Bands(shared));
    }
    // And versions that one member published are one member's word, however many bands each has in common
    let versions = [entry(1, 1, published(1)), entry(1, 2, published(3)), entry(1, 3, published(4))];
    assert_eq!(town.ask_for(&resume(2, 0..10), &versions).strength, Some(Strength::Confirmed));
    // And another member's suspicion of a version corroborates
    let both = [entry(1, 1, published(1)), entry(2, 1, Statement { evidence: Evidence::Suspected, ..published(3) })];
    assert_eq!(town.ask_for(&resume(2, 0..10), &both).strength, Some(Strength::Corroborated));
}

#[test]
fn a_dispute_shows_wherever_the_resume_that_it_is_about_is_found_by_its_bands() {
    let town = Town::of(3);
    let published = Statement { derived: resume(1, 0..10).derived, ..assertion() };
    let said = [entry(1, 1, published.clone()), entry(2, 1, dispute())];
    assert_eq!(town.ask_for(&resume(2, 4..14), &said).verdict, Some(Verdict::Disputed));
}

#[test]
fn i3_a_member_counts_once_however_many_subjects_and_lists_it_speaks_through() {
    let town = Town::of(3);
    // Given one member that names two lists, or a list and itself, about the identifier in two epochs
    let tags = |epoch, subject| Tags { epoch, subject: tag(subject), derived: Vec::new() };
    let said = |subject, origin: Option<&str>| Statement {
        subject: tag(subject),
        origin: origin.map(str::to_owned),
        ..suspicion()
    };
    let both = [tags(1, 1), tags(2, 2)];
    for origins in [[Some("a"), Some("b")], [Some("a"), None], [None, None]] {
        let entries = [entry(1, 1, said(1, origins[0])), entry(1, 2, said(2, origins[1]))];
        assert_eq!(town.ask_with(&both, &entries).verdict, Some(Verdict::Caution), "{origins:?}");
        // Then only another member's word corroborates
        let with_other = [entries[0].clone(), entries[1].clone(), entry(2, 1, suspicion())];
        assert_eq!(town.ask_with(&both, &with_other).verdict, Some(Verdict::Listed), "{origins:?}");
    }
}

#[test]
fn a_dispute_of_a_neighbour_takes_nothing_from_a_listing() {
    // Given two addresses of one network, both listed, one of them disputed
    let of_network = |subject| Statement {
        subject: tag(subject),
        derived: vec![DerivedTag { derivation: 2, tag: tag(9) }],
        ..assertion()
    };
    let disputed = Statement { subject: tag(2), derived: of_network(2).derived, ..dispute() };
    let said = [entry(1, 1, of_network(1)), entry(1, 2, of_network(2)), entry(2, 1, disputed)];
    let ask = |subject| Town::of(3).ask_for(&Tags { epoch: 1, subject: tag(subject), ..network() }, &said).verdict;
    // Then the other one is listed as before, and a third one in the network meets both sides
    assert_eq!(ask(1), Some(Verdict::Listed));
    assert_eq!(ask(2), Some(Verdict::Disputed));
    assert_eq!(ask(3), Some(Verdict::Disputed));
}

fn network() -> Tags {
    Tags { epoch: 1, subject: tag(0), derived: vec![DerivedTag { derivation: 2, tag: tag(9) }] }
}

#[test]
fn a_match_on_derived_tags_alone_is_caution_at_most() {
    let plus_tagged = Statement { derived: vec![DerivedTag { derivation: 1, tag: tag(2) }], ..assertion() };
    let town = Town::of(3);
    let asked = Tags { epoch: 1, subject: tag(2), derived: Vec::new() };
    let finding = town.ask_for(&asked, &[entry(1, 1, plus_tagged.clone()), entry(2, 1, plus_tagged)]);
    assert_eq!(finding.verdict, Some(Verdict::Caution));
    assert!(finding.reports.iter().all(|report| report.matched == Match::Derived));
}

#[test]
fn a_log_that_is_not_among_its_nodes_open_ones_does_not_count() {
    let mut town = Town::of(2);
    town.facts.get_mut(&log_of(1)).unwrap().open = false;
    assert_eq!(town.ask(&[entry(1, 1, assertion())]).verdict, None);
}

fn any_statement() -> impl Strategy<Value = (u32, u64, Statement)> {
    let stance = prop_oneof![Just(assertion()), Just(suspicion()), Just(withdrawal(1)), Just(dispute())];
    (1..4_u32, 1..9_u64, 1..4_u64, 1..3_u8, stance).prop_map(|(member, seq, revision, subject, statement)| {
        (member, seq, Statement { revision, subject: tag(subject), ..statement })
    })
}

proptest! {
    #[test]
    fn i2_order_and_duplication_do_not_matter(
        said in proptest::collection::vec(any_statement(), 0..24),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..48),
    ) {
        // Given some statements, and the same ones shuffled and repeated
        let entries: Vec<_> = said.iter().cloned().map(|(member, seq, statement)| entry(member, seq, statement)).collect();
        let mut shuffled: Vec<_> = entries.iter().rev().cloned().collect();
        if !entries.is_empty() {
            shuffled.extend(order.iter().map(|index| index.get(&entries).clone()));
        }
        // Then the finding is the same
        let town = Town::of(3);
        prop_assert_eq!(town.ask(&entries), town.ask(&shuffled));
    }
}
