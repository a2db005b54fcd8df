//! An address out of what people paste: display names, comments, quotes, `mailto:` links (RFC 5322, 6068, 6531).

use super::Mailbox;
use crate::kind::canonical::Notes;
use crate::kind::clean::{self, fold_case};
use crate::kind::{Kind, KindError, host};

/// The longest part before the at-sign, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// The mailbox in a value, its local part in lower case and its domain in A-labels.
pub(super) fn mailbox(value: &str, notes: &mut Notes) -> Result<Mailbox, KindError> {
    let link = unlink(value, notes)?;
    // `<mailto:...>`: the link may stand inside the brackets.
    let link = unlink(strip_display_name(&link, notes)?, notes)?;
    let address = strip_comments(&link, notes)?;
    let (local, domain) = split(address.trim())?;
    let local = unquote(local.trim(), notes)?;
    let folded = fold_case(&local);
    notes.add_if(folded != local, "the part before the @ is written in lower case");
    if !is_local_part(&folded) {
        return Err(KindError::EmailLocalPart);
    }
    let domain = domain.trim();
    let ascii = host::to_ascii(domain).ok_or(KindError::EmailDomain)?;
    notes.add_if(ascii != domain, "the domain is written in lower case and A-labels");
    Ok(Mailbox { local: folded, domain: ascii })
}

/// What a `mailto:` link points to, without its headers.
fn unlink(value: &str, notes: &mut Notes) -> Result<String, KindError> {
    let value = value.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';'));
    match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => {
            notes.add("mailto: is removed");
            // `mailto://` has no authority (RFC 6068), and people write it all the same.
            let target = value[7..].trim_start_matches('/').split(['?', '#']).next().unwrap_or_default();
            let decoded = host::percent_decode(target).ok_or(KindError::EmailLocalPart)?;
            // What was encoded has not been through the cleaning that the rest of the value has.
            Ok(clean::one_form(Kind::Email, &decoded))
        }
        _ => Ok(value.to_owned()),
    }
}

/// `Jane Doe <jane@corp.example>` without the name, and an address in quotes without the quotes.
fn strip_display_name<'a>(value: &'a str, notes: &mut Notes) -> Result<&'a str, KindError> {
    if let Some(inner) = value.strip_suffix('>') {
        let (name, address) = inner.rsplit_once('<').ok_or(KindError::EmailLocalPart)?;
        if name.contains('>') {
            return Err(KindError::EmailTwoAts);
        }
        notes.add("the display name is removed");
        return Ok(address.trim());
    }
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201C}', '\u{201D}'), ('\u{2018}', '\u{2019}')] {
        let inner = value.strip_prefix(open).and_then(|value| value.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains([open, close])) {
            notes.add("quotes are removed");
            return Ok(inner.trim());
        }
    }
    Ok(value)
}

/// Removes comments in parentheses, which nest, outside quoted strings (RFC 5322, 3.2.2).
fn strip_comments(value: &str, notes: &mut Notes) -> Result<String, KindError> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    let mut kept = String::with_capacity(value.len());
    for letter in value.chars() {
        let literal = escaped;
        escaped = letter == '\\' && !literal;
        match letter {
            '"' if depth == 0 && !literal => quoted = !quoted,
            '(' if !quoted && !literal => depth += 1,
            ')' if !quoted && !literal => {
                depth = depth.checked_sub(1).ok_or(KindError::EmailLocalPart)?;
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            kept.push(letter);
        }
    }
    if depth != 0 || quoted {
        return Err(KindError::EmailLocalPart);
    }
    notes.add_if(kept.len() != value.len(), "comments are removed");
    Ok(kept)
}

fn split(address: &str) -> Result<(&str, &str), KindError> {
    let (local, domain) = address.split_once('@').ok_or(KindError::EmailNoAt)?;
    // A quoted part may hold an at-sign by the letter of RFC 5321; in what people type it is two addresses.
    if domain.contains('@') { Err(KindError::EmailTwoAts) } else { Ok((local, domain)) }
}

/// `"jane.doe"` without its quotes; what is not a mailbox name without them is refused further on.
fn unquote(local: &str, notes: &mut Notes) -> Result<String, KindError> {
    let Some(inner) = local.strip_prefix('"').and_then(|local| local.strip_suffix('"')) else {
        return Ok(local.to_owned());
    };
    notes.add("quotes are removed");
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(letters.next().ok_or(KindError::EmailLocalPart)?),
            _ => plain.push(letter),
        }
    }
    Ok(plain)
}

/// A dot-atom (RFC 5322, 3.2.3), with letters of any script (RFC 6531).
pub(super) fn is_local_part(local: &str) -> bool {
    local.len() <= LOCAL_BYTES_MAX
        && local.split('.').all(|atom| {
            !atom.is_empty() && atom.chars().all(|letter| letter.is_alphanumeric() || is_other_atext(letter))
        })
}

fn is_other_atext(letter: char) -> bool {
    // Combining marks belong to the letter before them; NFKC leaves those that have no composed form.
    "!#$%&'*+-/=?^_`{|}~".contains(letter) || unicode_normalization::char::is_combining_mark(letter)
}
