//! `larum doctor` finds what is wrong, says what to do, and changes nothing.

use std::{fs, os::unix::fs::PermissionsExt as _};

use harness::TestNet;

#[tokio::test]
async fn a_node_that_runs_well_is_called_well_and_what_is_wrong_is_named_with_what_to_do() {
    // Given a node that runs
    let mut net = TestNet::start(1).await;
    net.settled().await;
    let well = net[0].cli(&["doctor"]).await;
    assert_eq!(well.code, Some(0), "{}{}", well.out, well.err);
    for line in ["the keys can be unlocked", "names this node, and it is active", "the node runs, fresh"] {
        assert!(well.out.contains(line), "{line} is not in\n{}", well.out);
    }

    // when it is stopped, others may read its keys, and a record of its lookups was changed
    let folder = net[0].site.folder.clone();
    net[0].stop().await;
    fs::set_permissions(folder.join("secrets.age"), fs::Permissions::from_mode(0o644)).unwrap();
    let record = fs::read_dir(folder.join("audit")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&record).unwrap();
    bytes.truncate(20);
    fs::write(&record, &bytes).unwrap();

    // then each is found, and nothing was mended behind anybody's back
    let ill = net[0].cli(&["doctor"]).await;
    assert_eq!(ill.code, Some(2), "{}", ill.out);
    for line in
        ["others on this machine can read secrets.age", "chmod 600", "the header is cut short", "no node answers at"]
    {
        assert!(ill.out.contains(line), "{line} is not in\n{}", ill.out);
    }
    assert_eq!(fs::read(&record).unwrap(), bytes);
}

#[tokio::test]
async fn the_files_of_webhooks_and_callbacks_are_opened_as_the_next_start_would() {
    // Given a node that runs, and a configuration whose secrets are not there
    let net = TestNet::start(1).await;
    let folder = &net[0].site.folder;
    let file = folder.join("larum.toml");
    let written = fs::read_to_string(&file).unwrap();
    let tables = "[[hooks]]\nvendor = \"merge\"\nsecret_file = \"merge.secret\"\n\n\
                  [[callbacks]]\nurl = \"https://pipeline.example.com/larum\"\nsecret_file = \"callback.secret\"\n";
    fs::write(&file, format!("{written}\n{tables}")).unwrap();
    let ill = net[0].cli(&["doctor"]).await;
    assert_eq!(ill.code, Some(2), "{}", ill.out);
    let shown = ill.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["secret_file of the hook of merge", "the callback's secret_file", "2 bad"] {
        assert!(shown.contains(part), "{part} is not in\n{}", ill.out);
    }

    // when they are
    fs::write(folder.join("merge.secret"), "a-secret-of-merge\n").unwrap();
    fs::write(folder.join("callback.secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
    let well = net[0].cli(&["doctor"]).await;
    assert!(well.out.contains("the files of webhooks and callbacks can be read"), "{}", well.out);
    assert_eq!(well.code, Some(0), "{}", well.out);
}
