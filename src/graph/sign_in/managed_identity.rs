//! The token service that Azure runs beside a workload; knows no application and no secret of one.

use std::time::{Duration, SystemTime};

use http::Method;
use http::header::{DATE, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::time::Instant;

use super::SignInError;
use super::courier::{Courier, LARGEST_ANSWER, Service, Setback};
use super::grant::{Granted, Useless};
use crate::graph::Origin;
use crate::graph::answer::Answer;
use crate::graph::credential::ManagedIdentity;
use crate::graph::error::{Blame, SignInFailure};
use crate::graph::fault::one_line;
use crate::graph::retry::Outcome;
use crate::graph::retry_after::asked_wait;
use crate::graph::transport::Request;

const MACHINE: Service = Service {
    name: "the managed identity service",
    blame: Blame::ManagedIdentity,
    most: 3,
    patience: Duration::from_secs(10),
};

const METADATA: HeaderName = HeaderName::from_static("metadata");
const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-identity-header");

const NO_IDENTITY: &str = "no managed identity answered; assign one to this machine, or sign in in \
                           another way";

/// Asks for a token of the machine's identity.
///
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>,
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity>
pub(crate) async fn ask(
    courier: &Courier,
    identity: &ManagedIdentity,
    graph: &Origin,
    deadline: Instant,
) -> Result<Granted, SignInError> {
    let resource = graph.to_string();
    let version = if identity.header.is_some() { "2019-08-01" } else { "2018-02-01" };
    let mut options = vec![("api-version", version), ("resource", resource.as_str())];
    if let Some(client_id) = &identity.client_id {
        options.push(("client_id", client_id));
    }
    let endpoint = &identity.endpoint;
    let request = Request::to(Method::GET, endpoint, endpoint.with(&options), LARGEST_ANSWER);
    let request = match &identity.header {
        Some(header) => {
            let value = HeaderValue::from_str(header.expose());
            let mut value = value.map_err(|_| {
                let description = "IDENTITY_HEADER holds characters that no header holds";
                SignInError::lasting(Blame::ManagedIdentity, description)
            })?;
            value.set_sensitive(true);
            request.with_header(IDENTITY_HEADER, value)
        }
        None => request.with_header(METADATA, HeaderValue::from_static("true")),
    };
    courier.ask(&MACHINE, &request, deadline, read).await.map_err(|mut error| {
        // Which address was asked tells whether this is the right kind of machine at all.
        let description = error.failure.description.take().unwrap_or_default();
        error.failure.description = Some(format!("{description} (asked at {endpoint})"));
        error.failure.hint.get_or_insert(NO_IDENTITY);
        error
    })
}

fn read(answer: &Answer) -> Result<Granted, Setback> {
    if answer.is_success() {
        let body = answer.object().map_err(|_| MACHINE.without_token(answer, None))?;
        let date = answer.header(DATE.as_str());
        let now = date.and_then(|date| httpdate::parse_http_date(date).ok());
        return Granted::read(&body, now.unwrap_or_else(SystemTime::now)).map_err(|useless| {
            match useless {
                Useless::Token => MACHINE.without_token(answer, Some("there is no access_token")),
                Useless::Lifetime => {
                    let detail = "the token's lifetime is missing or unusable";
                    (None, SignInError::passing(Blame::ManagedIdentity, detail, None))
                }
            }
        });
    }
    let status = answer.status;
    let asked = asked_wait(&answer.headers, None);
    match status {
        // While an identity is being assigned, or the service restarts, it is not there (yet).
        404 | 410 => {
            Err(MACHINE.strange(answer, Some(Outcome::Status { status: 503, asked: None })))
        }
        400..=403 => Err(refused(answer)),
        _ => Err(MACHINE.strange(answer, Some(Outcome::Status { status, asked }))),
    }
}

/// The service says that there is no such identity.
fn refused(answer: &Answer) -> Setback {
    let body = answer.object().unwrap_or_default();
    let said = ["error_description", "message", "error"]
        .iter()
        .find_map(|name| body.get(*name).and_then(Value::as_str).and_then(one_line));
    let said = said.unwrap_or_else(|| format!("status {}", answer.status));
    let description = format!("the managed identity service refused: {said}");
    let failure = SignInFailure {
        description: Some(description),
        hint: Some(
            "this machine has no such managed identity; assign it, or correct the client id of the \
             user-assigned one",
        ),
        ..SignInFailure::of(Blame::ManagedIdentity)
    };
    (None, SignInError { failure: Box::new(failure), source: None, lasting: true })
}
