//! Founding and governing from end to end, in process and without a node.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

mod receipts;
mod stewards;

use larum_protocol::roster::{Accepted, RosterChain, SignedRoster};
use tempfile::TempDir;

use crate::{Console, Status, run};

/// A folder for one employer or governor, and commands run in it.
struct Desk(TempDir);

struct Ran {
    status: Status,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap().to_owned()
    }
}

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A member's desk: a data folder whose node, were it to run, would listen where nothing does.
    fn member(name: &str) -> Self {
        let desk = Self::new();
        desk.ok(&["init", "--org", name]);
        let config = desk.path("data/larum.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace("127.0.0.1:7461", "127.0.0.1:1")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Ran {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let data = self.path("data").display().to_string();
        let all = ["larum", "--json", "--data", &data].into_iter().chain(args.iter().copied());
        let status = run(all, &mut Console::captured(Vec::new(), &mut out, &mut err));
        Ran { status, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.status, Status::Ok, "{args:?}: {}", ran.err);
        ran
    }

    fn fails(&self, args: &[&str], message: &str) {
        let ran = self.run(args);
        assert_eq!(ran.status, Status::Failed, "{args:?}: {}", ran.out);
        assert!(ran.err.contains(message), "{args:?}: {}", ran.err);
    }

    /// How many rosters lie in the data folder.
    fn rosters(&self) -> usize {
        std::fs::read_dir(self.path("data/rosters")).map_or(0, Iterator::count)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Acme with a consortium of two of three governors.
fn founded() -> (Desk, String) {
    let acme = Desk::member("Acme");
    let out = acme.path("founding");
    let founded = acme.ok(&[
        "consortium",
        "found",
        "--name",
        "Hiring Watch",
        "--governors",
        "3",
        "--threshold",
        "2",
        "--custody",
        "shared",
        "--address",
        "/ip4/127.0.0.1/tcp/7460",
        "--stretch",
        "64:1:1",
        "--out",
        text(&out),
        "--yes",
    ]);
    assert_eq!(founded.json()["complete"], true);
    (acme, founded.text("consortium"))
}

fn sign(desk: &Desk, proposal: &Path, governor: u8) -> Ran {
    let key = desk.path(&format!("founding/governor-{governor}.key"));
    desk.run(&["consortium", "sign", text(proposal), "--key", text(&key), "--yes"])
}

fn sign_by(desk: &Desk, proposal: &Path, governors: [u8; 2]) {
    for governor in governors {
        let signed = sign(desk, proposal, governor);
        assert_eq!(signed.status, Status::Ok, "{}", signed.err);
    }
}

/// Beta asks, Acme proposes, and the proposal waits unsigned.
fn proposed(acme: &Desk) -> (Desk, PathBuf) {
    let beta = Desk::member("Beta");
    let (request, proposal) = (acme.path("beta.request.json"), acme.path("admit-beta.json"));
    beta.ok(&["consortium", "request", "--out", text(&request), "--address", "/ip4/127.0.0.1/tcp/7462"]);
    acme.ok(&["consortium", "admit", text(&request), "--out", text(&proposal)]);
    (beta, proposal)
}

#[test]
fn a_founding_that_is_not_confirmed_leaves_no_keys_behind() {
    let acme = Desk::member("Acme");
    let out = acme.path("founding");
    let command = ["consortium", "found", "--name", "Hiring Watch", "--governors", "1", "--threshold", "1"];
    let command = [command.as_slice(), &["--address", "/ip4/127.0.0.1/tcp/7460", "--out", text(&out)]].concat();
    assert_ne!(acme.run(&command).status, Status::Ok, "nobody said yes");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    acme.ok(&[command.as_slice(), &["--yes"]].concat());
}

#[test]
fn a_proposal_that_no_node_would_take_is_not_written() {
    let (acme, _) = founded();
    let proposal = acme.path("cheaper.json");
    acme.fails(
        &["consortium", "propose", "--stretch", "128:1:1", "--out", text(&proposal)],
        "changes a kind's stretch while an epoch goes on",
    );
    assert!(!proposal.exists());
}

#[test]
fn a_member_is_admitted_by_two_of_three_governors_and_joins_with_the_salt() {
    let (acme, id) = founded();
    let (beta, proposal) = proposed(&acme);
    assert_eq!(sign(&acme, &proposal, 1).json()["signatures"], 1);
    acme.fails(&["consortium", "apply", text(&proposal)], "1 of 2 governors' signatures");
    assert_eq!(acme.rosters(), 1, "a roster that too few signed is not kept");

    let signed = sign(&acme, &proposal, 3);
    assert!(signed.err.contains("+ member Beta (active), number 2"), "{}", signed.err);
    let applied = acme.ok(&["consortium", "apply", text(&proposal)]);
    assert_eq!((applied.json()["outcome"].as_str(), applied.json()["to"].as_str()), (Some("appended"), Some("folder")));
    assert_eq!(acme.ok(&["consortium", "apply", text(&proposal)]).json()["outcome"], "known");

    let bundle = acme.path("bundle.json");
    acme.ok(&["consortium", "show", "--bundle", text(&bundle), "--grant", "beta"]);
    let wrong = "00".repeat(32);
    beta.fails(&["consortium", "join", text(&bundle), "--id", &wrong], "another consortium than --id names");
    assert_eq!(beta.rosters(), 0, "nothing of a bundle with the wrong id is kept");
    let joined = beta.ok(&["consortium", "join", text(&bundle), "--id", &id]);
    assert_eq!(joined.json()["salts"], serde_json::json!([1]));
    assert_eq!(beta.rosters(), 2);

    let tag = |desk: &Desk, value: &str| desk.ok(&["tag", "--kind", "email", "--value", value]).json()["tags"].clone();
    let tags = tag(&acme, "jane@example.com");
    assert!(tags[0].as_str().is_some_and(|tag| tag.len() == 64), "{tags}");
    assert_eq!(tag(&beta, " JANE@example.com"), tags, "both members compute the same tag");
    assert_ne!(tag(&beta, "john@example.com"), tags);
}

#[test]
fn the_files_in_the_data_folder_are_the_chain_as_it_was_signed() {
    let (acme, id) = founded();
    let (_beta, proposal) = proposed(&acme);
    sign_by(&acme, &proposal, [1, 2]);
    acme.ok(&["consortium", "apply", text(&proposal)]);
    let read =
        |name: &str| SignedRoster::decode(&std::fs::read(acme.path("data/rosters").join(name)).unwrap()).unwrap();
    let mut chain = RosterChain::found(read("0000000000.roster")).unwrap();
    assert_eq!(chain.offer(read("0000000001.roster")), Ok(Accepted::Appended));
    assert_eq!(chain.consortium().to_string(), id);
    assert_eq!(chain.roster().members[1].name, "Beta");
}

#[test]
fn whoever_is_not_on_the_roster_does_not_join() {
    let (acme, id) = founded();
    let bundle = acme.path("bundle.json");
    acme.ok(&["consortium", "show", "--bundle", text(&bundle)]);
    let gamma = Desk::member("Gamma");
    gamma.fails(&["consortium", "join", text(&bundle), "--id", &id], "not an active one on the newest roster");
    assert_eq!(gamma.rosters(), 0);
}

#[test]
fn a_salt_that_was_sealed_to_another_member_is_left_alone() {
    let (acme, id) = founded();
    let (beta, proposal) = proposed(&acme);
    sign_by(&acme, &proposal, [1, 2]);
    acme.ok(&["consortium", "apply", text(&proposal)]);
    let bundle = acme.path("bundle.json");
    acme.ok(&["consortium", "show", "--bundle", text(&bundle), "--grant", "Acme"]);
    let joined = beta.ok(&["consortium", "join", text(&bundle), "--id", &id]);
    assert_eq!(joined.json()["salts"], serde_json::json!([]));
    beta.fails(&["tag", "--kind", "email", "--value", "jane@example.com"], "salt of epoch 1 has not reached this node");
}

#[test]
fn a_request_that_was_changed_on_the_way_is_refused() {
    let (acme, _) = founded();
    let beta = Desk::member("Beta");
    let request = acme.path("request.json");
    beta.ok(&["consortium", "request", "--out", text(&request)]);
    let mut wrapper: serde_json::Value = serde_json::from_slice(&std::fs::read(&request).unwrap()).unwrap();
    let mut bytes = data_encoding::BASE64.decode(wrapper["data"][0].as_str().unwrap().as_bytes()).unwrap();
    let at = bytes.windows(4).position(|window| window == b"Beta").unwrap();
    bytes[at] = b'Z';
    wrapper["data"][0] = data_encoding::BASE64.encode(&bytes).into();
    std::fs::write(&request, wrapper.to_string()).unwrap();
    let out = acme.path("admit.json");
    acme.fails(&["consortium", "admit", text(&request), "--out", text(&out)], "signature does not verify");
    assert!(!out.exists());
}

#[test]
fn a_key_that_is_no_governors_does_not_sign() {
    let (acme, _) = founded();
    let (_beta, proposal) = proposed(&acme);
    let stranger = acme.path("stranger.key");
    acme.ok(&["consortium", "governor", "--out", text(&stranger)]);
    let before = std::fs::read(&proposal).unwrap();
    let signing = ["consortium", "sign", text(&proposal), "--key", text(&stranger), "--yes"];
    acme.fails(&signing, "no governor of the roster that decides");
    assert_eq!(std::fs::read(&proposal).unwrap(), before);
}

#[test]
fn signing_without_a_yes_signs_nothing() {
    let (acme, _) = founded();
    let (_beta, proposal) = proposed(&acme);
    let before = std::fs::read(&proposal).unwrap();
    let key = acme.path("founding/governor-1.key");
    acme.fails(&["consortium", "sign", text(&proposal), "--key", text(&key)], "not confirmed, nothing was done");
    assert_eq!(std::fs::read(&proposal).unwrap(), before);
}

#[test]
fn governors_from_elsewhere_complete_a_genesis_by_signatures_in_separate_files() {
    let acme = Desk::member("Acme");
    let governors: Vec<_> = (1..=2)
        .map(|number| acme.ok(&["consortium", "governor", "--out", text(&acme.path(&format!("{number}.key")))]))
        .map(|made| made.text("governor"))
        .collect();
    let out = acme.path("founding");
    let founded = acme.ok(&[
        "consortium",
        "found",
        "--name",
        "Hiring Watch",
        "--threshold",
        "2",
        "--governor",
        &governors[0],
        "--governor",
        &governors[1],
        "--out",
        text(&out),
    ]);
    assert_eq!((founded.json()["complete"].clone(), acme.rosters()), (false.into(), 0));
    let (first, second) = (out.join("genesis.json"), acme.path("copy.json"));
    std::fs::copy(&first, &second).unwrap();
    for (file, key) in [(&first, "1.key"), (&second, "2.key")] {
        acme.ok(&["consortium", "sign", text(file), "--key", text(&acme.path(key)), "--yes"]);
    }
    acme.fails(&["consortium", "apply", text(&first)], "1 of 2 governors' signatures");
    acme.ok(&["consortium", "apply", text(&first), text(&second)]);
    assert_eq!(acme.rosters(), 1);
}

#[test]
fn removing_suspending_and_reinstating_say_so_in_words() {
    let (acme, _) = founded();
    let (_beta, admission) = proposed(&acme);
    sign_by(&acme, &admission, [1, 2]);
    acme.ok(&["consortium", "apply", text(&admission)]);
    let steps: [(&[&str], &str); 4] = [
        (&["suspend", "Beta"], "* member Beta: suspended, was active"),
        (&["propose", "--reinstate", "2"], "* member Beta: active, was suspended"),
        (&["propose", "--corroboration", "3"], "listing corroborated: 3, was 2"),
        (&["remove", "beta"], "* member Beta: removed, was active"),
    ];
    for (at, (verb, words)) in steps.iter().enumerate() {
        let out = acme.path(&format!("step-{at}.json"));
        let args: Vec<_> = ["consortium"].iter().chain(verb.iter()).chain(&["--out", text(&out)]).copied().collect();
        let changes = acme.ok(&args).json()["changes"].to_string();
        assert!(changes.contains(words), "{verb:?}: {changes}");
        sign_by(&acme, &out, [1, 2]);
        acme.ok(&["consortium", "apply", text(&out)]);
    }
    let members = acme.ok(&["consortium", "show"]).json()["members"].clone();
    assert_eq!(members[1]["status"], "removed");
    acme.fails(&["consortium", "propose", "--out", text(&acme.path("none.json"))], "nothing would change");
    acme.fails(&["consortium", "suspend", "Delta", "--out", text(&acme.path("none.json"))], "no such member");
}

#[test]
fn a_rotated_salt_gives_a_second_tag_while_both_epochs_are_live() {
    let (acme, _) = founded();
    let out = acme.path("rotation.json");
    acme.ok(&["consortium", "propose", "--rotate-salt-until", "2099-01-01", "--out", text(&out)]);
    sign_by(&acme, &out, [2, 3]);
    acme.ok(&["consortium", "apply", text(&out)]);
    let tags = acme.ok(&["tag", "--kind", "email", "--value", "jane@example.com"]).json()["tags"].clone();
    assert_eq!(tags.as_array().map(Vec::len), Some(2), "{tags}");
}

#[test]
fn a_data_folder_is_created_once_and_founds_once() {
    let (acme, _) = founded();
    acme.fails(&["init", "--org", "Acme"], "exists already and is not overwritten");
    let again = ["consortium", "found", "--name", "Second", "--governors", "1", "--threshold", "1", "--out"];
    let out = acme.path("second");
    acme.fails(&[again.as_slice(), &[text(&out), "--yes"]].concat(), "belongs to a consortium already");
    assert!(!out.exists());
}
