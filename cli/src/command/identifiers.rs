//! Identifiers as arguments, standard input or an application name them.

use std::path::PathBuf;

use larum_protocol::{
    api::{CHECK_IDENTIFIERS_MAX, Identifier},
    kind::{self, Kind},
};

use super::document;
use crate::{
    args::IdentifierArgs,
    console::Console,
    error::Failure,
    input::{Columns, Field, Rows},
};

/// The identifiers that flags and standard input name; at least one.
pub(crate) fn selected(args: &IdentifierArgs, console: &mut Console<'_>) -> Result<Vec<Identifier>, Failure> {
    let mut identifiers = flagged(args)?;
    if args.stdin.is_some() {
        identifiers.extend(piped(args, console)?);
    }
    match identifiers.len() {
        0 => Err(Failure::new("no identifier is named")
            .hint("pass --email, --phone, --kind with --value ..., or - to read them from standard input")),
        1..=CHECK_IDENTIFIERS_MAX => Ok(identifiers),
        _ => Err(Failure::new(format_args!("more than {CHECK_IDENTIFIERS_MAX} identifiers are named"))
            .hint("put them in a file and pass --file")),
    }
}

/// Of the identifiers that flags name, in the order of [`selected`]: the names of the files that they were read from.
pub(crate) fn files(args: &IdentifierArgs) -> Vec<Option<String>> {
    let lists = [&args.email, &args.phone, &args.profile, &args.domain, &args.wallet, &args.address, &args.value];
    let others = lists.iter().map(|list| list.len()).sum();
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    std::iter::repeat_n(None, others).chain(args.resume.iter().map(name)).collect()
}

/// An identifier with most of it hidden, whatever its kind turns out to be.
pub(crate) fn masked(identifier: &Identifier) -> String {
    match identifier.kind.parse::<Kind>() {
        Ok(kind) => kind::Identifier::new(kind, identifier.value.as_str()).masked(),
        Err(_) => "***".to_owned(),
    }
}

#[derive(Clone, Copy)]
struct Hints<'a> {
    region: Option<&'a String>,
    asset: Option<&'a String>,
}

impl<'a> Hints<'a> {
    fn of(args: &'a IdentifierArgs) -> Self {
        Self { region: args.region.as_ref(), asset: args.asset.as_ref() }
    }

    /// A hint goes only to the kinds that have a use for it.
    fn identifier(&self, kind: Kind, value: &str) -> Identifier {
        let takes_region = matches!(kind, Kind::Address | Kind::Phone);
        Identifier {
            kind: kind.name().to_owned(),
            value: value.to_owned(),
            region: self.region.filter(|_| takes_region).cloned(),
            asset: self.asset.filter(|_| kind == Kind::Wallet).cloned(),
        }
    }
}

fn flagged(args: &IdentifierArgs) -> Result<Vec<Identifier>, Failure> {
    let kinds_shared = args.stdin.is_some() && args.value.is_empty() && args.kind.len() == 1;
    if args.kind.len() != args.value.len() && !kinds_shared {
        return Err(Failure::new("--kind and --value do not come in pairs")
            .hint("write --kind K --value V for each identifier"));
    }
    let hints = Hints::of(args);
    let lists = [
        (Kind::Email, &args.email),
        (Kind::Phone, &args.phone),
        (Kind::Profile, &args.profile),
        (Kind::Domain, &args.domain),
        (Kind::Wallet, &args.wallet),
        (Kind::Address, &args.address),
    ];
    let named = lists.iter().flat_map(|(kind, values)| values.iter().map(|value| (*kind, value)));
    let pairs = args.kind.iter().copied().zip(&args.value);
    let mut identifiers: Vec<_> = named.chain(pairs).map(|(kind, value)| hints.identifier(kind, value)).collect();
    for path in &args.resume {
        identifiers.push(hints.identifier(Kind::Resume, &document::text(path)?));
    }
    Ok(identifiers)
}

fn piped(args: &IdentifierArgs, console: &mut Console<'_>) -> Result<Vec<Identifier>, Failure> {
    let mut rows = Rows::new(console.stdin()?, Columns::new(&[])?)?;
    let mut identifiers = Vec::new();
    while let Some((number, row)) = rows.next()? {
        let broken = |fault| Failure::new(format_args!("standard input, row {number}: {fault}"));
        let mut row = row.map_err(|fault| broken(fault.to_string()))?;
        let shared = args.kind.first().map(|kind| kind.name().to_owned());
        let kind = row.take(Field::Kind).or(shared).ok_or_else(|| broken("it names no kind".to_owned()))?;
        let value = row.take(Field::Value).ok_or_else(|| broken("it has no value".to_owned()))?;
        let kind: Kind = kind.parse().map_err(|error: kind::UnknownKind| broken(error.to_string()))?;
        let mut identifier = Hints::of(args).identifier(kind, &value);
        identifier.region = row.take(Field::Region).or(identifier.region);
        identifier.asset = row.take(Field::Asset).or(identifier.asset);
        identifiers.push(identifier);
        if identifiers.len() > CHECK_IDENTIFIERS_MAX {
            break;
        }
    }
    Ok(identifiers)
}
