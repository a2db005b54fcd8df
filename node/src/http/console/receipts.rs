//! Verifying a receipt that somebody shows: the form is read, held against the roster, and forgotten.
//!
//! Invariant: nothing of what is given is kept, logged or repeated.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::{
    api::{APPLICATION_BODY_BYTES_MAX, MemberList, Scope},
    receipt::{Receipt, SavedAnswer, SavedCheck},
};

use super::{Form, html};
use crate::{
    console::receipts::{self as pages, Outcome, Proof, Signer},
    http::{ApiError, App, statements::blocking},
};

/// Bytes of request and answer together: the largest application, whose places it shares, so that it takes no memory that was
/// not thought of. Larger ones, of bulk checks, are for `larum receipt verify`.
const RECEIPT_BYTES_MAX: usize = APPLICATION_BODY_BYTES_MAX;

/// The form.
pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.signed(&headers, scope(&app, &headers)) {
        Ok(signed) => html(StatusCode::OK, pages::form(&signed.reader, RECEIPT_BYTES_MAX)),
        Err(away) => *away,
    }
}

/// What it proves.
pub(super) async fn verify(State(app): State<Arc<App>>, request: Request) -> Response {
    let scope = scope(&app, request.headers());
    let _place = match app.place_for_upload(request.headers()) {
        Ok(place) => place,
        Err(error) => {
            let signed = app.signed(request.headers(), scope);
            return signed.map_or_else(|away| *away, |signed| signed.refused(told(error)));
        }
    };
    let (signed, form) = match app.posted(request, scope, RECEIPT_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    match judged(&app, form).await {
        Ok(outcome) => html(StatusCode::OK, pages::outcome(&signed.reader, &outcome)),
        Err(error) => signed.refused(error),
    }
}

/// For whoever may look up, and for whoever may read the record.
fn scope(app: &App, headers: &HeaderMap) -> Scope {
    let may = |scope| app.may(headers, scope);
    if !may(Scope::Check) && may(Scope::Admin) { Scope::Admin } else { Scope::Check }
}

/// What is too large is not lost: it can be verified elsewhere.
fn told(error: ApiError) -> ApiError {
    if error.status() != StatusCode::PAYLOAD_TOO_LARGE {
        return error;
    }
    let max = RECEIPT_BYTES_MAX / 1024 / 1024;
    ApiError::too_large(format!(
        "request and answer have more than {max} MB together; verify them with `larum receipt verify`, which reads larger ones"
    ))
}

async fn judged(app: &App, form: Form) -> Result<Outcome, ApiError> {
    let service = &app.service;
    let (status, members) = futures::try_join!(service.status(), service.members())?;
    // Beside the async workers: some megabytes of JSON and a hash over all of them.
    blocking(move || Ok(judge(&Given::of(form)?, &status.consortium, &members))).await
}

/// What is to be verified.
struct Given {
    /// The request as it may have read.
    requests: Vec<Vec<u8>>,
    answer: Vec<u8>,
}

impl Given {
    fn of(mut form: Form) -> Result<Self, ApiError> {
        let file_or_text = |form: &mut Form, file: &str, text: &str| form.file(file).or_else(|| pasted(form, text));
        if let Some(record) = file_or_text(&mut form, "record", "record_text") {
            let saved: SavedCheck = serde_json::from_slice(&record).map_err(|_| {
                ApiError::invalid(
                    "this is not a saved check: that is a JSON file with `request` and `answer`; give request and answer each \
                     on its own if you have them so",
                )
            })?;
            return Ok(Self { requests: vec![saved.request.into_bytes()], answer: saved.answer.into_bytes() });
        }
        let requests = match form.file("request") {
            Some(request) => vec![request],
            None => pasted(&form, "request_text").map(readings).unwrap_or_default(),
        };
        match (requests, file_or_text(&mut form, "answer", "answer_text")) {
            (requests, Some(answer)) if !requests.is_empty() => Ok(Self { requests, answer }),
            _ => Err(ApiError::invalid("give the file of a saved check, or both the request and the answer")),
        }
    }
}

/// What was typed into a field. Browsers end each line with two characters where the text had one.
fn pasted(form: &Form, name: &str) -> Option<Vec<u8>> {
    let text = form.sent(name).filter(|text| !text.trim().is_empty())?;
    Some(text.replace("\r\n", "\n").into_bytes())
}

/// A pasted text, and the same without the line break that copying it may have put at its end.
fn readings(text: Vec<u8>) -> Vec<Vec<u8>> {
    let without = text.trim_ascii_end().to_vec();
    if without == text { vec![text] } else { vec![text, without] }
}

fn judge(given: &Given, consortium: &str, members: &MemberList) -> Outcome {
    let Some(answer) = SavedAnswer::take_apart(&given.answer) else { return Outcome::None };
    let mut error = None;
    for request in &given.requests {
        match answer.verify(request) {
            Ok(receipt) => {
                let signer = signer(&receipt, consortium, members);
                let (verdict, is_stream) = (answer.verdict(), answer.is_stream());
                return Outcome::Signed(Box::new(Proof { receipt, signer, verdict, is_stream }));
            }
            Err(why) => error = Some(why),
        }
    }
    error.map_or(Outcome::None, Outcome::Refused)
}

fn signer(receipt: &Receipt, consortium: &str, members: &MemberList) -> Signer {
    if receipt.consortium.to_string() != consortium {
        return Signer::OtherConsortium;
    }
    let key = receipt.node.to_string();
    let mut nodes = members.members.iter().flat_map(|member| member.nodes.iter().map(move |node| (member, node)));
    match nodes.find(|(_, node)| node.key == key) {
        None => Signer::Stranger(members.roster),
        Some((member, node)) if node.status == "revoked" => Signer::Revoked(member.name.clone()),
        Some((member, _)) => Signer::Member { name: member.name.clone(), status: member.status.clone() },
    }
}
