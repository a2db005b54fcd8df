//! Split custody by the rules of docs/protocol.md, section 18: which rosters may name stewards, what stewards answer and
//! how much of it, and what an asker takes from them.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "stewards/answers.rs"]
mod answers;
#[path = "stewards/budgets.rs"]
mod budgets;
#[path = "stewards/rosters.rs"]
mod rosters;
mod support;

use std::sync::LazyLock;

use larum_protocol::roster::RosterChain;

use support::stewards::{Committee, plan_of_key, with_key};

/// Seven members, of whom the first three hold the key of epoch 2, two of which it takes; and that key.
static SETTING: LazyLock<(RosterChain, Committee)> = LazyLock::new(|| {
    let mut chain = support::chain(7);
    let committee = with_key(&mut chain, &plan_of_key(2, 2, &[1, 2, 3]));
    (chain, committee)
});

fn setting() -> (RosterChain, Committee) {
    SETTING.clone()
}
