//! Devices: a piece of hardware by type and serial, or a remote-control peer by tool and id.
//!
//! Grammar: `type:serial` with type laptop, kvm, usb or edid; `rmm:tool:peer`. The canonical text has the type's and
//! tool's first name and the serial in upper-case letters and digits: what is printed on a label, read out of a
//! BIOS and typed into a ticket differs in blanks, hyphens and case only.
//! Kept apart: everything else. A USB device without a serial is a model and not a device, and is refused.

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, clean};

const TYPES: [(&str, &[&str]); 4] = [
    (
        "laptop",
        &["notebook", "computer", "pc", "desktop", "mac", "macbook"],
    ),
    (
        "kvm",
        &["ip-kvm", "pikvm", "tinypilot", "jetkvm", "nanokvm"],
    ),
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
}

const TOOLS: [(&str, &[&str], Peer); 22] = [
    ("ammyy", &["ammyy-admin"], Peer::Digits(6, 10)),
    ("anydesk", &["any-desk"], Peer::Digits(6, 10)),
    ("atera", &[], Peer::Word),
    (
        "chrome-remote-desktop",
        &["crd", "chrome-remote"],
        Peer::Word,
    ),
    (
        "connectwise",
        &["screenconnect", "connectwise-control"],
        Peer::Word,
    ),
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
    ("rustdesk", &["rust-desk"], Peer::Word),
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
    let (kind, rest) = input.value.split_once(':').ok_or(KindError::DeviceForm)?;
    let kind = slug(kind);
    let text = match kind.as_str() {
        "rmm" | "remote" | "rat" => remote_peer(rest)?,
        _ => hardware(&kind, rest)?,
    };
    notes.add_if(
        text != input.value,
        "type by its first name, serial in upper-case letters and digits",
    );
    Ok(Form::exact(text))
}

fn slug(name: &str) -> String {
    clean::fold_case(name.trim()).replace([' ', '_'], "-")
}

fn hardware(kind: &str, serial: &str) -> Result<String, KindError> {
    let (kind, _) = TYPES
        .iter()
        .find(|(first, others)| *first == kind || others.contains(&kind))
        .ok_or(KindError::DeviceType)?;
    let serial = match *kind {
        "usb" => usb_serial(serial)?,
        _ => plain_serial(serial)?,
    };
    Ok(format!("{kind}:{serial}"))
}

fn plain_serial(serial: &str) -> Result<String, KindError> {
    let serial = clean::serial(serial).ok_or(KindError::DeviceSerial)?;
    if SERIAL_LETTERS.contains(&serial.len()) {
        Ok(serial)
    } else {
        Err(KindError::DeviceSerial)
    }
}

/// `vendor:product:serial`, the first two four hexadecimal digits each (usb.ids), or the serial alone.
fn usb_serial(text: &str) -> Result<String, KindError> {
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

fn remote_peer(rest: &str) -> Result<String, KindError> {
    let (tool, peer) = rest.split_once(':').ok_or(KindError::DeviceForm)?;
    let tool = slug(tool);
    let (tool, _, form) = TOOLS
        .iter()
        .find(|(first, others, _)| *first == tool || others.contains(&tool.as_str()))
        .ok_or(KindError::DeviceTool)?;
    let peer = match form {
        Peer::Digits(least, most) => digits(peer, *least..=*most).or_else(|| alias(peer)),
        Peer::Word => plain_serial(peer).ok(),
    };
    Ok(format!(
        "rmm:{tool}:{}",
        peer.ok_or(KindError::DeviceSerial)?
    ))
}

fn digits(peer: &str, count: std::ops::RangeInclusive<usize>) -> Option<String> {
    let digits: String = peer
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '-' | '.' | '\u{A0}'))
        .collect();
    (digits.bytes().all(|byte| byte.is_ascii_digit()) && count.contains(&digits.len()))
        .then_some(digits)
}

/// An alias that the tool gives out beside its number: `name@ad`.
fn alias(peer: &str) -> Option<String> {
    let peer = peer.trim().to_lowercase();
    let (name, space) = peer.split_once('@')?;
    (clean::is_ascii_word(name, b"-_.") && clean::is_ascii_word(space, b"-_."))
        .then(|| peer.clone())
}
