//! A ledger to which another member's statements can be added without a network: for tests of what is held against them.

use std::{path::Path, sync::Arc};

use larum_protocol::{roster::RosterChain, statement::Statement, tag::Tag};

use super::{
    BenchError,
    author::{Author, statement},
    rig::{Rig, append, free_addresses},
};
use crate::{
    index::{Index, Options},
    ledger::Ledger,
    node::{roster_index, unheard},
    store::{HeaderFacts, Store},
    watches::Watches,
};

/// A ledger to which another member's statements can be added without a network: for tests of what is held against them.
pub(crate) struct Rehearsal {
    pub(crate) ledger: Arc<Ledger>,
    store: Arc<Store>,
    author: Author,
}

/// A fresh one in a folder.
pub(crate) fn rehearsal(dir: &Path) -> Result<Rehearsal, BenchError> {
    let addresses = free_addresses(2)?;
    let rig = Rig::found(dir, &[(None, addresses[0]), (None, addresses[1])])?;
    let folder = rig.folder(0);
    let store = Arc::new(Store::open(&folder.join("store"), HeaderFacts::read)?.0);
    let chain = RosterChain::found(rig.genesis.clone()).map_err(BenchError::wrong)?;
    let index = Index::open(&folder.join("index"), [1; 32], Options::default())?;
    let ledger = Arc::new(Ledger::open(Arc::clone(&store), index, roster_index(&chain), unheard(&chain))?);
    Ok(Rehearsal { ledger, store, author: rig.author(1) })
}

impl Rehearsal {
    /// The other member lists these subjects; stored and held against the watches as the engine does it.
    pub(crate) fn list(&mut self, subjects: &[Tag], watches: &Watches) -> Result<(), BenchError> {
        let statements: Vec<Statement> = subjects.iter().map(|subject| statement(*subject)).collect();
        let group = [self.author.sign(&statements)?];
        let positions = append(&self.store, &group)?;
        for ((batch, state), position) in group.iter().zip(positions) {
            self.ledger.add(batch, position, *state)?;
            watches.arrived(batch.statements.iter().map(|located| &located.statement));
        }
        Ok(())
    }
}
