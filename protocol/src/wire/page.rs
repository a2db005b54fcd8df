//! A page of batches, filled by whoever reads them from the disk.

use super::{List, Message, RawBatch, Response};
use crate::limits::{PAGE_BATCHES_MAX, PAGE_BYTES};

/// Collects batches until a page is full. The first batch always fits, so that no batch is too large to be sent.
#[derive(Debug)]
pub struct BatchPage {
    batches: Vec<RawBatch>,
    bytes: usize,
    max_bytes: usize,
}

impl BatchPage {
    /// An empty page that ends after `max_bytes` bytes, or after the largest page if that is less.
    pub fn new(max_bytes: u32) -> Self {
        Self { batches: Vec::new(), bytes: 0, max_bytes: (max_bytes as usize).min(PAGE_BYTES) }
    }

    /// Adds a batch; `false` if the page is full and the batch was left out.
    pub fn push(&mut self, header: &[u8], body: Option<&[u8]>) -> bool {
        let added = header.len() + body.map_or(0, <[u8]>::len);
        let full = self.batches.len() >= PAGE_BATCHES_MAX || self.bytes + added > self.max_bytes;
        if full && !self.batches.is_empty() {
            return false;
        }
        self.bytes += added;
        self.batches.push(RawBatch { header: header.to_vec().into(), body: body.map(|body| body.to_vec().into()) });
        true
    }

    /// The response's bytes; `more` says whether batches were left out.
    pub fn finish(self, more: bool) -> Vec<u8> {
        Response::Batches { batches: List::of(self.batches), more }.to_bytes()
    }
}
