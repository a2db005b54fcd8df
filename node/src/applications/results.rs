//! From documents to texts, and from looked-up identifiers to results in the application's order.

use futures::future::join_all;
use larum_protocol::{
    api::{ApplicationResult, CheckResult, Identifier, Verdict},
    kind::Kind,
    tag::Tags,
};

use super::{Document, LookedUp, ReadDocuments};
use crate::identify;

/// Reads all documents; how many children run at a time is the reader's to say.
pub(super) async fn read(reader: &dyn ReadDocuments, documents: Vec<Document>) -> Vec<ReadDocument> {
    join_all((1..).zip(documents).map(|(number, document)| async move {
        let text = reader.text_of(&document.bytes).await;
        let name = if document.name.is_empty() { format!("document {number}") } else { document.name };
        match text {
            Ok(mut text) => ReadDocument { name, text: Some(std::mem::take(&mut *text)), unreadable: None },
            Err(error) => {
                let why = format!("{error}; {}", error.hint());
                let result = CheckResult::unreadable(Some(Kind::Resume.name()), why, None);
                ReadDocument { name, text: None, unreadable: Some(result) }
            }
        }
    }))
    .await
}

/// What became of a document.
pub(super) struct ReadDocument {
    name: String,
    text: Option<String>,
    unreadable: Option<CheckResult>,
}

impl ReadDocument {
    /// Its text as an identifier.
    pub(super) fn take(&mut self) -> Option<Identifier> {
        let value = self.text.take()?;
        Some(Identifier { kind: Kind::Resume.name().to_owned(), value, region: None, asset: None })
    }
}

/// The identifier with most of it hidden; nothing of a value whose kind is not known.
pub(super) fn masked(asked: &Identifier) -> Option<String> {
    identify::identifier(asked.clone()).ok().map(|identifier| identifier.masked())
}

/// Results in the order of the application, and the tags of each: identifiers, each with its masked form, then documents
/// with their names, then what could not be had.
pub(super) fn in_order(
    LookedUp { results, tags, .. }: LookedUp,
    masked: Vec<Option<String>>,
    documents: Vec<ReadDocument>,
    missing: Vec<String>,
) -> (Vec<ApplicationResult>, Vec<Vec<Tags>>) {
    let mut looked_up = results.into_iter().zip(tags);
    let named = |(masked, (result, tags)): (Option<String>, (CheckResult, Vec<Tags>))| {
        let result = CheckResult { masked: result.masked.clone().or(masked), ..result };
        (ApplicationResult { document: None, result }, tags)
    };
    let mut results: Vec<_> = masked.into_iter().zip(looked_up.by_ref()).map(named).collect();
    results.extend(documents.into_iter().map(|ReadDocument { name, unreadable, .. }| {
        let missing = || (CheckResult::plain(Kind::Resume.name(), Verdict::Unknown), Vec::new());
        let (result, tags) = match unreadable {
            Some(result) => (result, Vec::new()),
            None => looked_up.next().unwrap_or_else(missing),
        };
        (ApplicationResult { document: Some(name), result }, tags)
    }));
    let unread = |why| ApplicationResult { document: None, result: CheckResult::unreadable(None, why, None) };
    results.extend(missing.into_iter().map(|why| (unread(why), Vec::new())));
    results.into_iter().unzip()
}
