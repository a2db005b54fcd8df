//! DOCX (ECMA-376) and ODT (ISO 26300): XML parts in a ZIP.
//!
//! Invariant: parts are unpacked into one budget, so that a bomb ends there. Nothing but parts with text is unpacked.

use std::{
    borrow::Cow,
    io::{Cursor, Read as _},
};

use zip::{ZipArchive, result::ZipError};

use super::{
    ExtractError, plain,
    text::Text,
    xml::{self, Dialect},
};

/// Bytes of all parts, unpacked: XML is some twenty times as long as its text in bad cases, and packed a fiftieth.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Headers, footers and notes that are read: three kinds for each of many sections.
const SIDE_PARTS_MAX: usize = 256;

pub(super) fn read(document: &[u8], text: &mut Text) -> Result<(), ExtractError> {
    let archive = ZipArchive::new(Cursor::new(document)).map_err(of_zip)?;
    let mut parts = Parts { archive, budget: UNPACKED_BYTES_MAX };
    match parts.text("mimetype")? {
        Some(kind) if kind.trim().starts_with("application/vnd.oasis.opendocument.text") => odt(&mut parts, text),
        Some(_) => Err(ExtractError::Unknown),
        None => docx(&mut parts, text),
    }
}

fn docx(parts: &mut Parts<'_>, text: &mut Text) -> Result<(), ExtractError> {
    let relations = parts.text("_rels/.rels")?.ok_or(ExtractError::Unknown)?;
    let main = xml::main_part(&relations)?.unwrap_or_else(|| "word/document.xml".to_owned());
    if !main.starts_with("word/") {
        return Err(ExtractError::Unknown); // a spreadsheet, slides, or no document at all
    }
    let body = parts.text(&main)?.ok_or(ExtractError::Damaged)?;
    // The same header stands once for first, odd and even pages.
    let mut seen: Vec<String> = Vec::new();
    for name in parts.side_parts() {
        let side = parts.text(&name)?.unwrap_or_default();
        let mut read = Text::default();
        xml::read(Dialect::Docx, &side, &mut read)?;
        match read.finish() {
            Ok(read) if !seen.contains(&read) => seen.push(read),
            Ok(_) | Err(ExtractError::NoText) => {}
            Err(error) => return Err(error),
        }
    }
    xml::read(Dialect::Docx, &body, text)?;
    seen.iter().try_for_each(|side| text.end_line().and_then(|()| text.push_str(side)))
}

fn odt(parts: &mut Parts<'_>, text: &mut Text) -> Result<(), ExtractError> {
    let manifest = parts.text("META-INF/manifest.xml")?.unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(ExtractError::Encrypted);
    }
    let body = parts.text("content.xml")?.ok_or(ExtractError::Damaged)?;
    xml::read(Dialect::Odt, &body, text)?;
    // Headers and footers are kept among the styles.
    match parts.text("styles.xml")? {
        Some(styles) => text.end_line().and_then(|()| xml::read(Dialect::Odt, &styles, text)),
        None => Ok(()),
    }
}

struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    budget: usize,
}

impl Parts<'_> {
    /// A part as text, if there is one of that name.
    fn text(&mut self, name: &str) -> Result<Option<String>, ExtractError> {
        let part = match self.archive.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(of_zip(error)),
        };
        let mut bytes = Vec::new();
        // The length that the file claims is the sender's word; what comes out is counted.
        part.take(self.budget as u64 + 1).read_to_end(&mut bytes).map_err(|_| ExtractError::Damaged)?;
        self.budget = self.budget.checked_sub(bytes.len()).ok_or(ExtractError::UnpacksTooFar)?;
        Ok(Some(plain::decode(&bytes, None).into_owned()))
    }

    /// Headers, footers and notes, in the order of their names.
    fn side_parts(&self) -> Vec<String> {
        let is_side = |name: &String| {
            let name = name.strip_prefix("word/").and_then(|name| name.strip_suffix(".xml"));
            name.is_some_and(|name| {
                ["header", "footnotes", "endnotes", "footer"].iter().any(|kind| name.starts_with(kind))
            })
        };
        let mut names: Vec<_> = self.archive.file_names().flatten().map(Cow::into_owned).filter(is_side).collect();
        names.sort_unstable();
        names.truncate(SIDE_PARTS_MAX);
        names
    }
}

fn of_zip(error: ZipError) -> ExtractError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ExtractError::Encrypted
        }
        _ => ExtractError::Damaged,
    }
}
