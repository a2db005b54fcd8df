//! What a worker makes of a vendor that does not know an applicant, fails, or contradicts a delivery.

#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::sync::atomic::Ordering;

use self::rig::Rig;
use super::*;
use crate::hooks::{LATE_MS, Late, arrival::Event};

fn application() -> Event {
    let mut arrival = Arrival::of("c-1").unwrap();
    arrival.email("jane.doe@example.com");
    Event::Application(Box::new(arrival))
}

fn erasure() -> Event {
    Event::Erase { candidate: "op-1".to_owned() }
}

const LONG_MS: u64 = 1_000_000;
const PARTICULARS: &str = "further particulars could not be read from the applicant tracking system";
const DOCUMENT: &str = "1 of the documents could not be fetched";
const EVERYTHING: &str = "it names nothing that can be looked up";

fn tried(withheld: u32) -> Tries {
    Tries { all: 50, withheld, document: 0 }
}

#[tokio::test]
async fn i8_an_applicant_whom_the_api_does_not_know_or_give_out_is_checked_by_what_the_delivery_names() {
    for status in [404, 403] {
        let rig = Rig::of(Vendor::Ashby, LONG_MS).await;
        rig.answers("/candidate.info", status, "");
        let job = rig.job("1", application()).await;
        // When other things failed before, that counts for nothing
        for withheld in 0..find::WITHHELD_TRIES {
            let later = rig.check(&job, tried(withheld)).await;
            assert!(matches!(later, Err(Later { of: Trouble::Withheld, .. })), "{status}: {withheld}");
        }
        assert!(rig.seen().is_empty());
        assert!(matches!(rig.check(&job, tried(find::WITHHELD_TRIES)).await, Ok(Step::Done("checked"))));
        assert_eq!(rig.seen(), [(vec!["email".to_owned()], 0, vec![PARTICULARS.to_owned()])], "{status}");
    }
}

