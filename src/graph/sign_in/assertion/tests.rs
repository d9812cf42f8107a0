//! What is signed, and that it is signed well.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;
use x509_cert::der::Decode as _;

use super::*;
use crate::graph::certificate::tests::certificate;

const ENDPOINT: &str = "https://login.example/contoso/oauth2/v2.0/token";

fn parts(assertion: &Secret) -> [String; 3] {
    let parts: Vec<_> = assertion.expose().split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn the_statement_names_the_application_the_endpoint_and_the_certificate() {
    let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
    let assertion = sign_at(now, &certificate(), "an-application", ENDPOINT).unwrap();
    let [header, claims, _] = parts(&assertion);
    let (header, claims) = (json_of(&header), json_of(&claims));
    assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("PS256"), Some("JWT")));
    let thumbprint = URL_SAFE_NO_PAD.encode(certificate().thumbprint());
    assert_eq!(header["x5t#S256"], thumbprint);
    assert_eq!(header["x5c"], json!([STANDARD.encode(&certificate().chain()[0])]));
    assert_eq!(claims["aud"], ENDPOINT);
    assert_eq!(
        (claims["iss"].as_str(), claims["sub"].as_str()),
        (Some("an-application"), Some("an-application"))
    );
    assert_eq!(claims["exp"], 1_000_600);
}

#[test]
fn a_clock_that_is_five_minutes_fast_does_no_harm() {
    let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
    let assertion = sign_at(now, &certificate(), "an-application", ENDPOINT).unwrap();
    assert_eq!(json_of(&parts(&assertion)[1])["nbf"], 999_700);
    // A clock that is before 1970 makes no sense, but no panic either.
    sign_at(UNIX_EPOCH, &certificate(), "an-application", ENDPOINT).unwrap();
}

#[test]
fn the_certificates_key_signed_it() {
    let assertion = sign(&certificate(), "an-application", ENDPOINT).unwrap();
    let [header, claims, signature] = parts(&assertion);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let own = x509_cert::Certificate::from_der(&certificate().chain()[0]).unwrap();
    let key = &own.tbs_certificate().subject_public_key_info().subject_public_key;
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.raw_bytes());
    key.verify(format!("{header}.{claims}").as_bytes(), &signature).unwrap();
    assert!(key.verify(format!("{header}.{claims}x").as_bytes(), &signature).is_err());
}

#[test]
fn no_two_statements_are_the_same() {
    let id = |assertion: &Secret| json_of(&parts(assertion)[1])["jti"].clone();
    let [one, other] = [(); 2].map(|()| sign(&certificate(), "a", ENDPOINT).unwrap());
    assert_ne!(id(&one), id(&other));
}
