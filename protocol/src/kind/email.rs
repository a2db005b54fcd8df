//! Email addresses: parsed, folded, and the provider's own documented aliasing undone.
//!
//! Merged: spellings of one address (case, display name, comments, quotes, `mailto:`), and at the providers of
//! `email/provider.rs` what their help pages say reaches the same mailbox.
//! Kept apart: dots and plus tags anywhere else. A plus tag at an unknown provider stays, and the address without it
//! is a derived text.
//! A rule and not a fact: the local part is folded to lower case. RFC 5321 lets a server keep case apart; none that
//! people have mailboxes at does.
//! Absent on purpose: any look-up. MX records would tell a company's Google mailboxes, and would make a canonical
//! form depend on the network and the day.

mod parse;
mod provider;

use super::canonical::{Derivation, Form, Notes};
use super::identifier::Input;
use super::{Kind, KindError, denylist};

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let mailbox = parse::mailbox(input.value, notes)?;
    if let Some(mailbox) = provider::undo_aliases(&mailbox, notes) {
        return mailbox.map(|mailbox| Form::exact(mailbox.text()));
    }
    let form = Form::exact(mailbox.text());
    match mailbox.local.split_once('+') {
        Some((base, _)) if parse::is_local_part(base) && !provider::is_known(&mailbox.domain) => {
            Ok(derive(form, format!("{base}@{}", mailbox.domain), notes))
        }
        _ => Ok(form),
    }
}

/// The address alone, for a kind that has no derived forms.
pub(super) fn exact(input: Input<'_>, notes: &mut Notes) -> Result<String, KindError> {
    let mailbox = parse::mailbox(input.value, notes)?;
    if let Some(mailbox) = provider::undo_aliases(&mailbox, notes) {
        return mailbox.map(|mailbox| mailbox.text());
    }
    let has_tag = mailbox.local.contains('+') && !provider::is_known(&mailbox.domain);
    notes.add_if(has_tag, "the plus tag is kept: this domain's rule is not known");
    Ok(mailbox.text())
}

/// Hangs the address without its plus tag on a form, unless it names nobody: `noreply+jane@` is one account's, while
/// everybody's hangs on `noreply@`.
fn derive(form: Form, bare: String, notes: &mut Notes) -> Form {
    if denylist::refuse(Kind::Email, &bare).is_err() {
        notes.add("the plus tag is kept: this domain's rule is not known, and the address without it names nobody");
        return form;
    }
    notes.add("the plus tag is kept: this domain's rule is not known; the address without it is derived");
    form.derive(Derivation::PlusTag, bare)
}

/// An address in two folded parts.
struct Mailbox {
    local: String,
    domain: String,
}

impl Mailbox {
    fn text(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }
}
