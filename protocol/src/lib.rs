//! Larum's rules, pure.
//!
//! Data travels one way: canonical form, tag, statement, batch, log, ledger, verdict. Nothing here has a clock, a
//! disk, a socket, a runtime or randomness of its own: time and random numbers come in as arguments, so that every
//! rule can be tested, and a network of thousands of nodes simulated, deterministically.

pub mod announcement;
pub mod api;
pub mod batch;
pub mod budget;
pub mod clock;
pub mod codec;
pub mod coverage;
pub mod custody;
pub mod fault;
pub mod hash;
pub mod keys;
pub mod kind;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod oprf;
pub mod receipt;
pub mod replica;
pub mod roster;
pub mod salt;
pub mod sealing;
pub mod signed;
pub mod statement;
pub mod steward;
pub mod tag;
pub mod verdict;
pub mod vocabulary;
pub mod wire;
