//! `GET /v1/openapi.json`: the API as OpenAPI 3.1, made from the same types and handlers that answer.

use std::sync::OnceLock;

use axum::{body::Bytes, http::StatusCode, response::Response};
use larum_protocol::api::{BulkSummary, Problem};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::{
    admin, alerts, applications, body, bulk, check, erasures, hooks, probe, read, reviews, rosters, statements, vault,
    watches,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Larum",
        description = "Warnings about organised hiring fraud, between employers who share no personal data. \
                       A verdict is a reason for a person to look, never a reason to reject anybody.",
    ),
    paths(
        check::check, bulk::check_bulk, applications::applications, statements::statements, read::status, read::members, read::peers, read::logs,
        read::stewards, admin::tags, reviews::reviews, reviews::review, reviews::identifiers, reviews::decide, reviews::reopen, reviews::dispute, vault::vault, vault::republish, rosters::rosters, rosters::offer, admin::audit, admin::tokens, admin::create_token, admin::revoke_token, admin::allow, admin::allow_list,
        watches::add, watches::list, watches::remove, alerts::alerts, alerts::act, erasures::erase,
        hooks::hook, probe::healthz, probe::readyz, probe::metrics, openapi,
    ),
    components(schemas(BulkSummary, Problem)),
    modifiers(&BearerTokens),
)]
struct ApiDoc;

struct BearerTokens;

impl Modify for BearerTokens {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "probe", responses((status = 200, body = String, content_type = "application/json")))]
pub(super) async fn openapi() -> Response {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| {
        let json = ApiDoc::openapi().to_json().expect("the document is plain data");
        Bytes::from(json)
    });
    body::json_bytes(StatusCode::OK, document.clone())
}
