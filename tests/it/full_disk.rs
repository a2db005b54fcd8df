//! A full disk: publishing says so, nothing acknowledged is lost, and it goes on once there is room.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{Founding, Site, TestNet, eventually, publish, vendor::standard, wallet};
use larum_protocol::api::{Identifier, ReviewList, Verdict, path};
use serde_json::json;

/// A small file system in memory, gone when dropped.
pub(crate) struct Tmpfs(PathBuf);

impl Tmpfs {
    /// `None`, said loudly, where this user may not mount; under `CI=true` that is a failure.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("larum-full-").tempdir().unwrap().keep();
        Self::over(folder, 1_024 * megabytes)
    }

    /// The same over an empty folder, which goes with it.
    pub(crate) fn over(folder: PathBuf, kibibytes: u32) -> Option<Self> {
        let size = format!("size={kibibytes}k");
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

#[tokio::test]
async fn a_full_disk_under_the_inbox_sends_webhooks_back_and_works_off_what_it_had_taken() {
    let Some(disk) = Tmpfs::mount(24) else { return };
    let folder = disk.0.join("data");
    let mut net = TestNet::lay_with(&Founding::of(1), |site| Site { folder: folder.clone(), ..site });
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    fs::write(folder.join("standard.secret"), secret).unwrap();
    let file = folder.join("larum.toml");
    let written = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{written}\n[[hooks]]\nvendor = \"standard\"\nsecret_file = \"standard.secret\"\n"))
        .unwrap();
    net[0].start().await;
    net.settled().await;
    let url = format!("{}/v1/hooks/standard", net[0].api().base());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // As large as one gets, so that the disk is full soon.
    let name = "n".repeat(200);
    let deliver = async |number: u32, url: &str| {
        let documents: Vec<_> = (0..4)
            .map(|at| json!({"name": name, "url": format!("https://files.example.com/{at}/{}", "x".repeat(3_000))}))
            .collect();
        let one = json!({"kind": "email", "value": format!("nobody.{number}@example.com")});
        let data = json!({"reference": format!("c-{number}"), "identifiers": [one], "documents": documents});
        let body = json!({"type": "application.created", "data": data});
        let (headers, body) = standard(secret, &format!("event-{number}"), &body);
        let request =
            headers.iter().fold(client.post(url).body(body), |request, (name, value)| request.header(*name, value));
        request.send().await.unwrap()
    };

    // Given a disk that gets full while deliveries come
    let ballast = disk.0.join("ballast");
    fill(&ballast);
    let mut accepted = Vec::new();
    let refused = loop {
        let number = u32::try_from(accepted.len()).unwrap();
        assert!(number < 20_000, "the disk does not get full");
        let answer = deliver(number, &url).await;
        if !answer.status().is_success() {
            break answer;
        }
        accepted.push(number);
    };
    assert!(!accepted.is_empty(), "there was room for some");
    // then one is sent back, to come again
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (503, true), "{refused:?}");
    assert!(net[0].is_up(), "the process goes on");

    // and once there is room, without or, where the disk was left in doubt, after a restart, all are worked off
    fs::remove_file(&ballast).unwrap();
    let next = u32::try_from(accepted.len()).unwrap();
    if !deliver(next, &url).await.status().is_success() {
        net[0].kill9().await;
        net[0].start().await;
        let url = format!("{}/v1/hooks/standard", net[0].api().base());
        assert!(deliver(next, &url).await.status().is_success());
    }
    accepted.push(next);
    eventually("each has its review, because its resumes were missing", async || {
        let reviews: ReviewList = net[0].api().get(&format!("{}?limit=1000", path::REVIEWS)).await.ok()?;
        let found: BTreeSet<_> = reviews.reviews.into_iter().filter_map(|review| review.reference).collect();
        accepted.iter().all(|number| found.contains(&format!("c-{number}"))).then_some(())
    })
    .await;
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
