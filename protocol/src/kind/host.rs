//! Hosts and web addresses, read without following them: what kinds domain, profile, email and payment share.

use std::borrow::Cow;
use std::net::IpAddr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// A domain name in lower case and A-labels, with at least two labels; `None` for anything else, IP addresses
/// included (UTS 46 with the STD3 rules, RFC 5890).
pub(super) fn to_ascii(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let ascii =
        Uts46::new().to_ascii(name.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify).ok()?;
    let (_, last) = ascii.rsplit_once('.')?;
    // A name whose last label is a number is an IPv4 address or nothing (WHATWG URL, "ends in a number").
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number && !last.is_empty()).then(|| ascii.into_owned())
}

/// Undoes what investigators do to keep an address from being clicked: `hxxps://corp[.]example`.
pub(super) fn refang(value: &str) -> Cow<'_, str> {
    let may_have_scheme = value.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("hxxp"));
    if !may_have_scheme && !value.contains("[.]") && !value.contains("(.)") && !value.contains("[:]") {
        return Cow::Borrowed(value);
    }
    let mut plain = value.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":");
    // A host may be called hxxp; a scheme has its colon and slashes.
    let behind = plain.get(4..).unwrap_or_default().trim_start_matches(['s', 'S']);
    if may_have_scheme && behind.starts_with("://") {
        plain.replace_range(..4, "http");
    }
    Cow::Owned(plain)
}

/// What sentences, mails and cells leave around an address.
pub(super) fn trim_punctuation(value: &str) -> &str {
    let value = value.trim_start_matches(['<', '(', '"', '\'', '[', '\u{201C}', '\u{2018}', '\u{AB}', '\u{2022}', ' ']);
    let value = value
        .trim_end_matches(['>', ')', '"', '\'', ']', ',', ';', '.', '!', '|', '\u{201D}', '\u{2019}', '\u{BB}', ' ']);
    value.trim()
}

/// A web address taken apart, none of it decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct WebAddress<'a> {
    /// The host as written, without port.
    pub(super) host: &'a str,
    /// The path without its leading slash, query and fragment.
    pub(super) path: &'a str,
    /// The query without its question mark.
    pub(super) query: &'a str,
}

/// Takes a web address apart, with or without its scheme. `None` for another scheme, or for user information before
/// the host, which exists to make one host look like another.
pub(super) fn web_address(value: &str) -> Option<WebAddress<'_>> {
    let rest = match value.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => rest,
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) => {
            return None;
        }
        _ => value.strip_prefix("//").unwrap_or(value),
    };
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once(['/', '\\']).unwrap_or((rest, ""));
    if authority.contains('@') {
        return None;
    }
    Some(WebAddress { host: without_port(authority), path, query })
}

/// A host without its port; an IPv6 address keeps its brackets.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => authority,
    }
}

/// Whether a host is an IP address, in brackets or not.
pub(super) fn is_ip(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// Percent-decoding (RFC 3986, 2.1). `None` where the result is not text or holds control characters.
pub(super) fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2)).flatten().and_then(hex_byte);
        rest = if escaped.is_some() { &tail[2..] } else { tail };
        bytes.push(escaped.unwrap_or(first));
    }
    let decoded = String::from_utf8(bytes).ok()?;
    (!decoded.chars().any(char::is_control)).then_some(Cow::Owned(decoded))
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.starts_with('+') {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_is_taken_apart_without_following_it() {
        let parts = |value| web_address(value).map(|address| (address.host, address.path, address.query));
        assert_eq!(parts("https://www.corp.example:443/a/b?c=d#e"), Some(("www.corp.example", "a/b", "c=d")));
        assert_eq!(parts("corp.example"), Some(("corp.example", "", "")));
        assert_eq!(parts("//corp.example/a"), Some(("corp.example", "a", "")));
        assert_eq!(parts("ftp://corp.example/a"), None);
        assert_eq!(parts("https://corp.example@evil.example/a"), None);
    }

    #[test]
    fn percent_decoding_keeps_what_is_not_an_escape() {
        assert_eq!(percent_decode("jos%C3%A9").as_deref(), Some("josé"));
        assert_eq!(percent_decode("100%").as_deref(), Some("100%"));
        assert_eq!(percent_decode("a%zzb%+1").as_deref(), Some("a%zzb%+1"));
        assert_eq!(percent_decode("%FF"), None);
        assert_eq!(percent_decode("%00"), None);
    }

    #[test]
    fn a_domain_has_two_labels_and_is_no_number() {
        assert_eq!(to_ascii("Bücher.Example.").as_deref(), Some("xn--bcher-kva.example"));
        for name in ["localhost", "192.0.2.1", "a..example", "-a.example", "a b.example", "", "1.2"] {
            assert_eq!(to_ascii(name), None, "{name}");
        }
    }
}
