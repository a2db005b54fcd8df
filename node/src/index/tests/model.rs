//! Against a model: a log that is never lost, and a map from each tag to its places in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use parking_lot::Mutex;
use proptest::prelude::*;

use super::{Index, Keep, Options, Place, SECRET, tag, tiny};

/// Few tags, so that several places share one.
const TAGS: u64 = 24;

#[derive(Clone, Debug)]
enum Step {
    /// Appends statements on these tags to the log, and indexes them.
    Append(Vec<u64>),
    /// Indexes the newest statements again.
    Repeat(usize),
    Compact,
    Crash,
    Flush,
    /// Places below this share of the log, in percent, die.
    Kill(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(0..TAGS, 1..40).prop_map(Step::Append),
        1 => (1_usize..30).prop_map(Step::Repeat),
        1 => Just(Step::Compact),
        1 => Just(Step::Crash),
        2 => Just(Step::Flush),
        1 => (0_u64..80).prop_map(Step::Kill),
        1 => Just(Step::Reopen),
    ]
}

struct World {
    dir: PathBuf,
    index: Option<Index>,
    /// The tag of the statement at each place.
    log: Vec<u64>,
    /// Places below this are dead.
    dead: Arc<Mutex<u64>>,
}

impl World {
    fn options(&self) -> Options {
        let dead = Arc::clone(&self.dead);
        Options {
            keep: Keep::when(move |place| place.0 >= *dead.lock()),
            ..tiny()
        }
    }

    fn index(&self) -> &Index {
        self.index.as_ref().unwrap()
    }

    fn insert_from(&self, from: usize) {
        let places = (from as u64..).map(Place);
        let entries: Vec<_> = self.log[from..]
            .iter()
            .map(|number| tag(*number))
            .zip(places)
            .collect();
        self.index().insert(&entries).unwrap();
        self.index().commit(self.log.len() as u64);
    }

    /// Opens again and replays what the index does not cover, as a node does when it starts.
    fn restart(&mut self) {
        self.index = None;
        self.index = Some(Index::open(&self.dir, SECRET, self.options()).unwrap());
        self.insert_from(self.index().covered() as usize);
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Append(tags) => {
                let from = self.log.len();
                self.log.extend(tags);
                self.insert_from(from);
            }
            Step::Repeat(count) => self.insert_from(self.log.len().saturating_sub(count)),
            Step::Compact => self.index().compact().unwrap(),
            Step::Crash => self.restart(),
            Step::Flush => self.index().flush().unwrap(),
            Step::Kill(percent) => {
                let mut dead = self.dead.lock();
                *dead = (*dead).max(self.log.len() as u64 * percent / 100);
            }
            Step::Reopen => {
                self.index.take().unwrap().close().unwrap();
                self.restart();
            }
        }
    }

    /// All that is alive is found, and nothing that was never there.
    fn check(&self) {
        let mut model: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (place, number) in self.log.iter().enumerate() {
            model.entry(*number).or_default().insert(place as u64);
        }
        let tags: Vec<_> = (0..TAGS + 8).map(tag).collect();
        let mut out = Vec::new();
        self.index().lookup(&tags, &mut out);
        assert!(out.is_sorted() && out.windows(2).all(|pair| pair[0] != pair[1]));
        let found: BTreeSet<(u64, u64)> = out
            .iter()
            .map(|(tag, place)| (*tag as u64, place.0))
            .collect();
        let all: BTreeSet<(u64, u64)> = model
            .into_iter()
            .flat_map(|(tag, places)| places.into_iter().map(move |place| (tag, place)))
            .collect();
        let dead = *self.dead.lock();
        assert!(found.is_subset(&all));
        assert!(all.difference(&found).all(|(_, place)| *place < dead));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_index_agrees_with_the_log(steps in prop::collection::vec(step(), 1..30)) {
        let dir = tempfile::tempdir().unwrap();
        let mut world =
            World { dir: dir.path().to_owned(), index: None, log: Vec::new(), dead: Arc::default() };
        world.restart();
        for step in steps {
            world.apply(step);
            world.check();
        }
        world.index().compact().unwrap();
        world.index().verify().unwrap();
        world.check();
    }
}
