//! A Larum node.
