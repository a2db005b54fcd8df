//! A handle by its platform's own rule: which letters, how many, whether case counts.

use super::platform::{Letters, Platform, by_host};
use crate::kind::canonical::Notes;
use crate::kind::clean::is_ascii_word;
use crate::kind::{KindError, host};
use unicode_normalization::UnicodeNormalization;

/// `platform:handle` for a handle as written.
pub(super) fn read(platform: &Platform, written: &str, notes: &mut Notes) -> Result<String, KindError> {
    let written = written.trim();
    if let Some(id) = (platform.opaque)(written).filter(|id| !starts_an_address(id)) {
        notes.add_if(platform.name == "linkedin", "linkedin's opaque ids keep their case");
        return Ok(format!("{}:{id}", platform.name));
    }
    let bare = bare(platform, written);
    let folded: String = match platform.name {
        "stackoverflow" => bare.to_owned(),
        _ => bare.to_lowercase().nfc().collect(),
    };
    notes.add_if(folded != bare, platform.case_note());
    let handle = if platform.name == "facebook" { folded.replace('.', "") } else { folded };
    if !fits(platform, &handle) {
        return Err(KindError::ProfileHandle);
    }
    if platform.reserved.contains(&handle.as_str()) || starts_an_address(&handle) {
        return Err(KindError::ProfileReserved);
    }
    let sigil = if platform.name == "youtube" { "@" } else { "" };
    Ok(format!("{}:{sigil}{handle}", platform.name))
}

/// Whether a platform's own host stands in the place of a handle: it is read as the start of an address.
pub(super) fn starts_an_address(text: &str) -> bool {
    host::web_address(text).is_some_and(|address| by_host(&address.host.to_ascii_lowercase()).is_some())
}

/// The handle without the sign before it; Upwork's pages once had a name before the sign too.
fn bare<'a>(platform: &Platform, written: &'a str) -> &'a str {
    if platform.name == "upwork" {
        return written.rsplit('~').next().unwrap_or(written);
    }
    // Discord shows `jane#0` where a name of old would have its number: the account has a name of the new sort.
    let written = if platform.name == "discord" { written.strip_suffix("#0").unwrap_or(written) } else { written };
    let sigil = if platform.sigil.is_empty() { "@" } else { platform.sigil };
    written.strip_prefix(sigil).or_else(|| written.strip_prefix('@')).unwrap_or(written)
}

fn fits(platform: &Platform, handle: &str) -> bool {
    let is_made_of = match platform.letters {
        Letters::Digits => handle.bytes().all(|byte| byte.is_ascii_digit()),
        Letters::Ascii(signs) => is_ascii_word(handle, signs.as_bytes()),
        // LinkedIn and Behance have handles in any script, and LinkedIn in emoji.
        Letters::AnyScript => handle.chars().all(|letter| {
            letter.is_alphanumeric() || "-_".contains(letter) || !(letter.is_ascii() || letter.is_whitespace())
        }),
    };
    // A dot at the end belongs to the sentence around a handle, and is taken off wherever it is seen.
    let has_sound_ends = !handle.starts_with(['-', '.']) && !handle.ends_with('.');
    is_made_of && platform.length.contains(&handle.chars().count()) && has_sound_ends
}
