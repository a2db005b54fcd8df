//! A consortium made for measuring: members with data folders on which real nodes start, and stores filled beforehand.
//!
//! Keys come from fixed seeds: nothing here is worth protecting.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use larum_protocol::{
    batch::Batch,
    hash::Digest,
    keys::{SealingSecretKey, SecretKey, certify_node},
    ledger::LogState,
    log::{Incarnation, LogId},
    roster::{Epoch, Member, MemberId, MemberStatus, Node, NodeStatus, Policy, Quota, Roster, SignedRoster},
    tag::Salt,
};

use super::{
    BenchError,
    author::{Author, BATCH_STATEMENTS, EPOCH, SALT},
};
use crate::{
    clock::now,
    config::{CONFIG_FILE, Config, LogLevel, Settings},
    secrets::{Lock, SECRETS_FILE, Secrets, Stewardship},
    store::{HeaderFacts, Link, NewBatch, Position, Store},
};

/// Batches stored with one sync while filling: about as many as a page of sync holds.
pub(super) const GROUP_BATCHES: usize = 8;
/// The wallets that a filled log lists, by number: every eighth below 1,024, so that 128 fill a batch.
pub(super) const WALLETS: u64 = 1_024;
/// See [`WALLETS`].
pub(super) const LISTED_EVERY: usize = 8;
/// The wallet that the last batch of a filled log lists.
pub(super) const LAST_WALLET: u64 = 1_000_000;
/// A wallet that nobody lists.
pub(super) const UNLISTED_WALLET: u64 = 1_000_001;

const INCARNATION: Incarnation = Incarnation([1; 16]);

/// A consortium and its members' data folders.
pub(super) struct Rig {
    pub(super) genesis: SignedRoster,
    dir: PathBuf,
}

/// What a filled store holds.
#[derive(Clone, Copy)]
pub(super) struct Filled {
    /// Statements.
    pub(super) statements: u64,
    /// Bytes of their bodies: the statements' own.
    pub(super) body_bytes: u64,
}

impl Rig {
    /// Founds a consortium with one member for each entry of `addresses`: where the others reach its node, if they do,
    /// and where that listens.
    pub(super) fn found(dir: &Path, addresses: &[(Option<SocketAddr>, SocketAddr)]) -> Result<Self, BenchError> {
        let governor = SecretKey::from_seed(&[200; 32]);
        let members = addresses.iter().enumerate().map(|(at, (reached, _))| member(at, *reached)).collect();
        let mut genesis = SignedRoster::propose(Roster {
            format: Roster::FORMAT,
            version: 0,
            consortium: None,
            prev: None,
            issued: now(),
            name: "Bench".to_owned(),
            governors: vec![governor.public()],
            threshold: 1,
            members,
            epochs: vec![Epoch {
                number: EPOCH,
                commitment: Salt::new(SALT).commitment(EPOCH),
                until: None,
                stewards: None,
            }],
            policy: Policy::default(),
            plan: None,
        })
        .map_err(BenchError::wrong)?;
        genesis.sign(&governor);
        let rig = Self { genesis, dir: dir.to_owned() };
        for (at, (_, listen)) in addresses.iter().enumerate() {
            rig.furnish(at, *listen)?;
        }
        Ok(rig)
    }

    /// The data folder of the member at this place.
    pub(super) fn folder(&self, at: usize) -> PathBuf {
        self.dir.join(format!("member-{at}"))
    }

    /// What its node runs on.
    pub(super) fn config(&self, at: usize) -> Result<Config, BenchError> {
        Ok(Config::load(&self.folder(at), |_| None, Settings::default())?)
    }

    /// Writes the member's log.
    pub(super) fn author(&self, at: usize) -> Author {
        Author::new(SecretKey::from_seed(&node_seed(at)), self.log(at), self.consortium())
    }

    pub(super) fn consortium(&self) -> Digest {
        self.genesis.id()
    }

    fn log(&self, at: usize) -> LogId {
        LogId { node: SecretKey::from_seed(&node_seed(at)).public(), incarnation: INCARNATION }
    }

