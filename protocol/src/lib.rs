//! Larum's rules, pure.
//!
//! Data travels one way: canonical form, tag, statement, batch, log, ledger, verdict. Nothing here has a clock, a
//! disk, a socket, a runtime or randomness of its own: time and random numbers come in as arguments, so that every
//! rule can be tested, and a network of thousands of nodes simulated, deterministically.

pub mod kind;
