//! Entra ID's token endpoint: a secret or an assertion against a token; finds no proofs.

use std::time::{Duration, SystemTime};

use http::Method;
use http::header::DATE;
use tokio::time::Instant;
use tracing::warn;
use url::Url;
use zeroize::Zeroizing;

use super::claims;
use super::courier::{Courier, LARGEST_ANSWER, Service, Setback};
use super::grant::{Granted, Useless};
use super::{SIGN_IN, SignInError};
use crate::graph::address::{encode_segment, is_segment};
use crate::graph::answer::Answer;
use crate::graph::client::{Object, Settings};
use crate::graph::error::Blame;
use crate::graph::refusal;
use crate::graph::retry::Outcome;
use crate::graph::retry_after::asked_wait;
use crate::graph::secret::Secret;
use crate::graph::transport::Request;

/// What proves to be the application.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    Secret(&'a Secret),
    /// A statement that is signed with the application's certificate.
    Signed(&'a Secret),
    /// A token of another identity provider.
    Federated(&'a Secret),
}

const AUTHORITY: Service =
    Service { name: "the authority", blame: Blame::Authority, most: u32::MAX, patience: SIGN_IN };

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// More than this between two clocks spoils signatures and lifetimes.
const TOLERATED_SKEW: Duration = Duration::from_secs(5 * 60);

/// Asks for a token of the application.
pub(crate) async fn ask(
    settings: &Settings,
    courier: &Courier,
    client_id: &str,
    proof: Proof<'_>,
    claims: Option<&Object>,
    deadline: Instant,
) -> Result<Granted, SignInError> {
    let url = endpoint(settings)?;
    let form = form(settings, client_id, proof, claims);
    let request = Request::new(Method::POST, &settings.authority, url, LARGEST_ANSWER)
        .with_body("application/x-www-form-urlencoded", form.as_bytes().to_vec());
    let read = |answer: &Answer| read(answer, proof);
    courier.ask(&AUTHORITY, &request, deadline, read).await.map_err(|mut error| {
        error.redact(|text| proof.secret().redact(text));
        error
    })
}

/// The tenant's token endpoint, which is also the audience of a signed assertion.
pub(crate) fn endpoint(settings: &Settings) -> Result<Url, SignInError> {
    let tenant = settings.tenant_id.as_deref().unwrap_or_default();
    if !is_segment(tenant) {
        return Err(SignInError::lasting(Blame::TenantId, "the tenant id is empty"));
    }
    let path = format!("/{}/oauth2/v2.0/token", encode_segment(tenant));
    Ok(settings.authority.join(&path))
}

impl<'a> Proof<'a> {
    fn secret(self) -> &'a Secret {
        match self {
            Self::Secret(secret) | Self::Signed(secret) | Self::Federated(secret) => secret,
        }
    }

    /// What to look at when the proof itself was not accepted.
    fn blame(self) -> Blame {
        match self {
            Self::Secret(_) => Blame::ClientSecret,
            Self::Signed(_) => Blame::Certificate,
            Self::Federated(_) => Blame::FederatedToken,
        }
    }
}

/// RFC 6749, section 4.4.2, with the scope of Entra's client credentials flow.
fn form(
    settings: &Settings,
    client_id: &str,
    proof: Proof<'_>,
    challenge: Option<&Object>,
) -> Zeroizing<String> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").append_pair("client_id", client_id);
    let secret = proof.secret().expose();
    match proof {
        Proof::Secret(_) => form.append_pair("client_secret", secret),
        Proof::Signed(_) | Proof::Federated(_) => form
            .append_pair("client_assertion_type", ASSERTION_TYPE)
            .append_pair("client_assertion", secret),
    };
    form.append_pair("scope", &format!("{}/.default", settings.graph));
    form.append_pair("claims", &claims::request(challenge));
    Zeroizing::new(form.finish())
}

fn read(answer: &Answer, proof: Proof<'_>) -> Result<Granted, Setback> {
    let skew = skew(answer);
    if answer.is_success() {
        if let Some(skew) = &skew {
            warn!("{skew}");
        }
        return granted(answer);
    }
    refused(answer, proof).map_err(|(outcome, mut error)| {
        if let (Some(description), Some(skew)) = (&mut error.failure.description, skew) {
            description.push_str(&format!(" ({skew})"));
        }
        (outcome, error)
    })
}

fn granted(answer: &Answer) -> Result<Granted, Setback> {
    let body = answer.object().map_err(|_| AUTHORITY.without_token(answer, None))?;
    Granted::read(&body, SystemTime::now()).map_err(|useless| match useless {
        Useless::Token => AUTHORITY.without_token(answer, Some("there is no usable access_token")),
        Useless::Lifetime => {
            let detail = "the token's lifetime is missing or unusable";
            (None, SignInError::passing(Blame::Authority, detail, None))
        }
    })
}

fn refused(answer: &Answer, proof: Proof<'_>) -> Result<Granted, Setback> {
    let status = answer.status;
    match answer.object().ok().and_then(|body| refusal::read(&body)) {
        Some(refused) if !refused.passing && matches!(status, 400..=407 | 409..=428) => {
            let mut failure = refused.failure;
            if failure.blame == Blame::Proof {
                failure.blame = proof.blame();
            }
            // A rule of the tenant may be lifted, and a file or a service may bring a better token
            // the next time; a wrong secret stays wrong.
            let lasting = !matches!(failure.blame, Blame::Policy | Blame::FederatedToken);
            Err((None, SignInError { failure: Box::new(failure), source: None, lasting }))
        }
        _ => {
            // Only 401 would mean a token to renew, and there is none here.
            let asked = asked_wait(&answer.headers, None);
            let outcome = (status != 401).then_some(Outcome::Status { status, asked });
            Err(AUTHORITY.strange(answer, outcome))
        }
    }
}

/// How far this machine's clock is from the authority's, in words, when that is far.
fn skew(answer: &Answer) -> Option<String> {
    let theirs = httpdate::parse_http_date(answer.header(DATE.as_str())?).ok()?;
    let (difference, direction) = match theirs.duration_since(SystemTime::now()) {
        Ok(behind) => (behind, "behind"),
        Err(ahead) => (ahead.duration(), "ahead of"),
    };
    (difference > TOLERATED_SKEW).then(|| {
        let minutes = difference.as_secs() / 60;
        format!("this machine's clock is {minutes} min {direction} the authority's")
    })
}
