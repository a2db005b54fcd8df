//! Verifying a receipt: whether a node gave exactly this answer to exactly this request, in words.
//!
//! Invariant: only a signature that fits, by a node of a member of this consortium whose key was not revoked, is called
//! genuine.
//! Absent on purpose: anything of the request or of the answer but its verdict. What is shown is what was signed.

use larum_protocol::{
    api::{CoverageState, Verdict},
    clock::Timestamp,
    receipt::{CoverageSummary, Receipt, ReceiptError},
};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::badge,
    reviews::moment,
    words,
};

/// What is wrong with what was given, or what it proves.
pub(crate) enum Outcome {
    /// The answer does not end with a receipt.
    None,
    /// The receipt does not fit.
    Refused(ReceiptError),
    /// It fits.
    Signed(Box<Proof>),
}

/// An answer that a node signed.
pub(crate) struct Proof {
    pub(crate) receipt: Receipt,
    pub(crate) signer: Signer,
    /// Of a bulk check the worst.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) is_stream: bool,
}

/// Whose node signed, by the newest roster that this node has.
pub(crate) enum Signer {
    Member {
        name: String,
        status: String,
    },
    /// A member's, but its key was lost or stolen.
    Revoked(String),
    /// Nobody's on the roster of this version.
    Stranger(u64),
    OtherConsortium,
}

