//! Tables that fit a terminal: columns as wide as they need to be; the widest give way where they do not fit.

use std::borrow::Cow;

use super::{WIDTH, columns, plain};

/// Blanks between two columns.
const GAP: usize = 2;
/// No column becomes narrower than this while a wider one can give way.
const NARROWEST: usize = 6;

/// Rows of cells under a header.
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Columns that never give way.
    whole: Vec<usize>,
}

impl Table {
    pub(crate) fn new<const N: usize>(header: [&'static str; N]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new(), whole: Vec::new() }
    }

    /// Columns that are of no use if they are cut, such as a time.
    #[must_use]
    pub(crate) fn whole<const N: usize>(self, columns: [usize; N]) -> Self {
        Self { whole: columns.to_vec(), ..self }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.header.len(), "a cell for each column");
        self.rows.push(cells.iter().map(|cell| plain(cell).into_owned()).collect());
    }

    /// The table's lines.
    pub(crate) fn render(&self) -> String {
        let widths = self.widths();
        let header: Vec<String> = self.header.iter().map(|name| name.to_uppercase()).collect();
        let lines = std::iter::once(&header).chain(&self.rows).map(|cells| line(cells, &widths));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |at: usize| self.rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0);
        let mut widths: Vec<_> = (0..self.header.len()).map(|at| widest(at).max(columns(self.header[at]))).collect();
        while widths.iter().sum::<usize>() + GAP * (widths.len() - 1) > WIDTH {
            let may = widths.iter_mut().enumerate().filter(|(at, _)| !self.whole.contains(at));
            match may.map(|(_, width)| width).max() {
                Some(widest) if *widest > NARROWEST => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = fitted(cell, *width);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', width - columns(&cell) + GAP));
    }
    line.truncate(line.trim_end().len());
    line
}

/// The cell, cut where it does not fit, with a mark that says so.
fn fitted(cell: &str, width: usize) -> Cow<'_, str> {
    if columns(cell) <= width {
        return Cow::Borrowed(cell);
    }
    let mut cut = String::new();
    for letter in cell.chars() {
        cut.push(letter);
        if columns(&cut) >= width {
            cut.pop();
            break;
        }
    }
    cut.push('\u{2026}');
    Cow::Owned(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_80_columns_and_short_columns_stay_whole() {
        let mut table = Table::new(["member", "node", "address"]);
        table.row(["Acme".to_owned(), "a".repeat(64), "/ip4/203.0.113.7/tcp/7460/p2p/".to_owned() + &"b".repeat(52)]);
        table.row(["\u{682a}\u{5f0f}\u{4f1a}\u{793e}".to_owned(), "c".to_owned(), String::new()]);
        let text = table.render();
        for line in text.lines() {
            assert!(columns(line) <= WIDTH, "{} columns: {line}", columns(line));
        }
        assert!(text.contains("Acme  ") && text.contains("\u{2026}"), "{text}");
        assert!(text.starts_with("MEMBER    NODE"), "{text}");
    }

    #[test]
    fn a_column_that_is_of_no_use_when_it_is_cut_stays_whole() {
        let mut table = Table::new(["number", "time", "token", "identifiers"]).whole([1]);
        table.row(["1".to_owned(), "2026-11-27 01:02:03".to_owned(), "b".repeat(18), "c".repeat(60)]);
        let text = table.render();
        assert!(text.contains("2026-11-27 01:02:03  ") && text.contains("\u{2026}"), "{text}");
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
    }
}
