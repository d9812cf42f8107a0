//! The token endpoint: who may have an access token, and whether one that is shown is good; knows nothing of Graph.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::assertion::{self, Federated, Flaw, Trust};
use super::clock;
use super::identity::Platform;
use super::message::{Answer, Request, form_fields};

/// An application that may sign in.
#[derive(Clone)]
pub(crate) struct Credential {
    /// The tenant in which it is registered; also the first segment of its token endpoint.
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// The certificates registered with it, in DER.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// The users of other identity providers that it trusts.
    pub(crate) federated: Vec<Federated>,
    /// The application permissions an administrator consented to.
    pub(crate) roles: Vec<String>,
}

impl Default for Credential {
    /// A client that may read and write enrollment settings.
    fn default() -> Self {
        Self {
            tenant_id: "11111111-2222-4333-8444-555555555555".to_owned(),
            client_id: "66666666-7777-4888-8999-aaaaaaaaaaaa".to_owned(),
            client_secret: "emulator-client-secret".to_owned(),
            certificates: Vec::new(),
            federated: vec![Platform::default().pipeline],
            roles: vec![WRITE_ROLE.to_owned()],
        }
    }
}

/// The permission to read enrollment settings.
pub(crate) const READ_ROLE: &str = "DeviceManagementServiceConfig.Read.All";
/// The permission to read and write enrollment settings.
pub(crate) const WRITE_ROLE: &str = "DeviceManagementServiceConfig.ReadWrite.All";

/// The clients and the access tokens that are out.
pub(crate) struct Access {
    clients: Vec<Credential>,
    lifetime: Duration,
    /// `{origin}/.default`, the only scope a client of this service can ask for.
    scope: String,
    issued: HashMap<String, Issued>,
    /// What Graph demands to see in a token, if anything.
    demanded: Option<Value>,
}

impl Access {
    pub(crate) fn new(clients: Vec<Credential>, lifetime: Duration, origin: &str) -> Self {
        let scope = format!("{origin}/.default");
        Self { clients, lifetime, scope, issued: HashMap::new(), demanded: None }
    }

    /// Answers a request to `/{tenant}/oauth2/v2.0/token`.
    pub(crate) fn token(&mut self, tenant: &str, request: &Request) -> Answer {
        match self.issue(tenant, request) {
            Ok(body) => Answer::json(200, &body),
            Err(refusal) => refusal.answer(request.header("client-request-id")),
        }
        .with("content-type", "application/json; charset=utf-8")
        .with("cache-control", "no-store, no-cache")
    }

    /// The client behind the `Authorization` header, when its token is good at this moment.
    pub(crate) fn caller(&self, authorization: Option<&str>) -> Option<Caller> {
        let (scheme, token) = authorization?.split_once(' ')?;
        let issued = self.issued.get(token)?;
        let is_good = scheme.eq_ignore_ascii_case("bearer")
            && issued.expires > Instant::now()
            && self.demanded.as_ref().is_none_or(|demanded| issued.has(demanded));
        is_good.then(|| issued.caller.clone())
    }

    /// From now on only tokens that were asked for with these claims are good, as after a change of policy.
    pub(crate) fn demand(&mut self, claims: Value) {
        self.demanded = Some(claims);
    }

    /// The claims that a token lacks which is good otherwise, when its bearer said it would understand.
    pub(crate) fn demanded_of(&self, authorization: Option<&str>) -> Option<&Value> {
        let token = authorization?.split_once(' ')?.1;
        let issued = self.issued.get(token)?;
        let demanded = self.demanded.as_ref()?;
        (issued.expires > Instant::now()
            && issued.understands_challenges()
            && !issued.has(demanded))
        .then_some(demanded)
    }

    /// A token of the machine's own identity, with its end in seconds since 1970; none for another service's.
    pub(crate) fn machine_token(
        &mut self,
        client_id: &str,
        resource: &str,
    ) -> Option<(String, u64)> {
        if format!("{resource}/.default") != self.scope {
            return None;
        }
        let client = self.clients.iter().find(|client| client.client_id == client_id)?.clone();
        let token = self.grant(&client, Value::Null);
        Some((token, clock::unix_seconds(SystemTime::now()) + self.lifetime.as_secs()))
    }

    /// Makes every token that is out worthless.
    pub(crate) fn revoke(&mut self) {
        self.issued.clear();
    }

