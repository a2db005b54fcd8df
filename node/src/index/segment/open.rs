//! Opening a segment: everything is checked here, so that look-ups need not.

use std::{fs::File, os::unix::fs::FileExt, path::Path};

use memmap2::{Advice, Mmap, MmapMut};

use super::{Partition, Segment, filter::Filter};
use crate::index::{
    IndexError,
    error::Doing,
    layout::{FOOTER_BYTES, Footer, PARTITION_BITS_MAX, RECORD_BYTES, Record, START_BYTES},
    manifest::Named,
};

impl Segment {
    /// Opens the segment that the manifest names, reading directory and filter into memory.
    pub(in crate::index) fn open(dir: &Path, named: Named) -> Result<Self, IndexError> {
        let path = Self::path_of(dir, named.number);
        let file = File::open(&path).doing("opening a segment")?;
        if file.metadata().doing("opening a segment")?.len() != named.bytes {
            return Err(IndexError::Damaged {
                what: "length of a segment",
            });
        }
        let map = map(&file)?;
        let (footer, records) = table(&file, named)?;
        let resident = resident(&file, &records)?;
        let partitions = partitions(&records, &resident)?;
        Ok(Self {
            named,
            path,
            file,
            map,
            resident,
            bits: footer.bits,
            records,
            partitions,
        })
    }
}

/// Maps the file for look-ups, which read it here and there: reading ahead would only waste memory.
#[allow(
    unsafe_code,
    reason = "memmap2 cannot rule out that another process changes the file"
)]
fn map(file: &File) -> Result<Mmap, IndexError> {
    // SAFETY: a segment is written under another name and never changed after; the folder is locked against a second
    // node. Whoever else writes to the node's own data folder can do worse than that.
    let map = unsafe { Mmap::map(file) }.doing("mapping a segment")?;
    map.advise(Advice::Random).doing("mapping a segment")?;
    Ok(map)
}

/// Reads footer and table, and checks that the partitions lie inside the file, one after the other.
fn table(file: &File, named: Named) -> Result<(Footer, Vec<Record>), IndexError> {
    let damaged = || IndexError::Damaged {
        what: "table of a segment",
    };
    let footer_at = named
        .bytes
        .checked_sub(FOOTER_BYTES as u64)
        .ok_or_else(damaged)?;
    let mut bytes = [0; FOOTER_BYTES];
    file.read_exact_at(&mut bytes, footer_at)
        .doing("reading a segment")?;
    let footer = Footer::decode(&bytes)?;
    if footer.bits > PARTITION_BITS_MAX || footer.entries != named.entries {
        return Err(damaged());
    }
    let length = RECORD_BYTES << footer.bits;
    if footer.table_offset.checked_add(length as u64) != Some(footer_at) {
        return Err(damaged());
    }
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, footer.table_offset)
        .doing("reading a segment")?;
    if crc32c::crc32c(&bytes) != footer.table_crc {
        return Err(damaged());
    }
    let records: Vec<Record> = bytes.as_chunks().0.iter().map(Record::decode).collect();
    let mut end = 0;
    for record in &records {
        if record.offset != end || record.buckets == 0 {
            return Err(damaged());
        }
        end += record.entries_bytes() + record.side_bytes();
    }
    let entries: u64 = records.iter().map(|record| u64::from(record.entries)).sum();
    if end != footer.table_offset || entries != footer.entries {
        return Err(damaged());
    }
    Ok((footer, records))
}

/// Reads directories and filters into one region of memory, in huge pages where the kernel has them: a look-up goes to a
/// random place of it, and with small pages would pay for the page table as well.
fn resident(file: &File, records: &[Record]) -> Result<MmapMut, IndexError> {
    let length: u64 = records.iter().map(Record::side_bytes).sum();
    let length = usize::try_from(length).map_err(|_| IndexError::Damaged {
        what: "table of a segment",
    })?;
    let mut region = MmapMut::map_anon(length).doing("reserving memory for a segment")?;
    #[cfg(target_os = "linux")]
    if let Err(error) = region.advise(Advice::HugePage) {
        tracing::debug!(%error, "no huge pages for the index");
    }
    let mut rest = &mut region[..];
    for record in records {
        let side;
        (side, rest) = rest.split_at_mut(record.side_bytes() as usize);
        file.read_exact_at(side, record.offset + record.entries_bytes())
            .doing("reading a segment")?;
        if crc32c::crc32c(side) != record.side_crc {
            return Err(IndexError::Damaged {
                what: "directory or filter of a segment",
            });
        }
    }
    Ok(region)
}

/// Lays out what look-ups need, checking that directories rise and filters are as long as they must be.
fn partitions(records: &[Record], resident: &[u8]) -> Result<Vec<Partition>, IndexError> {
    let mut at = 0;
    let mut partitions = Vec::with_capacity(records.len());
    for record in records {
        let damaged = || IndexError::Damaged {
            what: "directory or filter of a segment",
        };
        let start = at + record.directory_bytes() as usize;
        if !directory_rises(&resident[at..start], record.entries) {
            return Err(damaged());
        }
        partitions.push(Partition {
            entries: record.offset as usize,
            directory: at,
            buckets: record.buckets,
            filter: Filter::new(record, start).ok_or_else(damaged)?,
        });
        at += record.side_bytes() as usize;
    }
    Ok(partitions)
}

fn directory_rises(directory: &[u8], entries: u32) -> bool {
    let starts = || {
        directory
            .as_chunks::<START_BYTES>()
            .0
            .iter()
            .map(|start| u32::from_le_bytes(*start))
    };
    starts().is_sorted() && starts().next_back() == Some(entries)
}
