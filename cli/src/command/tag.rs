//! `larum tag`: what would leave this node, so that people can see why two spellings match.
//!
//! Works offline and beside a running node: it reads the roster and the salt from the data folder, and writes nothing. Where
//! custody is split stewards have to help, so that the running node is asked.
//! Invariant: one line out for each line in, in order; a line that cannot be read is answered in its place.

use std::collections::BTreeMap;

use larum_node::secrets::Secrets;
use larum_protocol::{
    api::{self, TagsAnswer, TagsRequest, TagsResult, path},
    kind::{Canonical, Derivation, Identifier, Kind},
    roster::{Epoch, Roster},
    tag::{Salt, TagError, Tagger, Tags},
};
use serde::Serialize;

use super::Session;
use crate::{
    Status,
    args::TagArgs,
    client::Client,
    error::Failure,
    input::{Columns, Field, Row, Rows},
    output::{plain, wrap},
};

/// Letters of a kind that nobody knows which are repeated: more may be a value that stands in the wrong place.
const UNKNOWN_KIND_CHARS_MAX: usize = 16;

/// A canonical form: its text, or of a resume the exact digest and then each band in the order of their numbers.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Text(String),
    Texts(Vec<String>),
}

impl Shown {
    fn of(canonical: &Canonical) -> Self {
        let text = canonical.text().to_owned();
        match canonical.kind() {
            Kind::Resume => {
                let bands = canonical.derived().iter().map(|form| form.text().to_owned());
                Self::Texts(std::iter::once(text).chain(bands).collect())
            }
            _ => Self::Text(text),
        }
    }

    fn texts(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Texts(texts) => texts,
        }
    }
}

