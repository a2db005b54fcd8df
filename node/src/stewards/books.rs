//! What this steward answered to whom, on disk before the answer: budgets survive a crash and a restart.
//!
//! One file a day of issue, `<day>.charges`: records of a fixed size, each with the hash of itself and the one before, so
//! that a charge cannot be taken out unnoticed. Charges that arrive together are synced together.
//! Invariant: what was not synced was not evaluated. Books that cannot be read or written end in a refusal.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
};

use larum_protocol::{
    budget::{Books, Charge, OverBudget},
    clock::Timestamp,
    hash::{Digest, Label, digest},
    roster::MemberId,
};
use tokio::sync::{mpsc, oneshot};

use crate::clock::now;

/// Day, member, elements, hash.
const RECORD_BYTES: usize = 4 + 4 + 8 + 32;
/// Requests that wait for their charge: as many as the network lets in.
const QUEUE: usize = 256;
/// Files that are kept, for whoever wants to know who asked how much. Counted and not told by the clock: one that is far
/// ahead for a while must not lose today's.
const FILES_KEPT: usize = 90;
const SUFFIX: &str = "charges";

/// Why nothing is charged.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The member has used up its budget.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
    /// The disk does not take it.
    #[error("the steward's books cannot be written; nothing is evaluated until they can: {0}")]
    Disk(#[from] io::Error),
    /// A file that is not what was written.
    #[error(
        "the steward's books {path} are damaged at byte {at}; nothing is evaluated, so that no member is given more than \
         its budget; move the file away once its day is over, and restart the node"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: usize,
    },
    /// They were damaged when the node started.
    #[error("the steward's books are damaged; see this node's log of its start")]
    Closed,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopped,
}

/// A handle on the books; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct BooksHandle(Option<mpsc::Sender<Wish>>);

struct Wish {
    member: MemberId,
    elements: u64,
    budget: u64,
    reply: oneshot::Sender<Result<u64, BooksError>>,
}

impl BooksHandle {
    /// Opens the books in a folder and keeps them in a thread of their own.
    pub(crate) fn open(dir: &Path) -> Result<Self, BooksError> {
        let mut keeper = Keeper::open(dir)?;
        let (wishes, mut queue) = mpsc::channel(QUEUE);
        thread::Builder::new().name("steward books".to_owned()).spawn(move || {
            let mut waiting = Vec::with_capacity(QUEUE);
            while queue.blocking_recv_many(&mut waiting, QUEUE) > 0 {
                keeper.settle(&mut waiting, now());
            }
        })?;
        Ok(Self(Some(wishes)))
    }

    /// Books that take no charge.
    pub(crate) const fn closed() -> Self {
        Self(None)
    }

    /// Whether they take no charge.
    pub(crate) const fn is_closed(&self) -> bool {
        self.0.is_none()
    }

    /// Charges a member, and gives what it has left; the charge is on disk then.
    pub(crate) async fn charge(&self, member: MemberId, elements: u64, budget: u64) -> Result<u64, BooksError> {
        let (reply, answer) = oneshot::channel();
        let wish = Wish { member, elements, budget, reply };
        let keeper = self.0.as_ref().ok_or(BooksError::Closed)?;
        keeper.send(wish).await.map_err(|_| BooksError::Stopped)?;
        answer.await.map_err(|_| BooksError::Stopped)?
    }
}

/// The books and their open file.
struct Keeper {
    dir: PathBuf,
    books: Books,
    /// Where the chain of each day's file stands.
    ends: BTreeMap<u32, End>,
    open: Option<(u32, File)>,
}

/// The end of a file: what a failed write is cut back to, and what the next record is chained to.
#[derive(Clone, Copy)]
struct End {
    length: u64,
    hash: Digest,
}

impl Keeper {
    fn open(dir: &Path) -> Result<Self, BooksError> {
        fs::create_dir_all(dir)?;
        let mut keeper = Self { dir: dir.to_owned(), books: Books::default(), ends: BTreeMap::new(), open: None };
        let files = files(dir)?;
        let old = files.len().saturating_sub(FILES_KEPT);
        for (index, (day, path)) in files.into_iter().enumerate() {
            if index < old {
                fs::remove_file(&path)?;
                continue;
            }
            let (charges, end) = read(day, &path)?;
            charges.into_iter().for_each(|charge| keeper.books.replay(charge));
            keeper.ends.insert(day, end);
        }
        Ok(keeper)
    }

