//! Profiles: a platform and the handle or numeric id of an account on it.
//!
//! Forms read: the platform's own addresses (any country's or mobile host, language, sub-page, tracking, percent
//! encoding), `platform:handle`, `platform handle`, `platform/handle`.
//! Canonical: `platform:handle`, the handle in lower case where the platform ignores case.
//! Merged: everything that leads to one account by its address alone.
//! Kept apart: a handle and the numeric id of the same account, which only the platform can connect.
//! Refused: pages that are not an account's, hosts that only look like a platform's, platforms without a rule.
//! The platforms and their rules are the table in `profile/platform.rs`.

mod handle;
mod platform;

use std::borrow::Cow;

use self::platform::Platform;
use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{Kind, KindError, clean, host};

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let value = host::refang(input.value);
    let value = host::trim_punctuation(&value);
    let text = match named(value) {
        Some((telegram, rest)) if opens_telegram(value) => by_telegram_link(telegram, rest, notes)?,
        Some((platform, rest)) => by_name(platform, rest, notes)?,
        None => by_address(value, None, notes)?,
    };
    notes.add_if(text != input.value, "written as platform:handle");
    Ok(Form::exact(text))
}

/// Whether a value is a link that opens Telegram's own program: `tg://resolve?domain=jane`, `tg:resolve?domain=jane`.
fn opens_telegram(value: &str) -> bool {
    let is_tg = value.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("tg:"));
    is_tg && ["//", "resolve?"].iter().any(|start| value[3..].starts_with(start))
}

/// The account in a link that opens Telegram's own program; its parameters come in any order, and other links lead to
/// phone numbers, groups and settings.
fn by_telegram_link(telegram: &'static Platform, rest: &str, notes: &mut Notes) -> Result<String, KindError> {
    let (action, query) = rest.trim_start_matches('/').split_once('?').unwrap_or_default();
    let handle = platform::parameter(query, "domain").filter(|_| action.trim_end_matches('/') == "resolve");
    handle::read(telegram, handle.ok_or(KindError::ProfileReserved)?, notes)
}

/// `platform:handle`, `platform handle`, `platform/handle`: the platform by one of its names.
fn named(value: &str) -> Option<(&'static Platform, &str)> {
    let at = value.find(|letter: char| matches!(letter, ':' | '/') || letter.is_whitespace())?;
    let platform = platform::by_name(&value[..at])?;
    let rest = value[at..].trim_start_matches(|letter: char| letter == ':' || letter.is_whitespace());
    Some((platform, rest.strip_prefix('/').filter(|rest| !rest.starts_with('/')).unwrap_or(rest)))
}

fn by_name(platform: &'static Platform, rest: &str, notes: &mut Notes) -> Result<String, KindError> {
    let is_address = rest.contains("://") || rest.starts_with("//") || handle::starts_an_address(rest);
    if is_address {
        return by_address(rest, Some(platform), notes);
    }
    if let Ok(handle) = handle::read(platform, rest, notes) {
        return Ok(handle);
    }
    match rest.contains('/') || rest.contains('?') {
        true => account(platform, None, rest, notes),
        false => handle::read(platform, rest, notes),
    }
}

/// The account that a web address leads to; on this platform, where one was named.
fn by_address(value: &str, named: Option<&'static Platform>, notes: &mut Notes) -> Result<String, KindError> {
    let Some(address) = host::web_address(value) else {
        return Err(if value.contains("://") { KindError::ProfileLookalike } else { KindError::ProfileNoPlatform });
    };
    if !address.host.contains('.') {
        return Err(KindError::ProfileNoPlatform);
    }
    // As a browser reads a host: full-width letters are the plain ones (UTS 46).
    let lower = host::to_ascii(address.host).unwrap_or_else(|| address.host.to_lowercase());
    let lower = lower.trim_end_matches('.');
    let (platform, user) = platform::by_host(lower).ok_or_else(|| platform::unknown_host(lower))?;
    if named.is_some_and(|named| named.name != platform.name) {
        return Err(KindError::ProfileLookalike);
    }
    if lower.starts_with("gist.") && platform::is_gist(address.path) {
        return Err(KindError::ProfileReserved);
    }
    // `twitter.com/#!/jane`: these two once kept their pages behind `#!`.
    let behind_hash = value.split_once("#!/").map(|(_, page)| page);
    let page = behind_hash.filter(|_| address.path.is_empty() && matches!(platform.name, "facebook" | "x"));
    let path = if let Some(page) = page {
        Cow::Borrowed(page)
    } else if address.query.is_empty() {
        Cow::Borrowed(address.path)
    } else {
        Cow::Owned(format!("{}?{}", address.path, address.query))
    };
    account(platform, user, &path, notes)
}

/// The account in a path, or in the host where the platform gives each user one.
fn account(
    platform: &'static Platform,
    user: Option<&str>,
    path: &str,
    notes: &mut Notes,
) -> Result<String, KindError> {
    if let Some(user) = user {
        notes.add("the host names the account");
        return handle::read(platform, user, notes);
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let decoded = host::percent_decode(path).ok_or(KindError::ProfileHandle)?;
    if decoded.contains('%') && decoded != path {
        // Encoded twice, as some mail gateways do.
        let twice = host::percent_decode(&decoded).ok_or(KindError::ProfileHandle)?.into_owned();
        return from_path(platform, &twice, query, notes);
    }
    notes.add_if(decoded != path, "percent-encoding is undone");
    from_path(platform, &decoded, query, notes)
}

fn from_path(platform: &'static Platform, path: &str, query: &str, notes: &mut Notes) -> Result<String, KindError> {
    let visible = clean::one_form(Kind::Profile, path);
    let segments = segments(&visible);
    let found = platform.find(&segments, query).ok_or(KindError::ProfileReserved)?;
    notes.add_if(found.is_deeper || !query.is_empty(), "sub-pages, language and tracking are left off");
    handle::read(platform, &found.handle, notes)
}

/// The parts of a path as a browser sees them: `in/jane/../bob` leads to Bob (RFC 3986, 5.2.4), and `\\` is a slash (WHATWG
/// URL).
fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    for segment in path.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop(),
            _ => segments.push(segment),
        }
    }
    segments
}
