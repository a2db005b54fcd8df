//! The network, the record of lookups, and tokens.

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{NewToken, Scope, TokenList, TokenRequest};
use serde::Deserialize;

use super::{FORM_BYTES_MAX, Form, Signed, html, see};
use crate::{
    audit,
    console::{audit as record_pages, entered::Entered, network as network_pages, place, tokens as token_pages},
    http::{ApiError, App, auth::unix_seconds, statements::blocking},
};

/// Records on a page: a few screens.
const RECORDS: usize = 50;

/// Members, peers, and how fresh all is.
pub(super) async fn network(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let signed = match app.signed(&headers, Scope::Check) {
        Ok(signed) => signed,
        Err(away) => return *away,
    };
    let service = &app.service;
    match futures::try_join!(service.status(), service.members(), service.peers(), service.activity()) {
        Ok((status, members, peers, activity)) => {
            html(StatusCode::OK, network_pages::network(&signed.reader, &status, &members, &peers, &activity))
        }
        Err(error) => signed.refused(error),
    }
}

/// Which records to show.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    before: Option<u64>,
}

/// The record of lookups, newest first.
pub(super) async fn audit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<Shown>, QueryRejection>,
) -> Response {
    let signed = match app.signed(&headers, Scope::Admin) {
        Ok(signed) => signed,
        Err(away) => return *away,
    };
    let Ok(Query(Shown { before })) = query else {
        return signed.refused(ApiError::bad_request("this address was not understood"));
    };
    let dir = app.config.audit_dir.clone();
    match blocking(move || audit::newest_first(&dir, before, RECORDS).map_err(ApiError::from)).await {
        Ok(page) => {
            let tokens = app.tokens.list();
            let name = |id: &str| tokens.iter().find(|token| token.id == id).map(|token| token.name.clone());
            html(StatusCode::OK, record_pages::list(&signed.reader, &page, name))
        }
        Err(error) => signed.refused(error),
    }
}

/// Whether the record holds together.
pub(super) async fn verify(State(app): State<Arc<App>>, request: Request) -> Response {
    let (signed, _) = match app.posted(request, Scope::Admin, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    let dir = app.config.audit_dir.clone();
    let verified = blocking(move || Ok(audit::verify(&dir).map_err(|error| error.to_string()))).await;
    match verified {
        Ok(outcome) => {
            let outcome = outcome.as_ref().map_err(String::as_str);
            html(StatusCode::OK, record_pages::verified(&signed.reader, outcome))
        }
        Err(error) => signed.refused(error),
    }
}

/// The tokens.
pub(super) async fn tokens(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.signed(&headers, Scope::Admin) {
        Ok(signed) => html(StatusCode::OK, list(&app, &signed, None, &Entered::default())),
        Err(away) => *away,
    }
}

/// Makes a token, and shows it this once.
pub(super) async fn create_token(State(app): State<Arc<App>>, request: Request) -> Response {
    let (signed, form) = match app.posted(request, Scope::Admin, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    let made = match wanted(&form) {
        Ok(wanted) => {
            let tokens = Arc::clone(&app.tokens);
            blocking(move || Ok(tokens.create(&wanted, unix_seconds())?)).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => html(StatusCode::OK, list(&app, &signed, Some(&made), &Entered::default())),
        Err(error) if error.is_open_ended() => signed.refused(error),
        Err(error) => {
            let fault = error.told();
            let entered = Entered::again(&form.fields, Some(&fault));
            html(error.status(), list(&app, &signed, None, &entered))
        }
    }
}

/// Which token to revoke.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    id: String,
}

/// Asks once more before a token is revoked.
pub(super) async fn revoke_page(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<Which>, QueryRejection>,
) -> Response {
    let signed = match app.signed(&headers, Scope::Admin) {
        Ok(signed) => signed,
        Err(away) => return *away,
    };
    let id = query.map(|Query(which)| which.id).unwrap_or_default();
    match app.tokens.list().into_iter().find(|token| token.id == id) {
        Some(token) => {
            let is_own = token.id == **signed.caller.id();
            html(StatusCode::OK, token_pages::revoke(&signed.reader, &token, is_own))
        }
        None => see(place::TOKENS), // it was revoked meanwhile
    }
}

/// Revokes a token at once.
pub(super) async fn revoke_token(State(app): State<Arc<App>>, request: Request) -> Response {
    let (signed, form) = match app.posted(request, Scope::Admin, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    let (tokens, id) = (Arc::clone(&app.tokens), form.text("id").unwrap_or_default());
    match blocking(move || Ok(tokens.revoke(&id)?)).await {
        Ok(_) => see(place::TOKENS),
        Err(error) => signed.refused(error),
    }
}

fn list(app: &App, signed: &Signed, made: Option<&NewToken>, entered: &Entered<'_>) -> String {
    let tokens = TokenList { tokens: app.tokens.list() };
    token_pages::list(&signed.reader, &tokens, signed.caller.id(), made, entered)
}

fn wanted(form: &Form) -> Result<TokenRequest, ApiError> {
    let days = form.text("days").map(|days| days.parse::<u32>()).transpose();
    let expires_days = days.map_err(|_| ApiError::invalid("the days until it expires are a whole number"))?;
    let scopes = form.all("scope").filter_map(Scope::from_name).collect();
    Ok(TokenRequest { name: form.text("name").unwrap_or_default(), scopes, expires_days })
}
