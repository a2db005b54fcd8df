//! RTF 1.9: its text.
//!
//! Read here and not by a crate: what there is (rtf-parser) knows one code page and builds a tree of styles, where all
//! that is wanted is the letters.
//! Invariant: one pass, no recursion; groups are bounded in depth.

mod control;
mod words;

use encoding_rs::Encoding;

use self::{
    control::{Control, Cursor},
    words::Word,
};
use super::{ExtractError, text::Text};

/// Groups within groups: word processors write some twenty.
const DEPTH_MAX: usize = 4096;
/// Fonts of one document: word processors list those in use.
const FONTS_MAX: usize = 4096;

pub(super) fn read(document: &[u8], text: &mut Text) -> Result<(), ExtractError> {
    let mut cursor = Cursor::new(document);
    let mut reader = Reader::new(text);
    while let Some(control) = cursor.next() {
        reader.take(control)?;
        if reader.is_done {
            return Ok(());
        }
    }
    Err(ExtractError::Damaged) // the first group was never closed, so something is missing
}

/// What a group says of the letters in it; what is within inherits it.
#[derive(Clone)]
struct Group {
    /// A destination without text.
    is_hidden: bool,
    /// Hidden or deleted by its formatting.
    is_veiled: bool,
    is_font_table: bool,
    /// Characters after `\u` that stand for it in old readers.
    fallback: usize,
    encoding: &'static Encoding,
}

struct Reader<'t> {
    text: &'t mut Text,
    groups: Vec<Group>,
    default: &'static Encoding,
    fonts: Vec<(i32, &'static Encoding)>,
    /// The font that the table describes just now.
    font: Option<i32>,
    /// Bytes that wait for the rest of their letter.
    pending: Vec<u8>,
    /// The first half of a letter beyond the first plane.
    surrogate: Option<u16>,
    /// Characters to leave out after `\u`.
    skip: usize,
    is_starred: bool,
    is_done: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t mut Text) -> Self {
        Self {
            text,
            groups: Vec::new(),
            default: encoding_rs::WINDOWS_1252,
            fonts: Vec::new(),
            font: None,
            pending: Vec::new(),
            surrogate: None,
            skip: 0,
            is_starred: false,
            is_done: false,
        }
    }

    fn take(&mut self, control: Control<'_>) -> Result<(), ExtractError> {
        if !matches!(control, Control::Byte(_)) {
            self.flush()?;
        }
        let starred = std::mem::take(&mut self.is_starred);
        match control {
            Control::Open => self.open(),
            Control::Close => self.close(),
            Control::Star => {
                self.is_starred = true;
                Ok(())
            }
            Control::Byte(byte) => self.byte(byte),
            Control::Sign(letter) => self.letter(letter),
            Control::Word(name, value) => self.word(name, value, starred),
        }
    }

    fn open(&mut self) -> Result<(), ExtractError> {
        if self.groups.len() >= DEPTH_MAX {
            return Err(ExtractError::Damaged);
        }
        self.skip = 0;
        let outer =
            Group { is_hidden: false, is_veiled: false, is_font_table: false, fallback: 1, encoding: self.default };
        self.groups.push(self.groups.last().cloned().unwrap_or(outer));
        Ok(())
    }

    fn close(&mut self) -> Result<(), ExtractError> {
        self.skip = 0;
        self.groups.pop().ok_or(ExtractError::Damaged)?;
        self.is_done = self.groups.is_empty();
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), ExtractError> {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.is_shown() {
            self.pending.push(byte);
            if self.pending.len() >= 4096 && byte.is_ascii() {
                return self.flush();
            }
        }
        Ok(())
    }

    /// Decodes the bytes that came together: letters of some code pages have two.
    fn flush(&mut self) -> Result<(), ExtractError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.surrogate = None;
        let encoding = self.groups.last().map_or(self.default, |group| group.encoding);
        let done = self.text.push_str(&encoding.decode_without_bom_handling(&self.pending).0);
        self.pending.clear();
        done
    }

    fn letter(&mut self, letter: char) -> Result<(), ExtractError> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        if self.is_shown() { self.text.push(letter) } else { Ok(()) }
    }

    fn is_shown(&self) -> bool {
        self.groups.last().is_some_and(|group| !group.is_hidden && !group.is_veiled)
    }

    fn word(&mut self, name: &str, value: Option<i32>, starred: bool) -> Result<(), ExtractError> {
        let shown = self.is_shown();
        let Some(group) = self.groups.last_mut() else { return Err(ExtractError::Damaged) };
        match words::meaning(name) {
            Word::CodePage => {
                self.default = value.and_then(words::code_page).unwrap_or(self.default);
                group.encoding = self.default;
            }
            Word::Charset => {
                if let (Some(font), Some(encoding)) = (self.font, value.and_then(words::charset))
                    && self.fonts.len() < FONTS_MAX
                {
                    self.fonts.push((font, encoding));
                }
            }
            Word::Fallback => group.fallback = value.and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
            Word::Font if group.is_font_table => self.font = value,
            Word::Font => {
                let known = self.fonts.iter().find(|(font, _)| Some(*font) == value);
                group.encoding = known.map_or(self.default, |(_, encoding)| *encoding);
            }
            Word::FontTable => (group.is_hidden, group.is_font_table) = (true, true),
            Word::Hidden => group.is_hidden = true,
            Word::Plain => group.is_veiled = false,
            Word::VeiledIf => group.is_veiled = value != Some(0),
            Word::Shown => {} // a destination that old readers leave out, and that holds text
            Word::Unicode => {
                self.skip = group.fallback;
                if shown {
                    return self.unicode(value.unwrap_or(0));
                }
            }
            Word::Text(letters) if shown => return self.text.push_str(letters),
            Word::Text(_) => {}
            Word::Other if starred => group.is_hidden = true,
            Word::Other => {}
        }
        Ok(())
    }

    fn unicode(&mut self, value: i32) -> Result<(), ExtractError> {
        // Numbers above 32,767 are written as negative ones.
        let unit = u16::try_from(value.rem_euclid(0x1_0000)).unwrap_or(0);
        let units = match self.surrogate.take() {
            Some(first) => vec![first, unit],
            None if (0xd800..0xdc00).contains(&unit) => {
                self.surrogate = Some(unit);
                return Ok(());
            }
            None => vec![unit],
        };
        self.text.push_str(&String::from_utf16_lossy(&units))
    }
}
