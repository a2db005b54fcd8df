//! JSON lines: one object a line, blank lines skipped.

use std::io::{self, BufRead, Read};

use serde_json::{Map, Value};

use super::{Columns, Field, Item, ROW_BYTES_MAX, Row, RowFault};

pub(super) struct Reader {
    source: Box<dyn BufRead + Send>,
    columns: Columns,
    line: u64,
    buffer: Vec<u8>,
}

impl Reader {
    pub(super) fn new(source: Box<dyn BufRead + Send>, columns: Columns) -> Self {
        Self { source, columns, line: 0, buffer: Vec::new() }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            self.buffer.clear();
            let mut bounded = self.source.as_mut().take(ROW_BYTES_MAX as u64 + 1);
            if bounded.read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.buffer.len() > ROW_BYTES_MAX && !self.buffer.ends_with(b"\n") {
                skip_line(self.source.as_mut())?;
                return Ok(Some((self.line, Err(RowFault::TooLong))));
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some((self.line, read(self.buffer.trim_ascii_end(), &self.columns))));
            }
        }
    }
}

fn skip_line(source: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffered = source.fill_buf()?;
        let (used, ended) = match buffered.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffered.len(), buffered.is_empty()),
        };
        source.consume(used);
        if ended {
            return Ok(());
        }
    }
}

fn read(line: &[u8], columns: &Columns) -> Result<Row, RowFault> {
    let text = std::str::from_utf8(line).map_err(|_| RowFault::NotUtf8)?;
    // The parser's own message can quote the value.
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| RowFault::NotJson(error.column()))?;
    let mut row = Row::default();
    for field in Field::ALL {
        match columns.of(*field).and_then(|name| object.get(name)) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => row.set(*field, text),
            Some(Value::Number(number)) if !number.is_f64() => row.set(*field, &number.to_string()),
            Some(_) => return Err(RowFault::NotText(*field)),
        }
    }
    Ok(row)
}
