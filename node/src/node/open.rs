//! Opening a data folder: everything a node knows before it speaks to anybody.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use larum_protocol::{
    announcement::Announcement,
    api::{Scope, TokenRequest},
    coverage::{Coverage, Known, heads_digest},
    hash::{Label, keyed_digest},
    keys::SecretKey,
    log::{ForkProof, Incarnation, LogId, Place},
    roster::{RosterChain, SIGNED_ROSTER_BYTES_MAX, SignedRoster},
    signed::{Signed, Unverified},
    tag::Salt,
};

use super::{NodeError, roster_index};
use crate::{
    clock::now,
    config::Config,
    index::{Index, IndexError, Options},
    ledger::Ledger,
    secrets::{Lock, SECRETS_FILE, Secrets},
    store::{HeaderFacts, Recovery, Store},
    tokens::{CLI_TOKEN_NAME, Tokens},
};

/// Signed rosters that `found`, `join` and `apply` laid down.
pub(super) const ROSTERS_FOLDER: &str = "rosters";
/// The setting that holds the node's own log.
const INCARNATION: &str = "incarnation";
/// The token by which the command line of the same machine user speaks to the node.
const CLI_TOKEN_FILE: &str = "cli.token";

/// What a data folder holds.
pub(super) struct Opened {
    pub(super) secrets: Secrets,
    pub(super) lock: Lock,
    pub(super) store: Arc<Store>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) chain: RosterChain,
    pub(super) proofs: Vec<ForkProof>,
    pub(super) announcements: Vec<Signed<Announcement>>,
    pub(super) own: LogId,
    pub(super) continues: Option<Place>,
}

impl Opened {
    pub(super) fn salts(&self) -> BTreeMap<u32, Salt> {
        self.secrets.salts.iter().map(|(epoch, salt)| (*epoch, Salt::new(*salt))).collect()
    }
}

/// Opens what the folder holds, and takes in rosters that were laid down since.
pub(super) fn open(config: &Config) -> Result<Opened, NodeError> {
    let folder = &config.data_dir;
    let lock = Lock::from_files(config.passphrase_file.as_deref(), &config.unlock_file)?;
    let secrets = Secrets::load(&folder.join(SECRETS_FILE), &lock)?;
    let (store, recovery) = Store::open(&folder.join("store"), HeaderFacts::read)?;
    if recovery != Recovery::default() {
        say(&recovery);
    }
    let store = Arc::new(store);
    let chain = rosters(&store, &folder.join(ROSTERS_FOLDER))?;
    let index = open_index(folder, &secrets, &recovery)?;
    let ledger = Arc::new(Ledger::open(Arc::clone(&store), index, roster_index(&chain), unheard(&chain))?);
    let proofs = proofs(&store)?;
    let announcements = announcements(&store);
    announcements.iter().for_each(|word| ledger.announce(word.value().clone()));
    let (own, continues) = own_log(&store, &secrets, &recovery, &chain)?;
    Ok(Opened { secrets, lock, store, ledger, chain, proofs, announcements, own, continues })
}

/// The coverage of a node that has heard nobody yet.
pub(crate) fn unheard(chain: &RosterChain) -> Coverage {
    Coverage::of(&Known {
        roster: &roster_index(chain),
        rival_roster: chain.rival().is_some(),
        own: None,
        cut_off: false,
        announcements: &BTreeMap::new(),
        heads: &BTreeMap::new(),
        logs: &HashMap::new(),
        heads_digest: heads_digest(std::iter::empty()),
        now: now(),
    })
}

fn say(recovery: &Recovery) {
    if !recovery.lost.is_empty() {
        tracing::error!(
            ?recovery,
            "the tables were damaged; what is named under `lost` was acknowledged and is gone or incomplete: make it anew, \
             or restore the data folder from a backup"
        );
    } else if recovery.may_continue_own_log() {
        tracing::warn!(?recovery, "the last stop was not clean; what was acknowledged is there");
    } else {
        tracing::warn!(?recovery, "part of the segments is missing; peers that hold it give it back");
    }
}

/// The chain from the store, then whatever lies in the folder and follows.
fn rosters(store: &Store, folder: &Path) -> Result<RosterChain, NodeError> {
    let mut chain: Option<RosterChain> = None;
    for stored in store.rosters(0)? {
        let wrong = |reason: String| NodeError::Stored { what: "rosters", reason };
        let roster = SignedRoster::decode(&stored.bytes).map_err(|error| wrong(error.to_string()))?;
        take(&mut chain, roster).map_err(wrong)?;
    }
    for path in roster_files(folder)? {
        let wrong = |reason: String| NodeError::Roster { path: path.clone(), reason };
        let length = fs::metadata(&path)?.len();
        if length > SIGNED_ROSTER_BYTES_MAX as u64 {
            return Err(wrong(format!("{length} bytes are more than a roster has")));
        }
        let roster = SignedRoster::decode(&fs::read(&path)?).map_err(|error| wrong(error.to_string()))?;
        store.append_roster(roster.roster().version, roster.id(), &roster.encode())?;
        take(&mut chain, roster).map_err(wrong)?;
    }
    chain.ok_or(NodeError::NoConsortium)
}

fn take(chain: &mut Option<RosterChain>, roster: SignedRoster) -> Result<(), String> {
    match chain {
        Some(chain) => chain.offer(roster).map(drop).map_err(|error| error.to_string()),
        None => {
            *chain = Some(RosterChain::found(roster).map_err(|error| error.to_string())?);
            Ok(())
        }
    }
}

