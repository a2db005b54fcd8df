//! What every page has: head, navigation, main part; and the pages of signing in and of errors.

use larum_protocol::api::Scope;
use maud::{DOCTYPE, Markup, html};

use super::place;

/// Who reads the page.
pub(crate) struct Reader {
    /// The token's name.
    pub(crate) name: String,
    /// What it permits.
    pub(crate) scopes: Vec<Scope>,
    /// The secret of this session's forms.
    pub(crate) form: String,
    /// How many alerts wait for a person.
    pub(crate) alerts: u64,
    /// How many reviews do.
    pub(crate) reviews: u64,
    /// What this employer is called in the consortium.
    pub(crate) employer: String,
}

impl Reader {
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// How much waits for a person on a page; none where nothing does.
    fn waiting(&self, at: &str) -> Option<u64> {
        let waiting = match at {
            place::ALERTS => self.alerts,
            place::REVIEWS => self.reviews,
            _ => 0,
        };
        Some(waiting).filter(|waiting| *waiting > 0)
    }

    /// What every form carries.
    pub(crate) fn secret(&self) -> Markup {
        html! { input type="hidden" name=(FORM_SECRET) value=(self.form); }
    }
}

/// The field that holds a session's secret.
pub(crate) const FORM_SECRET: &str = "form";

/// The pages in the navigation, and what each takes.
const PAGES: [(&str, &str, Scope); 7] = [
    (place::CHECK, "Check", Scope::Check),
    (place::REVIEWS, "Reviews", Scope::Check),
    (place::ALERTS, "Alerts", Scope::Check),
    (place::STATEMENTS, "Report", Scope::Publish),
    (place::NETWORK, "Network", Scope::Check),
    (place::AUDIT, "Record", Scope::Admin),
    (place::TOKENS, "Access", Scope::Admin),
];

/// The first page that a reader may see.
pub(crate) fn first_page(scopes: impl Fn(Scope) -> bool) -> &'static str {
    PAGES.iter().find(|(_, _, scope)| scopes(*scope)).map_or(place::SIGN_IN, |(at, ..)| at)
}

/// A whole page.
pub(crate) fn page(title: &str, at: &str, reader: Option<&Reader>, main: &Markup) -> String {
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Larum" }
                link rel="stylesheet" href=(place::STYLE);
                link rel="icon" type="image/svg+xml" href=(place::ICON);
                script src=(place::SCRIPT) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header { div {
                    strong { "Larum" }
                    @if let Some(reader) = reader { (navigation(at, reader)) }
                } }
                main #main tabindex="-1" { (main) }
            }
        }
    };
    text.into_string()
}

fn navigation(at: &str, reader: &Reader) -> Markup {
    html! {
        nav aria-label="Pages" { ul {
            @for (place, name, scope) in PAGES {
                @if reader.may(scope) {
                    li { a href=(place) aria-current=[(place == at).then_some("page")] {
                        (name) @if let Some(waiting) = reader.waiting(place) { " (" (waiting) ")" }
                    } }
                }
            }
        } }
        form method="post" action=(place::SIGN_OUT) {
            (reader.secret())
            span { "Signed in as " (reader.name) }
            button.quiet type="submit" { "Sign out" }
        }
    }
}

/// Where somebody signs in; `told` says why the last attempt failed.
pub(crate) fn sign_in(told: Option<&str>) -> String {
    let main = html! {
        h1 { "Sign in" }
        @if let Some(told) = told { div.note.bad role="alert" { p { (told) } } }
        form.card method="post" action=(place::SIGN_IN) {
            p { label for="token" { "Token" span.hint { "Your operator made it with " code { "larum token create" } ". It begins with larum_." } }
                input #token type="password" name="token" required autocomplete="current-password" maxlength="256"; }
            p { button type="submit" { "Sign in" } }
        }
        p.soft { "You are signed out after half an hour without use, and after twelve hours in any case." }
    };
    page("Sign in", place::SIGN_IN, None, &main)
}

/// What went wrong, and what to do. `changed` is whether something may have been changed all the same.
pub(crate) fn problem(told: &str, changed: bool, reader: Option<&Reader>) -> String {
    let main = html! {
        h1 { "That did not work" }
        div.note.bad role="alert" { p { (told) } }
        @if changed { p { "It may have been done in part: look before you try it again." } }
        @else { p { "Nothing was changed." } }
        (way_on(reader))
    };
    page("That did not work", "", reader, &main)
}

/// What a path shows that leads nowhere.
pub(crate) fn not_found(reader: Option<&Reader>) -> String {
    let main = html! {
        h1 { "There is no such page" }
        p { "The address is mistyped, or what was there is gone." }
        (way_on(reader))
    };
    page("There is no such page", "", reader, &main)
}

fn way_on(reader: Option<&Reader>) -> Markup {
    html! {
        @if reader.is_some() { p { "Go on from the navigation at the top." } }
        @else { p { a.button.quiet href=(place::HOME) { "Go to the first page" } } }
    }
}
