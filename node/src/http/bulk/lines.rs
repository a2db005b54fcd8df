//! Cuts a body that arrives in pieces into lines of bounded length.

use bytes::{Buf, Bytes, BytesMut};
use larum_protocol::api::BULK_LINE_BYTES_MAX;

/// One line.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Line {
    /// Its bytes, without the newline.
    Text(Bytes),
    /// It was longer than [`BULK_LINE_BYTES_MAX`], and was not kept.
    TooLong,
}

/// What has arrived and is not a line yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no newline.
    searched: usize,
    /// The line that is arriving is already too long: drop it up to its end.
    skipping: bool,
}

impl Lines {
    /// Takes the next piece. Call [`take`](Self::take) until it gives nothing before the next one.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The next whole line.
    pub(super) fn take(&mut self) -> Option<Line> {
        let Some(end) = self.buffer[self.searched..].iter().position(|&byte| byte == b'\n') else {
            self.searched = self.buffer.len();
            if self.searched > BULK_LINE_BYTES_MAX {
                self.skipping = true;
                self.buffer.clear();
                self.searched = 0;
            }
            return None;
        };
        let line = self.buffer.split_to(self.searched + end).freeze();
        self.buffer.advance(1);
        self.searched = 0;
        Some(self.judge(line))
    }

    /// What stands behind the last newline once the body has ended.
    pub(super) fn finish(&mut self) -> Option<Line> {
        let line = self.buffer.split().freeze();
        self.searched = 0;
        (self.skipping || !line.is_empty()).then(|| self.judge(line))
    }

    fn judge(&mut self, line: Bytes) -> Line {
        let too_long = std::mem::take(&mut self.skipping) || line.len() > BULK_LINE_BYTES_MAX;
        if too_long { Line::TooLong } else { Line::Text(line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> Vec<Line> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.push(piece);
            out.extend(std::iter::from_fn(|| lines.take()));
        }
        out.extend(lines.finish());
        out
    }

    #[test]
    fn lines_are_the_same_however_the_body_is_cut() {
        let body = b"one\n\ntwo\r\nthree";
        let whole = cut(&[body]);
        assert_eq!(whole.len(), 4);
        for at in 0..=body.len() {
            assert_eq!(cut(&[&body[..at], &body[at..]]), whole, "cut at {at}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_and_the_next_one_is_read() {
        let long = vec![b'x'; BULK_LINE_BYTES_MAX + 1];
        let fits = vec![b'x'; BULK_LINE_BYTES_MAX];
        assert_eq!(cut(&[&fits]), [Line::Text(Bytes::from(fits.clone()))]);
        for pieces in [vec![long.as_slice(), b"\nok\n"], vec![&long, &long, b"\nok"]] {
            assert_eq!(cut(&pieces), [Line::TooLong, Line::Text(Bytes::from_static(b"ok"))]);
        }
        assert_eq!(cut(&[&long]), [Line::TooLong]);
    }

    #[test]
    fn memory_stays_bounded_while_a_line_has_no_end() {
        let mut lines = Lines::default();
        for _ in 0..1_000 {
            lines.push(&[b'x'; 16 * 1024]);
            assert_eq!(lines.take(), None);
            assert!(lines.buffer.len() <= BULK_LINE_BYTES_MAX);
        }
    }
}