    /// Replaces what a client may do from its next token on; answers whether there is such a client.
    pub(crate) fn set_roles(&mut self, client_id: &str, roles: &[String]) -> bool {
        let client = self.clients.iter_mut().find(|client| client.client_id == client_id);
        client.map(|client| client.roles = roles.to_vec()).is_some()
    }

    fn issue(&mut self, tenant: &str, request: &Request) -> Result<Value, Refusal> {
        if request.media_type().as_deref() != Some("application/x-www-form-urlencoded") {
            return Err(Refusal::Parameter("grant_type"));
        }
        let fields: HashMap<String, String> = form_fields(&request.body).into_iter().collect();
        let field = |name: &'static str| fields.get(name).ok_or(Refusal::Parameter(name));
        if field("grant_type")? != "client_credentials" {
            return Err(Refusal::GrantType);
        }
        if !self.clients.iter().any(|client| client.tenant_id == tenant) {
            return Err(Refusal::Tenant(tenant.to_owned()));
        }
        let client_id = field("client_id")?;
        let client = self
            .clients
            .iter()
            .find(|client| client.tenant_id == tenant && client.client_id == *client_id)
            .ok_or_else(|| Refusal::Client(client_id.clone()))?;
        let scope = field("scope")?;
        if *scope != self.scope {
            return Err(if scope.ends_with("/.default") {
                Refusal::Resource(scope.clone())
            } else {
                Refusal::Scope(scope.clone())
            });
        }
        self.check_secret(client, &fields)?;
        let claims = match fields.get("claims").map(|claims| serde_json::from_str(claims)) {
            None => Value::Null,
            Some(Ok(claims @ Value::Object(_))) => claims,
            Some(_) => return Err(Refusal::Claims),
        };
        let client = client.clone();
        let token = self.grant(&client, claims);
        let seconds = self.lifetime.as_secs();
        Ok(json!({
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": token,
        }))
    }

    fn grant(&mut self, client: &Credential, claims: Value) -> String {
        let caller = Caller { tenant_id: client.tenant_id.clone(), roles: client.roles.clone() };
        let token = self.sign(client, &caller);
        let expires = Instant::now() + self.lifetime;
        self.issued.insert(token.clone(), Issued { caller, expires, claims });
        token
    }

    fn check_secret(
        &self,
        client: &Credential,
        fields: &HashMap<String, String>,
    ) -> Result<(), Refusal> {
        if let Some(secret) = fields.get("client_secret") {
            return if *secret == client.client_secret {
                Ok(())
            } else {
                Err(Refusal::Secret(client.client_id.clone()))
            };
        }
        let assertion = fields.get("client_assertion").ok_or(Refusal::NoSecret)?;
        if fields.get("client_assertion_type").map(String::as_str) != Some(assertion::TYPE) {
            return Err(Refusal::Parameter("client_assertion_type"));
        }
        let origin = self.scope.trim_end_matches("/.default");
        let endpoint = format!("{origin}/{}/oauth2/v2.0/token", client.tenant_id);
        let trust = Trust {
            client_id: &client.client_id,
            endpoint: &endpoint,
            certificates: &client.certificates,
            federated: &client.federated,
        };
        assertion::check(assertion, &trust).map_err(|flaw| match flaw {
            Flaw::Unreadable => Refusal::Assertion,
            Flaw::Expired => Refusal::AssertionTime,
            Flaw::WrongAudience => Refusal::AssertionAudience,
            Flaw::WrongSubject => Refusal::AssertionSubject,
            Flaw::UnknownKey => Refusal::AssertionKey,
            Flaw::NoFederation => Refusal::NoFederation,
            Flaw::UnknownIssuer => Refusal::FederatedIssuer,
            Flaw::UnknownSubject => Refusal::FederatedSubject,
        })
    }

    /// A token in the shape of a JWT, with the claims a careful reader looks at and a signature nobody can check.
    fn sign(&self, client: &Credential, caller: &Caller) -> String {
        let now = clock::unix_seconds(SystemTime::now());
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "emulator" });
        let claims = json!({
            "aud": self.scope.trim_end_matches("/.default"),
            "iss": format!("https://sts.emulator.invalid/{}/", caller.tenant_id),
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime.as_secs(),
            "appid": client.client_id,
            "tid": caller.tenant_id,
            "idtyp": "app",
            "roles": caller.roles,
        });
        let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
            URL_SAFE_NO_PAD.encode(random),
        )
    }
}

/// What a good access token says about its bearer.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) tenant_id: String,
    roles: Vec<String>,
}

impl Caller {
    /// Whether the client may read; who may write may read.
    pub(crate) fn may_read(&self) -> bool {
        self.may_write() || self.roles.iter().any(|role| role == READ_ROLE)
    }

