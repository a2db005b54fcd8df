//! Wrong answers of stewards, kept as they were signed: whoever reads one can check that the steward gave it.
//!
//! In a folder for each steward, so that one cannot crowd out what another said. `larum consortium stewards verify` reads a
//! file and says who was wrong.

use std::{fs, io, path::PathBuf};

use larum_protocol::{
    hash::Digest,
    keys::PublicKey,
    steward::{self, Asked},
};

/// Files kept of one steward: one that is always wrong must fill neither the disk nor the place of the others.
const FILES_MAX: usize = 4;

/// Where evidence is kept.
#[derive(Debug)]
pub(crate) struct Evidence(pub(super) PathBuf);

impl Evidence {
    /// Keeps a wrong answer, unless there are many already.
    pub(super) fn keep(&self, steward: &PublicKey, id: &Digest, asked: &Asked, signed: &[u8]) {
        match self.write(steward, id, asked, signed) {
            Ok(true) => {}
            Ok(false) => tracing::warn!(?steward, "there is evidence enough against a steward; this one is not kept"),
            Err(error) => tracing::warn!(%error, "a steward's wrong answer could not be kept as evidence"),
        }
    }

    /// Whether there was room for it.
    fn write(&self, steward: &PublicKey, id: &Digest, asked: &Asked, signed: &[u8]) -> io::Result<bool> {
        let folder = self.0.join(steward.to_string());
        fs::create_dir_all(&folder)?;
        if fs::read_dir(&folder)?.count() >= FILES_MAX {
            return Ok(false);
        }
        fs::write(folder.join(format!("{id}.cbor")), steward::Evidence::new(asked, signed).to_bytes())?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use larum_protocol::{oprf::Element, wire::List};

    use super::*;

    #[test]
    fn a_steward_that_is_always_wrong_fills_its_own_place_and_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence(dir.path().to_owned());
        let asked = Asked { epoch: 1, generation: 1, elements: List::of([Element([1; 32])]) };
        let (liar, other) = (PublicKey([1; 32]), PublicKey([2; 32]));
        for number in 0..10 {
            evidence.keep(&liar, &Digest([number; 32]), &asked, b"signed");
        }
        evidence.keep(&other, &Digest([99; 32]), &asked, b"signed");
        let kept = |of: &PublicKey| fs::read_dir(dir.path().join(of.to_string())).unwrap().count();
        assert_eq!((kept(&liar), kept(&other)), (FILES_MAX, 1));
    }
}
