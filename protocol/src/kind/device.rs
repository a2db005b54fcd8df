//! Devices: a piece of hardware by type and serial, or a remote-control peer by tool and id.
//!
//! Grammar: `type:serial` with type laptop, kvm, usb or edid; `rmm:tool:peer`. The canonical text has the type's and
//! tool's first name and the serial in upper-case letters and digits: what is printed on a label, read out of a
//! BIOS and typed into a ticket differs in blanks, hyphens and case only.
//! Kept apart: everything else. A USB device without a serial is a model and not a device, and is refused; so is an IP
//! address, which without its dots would be another one too.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{Kind, KindError, clean, denylist};

const TYPES: [(&str, &[&str]); 4] = [
    ("laptop", &["notebook", "computer", "pc", "desktop", "mac", "macbook"]),
    ("kvm", &["ip-kvm", "pikvm", "tinypilot", "jetkvm", "nanokvm"]),
    ("usb", &[]),
    ("edid", &["monitor", "display"]),
];

/// What a tool's peers are known by.
#[derive(Clone, Copy)]
enum Peer {
    /// A number of so many digits.
    Digits(usize, usize),
    /// Letters and digits, case not significant.
    Word,
    /// A number of so many digits, or a name that the owner chose, in which `-` and `_` count.
    DigitsOrName(usize, usize),
}

const TOOLS: [(&str, &[&str], Peer); 22] = [
    ("ammyy", &["ammyy-admin"], Peer::Digits(6, 10)),
    ("anydesk", &["any-desk"], Peer::Digits(6, 10)),
    ("atera", &[], Peer::Word),
    ("chrome-remote-desktop", &["crd", "chrome-remote"], Peer::Word),
    ("connectwise", &["screenconnect", "connectwise-control"], Peer::Word),
    ("dwservice", &["dwagent"], Peer::Word),
    ("gotoassist", &["goto-resolve", "gotomypc"], Peer::Word),
    ("iperius", &["iperius-remote"], Peer::Word),
    ("logmein", &[], Peer::Word),
    ("meshcentral", &["meshagent"], Peer::Word),
    ("ninjaone", &["ninjarmm", "ninja"], Peer::Word),
    ("nomachine", &[], Peer::Word),
    ("parsec", &[], Peer::Word),
    ("radmin", &[], Peer::Word),
    ("remotepc", &[], Peer::Word),
    ("rustdesk", &["rust-desk"], Peer::DigitsOrName(6, 10)),
    ("splashtop", &[], Peer::Word),
    ("supremo", &[], Peer::Word),
    ("tailscale", &[], Peer::Word),
    ("teamviewer", &["team-viewer"], Peer::Digits(8, 12)),
    ("ultraviewer", &[], Peer::Word),
    ("zoho-assist", &["zohoassist"], Peer::Word),
];

/// Serials are longer than a slot number and shorter than a sentence.
const SERIAL_LETTERS: std::ops::RangeInclusive<usize> = 4..=64;

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let (kind, rest) = match input.value.split_once(':') {
        Some((kind, rest)) => (slug(kind), rest),
        None if windows_usb(input.value).is_some() => ("usb".to_owned(), input.value),
        None => return Err(KindError::DeviceForm),
    };
    let text = match kind.as_str() {
        "rmm" | "remote" | "rat" => remote_peer(rest)?,
        _ => hardware(&kind, rest)?,
    };
    notes.add_if(text != input.value, "type by its first name, serial in upper-case letters and digits");
    Ok(Form::exact(text))
}

fn slug(name: &str) -> String {
    clean::fold_case(name.trim()).replace([' ', '_'], "-")
}

fn hardware(kind: &str, serial: &str) -> Result<String, KindError> {
    let (kind, _) =
        TYPES.iter().find(|(first, others)| *first == kind || others.contains(&kind)).ok_or(KindError::DeviceType)?;
    let serial = match *kind {
        "usb" => usb_serial(serial)?,
        _ => plain_serial(serial)?,
    };
    Ok(format!("{kind}:{serial}"))
}

fn plain_serial(serial: &str) -> Result<String, KindError> {
    let serial = without_label(serial.trim());
    if is_ip(serial) {
        return Err(KindError::DeviceSerial);
    }
    let serial = clean::serial(serial).ok_or(KindError::DeviceSerial)?;
    if !SERIAL_LETTERS.contains(&serial.len()) {
        return Err(KindError::DeviceSerial);
    }
    denylist::refuse_filler(Kind::Device, &serial)?;
    Ok(serial)
}

/// A serial without what a label prints before it: `S/N: PF2ABCDE`.
fn without_label(serial: &str) -> &str {
    const LABELS: [&str; 6] = ["s/n", "sn:", "serial:", "serial number:", "serial no.:", "service tag:"];
    let behind = |label: &&str| {
        let (start, rest) = serial.split_at_checked(label.len())?;
        start.eq_ignore_ascii_case(label).then_some(rest)
    };
    let rest = LABELS.iter().find_map(behind);
    rest.map_or(serial, |rest| rest.trim_start_matches([':', ' ', '#', '.']))
}

