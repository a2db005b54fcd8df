//! What people see: tables and paragraphs that fit 80 columns, styles, and text that others wrote made safe.

mod table;

use std::borrow::Cow;

use larum_protocol::api::Verdict;

pub(crate) use self::table::Table;

/// Columns of a terminal that everybody has.
pub(crate) const WIDTH: usize = 80;

/// ANSI styles; the console takes them out where nobody sees them.
pub(crate) mod style {
    use anstyle::{AnsiColor, Style};

    pub(crate) fn error(text: &str) -> String {
        paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn hint(text: &str) -> String {
        paint(AnsiColor::Cyan.on_default().bold(), text)
    }

    pub(crate) fn good(text: &str) -> String {
        paint(AnsiColor::Green.on_default().bold(), text)
    }

    pub(crate) fn warning(text: &str) -> String {
        paint(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(crate) fn dim(text: &str) -> String {
        paint(Style::new().dimmed(), text)
    }

    pub(crate) fn strong(text: &str) -> String {
        paint(Style::new().bold(), text)
    }

    fn paint(style: Style, text: &str) -> String {
        format!("{style}{text}{style:#}")
    }
}

/// A verdict in its colour.
pub(crate) fn verdict(verdict: Verdict) -> String {
    let name = verdict.to_string();
    match verdict {
        Verdict::Clear => style::good(&name),
        Verdict::Listed => style::error(&name),
        Verdict::Caution | Verdict::Disputed | Verdict::Unknown => style::warning(&name),
    }
}

/// Text that somebody else wrote, without what a terminal would obey.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(obeyed) { Cow::Owned(text.replace(obeyed, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Breaks a text at blanks into lines that fit, each behind `indent` blanks.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let text = plain(text);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(word);
        } else if indent + columns(line) + 1 + columns(word) <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    let indent = " ".repeat(indent);
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

/// How many columns a text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// The start of a hash or key that is long enough to tell it from others by eye.
pub(crate) fn short(hex: &str) -> &str {
    hex.get(..16).unwrap_or(hex)
}

/// `1 member`, `2 members`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_fit_80_columns() {
        let text = "the node has not heard enough members within the policy's limit ".repeat(9);
        for line in wrap(&text, 7).lines() {
            assert!(columns(line) <= WIDTH, "{line}");
            assert!(line.starts_with("       t") || line.starts_with("       "), "{line}");
        }
    }

    #[test]
    fn what_others_wrote_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(plain("Beta GmbH"), "Beta GmbH");
    }
}
