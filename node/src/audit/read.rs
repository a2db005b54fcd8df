//! Reading the record: a page of it, and whether the whole chain holds.

use std::path::Path;

use larum_protocol::{
    api::{AUDIT_PAGE_MAX, AuditPage, AuditRecord},
    hash::Digest,
};

use super::{
    AuditError,
    file::{self, Contents, Item},
    record::{Entry, chain_hash},
    walk::{Step, Walk},
};

/// What a sound chain adds up to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verified {
    /// The number of the oldest record that is still there; older files may have been removed.
    pub first: u64,
    /// The number of the newest record; one less than `first` if there is none.
    pub last: u64,
    /// The newest record's hash: whoever noted it down can tell later that nothing before it was changed.
    pub head: Digest,
}

/// Checks every record under `dir`, and that each file goes on where the one before it ended.
///
/// # Errors
/// [`AuditError::Damaged`] names the first place where the chain does not hold.
pub fn verify(dir: &Path) -> Result<Verified, AuditError> {
    let mut verified: Option<Verified> = None;
    for (first, path) in file::list(dir)? {
        let mut contents = Contents::open(&path)?;
        if contents.place().next != first {
            return Err(contents.damaged("the header and the file's name disagree"));
        }
        let before = contents.place();
        if verified.is_some_and(|so_far| (so_far.last + 1, so_far.head) != (before.next, before.prev)) {
            return Err(contents.damaged("the file does not go on where the one before it ended"));
        }
        let fault = loop {
            let expected = contents.place().next;
            match contents.next() {
                Item::Record(bytes) => match minicbor::decode::<Entry>(bytes) {
                    Ok(entry) if entry.seq == expected => {}
                    Ok(_) => break Some("a record's number is out of order"),
                    Err(_) => break Some("a record cannot be decoded"),
                },
                Item::End => break None,
                Item::Damage(what) => break Some(what),
            }
        };
        if let Some(what) = fault {
            return Err(contents.damaged(what));
        }
        let place = contents.place();
        let first = verified.map_or(first, |so_far| so_far.first);
        verified = Some(Verified { first, last: place.next - 1, head: place.prev });
    }
    Ok(verified.unwrap_or(Verified { first: 1, last: 0, head: file::Place::START.prev }))
}

/// Up to `limit` records from number `from` on, as they are listed and exported.
///
/// A record that is being written this moment is left for the next page.
pub fn page(dir: &Path, from: u64, limit: usize) -> Result<AuditPage, AuditError> {
    let limit = limit.clamp(1, AUDIT_PAGE_MAX);
    let files = file::list(dir)?;
    let start = files.partition_point(|(first, _)| *first <= from).saturating_sub(1);
    let mut page = AuditPage::default();
    for (_, path) in &files[start..] {
        let mut walk = Walk::open(path)?;
        walk.skip_to(from)?;
        while let Some(Step { entry, prev, hash }) = walk.next()? {
            if page.records.len() == limit {
                page.next = Some(entry.seq);
                return Ok(page);
            }
            page.records.push(entry.to_api(prev, hash));
        }
    }
    Ok(page)
}

/// A page of the record that begins with its newest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NewestFirst {
    /// The records, newest first.
    pub records: Vec<AuditRecord>,
    /// The number of the oldest record that is still there, and of the newest; none if there are no records.
    pub held: Option<(u64, u64)>,
    /// How many records belong on this page and cannot be read: [`verify`] says where the damage is.
    pub unread: u64,
    /// The page of older ones, by the number that it ends before; none if these are the oldest.
    pub older: Option<u64>,
    /// The page of newer ones, likewise.
    pub newer: Option<u64>,
}

/// Up to `limit` records before number `before`, or the newest ones, newest first.
///
/// A page that is named by its number shows the same records always: what is written later has greater numbers.
pub fn newest_first(dir: &Path, before: Option<u64>, limit: usize) -> Result<NewestFirst, AuditError> {
    let limit = limit.clamp(1, AUDIT_PAGE_MAX);
    let step = limit as u64;
    let Some((oldest, newest)) = held(dir)? else { return Ok(NewestFirst::default()) };
    let to = before.map_or(newest, |before| newest.min(before.saturating_sub(1)));
    let from = oldest.max((to + 1).saturating_sub(step));
    let newer = (to < newest).then(|| (to + 1).max(oldest).saturating_add(step));
    let mut shown = NewestFirst { held: Some((oldest, newest)), newer, ..NewestFirst::default() };
    if to >= from {
        shown.older = (from > oldest).then_some(from);
        shown.records = page(dir, from, limit)?.records;
        shown.records.retain(|record| record.seq <= to);
        shown.records.reverse();
        shown.unread = (to + 1 - from).saturating_sub(shown.records.len() as u64);
    }
    Ok(shown)
}

/// The numbers of the oldest and of the newest record that are there.
fn held(dir: &Path) -> Result<Option<(u64, u64)>, AuditError> {
    let files = file::list(dir)?;
    let (Some((oldest, _)), Some((_, last))) = (files.first(), files.last()) else { return Ok(None) };
    let mut walk = Walk::open(last)?;
    walk.skip_to(u64::MAX)?;
    let next = walk.place().next;
    Ok((next > *oldest).then(|| (*oldest, next - 1)))
}

/// Exported records, checked one by one where no data folder is: each must be what was hashed, and follow the one before.
#[derive(Debug, Default)]
pub struct Exported(Option<Verified>);

impl Exported {
    /// Takes the next record.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take(&mut self, record: &AuditRecord) -> Result<(), &'static str> {
        let entry = Entry::from_api(record).ok_or("it cannot be read as a record")?;
        let digest = |hex: &str| hex.parse::<Digest>().map_err(|_| "it has no hash");
        let (prev, hash) = (digest(&record.prev)?, digest(&record.hash)?);
        if chain_hash(&prev, &entry.to_bytes()) != hash {
            return Err("it is not what its hash was made of");
        }
        let first = match self.0 {
            None => entry.seq,
            Some(before) if (before.last + 1, before.head) == (entry.seq, prev) => before.first,
            Some(_) => return Err("it does not follow the one before it"),
        };
        self.0 = Some(Verified { first, last: entry.seq, head: hash });
        Ok(())
    }

    /// What they add up to; `None` where there were none.
    pub const fn verified(&self) -> Option<Verified> {
        self.0
    }
}
