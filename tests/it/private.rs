//! What a node writes is for nobody else on its machine, whatever the shell that starts it allows others.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use harness::{TestNet, email, files_below, larum};
use tokio::process::Command;

fn others_may(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[tokio::test]
async fn nobody_else_on_the_machine_can_read_what_a_node_writes() {
    // given a shell that lets others read (umask 022, as nearly everywhere)
    let net = TestNet::start(1).await;
    net[0].publish(&[email("rowan")]).await;
    net[0].check(&[email("rowan")]).await;
    // then what the node wrote is its owner's alone
    for folder in ["store", "audit", "index", "reviews", "watches", "alerts", "callbacks"] {
        let folder = net[0].site.folder.join(folder);
        assert!(folder.is_dir() && !others_may(&folder), "{}", folder.display());
        for file in files_below(&folder) {
            assert!(!others_may(&file), "{}", file.display());
        }
    }
}

#[tokio::test]
async fn nobody_else_on_the_machine_can_enter_a_data_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("data");
    let mut command = Command::new(larum());
    let made = command.arg("--data").arg(&folder).args(["init", "--org", "Alder"]).output().await.unwrap();
    assert!(made.status.success(), "{made:?}");
    assert!(!others_may(&folder) && !others_may(&folder.join("rosters")));
}
