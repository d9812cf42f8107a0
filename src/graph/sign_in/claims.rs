//! Claims that a service demands of a token, and how they are asked for; sends nothing.
//!
//! <https://learn.microsoft.com/entra/identity-platform/claims-challenge>

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use crate::graph::client::Object;

/// The claims that the service answers a refused token with, if it does.
pub(crate) fn challenge(headers: &HeaderMap) -> Option<Object> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter();
    values.filter_map(|value| value.to_str().ok()).find_map(|value| {
        let (_, after) = value.split_once("claims=\"")?;
        let (encoded, _) = after.split_once('"')?;
        decode(encoded)
    })
}

/// The `claims` parameter: that we can be asked for claims, and those that we were asked for.
///
/// `cp1` tells Entra ID that a challenge is understood here; it then grants tokens that live longer
/// and that Graph may revoke at any time.
pub(crate) fn request(challenge: Option<&Object>) -> String {
    let mut claims = challenge.cloned().unwrap_or_default();
    let of_token = claims.entry("access_token").or_insert_with(|| json!({}));
    if !of_token.is_object() {
        *of_token = json!({});
    }
    if let Some(of_token) = of_token.as_object_mut() {
        of_token.insert("xms_cc".to_owned(), json!({ "values": ["cp1"] }));
    }
    Value::Object(claims).to_string()
}

const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// More would be no challenge but an attack on the next request.
const LONGEST: usize = 16 * 1024;

fn decode(encoded: &str) -> Option<Object> {
    if encoded.len() > LONGEST {
        return None;
    }
    let bytes = [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, TOLERANT).decode(encoded).ok())?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(claims)) => Some(claims),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use http::HeaderValue;

    use super::*;

    const NOT_BEFORE: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;

    fn challenged(value: &str) -> Option<Object> {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"x\""));
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
        challenge(&headers)
    }

    #[test]
    fn a_challenge_is_read_in_either_alphabet_and_padded_or_not() {
        for config in
            [GeneralPurposeConfig::new(), GeneralPurposeConfig::new().with_encode_padding(false)]
        {
            for alphabet in [STANDARD, URL_SAFE] {
                let encoded = GeneralPurpose::new(&alphabet, config).encode(NOT_BEFORE);
                let header = format!("Bearer error=\"insufficient_claims\", claims=\"{encoded}\"");
                assert_eq!(challenged(&header).unwrap()["access_token"]["nbf"]["value"], "1");
            }
        }
    }

    #[test]
    fn what_is_no_challenge_asks_for_nothing() {
        for header in [
            "Bearer realm=\"\"",
            "Bearer claims=\"",
            "Bearer claims=\"%%\"",
            "Bearer claims=\"MQ==\"",
        ] {
            assert_eq!(challenged(header), None, "{header}");
        }
    }

    #[test]
    fn the_request_says_what_we_understand_beside_what_is_demanded() {
        let plain: Value = serde_json::from_str(&request(None)).unwrap();
        assert_eq!(plain, json!({"access_token": {"xms_cc": {"values": ["cp1"]}}}));
        let demanded = serde_json::from_str(NOT_BEFORE).unwrap();
        let merged: Value = serde_json::from_str(&request(Some(&demanded))).unwrap();
        assert_eq!(merged["access_token"]["nbf"]["value"], "1");
        assert_eq!(merged["access_token"]["xms_cc"]["values"], json!(["cp1"]));
    }
}
