//! The check page: what an applicant gave, and what is known about it.

use larum_protocol::{
    api::{ApplicationAnswer, Identifier, Verdict, WATCH_DAYS_DEFAULT, WATCH_DAYS_MAX},
    kind::Kind,
};
use maud::{Markup, html};

use super::{
    entered::Entered,
    layout::{Reader, page},
    place,
    results::{badge, coverage, result},
    words,
};

/// Fields of the form that hold one identifier a line: name, label, hint, kind.
pub(crate) const LISTS: [(&str, &str, &str, Kind); 12] = [
    ("emails", "E-mail addresses", "one a line", Kind::Email),
    ("phones", "Phone numbers", "one a line, with the country code: +1 ...", Kind::Phone),
    ("profiles", "Profile pages", "one a line: LinkedIn, GitHub and others", Kind::Profile),
    ("addresses", "Postal addresses", "one a line", Kind::Address),
    ("wallets", "Crypto wallets", "one a line", Kind::Wallet),
    ("bank", "Bank accounts", "one a line", Kind::Bank),
    ("domains", "Domains", "one a line", Kind::Domain),
    ("payments", "Payment accounts", "one a line, as service:account", Kind::Payment),
    ("companies", "Companies", "one a line, as country:number:name", Kind::Company),
    (
        "papers",
        "Forged identity documents",
        "one a line, as type:country:number; never a real person's",
        Kind::Document,
    ),
    ("ips", "Internet addresses", "one a line", Kind::Ip),
    ("devices", "Devices", "one a line, as type:serial", Kind::Device),
];
/// How many of them show at once; the others are under "More kinds".
const USUAL: usize = 7;

/// The form; `watches` is whether the node keeps any.
pub(crate) fn form(reader: &Reader, watches: bool, entered: &Entered<'_>) -> String {
    let lists = |lists: &[(&str, &str, &str, Kind)]| {
        html! {
            @for (name, label, hint, _) in lists {
                p { label for=(name) { (label) span.hint { (hint) } }
                    textarea id=(name) name=(name) rows="2" autocomplete="off" spellcheck="false" { (entered.text(name)) } }
            }
        }
    };
    let more = LISTS[USUAL..].iter().any(|(name, ..)| !entered.text(name).trim().is_empty());
    let watch_days = entered.sent("watch_days").map_or_else(|| WATCH_DAYS_DEFAULT.to_string(), str::to_owned);
    let main = html! {
        h1 { "Check an applicant" }
        (entered.fault())
        p { "Fill in what the applicant gave you. Only your own node sees it: nothing that says who it is leaves that node, and
             it keeps no copy unless something matches or you have it watched. The lookup goes on record, without what you looked up." }
        form method="post" action=(place::CHECK) enctype="multipart/form-data" {
            (reader.secret())
            fieldset { legend { "Who it is about" } div.grid {
                p { label for="reference" { "Your reference" span.hint { "the candidate's number in your own system" } }
                    input #reference type="text" name="reference" maxlength="256" autocomplete="off" value=(entered.text("reference")); }
                p { label for="names" { "Name" span.hint { "shown with the answer; neither looked up nor kept" } }
                    input #names type="text" name="names" maxlength="256" autocomplete="off" value=(entered.text("names")); }
                @if watches {
                    p { label for="watch_days" { "Watch for days" span.hint { "a later report raises an alert under your reference; 0, or no reference: nothing is kept" } }
                        input #watch_days type="number" name="watch_days" min="0" max=(WATCH_DAYS_MAX) value=(watch_days); }
                }
            } }
            fieldset { legend { "What to look up" } div.grid {
                (lists(&LISTS[..USUAL]))
                p { label for="region" { "Country" span.hint { "of numbers and addresses without one, two letters: US" } }
                    input #region type="text" name="region" maxlength="2" autocomplete="off" value=(entered.text("region")); }
                p { label for="asset" { "Currency of the wallets" span.hint { "such as ETH or BTC" } }
                    input #asset type="text" name="asset" maxlength="16" autocomplete="off" value=(entered.text("asset")); }
            }
                details open[more] { summary { "More kinds" } div.grid { (lists(&LISTS[USUAL..])) } }
            }
            fieldset { legend { "Resume" }
                div.drop data-drop="" {
                    label for="documents" { "Files" span.hint { "PDF, DOCX, ODT, RTF, HTML or text, up to 16 MB each; drop them here or choose them" } }
                    input #documents type="file" name="documents" multiple accept=".pdf,.docx,.odt,.rtf,.html,.htm,.txt,.md";
                    p.soft data-files="" aria-live="polite" {}
                }
            }
            button type="submit" { "Check" }
        }
        p.soft { "Does somebody show you an answer? " a href=(place::RECEIPTS) { "Verify its receipt" } "." }
    };
    page("Check an applicant", place::CHECK, Some(reader), &main)
}

/// The answer. `entered` is what was looked up, in the order of the results; `saved` proves the answer later.
pub(crate) fn answer(reader: &Reader, answer: &ApplicationAnswer, entered: &[Identifier], saved: &str) -> String {
    let main = html! {
        h1 { "What is known" }
        (summary(answer))
        @for warning in &answer.warnings { p.note.bad { (warning) } }
        @if !answer.names.is_empty() || answer.reference.is_some() || answer.watched_until.is_some() {
            dl {
                @if !answer.names.is_empty() { dt { "Name" } dd { (answer.names.join(", ")) } }
                @if let Some(reference) = &answer.reference { dt { "Your reference" } dd { (reference) } }
                @if let Some(until) = &answer.watched_until { dt { "Watched until" } dd { (until) ": a later report raises an " a href=(place::ALERTS) { "alert" } } }
            }
        }
        h2 { "Each part" }
        @for (at, each) in answer.results.iter().enumerate() {
            (result(reader, &each.result, each.document.as_deref(), entered.get(at).map(|identifier| identifier.value.as_str())))
        }
        (coverage(&answer.coverage))
        (receipt(reader, answer, saved))
        p { a.button.quiet href=(place::CHECK) { "Check somebody else" } }
    };
    page("What is known", place::CHECK, Some(reader), &main)
}

/// The proof of the answer, to be kept or verified by whoever wants to.
fn receipt(reader: &Reader, answer: &ApplicationAnswer, saved: &str) -> Markup {
    html! {
        @if let Some(receipt) = &answer.receipt {
            details { summary { "Receipt" }
                p.soft { "Signed proof of this answer. It is on record as well." }
                p { code { (receipt) } }
                form method="post" action=(place::RECEIPTS) enctype="multipart/form-data" {
                    (reader.secret())
                    p { label for="record_text" { "The saved check" span.hint {
                            "request, answer and receipt: copy it into a file, and the receipt can be verified later. It holds what
                             you looked up, so guard it; the node keeps no copy." } }
                        textarea #record_text name="record_text" rows="4" readonly spellcheck="false" { (saved) } }
                    button.quiet type="submit" { "Verify this receipt" }
                }
            }
        }
    }
}

fn summary(answer: &ApplicationAnswer) -> Markup {
    let class = match answer.verdict {
        Verdict::Clear => "note good",
        Verdict::Listed => "note bad",
        _ => "note",
    };
    html! {
        div class=(class) role="status" {
            p { "Overall: " (badge(answer.verdict)) }
            p { (answer.advice) }
            @if let Some(review) = answer.review {
                p { a href={ (place::REVIEWS) "/" (review) } { "Go to review " (review) } ": a person has to decide." }
            }
        }
        @if answer.verdict == Verdict::Unknown { p { (words::verdict(answer.verdict)) " does not mean that all is well." } }
    }
}
