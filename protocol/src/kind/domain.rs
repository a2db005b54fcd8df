//! Domains: what one registrant holds, by the public suffix list, in A-labels.
//!
//! Merged: every host, page and port below one registrable domain; U-labels and A-labels.
//! Kept apart: the names that customers hold under a shared suffix of the list's private section (`jane.github.io`).
//! A suffix that the list does not know is one label, the list's own default rule.
//! Source: https://publicsuffix.org/list/, UTS 46 for the labels.

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, clean, host};

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let plain = host::refang(input.value);
    let written = host::web_address(host::trim_punctuation(&plain)).ok_or(KindError::DomainInvalid)?.host;
    if host::is_ip(written) {
        return Err(KindError::DomainIsIp);
    }
    let written = written.strip_prefix("*.").unwrap_or(written);
    let ascii = host::to_ascii(written).ok_or(KindError::DomainInvalid)?;
    report_lookalikes(&ascii, notes);
    let domain = psl::domain_str(&ascii).ok_or(KindError::DomainIsSuffix)?;
    notes.add_if(domain != ascii, "hosts are left off: the registrable domain counts");
    notes.add_if(written != input.value, "scheme, port and path are removed");
    notes.add_if(ascii != written, "written in lower case and A-labels");
    Ok(Form::exact(domain.to_owned()))
}

/// An A-label hides what the eye would be shown.
fn report_lookalikes(ascii: &str, notes: &mut Notes) {
    if ascii.contains("xn--") {
        let (shown, _) = idna::domain_to_unicode(ascii);
        notes.add_if(
            clean::mixes_scripts(&shown),
            "letters of more than one script in one word: kept distinct, perhaps a look-alike",
        );
    }
}
