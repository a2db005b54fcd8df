//! The console's requests: signing in, and pages around what the API does.
//!
//! The guard has looked at `Host` and `Origin` before. A page takes the session's cookie, never a bearer header; the API
//! takes a bearer header, never the cookie: so no page of another origin can use a session, and no form the API.
//! Invariant: whatever changes something is a POST with the secret of its session's forms.
//! Invariant: the token behind a session is accepted anew for each request, with its scope and its rate.

mod admin;
mod alerts;
mod check;
mod receipts;
mod reviews;
mod statements;

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use larum_protocol::{
    api::{Scope, slug},
    kind::is_region,
};

use super::{ApiError, App, form};
use crate::{
    applications::Document,
    console::{
        ICON, SCRIPT, STYLE,
        layout::{self, FORM_SECRET, Reader},
        place,
        session::{SESSION_MAX, Session},
    },
    reviews::Reviews,
    tokens::Caller,
};

/// What a page may load and do: nothing but what this node serves.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                              connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The cookie that leads to a session.
const COOKIE: &str = "larum_session";
/// Bytes of a form without files: a decision with its reason, every character escaped.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// Every page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(place::HOME, get(home))
        .route(place::SIGN_IN, get(sign_in_page).post(sign_in))
        .route(place::SIGN_OUT, post(sign_out))
        .route(place::CHECK, get(check::page).post(check::check))
        .route(place::REVIEWS, get(reviews::list))
        .route(place::REVIEW, get(reviews::one).post(reviews::decide))
        .route(place::REVIEW_IDENTIFIERS, post(reviews::disclose))
        .route(place::REVIEW_DISPUTE, post(reviews::dispute))
        .route(place::REVIEW_REOPEN, post(reviews::reopen))
        .route(place::ALERTS, get(alerts::list))
        .route(place::ALERT_ACKNOWLEDGE, post(alerts::acknowledge))
        .route(place::ALERT_END, post(alerts::end))
        .route(place::STATEMENTS, get(statements::page).post(statements::preview))
        .route(place::CONFIRM, post(statements::confirm))
        .route(place::NETWORK, get(admin::network))
        .route(place::AUDIT, get(admin::audit))
        .route(place::AUDIT_VERIFY, post(admin::verify))
        .route(place::RECEIPTS, get(receipts::page).post(receipts::verify))
        .route(place::TOKENS, get(admin::tokens).post(admin::create_token))
        .route(place::TOKEN_REVOKE, get(admin::revoke_page).post(admin::revoke_token))
        .route(place::STYLE, get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route(place::SCRIPT, get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
        .route(place::ICON, get(|| async { asset("image/svg+xml", ICON) }))
}

/// Somebody who is signed in, and may see this page.
pub(super) struct Signed {
    caller: Caller,
    session: Session,
    reader: Reader,
}

/// A form that came from one of this session's pages.
pub(super) struct Form {
    fields: Vec<(String, String)>,
    /// Each with the field that it stands in.
    files: Vec<(String, Document)>,
}

impl Form {
    /// A field without blanks around it; none if it is empty.
    fn text(&self, name: &str) -> Option<String> {
        self.all(name).next().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A field as it was sent.
    fn sent(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Takes the bytes of a field's file out.
    fn file(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.files.iter().position(|(field, _)| field == name)?;
        Some(self.files.swap_remove(at).1.bytes)
    }

    /// Every value of a field.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.trim())
    }
}

impl App {
    /// Who is signed in, if that token permits it now; otherwise what to answer.
    fn signed(&self, headers: &HeaderMap, scope: Scope) -> Result<Signed, Box<Response>> {
        let away = || Box::new(see(place::SIGN_IN));
        let cookie = cookie(headers).ok_or_else(away)?;
        let session = self.sessions.find(cookie, Instant::now()).ok_or_else(away)?;
        let caller = match self.admit_token(&session.token, scope) {
            Ok(caller) => caller,
            Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
                self.sessions.end(cookie);
                return Err(away());
            }
            Err(error) => {
                let known = Scope::ALL.into_iter().find_map(|scope| self.caller(&session.token, scope));
                return Err(Box::new(refused(&error, known.map(|caller| self.reader(&caller, &session)).as_ref())));
            }
        };
        let reader = self.reader(&caller, &session);
        Ok(Signed { caller, session, reader })
    }

    /// Who is signed in, and the form that was sent, if it is one of this session's pages'.
    async fn posted(&self, request: Request, scope: Scope, max: usize) -> Result<(Signed, Form), Box<Response>> {
        let (parts, body) = request.into_parts();
        let signed = self.signed(&parts.headers, scope)?;
        let own = |form: &Form| form.all(FORM_SECRET).next().is_some_and(|secret| signed.session.sent(secret));
        let form = self.read_form(&parts.headers, body, max).await.and_then(|form| {
            if own(&form) {
                return Ok(form);
            }
            let detail = "this form did not come from a page of your session; load the page again and repeat";
            Err(ApiError::new(StatusCode::FORBIDDEN, slug::ORIGIN, detail))
        });
        match form {
            Ok(form) => Ok((signed, form)),
            Err(error) => Err(Box::new(refused(&error, Some(&signed.reader)))),
        }
    }

    async fn read_form(&self, headers: &HeaderMap, body: Body, max: usize) -> Result<Form, ApiError> {
        let accepted = ["application/x-www-form-urlencoded", "multipart/form-data"];
        if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin") {
            return Err(ApiError::new(StatusCode::FORBIDDEN, slug::ORIGIN, "forms of other sites are not taken"));
        }
        let raw = self.read_body(headers, body, max, &accepted).await?;
        let (mut fields, mut files) = (Vec::new(), Vec::new());
        let Some(boundary) = form::boundary(headers) else {
            let pairs = url::form_urlencoded::parse(&raw).take(form::FIELDS_MAX);
            fields.extend(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
            return Ok(Form { fields, files });
        };
        for part in form::read(&raw, &boundary).await? {
            match part.file {
                // A browser sends an empty file without a name where none was chosen.
                Some(name) if name.is_empty() && part.bytes.is_empty() => {}
                Some(name) => files.push((part.name, Document { name, bytes: part.bytes.to_vec() })),
                None => {
                    let text = String::from_utf8(part.bytes.to_vec());
                    let text = text.map_err(|_| ApiError::bad_request("a field of the form is not UTF-8"))?;
                    fields.push((part.name, text));
                }
            }
        }
        Ok(Form { fields, files })
    }

    fn reader(&self, caller: &Caller, session: &Session) -> Reader {
        let scopes = Scope::ALL.into_iter().filter(|scope| caller.may(*scope)).collect();
        let alerts = self.watching.get().map_or(0, |watching| watching.alerts.waiting());
        let reviews = u64::try_from(self.metrics.reviews_waiting.get()).unwrap_or(0);
        let employer = self.applications.reviews().map(Reviews::employer).unwrap_or_default();
        Reader { name: caller.name().to_owned(), scopes, form: session.form.clone(), alerts, reviews, employer }
    }

    /// Whether whoever is signed in may do this.
    fn may(&self, headers: &HeaderMap, scope: Scope) -> bool {
        let session = cookie(headers).and_then(|cookie| self.sessions.find(cookie, Instant::now()));
        session.is_some_and(|session| self.caller(&session.token, scope).is_some())
    }

    fn caller(&self, token: &str, scope: Scope) -> Option<Caller> {
        self.tokens.accept(token, scope, super::auth::unix_seconds()).ok()
    }
}

impl Signed {
    /// The page of an error.
    fn refused(&self, error: impl Into<ApiError>) -> Response {
        refused(&error.into(), Some(&self.reader))
    }
}

async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let session = cookie(&headers).and_then(|cookie| app.sessions.find(cookie, Instant::now()));
    see(session
        .map_or(place::SIGN_IN, |session| layout::first_page(|scope| app.caller(&session.token, scope).is_some())))
}

