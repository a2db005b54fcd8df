//! Tokens: who may use this node, and for what.

use larum_protocol::api::{NewToken, Scope, TOKEN_DAYS_MAX, TOKEN_NAME_BYTES_MAX, TokenList};
use maud::html;

use super::{
    layout::{Reader, page},
    place,
    reviews::moment,
};

/// The tokens, and the one that was just made.
pub(crate) fn list(reader: &Reader, tokens: &TokenList, made: Option<&NewToken>) -> String {
    let main = html! {
        h1 { "Access" }
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
                td data-label="Name" { (token.name) br; span.soft { code { (token.id) } } }
                td data-label="May" { (token.scopes.iter().map(|scope| said(*scope)).collect::<Vec<_>>().join("; ")) }
                td data-label="Made" { (moment(&token.created)) }
                td data-label="Expires" { (moment(&token.expires)) }
                td { form method="post" action=(place::TOKEN_REVOKE) {
                    (reader.secret()) input type="hidden" name="id" value=(token.id);
                    button.quiet type="submit" aria-label={ "Revoke the token " (token.name) } { "Revoke" }
                } }
            } } }
        } }
        h2 { "A new token" }
        form.card method="post" action=(place::TOKENS) {
            (reader.secret())
            div.grid {
                p { label for="name" { "Name" span.hint { "who or what uses it; shows in the record" } }
                    input #name type="text" name="name" required maxlength=(TOKEN_NAME_BYTES_MAX) autocomplete="off"; }
                p { label for="days" { "Days until it expires" } input #days type="number" name="days" min="1" max=(TOKEN_DAYS_MAX) value="365"; }
            }
            fieldset { legend { "It may" }
                @for scope in Scope::ALL { label.choice { input type="checkbox" name="scope" value=(scope.name()); span { (said(scope)) } } }
            }
            button type="submit" { "Make the token" }
        }
    };
    page("Access", place::TOKENS, Some(reader), &main)
}

const fn said(scope: Scope) -> &'static str {
    match scope {
        Scope::Check => "check applicants and decide reviews",
        Scope::Publish => "report, withdraw and dispute",
        Scope::Admin => "manage access and read the record",
    }
}
