#![allow(clippy::unwrap_used, reason = "tests")]
use std::io::Cursor;

use super::*;

fn open(text: &[u8], columns: &[&str]) -> Result<Rows, Failure> {
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    Rows::new(Box::new(Cursor::new(text.to_vec())), Columns::new(&columns)?)
}

/// Every row as `number kind=value` or `number fault`.
fn read(text: &[u8], columns: &[&str]) -> Vec<String> {
    let mut rows = open(text, columns).unwrap();
    let mut read = Vec::new();
    while let Some((number, row)) = rows.next().unwrap() {
        let shown = match row {
            Ok(mut row) => {
                format!("{}={}", row.take(Field::Kind).unwrap_or_default(), row.take(Field::Value).unwrap_or_default())
            }
            Err(fault) => fault.to_string(),
        };
        read.push(format!("{number} {shown}"));
    }
    read
}

#[test]
fn csv_and_json_lines_say_the_same() {
    let csv = "\u{feff}kind,value,team\r\nemail, jane@example.com ,a\r\nphone,\"+1 202 555 0142\",b\r\n";
    let json = "{\"kind\":\"email\",\"value\":\"jane@example.com\",\"team\":7}\n\n  {\"kind\":\"phone\",\"value\":\"+1 202 555 0142\"}";
    assert_eq!(read(csv.as_bytes(), &[]), ["1 email=jane@example.com", "2 phone=+1 202 555 0142"]);
    assert_eq!(read(json.as_bytes(), &[]), ["1 email=jane@example.com", "3 phone=+1 202 555 0142"]);
}

#[test]
fn a_column_can_have_another_name_or_none() {
    let csv = b"Kind,Address,role\nwallet,one,engineer\n";
    assert_eq!(read(csv, &["value=address"]), ["1 wallet=one"]);
    let mut rows = open(csv, &["value=address", "role="]).unwrap();
    let (_, row) = rows.next().unwrap().unwrap();
    assert_eq!(row.unwrap().take(Field::Role), None);
}

#[test]
fn a_broken_row_has_its_number_and_reason_and_the_next_one_is_read() {
    let csv = b"kind,value\nemail\nemail,a@example.com\nemail,\xff\xfe\nemail,b@example.com\n";
    assert_eq!(
        read(csv, &[]),
        [
            "1 it has 1 cells where the header has 2; is a comma or a quote missing",
            "2 email=a@example.com",
            "3 not valid UTF-8",
            "4 email=b@example.com",
        ]
    );
    let json = b"{\"value\":\"a@example.com\"}\n{\"value\":\"jane\n{\"value\":[1]}\n{\"value\":5550142}\n";
    assert_eq!(
        read(json, &[]),
        [
            "1 =a@example.com",
            "2 not a JSON object (column 14)",
            "3 value is neither a text nor a whole number",
            "4 =5550142"
        ]
    );
}

#[test]
fn a_row_beyond_the_limit_is_refused_and_not_held() {
    let long = [b"{\"value\":\"".as_slice(), &vec![b'a'; 2 * ROW_BYTES_MAX], b"\"}\n{\"value\":\"b\"}\n"].concat();
    assert_eq!(read(&long, &[]), [format!("1 {}", RowFault::TooLong), "2 =b".to_owned()]);
    let wide = [b"value\n".as_slice(), &vec![b'a'; VALUE_BYTES_MAX + 1], b"\nb\n"].concat();
    assert_eq!(read(&wide, &[]), [format!("1 {}", RowFault::ValueTooLong(Field::Value)), "2 =b".to_owned()]);
}

#[test]
fn a_quote_that_is_never_closed_ends_after_a_rows_worth() {
    let mut text = b"kind,value\nemail,\"jane@example.com\n".to_vec();
    (0..100_000).for_each(|n| text.extend(format!("email,{n}@example.com\n").bytes()));
    let mut rows = open(&text, &[]).unwrap();
    let error = rows.next().unwrap_err();
    assert_eq!(error.message(), "cannot read the file: a row is too long; is a quote missing");
}

#[test]
fn a_file_without_a_header_is_named_as_such_and_not_quoted() {
    let error = open(b"jane@example.com,email\nb@example.com,email\n", &[]).err().unwrap();
    let said = format!("{} {}", error.message(), error.advice().unwrap());
    assert!(said.contains("--column value=NAME") && said.contains("***, email"), "{said}");
    assert!(!said.contains("jane"), "{said}");
}

#[test]
fn a_column_that_is_asked_for_and_missing_is_an_error() {
    let error = open(b"value,asset\nx,y\n", &["region=land"]).err().unwrap();
    assert_eq!(error.message(), "the file has no such column for region");
    let error = Columns::new(&["colour=x".to_owned()]).unwrap_err();
    assert_eq!(error.message(), "--column does not name a field");
}

#[test]
fn flags_say_what_a_row_leaves_open() {
    let mut shared = Row::default();
    shared.set(Field::Role, "facilitator");
    shared.set(Field::Reason, "DEV.FARM");
    let mut row = Row::default();
    row.set(Field::Role, "synthetic-persona");
    row.complete(&shared);
    assert_eq!(row.take(Field::Role).as_deref(), Some("synthetic-persona"));
    assert_eq!(row.take(Field::Reason).as_deref(), Some("DEV.FARM"));
}
