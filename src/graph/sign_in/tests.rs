//! Every way of signing in, when the services that it needs fail.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::graph::certificate::tests::certificate;
use crate::graph::scripted::{CANARY, Reply, Scripted};
use crate::graph::{
    Address, Client, Endpoint, Error, FederatedToken, ManagedIdentity, Object, Secret,
};

async fn read(client: &Client) -> Result<Object, Error> {
    client.get(&Address::new().segment("x"), Instant::now() + Duration::from_secs(300)).await
}

fn client(server: &Scripted, credential: Credential) -> Client {
    Client::with_jitter(Settings { credential, ..server.settings() }, || 0.0)
}

fn good() -> Reply {
    Reply::json(200, json!({}))
}

fn endpoint(server: &Scripted, path: &str) -> Endpoint {
    Endpoint::of_this_machine(&format!("{}{path}", server.origin)).unwrap()
}

fn machine(server: &Scripted) -> Credential {
    let endpoint = endpoint(server, "/metadata/identity/oauth2/token");
    let client_id = Some("user-assigned".to_owned());
    Credential::ManagedIdentity(ManagedIdentity { endpoint, header: None, client_id })
}

fn github(server: &Scripted) -> Credential {
    let url = endpoint(server, "/job?api-version=2.0");
    let token = FederatedToken::GitHub { url, token: Secret::new(CANARY.into()) };
    Credential::Federated { client_id: "an-application".into(), token }
}

fn azure_devops(server: &Scripted) -> Credential {
    let token = FederatedToken::AzureDevOps {
        url: endpoint(server, "/job"),
        token: Secret::new(CANARY.into()),
        service_connection_id: "a connection".into(),
    };
    Credential::Federated { client_id: "an-application".into(), token }
}

fn of_file(path: PathBuf) -> Credential {
    let token = FederatedToken::File(path);
    Credential::Federated { client_id: "an-application".into(), token }
}

fn granted() -> Reply {
    Reply::json(200, json!({"access_token": "of-the-machine", "expires_in": "3599"}))
}