fn roster_files(folder: &Path) -> Result<Vec<PathBuf>, NodeError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "roster"));
    paths.sort();
    Ok(paths)
}

/// The index; one that cannot be used is wiped and filled anew from the segments.
fn open_index(folder: &Path, secrets: &Secrets, recovery: &Recovery) -> Result<Index, NodeError> {
    let folder = folder.join("index");
    let secret = keyed_digest(&secrets.node_seed, Label::LocalKey, &[b"index"]).0;
    if recovery.tables_rebuilt.is_some() || !recovery.segments_missing.is_empty() {
        Index::wipe(&folder)?;
    }
    match Index::open(&folder, secret, Options::default()) {
        Ok(index) => Ok(index),
        Err(error @ (IndexError::Damaged { .. } | IndexError::OtherSecret | IndexError::OtherVersion { .. })) => {
            tracing::warn!(%error, "the index is built anew from the segments");
            Index::wipe(&folder)?;
            Ok(Index::open(&folder, secret, Options::default())?)
        }
        Err(error) => Err(error.into()),
    }
}

fn proofs(store: &Store) -> Result<Vec<ForkProof>, NodeError> {
    let wrong =
        |error: larum_protocol::log::ForkProofError| NodeError::Stored { what: "forks", reason: error.to_string() };
    store.proofs()?.iter().map(|stored| ForkProof::decode(&stored.bytes).map_err(wrong)).collect()
}

/// The newest announcements. One that does not verify is left out: the next comes within minutes.
fn announcements(store: &Store) -> Vec<Signed<Announcement>> {
    let stored = store.announcements().unwrap_or_default();
    stored.iter().filter_map(|(_, bytes)| Unverified::decode(bytes).ok()?.verify().ok()).collect()
}

/// The node's own log: the one it wrote before, or a new incarnation wherever going on could fork it (I5).
fn own_log(
    store: &Store,
    secrets: &Secrets,
    recovery: &Recovery,
    chain: &RosterChain,
) -> Result<(LogId, Option<Place>), NodeError> {
    let node = SecretKey::from_seed(&secrets.node_seed).public();
    let kept = store.setting(INCARNATION)?.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    let before = kept.map(|incarnation| LogId { node, incarnation: Incarnation(incarnation) });
    let why = before.map_or(Some(NO_LOG), |log| why_not_go_on(store, recovery, chain, &log));
    if let (Some(log), None) = (before, why) {
        mark_again(store, &log);
        return Ok((log, None));
    }
    let mut fresh = [0; 16];
    getrandom::fill(&mut fresh).map_err(|_| NodeError::NoRandomness)?;
    let fresh = Incarnation(fresh);
    store.put_setting(INCARNATION, &fresh.0)?;
    // Last: after a crash before it the folder counts as a copy of the old log's, and draws once more.
    store.mark_original(&fresh)?;
    let last = store.heads().into_iter().filter(|(log, _)| log.node == node).max_by_key(|(_, head)| head.issued);
    let continues = last.map(|(log, head)| Place { log, seq: head.seq, hash: head.hash });
    if before.is_some() || continues.is_some() {
        tracing::warn!(why, ?continues, "this node opens a new log; what it said before goes on counting");
    }
    Ok((LogId { node, incarnation: fresh }, continues))
}

/// Why a folder that has no log has none to go on with.
const NO_LOG: &str = "this data folder does not say which log it wrote";

/// Why a log must not be continued, if it must not.
fn why_not_go_on(store: &Store, recovery: &Recovery, chain: &RosterChain, log: &LogId) -> Option<&'static str> {
    if !recovery.may_continue_own_log() {
        Some("this data folder may have lost some of what the old log said")
    } else if chain.roster().standing(log).is_some_and(|standing| standing.end.is_some()) {
        Some("the governors ended the old log")
    } else if !store.is_original(&log.incarnation) {
        Some("this data folder is a copy, was restored, or is of a version that did not mark it")
    } else {
        None
    }
}

/// Marks the folder anew, so that a backup of it that is put back over it is known for what it is. That it fails is no
/// reason not to start: the old mark fits, too.
pub(super) fn mark_again(store: &Store, own: &LogId) {
    if let Err(error) = store.mark_original(&own.incarnation) {
        tracing::warn!(%error, "the data folder could not be marked anew");
    }
}

/// Gives the command line of whoever may read the data folder a token of its own, anew at every start.
pub(super) fn write_cli_token(folder: &Path, tokens: &Tokens) -> Result<(), NodeError> {
    let seconds = now().0 / 1_000;
    let failed = |error: &dyn std::fmt::Display| NodeError::CliToken(error.to_string());
    for old in tokens.list().into_iter().filter(|token| token.name == CLI_TOKEN_NAME) {
        tokens.revoke(&old.id).map_err(|error| failed(&error))?;
    }
    let request =
        TokenRequest { name: CLI_TOKEN_NAME.to_owned(), scopes: Scope::ALL.to_vec(), expires_days: Some(3_650) };
    let token = tokens.create(&request, seconds).map_err(|error| failed(&error))?;
    let path = folder.join(CLI_TOKEN_FILE);
    let _ = fs::remove_file(&path); // so that the mode below is the file's from its first byte
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    writeln!(file, "{}", token.token)?;
    Ok(())
}