    /// Fills the store of a member whose node has not run yet with its own log: first the wallets that are listed,
    /// then `statements` about other subjects, last [`LAST_WALLET`].
    pub(super) fn fill(&self, at: usize, statements: u64) -> Result<Filled, BenchError> {
        let (store, _) = Store::open(&self.folder(at).join("store"), HeaderFacts::read)?;
        store.put_setting("incarnation", &INCARNATION.0)?;
        let mut author = self.author(at);
        let mut group = vec![author.list((0..WALLETS).step_by(LISTED_EVERY))?];
        let mut filled = Filled { statements: 0, body_bytes: 0 };
        for from in (0..statements).step_by(BATCH_STATEMENTS as usize) {
            group.push(author.batch(BATCH_STATEMENTS.min(statements - from))?);
            if group.len() == GROUP_BATCHES {
                filled.add(&group);
                append(&store, &group)?;
                group.clear();
            }
        }
        group.push(author.list([LAST_WALLET].into_iter())?);
        filled.add(&group);
        append(&store, &group)?;
        store.close()?;
        Ok(filled)
    }

    /// Bytes on the disk of a member's log, other records of its segments included.
    pub(super) fn segment_bytes(&self, at: usize) -> u64 {
        crate::disk::bytes(&self.folder(at).join("store/segments"))
    }

    /// Everything that a node needs to start: secrets, configuration, rosters.
    fn furnish(&self, at: usize, listen: SocketAddr) -> Result<(), BenchError> {
        let folder = self.folder(at);
        if folder.exists() {
            return Err(BenchError::NotEmpty(folder));
        }
        fs::create_dir_all(folder.join("rosters"))?;
        let lock = Lock::create_unlock_file(&folder.join("unlock.key"))?;
        let secrets = Secrets {
            member_seed: Some(seed(1, at)),
            sealing_seed: seed(2, at),
            node_seed: node_seed(at),
            salts: [(EPOCH, SALT)].into(),
            stewardship: Stewardship::default(),
        };
        secrets.save(&folder.join(SECRETS_FILE), &lock)?;
        fs::write(folder.join("rosters/0000000000.roster"), self.genesis.encode())?;
        let address = multiaddr(listen).parse().map_err(BenchError::wrong)?;
        let settings = Settings {
            checks_per_second: Some(1_000_000),
            http_listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
            log_level: Some(LogLevel::Error),
            p2p_listen: Some(vec![address]),
            ..Settings::default()
        };
        fs::write(folder.join(CONFIG_FILE), toml::to_string(&settings).map_err(BenchError::wrong)?)?;
        Ok(())
    }
}

impl Filled {
    fn add(&mut self, group: &[(Batch, LogState)]) {
        for (batch, _) in group {
            self.statements += batch.header.counts.total();
            self.body_bytes += u64::from(batch.header.body_bytes);
        }
    }
}

/// Stores verified batches with one write and one sync.
pub(super) fn append(store: &Store, group: &[(Batch, LogState)]) -> Result<Vec<Position>, BenchError> {
    let records: Vec<_> = group.iter().map(record).collect();
    Ok(store.append_batches(&records)?)
}

fn record((batch, state): &(Batch, LogState)) -> NewBatch<'_> {
    NewBatch {
        facts: HeaderFacts::of(&batch.header),
        link: Link::Next,
        header: batch.header.bytes(),
        body: batch.body.as_deref(),
        meta: [state.day.asserts, state.day.others],
    }
}

