//! Files of identifiers and statements: CSV (RFC 4180) or JSON lines, row by row, and what flags say of every row.
//!
//! A row that cannot be read does not end the file: it has a number and a reason, and the caller decides.
//! Invariant: no reason repeats what the row holds; memory is bounded by one row, whatever the file.
//! Absent on purpose: what an identifier or a role may be. The node says that, for each row.

mod csv;
mod json;

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    str::FromStr,
};

use larum_protocol::api::{CHECK_BODY_BYTES_MAX, VALUE_BYTES_MAX};

use crate::{console::Console, error::Failure};

/// Bytes of one row: what the API takes as one line.
const ROW_BYTES_MAX: usize = CHECK_BODY_BYTES_MAX;

/// The path that stands for standard input.
const DASH: &str = "-";

macro_rules! fields {
    ($($variant:ident $name:literal),+) => {
        /// What a row can say.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Field {
            $($variant),+
        }

        impl Field {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const NAMES: &'static [&'static str] = &[$($name),+];
            const COUNT: usize = Self::ALL.len();
        }
    };
}

fields!(
    Kind "kind", Value "value", Region "region", Asset "asset", Role "role", Reason "reason", Evidence "evidence",
    Observed "observed", Expires "expires", Origin "origin", Re "re", Id "id"
);

impl Field {
    pub(crate) const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl FromStr for Field {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|field| field.name() == name).ok_or(())
    }
}

/// Which column of a file holds which field: the one of the field's own name, unless `--column` says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Columns([Option<String>; Field::COUNT]);

impl Columns {
    /// Reads `FIELD=NAME` arguments.
    pub(crate) fn new(arguments: &[String]) -> Result<Self, Failure> {
        let mut columns: [Option<String>; Field::COUNT] = std::array::from_fn(|at| Some(Field::NAMES[at].to_owned()));
        for argument in arguments {
            let field = argument.split_once('=').and_then(|(field, name)| Some((field.parse::<Field>().ok()?, name)));
            let Some((field, name)) = field else {
                return Err(Failure::new("--column does not name a field")
                    .hint(format_args!("write FIELD=NAME, where FIELD is one of {}", Field::NAMES.join(", "))));
            };
            columns[field as usize] = (!name.is_empty()).then(|| name.to_owned());
        }
        Ok(Self(columns))
    }

    fn of(&self, field: Field) -> Option<&str> {
        self.0[field as usize].as_deref()
    }
}

/// What one row says; a field that is empty says nothing.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct Row([Option<String>; Field::COUNT]);

impl Row {
    pub(crate) fn take(&mut self, field: Field) -> Option<String> {
        self.0[field as usize].take()
    }

    pub(crate) fn set(&mut self, field: Field, text: &str) {
        let text = text.trim();
        self.0[field as usize] = (!text.is_empty()).then(|| text.to_owned());
    }

    /// Lets `shared` say what this row leaves open.
    pub(crate) fn complete(&mut self, shared: &Self) {
        for (own, shared) in self.0.iter_mut().zip(&shared.0) {
            if own.is_none() {
                own.clone_from(shared);
            }
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").finish_non_exhaustive()
    }
}

/// Why a row cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum RowFault {
    #[error("it has {found} cells where the header has {expected}; is a comma or a quote missing")]
    Cells { expected: usize, found: usize },
    #[error("it says neither in a column nor by a flag what its {} is", .0.name())]
    Missing(Field),
    #[error("not a JSON object (column {0})")]
    NotJson(usize),
    #[error("{} is neither a text nor a whole number", .0.name())]
    NotText(Field),
    #[error("not valid UTF-8")]
    NotUtf8,
    #[error("longer than {ROW_BYTES_MAX} bytes; is a quote missing")]
    TooLong,
    #[error("{} is longer than {VALUE_BYTES_MAX} bytes", .0.name())]
    ValueTooLong(Field),
}

/// A row's number, counted from 1 (of CSV below the header; of JSON lines the line), and the row.
pub(crate) type Item = (u64, Result<Row, RowFault>);

enum Format {
    Csv(csv::Reader),
    Json(json::Reader),
}

/// The rows of a file.
pub(crate) struct Rows(Format);

impl Rows {
    /// Opens a file, or standard input for `-`. JSON lines start with a brace, CSV does not.
    pub(crate) fn open(path: &Path, columns: Columns, console: &mut Console<'_>) -> Result<Self, Failure> {
        if path == Path::new(DASH) {
            return Self::new(console.stdin()?, columns);
        }
        let file = File::open(path).map_err(|error| Failure::read(path, error))?;
        Self::new(Box::new(BufReader::new(file)), columns)
    }

    /// Reads from anything.
    pub(crate) fn new(mut source: Box<dyn BufRead + Send>, columns: Columns) -> Result<Self, Failure> {
        let unreadable = |error: io::Error| Failure::new(format_args!("cannot read the file: {error}"));
        skip_byte_order_mark(&mut source).map_err(unreadable)?;
        let start = source.fill_buf().map_err(unreadable)?;
        let is_json = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        Ok(Self(if is_json {
            Format::Json(json::Reader::new(source, columns))
        } else {
            Format::Csv(csv::Reader::new(source, &columns)?)
        }))
    }

    /// Reads JSON lines and nothing else, so that a line of anything else is a broken row.
    pub(crate) fn json_lines(source: Box<dyn BufRead + Send>, columns: Columns) -> Self {
        Self(Format::Json(json::Reader::new(source, columns)))
    }

    /// The next row; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, Failure> {
        let item = match &mut self.0 {
            Format::Csv(reader) => reader.next(),
            Format::Json(reader) => reader.next(),
        };
        let item = item.map_err(|error| Failure::new(format_args!("cannot read the file: {error}")))?;
        Ok(item.map(|(number, row)| (number, row.and_then(bounded))))
    }
}

fn bounded(row: Row) -> Result<Row, RowFault> {
    let long = |field: &&Field| row.0[**field as usize].as_ref().is_some_and(|text| text.len() > VALUE_BYTES_MAX);
    match Field::ALL.iter().find(long) {
        Some(field) => Err(RowFault::ValueTooLong(*field)),
        None => Ok(row),
    }
}

/// Spreadsheet programs put one before UTF-8.
fn skip_byte_order_mark(source: &mut dyn BufRead) -> io::Result<()> {
    if source.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
        source.consume(3);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
