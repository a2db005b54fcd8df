//! What became known about whom is watched: page by page, or as server-sent events.
//!
//! A follower names the last change it has seen and goes on behind it (`Last-Event-ID`, HTML Living Standard, section 9.2).
//! Followers are bounded in number and come again after a while, so that a
//! token that was revoked is noticed; one that takes nothing loses its connection (`stalled.rs`) and can come back.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream::{self, Stream, StreamExt as _};
use larum_protocol::api::{
    AlertAction, AlertInfo, AlertPage, AlertQuery, AlertRequest, CHECK_BODY_BYTES_MAX, Problem, Scope,
};

use super::{
    ApiError, App, body,
    watches::{limit, number},
};
use crate::alerts::Follower;

/// How long one connection is followed: then the follower comes again, and its token is looked at again.
const FOLLOW_TIME: Duration = Duration::from_secs(15 * 60);
/// How often a follower hears that the connection stands.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: &str = "last-event-id";

/// Alerts by their newest change, page by page; as server-sent events for who accepts `text/event-stream`: each change as
/// it happens, beginning behind `Last-Event-ID` or `after`, else with the next.
#[utoipa::path(
    get, path = "/v1/alerts", tag = "watches", security(("token" = ["check"])),
    params(AlertQuery, ("Last-Event-ID" = Option<String>, Header, description = "The last change that was seen")),
    responses(
        (status = 200, content((AlertPage = "application/json"), (String = "text/event-stream"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn alerts(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<AlertQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let caller = app.admit(&headers, Scope::Check)?;
    let query = query.map_err(|_| {
        ApiError::bad_request(
            "the query takes `after` and `limit`, both whole numbers, and `state`: open, disputed or closed",
        )
    })?;
    if wants_events(&headers) {
        return follow(app, &headers, *query, caller.id());
    }
    let page = app.watching()?.alerts(query.after.unwrap_or(0), query.state, limit(query.limit)?);
    Ok(body::json(StatusCode::OK, &page))
}

/// Acknowledges an alert: a person has seen it.
#[utoipa::path(
    post, path = "/v1/alerts/{id}", tag = "watches", request_body = AlertRequest,
    params(("id" = u64, Path, description = "The alert's number")), security(("token" = ["check"])),
    responses((status = 200, body = AlertInfo), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    app.admit(&parts.headers, Scope::Check)?;
    let bytes = app.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
    let AlertRequest { action: AlertAction::Acknowledge } = body::parse(&bytes)?;
    let id = number(&id, "there is no alert with this number")?;
    Ok(body::json(StatusCode::OK, &app.watching()?.acknowledge(id).await?))
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = accepted.flat_map(|value| value.split(','));
    ranges.any(|range| {
        range.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

fn follow(app: Arc<App>, headers: &HeaderMap, query: AlertQuery, token: &Arc<str>) -> Result<Response, ApiError> {
    let seen = match headers.get(LAST_EVENT_ID).map(HeaderValue::to_str) {
        None => None,
        Some(Ok("")) => None,
        Some(Ok(text)) => {
            let wrong =
                |_| ApiError::bad_request("`Last-Event-ID` is the number of a change, as an event's id gave it");
            Some(text.parse().map_err(wrong)?)
        }
        Some(Err(_)) => return Err(ApiError::bad_request("`Last-Event-ID` is no text")),
    };
    let follower = app.watching()?.follow(seen.or(query.after), token);
    let follower = follower.map_err(|why| ApiError::busy(why.to_string()))?;
    let events = events(app, follower, query);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Each change as an event; ends with the node.
fn events(app: Arc<App>, follower: Follower, query: AlertQuery) -> impl Stream<Item = Result<Event, Infallible>> {
    let changes = stream::unfold((app, follower), |(app, mut follower)| async move {
        let changed = follower.next(&app.watching().ok()?.alerts).await?;
        Some((stream::iter(changed), (app, follower)))
    });
    let wanted = move |alert: &AlertInfo| query.state.is_none_or(|state| state == alert.state);
    let changes = changes.take_until(tokio::time::sleep(FOLLOW_TIME));
    changes.flatten().filter(move |alert| std::future::ready(wanted(alert))).map(|alert| {
        let data = serde_json::to_string(&alert).expect("alerts are plain data");
        Ok(Event::default().id(alert.change.to_string()).event("alert").data(data))
    })
}
