//! Wrong answers of stewards, kept as they were signed: whoever reads one can check that the steward gave it.
//!
//! A file holds the CBOR array `[question, signed answer]`. The question is blinded, so that it tells nothing about what
//! was asked for.

use std::{fs, io, path::PathBuf};

use larum_protocol::{codec, hash::Digest, steward::Asked};
use minicbor::{Encode, bytes::ByteVec};

/// Files kept: a steward that is always wrong must not fill the disk.
const FILES_MAX: usize = 16;

/// Where evidence is kept.
#[derive(Debug)]
pub(crate) struct Evidence(pub(super) PathBuf);

#[derive(Encode)]
struct Record<'a> {
    #[n(0)]
    asked: &'a Asked,
    #[n(1)]
    signed: ByteVec,
}

impl Evidence {
    /// Keeps a wrong answer, unless there are many already.
    pub(super) fn keep(&self, id: &Digest, asked: &Asked, signed: &[u8]) {
        let written = self.write(id, asked, signed);
        if let Err(error) = written {
            tracing::warn!(%error, "a steward's wrong answer could not be kept as evidence");
        }
    }

    fn write(&self, id: &Digest, asked: &Asked, signed: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        if fs::read_dir(&self.0)?.count() >= FILES_MAX {
            return Ok(());
        }
        let record = Record { asked, signed: signed.to_vec().into() };
        fs::write(self.0.join(format!("{id}.cbor")), codec::encode(&record))
    }
}
