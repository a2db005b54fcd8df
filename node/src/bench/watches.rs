//! `larum bench watches`: what it costs to hold an arriving statement against many watches, and what they take.
//!
//! Each watch has three identifiers, of which one has a derived form: four tags. A statement has two. Nearly all that
//! arrives concerns nobody who is watched, so the miss is what counts; beside it the time of one dependent memory access.

use std::hint::black_box;

use larum_protocol::{
    kind::Kind,
    statement::{DerivedTag, Statement},
    tag::{Tag, Tags},
};
use serde::Serialize;

use super::{
    Line,
    author::statement,
    cpu::thread_time,
    index::{machine, tag},
    line::grouped,
};
use crate::{
    clock::now,
    watches::{Item, List, New},
};

/// Statements that arrive: their tags are several times what the caches hold.
const STATEMENTS: u64 = 1_000_000;
/// Rounds, of which the quickest counts: other programs disturb the others.
const ROUNDS: usize = 3;
/// Identifiers of a watch.
const ITEMS: u64 = 3;
/// Bytes of what stands for an applicant in the employer's own system.
const REFERENCE: &str = "candidate-0123456789";

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WatchesReport {
    /// Watches.
    pub watches: u64,
    /// Tags of all of them.
    pub tags: u64,
    /// Nanoseconds for a statement that concerns no watch.
    pub miss_ns: f64,
    /// Nanoseconds for a statement that concerns one.
    pub hit_ns: f64,
    /// One access to memory that depends on the one before.
    pub memory_access_ns: f64,
    /// Bytes of memory a watch, as counted.
    pub bytes_per_watch: f64,
    /// Of them, in the table of tags.
    pub table_bytes_per_watch: f64,
    /// Bytes of memory a watch, as the kernel counts it; `None` where it does not tell.
    pub anonymous_bytes_per_watch: Option<f64>,
}

impl WatchesReport {
    /// Its lines of the table.
    pub fn lines(&self) -> [Line; 2] {
        let ratio = self.miss_ns / self.memory_access_ns;
        let kernel = self.anonymous_bytes_per_watch.map_or_else(|| "?".to_owned(), |bytes| format!("{bytes:.0}"));
        let hold = Line {
            what: format!("watches, {} of three identifiers, a statement arrives", grouped(self.watches as f64)),
            measured: format!("concerns nobody {:.0}, somebody {:.0} ns", self.miss_ns, self.hit_ns),
            beside: format!("one memory access {:.0} ns", self.memory_access_ns),
            ratio: Some(ratio),
            reach: "<= 10 memory accesses",
            met: ratio <= 10.0,
        };
        let room = Line {
            what: format!("watches, {} of three identifiers, memory", grouped(self.watches as f64)),
            measured: format!("{:.0} B a watch, {kernel} B by the kernel", self.bytes_per_watch),
            beside: format!(
                "{} B: {} tags of 32",
                32 * self.tags / self.watches.max(1),
                self.tags / self.watches.max(1)
            ),
            ratio: Some(self.bytes_per_watch / (32 * self.tags / self.watches.max(1)) as f64),
            reach: "<= 512 B",
            met: self.bytes_per_watch <= 512.0,
        };
        [hold, room]
    }
}

/// Holds statements against `watches` watches.
pub fn run(watches: u64) -> WatchesReport {
    let before = machine::anonymous_bytes();
    let mut list = List::default();
    let until = now().day().plus(180);
    let new = |watch| New {
        source: None,
        reference: REFERENCE.to_owned(),
        until,
        items: items(watch),
        of_application: false,
    };
    (0..watches).for_each(|watch| list.put(watch + 1, watch + 1, &new(watch)));
    let anonymous = before.zip(machine::anonymous_bytes()).map(|(before, after)| after.saturating_sub(before));
    let strangers: Vec<Statement> = (0..STATEMENTS).map(|number| about(u64::MAX / 2 + 2 * number)).collect();
    let known: Vec<Statement> =
        (0..STATEMENTS).map(|number| about(first_tag(number * 7_919 % watches.max(1)))).collect();
    let (miss_ns, hit_ns) = (arriving_ns(&list, &strangers), arriving_ns(&list, &known));
    let (table, rest) = list.bytes();
    let per_watch = |bytes: f64| bytes / watches.max(1) as f64;
    WatchesReport {
        watches,
        tags: list.tags() as u64,
        miss_ns,
        hit_ns,
        memory_access_ns: machine::memory_access_ns(true),
        bytes_per_watch: per_watch((table + rest) as f64),
        table_bytes_per_watch: per_watch(table as f64),
        anonymous_bytes_per_watch: anonymous.map(|bytes| per_watch(bytes as f64)),
    }
}

/// Nanoseconds of this thread's time a statement.
fn arriving_ns(list: &List, statements: &[Statement]) -> f64 {
    let round = || {
        let began = thread_time();
        for statement in statements {
            black_box(statement.tags().flat_map(|tag| list.carrying(tag)).count());
        }
        (thread_time() - began).as_secs_f64() * 1e9 / statements.len() as f64
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

const fn first_tag(watch: u64) -> u64 {
    watch * (ITEMS + 1)
}

fn items(watch: u64) -> Vec<Item> {
    let first = first_tag(watch);
    let of = |at: u64, derived: Vec<DerivedTag>| {
        Item::new(Kind::Email, None, vec![Tags { epoch: 1, subject: Tag(tag(first + at)), derived }])
    };
    let derived = DerivedTag { derivation: 1, tag: Tag(tag(first + ITEMS)) };
    (0..ITEMS).map(|at| of(at, if at == 0 { vec![derived] } else { Vec::new() })).collect()
}

/// A statement about one tag, with one derived tag that nobody watches.
fn about(number: u64) -> Statement {
    let derived = vec![DerivedTag { derivation: 1, tag: Tag(tag(!number)) }];
    Statement { derived, ..statement(Tag(tag(number))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_in_the_table_and_both_kinds_of_statement_are_measured() {
        let report = run(1_000);
        assert_eq!(report.tags, 4_000);
        assert!(report.hit_ns > 0.0 && report.miss_ns > 0.0 && report.bytes_per_watch > 128.0, "{report:?}");
        let mut list = List::default();
        let (reference, until) = (REFERENCE.to_owned(), now().day());
        list.put(1, 1, &New { source: None, reference, until, items: items(5), of_application: false });
        let found = |number| about(number).tags().flat_map(|tag| list.carrying(tag)).count();
        assert_eq!((found(first_tag(5)), found(first_tag(6))), (1, 0));
    }
}
