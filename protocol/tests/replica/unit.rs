//! One replica, one peer: every fault is found and named where it belongs.