/// The form; `max` is how many bytes it takes.
pub(crate) fn form(reader: &Reader, max: usize) -> String {
    let main = html! {
        h1 { "Verify a receipt" }
        p { "Each answer ends with a receipt: the signature of the node that answered, over exactly that request and exactly that
             answer. Here you find out whether an answer that somebody shows you is genuine. Nothing of what you give here is
             kept or logged." }
        form method="post" action=(place::RECEIPTS) enctype="multipart/form-data" {
            (reader.secret())
            fieldset { legend { "A saved check" } div.grid.wide {
                (file("record", "File", "what larum check --record wrote"))
                (pasted("record_text", "Or the text of that file", "as the page of an answer shows it under Receipt"))
            } }
            fieldset { legend { "Or request and answer, each on its own" } div.grid.wide {
                (file("request", "File of the request", "the body that was sent, byte for byte"))
                (pasted("request_text", "Or the text of the request", "line breaks can get lost: the file is surer"))
                (file("answer", "File of the answer", "the body that came back, receipt included"))
                (pasted("answer_text", "Or the text of the answer", "up to the last character"))
            } }
            p.soft { "Together up to " (max / 1024 / 1024) " MB. What is larger is for " code { "larum receipt verify" } ", which needs no node." }
            button type="submit" { "Verify" }
        }
    };
    page("Verify a receipt", place::RECEIPTS, Some(reader), &main)
}

fn file(name: &str, label: &str, hint: &str) -> Markup {
    html! { p.file { label for=(name) { (label) span.hint { (hint) } } input id=(name) type="file" name=(name); } }
}

fn pasted(name: &str, label: &str, hint: &str) -> Markup {
    html! { p { label for=(name) { (label) span.hint { (hint) } }
    textarea id=(name) name=(name) rows="2" autocomplete="off" spellcheck="false" {} } }
}

/// What came of it.
pub(crate) fn outcome(reader: &Reader, outcome: &Outcome) -> String {
    let main = html! {
        h1 { "Verify a receipt" }
        @match outcome {
            Outcome::None => (not("There is no receipt in this answer.",
                "A bulk check that was broken off has none, and a program that laid the answer out anew has moved it. Give the
                 answer as it came, or ask again.")),
            Outcome::Refused(error) => (refused(*error)),
            Outcome::Signed(proof) => (signed(proof)),
        }
        p { a.button.quiet href=(place::RECEIPTS) { "Verify another" } }
    };
    page("Verify a receipt", place::RECEIPTS, Some(reader), &main)
}

fn not(what: &str, next: &str) -> Markup {
    html! { div.note.bad role="alert" { p { strong { (what) } } p { (next) } } }
}

fn refused(error: ReceiptError) -> Markup {
    match error {
        ReceiptError::Signature => not(
            "Not genuine: the receipt does not fit this request and this answer.",
            "Something was changed after it was signed, or is not what went over the wire byte for byte: a program that opened a \
             file and saved it again may have changed blanks or line breaks. Give the files as they were saved. If nobody has \
             touched them, do not rely on this answer, and check again.",
        ),
        ReceiptError::Version(_) => not(
            "It cannot be told: a newer version of Larum wrote this receipt.",
            "Ask your operator to bring this node up to date, and verify it again.",
        ),
        other => not(
            &format!("Not genuine: {other}."),
            "Give the answer as it came. If this is how it came, do not rely on it, and check again.",
        ),
    }
}

fn signed(proof: &Proof) -> Markup {
    html! {
        @match &proof.signer {
            Signer::Member { name, status } => div.note.good role="status" {
                p { strong { "Genuine: a node of " (name) " gave exactly this answer to exactly this request." } }
                @if status != "active" { p { "This member is " (status) " by now." } }
            },
            Signer::Revoked(name) => (not(
                &format!("Not proven: the signature fits, but the key of this node of {name} was lost or stolen."),
                "Whoever has the key can sign with any date. Do not rely on this answer unless you know from elsewhere that it is \
                 older than that.")),
            Signer::Stranger(version) => (not(
                &format!("Not proven: the signature fits, but the node that signed is on nobody's list (version {version} of the roster)."),
                "Anybody can make a key and sign with it. Do not rely on this answer. If whoever showed it to you says that the \
                 node is new, ask your operator whether this node has the newest roster.")),
            Signer::OtherConsortium => (not(
                "Not proven: the signature fits, but the receipt is of another consortium.",
                "This node does not know who belongs to it. Somebody who has that consortium's roster can verify it there.")),
        }
        dl {
            dt { "Signed by the node" } dd { code { (proof.receipt.node) } }
            dt { "When" } dd { (moment(&Timestamp(proof.receipt.time_ms).to_string())) }
            dt { "What was answered" } dd { (answered(proof)) }
            dt { "How complete that node's knowledge was" } dd { (completeness(&proof.receipt.coverage)) }
        }
        p.soft { "A receipt proves what a node answered. It does not prove that what members reported is true." }
    }
}

fn answered(proof: &Proof) -> Markup {
    html! {
        @match proof.verdict {
            Some(verdict) => (badge(verdict)),
            None if proof.receipt.lines == 0 && proof.is_stream => "nothing: no line was asked",
            None => "its verdict cannot be read",
        }
        @if proof.is_stream && proof.receipt.lines > 0 { " (the worst of " (proof.receipt.lines) " lines)" }
    }
}

fn completeness(coverage: &CoverageSummary) -> Markup {
    let state = match coverage.state {
        1 => words::coverage(CoverageState::Fresh),
        2 => words::coverage(CoverageState::CatchingUp),
        3 => words::coverage(CoverageState::Stale),
        _ => "Not known to this version of Larum",
    };
    html! { (state) ". " (coverage.heard) " of " (coverage.members) " members heard, by version " (coverage.roster) " of the roster." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_wrong_is_told_with_what_to_do_and_is_never_called_genuine() {
        let reader = Reader {
            name: "Robin".to_owned(),
            scopes: Vec::new(),
            form: "secret".to_owned(),
            alerts: 0,
            reviews: 0,
            employer: String::new(),
        };
        let outcomes = [
            (Outcome::None, "no receipt", "ask again"),
            (Outcome::Refused(ReceiptError::TooLong), "longer than", "check again"),
            (Outcome::Refused(ReceiptError::Base64), "not base64url", "check again"),
            (Outcome::Refused(ReceiptError::Encoding), "cannot be decoded", "check again"),
            (Outcome::Refused(ReceiptError::Signature), "does not fit", "check again"),
            (Outcome::Refused(ReceiptError::Version(2)), "newer version", "your operator"),
        ];
        for (given, what, next) in outcomes {
            let shown = outcome(&reader, &given);
            assert!(shown.contains(what) && shown.contains(next), "{shown}");
            assert!(!shown.contains("Genuine") && !shown.contains("note good"), "{shown}");
        }
    }
}
