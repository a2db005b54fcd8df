//! Tokens: who may use this node, and for what.

use larum_protocol::api::{NewToken, Scope, TOKEN_DAYS_MAX, TOKEN_NAME_BYTES_MAX, TokenInfo, TokenList};
use maud::html;

use super::{
    entered::Entered,
    layout::{Reader, page},
    place,
    reviews::moment,
};
use crate::tokens::CLI_TOKEN_NAME;

/// The tokens, and the one that was just made.
pub(crate) fn list(
    reader: &Reader,
    tokens: &TokenList,
    own: &str,
    made: Option<&NewToken>,
    entered: &Entered<'_>,
) -> String {
    let main = html! {
        h1 { "Access" }
        (entered.fault())
        @if let Some(made) = made {
            div.note.good role="status" {
                p { "The token for " (made.info.name) ". It is shown this once; only its hash is kept:" }
                p { code { (made.token) } }
            }
        }
        h2 { "Tokens" }
        div.scroll { table.stack {
            thead { tr { th scope="col" { "Name" } th scope="col" { "May" } th scope="col" { "Made" } th scope="col" { "Expires" } th scope="col" { "Revoke" } } }
            tbody { @for token in &tokens.tokens { tr {
                td data-label="Name" { (token.name) @if token.id == own { " (yours)" } br; span.soft { code { (token.id) } } }
                td data-label="May" { (token.scopes.iter().map(|scope| said(*scope)).collect::<Vec<_>>().join("; ")) }
                td data-label="Made" { (moment(&token.created)) }
                td data-label="Expires" { (moment(&token.expires)) }
                td { a.button.quiet href={ (place::TOKEN_REVOKE) "?id=" (token.id) } aria-label={ "Revoke the token " (token.name) } { "Revoke" } }
            } } }
        } }
        h2 { "A new token" }
        form.card method="post" action=(place::TOKENS) {
            (reader.secret())
            div.grid {
                p { label for="name" { "Name" span.hint { "who or what uses it; shows in the record" } }
                    input #name type="text" name="name" required maxlength=(TOKEN_NAME_BYTES_MAX) autocomplete="off" value=(entered.text("name")); }
                p { label for="days" { "Days until it expires" } input #days type="number" name="days" min="1" max=(TOKEN_DAYS_MAX) value=(entered.sent("days").unwrap_or("365")); }
            }
            fieldset { legend { "It may" }
                @for scope in Scope::ALL { label.choice { input type="checkbox" name="scope" value=(scope.name()) checked[entered.is("scope", scope.name())]; span { (said(scope)) } } }
            }
            button type="submit" { "Make the token" }
        }
    };
    page("Access", place::TOKENS, Some(reader), &main)
}

/// Asks once more before a token is revoked.
pub(crate) fn revoke(reader: &Reader, token: &TokenInfo, is_own: bool) -> String {
    let main = html! {
        h1 { "Revoke this token?" }
        dl {
            dt { "Name" } dd { (token.name) }
            dt { "Number" } dd { code { (token.id) } }
            dt { "May" } dd { (token.scopes.iter().map(|scope| said(*scope)).collect::<Vec<_>>().join("; ")) }
        }
        div.note {
            p { "Whoever uses it is shut out at once, and it cannot be brought back: only a new one can be made." }
            @if is_own { p { "It is the one that you are signed in with: you will be signed out." } }
            @if token.name == CLI_TOKEN_NAME { p { "It is what commands on the node's own machine use: they fail until the node is restarted." } }
        }
        form method="post" action=(place::TOKEN_REVOKE) {
            (reader.secret()) input type="hidden" name="id" value=(token.id);
            div.row { button type="submit" { "Yes, revoke it" } a.button.quiet href=(place::TOKENS) { "No, go back" } }
        }
    };
    page("Revoke a token", place::TOKENS, Some(reader), &main)
}

const fn said(scope: Scope) -> &'static str {
    match scope {
        Scope::Check => "check applicants and decide reviews",
        Scope::Publish => "report, withdraw and dispute",
        Scope::Admin => "manage access and read the record",
    }
}
