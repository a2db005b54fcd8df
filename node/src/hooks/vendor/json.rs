//! Looking into a vendor's JSON: what is not there, or is of another type than documented, is simply not there.

use serde_json::Value;

use super::Unreadable;
use crate::hooks::arrival::is_id;

/// What stands at a path of names.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The text at a path, unless it is blank.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path).as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The entries of the list at a path, each of them: what is too much is counted where it is kept (`arrival.rs`).
pub(super) fn each<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a Value> {
    at(value, path).as_array().into_iter().flatten()
}

/// The texts of one field of each entry of a list.
pub(super) fn texts<'a>(value: &'a Value, path: &[&str], field: &str) -> impl Iterator<Item = &'a str> {
    each(value, path).filter_map(move |entry| text(entry, &[field]))
}

/// The id at the first of some paths that holds one: a number or a plain word.
pub(super) fn id(value: &Value, paths: &[&[&str]]) -> Option<String> {
    paths.iter().find_map(|path| match at(value, path) {
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        Value::String(text) if is_id(text) => Some(text.clone()),
        _ => None,
    })
}

/// The same, or the error that it is missing.
pub(super) fn needed(value: &Value, paths: &[&[&str]], what: &'static str) -> Result<String, Unreadable> {
    id(value, paths).ok_or(Unreadable::Lacks(what))
}