    /// Charges what waits, with one sync.
    fn settle(&mut self, waiting: &mut Vec<Wish>, at: Timestamp) {
        let mut books = self.books.clone();
        let mut charges = Vec::new();
        let answers: Vec<_> = waiting
            .drain(..)
            .map(|wish| {
                let charged = books.charge(at, wish.member, wish.elements, wish.budget);
                let left = charged.map(|charge| {
                    charges.push(charge);
                    books.left(at, wish.member, wish.budget)
                });
                (wish.reply, left)
            })
            .collect();
        let written = self.write(at.day().0, &charges);
        if written.is_ok() {
            self.books = books;
        }
        for (reply, left) in answers {
            let answer = match (&written, left) {
                (_, Err(over)) => Err(over.into()),
                (Ok(()), Ok(left)) => Ok(left),
                (Err(error), Ok(_)) => Err(BooksError::Disk(io::Error::new(error.kind(), error.to_string()))),
            };
            let _ = reply.send(answer); // who no longer waits has been charged all the same
        }
    }

    fn write(&mut self, day: u32, charges: &[Charge]) -> io::Result<()> {
        if charges.is_empty() {
            return Ok(());
        }
        let mut end = self.ends.get(&day).copied().unwrap_or(End { length: 0, hash: start(day) });
        let mut bytes = Vec::with_capacity(charges.len() * RECORD_BYTES);
        for charge in charges {
            let (record, hash) = record(charge, &end.hash);
            bytes.extend_from_slice(&record);
            end.hash = hash;
        }
        let length = end.length;
        let file = self.file(day)?;
        // What a write that failed left behind is cut off first.
        file.set_len(length)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        end.length += bytes.len() as u64;
        self.ends.insert(day, end);
        Ok(())
    }

    fn file(&mut self, day: u32) -> io::Result<&mut File> {
        if self.open.as_ref().is_none_or(|(of, _)| *of != day) {
            let file = OpenOptions::new().create(true).append(true).open(self.dir.join(format!("{day}.{SUFFIX}")))?;
            File::open(&self.dir)?.sync_all()?;
            self.open = Some((day, file));
        }
        Ok(&mut self.open.as_mut().expect("it was opened above").1)
    }
}

/// The files of a folder, oldest first.
fn files(dir: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let is_one = path.extension().is_some_and(|suffix| suffix == SUFFIX);
        let day = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        files.extend(day.filter(|_| is_one).map(|day| (day, path)));
    }
    files.sort_unstable();
    Ok(files)
}

/// The charges of a file. What a crash left half written at its end was never answered, and is written over.
fn read(day: u32, path: &Path) -> Result<(Vec<Charge>, End), BooksError> {
    let bytes = fs::read(path)?;
    let whole = bytes.len() - bytes.len() % RECORD_BYTES;
    let mut end = End { length: 0, hash: start(day) };
    let mut charges = Vec::with_capacity(whole / RECORD_BYTES);
    for (index, found) in bytes[..whole].chunks_exact(RECORD_BYTES).enumerate() {
        let number =
            |range: std::ops::Range<usize>| found[range].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let (of, member, elements) = (number(0..4) as u32, number(4..8) as u32, number(8..16));
        let charge = Charge { day: of, member: MemberId(member), elements };
        let (expected, hash) = record(&charge, &end.hash);
        if expected != found || of != day {
            let is_last = (index + 1) * RECORD_BYTES == whole;
            if is_last {
                break;
            }
            return Err(BooksError::Damaged { path: path.to_owned(), at: index * RECORD_BYTES });
        }
        charges.push(charge);
        end = End { length: end.length + RECORD_BYTES as u64, hash };
    }
    Ok((charges, end))
}

