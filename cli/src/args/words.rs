//! Words of the closed vocabulary as arguments: listed by `--help`, completed by the shell.

use std::borrow::Cow;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use larum_protocol::{
    kind::{Kind, is_region},
    vocabulary::{Evidence, Reason, Role},
};

pub(crate) fn kind() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name)).map(|word| word.parse().expect("it is one of the kinds"))
}

/// A country as a hint: one that there is not would pass unnoticed where nothing needs it.
pub(crate) fn country(text: &str) -> Result<String, &'static str> {
    let known = is_region(text).then(|| text.to_owned());
    known.ok_or("there is no such country: write its two letters, for example US")
}

pub(crate) fn role() -> impl TypedValueParser<Value = Role> {
    vocabulary(Role::ALL, Role::word)
}

pub(crate) fn reason() -> impl TypedValueParser<Value = Reason> {
    vocabulary(Reason::ALL, Reason::word)
}

pub(crate) fn evidence() -> impl TypedValueParser<Value = Evidence> {
    vocabulary(Evidence::ALL, Evidence::word)
}

fn vocabulary<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> Cow<'static, str>,
) -> impl TypedValueParser<Value = T> {
    let words = all.iter().filter_map(move |entry| match word(*entry) {
        Cow::Borrowed(word) => Some(word),
        Cow::Owned(_) => None,
    });
    PossibleValuesParser::new(words).map(move |chosen| {
        *all.iter().find(|entry| word(**entry).eq_ignore_ascii_case(&chosen)).expect("it is one of the words")
    })
}