#[tokio::test(start_paused = true)]
async fn a_machine_asks_its_own_service_and_nobody_else() {
    let server = Scripted::start([granted(), good()]).await;
    read(&client(&server, machine(&server))).await.unwrap();
    let asked = server.asked();
    let expected = format!(
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource={}&client_id=user-assigned",
        server.origin.to_string().replace(':', "%3A").replace('/', "%2F")
    );
    assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("GET", expected.as_str()));
    assert_eq!(asked[0].headers["metadata"], "true");
    assert_eq!(asked[1].headers["authorization"], "Bearer of-the-machine");
    assert_eq!(server.asked_for_tokens().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_machines_service_that_is_not_ready_is_asked_three_times() {
    for bad in [404, 410, 429, 500, 503] {
        let replies = [Reply::empty(bad), Reply::empty(bad), granted(), good()];
        let server = Scripted::start(replies).await;
        read(&client(&server, machine(&server))).await.unwrap();
        assert_eq!(server.asked().len(), 4, "{bad}");

        let server = Scripted::start(vec![Reply::empty(bad); 9]).await;
        let error = read(&client(&server, machine(&server))).await.unwrap_err();
        let failure = error.sign_in_failure().unwrap();
        assert_eq!(failure.blame, Blame::ManagedIdentity);
        assert!(failure.description.as_ref().unwrap().contains("/metadata/identity"), "{failure}");
        assert_eq!(server.asked().len(), 3, "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machines_service_that_is_silent_is_given_up_within_a_minute() {
    let server = Scripted::start(vec![Reply::Silence; 9]).await;
    let start = Instant::now();
    let error = read(&client(&server, machine(&server))).await.unwrap_err();
    assert_eq!(error.sign_in_failure().unwrap().blame, Blame::ManagedIdentity);
    assert!(start.elapsed() <= SIGN_IN, "{:?}", start.elapsed());
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_an_identity_is_told_so_at_once() {
    let body = json!({"error": "invalid_request", "error_description": "Identity not found"});
    let server = Scripted::start([Reply::json(400, body)]).await;
    let error = read(&client(&server, machine(&server))).await.unwrap_err();
    assert!(error.to_string().contains("no such managed identity"), "{error}");
    assert!(error.to_string().contains("Identity not found"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn app_service_is_shown_its_header_and_tells_the_end_as_a_moment() {
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
    let body = json!({"access_token": "of-the-machine", "expires_on": end.to_string()});
    let server = Scripted::start([Reply::json(200, body), good()]).await;
    let header = Some(Secret::new(CANARY.into()));
    let endpoint = endpoint(&server, "/msi/token");
    let identity = ManagedIdentity { endpoint, header, client_id: None };
    read(&client(&server, Credential::ManagedIdentity(identity))).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.headers["x-identity-header"], CANARY);
    assert!(asked.target.starts_with("/msi/token?api-version=2019-08-01&resource="));
    assert!(asked.headers.get("metadata").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_pipelines_token_is_asked_for_at_every_exchange() {
    let value = |token: &str| Reply::json(200, json!({"count": 1, "value": token}));
    let replies = [value("one"), Reply::empty(401), value("two"), good()];
    let server = Scripted::start(replies).await;
    read(&client(&server, github(&server))).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].target, "/job?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {CANARY}"));
    let forms: Vec<String> =
        server.asked_for_tokens().into_iter().map(|asked| asked.body).collect();
    assert!(forms[0].contains("client_assertion=one"), "{}", forms[0]);
    assert!(forms[1].contains("client_assertion=two"), "{}", forms[1]);
}

#[tokio::test(start_paused = true)]
async fn azure_devops_is_asked_by_post_for_the_service_connection() {
    let server = Scripted::start([Reply::json(200, json!({"oidcToken": "t"})), good()]).await;
    read(&client(&server, azure_devops(&server))).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.target, "/job?api-version=7.1&serviceConnectionId=a+connection");
    assert_eq!(asked.headers["content-type"], "application/json");
    assert!(server.asked_for_tokens()[0].body.contains("client_assertion=t&"));
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_may_not_ask_is_told_what_to_permit() {
    for (credential, hint) in [
        (github as fn(&Scripted) -> Credential, "id-token: write"),
        (azure_devops, "SYSTEM_ACCESSTOKEN"),
    ] {
        for refusal in
            [Reply::json(403, json!({"m": CANARY})), Reply::empty(302), Reply::empty(401)]
        {
            let server = Scripted::start(vec![refusal; 9]).await;
            let error = read(&client(&server, credential(&server))).await.unwrap_err();
            assert!(error.to_string().contains(hint), "{error}");
            assert_eq!(error.sign_in_failure().unwrap().blame, Blame::FederatedToken);
            assert_eq!(server.asked().len(), 3);
            assert!(!format!("{error} {error:?}").contains("c4n4ry"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pipelines_service_that_answers_a_page_is_asked_again() {
    let server =
        Scripted::start([Reply::html(200), Reply::json(200, json!({"value": "t"})), good()]).await;
    read(&client(&server, github(&server))).await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_file_is_read_again_at_every_exchange() {
    let server = Scripted::start([good(), Reply::empty(401), good()]).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, " first\n").unwrap();
    let client = client(&server, of_file(file.clone()));
    read(&client).await.unwrap();
    std::fs::write(&file, "second").unwrap();
    read(&client).await.unwrap();
    let forms: Vec<String> =
        server.asked_for_tokens().into_iter().map(|asked| asked.body).collect();
    assert!(forms[0].contains("client_assertion=first&"), "{}", forms[0]);
    assert!(forms[1].contains("client_assertion=second&"), "{}", forms[1]);
}

#[tokio::test(start_paused = true)]
async fn a_token_file_that_is_none_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let (empty, large) = (directory.path().join("empty"), directory.path().join("large"));
    std::fs::write(&empty, "\n").unwrap();
    std::fs::write(&large, vec![b'x'; 64 * 1024 + 1]).unwrap();
    for (path, reason) in [
        (directory.path().join("missing"), "cannot be read"),
        (directory.path().to_owned(), "is not a file"),
        (empty, "is empty"),
        (large, "is too large"),
    ] {
        let server = Scripted::start([]).await;
        let error = read(&client(&server, of_file(path.clone()))).await.unwrap_err();
        let failure = error.sign_in_failure().unwrap();
        assert_eq!(failure.blame, Blame::TokenFile);
        let description = failure.description.as_ref().unwrap();
        assert!(description.contains(reason), "{description}");
        assert!(description.contains(&path.display().to_string()), "{description}");
        assert_eq!(server.asked_for_tokens().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_projected_token_file_is_a_link_and_is_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (file, link) = (directory.path().join("..data"), directory.path().join("token"));
    std::fs::write(&file, "linked").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&file, &link).unwrap();
    #[cfg(not(unix))]
    std::fs::copy(&file, &link).unwrap();
    let server = Scripted::start([good()]).await;
    read(&client(&server, of_file(link))).await.unwrap();
    assert!(server.asked_for_tokens()[0].body.contains("client_assertion=linked&"));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_signs_for_this_tenants_endpoint() {
    let server = Scripted::start([good()]).await;
    let credential = Credential::ClientCertificate {
        client_id: "an-application".into(),
        certificate: certificate(),
    };
    read(&client(&server, credential)).await.unwrap();
    let asked = &server.asked_for_tokens()[0];
    let form: std::collections::HashMap<_, _> =
        url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    assert_eq!(form["client_id"], "an-application");
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let claims = form["client_assertion"].split('.').nth(1).unwrap().to_owned();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Object = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], format!("{}/contoso.example/oauth2/v2.0/token", server.origin));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_named_with_its_distance() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(61 * 60 + 20));
    let body = json!({"error": "invalid_client", "error_codes": [700_024]});
    let server = Scripted::start([]).await;
    server.then_token(Reply::json(401, body).with("date", &date));
    let credential = Credential::ClientCertificate {
        client_id: "an-application".into(),
        certificate: certificate(),
    };
    let error = read(&client(&server, credential)).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("this machine's clock is 61 min behind the authority's"), "{told}");
    assert_eq!(error.sign_in_failure().unwrap().blame, Blame::Certificate);
}

#[tokio::test(start_paused = true)]
async fn an_assertion_that_the_authority_quotes_is_not_shown() {
    let server = Scripted::start([]).await;
    let token = FederatedToken::Given(Secret::new(CANARY.into()));
    let credential = Credential::Federated { client_id: "an-application".into(), token };
    let description = format!("AADSTS700213: {CANARY} is unknown.");
    let body = json!({"error": "invalid_client", "error_description": description});
    server.then_token(Reply::json(401, body));
    let error = read(&client(&server, credential)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("c4n4ry"), "{error}");
    assert_eq!(error.sign_in_failure().unwrap().blame, Blame::FederatedToken);
}
