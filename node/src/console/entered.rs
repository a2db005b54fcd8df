//! What somebody entered into a form that was not taken, so that it is shown again beside what is wrong with it.
//!
//! Absent on purpose: files. A browser lets no page choose them anew.

use maud::{Markup, html};

/// The fields of a form, and the fault for which it was not taken; both empty in a new one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entered<'a> {
    fields: &'a [(String, String)],
    fault: Option<&'a str>,
}

impl<'a> Entered<'a> {
    pub(crate) const fn again(fields: &'a [(String, String)], fault: Option<&'a str>) -> Self {
        Self { fields, fault }
    }

    /// A field, if the form was sent with it.
    pub(crate) fn sent(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A field; empty if it was not sent.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.sent(name).unwrap_or_default()
    }

    /// Whether a choice was made.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(field, sent)| field == name && sent == value)
    }

    /// What is wrong, where a page begins.
    pub(crate) fn fault(&self) -> Markup {
        html! { @if let Some(fault) = self.fault { div.note.bad role="alert" { p { (fault) } p { "What you entered is still here: correct it, and try again." } } } }
    }

    /// A choice of a list.
    pub(crate) fn option(&self, name: &str, value: &str, said: &str) -> Markup {
        html! { option value=(value) selected[self.is(name, value)] { (said) } }
    }
}
