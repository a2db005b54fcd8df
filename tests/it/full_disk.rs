//! A full disk: publishing says so, nothing acknowledged is lost, and it goes on once there is room.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Founding, Site, TestNet, publish, wallet};
use larum_protocol::api::{Identifier, Verdict};

/// A small file system in memory, gone when dropped.
struct Tmpfs(PathBuf);

impl Tmpfs {
    /// `None`, said loudly, where this user may not mount; under `CI=true` that is a failure.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("larum-full-").tempdir().unwrap().keep();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "larum"]).arg(&folder).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        fs::remove_dir(&folder).unwrap();
        eprintln!("SKIPPED: a full disk needs a tmpfs, and this user may not mount one");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "in CI nothing is skipped: run as root");
        None
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_and_goes_on_once_there_is_room() {
    let Some(disk) = Tmpfs::mount(24) else { return };
    let folder = disk.0.join("data");
    let mut net = TestNet::lay_with(&Founding::of(1), |site| Site { folder: folder.clone(), ..site });
    net[0].start().await;
    net.settled().await;
    let early: Vec<_> = (0..100).map(wallet).collect();
    net[0].publish(&early).await;

    let ballast = disk.0.join("ballast");
    fill(&ballast);
    let mut taken: Vec<Identifier> = early;
    let refused = loop {
        let number = taken.len() as u64;
        assert!(number < 200_000, "the disk does not get full");
        let some: Vec<_> = (number..number + 50).map(wallet).collect();
        match net[0].api().state(some.iter().map(publish).collect()).await {
            Ok(_) => taken.extend(some),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.slug(), "storage", "{refused:?}");
    assert!(net[0].is_up(), "the process goes on");

    fs::remove_file(&ballast).unwrap();
    // With room again, without or, where the disk was left in doubt, after a restart.
    let later = wallet(900_001);
    if net[0].api().state(vec![publish(&later)]).await.is_err() {
        net[0].kill9().await;
        net[0].start().await;
        net[0].publish(std::slice::from_ref(&later)).await;
    }
    taken.push(later);
    net[0].restart().await;
    for some in taken.chunks(1_000) {
        let answer = net[0].check(some).await;
        let lost = answer.results.iter().filter(|result| result.verdict != Verdict::Listed).count();
        assert_eq!(lost, 0, "of {} acknowledged", taken.len());
    }
    let logs = net[0].api().logs().await.unwrap().logs;
    assert!(logs.iter().all(|log| log.forked_at.is_none()), "{logs:?}");
    drop(net);
    drop(disk);
}

/// Takes all that is left of the file system but a few pages.
fn fill(ballast: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(ballast).unwrap();
    let block = [0x5a; 64 * 1024];
    while file.write_all(&block).is_ok() {}
    drop(file);
    let length = fs::metadata(ballast).unwrap().len();
    fs::OpenOptions::new().write(true).open(ballast).unwrap().set_len(length.saturating_sub(96 * 1024)).unwrap();
}
