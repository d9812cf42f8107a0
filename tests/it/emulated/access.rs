//! Signing in and being let in.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Answer, Tenant, received};
use crate::emulator::{Credential, Emulator, Options};

#[tokio::test]
async fn the_right_secret_gets_a_token_that_opens_graph() {
    let tenant = Tenant::start().await;
    let answer = tenant.sign_in_with(&[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("/token_type"), "Bearer");
    assert_eq!(answer.body["expires_in"], 3599);
    assert_eq!(answer.text("/access_token").split('.').count(), 3);
    assert_eq!(tenant.get(&tenant.below_token("")).await.status, 200);
}

#[tokio::test]
async fn each_mistake_at_the_token_endpoint_has_its_own_code() {
    let tenant = Tenant::start().await;
    let cases = [
        (("client_secret", "wrong"), 401, "invalid_client", 7_000_215),
        (("client_secret", ""), 401, "invalid_client", 7_000_218),
        (("client_id", "nobody"), 400, "unauthorized_client", 700_016),
        (("grant_type", "password"), 400, "unsupported_grant_type", 70_003),
        (("grant_type", ""), 400, "invalid_request", 900_144),
        (("scope", "https://graph.microsoft.com/.default"), 400, "invalid_resource", 500_011),
        (("scope", "https://graph.microsoft.com/Some.Scope"), 400, "invalid_scope", 1_002_012),
    ];
    for (change, status, error, code) in cases {
        let answer = tenant.sign_in_with(&[change]).await;
        assert_eq!((answer.status, answer.text("/error")), (status, error), "{change:?}");
        assert_eq!(answer.body["error_codes"][0], code);
        let description = answer.text("/error_description");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(description.contains(answer.text("/trace_id")), "{description}");
    }
}

#[tokio::test]
async fn an_unknown_tenant_is_named() {
    let tenant = Tenant::start().await;
    let request = tenant
        .http
        .post(tenant.address("/nowhere/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let answer = received(request).await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.text("/error_description").starts_with("AADSTS90002: "));
}

#[tokio::test]
async fn an_assertion_stands_in_for_the_secret_when_its_claims_are_right() {
    let tenant = Tenant::start().await;
    let Credential { tenant_id, client_id, federated, .. } = Credential::default();
    let endpoint = tenant.address(&format!("/{tenant_id}/oauth2/v2.0/token"));
    let end = 4_000_000_000_u64;
    let own = json!({ "aud": endpoint, "iss": client_id, "sub": client_id, "exp": end });
    let (issuer, subject) = (&federated[0].issuer, &federated[0].subject);
    let exchange = "api://AzureADTokenExchange";
    let foreign = json!({ "aud": exchange, "iss": issuer, "sub": subject, "exp": end });
    let changed = |claims: &Value, name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let cases = [
        (foreign.clone(), 200, Value::Null),
        (changed(&foreign, "iss", json!("x")), 401, json!(700_211)),
        (changed(&foreign, "sub", json!("x")), 401, json!(700_213)),
        (own.clone(), 401, json!(700_027)),
        (changed(&own, "aud", json!("https://elsewhere/")), 401, json!(700_212)),
        (changed(&own, "sub", json!("other")), 401, json!(700_021)),
        (changed(&own, "exp", json!(1)), 401, json!(700_024)),
        (changed(&own, "nbf", json!(end)), 401, json!(700_024)),
    ];
    for (claims, status, code) in cases {
        let answer = sign_in_with_assertion(&tenant, &jwt(&claims)).await;
        assert_eq!((answer.status, &answer.body["error_codes"][0]), (status, &code), "{claims}");
    }
    let answer = sign_in_with_assertion(&tenant, "not-a-jwt").await;
    assert_eq!((answer.status, answer.body["error_codes"][0].as_u64()), (400, Some(50_027)));
    let recorded = format!("{:?}", tenant.emulator.requests());
    assert!(!recorded.contains("not-a-jwt"), "the assertion is a secret");
}

async fn sign_in_with_assertion(tenant: &Tenant, assertion: &str) -> Answer {
    let type_ = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let fields =
        [("client_secret", ""), ("client_assertion_type", type_), ("client_assertion", assertion)];
    tenant.sign_in_with(&fields).await
}

fn jwt(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let header = part(r#"{"alg":"RS256"}"#);
    format!("{header}.{}.{}", part(&claims.to_string()), part("unchecked"))
}

#[tokio::test]
async fn a_missing_or_foreign_token_is_not_let_in() {
    let mut tenant = Tenant::start().await;
    for foreign in ["", "made.up.token"] {
        tenant.access_token = foreign.to_owned();
        let answer = tenant.get(&tenant.below_token("")).await;
        answer.assert_refused(401, "Access token");
        assert_eq!(answer.text("/error/code"), "InvalidAuthenticationToken");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn a_revoked_token_is_worthless_and_a_new_one_is_not() {
    let mut tenant = Tenant::start().await;
    tenant.emulator.revoke_access_tokens();
    assert_eq!(tenant.get(&tenant.below_token("")).await.status, 401);
    tenant.sign_in().await;
    assert_eq!(tenant.get(&tenant.below_token("")).await.status, 200);
}

#[tokio::test]
async fn a_token_whose_life_is_over_is_worthless() {
    let options = Options { access_token_lifetime: Duration::ZERO, ..Options::default() };
    let tenant = Tenant::with(options).await;
    assert_eq!(tenant.get(&tenant.below_token("")).await.status, 401);
}

#[tokio::test]
async fn a_reader_may_not_write_and_is_told_the_permission_in_intunes_form() {
    let mut tenant = Tenant::start().await;
    let client = Credential::default().client_id;
    let read = "DeviceManagementServiceConfig.Read.All";
    assert!(tenant.emulator.set_roles(&client, &[read.to_owned()]));
    tenant.sign_in().await;
    assert_eq!(tenant.get(&tenant.below_token("/enrollmentProfiles")).await.status, 200);
    let answer = tenant.create(&super::profile("P")).await;
    answer.assert_refused(403, "DeviceManagementServiceConfig.ReadWrite.All");
    assert!(answer.text("/error/message").starts_with('{'), "the message is a document");
    assert!(tenant.emulator.profiles(&tenant.token).is_empty());
}

#[tokio::test]
async fn a_client_without_roles_may_not_even_read() {
    let mut tenant = Tenant::start().await;
    assert!(tenant.emulator.set_roles(&Credential::default().client_id, &[]));
    tenant.sign_in().await;
    let answer = tenant.get(&tenant.below_token("")).await;
    answer.assert_refused(403, "DeviceManagementServiceConfig.Read.All");
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    let listen: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let error = Emulator::start(Options { listen, ..Options::default() }).await.err().unwrap();
    assert!(error.to_string().contains("not a loopback address"), "{error}");
}

#[tokio::test]
async fn the_record_keeps_no_secret() {
    let tenant = Tenant::start().await;
    tenant.create(&super::profile("Recorded")).await;
    let requests = tenant.emulator.requests();
    let [sign_in, create] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(sign_in.body["client_secret"], "[redacted]");
    assert_eq!(sign_in.body["grant_type"], "client_credentials");
    assert_eq!((create.method.as_str(), create.status), ("POST", Some(201)));
    assert_eq!(create.headers["authorization"], "Bearer valid");
    assert_eq!(create.body["displayName"], "Recorded");
    let everything = format!("{requests:?}");
    assert!(!everything.contains(&tenant.access_token));
    assert!(!everything.contains(&Credential::default().client_secret));
    tenant.emulator.clear_requests();
    assert!(tenant.emulator.requests().is_empty());
}

#[tokio::test]
async fn the_record_tells_one_connection_from_another() {
    let tenant = Tenant::start().await;
    tenant.get(&tenant.below_token("")).await;
    let other = Tenant { http: reqwest::Client::builder().no_proxy().build().unwrap(), ..tenant };
    other.get(&other.below_token("")).await;
    let connections: Vec<u64> = other.emulator.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
}
