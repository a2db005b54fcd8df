//! Letting go of an applicant because a person says so: of that one, everywhere, and of nobody else.

use harness::{
    Founding, TestNet, eventually, phone,
    vendor::{FakeVendor, greenhouse, greenhouse_application},
};
use larum_protocol::api::{
    AlertPage, ErasureAnswer, ErasureRequest, NewWatch, ReviewList, Verdict, WatchPage, WatchRequest, WatchesAnswer,
    path,
};

use super::{KEY, SECRET, configure, deliver, greenhouse_key, local, worked_off};
use crate::receiver::Receiver;

#[tokio::test]
async fn who_is_erased_is_gone_from_watches_alerts_reviews_and_callbacks_and_whoever_has_the_same_number_is_not() {
    // Given applicant 9001 of an applicant tracking system, reported now and later, and employee 9001
    let (vendor, mut receiver) = (FakeVendor::start(KEY).await, Receiver::start(&[410]).await);
    let mut net = TestNet::lay(&Founding::of(2));
    let more = format!("{}region = \"US\"\nwatch_days = 30\n", local(&vendor));
    configure(&net[0], "greenhouse", SECRET, &greenhouse_key(KEY), &more);
    receiver.is_told_by(&net[0]);
    net.start_all().await;
    net.settled().await;
    let (reported, later) = (phone(303, 7), phone(303, 8));
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;
    let node = &net[0];
    for (event, numbers) in [("1", &["(303) 555-0107", "(303) 555-0108"][..]), ("2", &["(303) 555-0108"])] {
        let body = greenhouse_application(9001, &[], numbers, None);
        deliver(node, "greenhouse", &greenhouse(SECRET, event, &body)).await;
        worked_off(node).await;
    }
    receiver.next().await; // it wants nothing more, so that what is to be told waits
    let new = NewWatch { reference: "9001".to_owned(), identifiers: vec![later.clone()], days: None };
    let _: WatchesAnswer = node.api().post(path::WATCHES, &WatchRequest { watches: vec![new] }).await.unwrap();
    net[1].publish(std::slice::from_ref(&later)).await;
    let alerts = async || node.api().get::<AlertPage>(path::ALERTS).await.unwrap().alerts;
    let watches = async || node.api().get::<WatchPage>(path::WATCHES).await.unwrap().watches;
    // one alert each, though the application came twice
    eventually("both alerts", async || (alerts().await.len() == 2).then_some(())).await;
    assert_eq!(watches().await.len(), 2);

    // when a person erases the applicant
    let done = node.cli(&["erase", "--reference", "9001", "--source", "greenhouse"]).await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("1 watch, 1 alert, 1 review") && done.out.contains("callback"), "{}", done.out);

    // then the employee alone is left, also after a restart
    worked_off(node).await;
    net[0].restart().await;
    let node = &net[0];
    let (alerts, watches): (AlertPage, WatchPage) =
        (node.api().get(path::ALERTS).await.unwrap(), node.api().get(path::WATCHES).await.unwrap());
    let of = |source: &Option<String>, reference: &str| source.is_none() && reference == "9001";
    assert!(alerts.alerts.len() == 1 && of(&alerts.alerts[0].source, &alerts.alerts[0].reference), "{alerts:?}");
    assert!(watches.watches.len() == 1 && of(&watches.watches[0].source, &watches.watches[0].reference), "{watches:?}");
    let reviews: ReviewList = node.api().get(path::REVIEWS).await.unwrap();
    assert_eq!(reviews.reviews.len(), 0);
    let again = ErasureRequest { source: Some("greenhouse".to_owned()), reference: "9001".to_owned() };
    assert_eq!(node.api().post::<ErasureAnswer>(path::ERASURES, &again).await.unwrap(), ErasureAnswer::default());
    let unnamed = ErasureRequest { source: None, reference: String::new() };
    assert_eq!(node.api().post::<ErasureAnswer>(path::ERASURES, &unnamed).await.unwrap_err().slug(), "invalid");
    // and is erased by the same name without a system
    let erased = node.cli(&["erase", "--reference", "9001"]).await;
    assert!(erased.out.contains("1 watch, 1 alert"), "{}", erased.out);
}
