//! What every page has: head, navigation, main part; and the pages of signing in and of errors.

use larum_protocol::api::{Problem, Scope};
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
}

impl Reader {
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
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
                        (name) @if place == place::ALERTS && reader.alerts > 0 { " (" (reader.alerts) ")" }
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

/// What went wrong, and what to do.
pub(crate) fn problem(problem: &Problem, reader: Option<&Reader>) -> String {
    let main = html! {
        h1 { "That did not work" }
        div.note.bad role="alert" {
            p { (problem.detail.as_deref().unwrap_or(&problem.title)) }
            @for row in &problem.errors { p { (row.detail) } }
        }
        p { "Nothing else was changed. Go back in your browser to correct what you entered, or start again from the navigation." }
        p.soft { "Status " (problem.status) }
    };
    page("That did not work", "", reader, &main)
}
