//! Reads a signed statement that stands in for a client secret (RFC 7523); must not know who may sign in.
//!
//! One made with the client's own certificate is checked to the last bit. Of one by another identity provider only the
//! claims are read, since that provider's keys are nowhere here.

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use x509_cert::der::Decode as _;

use super::clock;

/// The value of `client_assertion_type`.
pub(crate) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The audience of other identity providers' tokens.
pub(crate) const EXCHANGE: &str = "api://AzureADTokenExchange";

/// Another identity provider's user that an application trusts.
#[derive(Clone)]
pub(crate) struct Federated {
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// What an application trusts instead of a secret.
pub(crate) struct Trust<'a> {
    pub(crate) client_id: &'a str,
    /// The tenant's token endpoint.
    pub(crate) endpoint: &'a str,
    /// In DER.
    pub(crate) certificates: &'a [Vec<u8>],
    pub(crate) federated: &'a [Federated],
}

/// What is wrong with an assertion.
#[derive(Debug, PartialEq)]
pub(crate) enum Flaw {
    Unreadable,
    Expired,
    WrongAudience,
    WrongSubject,
    UnknownKey,
    NoFederation,
    UnknownIssuer,
    UnknownSubject,
}

/// Checks the statement a client brought to this token endpoint. One made with the client's own certificate names the
/// endpoint and, as issuer and subject, the client; one made by another identity provider names Entra ID's exchange.
pub(crate) fn check(assertion: &str, trust: &Trust<'_>) -> Result<(), Flaw> {
    let parts = Parts::read(assertion).ok_or(Flaw::Unreadable)?;
    let moment = |name: &str| parts.claims.get(name).and_then(Value::as_u64);
    let now = clock::unix_seconds(SystemTime::now());
    if moment("exp").is_none_or(|end| end <= now) || moment("nbf").is_some_and(|start| start > now)
    {
        return Err(Flaw::Expired);
    }
    let (issuer, subject) = (parts.claim("iss"), parts.claim("sub"));
    match parts.claim("aud") {
        EXCHANGE if trust.federated.is_empty() => Err(Flaw::NoFederation),
        EXCHANGE => {
            let mut known =
                trust.federated.iter().filter(|known| known.issuer == issuer).peekable();
            if known.peek().is_none() {
                return Err(Flaw::UnknownIssuer);
            }
            let is_known = known.any(|known| known.subject == subject);
            if is_known { Ok(()) } else { Err(Flaw::UnknownSubject) }
        }
        audience if audience == trust.endpoint => {
            if issuer != trust.client_id || subject != trust.client_id {
                return Err(Flaw::WrongSubject);
            }
            let is_signed = trust.certificates.iter().any(|known| parts.is_signed_by(known));
            if is_signed { Ok(()) } else { Err(Flaw::UnknownKey) }
        }
        _ => Err(Flaw::WrongAudience),
    }
}

struct Parts<'a> {
    header: Value,
    claims: Value,
    /// What the signature is of.
    message: &'a str,
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn read(assertion: &'a str) -> Option<Self> {
        let (message, signature) = assertion.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
        header.get("alg")?.as_str()?;
        Some(Self {
            header,
            claims: serde_json::from_slice(&decoded(claims)?).ok()?,
            message,
            signature: decoded(signature).filter(|bytes| !bytes.is_empty())?,
        })
    }

    fn claim(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_signed_by(&self, certificate: &[u8]) -> bool {
        let named = self.header.get("x5t#S256").and_then(Value::as_str);
        if named != Some(&URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate))) {
            return false;
        }
        let algorithm = match self.header.get("alg").and_then(Value::as_str) {
            Some("PS256") => &RSA_PSS_2048_8192_SHA256,
            Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        let Ok(certificate) = x509_cert::Certificate::from_der(certificate) else { return false };
        let key = &certificate.tbs_certificate().subject_public_key_info().subject_public_key;
        let key = UnparsedPublicKey::new(algorithm, key.raw_bytes());
        key.verify(self.message.as_bytes(), &self.signature).is_ok()
    }
}