async fn sign_in_page() -> Response {
    html(StatusCode::OK, layout::sign_in(None))
}

async fn sign_in(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = match app.read_form(&parts.headers, body, FORM_BYTES_MAX).await {
        Ok(form) => form,
        Err(error) => return refused(&error, None),
    };
    let token = form.text("token").unwrap_or_default();
    if !Scope::ALL.into_iter().any(|scope| app.caller(&token, scope).is_some()) {
        let told = "This token is not known here, was revoked, or has expired. Ask your operator for a new one.";
        return html(StatusCode::UNAUTHORIZED, layout::sign_in(Some(told)));
    }
    let Some(secret) = app.sessions.begin(&token, Instant::now()) else {
        return refused(&ApiError::internal(), None);
    };
    let mut response = see(place::HOME);
    let secure = parts.headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if secure { "; Secure" } else { "" };
    let seconds = SESSION_MAX.as_secs();
    let value = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", *secret);
    if let Ok(mut value) = HeaderValue::from_str(&value) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

async fn sign_out(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(cookie) = cookie(&parts.headers) else { return see(place::SIGN_IN) };
    let Some(session) = app.sessions.find(cookie, Instant::now()) else { return see(place::SIGN_IN) };
    let form = app.read_form(&parts.headers, body, FORM_BYTES_MAX).await;
    if form.is_ok_and(|form| form.all(FORM_SECRET).next().is_some_and(|secret| session.sent(secret))) {
        app.sessions.end(cookie);
    }
    see(place::SIGN_IN)
}

/// The country that a form names, if it is one.
fn region(form: &Form) -> Result<Option<String>, ApiError> {
    let region = form.text("region").map(|region| region.to_uppercase());
    match region.as_deref().is_none_or(is_region) {
        true => Ok(region),
        false => Err(ApiError::invalid("there is no such country: enter its two letters, such as US or DE")),
    }
}

/// What a path answers that leads nowhere: a page to a browser, an error to a program.
pub(super) async fn not_found(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return super::error::not_found().into_response();
    }
    let session = cookie(&headers).and_then(|cookie| app.sessions.find(cookie, Instant::now()));
    let reader = session.and_then(|session| {
        let caller = Scope::ALL.into_iter().find_map(|scope| app.caller(&session.token, scope))?;
        Some(app.reader(&caller, &session))
    });
    html(StatusCode::NOT_FOUND, layout::not_found(reader.as_ref()))
}

/// The session's cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// A page.
fn html(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    // Not `no-referrer`: with that, browsers send forms without their origin, and the guard refuses them.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The page of an error.
fn refused(error: &ApiError, reader: Option<&Reader>) -> Response {
    html(error.status(), layout::problem(&error.told(), error.is_open_ended(), reader))
}

/// Sends a browser to another page of ours.
fn see(place: &str) -> Response {
    let mut response = html(StatusCode::SEE_OTHER, String::new());
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

fn asset(content: &'static str, text: &'static str) -> Response {
    let mut response = html(StatusCode::OK, text.to_owned());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    response
}
