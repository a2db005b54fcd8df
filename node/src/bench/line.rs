//! One line of the table that `larum bench` prints.

use serde::Serialize;

/// What was measured, what it is measured against, and whether that is good enough.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What was measured, with its size.
    pub what: String,
    /// The figure, with its unit.
    pub measured: String,
    /// The limit or the plain counterpart, measured in the same run.
    pub beside: String,
    /// The figure divided by what stands beside it, where that means something.
    pub ratio: Option<f64>,
    /// What is to be reached.
    pub reach: &'static str,
    /// Whether it was.
    pub met: bool,
}

/// `1,234,567`, which a person can read.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0.4, 999.0, 1_000.0, 1_234_567.0].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
