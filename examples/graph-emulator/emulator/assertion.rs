//! Reads a signed statement that stands in for a client secret (RFC 7523); must not know who may sign in.
//!
//! The signature is not checked, since no key was ever registered here. The claims are: in them lie the mistakes that a
//! client makes.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::clock;

/// The value of `client_assertion_type`.
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What is wrong with an assertion.
#[derive(Debug, PartialEq)]
pub(crate) enum Flaw {
    Unreadable,
    Expired,
    WrongAudience,
    WrongSubject,
}

/// Checks the statement a client brought to this token endpoint. One made with the client's own certificate names the
/// endpoint and, as issuer and subject, the client; one made by another identity provider names Entra ID's exchange.
pub(crate) fn check(assertion: &str, endpoint: &str, client_id: &str) -> Result<(), Flaw> {
    let claims = claims(assertion).ok_or(Flaw::Unreadable)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let moment = |name: &str| claims.get(name).and_then(Value::as_u64);
    let now = clock::unix_seconds(SystemTime::now());
    if moment("exp").is_none_or(|end| end <= now) || moment("nbf").is_some_and(|start| start > now)
    {
        return Err(Flaw::Expired);
    }
    match text("aud") {
        "api://AzureADTokenExchange" => Ok(()),
        audience if audience == endpoint => {
            let is_own = text("iss") == client_id && text("sub") == client_id;
            if is_own { Ok(()) } else { Err(Flaw::WrongSubject) }
        }
        _ => Err(Flaw::WrongAudience),
    }
}

fn claims(assertion: &str) -> Option<Value> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts[..] else { return None };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    serde_json::from_slice::<Value>(&decoded(header)?).ok()?.get("alg")?.as_str()?;
    decoded(signature).filter(|bytes| !bytes.is_empty())?;
    serde_json::from_slice(&decoded(claims)?).ok()
}
