//! IP addresses: one text for one address (RFC 5952), and the /64 of a version 6 one.
//!
//! Merged: spellings; an IPv4 address and the same mapped into IPv6 (`::ffff:192.0.2.1`).
//! Kept apart: addresses that differ in any bit. A subscriber has a whole /64, so that it is a derived text.
//! Refused: what is not reachable from elsewhere (IANA's special-purpose registries), because there everybody has the
//! same. The documentation networks are taken: manuals, tests and demos use them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::KindError;
use super::canonical::{Derivation, Form, Notes};
use super::host;
use super::identifier::Input;

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let plain = host::refang(input.value);
    let written = match plain.contains("://") {
        true => host::web_address(&plain).ok_or(KindError::IpInvalid)?.host,
        false => &plain,
    };
    let address = match parse(written, notes)? {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => {
                notes.add("a mapped IPv4 address is the IPv4 address");
                IpAddr::V4(v4)
            }
            None => IpAddr::V6(v6),
        },
        v4 => v4,
    };
    if !is_reachable(address) {
        return Err(KindError::IpNotGlobal);
    }
    let text = address.to_string();
    notes.add_if(text != input.value, "written as RFC 5952 has it");
    let form = Form::exact(text);
    match address {
        IpAddr::V4(_) => Ok(form),
        IpAddr::V6(v6) => Ok(form.derive(Derivation::Prefix64, prefix64(v6))),
    }
}

fn prefix64(address: Ipv6Addr) -> String {
    let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
    format!("{network}/64")
}

/// The address in `[2001:db8::1%eth0]:443`, `192.0.2.1:80`, `2001:db8::1/128`.
fn parse(written: &str, notes: &mut Notes) -> Result<IpAddr, KindError> {
    let (written, length) = match written.split_once('/') {
        Some((address, length)) => (
            address,
            Some(length.parse::<u8>().map_err(|_| KindError::IpInvalid)?),
        ),
        None => (written, None),
    };
    let bare = without_port(written).ok_or(KindError::IpInvalid)?;
    notes.add_if(bare != written, "brackets and port are removed");
    let (bare, zone) = bare
        .split_once('%')
        .map_or((bare, None), |(bare, zone)| (bare, Some(zone)));
    let address: IpAddr = bare.parse().map_err(|_| KindError::IpInvalid)?;
    if zone.is_some() {
        if address.is_ipv4() {
            return Err(KindError::IpInvalid);
        }
        notes.add("the zone is removed");
    }
    let whole = if address.is_ipv4() { 32 } else { 128 };
    match length {
        Some(length) if length > whole => Err(KindError::IpInvalid),
        Some(length) if length < whole => Err(KindError::IpNetwork),
        _ => Ok(address),
    }
}

fn without_port(written: &str) -> Option<&str> {
    if let Some(inner) = written.strip_prefix('[') {
        let (address, rest) = inner.split_once(']')?;
        return (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)).then_some(address);
    }
    match written.split_once(':') {
        // One colon only: a port behind an IPv4 address.
        Some((address, port)) if !port.contains(':') => is_port(port).then_some(address),
        _ => Some(written),
    }
}

fn is_port(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

fn is_reachable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_reachable_v4(v4),
        IpAddr::V6(v6) => is_reachable_v6(v6),
    }
}

/// IANA IPv4 Special-Purpose Address Registry, less the documentation networks.
fn is_reachable_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b); // RFC 6598, carrier NAT
    let is_benchmark = a == 198 && (b == 18 || b == 19); // RFC 2544
    let is_protocol = a == 192 && b == 0 && c == 0 && d != 9 && d != 10; // RFC 6890
    let is_relay = a == 192 && b == 88 && c == 99; // RFC 7526, 6to4 anycast
    !(a == 0
        || a >= 224
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || is_shared
        || is_benchmark
        || is_protocol
        || is_relay)
}

/// IANA IPv6 Special-Purpose Address Registry: global unicast (2000::/3) less what is carved out of it, and with the
/// documentation network 2001:db8::/32.
fn is_reachable_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let is_unicast = segments[0] & 0xe000 == 0x2000;
    let is_teredo_or_protocol = segments[0] == 0x2001 && segments[1] < 0x0200; // RFC 2928
    let is_6to4 = segments[0] == 0x2002; // RFC 3056: the address in it is what counts, and it is abandoned
    let is_documentation_2 = segments[0] == 0x3fff && segments[1] < 0x1000; // RFC 9637
    is_unicast && !is_teredo_or_protocol && !is_6to4 && !is_documentation_2
}
