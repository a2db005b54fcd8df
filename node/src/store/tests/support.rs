//! Made-up batches: a header that this file encodes, and a body that follows from log and number.

use std::path::Path;

use larum_protocol::{
    clock::{Day, Timestamp},
    hash::Digest,
    log::LogId,
};

use crate::store::{HeaderFacts, Link, NewBatch, Options, Recovery, Store, StoreError, StoredBatch};

/// Segments and checkpoints so small that every test crosses several.
pub(super) const SMALL: Options = Options { segment_bytes: 32 * 1_024, checkpoint_records: 20 };

pub(super) fn open(folder: &Path) -> (Store, Recovery) {
    try_open(folder).unwrap()
}

pub(super) fn try_open(folder: &Path) -> Result<(Store, Recovery), StoreError> {
    Store::open_with(folder, SMALL, read_header)
}

pub(super) fn log(number: u8) -> LogId {
    LogId::from_bytes(&[number; 48])
}

/// A batch that somebody made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) facts: HeaderFacts,
    pub(super) header: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Made {
    pub(super) fn batch(&self) -> NewBatch<'_> {
        let (facts, header, body) = (self.facts, &self.header[..], Some(&self.body[..]));
        NewBatch { facts, link: Link::Next, header, body, meta: [facts.seq, 7] }
    }

    pub(super) fn key(&self) -> (LogId, u64) {
        (self.facts.log, self.facts.seq)
    }

    /// Fails unless `stored` is this batch, byte for byte.
    pub(super) fn assert_is(&self, stored: &StoredBatch) {
        assert_eq!((stored.facts, stored.meta), (self.facts, [self.facts.seq, 7]));
        assert_eq!((&stored.header, stored.body.as_ref()), (&self.header, Some(&self.body)));
    }
}

/// Writes one log.
#[derive(Clone, Debug)]
pub(super) struct Author {
    pub(super) number: u8,
    pub(super) prev: Option<Digest>,
    pub(super) seq: u64,
    pub(super) floor: u64,
    pub(super) keep_until: Day,
    /// Tells two branches of a fork apart.
    pub(super) branch: u8,
}

impl Author {
    pub(super) fn new(number: u8) -> Self {
        Self { number, prev: None, seq: 0, floor: 1, keep_until: Day(20_000), branch: 0 }
    }

    /// The author of log `number`, who goes on where the store stands.
    pub(super) fn resumed(store: &Store, number: u8) -> Self {
        let head = store.head(&log(number));
        Self { prev: head.map(|head| head.hash), seq: head.map_or(0, |head| head.seq), ..Self::new(number) }
    }

    pub(super) fn next(&mut self) -> Made {
        self.seq += 1;
        let header = encode(self);
        let facts = read_header(&header).unwrap();
        self.prev = Some(facts.hash);
        Made { facts, header, body: body(self.number, self.seq) }
    }

    /// Appends so many batches, each with a sync of its own.
    pub(super) fn append(&mut self, store: &Store, batches: usize) -> Vec<Made> {
        let made: Vec<Made> = (0..batches).map(|_| self.next()).collect();
        for made in &made {
            store.append_batches(&[made.batch()]).unwrap();
        }
        made
    }
}

/// The body of a batch: 100 to 1,123 bytes.
pub(super) fn body(number: u8, seq: u64) -> Vec<u8> {
    let bytes = 100 + (seq * 37 + u64::from(number)) % 1_024;
    (0..bytes).map(|at| (at * seq + u64::from(number)).to_le_bytes()[0] | 1).collect()
}

/// How many statements the batch of this number is said to hold.
pub(super) fn statements(seq: u64) -> u32 {
    u32::try_from(seq % 7 + 1).unwrap()
}

fn encode(author: &Author) -> Vec<u8> {
    let mut header = vec![0xB7, author.branch];
    header.extend(log(author.number).to_bytes());
    for number in [author.seq, author.floor, 1_700_000_000_000 + author.seq, u64::from(author.keep_until.0)] {
        header.extend(number.to_le_bytes());
    }
    header.extend(author.prev.map_or(Vec::new(), |prev| prev.0.to_vec()));
    header
}

/// Reads what [`encode`] wrote.
pub(super) fn read_header(header: &[u8]) -> Option<HeaderFacts> {
    let rest = header.strip_prefix(&[0xB7])?.get(1..)?;
    let (log, rest) = rest.split_first_chunk::<48>()?;
    let (numbers, prev) = rest.split_at_checked(32)?;
    let number = |at: usize| u64::from_le_bytes(numbers[at * 8..][..8].try_into().unwrap());
    let prev = match prev.len() {
        0 => None,
        _ => Some(Digest(prev.try_into().ok()?)),
    };
    Some(HeaderFacts {
        log: LogId::from_bytes(log),
        seq: number(0),
        prev,
        hash: Digest(*blake3::hash(header).as_bytes()),
        floor: number(1),
        issued: Timestamp(number(2)),
        keep_until: Day(u32::try_from(number(3)).ok()?),
        statements: statements(number(0)),
    })
}

/// All that the tables say which the segments can say again, short enough to be read in a failure.
pub(super) fn snapshot(store: &Store) -> Vec<String> {
    let short = |digest: &Digest| data_encoding::HEXLOWER.encode(&digest.0[..4]);
    let name = |log: &LogId| log.to_bytes()[0];
    let heads = store.heads();
    let mut lines: Vec<String> = heads
        .iter()
        .map(|(log, head)| format!("head {} {} {} {:?}", name(log), head.seq, short(&head.hash), head.position))
        .collect();
    for batch in store.scan_batches(crate::store::Position::START).unwrap().map(Result::unwrap) {
        let (facts, body) = (batch.facts, batch.body.map(|body| crc32c::crc32c(&body)));
        lines.push(format!("{:?} {} {} {} {body:?}", batch.position, name(&facts.log), facts.seq, short(&facts.hash)));
    }
    let droppable = store.droppable(Day(u32::MAX), usize::MAX).unwrap();
    lines.extend(droppable.iter().map(|(log, seq)| format!("droppable {} {seq}", name(log))));
    lines.extend(
        store.rosters(0).unwrap().iter().map(|roster| format!("roster {} {}", roster.version, roster.bytes.len())),
    );
    lines.extend(store.proofs().unwrap().iter().map(|proof| format!("proof {} {}", name(&proof.log), proof.seq)));
    lines.push(format!("{:?}", store.tally()));
    lines.extend(store.grants().unwrap().iter().map(|grant| format!("grant {}", grant.epoch)));
    lines
}

/// Copies a folder with all in it.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => std::fs::copy(&path, &target).map(drop).unwrap(),
        }
    }
}
