//! The larum command.
fn main() {}
