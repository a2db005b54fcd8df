//! One replica whose inputs a test makes, and what comes of them.

use larum_protocol::{
    batch::{Batch, Draft, Header},
    clock::Timestamp,
    fault::Fault,
    keys::PublicKey,
    ledger::LogState,
    limits,
    log::{Incarnation, LogId},
    replica::{
        Acceptance, Config, Input, Kept, Output, Replica,
        sim::{Consortium, START, statement},
    },
    signed::Signed,
    wire::{Gossip, Message, Request, Response},
};

/// A replica of node 0 that is connected to nodes 1 and 2.
pub(crate) struct Bench {
    pub(crate) consortium: Consortium,
    pub(crate) replica: Replica,
    pub(crate) now: Timestamp,
    pub(crate) outputs: Vec<Output>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::of(4)
    }

    pub(crate) fn of(members: usize) -> Self {
        let consortium = Consortium::of(members);
        let key = consortium.key(0).clone();
        let own = LogId { node: key.public(), incarnation: Incarnation([1; 16]) };
        let config = Config { key, own, announce_every_ms: 120_000, sync_every_ms: limits::SYNC_EVERY_MS, seed: 1 };
        let chain = consortium.chain().clone();
        let kept = Kept { chain, logs: [].into(), proofs: Vec::new(), announcements: Vec::new() };
        let mut bench = Self { replica: Replica::new(config, kept), consortium, now: START, outputs: Vec::new() };
        bench.input(Input::PeerConnected(bench.peer(1)));
        bench.input(Input::PeerConnected(bench.peer(2)));
        bench
    }

    pub(crate) fn peer(&self, number: usize) -> PublicKey {
        self.consortium.key(number).public()
    }

    pub(crate) fn log(&self, number: usize) -> LogId {
        LogId { node: self.peer(number), incarnation: Incarnation([1; 16]) }
    }

    pub(crate) fn input(&mut self, input: Input) {
        let outputs = self.replica.handle(self.now, input);
        self.outputs.extend(outputs);
    }

    pub(crate) fn gossip(&mut self, bytes: Vec<u8>) -> Acceptance {
        self.input(Input::Gossip { from: self.peer(1), id: 7, bytes });
        let validated = self.outputs.iter().rev().find_map(|output| match output {
            Output::ValidateGossip { id: 7, acceptance, .. } => Some(*acceptance),
            _ => None,
        });
        validated.unwrap()
    }

    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.outputs
            .iter()
            .filter_map(|output| if let Output::Penalize { fault, .. } = output { Some(*fault) } else { None })
            .collect()
    }

    /// The id of the newest request of a peer that fits.
    pub(crate) fn asked(&self, fits: impl Fn(&Request) -> bool) -> Option<(PublicKey, u64)> {
        self.outputs.iter().rev().find_map(|output| match output {
            Output::Send { peer, id, bytes } if fits(&Request::from_bytes(bytes).unwrap()) => Some((*peer, *id)),
            _ => None,
        })
    }

    /// The id of the newest request to one of the peers by number that fits.
    pub(crate) fn asked_of(&self, number: usize, fits: impl Fn(&Request) -> bool) -> Option<(PublicKey, u64)> {
        self.asked_of_key(self.peer(number), fits)
    }

    pub(crate) fn asked_of_key(&self, peer: PublicKey, fits: impl Fn(&Request) -> bool) -> Option<(PublicKey, u64)> {
        self.outputs.iter().rev().find_map(|output| match output {
            Output::Send { peer: to, id, bytes } if *to == peer && fits(&Request::from_bytes(bytes).unwrap()) => {
                Some((peer, *id))
            }
            _ => None,
        })
    }

    pub(crate) fn answer(&mut self, (peer, id): (PublicKey, u64), response: &Response) {
        self.input(Input::Response { peer, id, bytes: Some(response.to_bytes()) });
    }

    pub(crate) fn draft(&self, number: usize, before: Option<&Batch>) -> Draft {
        Draft {
            consortium: self.consortium.chain().consortium(),
            log: self.log(number),
            head: before.map(|batch| (batch.header.seq, batch.header.id())),
            floor: 1,
            issued: self.now,
            epoch: 1,
            continues: None,
        }
    }

    pub(crate) fn batch(&self, number: usize, before: Option<&Batch>) -> Batch {
        self.draft(number, before).sign(&[statement(1, 1)], self.consortium.key(number)).unwrap()
    }

    /// Gossips a batch and confirms that it is durable.
    pub(crate) fn hold(&mut self, batch: &Batch) {
        assert_eq!(self.gossip(message(batch)), Acceptance::Accept);
        self.input(Input::Stored { log: batch.header.log, state: LogState::enter(&batch.header) });
    }
}

pub(crate) fn message(batch: &Batch) -> Vec<u8> {
    super::forks::message(batch)
}

pub(crate) fn header_only(header: &Signed<Header>) -> Vec<u8> {
    Gossip::Batch { header: header.bytes().to_vec().into(), body: None }.to_bytes()
}
