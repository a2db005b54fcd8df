//! Very many deliveries at once, from a sender that tries again as vendors do: with a kill in the middle, and beside a
//! million watches while a peer goes on publishing.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use harness::{
    TestNode, eventually, phone,
    vendor::{FakeVendor, greenhouse, greenhouse_application},
    wallet,
};
use larum_protocol::api::{AlertPage, Identifier, NewWatch, Verdict, WatchRequest, WatchesAnswer, path};

use super::{SECRET, greenhouse_net, on_record, send, worked_off};

/// Requests under way at once.
const SENDERS: usize = 64;
/// Deliveries that a node may have in work when it is killed: those may be checked once more.
const IN_WORK: usize = 3;
/// The shortest time within which a vendor wants its answer: SmartRecruiters' five seconds.
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// Watches in one request: as many as it may have.
const WATCHES: u64 = 1_000;

/// How large all this is.
struct Size {
    deliveries: usize,
    watches: u64,
    patience: Duration,
}

fn size() -> Size {
    match std::env::var_os("LARUM_LONG").is_some() {
        true => Size { deliveries: 10_000, watches: 1_000_000, patience: Duration::from_secs(600) },
        false => Size { deliveries: 1_000, watches: 20_000, patience: Duration::from_secs(90) },
    }
}

/// A sender that tries each delivery, of an applicant with a number that was reported, until it is answered with success.
struct Burst {
    /// Where the node is now.
    base: Mutex<String>,
    count: usize,
    next: AtomicUsize,
    accepted: AtomicUsize,
    slowest: Mutex<Duration>,
}

impl Burst {
    fn begin(node: &TestNode, count: usize) -> (Arc<Self>, Vec<tokio::task::JoinHandle<()>>) {
        let burst = Arc::new(Self {
            base: Mutex::new(node.api().base().to_owned()),
            count,
            next: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
            slowest: Mutex::default(),
        });
        let senders = (0..SENDERS).map(|_| tokio::spawn(Arc::clone(&burst).send())).collect();
        (burst, senders)
    }

    async fn send(self: Arc<Self>) {
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_TIME).build().unwrap();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return;
            }
            let body = greenhouse_application(10_000 + number as u64, &[], &["+1 303 555 0107"], None);
            let (headers, body) = greenhouse(SECRET, &format!("event-{number}"), &body);
            loop {
                let (base, asked) = (self.base.lock().unwrap().clone(), Instant::now());
                let sent = send(&client, &base, "greenhouse", &headers, &body).await;
                if sent.is_ok_and(|(status, _)| status.is_success()) {
                    let mut slowest = self.slowest.lock().unwrap();
                    *slowest = slowest.max(asked.elapsed());
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            self.accepted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Waits until every applicant has a note, and asserts that none has two.
async fn one_note_each(node: &TestNode, vendor: &FakeVendor, count: usize, patience: Duration) {
    let deadline = Instant::now() + patience;
    while vendor.note_counts().len() < count {
        assert!(Instant::now() < deadline, "{} of {count} notes after {patience:?}", vendor.note_counts().len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    worked_off(node).await;
    let twice: Vec<_> = vendor.note_counts().into_iter().filter(|(_, notes)| *notes != 1).collect();
    assert_eq!(twice, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_with_a_kill_in_the_middle_loses_nothing_and_repeats_nothing() {
    let Size { deliveries: count, patience, .. } = size();
    let (mut net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;

    // Given a sender, when the node is killed in the middle and started again
    let started = Instant::now();
    let (burst, senders) = Burst::begin(&net[0], count);
    eventually("half is accepted", async || (burst.accepted.load(Ordering::Relaxed) >= count / 2).then_some(())).await;
    net[0].kill9().await;
    net[0].start().await;
    net[0].api().base().clone_into(&mut burst.base.lock().unwrap());
    for sender in senders {
        sender.await.unwrap();
    }
    let took = started.elapsed();

    // then every applicant has exactly one note, and was checked once, but for those that were in work just then
    one_note_each(&net[0], &vendor, count, patience).await;
    let checked = on_record(&net[0], "greenhouse").await;
    assert!((count..=count + IN_WORK).contains(&checked), "{checked} lookups of {count} applications");
    let slowest = *burst.slowest.lock().unwrap();
    eprintln!("{count} deliveries accepted in {took:?} with a kill between, the slowest answer after {slowest:?}");
    assert!(slowest < ANSWER_TIME);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_beside_very_many_watches_and_a_peers_batches_loses_nothing_of_either() {
    let Size { deliveries: count, watches, patience } = size();
    let (net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;

    // Given very many watches
    let watched = async |from: u64| {
        let one = |number| NewWatch {
            reference: format!("contractor-{number}"),
            identifiers: vec![wallet(number)],
            days: None,
        };
        let request = WatchRequest { watches: (from..from + WATCHES).map(one).collect() };
        let answer: WatchesAnswer = net[0].api().post(path::WATCHES, &request).await.unwrap();
        assert_eq!(answer.added, WATCHES);
    };
    for from in (0..watches).step_by(usize::try_from(WATCHES).unwrap()) {
        watched(from).await;
    }

    // when a burst arrives while a peer publishes batch after batch, of which every tenth row is about somebody watched
    let (burst, senders) = Burst::begin(&net[0], count);
    let mut batches = 0;
    while burst.accepted.load(Ordering::Relaxed) < count {
        let rows: Vec<Identifier> =
            (0..10).map(|row| wallet(if row == 0 { batches } else { watches + 10 * batches + row })).collect();
        net[1].publish(&rows).await;
        batches += 1;
    }
    for sender in senders {
        sender.await.unwrap();
    }

    // then every delivery was accepted in time and noted once, and each of those watched has its one alert
    one_note_each(&net[0], &vendor, count, patience).await;
    let slowest = *burst.slowest.lock().unwrap();
    eprintln!(
        "{count} deliveries beside {watches} watches and {batches} batches, the slowest answer after {slowest:?}"
    );
    assert!(slowest < ANSWER_TIME && batches > 0);
    net.all_say(&wallet(batches - 1), Verdict::Listed).await;
    let expected: Vec<String> = (0..batches).map(|number| format!("contractor-{number}")).collect();
    let mut told = eventually("every alert is raised", async || {
        let (mut told, mut after) = (Vec::new(), 0);
        loop {
            let page: AlertPage = net[0].api().get(&format!("{}?after={after}", path::ALERTS)).await.unwrap();
            let Some(last) = page.alerts.last() else { break };
            after = last.change;
            told.extend(page.alerts.into_iter().map(|alert| alert.reference));
        }
        (told.len() >= expected.len()).then_some(told)
    })
    .await;
    told.sort_by_key(|reference| reference.rsplit('-').next().and_then(|number| number.parse::<u64>().ok()));
    assert_eq!(told, expected);
}
