//! Watches the membership index for regressions, at a million tags. `larum bench index` measures it at full size.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use larum_node::index::{Index, Options, Place};

const TAGS: u64 = 1_000_000;
/// Looked up in turn.
const QUERIES: u64 = 1 << 16;
const WIDTH: usize = 16;

/// 32 bytes without a pattern.
fn tag(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

fn lookups(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder for the bench");
    let index = Index::open(dir.path(), [1; 32], Options::rebuild()).expect("an empty index opens");
    let entries: Vec<_> = (0..TAGS)
        .map(|number| (tag(number), Place(number)))
        .collect();
    index.insert(&entries).expect("there is room");
    index.compact().expect("there is room");

    let absent: Vec<_> = (TAGS..TAGS + QUERIES).map(tag).collect();
    let present: Vec<_> = (0..QUERIES)
        .map(|query| tag(query * 7_919 % TAGS))
        .collect();
    let mut out = Vec::new();
    for (name, tags) in [("miss", &absent), ("hit", &present)] {
        let mut group = criterion.benchmark_group(format!("index/{name}"));
        for width in [1, WIDTH] {
            let mut batches = tags.chunks(width).cycle();
            group.throughput(Throughput::Elements(width as u64));
            group.bench_function(width.to_string(), |bencher| {
                bencher.iter(|| {
                    index.lookup(batches.next().expect("a cycle does not end"), &mut out);
                    black_box(out.len())
                });
            });
        }
    }
}

criterion_group!(benches, lookups);
criterion_main!(benches);
