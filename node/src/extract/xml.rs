//! The text of XML parts of documents, event by event: no tree, no recursion.
//!
//! Invariant: no entity but XML's own five and characters by number is ever replaced, and nothing external is read. A
//! part that declares a document type is refused: neither format has one, so it is an attack.

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};

use super::{ExtractError, text::Text};

/// Blanks that one element of ODT may stand for: wider than any page.
const BLANKS_MAX: usize = 200;

/// Whose element names.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Dialect {
    Docx,
    Odt,
}

/// Adds the text of a part.
pub(super) fn read(dialect: Dialect, part: &str, text: &mut Text) -> Result<(), ExtractError> {
    let mut walk = Walk { dialect, text, depth: 0, textual: 0, skipped_from: None };
    each(part, |event| walk.take(event))
}

/// Where the relations of a package say that its document lies.
pub(super) fn main_part(relations: &str) -> Result<Option<String>, ExtractError> {
    let mut found = None;
    each(relations, |event| {
        if let Event::Start(element) | Event::Empty(element) = event {
            let is_main = attribute(element, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"));
            if is_main && found.is_none() {
                found = attribute(element, "Target").map(|target| target.trim_start_matches('/').to_owned());
            }
        }
        Ok(())
    })?;
    Ok(found)
}

fn each(part: &str, mut take: impl FnMut(&Event<'_>) -> Result<(), ExtractError>) -> Result<(), ExtractError> {
    let mut reader = Reader::from_str(part);
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event().map_err(|_| ExtractError::Damaged)?;
        match &event {
            Event::DocType(_) => return Err(ExtractError::Damaged),
            // An end that is missing is a part that was cut short.
            Event::Eof => return if depth == 0 { Ok(()) } else { Err(ExtractError::Damaged) },
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        take(&event)?;
    }
}

fn attribute(element: &BytesStart<'_>, local: &str) -> Option<String> {
    let attributes = element.attributes().flatten();
    let mut named = attributes.filter(|attribute| attribute.key.local_name().as_ref() == local);
    named.next().map(|attribute| attribute.value.to_string())
}

struct Walk<'t> {
    dialect: Dialect,
    text: &'t mut Text,
    /// Elements that are open.
    depth: usize,
    /// Of these, elements whose characters are text.
    textual: usize,
    /// The depth of the element that is left out with all that it holds.
    skipped_from: Option<usize>,
}

impl Walk<'_> {
    fn take(&mut self, event: &Event<'_>) -> Result<(), ExtractError> {
        match event {
            Event::Start(element) => {
                self.depth += 1;
                self.open(element)
            }
            Event::Empty(element) => {
                let is_shown = self.skipped_from.is_none();
                if is_shown { self.sign(element) } else { Ok(()) }
            }
            Event::End(element) => {
                let closed = self.close(element.local_name().as_ref());
                self.depth = self.depth.saturating_sub(1);
                closed
            }
            Event::Text(characters) if self.is_text() => self.text.push_str(&characters.xml10_content()),
            Event::CData(characters) if self.is_text() => self.text.push_str(&characters.xml10_content()),
            Event::GeneralRef(reference) if self.is_text() => match character(reference) {
                Some(letter) => self.text.push(letter),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    const fn is_text(&self) -> bool {
        self.textual > 0 && self.skipped_from.is_none()
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), ExtractError> {
        if self.skipped_from.is_some() {
            return Ok(());
        }
        let name = element.local_name();
        match (self.dialect, name.as_ref()) {
            // The same box again for older programs; text that was moved away; changes; remarks.
            (Dialect::Docx, "Fallback" | "moveFrom") | (Dialect::Odt, "tracked-changes" | "annotation") => {
                self.skipped_from = Some(self.depth);
            }
            (Dialect::Docx, "t") => self.textual += 1,
            (Dialect::Odt, "p" | "h") => self.textual += 1,
            _ => return self.sign(element),
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), ExtractError> {
        if let Some(from) = self.skipped_from {
            if from == self.depth {
                self.skipped_from = None;
            }
            return Ok(());
        }
        match (self.dialect, name) {
            (Dialect::Docx, "t") => self.textual = self.textual.saturating_sub(1),
            (Dialect::Docx, "p") => return self.text.end_line(),
            (Dialect::Odt, "p" | "h") => {
                self.textual = self.textual.saturating_sub(1);
                return self.text.end_line();
            }
            _ => {}
        }
        Ok(())
    }

    /// Elements that stand for a character.
    fn sign(&mut self, element: &BytesStart<'_>) -> Result<(), ExtractError> {
        match (self.dialect, element.local_name().as_ref()) {
            (Dialect::Docx, "tab" | "ptab") => self.text.push('\t'),
            (Dialect::Docx, "br" | "cr") => self.text.push('\n'),
            (Dialect::Docx, "noBreakHyphen") => self.text.push('-'),
            (Dialect::Odt, "tab") if self.textual > 0 => self.text.push('\t'),
            (Dialect::Odt, "line-break") if self.textual > 0 => self.text.push('\n'),
            (Dialect::Odt, "s") if self.textual > 0 => {
                let blanks = attribute(element, "c").and_then(|blanks| blanks.parse().ok()).unwrap_or(1);
                self.text.push_str(&" ".repeat(blanks.min(BLANKS_MAX)))
            }
            _ => Ok(()),
        }
    }
}

/// A character by its number, or one of XML's own five names.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return Some(letter);
    }
    match &**reference {
        "amp" => Some('&'),
        "apos" => Some('\''),
        "gt" => Some('>'),
        "lt" => Some('<'),
        "quot" => Some('"'),
        _ => None,
    }
}
