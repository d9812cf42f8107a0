//! A statement signed with the application's certificate (RFC 7523); asks nobody.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::SignInError;
use crate::graph::certificate::Certificate;
use crate::graph::error::Blame;
use crate::graph::secret::Secret;

/// A clock may be this far ahead of the authority's without harm.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// A little more than a sign-in takes, waits included.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Says to the token endpoint that this is the application, for some minutes from now.
///
/// <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>
pub(crate) fn sign(
    certificate: &Certificate,
    client_id: &str,
    endpoint: &str,
) -> Result<Secret, SignInError> {
    sign_at(SystemTime::now(), certificate, client_id, endpoint)
}

fn sign_at(
    now: SystemTime,
    certificate: &Certificate,
    client_id: &str,
    endpoint: &str,
) -> Result<Secret, SignInError> {
    let chain: Vec<_> = certificate.chain().iter().map(|der| STANDARD.encode(der)).collect();
    let header = json!({
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(certificate.thumbprint()),
        // With the chain an application can trust an issuer and a subject instead of one certificate.
        "x5c": chain,
    });
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "aud": endpoint,
        "iss": client_id,
        "sub": client_id,
        "jti": uuid::Uuid::new_v4().to_string(),
        "iat": seconds(now),
        "nbf": seconds(now.checked_sub(EARLY).unwrap_or(now)),
        "exp": seconds(now + LIFE),
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = certificate.sign(message.as_bytes()).ok_or_else(|| {
        SignInError::passing(Blame::Certificate, "the certificate's key could not sign", None)
    })?;
    Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

#[cfg(test)]
mod tests;