#[tokio::test]
async fn i8_a_resume_that_the_api_does_not_give_out_is_missing_and_everything_else_is_checked_at_once() {
    let rig = Rig::of(Vendor::Ashby, LONG_MS).await;
    let person =
        r#"{"results": {"emailAddresses": [{"value": "j@example.com"}], "resumeFileHandle": {"handle": "h"}}}"#;
    rig.answers("/candidate.info", 200, person);
    rig.answers("/file.info", 200, r#"{"success": false, "errors": ["file_not_found"]}"#);
    let job = rig.job("1", application()).await;
    assert!(matches!(rig.check(&job, Tries::default()).await, Ok(Step::Done("checked"))));
    assert_eq!(rig.seen(), [(vec!["email".to_owned(); 2], 0, vec![DOCUMENT.to_owned()])]);

    for (vendor, person) in [
        (Vendor::Lever, ("/v1/opportunities/c-1", r#"{"data": {"emails": ["jane.doe@example.com"]}}"#)),
        (Vendor::Smartrecruiters, ("/candidates/c-1", r#"{"email": "jane.doe@example.com"}"#)),
    ] {
        let rig = Rig::of(vendor, LONG_MS).await;
        rig.answers(person.0, 200, person.1);
        let job = rig.job("1", Event::Application(Box::new(Arrival::of("c-1").unwrap()))).await;
        assert!(matches!(rig.check(&job, Tries::default()).await, Ok(Step::Done("checked"))), "{vendor:?}");
        assert_eq!(rig.seen(), [(vec!["email".to_owned()], 0, vec![DOCUMENT.to_owned()])], "{vendor:?}");
    }
}

#[tokio::test]
async fn i8_of_whom_nothing_can_be_looked_up_there_is_an_answer_on_record_all_the_same() {
    // A typing error in api_url: everything is 404.
    let rig = Rig::of(Vendor::Lever, LONG_MS).await;
    let job = rig.job("1", Event::Application(Box::new(Arrival::of("c-1").unwrap()))).await;
    assert!(matches!(rig.check(&job, tried(find::WITHHELD_TRIES)).await, Ok(Step::Done("checked"))));
    assert_eq!(rig.seen(), [(vec![], 0, vec![EVERYTHING.to_owned(), PARTICULARS.to_owned()])]);
}

#[tokio::test]
async fn i8_an_application_that_is_given_up_is_checked_by_what_the_delivery_names() {
    let rig = Rig::of(Vendor::Ashby, 0).await;
    rig.answers("/candidate.info", 503, "");
    let job = rig.job("1", application()).await;
    let old = Job { at: job.at - 1, ..job };
    assert!(matches!(rig.check(&old, Tries::default()).await, Ok(Step::Done("given-up"))));
    assert_eq!(rig.seen(), [(vec!["email".to_owned()], 0, vec![PARTICULARS.to_owned()])]);
}

#[tokio::test]
async fn a_delivery_on_which_the_program_fails_is_kept_and_the_worker_goes_on() {
    let rig = Rig::of(Vendor::Merge, LONG_MS).await;
    rig.checker.breaks.store(true, Ordering::Relaxed);
    let stop = CancellationToken::new();
    let worker = tokio::spawn(Arc::clone(&rig.parts).work(Lane::Checks(Vendor::Merge), stop.clone()));
    for id in ["1", "2"] {
        rig.parts.inbox.accept(Vendor::Merge, vec![id.to_owned()], application()).await.unwrap();
    }
    while rig.seen().is_empty() || rig.parts.inbox.len() > 1 {
        assert!(!worker.is_finished(), "the worker ended");
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.parts.inbox.len(), 1, "the first one waits");
    assert!(!rig.parts.inbox.is_in_work(Vendor::Merge, "c-1"));
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test]
async fn an_erasure_whose_ids_nobody_signed_is_carried_out_once_the_api_does_not_know_the_applicant() {
    let rig = Rig::of(Vendor::Lever, LONG_MS).await;
    rig.answers("/v1/opportunities/op-1", 200, r#"{"data": {}}"#);
    let forged = rig.job("1", erasure()).await;
    let forget =
        async |withheld| rig.parts.forget(&Job { tries: tried(withheld), ..forged.clone() }, "op-1", false).await;
    assert!(matches!(forget(0).await, Err(Later { of: Trouble::Withheld, .. })));
    assert!(matches!(forget(find::WITHHELD_TRIES).await, Ok(Step::Done("unconfirmed"))));
    for status in [403, 503] {
        rig.answers("/v1/opportunities/op-1", status, "");
        assert!(forget(find::WITHHELD_TRIES).await.is_err(), "{status}");
    }
    assert!(rig.keeper.0.lock().is_empty());
    rig.answers("/v1/opportunities/op-1", 404, "");
    assert!(matches!(forget(0).await, Ok(Step::Done("erasure"))));
    assert_eq!(*rig.keeper.0.lock(), ["op-1"]);
}

#[tokio::test]
async fn whom_a_person_here_erases_is_gone_though_the_vendors_api_still_knows_the_applicant_or_fails() {
    for status in [200, 503] {
        // Given two deliveries about an applicant, one of them in a worker's hands, and one about another
        let rig = Rig::of(Vendor::Lever, LONG_MS).await;
        rig.answers("/v1/opportunities/op-1", status, r#"{"data": {"emails": ["jane.doe@example.com"]}}"#);
        let about = |candidate| Event::Application(Box::new(Arrival::of(candidate).unwrap()));
        let held = rig.job("1", about("op-1")).await;
        for (id, candidate) in [("2", "op-1"), ("3", "op-2")] {
            rig.parts.inbox.accept(Vendor::Lever, vec![id.to_owned()], about(candidate)).await.unwrap();
        }

        // when a person erases the applicant
        assert_eq!(rig.hooks().erase(Vendor::Lever, "op-1").await, Ok(2), "{status}");

        // then both are dropped at once, and what was in work ends without a review
        assert_eq!(rig.parts.inbox.len(), 2, "{status}: the other one and the erasure");
        let erasure = rig.parts.inbox.next(Lane::Erasures(Vendor::Lever)).await;
        rig.parts.take(&erasure).await;
        assert!(rig.keeper.0.lock().is_empty(), "{status}: a worker still has a delivery");
        rig.parts.take(&held).await;
        rig.parts.inbox.let_go(held.id);
        assert_eq!(rig.seen(), [], "{status}");
        // and behind it everything else that is kept goes
        rig.parts.take(&erasure).await;
        assert_eq!(*rig.keeper.0.lock(), ["op-1"], "{status}");
        let Task::Check(left) = rig.parts.inbox.next(Lane::Checks(Vendor::Lever)).await.task else { panic!() };
        assert_eq!((rig.parts.inbox.len(), left.candidate.as_str()), (1, "op-2"), "{status}");
    }
}

#[tokio::test]
async fn what_was_worked_off_before_a_restart_is_gone_from_the_file_as_soon_as_the_node_runs_again() {
    let rig = Rig::of(Vendor::Merge, LONG_MS).await;
    let job = rig.job("1", application()).await;
    rig.parts.inbox.done(job.id).await.unwrap();
    assert_eq!(rig.parts.inbox.records(), 3);
    let stop = CancellationToken::new();
    let tidy = tokio::spawn(Arc::clone(&rig.parts).tidy(stop.clone()));
    while rig.parts.inbox.records() > 1 {
        assert!(!tidy.is_finished());
        tokio::task::yield_now().await;
    }
    stop.cancel();
    tidy.await.unwrap();
}

#[tokio::test]
async fn what_waits_for_a_vendor_for_too_long_is_told_with_the_reason() {
    let rig = Rig::of(Vendor::Ashby, LONG_MS).await;
    rig.answers("/candidate.info", 503, "");
    let job = rig.job("1", application()).await;
    assert!(rig.check(&job, Tries::default()).await.is_err());
    assert_eq!(rig.parts.late(job.at + LATE_MS), []);
    let late = Late { vendor: "ashby", count: 1, minutes: 16, why: "the vendor's API fails" };
    assert_eq!(rig.parts.late(job.at + LATE_MS + 60_000), [late]);
    // Control: what is only checked again waits for no vendor.
    let progress = Progress { checks: 1, again: Some(now().0), ..Progress::default() };
    rig.parts.inbox.advance(job.id, &progress).await.unwrap();
    assert_eq!(rig.parts.late(job.at + LATE_MS + 60_000), []);
}

#[tokio::test]
async fn a_vendor_that_asks_to_be_left_alone_is_and_that_counts_as_no_failure() {
    let rig = Rig::of(Vendor::Ashby, LONG_MS).await;
    let job = rig.job("1", application()).await;
    rig.parts.hooks[&Vendor::Ashby].pause(Some(Duration::from_secs(60)));
    assert!(matches!(rig.check(&job, Tries::default()).await, Err(Later { of: Trouble::Paused, after: Some(_) })));
    rig.parts.take(&job).await;
    assert_eq!(rig.parts.inbox.tries(job.id), Some(0));
}
