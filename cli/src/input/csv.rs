//! CSV (RFC 4180): the first row names the columns; cells beyond the ones that are asked for are ignored.

use std::io::{self, BufRead, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::{Columns, Field, Item, ROW_BYTES_MAX, Row, RowFault};
use crate::error::Failure;

/// Bytes that may be read before a row is complete: the longest row, and what the parser reads ahead.
const BUDGET: usize = ROW_BYTES_MAX + READ_AHEAD;
/// The parser's own buffer.
const READ_AHEAD: usize = 8 * 1024;

pub(super) struct Reader {
    parser: csv::Reader<Metered>,
    columns: Vec<(Field, usize)>,
    cells: usize,
    rows: u64,
    record: ByteRecord,
}

/// A quote that is never closed makes one row of the rest of the file; this ends it after a row's worth.
struct Metered {
    source: Box<dyn BufRead + Send>,
    budget: usize,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(self.budget);
        if room == 0 {
            return Err(io::Error::other("a row is too long; is a quote missing"));
        }
        let read = self.source.read(&mut buffer[..room])?;
        self.budget -= read;
        Ok(read)
    }
}

impl Reader {
    pub(super) fn new(source: Box<dyn BufRead + Send>, columns: &Columns) -> Result<Self, Failure> {
        let mut parser = ReaderBuilder::new()
            .flexible(true)
            .buffer_capacity(READ_AHEAD)
            .from_reader(Metered { source, budget: BUDGET });
        let header = parser
            .byte_headers()
            .map_err(|error| Failure::new(format_args!("cannot read the file's header: {}", reason(&error))))?
            .clone();
        let found = Field::ALL.iter().filter_map(|field| Some((*field, position(&header, columns.of(*field)?)?)));
        let found: Vec<_> = found.collect();
        if !found.iter().any(|(field, _)| *field == Field::Value) {
            return Err(no_value_column(&header));
        }
        if let Some(field) = renamed_and_missing(columns, &found) {
            return Err(Failure::new(format_args!("the file has no such column for {}", field.name()))
                .hint(format_args!("its columns are: {}", names(&header))));
        }
        Ok(Self { parser, columns: found, cells: header.len(), rows: 0, record: ByteRecord::new() })
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        self.parser.get_mut().budget = BUDGET;
        let more = self.parser.read_byte_record(&mut self.record).map_err(|error| io::Error::other(reason(&error)))?;
        if !more {
            return Ok(None);
        }
        self.rows += 1;
        Ok(Some((self.rows, self.row())))
    }

    fn row(&self) -> Result<Row, RowFault> {
        if self.record.len() != self.cells {
            return Err(RowFault::Cells { expected: self.cells, found: self.record.len() });
        }
        if self.record.as_slice().len() > ROW_BYTES_MAX {
            return Err(RowFault::TooLong);
        }
        let mut row = Row::default();
        for (field, at) in &self.columns {
            row.set(*field, std::str::from_utf8(&self.record[*at]).map_err(|_| RowFault::NotUtf8)?);
        }
        Ok(row)
    }
}

fn position(header: &ByteRecord, name: &str) -> Option<usize> {
    header.iter().position(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}

/// A field that `--column` gave a name of its own, and the file has no such column.
fn renamed_and_missing(columns: &Columns, found: &[(Field, usize)]) -> Option<Field> {
    let renamed = |field: &Field| columns.of(*field).is_some_and(|name| name != field.name());
    Field::ALL.iter().copied().find(|field| renamed(field) && !found.iter().any(|(known, _)| known == field))
}

fn no_value_column(header: &ByteRecord) -> Failure {
    Failure::new("the file's first row does not name a column for value").hint(format_args!(
        "say which one holds it with --column value=NAME; the file's columns are: {}",
        names(header)
    ))
}

/// The columns' names, without whatever looks like data: a file without a header starts with identifiers.
fn names(header: &ByteRecord) -> String {
    let is_name = |cell: &str| cell.len() <= 32 && cell.chars().all(|c| c.is_alphabetic() || "_- ".contains(c));
    let shown = header.iter().map(|cell| std::str::from_utf8(cell).ok().filter(|cell| is_name(cell)).unwrap_or("***"));
    shown.take(32).collect::<Vec<_>>().join(", ")
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "it is not CSV".to_owned(),
    }
}