/// Whether this is an IP address, alone or in a link: it names a place in somebody's network, and not a device. Eight
/// pairs of digits are a hardware address, although they could be of version 6 too.
fn is_ip(text: &str) -> bool {
    let text = text.rsplit("://").next().unwrap_or_default();
    let text = text.split(['/', '%']).next().unwrap_or_default().trim();
    let bare = text.trim_start_matches('[').split(']').next().unwrap_or_default();
    let v4 = text.split(':').next().unwrap_or_default();
    let is_v6 = bare.parse::<Ipv6Addr>().is_ok() && bare.split(':').any(|group| group.len() != 2);
    is_v6 || v4.trim().parse::<Ipv4Addr>().is_ok()
}

/// `vendor:product:serial`, the first two four hexadecimal digits each (usb.ids), or the serial alone.
fn usb_serial(text: &str) -> Result<String, KindError> {
    if let Some(read) = windows_usb(text) {
        return read;
    }
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let is_id = |part: &str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parts[..] {
        [vendor, product] if is_id(vendor) && is_id(product) => Err(KindError::DeviceSerial),
        [vendor, product, serial] if is_id(vendor) && is_id(product) => {
            let [vendor, product] = [vendor, product].map(str::to_ascii_uppercase);
            Ok(format!("{vendor}:{product}:{}", plain_serial(serial)?))
        }
        [serial] => plain_serial(serial),
        _ => Err(KindError::DeviceForm),
    }
}

/// What Windows calls a USB device: `USB\VID_0781&PID_5581\serial`. An `&` as the second character behind the last
/// backslash means that the device has no serial, and that the system made one up from the socket
/// (https://learn.microsoft.com/windows-hardware/drivers/install/instance-ids).
fn windows_usb(text: &str) -> Option<Result<String, KindError>> {
    let text = text.trim().to_ascii_uppercase();
    let path = text.strip_prefix("\\\\?\\").unwrap_or(&text);
    let path = path.strip_prefix("USB").map_or(path, |path| path.trim_start_matches(['\\', '#']));
    let (vendor, rest) = path.strip_prefix("VID_")?.split_at_checked(4)?;
    let (product, rest) = rest.strip_prefix("&PID_")?.split_at_checked(4)?;
    let are_ids = vendor.bytes().chain(product.bytes()).all(|byte| byte.is_ascii_hexdigit());
    let instance = rest.split(['\\', '#']).nth(1).unwrap_or_default();
    if !are_ids || instance.as_bytes().get(1) == Some(&b'&') {
        return Some(Err(KindError::DeviceSerial));
    }
    Some(plain_serial(instance).map(|serial| format!("{vendor}:{product}:{serial}")))
}

fn remote_peer(rest: &str) -> Result<String, KindError> {
    let (tool, peer) = rest.split_once(':').ok_or(KindError::DeviceForm)?;
    let tool = slug(tool);
    let (tool, _, form) = TOOLS
        .iter()
        .find(|(first, others, _)| *first == tool || others.contains(&tool.as_str()))
        .ok_or(KindError::DeviceTool)?;
    let peer = match form {
        Peer::Digits(least, most) => digits(peer, *least..=*most).or_else(|| alias(peer)),
        Peer::Word => Some(plain_serial(peer)?),
        Peer::DigitsOrName(least, most) => digits(peer, *least..=*most).or_else(|| name(peer)),
    };
    let peer = peer.ok_or(KindError::DeviceSerial)?;
    denylist::refuse_filler(Kind::Device, &peer)?;
    Ok(format!("rmm:{tool}:{peer}"))
}

fn digits(peer: &str, count: std::ops::RangeInclusive<usize>) -> Option<String> {
    let digits: String = peer.chars().filter(|letter| !matches!(letter, ' ' | '-' | '.' | '\u{A0}')).collect();
    (digits.bytes().all(|byte| byte.is_ascii_digit()) && count.contains(&digits.len())).then_some(digits)
}

/// A name that the owner chose: a letter first, then letters, digits, `-` and `_`, at most sixteen (rustdesk's own words
/// in its `id_change_tip`).
fn name(peer: &str) -> Option<String> {
    let peer = peer.trim().to_ascii_lowercase();
    let is_name = peer.starts_with(|first: char| first.is_ascii_lowercase()) && clean::is_ascii_word(&peer, b"-_");
    (is_name && (6..=16).contains(&peer.len())).then_some(peer)
}

/// An alias that the tool gives out beside its number: `name@ad`.
fn alias(peer: &str) -> Option<String> {
    let peer = peer.trim().to_lowercase();
    let (name, space) = peer.split_once('@')?;
    (clean::is_ascii_word(name, b"-_.") && clean::is_ascii_word(space, b"-_.")).then(|| peer.clone())
}
