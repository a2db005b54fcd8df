//! What is sealed, how it opens, and what happens when it does not.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const PHRASE: &str = "eleven tired herons";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn secrets(&self) -> PathBuf {
        self.path(SECRETS_FILE)
    }

    fn unlock(&self) -> PathBuf {
        self.path("unlock.key")
    }
}

fn some_secrets() -> Secrets {
    Secrets {
        member_seed: Some([1; 32]),
        sealing_seed: [2; 32],
        node_seed: [3; 32],
        salts: BTreeMap::from([(1, [4; 32]), (70_000, [5; 32])]),
        stewardship: Stewardship {
            shares: BTreeMap::from([([6; 32], (3, [7; 32])), ([10; 32], (1, [11; 32]))]),
            seeds: BTreeMap::from([([8; 32], [9; 32])]),
        },
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_saved_is_loaded_under_either_lock() {
    let folder = Folder::new();
    for lock in [Lock::cheap(PHRASE), Lock::create_unlock_file(&folder.unlock()).unwrap()] {
        some_secrets().save(&folder.secrets(), &lock).unwrap();
        assert_eq!(Secrets::load(&folder.secrets(), &lock).unwrap(), some_secrets(), "{lock:?}");
    }
}

#[test]
fn the_real_cost_of_a_passphrase_seals_and_opens() {
    let folder = Folder::new();
    fs::write(folder.path("phrase"), format!("{PHRASE}\nnot part of it\n")).unwrap();
    let lock = Lock::from_passphrase_file(&folder.path("phrase")).unwrap();
    some_secrets().save(&folder.secrets(), &lock).unwrap();
    let again = Lock::from_passphrase(PHRASE).unwrap();
    assert_eq!(Secrets::load(&folder.secrets(), &again).unwrap(), some_secrets());
}

#[test]
fn created_secrets_differ_and_only_a_first_node_has_the_member_key() {
    let folder = Folder::new();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    let first = Secrets::create(&folder.path("first"), &lock, MemberKey::New).unwrap();
    let second = Secrets::create(&folder.path("second"), &lock, MemberKey::Elsewhere).unwrap();
    assert!(first.member_seed.is_some() && second.member_seed.is_none());
    assert_ne!(first.node_seed, second.node_seed);
    assert_ne!(first.node_seed, first.sealing_seed);
    assert_eq!(Secrets::load(&folder.path("second"), &lock).unwrap(), second);
}

#[test]
fn nothing_is_created_over_what_exists() {
    let folder = Folder::new();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    let first = Secrets::create(&folder.secrets(), &lock, MemberKey::New).unwrap();
    let again = Secrets::create(&folder.secrets(), &lock, MemberKey::New);
    assert!(matches!(again, Err(SecretsError::Exists { .. })));
    assert!(matches!(Lock::create_unlock_file(&folder.unlock()), Err(SecretsError::Exists { .. })));
    assert_eq!(Secrets::load(&folder.secrets(), &lock).unwrap(), first);
}

#[test]
fn files_are_for_their_owner_alone_and_nothing_is_left_aside() {
    let folder = Folder::new();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    Secrets::create(&folder.secrets(), &lock, MemberKey::New).unwrap().save(&folder.secrets(), &lock).unwrap();
    assert_eq!((mode(&folder.secrets()), mode(&folder.unlock())), (0o600, 0o600));
    let mut names: Vec<_> = fs::read_dir(folder.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [SECRETS_FILE, "unlock.key"]);
}

#[test]
fn what_a_power_cut_left_aside_is_no_obstacle() {
    let folder = Folder::new();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    fs::write(folder.path("secrets.age.new"), "half a fi").unwrap();
    some_secrets().save(&folder.secrets(), &lock).unwrap();
    assert_eq!(Secrets::load(&folder.secrets(), &lock).unwrap(), some_secrets());
    assert!(!folder.path("secrets.age.new").exists());
}

#[test]
fn no_seed_is_in_the_file_in_any_spelling() {
    let folder = Folder::new();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    let secrets = Secrets::create(&folder.secrets(), &lock, MemberKey::New).unwrap();
    let seeds = [secrets.member_seed.unwrap(), secrets.sealing_seed, secrets.node_seed];
    let file = fs::read(folder.secrets()).unwrap();
    let plain = secrets.encode().unwrap();
    let holds = |hay: &[u8], needle: &[u8]| hay.windows(needle.len()).any(|window| window == needle);
    for seed in &seeds {
        // Eight bytes are enough to recognise a seed and too many to meet by chance.
        for part in seed.chunks(8) {
            assert!(holds(&plain, part), "the search would find a seed that is there");
            let hex = data_encoding::HEXLOWER.encode(part);
            let base64 = data_encoding::BASE64.encode(&part[..6]);
            for spelling in [part, hex.as_bytes(), hex.to_uppercase().as_bytes(), base64.as_bytes()] {
                assert!(!holds(&file, spelling));
            }
        }
    }
}

#[test]
fn debug_shows_no_seed() {
    let shown = format!("{:?} {:?}", some_secrets(), Lock::cheap(PHRASE));
    assert_eq!(shown, "Secrets { salts: 2, .. } Lock(passphrase)");
}

#[test]
fn each_wrong_lock_has_its_own_error() {
    let folder = Folder::new();
    let unlock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    let other = Lock::create_unlock_file(&folder.path("other.key")).unwrap();
    let (by_phrase, by_unlock) = (folder.path("by-phrase"), folder.path("by-unlock"));
    some_secrets().save(&by_phrase, &Lock::cheap(PHRASE)).unwrap();
    some_secrets().save(&by_unlock, &unlock).unwrap();
    let error = |path: &Path, lock: &Lock| Secrets::load(path, lock).unwrap_err().to_string();
    assert_eq!(error(&by_phrase, &Lock::cheap("another one")), "the passphrase is wrong");
    assert_eq!(error(&by_unlock, &other), "the unlock file belongs to other keys");
    assert!(error(&by_phrase, &unlock).contains("LARUM_PASSPHRASE_FILE"));
    assert!(error(&by_unlock, &Lock::cheap(PHRASE)).contains("unlock_file"));
}

#[test]
fn each_missing_file_says_what_to_do() {
    let folder = Folder::new();
    let nowhere = folder.path("nowhere");
    let error = Lock::from_files(None, &nowhere).unwrap_err().to_string();
    assert!(error.contains("nowhere is missing: mount its volume"), "{error}");
    let error = Lock::from_files(Some(&nowhere), &nowhere).unwrap_err().to_string();
    assert!(error.contains("the passphrase file"), "{error}");
    let error = Secrets::load(&nowhere, &Lock::cheap(PHRASE)).unwrap_err().to_string();
    assert!(error.contains("larum init"), "{error}");
}

#[test]
fn key_files_that_cannot_be_used_are_refused_without_showing_them() {
    let folder = Folder::new();
    fs::write(folder.unlock(), "AGE-SECRET-KEY-1QQQ\n").unwrap();
    let error = Lock::from_unlock_file(&folder.unlock()).unwrap_err();
    assert!(matches!(error, SecretsError::BadUnlockFile { .. }) && !error.to_string().contains("QQQ"));
    fs::write(folder.path("short"), "eleven her\n").unwrap();
    let error = Lock::from_passphrase_file(&folder.path("short")).unwrap_err();
    assert!(matches!(error, SecretsError::ShortPassphrase) && !error.to_string().contains("eleven"));
    fs::write(folder.path("long"), "x".repeat(5_000)).unwrap();
    assert!(matches!(Lock::from_passphrase_file(&folder.path("long")), Err(SecretsError::Read { .. })));
}

#[test]
fn protection_depends_on_where_the_unlock_file_lies() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    assert_eq!(lock.protection(&folder.secrets(), &folder.unlock()), Protection::UnlockFileBeside);
    assert_eq!(lock.protection(&folder.secrets(), &elsewhere.unlock()), Protection::UnlockFileElsewhere);
    assert_eq!(Lock::cheap(PHRASE).protection(&folder.secrets(), &folder.unlock()), Protection::Passphrase);
    assert!(Protection::UnlockFileBeside.to_string().contains("carelessness"));
}

#[test]
fn a_node_that_is_no_steward_writes_what_older_programs_read() {
    let mut secrets = some_secrets();
    secrets.stewardship = Stewardship::default();
    assert_eq!(secrets.encode().unwrap()[..2], [0x85, 1]);
}

#[test]
fn another_layout_version_is_named() {
    let folder = Folder::new();
    let lock = Lock::cheap(PHRASE);
    let mut bytes = some_secrets().encode().unwrap();
    assert_eq!(bytes[1], 2, "the version follows the array's head");
    bytes[1] = 3;
    seal_to_file(&folder.secrets(), &lock, &bytes).unwrap();
    assert!(matches!(Secrets::load(&folder.secrets(), &lock), Err(SecretsError::Version { found: 3 })));
}

#[test]
fn a_cut_or_changed_file_never_opens() {
    let folder = Folder::new();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    some_secrets().save(&folder.secrets(), &lock).unwrap();
    let whole = fs::read(folder.secrets()).unwrap();
    for place in 0..whole.len() {
        fs::write(folder.secrets(), &whole[..place]).unwrap();
        assert!(Secrets::load(&folder.secrets(), &lock).is_err(), "cut at {place}");
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(folder.secrets(), changed).unwrap();
        assert!(Secrets::load(&folder.secrets(), &lock).is_err(), "changed at {place}");
    }
}

#[test]
fn too_many_salts_are_refused_before_anything_is_written() {
    let folder = Folder::new();
    let mut secrets = some_secrets();
    secrets.salts = (0..=SALTS_MAX as u32).map(|epoch| (epoch, [0; 32])).collect();
    let saved = secrets.save(&folder.secrets(), &Lock::cheap(PHRASE));
    assert!(matches!(saved, Err(SecretsError::TooManySalts)));
    assert!(!folder.secrets().exists());
}

#[test]
fn other_key_files_are_sealed_by_the_same_helpers() {
    let folder = Folder::new();
    let (path, lock) = (folder.path("governor.age"), Lock::cheap(PHRASE));
    seal_to_new_file(&path, &lock, b"a governor's seed").unwrap();
    assert_eq!(&open_file(&path, &lock).unwrap()[..], b"a governor's seed");
    assert!(matches!(seal_to_new_file(&path, &lock, b""), Err(SecretsError::Exists { .. })));
}

proptest! {
    #[test]
    fn every_set_of_secrets_reads_back_and_fits_its_buffer(
        member_seed in proptest::option::of(any::<[u8; 32]>()),
        sealing_seed: [u8; 32],
        node_seed: [u8; 32],
        salts in proptest::collection::btree_map(any::<u32>(), any::<[u8; 32]>(), 0..40),
        shares in proptest::collection::btree_map(any::<[u8; 32]>(), any::<(u16, [u8; 32])>(), 0..8),
        seeds in proptest::collection::btree_map(any::<[u8; 32]>(), any::<[u8; 32]>(), 0..8),
    ) {
        let stewardship = Stewardship { shares, seeds };
        let secrets = Secrets { member_seed, sealing_seed, node_seed, salts, stewardship };
        prop_assert_eq!(Secrets::decode(&secrets.encode().unwrap()).unwrap(), secrets);
    }

    #[test]
    fn bytes_that_are_no_secrets_are_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Secrets::decode(&bytes);
    }
}