    pub(crate) fn may_write(&self) -> bool {
        self.roles.iter().any(|role| role == WRITE_ROLE)
    }
}

struct Issued {
    caller: Caller,
    expires: Instant,
    /// What the token was asked for with.
    claims: Value,
}

impl Issued {
    fn has(&self, demanded: &Value) -> bool {
        let Some(demanded) = demanded["access_token"].as_object() else { return true };
        self.understands_challenges()
            && demanded.iter().all(|(name, value)| self.claims["access_token"][name] == *value)
    }

    /// Only a client that says so is told what its token lacks.
    fn understands_challenges(&self) -> bool {
        self.claims["access_token"]["xms_cc"]["values"] == json!(["cp1"])
    }
}

/// Why no token is issued: Entra ID's error codes (`AADSTS…`), each with the OAuth error of RFC 6749 it comes with.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("AADSTS900144: The request body must contain the parameter '{0}'.")]
    Parameter(&'static str),
    #[error("AADSTS70003: This grant type is not supported.")]
    GrantType,
    #[error("AADSTS90002: Tenant '{0}' was not found.")]
    Tenant(String),
    #[error("AADSTS700016: No application '{0}' is registered in this tenant.")]
    Client(String),
    #[error("AADSTS500011: The resource of the scope '{0}' was not found in this tenant.")]
    Resource(String),
    #[error("AADSTS1002012: The scope '{0}' is not valid for client credentials.")]
    Scope(String),
    #[error("AADSTS7000218: The request must contain 'client_assertion' or 'client_secret'.")]
    NoSecret,
    #[error("AADSTS50027: The client assertion is not a readable JWT.")]
    Assertion,
    #[error("AADSTS700024: The client assertion is not within its valid time range.")]
    AssertionTime,
    #[error("AADSTS700212: The audience of the client assertion is not this token endpoint.")]
    AssertionAudience,
    #[error("AADSTS700021: Issuer and subject of the client assertion are not the application.")]
    AssertionSubject,
    #[error(
        "AADSTS700027: The certificate with which the assertion was signed is not registered on application."
    )]
    AssertionKey,
    #[error("AADSTS70025: The client has no configured federated identity credentials.")]
    NoFederation,
    #[error(
        "AADSTS700211: No matching federated identity record found for presented assertion issuer."
    )]
    FederatedIssuer,
    #[error(
        "AADSTS700213: No matching federated identity record found for presented assertion subject."
    )]
    FederatedSubject,
    #[error("AADSTS50128: The claims parameter is not readable JSON.")]
    Claims,
    #[error("AADSTS7000215: Invalid client secret provided for application '{0}'.")]
    Secret(String),
}

impl Refusal {
    fn answer(&self, client_request_id: Option<&str>) -> Answer {
        let (status, error, number) = match self {
            Self::Parameter(_) => (400, "invalid_request", 900_144),
            Self::GrantType => (400, "unsupported_grant_type", 70_003),
            Self::Tenant(_) => (400, "invalid_request", 90_002),
            Self::Client(_) => (400, "unauthorized_client", 700_016),
            Self::Resource(_) => (400, "invalid_resource", 500_011),
            Self::Scope(_) => (400, "invalid_scope", 1_002_012),
            Self::NoSecret => (401, "invalid_client", 7_000_218),
            Self::Assertion => (400, "invalid_request", 50_027),
            Self::AssertionTime => (401, "invalid_client", 700_024),
            Self::AssertionAudience => (401, "invalid_client", 700_212),
            Self::AssertionSubject => (401, "invalid_client", 700_021),
            Self::AssertionKey => (401, "invalid_client", 700_027),
            Self::NoFederation => (401, "invalid_client", 70_025),
            Self::FederatedIssuer => (401, "invalid_client", 700_211),
            Self::FederatedSubject => (401, "invalid_client", 700_213),
            Self::Claims => (400, "invalid_request", 50_128),
            Self::Secret(_) => (401, "invalid_client", 7_000_215),
        };
        let trace = Uuid::new_v4().to_string();
        let correlation =
            client_request_id.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let moment = clock::timestamp(SystemTime::now()).replace('T', " ");
        let description =
            format!("{self} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}Z");
        Answer::json(
            status,
            &json!({
                "error": error,
                "error_description": description,
                "error_codes": [number],
                "timestamp": format!("{moment}Z"),
                "trace_id": trace,
                "correlation_id": correlation,
            }),
        )
    }
}
