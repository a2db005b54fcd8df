//! The larum command.