#[test]
fn two_that_change_the_file_at_once_lose_nothing_of_each_other() {
    let folder = Folder::new();
    let path = folder.secrets();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    some_secrets().save(&path, &lock).unwrap();
    let change_often = |first: u32| {
        for epoch in first..first + 25 {
            Secrets::change(&path, &lock, |secrets| {
                secrets.salts.insert(epoch, [9; 32]);
                Ok::<_, SecretsError>(())
            })
            .unwrap();
        }
    };
    std::thread::scope(|scope| {
        for first in [100, 200, 300, 400] {
            scope.spawn(move || change_often(first));
        }
    });
    let secrets = Secrets::load(&path, &lock).unwrap();
    assert_eq!(secrets.salts.len(), some_secrets().salts.len() + 4 * 25);
}

#[test]
fn whoever_finds_the_file_in_change_for_too_long_is_told() {
    let folder = Folder::new();
    let path = folder.secrets();
    let turn = change::Turn::take(&path, Duration::ZERO).unwrap();
    let error = change::Turn::take(&path, Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, SecretsError::Busy { .. }), "{error}");
    assert!(error.to_string().contains("try again"), "{error}");
    drop(turn);
    change::Turn::take(&path, Duration::ZERO).unwrap();
    assert_eq!(mode(&folder.path("secrets.age.lock")), 0o600);
}

#[test]
fn a_change_that_fails_replaces_nothing() {
    let folder = Folder::new();
    let path = folder.secrets();
    let lock = Lock::create_unlock_file(&folder.unlock()).unwrap();
    some_secrets().save(&path, &lock).unwrap();
    let before = fs::read(&path).unwrap();
    let failed = Secrets::change(&path, &lock, |secrets| {
        secrets.salts.clear();
        Err::<(), _>(SecretsError::NoRandomness)
    });
    assert!(failed.is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
}
