//! The page of the record: the newest first, and the way to the others.

use super::*;

/// The numbers that a page shows, in order.
fn numbers(page: &str) -> Vec<u64> {
    let cells = page.split("data-label=\"Number\">").skip(1);
    cells.map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn the_record_shows_the_newest_first_and_leads_to_the_older_and_back() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    assert!(browser.get(place::AUDIT).await.body.contains("no records here"));
    for _ in 0..53 {
        server.check("clear@example.com").await;
    }
    let newest = browser.get(place::AUDIT).await.body;
    assert_eq!(numbers(&newest), (4..=53).rev().collect::<Vec<_>>());
    assert!(newest.contains("href=\"/audit?before=4\"") && !newest.contains("Newer"), "{newest}");
    let older = browser.get("/audit?before=4").await.body;
    assert_eq!(numbers(&older), [3, 2, 1]);
    assert!(older.contains("href=\"/audit?before=54\"") && !older.contains("Older"), "{older}");
    assert_eq!(numbers(&browser.get("/audit?before=54").await.body), numbers(&newest));

    for odd in ["/audit?from=1", "/audit?before=x", "/audit?before=-1"] {
        assert_eq!(browser.get(odd).await.status, 400, "{odd}");
    }
    // The API goes on as it is written down: oldest first
    let page: AuditPage = server.send("GET", "/v1/audit?limit=2", "").await.json();
    assert_eq!(page.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2]);
    server.stop().await;
}