/// What the first record of a day is chained to.
fn start(day: u32) -> Digest {
    digest(Label::Charge, &[&day.to_be_bytes()])
}

fn record(charge: &Charge, before: &Digest) -> ([u8; RECORD_BYTES], Digest) {
    let mut bytes = [0; RECORD_BYTES];
    bytes[..4].copy_from_slice(&charge.day.to_be_bytes());
    bytes[4..8].copy_from_slice(&charge.member.0.to_be_bytes());
    bytes[8..16].copy_from_slice(&charge.elements.to_be_bytes());
    let hash = digest(Label::Charge, &[&before.0, &bytes[..16]]);
    bytes[16..].copy_from_slice(&hash.0);
    (bytes, hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const MEMBER: MemberId = MemberId(7);
    const BUDGET: u64 = 100;

    fn day_file(dir: &Path) -> PathBuf {
        files(dir).unwrap().pop().unwrap().1
    }

    async fn spend(dir: &Path, elements: u64) -> Result<u64, BooksError> {
        BooksHandle::open(dir)?.charge(MEMBER, elements, BUDGET).await
    }

    #[tokio::test]
    async fn a_restart_gives_nothing_back() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(spend(dir.path(), 60).await.unwrap(), 40);
        assert!(matches!(spend(dir.path(), 41).await, Err(BooksError::OverBudget(OverBudget { left: 40, .. }))));
        assert_eq!(spend(dir.path(), 40).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn wherever_a_crash_cuts_the_last_charge_the_ones_before_stand() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            spend(dir.path(), 10).await.unwrap();
        }
        let (file, whole) = (day_file(dir.path()), fs::read(day_file(dir.path())).unwrap());
        for cut in 2 * RECORD_BYTES..3 * RECORD_BYTES {
            fs::write(&file, &whole[..cut]).unwrap();
            assert_eq!(spend(dir.path(), 1).await.unwrap(), BUDGET - 21, "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_charge_that_was_changed_or_taken_out_ends_in_a_refusal() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            spend(dir.path(), 10).await.unwrap();
        }
        let file = day_file(dir.path());
        let whole = fs::read(&file).unwrap();
        let mut changed = whole.clone();
        changed[15] = 1;
        for bytes in [changed, whole[RECORD_BYTES..].to_vec()] {
            fs::write(&file, bytes).unwrap();
            assert!(matches!(spend(dir.path(), 1).await, Err(BooksError::Damaged { at: 0, .. })));
        }
    }

    #[tokio::test]
    async fn a_restart_while_the_clock_is_far_ahead_gives_nothing_back_either() {
        let dir = tempfile::tempdir().unwrap();
        let real = now().day().0 - 1_000; // and the clock of this machine is a thousand days ahead of it
        let mut keeper = Keeper::open(dir.path()).unwrap();
        keeper.write(real, &[Charge { day: real, member: MEMBER, elements: 60 }]).unwrap();
        for _ in 0..2 {
            spend(dir.path(), 1).await.unwrap();
        }
        let books = Keeper::open(dir.path()).unwrap().books;
        assert_eq!(books.left(Timestamp(u64::from(real) * 86_400_000), MEMBER, BUDGET), BUDGET - 60);
    }

    #[test]
    fn files_are_bounded_and_what_is_not_kept_any_more_is_given_nobody_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::open(dir.path()).unwrap();
        let days = 20_000..20_000 + FILES_KEPT as u32 + 5;
        for day in days.clone() {
            keeper.write(day, &[Charge { day, member: MEMBER, elements: 1 }]).unwrap();
        }
        let books = Keeper::open(dir.path()).unwrap().books;
        assert_eq!(files(dir.path()).unwrap().len(), FILES_KEPT);
        assert_eq!(books.left(Timestamp(u64::from(days.start) * 86_400_000), MEMBER, BUDGET), 0);
    }

    #[tokio::test]
    async fn many_at_once_get_the_budget_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let books = BooksHandle::open(dir.path()).unwrap();
        let asked = (0..40).map(|_| books.charge(MEMBER, 3, BUDGET));
        let given = futures::future::join_all(asked).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(given, 33);
    }
}
