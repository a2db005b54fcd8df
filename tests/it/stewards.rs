//! Split custody across real processes: stewards that die, lie, crash in a ceremony, and members that ask too much.

mod answers;
mod budgets;
mod ceremonies;
mod liars;
mod refusals;
mod unlinkable;

use std::time::Duration;

use harness::{Founding, TestNet};
use larum_protocol::api::{CheckAnswer, Verdict};

/// More than these tests ask for.
const PLENTY: u64 = 1_000_000;

/// What an answer may take where stewards are silent: they are not waited for.
const HEDGED_WITHIN: Duration = Duration::from_secs(5);

/// So many members of one node each, all up, the first `stewards` of them stewards.
async fn split(members: usize, threshold: u8, stewards: usize) -> TestNet {
    split_of(&Founding::of(members), threshold, stewards, PLENTY).await
}

async fn split_of(founding: &Founding, threshold: u8, stewards: usize, budget: u64) -> TestNet {
    let mut net = TestNet::lay(founding);
    net.start_all().await;
    net.settled().await;
    let stewards: Vec<usize> = (0..stewards).collect();
    net.split(threshold, &stewards, budget).await;
    net.settled().await;
    net
}

/// That a check of one identifier is unknown, and why.
fn why_unknown(answer: &CheckAnswer) -> String {
    assert_eq!(answer.verdict, Verdict::Unknown, "{answer:?}");
    answer.results[0].why.clone().or_else(|| answer.results[0].error.clone()).expect("it says why")
}
