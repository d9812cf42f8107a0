//! What an access token says of its bearer; checks nothing, which is the service's to do, and shows no
//! token.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use serde_json::Value;

use super::Object;

/// The claims of an access token that tell who it was given to, and for what.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bearer {
    /// The tenant's id.
    pub tenant_id: Option<String>,
    /// The application's (client) id.
    pub application_id: Option<String>,
    /// The application's name.
    pub application_name: Option<String>,
    /// The person's sign-in name, when it is a person.
    pub user: Option<String>,
    /// The permissions: an application's roles, or the scopes that a person granted.
    pub permissions: Vec<String>,
    /// When the token ends.
    pub expires: Option<SystemTime>,
}

impl Bearer {
    /// Reads the token of an `Authorization` header; nothing when it is no JSON Web Token.
    pub(crate) fn of(authorization: &HeaderValue) -> Option<Self> {
        let (_, token) = authorization.to_str().ok()?.split_once(' ')?;
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Object = serde_json::from_slice(&claims).ok()?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let expires = claims.get("exp").and_then(Value::as_u64);
        Some(Self {
            tenant_id: text("tid"),
            application_id: text("appid").or_else(|| text("azp")),
            application_name: text("app_displayname"),
            user: text("upn").or_else(|| text("unique_name")),
            permissions: permissions(&claims),
            expires: expires
                .and_then(|end| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(end))),
        })
    }
}

fn permissions(claims: &Object) -> Vec<String> {
    let roles = claims.get("roles").and_then(Value::as_array).into_iter().flatten();
    let scopes = claims.get("scp").and_then(Value::as_str).unwrap_or_default();
    let roles = roles.filter_map(Value::as_str);
    roles.chain(scopes.split_whitespace()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn bearer(claims: &str) -> Option<Bearer> {
        let text = format!("Bearer e30.{}.signature", URL_SAFE_NO_PAD.encode(claims));
        Bearer::of(&HeaderValue::from_str(&text).unwrap())
    }

    #[test]
    fn an_application_and_a_person_are_told_apart() {
        let application =
            r#"{"tid":"t","appid":"a","app_displayname":"CI","roles":["One","Two"],"exp":60}"#;
        let application = bearer(application).unwrap();
        assert_eq!(application.permissions, ["One", "Two"]);
        assert_eq!(application.application_name.as_deref(), Some("CI"));
        assert_eq!(application.expires, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60)));
        assert_eq!(application.user, None);
        let person = bearer(r#"{"upn":"ada@contoso.example","scp":"One Two"}"#).unwrap();
        assert_eq!(person.user.as_deref(), Some("ada@contoso.example"));
        assert_eq!(person.permissions, ["One", "Two"]);
    }

    #[test]
    fn what_is_no_token_with_claims_says_nothing() {
        for text in ["Bearer", "Bearer opaque", "Bearer a.%%.b", "Bearer a.MQ.b"] {
            assert_eq!(Bearer::of(&HeaderValue::from_static(text)), None, "{text}");
        }
        assert_eq!(bearer(r#"{"exp":18446744073709551615}"#).unwrap().expires, None);
    }
}