/// So many addresses of this machine that nobody listens on at the moment.
pub(super) fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, BenchError> {
    let listeners = (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<Vec<_>, _>>()?;
    Ok(listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?)
}

/// A TCP address as libp2p writes it.
pub(super) fn multiaddr(address: SocketAddr) -> String {
    format!("/ip4/{}/tcp/{}", address.ip(), address.port())
}

fn member(at: usize, reached: Option<SocketAddr>) -> Member {
    let key = SecretKey::from_seed(&seed(1, at));
    let node = SecretKey::from_seed(&node_seed(at)).public();
    Member {
        id: MemberId(at as u32 + 1),
        name: format!("Member {}", at + 1),
        key: key.public(),
        sealing: SealingSecretKey::from_seed(&seed(2, at)).public(),
        status: MemberStatus::Active,
        nodes: vec![Node {
            key: node,
            certificate: certify_node(&key, &node),
            addresses: reached.map(multiaddr).into_iter().collect(),
            status: NodeStatus::Active,
            quota: Quota { asserts: 1 << 40, others: 1 << 40 },
            ended: Vec::new(),
        }],
    }
}

pub(super) fn node_seed(at: usize) -> [u8; 32] {
    seed(3, at)
}

fn seed(purpose: u8, at: usize) -> [u8; 32] {
    let mut seed = [purpose; 32];
    seed[..8].copy_from_slice(&(at as u64).to_le_bytes());
    seed
}

#[cfg(test)]
mod tests {
    //! What a ledger does with a store that was filled behind its back.
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::Arc;

    use larum_protocol::{
        kind::Derivation,
        ledger::RosterIndex,
        limits::DERIVED_MAX,
        roster::RosterChain,
        statement::{DerivedTag, Statement},
        tag::{Tag, Tags},
        verdict::Verdict,
    };

    use super::*;
    use crate::{
        bench::author::statement,
        index::{Index, Options},
        ledger::Ledger,
        node::unheard,
    };

    fn rig(dir: &Path) -> Rig {
        Rig::found(dir, &[(None, free_addresses(1).unwrap()[0])]).unwrap()
    }

    fn open(rig: &Rig, fresh_entries: usize) -> (Arc<Store>, Ledger) {
        let (store, _) = Store::open(&rig.folder(0).join("store"), HeaderFacts::read).unwrap();
        let options = Options { fresh_entries, ..Options::default() };
        let index = Index::open(&rig.folder(0).join("index"), [1; 32], options).unwrap();
        let chain = RosterChain::found(rig.genesis.clone()).unwrap();
        let (store, roster) = (Arc::new(store), RosterIndex::new(chain.roster().clone()));
        (Arc::clone(&store), Ledger::open(store, index, roster, unheard(&chain)).unwrap())
    }

    #[test]
    fn a_node_killed_after_it_filled_its_index_does_not_fill_it_from_the_start_again() {
        let dir = tempfile::tempdir().unwrap();
        let rig = rig(dir.path());
        // Given a log of 20 batches, and an index that keeps one of them in memory
        rig.fill(0, 20 * BATCH_STATEMENTS).unwrap();
        // When a ledger was opened over it, and dropped without a flush
        let (store, ledger) = open(&rig, BATCH_STATEMENTS as usize);
        drop(ledger);
        // Then the index holds all but the newest for good
        let index = Index::open(&rig.folder(0).join("index"), [1; 32], Options::default()).unwrap();
        let covered = Position::from_u64(index.covered()).unwrap();
        assert!(covered.offset() > store.end().offset() / 2, "{} of {}", covered.offset(), store.end().offset());
    }

    #[test]
    fn a_statement_of_the_largest_size_is_found_by_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let rig = rig(dir.path());
        let (store, ledger) = open(&rig, 16);
        // Given a statement with as many derived tags as there may be
        let subject = Tag([7; 32]);
        let derived = |band| DerivedTag { derivation: Derivation::Band(band).number(), tag: Tag([band; 32]) };
        let stated = Statement { derived: (10..10 + DERIVED_MAX as u8).map(derived).collect(), ..statement(subject) };
        let (batch, state) = rig.author(0).sign(&[stated]).unwrap();
        let position = append(&store, &[(batch.clone(), state)]).unwrap()[0];
        ledger.add(&batch, position, state).unwrap();
        // Then it is found whole
        let tags = Tags { epoch: EPOCH, subject, derived: Vec::new() };
        let finding = ledger.find(&[tags], now()).unwrap().finding;
        assert_eq!((finding.verdict, finding.reports.len()), (Some(Verdict::Listed), 1));
    }
}
