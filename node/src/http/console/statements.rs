//! Reporting, withdrawing and disputing, with a preview of what leaves the node.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::{
    api::{Action, Identifier, Scope, StatementRow, StatementsRequest, TagsRequest},
    vocabulary::Reason,
};

use super::{FORM_BYTES_MAX, Form, Signed, html, region};
use crate::{
    console::{entered::Entered, statements as pages},
    http::{ApiError, App, ServiceError, statements::too_long},
};

/// The form.
pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.signed(&headers, Scope::Publish) {
        Ok(signed) => html(StatusCode::OK, pages::form(&signed.reader, &Entered::default())),
        Err(away) => *away,
    }
}

/// What would leave the node; or the form again, for who went back from there.
pub(super) async fn preview(State(app): State<Arc<App>>, request: Request) -> Response {
    match app.posted(request, Scope::Publish, FORM_BYTES_MAX).await {
        Ok((signed, form)) if form.text(pages::EDIT).is_some() => {
            html(StatusCode::OK, pages::form(&signed.reader, &Entered::again(&form.fields, None)))
        }
        Ok((signed, form)) => {
            previewed(&app, &signed, &form).await.unwrap_or_else(|error| again(&signed, &form, &error))
        }
        Err(away) => *away,
    }
}

/// What was seen in the preview leaves the node.
pub(super) async fn confirm(State(app): State<Arc<App>>, request: Request) -> Response {
    match app.posted(request, Scope::Publish, FORM_BYTES_MAX).await {
        Ok((signed, form)) => {
            confirmed(&app, &signed, &form).await.unwrap_or_else(|error| again(&signed, &form, &error))
        }
        Err(away) => *away,
    }
}

/// The form with what was entered, and why it was not taken. Of a fault of the node nobody knows how far it got.
fn again(signed: &Signed, form: &Form, error: &ApiError) -> Response {
    if error.is_open_ended() {
        return signed.refused(error.clone());
    }
    html(error.status(), pages::form(&signed.reader, &Entered::again(&form.fields, Some(&error.told()))))
}

async fn previewed(app: &App, signed: &Signed, form: &Form) -> Result<Response, ApiError> {
    let row = row(form)?;
    let wanted = StatementsRequest { statements: vec![row.clone()], dry_run: true, skip_bad: false };
    let checked = app.state(wanted, &signed.caller).await?;
    if let Some(error) = checked.rows.first().and_then(|outcome| outcome.error.clone()) {
        return Err(ApiError::invalid(error));
    }
    let (kind, value) = (row.kind.clone(), row.value.clone());
    let identifier = Identifier { kind, value, region: row.region.clone(), asset: row.asset.clone() };
    let tags = app.service.tags(TagsRequest { identifiers: vec![identifier] }).await?;
    let made = tags.results.into_iter().next().unwrap_or_default();
    if let Some(error) = made.error {
        return Err(ApiError::invalid(error));
    }
    let masked = checked.rows.first().and_then(|outcome| outcome.masked.as_deref()).unwrap_or("hidden");
    let page = pages::preview(&signed.reader, &row, masked, &made.tags.unwrap_or_default(), &checked);
    Ok(html(StatusCode::OK, page))
}

async fn confirmed(app: &Arc<App>, signed: &Signed, form: &Form) -> Result<Response, ApiError> {
    let row = row(form)?;
    if row.action == Action::Publish && form.text(pages::STANDARD).is_none() {
        return Err(ApiError::invalid("nothing is reported unless you affirm that the evidence meets the standard"));
    }
    let wanted = StatementsRequest { statements: vec![row.clone()], dry_run: false, skip_bad: false };
    let (app, caller) = (Arc::clone(app), signed.caller.clone());
    // A task of its own: somebody who closes the page must not leave a publication half done.
    let work = tokio::spawn(async move {
        let _place = app.place()?;
        app.state(wanted, &caller).await
    });
    let answer = work.await.map_err(|error| ServiceError::Internal(error.to_string()))??;
    Ok(html(StatusCode::OK, pages::done(&signed.reader, &row, &answer)))
}

/// What the form says, in the words of the form where something is missing.
fn row(form: &Form) -> Result<StatementRow, ApiError> {
    let action = match form.text("action").as_deref() {
        Some("publish") => Action::Publish,
        Some("withdraw") => Action::Withdraw,
        Some("dispute") => Action::Dispute,
        _ => return Err(ApiError::invalid("choose whether to report, to withdraw or to dispute")),
    };
    let needed = |name: &str, told: &'static str| form.text(name).ok_or_else(|| ApiError::invalid(told));
    let publishes = action == Action::Publish;
    let publishing = |name: &str, told: &'static str| match publishes {
        true => needed(name, told).map(Some),
        false => Ok(None),
    };
    let reason = needed("reason", "choose a reason")?;
    if reason.parse::<Reason>().is_ok_and(|reason| reason.is_correction() == publishes) {
        return Err(ApiError::invalid(match publishes {
            true => "this reason is one to withdraw or dispute; to report, choose one of the others",
            false => "this reason is one to report; to withdraw or dispute, choose one of the last three",
        }));
    }
    let row = StatementRow {
        action,
        kind: needed("kind", "choose the kind")?,
        value: needed("value", "enter the value")?,
        region: region(form)?,
        asset: form.text("asset"),
        role: publishing("role", "say what it is to the fraud")?,
        reason: Some(reason),
        evidence: publishing("evidence", "say whether it is confirmed or suspected")?,
        observed: publishing("observed", "enter the day on which it was observed")?,
        expires: form.text("expires").filter(|_| publishes),
        origin: form.text("origin").filter(|_| publishes),
        re: form.text("re").filter(|_| action == Action::Dispute),
    };
    if too_long(&row) {
        return Err(ApiError::invalid("a field is too long"));
    }
    Ok(row)
}
