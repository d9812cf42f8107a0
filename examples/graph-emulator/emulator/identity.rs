//! The token services of pipelines and machines, each with the habits of the real one; must not know Graph.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::access::Access;
use super::assertion::{EXCHANGE, Federated};
use super::clock;
use super::message::{Answer, Request};

/// Who runs on this machine and in this pipeline. The paths are below the service's origin.
#[derive(Clone)]
pub(crate) struct Platform {
    /// What lets a GitHub job ask at `/pipelines/github`.
    pub(crate) github_request_token: String,
    /// What lets an Azure DevOps job ask at `/pipelines/azure-devops`.
    pub(crate) azure_devops_access_token: String,
    pub(crate) service_connection_id: String,
    /// Whom the pipelines' tokens are about.
    pub(crate) pipeline: Federated,
    /// What App Service's `/msi/token` wants to be shown.
    pub(crate) identity_header: String,
    /// The client whose identity the machine has; without it the machine has none.
    pub(crate) machine: Option<String>,
}

impl Default for Platform {
    fn default() -> Self {
        Self {
            github_request_token: "emulator-github-request-token".to_owned(),
            azure_devops_access_token: "emulator-azure-devops-access-token".to_owned(),
            service_connection_id: "c0ffee00-1111-4222-8333-444455556666".to_owned(),
            pipeline: Federated {
                issuer: "https://pipelines.emulator.invalid".to_owned(),
                subject: "repo:contoso/intune:ref:refs/heads/main".to_owned(),
            },
            identity_header: "emulator-identity-header".to_owned(),
            machine: None,
        }
    }
}

impl Platform {
    /// Answers a request to one of the services; none when the path is nobody's here.
    pub(crate) fn answer(&self, access: &mut Access, request: &Request) -> Option<Answer> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match (request.method.as_str(), &segments[..]) {
            ("GET", ["pipelines", "github"]) => self.github(request),
            ("POST", ["pipelines", "azure-devops"]) => self.azure_devops(request),
            ("GET", ["metadata", "identity", "oauth2", "token"]) => {
                self.virtual_machine(access, request)
            }
            ("GET", ["msi", "token"]) => self.app_service(access, request),
            _ => return None,
        })
    }

    /// A token of the pipeline's identity provider for Entra ID's exchange.
    pub(crate) fn pipeline_token(&self) -> String {
        let now = clock::unix_seconds(SystemTime::now());
        let claims = json!({
            "aud": EXCHANGE,
            "iss": self.pipeline.issuer,
            "sub": self.pipeline.subject,
            "nbf": now,
            "exp": now + 300,
        });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = part(r#"{"alg":"RS256","typ":"JWT"}"#);
        format!("{header}.{}.{}", part(&claims.to_string()), part("unchecked"))
    }

    fn github(&self, request: &Request) -> Answer {
        if !bears(request, &self.github_request_token) {
            return Answer::json(
                403,
                &json!({ "message": "Resource not accessible by integration" }),
            );
        }
        if option(request, "audience").as_deref() != Some(EXCHANGE) {
            return Answer::json(400, &json!({ "message": "unexpected audience" }));
        }
        Answer::json(200, &json!({ "count": 1, "value": self.pipeline_token() }))
    }

    /// A stranger is led to the sign-in page, as the real one does.
    fn azure_devops(&self, request: &Request) -> Answer {
        if !bears(request, &self.azure_devops_access_token) {
            return Answer::empty(302).with("location", "https://spsprodeus.vssps.invalid/_signin");
        }
        if request.media_type().as_deref() != Some("application/json") {
            return Answer::json(415, &json!({ "message": "unsupported media type" }));
        }
        let is_asked = option(request, "api-version").as_deref() == Some("7.1")
            && option(request, "serviceConnectionId").as_ref() == Some(&self.service_connection_id);
        if !is_asked {
            return Answer::json(404, &json!({ "message": "no such service connection" }));
        }
        Answer::json(200, &json!({ "oidcToken": self.pipeline_token() }))
    }

    fn virtual_machine(&self, access: &mut Access, request: &Request) -> Answer {
        // The header keeps a page in a browser on the machine from asking; no proxy may be between.
        let is_local = request.header("metadata") == Some("true")
            && request.header("x-forwarded-for").is_none();
        if !is_local || option(request, "api-version").as_deref() != Some("2018-02-01") {
            return machine_error("Required metadata header not specified");
        }
        match self.machine_token(access, request) {
            Ok((token, end)) => {
                let left = end.saturating_sub(clock::unix_seconds(SystemTime::now()));
                Answer::json(
                    200,
                    &json!({
                        "access_token": token,
                        "expires_in": left.to_string(),
                        "expires_on": end.to_string(),
                        "token_type": "Bearer",
                    }),
                )
            }
            Err(reason) => machine_error(reason),
        }
    }

    fn app_service(&self, access: &mut Access, request: &Request) -> Answer {
        if request.header("x-identity-header") != Some(&self.identity_header) {
            return Answer::json(401, &json!({ "statusCode": 401, "message": "Unauthorized" }));
        }
        if option(request, "api-version").as_deref() != Some("2019-08-01") {
            return machine_error("unsupported api-version");
        }
        match self.machine_token(access, request) {
            // There is no `expires_in` here.
            Ok((token, end)) => Answer::json(
                200,
                &json!({
                    "access_token": token,
                    "expires_on": end.to_string(),
                    "token_type": "Bearer",
                }),
            ),
            Err(reason) => machine_error(reason),
        }
    }

    /// A token of the machine's identity and its end.
    fn machine_token(
        &self,
        access: &mut Access,
        request: &Request,
    ) -> Result<(String, u64), &'static str> {
        let machine = self.machine.as_ref().ok_or("Identity not found")?;
        if option(request, "client_id").is_some_and(|wanted| wanted != *machine) {
            return Err("Identity not found");
        }
        let resource = option(request, "resource").unwrap_or_default();
        access.machine_token(machine, &resource).ok_or("the resource was not found")
    }
}

fn machine_error(reason: &str) -> Answer {
    Answer::json(400, &json!({ "error": "invalid_request", "error_description": reason }))
}

fn bears(request: &Request, token: &str) -> bool {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    bearer == Some(token)
}

fn option(request: &Request, name: &str) -> Option<String> {
    request.query_options().into_iter().find(|(given, _)| given == name).map(|(_, value)| value)
}

/// The header by which Graph demands these claims of a token.
pub(crate) fn claims_challenge(demanded: &Value) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(demanded.to_string());
    format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.emulator.invalid/common/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{encoded}\""
    )
}