/// One line of the answer.
#[derive(Serialize)]
struct Line {
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    derived: Option<Vec<DerivedForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A wider text that has a tag of its own.
#[derive(Serialize)]
struct DerivedForm {
    derivation: String,
    canonical: String,
}

pub(crate) fn run(args: TagArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let tagging = Tagging {
        explain: args.explain,
        show_canonical: args.explain || args.canonical,
        taggers: if args.canonical { None } else { Some(Taggers::load(session)?) },
    };
    match (args.kind, args.value) {
        (Some(kind), Some(value)) => {
            let identifier = Identifier { kind, value, region: args.region, asset: args.asset };
            one(&identifier, tagging, session)
        }
        _ => every_line(tagging, session),
    }
}

fn one(identifier: &Identifier, mut tagging: Tagging, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let line = tagging.line(identifier);
    if let Some(error) = &line.error {
        return Err(Failure::new(format_args!("{} {}: {error}", identifier.kind, plain(&identifier.masked()))));
    }
    match session.global.json {
        true => session.console.json_line(&line)?,
        false => session.console.line(&text(&line))?,
    }
    Ok(Status::Ok)
}

fn every_line(mut tagging: Tagging, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut rows = Rows::json_lines(session.console.stdin()?, Columns::new(&[])?);
    while let Some((_, row)) = rows.next()? {
        let line = match row {
            Ok(row) => match identifier(row) {
                Ok(identifier) => tagging.line(&identifier),
                Err(line) => *line,
            },
            Err(fault) => Line::error(None, fault.to_string()),
        };
        session.console.json_line(&line)?;
    }
    Ok(Status::Ok)
}

fn identifier(mut row: Row) -> Result<Identifier, Box<Line>> {
    let named = row.take(Field::Kind);
    let kind = match named.as_deref().map(str::parse::<Kind>) {
        Some(Ok(kind)) => kind,
        Some(Err(error)) => return Err(Box::new(Line::error(named.filter(|name| is_word(name)), error.to_string()))),
        None => return Err(Box::new(Line::error(None, "the line names no kind".to_owned()))),
    };
    Ok(Identifier {
        kind,
        value: row.take(Field::Value).unwrap_or_default(),
        region: row.take(Field::Region),
        asset: row.take(Field::Asset),
    })
}

fn is_word(text: &str) -> bool {
    text.len() <= UNKNOWN_KIND_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// What is asked for, and what it takes.
struct Tagging {
    explain: bool,
    show_canonical: bool,
    taggers: Option<Taggers>,
}

impl Tagging {
    fn line(&mut self, identifier: &Identifier) -> Line {
        let kind = Some(identifier.kind.name().to_owned());
        let canonical = match identifier.canonical() {
            Ok(canonical) => canonical,
            Err(error) => return Line::error(kind, error.to_string()),
        };
        let tags = match self.taggers.as_mut().map(|taggers| taggers.tags(identifier, &canonical)).transpose() {
            Ok(tags) => tags,
            Err(error) => return Line::error(kind, error),
        };
        Line {
            kind,
            tags,
            canonical: self.show_canonical.then(|| Shown::of(&canonical)),
            rules: self.explain.then(|| canonical.notes().iter().map(ToString::to_string).collect()),
            derived: (self.explain && !canonical.derived().is_empty() && canonical.kind() != Kind::Resume)
                .then(|| derived(&canonical)),
            error: None,
        }
    }
}

fn derived(canonical: &Canonical) -> Vec<DerivedForm> {
    let name = |derivation| match derivation {
        Derivation::Band(band) => format!("band {band}"),
        Derivation::PlusTag => "without its plus tag".to_owned(),
        Derivation::Prefix64 => "its /64 network".to_owned(),
    };
    let form = |form: &larum_protocol::kind::Derived| DerivedForm {
        derivation: name(form.derivation()),
        canonical: form.text().to_owned(),
    };
    canonical.derived().iter().map(form).collect()
}

impl Line {
    fn error(kind: Option<String>, error: String) -> Self {
        Self { kind, tags: None, canonical: None, rules: None, derived: None, error: Some(error) }
    }
}

/// The live epochs' taggers, made once for each kind that comes up.
struct Taggers {
    roster: Roster,
    secrets: Secrets,
    made: BTreeMap<Kind, Vec<Tagger>>,
    node: Client,
}

impl Taggers {
    fn load(session: &Session<'_, '_>) -> Result<Self, Failure> {
        let folder = session.folder()?;
        let chain = folder.chain()?.ok_or_else(|| {
            Failure::new("the data folder belongs to no consortium yet, so there is no salt")
                .hint("found or join one, or pass --canonical for the canonical form alone")
        })?;
        let secrets = folder.secrets()?;
        Ok(Self { roster: chain.roster().clone(), secrets, made: BTreeMap::new(), node: session.client()? })
    }

    /// The subject's tag in every live epoch, the newest first, then the derived forms'.
    fn tags(&mut self, identifier: &Identifier, canonical: &Canonical) -> Result<Vec<String>, String> {
        match self.tags_here(canonical) {
            Err(TagError::NeedsStewards(_)) => self.tags_by_the_node(identifier),
            tags => tags.map_err(|error| error.to_string()),
        }
    }

    fn tags_by_the_node(&self, identifier: &Identifier) -> Result<Vec<String>, String> {
        let Identifier { kind, value, region, asset } = identifier.clone();
        let identifier = api::Identifier { kind: kind.name().to_owned(), value, region, asset };
        let request = TagsRequest { identifiers: vec![identifier] };
        let answer: TagsAnswer = self.node.post(path::TAGS, &request).map_err(|error| error.to_string())?;
        let TagsResult { tags, error } = answer.results.into_iter().next().unwrap_or_default();
        tags.ok_or_else(|| error.unwrap_or_else(|| "the node's answer was not understood".to_owned()))
    }

    fn tags_here(&mut self, canonical: &Canonical) -> Result<Vec<String>, TagError> {
        let kind = canonical.kind();
        if !self.made.contains_key(&kind) {
            let made = self.make(kind)?;
            self.made.insert(kind, made);
        }
        let tags: Vec<Tags> = self.made[&kind].iter().map(|tagger| tagger.tags(canonical)).collect::<Result<_, _>>()?;
        let subjects = tags.iter().map(|tags| tags.subject);
        let derived = tags.iter().flat_map(|tags| tags.derived.iter().map(|form| form.tag));
        Ok(subjects.chain(derived).map(|tag| tag.to_string()).collect())
    }

    fn make(&self, kind: Kind) -> Result<Vec<Tagger>, TagError> {
        let policy = self.roster.policy.kind(kind.number()).ok_or(TagError::KindNotUsed(kind))?;
        let tagger = |epoch: &Epoch| {
            let salt = self.secrets.salts.get(&epoch.number).ok_or(TagError::NoSalt(epoch.number))?;
            let hardening = policy.custody.hardening(epoch.stewards.is_some());
            Ok(Tagger::new(&Salt::new(*salt), epoch.number, kind, hardening))
        };
        self.roster.epochs.iter().rev().map(tagger).collect()
    }
}

fn text(line: &Line) -> String {
    let mut lines = Vec::new();
    for tag in line.tags.iter().flatten() {
        lines.push(format!("tag        {tag}"));
    }
    for canonical in line.canonical.iter().flat_map(Shown::texts) {
        lines.push(format!("canonical  {}", plain(canonical)));
    }
    for rule in line.rules.iter().flatten() {
        lines.push(format!("rule       {}", wrap(rule, 11).trim_start()));
    }
    for form in line.derived.iter().flatten() {
        lines.push(format!("also       {} ({})", plain(&form.canonical), form.derivation));
    }
    lines.join("\n")
}
