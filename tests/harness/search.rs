//! Looks for identifiers where none may be: in every file, every log line, every packet, in every usual disguise.

use std::{
    fs,
    path::{Path, PathBuf},
};

use data_encoding::{BASE64, HEXLOWER};
use memchr::memmem::Finder;

/// What is looked for: each text as UTF-8 and UTF-16, as hex, as base64 at each of its three alignments, and escaped
/// for a URL.
#[derive(Debug)]
pub struct Needles(Vec<Needle>);

#[derive(Debug)]
struct Needle {
    what: String,
    finder: Finder<'static>,
    /// Base64 tells capitals from small letters; everything else is compared in small letters.
    exact: bool,
}

impl Needles {
    /// Every disguise of every text.
    pub fn of<T: AsRef<str>>(texts: &[T]) -> Self {
        Self(texts.iter().flat_map(|text| disguises(text.as_ref())).collect())
    }

    /// The disguises that occur in some bytes.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let small = bytes.to_ascii_lowercase();
        let occurs = |needle: &&Needle| needle.finder.find(if needle.exact { bytes } else { &small }).is_some();
        self.0.iter().filter(occurs).map(|needle| needle.what.as_str()).collect()
    }

    /// Files below `folder` in which something occurs, with what does.
    pub fn found_below(&self, folder: &Path) -> Vec<(PathBuf, Vec<&str>)> {
        let mut found = Vec::new();
        for path in files_below(folder) {
            let bytes = fs::read(&path).unwrap_or_default(); // one that went away meanwhile holds nothing
            let hits = self.found_in(&bytes);
            if !hits.is_empty() {
                found.push((path, hits));
            }
        }
        found
    }
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn disguises(text: &str) -> Vec<Needle> {
    let text = text.to_lowercase();
    let wide = |swap: bool| -> Vec<u8> {
        let unit = |unit: u16| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(unit).collect()
    };
    let escaped =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") };
    let mut needles = vec![
        needle("UTF-8", text.as_bytes(), false),
        needle("UTF-16 LE", &wide(false), false),
        needle("UTF-16 BE", &wide(true), false),
        needle("hex", HEXLOWER.encode(text.as_bytes()).as_bytes(), false),
        needle("URL", text.bytes().map(escaped).collect::<String>().as_bytes(), false),
    ];
    needles.extend((0..3).map(|skipped| needle("base64", base64_at(text.as_bytes(), skipped).as_bytes(), true)));
    needles.dedup_by(|one, other| one.finder.needle() == other.finder.needle());
    needles
}

fn needle(form: &str, bytes: &[u8], exact: bool) -> Needle {
    Needle { what: form.to_owned(), finder: Finder::new(bytes).into_owned(), exact }
}

/// What base64 makes of `bytes` when so many others stand before them, without what depends on neighbours.
fn base64_at(bytes: &[u8], skipped: usize) -> String {
    let padded = [&[0; 2][..skipped], bytes].concat();
    let whole = padded.len() / 3 * 3;
    let text = BASE64.encode(&padded[..whole]);
    text[if skipped == 0 { 0 } else { 4 }..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disguise_is_found_and_nothing_else() {
        let needles = Needles::of(&["kim.p@mail.example.org"]);
        let hidden = "xx Kim.P@mail.example.org yy";
        for skipped in 0..3 {
            let encoded = BASE64.encode(&[&b"abc"[..skipped], b"kim.p@mail.example.org tail"].concat());
            assert!(!needles.found_in(encoded.as_bytes()).is_empty(), "base64 behind {skipped} bytes");
        }
        assert_eq!(needles.found_in(hidden.as_bytes()), ["UTF-8"]);
        assert_eq!(needles.found_in(HEXLOWER.encode(hidden.to_lowercase().as_bytes()).as_bytes()), ["hex"]);
        assert!(!needles.found_in(&hidden.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).is_empty());
        assert_eq!(needles.found_in(b"q=kim%2Ep%40mail%2Eexample%2Eorg&"), ["URL"]);
        assert!(needles.found_in(b"kim at mail.example.org").is_empty());
    }
}
