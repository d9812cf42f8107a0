//! The token of another identity provider, fresh at every exchange; knows nothing of Entra's answer.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use http::{HeaderValue, Method};
use serde_json::Value;
use tokio::time::Instant;

use super::SignInError;
use super::courier::{Courier, LARGEST_ANSWER, Service, Setback};
use crate::graph::answer::Answer;
use crate::graph::credential::FederatedToken;
use crate::graph::endpoint::Endpoint;
use crate::graph::error::Blame;
use crate::graph::retry::Outcome;
use crate::graph::retry_after::asked_wait;
use crate::graph::secret::Secret;
use crate::graph::transport::Request;

/// What Entra ID wants to be the audience of a token that it exchanges.
const AUDIENCE: &str = "api://AzureADTokenExchange";

const GITHUB: Service = Service {
    name: "GitHub's token service",
    blame: Blame::FederatedToken,
    most: 3,
    patience: Duration::from_secs(10),
};

const AZURE_DEVOPS: Service = Service { name: "Azure DevOps' token service", ..GITHUB };

/// No token is longer; a larger file is the wrong one.
const LONGEST_FILE: u64 = 64 * 1024;

/// The token as it is now.
pub(crate) async fn token(
    courier: &Courier,
    token: &FederatedToken,
    deadline: Instant,
) -> Result<Secret, SignInError> {
    match token {
        FederatedToken::Given(token) => Ok(token.clone()),
        FederatedToken::File(path) => read_file(path),
        FederatedToken::GitHub { url, token } => github(courier, url, token, deadline).await,
        FederatedToken::AzureDevOps { url, token, service_connection_id } => {
            azure_devops(courier, url, token, service_connection_id, deadline).await
        }
    }
}

fn read_file(path: &Path) -> Result<Secret, SignInError> {
    let refused = |reason: String| {
        let description = format!("the token file `{}` {reason}", path.display());
        // Somebody else keeps the file, and may have put it right by the next time.
        SignInError::passing(Blame::TokenFile, &description, None)
    };
    let unread = |error: std::io::Error| refused(format!("cannot be read: {error}"));
    let about = std::fs::metadata(path).map_err(unread)?;
    // A pipe would be waited for without end.
    if !about.is_file() {
        return Err(refused("is not a file".to_owned()));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unread)?;
    file.take(LONGEST_FILE + 1).read_to_string(&mut text).map_err(unread)?;
    match text.trim() {
        "" => Err(refused("is empty".to_owned())),
        _ if text.len() as u64 > LONGEST_FILE => {
            Err(refused("is too large to be a token".to_owned()))
        }
        token => Ok(Secret::new(token.to_owned())),
    }
}

/// <https://docs.github.com/actions/reference/security/oidc>
async fn github(
    courier: &Courier,
    url: &Endpoint,
    token: &Secret,
    deadline: Instant,
) -> Result<Secret, SignInError> {
    let url_with_audience = url.with(&[("audience", AUDIENCE)]);
    let request = Request::to(Method::GET, url, url_with_audience, LARGEST_ANSWER)
        .with_header(http::header::AUTHORIZATION, bearer(token)?);
    let hint = "the job is not allowed to ask for a token; give it `permissions: id-token: write`";
    let read = |answer: &Answer| read(&GITHUB, answer, "value", hint);
    courier.ask(&GITHUB, &request, deadline, read).await
}

/// <https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>
async fn azure_devops(
    courier: &Courier,
    url: &Endpoint,
    token: &Secret,
    service_connection_id: &str,
    deadline: Instant,
) -> Result<Secret, SignInError> {
    let full = url.with(&[("api-version", "7.1"), ("serviceConnectionId", service_connection_id)]);
    let request = Request::to(Method::POST, url, full, LARGEST_ANSWER)
        .with_body("application/json", Vec::new())
        .with_header(http::header::AUTHORIZATION, bearer(token)?);
    let hint = "the job is not allowed to ask for a token; hand `SYSTEM_ACCESSTOKEN` on to this step, \
                and permit the pipeline to use the service connection";
    let read = |answer: &Answer| read(&AZURE_DEVOPS, answer, "oidcToken", hint);
    courier.ask(&AZURE_DEVOPS, &request, deadline, read).await
}

fn bearer(token: &Secret) -> Result<HeaderValue, SignInError> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut value = value.map_err(|_| {
        let description = "the request token holds characters that no token holds";
        SignInError::lasting(Blame::FederatedToken, description)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(
    service: &Service,
    answer: &Answer,
    property: &str,
    hint: &'static str,
) -> Result<Secret, Setback> {
    if answer.is_success() {
        let body = answer.object().map_err(|_| service.without_token(answer, None))?;
        return match body.get(property).and_then(Value::as_str) {
            Some(token) if !token.is_empty() => Ok(Secret::new(token.to_owned())),
            _ => Err(service.without_token(answer, Some("its property is missing"))),
        };
    }
    let status = answer.status;
    match status {
        // Azure DevOps leads a stranger to its sign-in page.
        301..=399 | 401 | 403 => {
            let description = format!("{} answered status {status}", service.name);
            // GitHub has been seen to refuse a valid token for a moment.
            let outcome = Outcome::Status { status: 503, asked: None };
            let error = SignInError::passing(service.blame, &description, None).with_hint(hint);
            Err((Some(outcome), error))
        }
        _ => {
            let asked = asked_wait(&answer.headers, None);
            Err(service.strange(answer, Some(Outcome::Status { status, asked })))
        }
    }
}
