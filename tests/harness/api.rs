//! The HTTP API from outside: what is sent is what any integrator would send.

use std::time::Duration;

use larum_protocol::api::{
    AllowAction, AllowAnswer, AllowRequest, AuditPage, CheckAnswer, CheckRequest, Identifier, LogList, PeerList,
    Problem, RosterAnswer, RosterOffer, StatementRow, StatementsAnswer, StatementsRequest, StatusAnswer, path,
};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

/// Longer than the node's own limits; an answer that never comes is a failure of the test.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// A node's API, and the token that opens it.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    token: String,
    client: Client,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum ApiError {
    /// The node said why.
    Problem(Problem),
    /// There was no node, or it went away meanwhile.
    Gone(String),
}

impl ApiError {
    /// The problem's short name; empty if the node was gone.
    pub fn slug(&self) -> &str {
        match self {
            Self::Problem(problem) => problem.slug(),
            Self::Gone(_) => "",
        }
    }
}

impl Api {
    /// The API at `base`.
    pub fn new(base: String, token: String) -> Self {
        let client = Client::builder().timeout(ANSWER_WAIT).no_proxy().build().expect("a plain client");
        Self { base, token, client }
    }

    /// The same API with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request with the token, not sent yet.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// Reads JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        json(self.request(Method::GET, path)).await
    }

    /// Sends JSON and reads JSON.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        json(self.request(Method::POST, path).json(body)).await
    }

    /// Status and body, whatever they are.
    pub async fn text(&self, path: &str) -> Result<(StatusCode, String), ApiError> {
        let response = self.request(Method::GET, path).send().await.map_err(gone)?;
        let status = response.status();
        Ok((status, response.text().await.map_err(gone)?))
    }

    /// Checks identifiers.
    pub async fn check(&self, identifiers: &[Identifier]) -> Result<CheckAnswer, ApiError> {
        let request = CheckRequest { identifiers: identifiers.to_vec(), reference: None, watch_days: None };
        self.post(path::CHECK, &request).await
    }

    /// Publishes, withdraws, disputes.
    pub async fn state(&self, statements: Vec<StatementRow>) -> Result<StatementsAnswer, ApiError> {
        self.post(path::STATEMENTS, &StatementsRequest { statements, dry_run: false, skip_bad: false }).await
    }

    /// Vouches for identifiers, or no longer.
    pub async fn allow(&self, action: AllowAction, identifiers: &[Identifier]) -> Result<AllowAnswer, ApiError> {
        let request = AllowRequest { action, identifiers: identifiers.to_vec(), note: None };
        self.post(path::ALLOW, &request).await
    }

    /// The node's status.
    pub async fn status(&self) -> Result<StatusAnswer, ApiError> {
        self.get(path::STATUS).await
    }

    /// The logs it knows.
    pub async fn logs(&self) -> Result<LogList, ApiError> {
        self.get(path::LOGS).await
    }

    /// The nodes it is connected to, or tries to reach.
    pub async fn peers(&self) -> Result<PeerList, ApiError> {
        self.get(path::PEERS).await
    }

    /// The record of lookups, the first page.
    pub async fn audit(&self) -> Result<AuditPage, ApiError> {
        self.get(&format!("{}?limit=1000", path::AUDIT)).await
    }

    /// Every counter.
    pub async fn metrics(&self) -> Result<String, ApiError> {
        Ok(self.text(path::METRICS).await?.1)
    }

    /// Hands in a signed roster.
    pub async fn offer_roster(&self, bytes: &[u8]) -> Result<RosterAnswer, ApiError> {
        let offer = RosterOffer { roster: data_encoding::BASE64.encode(bytes) };
        self.post(path::ROSTERS, &offer).await
    }
}

async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ApiError> {
    let response = request.send().await.map_err(gone)?;
    let status = response.status();
    let body = response.bytes().await.map_err(gone)?;
    if status.is_success() {
        return Ok(serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{status}, and no answer: {error}")));
    }
    Err(ApiError::Problem(
        serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{status}, no problem: {error}")),
    ))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn gone(error: reqwest::Error) -> ApiError {
    ApiError::Gone(error.to_string())
}
