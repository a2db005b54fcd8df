//! Canonical forms: any text has a form or an error, a form is stable, and nothing costs more than its length is worth.
#![no_main]

use larum_fuzz::{canonical, in_budget};
use larum_protocol::kind::{Canonical, Identifier, Kind, KindError};
use libfuzzer_sys::fuzz_target;

/// Bytes that a value may cost beside its own: the numbering plans' expressions are built when they are first needed, and
/// stay; one value may need those of two dozen countries that share a calling code.
const TABLES_BYTES: usize = 32 * 1024 * 1024;

fuzz_target!(|data: &[u8]| {
    canonical::tolerate_caught_panics();
    let Some(identifier) = canonical::read(data) else { return };
    assert!(identifier.masked().len() <= 64, "a mask is short");
    let Ok(form) = in_budget(TABLES_BYTES + 24 * data.len(), || identifier.canonical()) else { return };
    assert!(!form.text().is_empty() && form.notes().len() <= 16);
    assert_eq!(identifier.canonical().as_ref().map(Canonical::text), Ok(form.text()), "the same twice");
    assert_stable(&form, form.text());
    for derived in form.derived() {
        assert_ne!(derived.text(), form.text(), "a derived text is wider than the exact one");
        // A /64 is no address of its own; every other derived text is the exact text of something.
        if derived.text().strip_suffix("/64").is_none() {
            assert_stable(&form, derived.text());
        }
    }
});

/// A canonical text, read without the hints that led to it, is itself.
fn assert_stable(form: &Canonical, text: &str) {
    assert!(!text.chars().any(char::is_control) && text.trim() == text, "{text:?} is not clean");
    // A resume's forms are digests and no resumes.
    if text.len() > form.kind().value_bytes_max() || form.kind() == Kind::Resume {
        return;
    }
    let again = Identifier::new(form.kind(), text).canonical();
    let read = again.as_ref().map(Canonical::text);
    assert!(
        read == Ok(text),
        "{text:?} of {:?} is read again as {:?}",
        form.kind(),
        read.map_err(KindError::to_string)
    );
}
