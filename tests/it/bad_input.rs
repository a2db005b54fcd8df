//! What people get wrong at the keyboard and in files: one clear error each, nothing half done.

use harness::{Founding, TestNet, email, flag_day, identifier, publish};
use larum_protocol::api::Verdict;

#[tokio::test]
async fn a_data_folder_in_use_by_another_process_is_left_alone() {
    let net = TestNet::start(1).await;
    let second = net[0].cli(&["serve"]).await;
    assert_eq!(second.code, Some(2), "{second:?}");
    assert!(second.err.contains("another"), "{}", second.err);
    assert_eq!(second.err.matches("error:").count(), 1, "one error: {}", second.err);

    let person = email("still.served");
    net[0].publish(std::slice::from_ref(&person)).await;
    assert_eq!(net[0].verdict(&person).await, Verdict::Listed);
    let cli = net[0].cli(&["check", "--email", &person.value]).await;
    assert_eq!(cli.code, Some(1), "the second start has not taken the first one's place: {cli:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let mut net = TestNet::lay(&Founding::of(1));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();

    let started = net[0].cli(&["serve", "--http-listen", &address.to_string()]).await;
    assert_eq!(started.code, Some(2), "{started:?}");
    assert!(started.err.contains(&format!("port {}", address.port())), "{}", started.err);

    let p2p = std::net::TcpListener::bind((net.consortium.members[0].address(0), 0)).unwrap();
    let p2p = p2p.local_addr().map(|address| (p2p, address)).unwrap();
    let listen = format!("/ip4/{}/tcp/{}", p2p.1.ip(), p2p.1.port());
    let started = net[0].cli(&["serve", "--p2p-listen", &listen]).await;
    assert_eq!(started.code, Some(2), "{started:?}");
    assert!(started.err.contains(&listen), "{}", started.err);

    net[0].start().await; // nothing was left behind by either
    assert_eq!(net[0].status().await.coverage.members, 1);
}

#[tokio::test]
async fn a_csv_with_a_broken_row_names_the_row_and_publishes_nothing_by_halves() {
    let net = TestNet::start(1).await;
    let file = net.scratch().join("cases.csv");
    let rows = "kind,value,region\n\
        email,first.good@mail.example.org,\n\
        email,two@at@mail.example.org,\n\
        phone,202 555 0142,\n\
        phone,202 555 0143,US\n\
        email,last.good@mail.example.org,\n";
    std::fs::write(&file, rows).unwrap();
    let day = flag_day(1);
    let publish = [
        "publish",
        "--file",
        file.to_str().unwrap(),
        "--role",
        "actor-controlled",
        "--reason",
        "ART.REUSE",
        "--evidence",
        "confirmed",
        "--observed",
        &day,
    ];
    let good = [email("first.good"), email("last.good"), identifier("phone", "+1 202 555 0143")];

    let cli = net[0].cli(&publish).await;
    assert_eq!(cli.code, Some(2), "{cli:?}");
    let said = [cli.out.as_str(), cli.err.as_str()].concat();
    for row in ["row 2", "row 3"] {
        assert!(said.contains(row), "{row} is not named: {said}");
    }
    assert!(!said.contains("two@at") && !said.contains("202 555 0142"), "an identifier is shown: {said}");
    for about in &good {
        assert_eq!(net[0].verdict(about).await, Verdict::Clear, "nothing half published");
    }

    let cli = net[0].cli(&[&publish[..], &["--skip-bad"]].concat()).await;
    for about in &good {
        assert_eq!(net[0].verdict(about).await, Verdict::Listed, "{cli:?}");
    }

    // A row that is no row.
    std::fs::write(&file, "kind,value\nemail,third@mail.example.org\nemail,\"open quote\n").unwrap();
    let cli = net[0].cli(&publish).await;
    assert_eq!(cli.code, Some(2), "{cli:?}");
    assert_eq!(net[0].verdict(&email("third")).await, Verdict::Clear);
}

#[tokio::test]
async fn rows_over_http_are_refused_by_number_and_reason() {
    let net = TestNet::start(1).await;
    let rows = vec![
        publish(&email("good.row")),
        publish(&identifier("phone", "202 555 0142")),
        publish(&identifier("email", "two@at@mail.example.org")),
        publish(&identifier("email", "n/a")),
    ];
    let harness::ApiError::Problem(problem) = net[0].api().state(rows).await.unwrap_err() else {
        panic!("the node went away");
    };
    assert_eq!(problem.slug(), "rows-refused");
    let numbers: Vec<_> = problem.errors.iter().map(|error| error.row).collect();
    assert_eq!(numbers, [2, 3, 4]);
    assert!(problem.errors[0].detail.contains("region") || problem.errors[0].detail.contains("country"), "{problem:?}");
    assert_eq!(net[0].verdict(&email("good.row")).await, Verdict::Clear);
}
