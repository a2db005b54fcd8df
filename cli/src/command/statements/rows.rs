//! Rows of a publication: read, completed by what flags share, and cut into requests.

use larum_protocol::{
    api::{Action, RowProblem, STATEMENT_ROWS_MAX, STATEMENTS_BODY_BYTES_MAX, StatementRow},
    kind::Kind,
};

use crate::{
    args::RowArgs,
    command::document,
    console::Console,
    error::Failure,
    input::{Columns, Field, Row, RowFault, Rows},
};

/// Rows of one file. They are held until all were looked at, at some 300 bytes each.
const ROWS_MAX: usize = 2_000_000;
/// Bytes of a request that its own braces and field names may take.
const ENVELOPE_BYTES: usize = 1024;

/// A row behind its number in the file.
pub(super) type Numbered = (u64, StatementRow);

/// What a file holds.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) good: Vec<Numbered>,
    pub(super) broken: Vec<RowProblem>,
}

/// What flags say of every row.
pub(super) fn shared(args: &RowArgs) -> Row {
    let mut row = Row::default();
    row.set(Field::Kind, args.kind.map_or("", Kind::name));
    row.set(Field::Region, args.region.as_deref().unwrap_or_default());
    row.set(Field::Asset, args.asset.as_deref().unwrap_or_default());
    row
}

/// Reads the one row that flags name, or every row of the file.
pub(super) fn collect(
    action: Action,
    args: &RowArgs,
    shared: &Row,
    console: &mut Console<'_>,
) -> Result<Collected, Failure> {
    let mut collected = Collected::default();
    if let Some(value) = &args.value {
        let mut row = Row::default();
        row.set(Field::Value, value);
        collected.add(action, 1, Ok(row), shared);
        return Ok(collected);
    }
    if let Some(path) = &args.resume {
        let mut row = Row::default();
        row.set(Field::Kind, Kind::Resume.name());
        row.set(Field::Value, &document::text(path)?);
        collected.add(action, 1, Ok(row), shared);
        return Ok(collected);
    }
    let columns = Columns::new(&args.column)?;
    let mut rows = match (&args.file, &args.stdin) {
        (Some(file), _) => Rows::open(file, columns, console)?,
        (None, Some(_)) => Rows::new(console.stdin()?, columns)?,
        (None, None) => return Ok(collected),
    };
    while let Some((number, row)) = rows.next()? {
        collected.add(action, number, row, shared);
        if collected.good.len() + collected.broken.len() > ROWS_MAX {
            return Err(
                Failure::new(format_args!("the file has more than {ROWS_MAX} rows")).hint("cut it into several")
            );
        }
    }
    Ok(collected)
}

impl Collected {
    fn add(&mut self, action: Action, number: u64, row: Result<Row, RowFault>, shared: &Row) {
        match row.and_then(|row| statement(action, row, shared)) {
            Ok(row) => self.good.push((number, row)),
            Err(fault) => self.broken.push(RowProblem { row: number, detail: fault.to_string(), masked: None }),
        }
    }
}

fn statement(action: Action, mut row: Row, shared: &Row) -> Result<StatementRow, RowFault> {
    row.complete(shared);
    let mut demand = |field| row.take(field).ok_or(RowFault::Missing(field));
    let (kind, value) = (demand(Field::Kind)?, demand(Field::Value)?);
    Ok(StatementRow {
        action,
        kind,
        value,
        region: row.take(Field::Region),
        asset: row.take(Field::Asset),
        role: row.take(Field::Role),
        reason: row.take(Field::Reason),
        evidence: row.take(Field::Evidence),
        observed: row.take(Field::Observed),
        expires: row.take(Field::Expires),
        origin: row.take(Field::Origin),
        re: row.take(Field::Re),
    })
}

/// Cuts rows into requests that the API takes, in order.
pub(super) fn requests(rows: Vec<Numbered>) -> Vec<Vec<Numbered>> {
    let mut requests: Vec<Vec<Numbered>> = Vec::new();
    let mut room = 0;
    for (number, row) in rows {
        let bytes = serde_json::to_vec(&row).expect("our own types are JSON").len() + 1;
        match requests.last_mut() {
            Some(last) if last.len() < STATEMENT_ROWS_MAX && bytes <= room => {
                room -= bytes;
                last.push((number, row));
            }
            _ => {
                room = (STATEMENTS_BODY_BYTES_MAX - ENVELOPE_BYTES).saturating_sub(bytes);
                requests.push(vec![(number, row)]);
            }
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(rows: u64, value: &str) -> Vec<Numbered> {
        let mut row = Row::default();
        row.set(Field::Kind, "email");
        row.set(Field::Value, value);
        let statement = statement(Action::Publish, row, &Row::default()).expect("it has a kind and a value");
        (1..=rows).map(|row| (row, statement.clone())).collect()
    }

    #[test]
    fn requests_hold_what_the_api_takes_and_keep_the_rows_in_order() {
        for (rows, value) in [(25_001, "jane@example.com".to_owned()), (2_000, "x".repeat(16_000))] {
            let cut = requests(numbered(rows, &value));
            let sizes: Vec<_> = cut.iter().map(Vec::len).collect();
            for request in &cut {
                assert!(request.len() <= STATEMENT_ROWS_MAX, "{sizes:?}");
                let bytes: usize =
                    request.iter().map(|(_, row)| serde_json::to_vec(row).expect("it is JSON").len() + 1).sum();
                assert!(bytes + ENVELOPE_BYTES <= STATEMENTS_BODY_BYTES_MAX, "{bytes} bytes");
            }
            let order: Vec<_> = cut.iter().flatten().map(|(number, _)| *number).collect();
            assert_eq!(order, (1..=rows).collect::<Vec<_>>(), "{sizes:?}");
            assert!(cut.len() > 1);
        }
    }
}
