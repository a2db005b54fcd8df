//! Very many deliveries at once, from a sender that tries again as vendors do, with a kill in the middle.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use harness::{
    eventually, phone,
    vendor::{greenhouse, greenhouse_application},
};
use larum_protocol::api::Verdict;

use super::{SECRET, greenhouse_net, on_record, send, worked_off};

/// Requests under way at once.
const SENDERS: usize = 64;
/// Deliveries that a node may have in work when it is killed: those may be checked once more.
const IN_WORK: usize = 8;
/// The shortest time within which a vendor wants its answer: SmartRecruiters' five seconds.
const ANSWER_TIME: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_with_a_kill_in_the_middle_loses_nothing_and_repeats_nothing() {
    let long = std::env::var_os("LARUM_LONG").is_some();
    let count = if long { 10_000 } else { 1_000 };
    let (mut net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;

    // Given a sender that tries each delivery until it is answered with success
    let base = Arc::new(Mutex::new(net[0].api().base().to_owned()));
    let (next, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let slowest = Arc::new(Mutex::new(Duration::ZERO));
    let started = Instant::now();
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (base, next, accepted) = (Arc::clone(&base), Arc::clone(&next), Arc::clone(&accepted));
            let slowest = Arc::clone(&slowest);
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_TIME).build().unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let body = greenhouse_application(10_000 + number as u64, &[], &["+1 303 555 0107"], None);
                    let (headers, body) = greenhouse(SECRET, &format!("event-{number}"), &body);
                    loop {
                        let (place, asked) = (base.lock().unwrap().clone(), Instant::now());
                        let sent = send(&client, &place, "greenhouse", &headers, &body).await;
                        if sent.is_ok_and(|(status, _)| status.is_success()) {
                            let mut slowest = slowest.lock().unwrap();
                            *slowest = slowest.max(asked.elapsed());
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    // when the node is killed in the middle and started again
    eventually("half is accepted", async || (accepted.load(Ordering::Relaxed) >= count / 2).then_some(())).await;
    net[0].kill9().await;
    net[0].start().await;
    net[0].api().base().clone_into(&mut base.lock().unwrap());
    for sender in senders {
        sender.await.unwrap();
    }
    let took = started.elapsed();

    // then every applicant has exactly one note, and was checked once, but for those that were in work just then
    let patience = Duration::from_secs(if long { 600 } else { 90 });
    let deadline = Instant::now() + patience;
    while vendor.note_counts().len() < count {
        assert!(Instant::now() < deadline, "{} of {count} notes after {patience:?}", vendor.note_counts().len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    worked_off(&net[0]).await;
    let twice: Vec<_> = vendor.note_counts().into_iter().filter(|(_, notes)| *notes != 1).collect();
    assert_eq!(twice, []);
    let checked = on_record(&net[0], "greenhouse").await;
    assert!((count..=count + IN_WORK).contains(&checked), "{checked} lookups of {count} applications");
    let slowest = *slowest.lock().unwrap();
    eprintln!("{count} deliveries accepted in {took:?} with a kill between, the slowest answer after {slowest:?}");
    assert!(slowest < ANSWER_TIME);
}
