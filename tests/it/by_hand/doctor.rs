//! `doctor`: what it finds, how it ends, and what it never shows.

use serde_json::{Value, json};

use super::run;
use crate::emulator::{Credential, Effect, Emulator, Fault, Options};
use crate::host::Outcome;

async fn emulator() -> Emulator {
    Emulator::start(Options::default()).await.unwrap()
}

/// The verdict of each check, in order, and the whole report.
async fn report(emulator: &Emulator, arguments: &[&str]) -> (Option<i32>, Vec<String>, Value) {
    let outcome = run(emulator, &[&["doctor", "--json"], arguments].concat(), &[]).await;
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let verdicts = checks.iter().map(|check| {
        format!("{}: {}", check["name"].as_str().unwrap(), check["verdict"].as_str().unwrap())
    });
    (outcome.code, verdicts.collect(), report)
}

/// Answers the listing of the tokens with one that has these properties.
fn show_token(emulator: &Emulator, properties: Value) {
    let body = json!({ "value": [properties] });
    let answer = Effect::Status { code: 200, headers: Vec::new(), body };
    emulator.fault(Fault::new("GET", "/depOnboardingSettings", answer));
}

#[tokio::test]
async fn a_healthy_tenant_passes_every_check_and_is_left_as_it_was() {
    let emulator = emulator().await;
    let (code, verdicts, report) = report(&emulator, &["--strict"]).await;
    assert_eq!(code, Some(0), "{report:#}");
    let names = [
        "settings",
        "proxy",
        "sign-in service",
        "Microsoft Graph",
        "clock",
        "sign-in",
        "permission to read",
        "enrollment program tokens",
        "permission to write",
    ];
    assert_eq!(verdicts, names.map(|name| format!("{name}: passed")));
    let client = Credential::default();
    assert_eq!(report["ok"], true);
    assert_eq!(report["identity"]["tenant_id"], client.tenant_id);
    assert_eq!(report["identity"]["application_id"], client.client_id);
    assert_eq!(
        report["identity"]["permissions"],
        json!(["DeviceManagementServiceConfig.ReadWrite.All"])
    );
    assert_eq!(report["tokens"][0]["name"], "Contoso ABM");
    let changes = emulator.requests();
    let changes: Vec<_> = changes
        .iter()
        .filter(|request| request.path.starts_with("/beta") && request.method != "GET")
        .map(|request| request.status)
        .collect();
    assert_eq!(changes, [Some(404)], "the only change that was asked for is of nothing");
}

#[tokio::test]
async fn the_table_says_in_words_what_the_document_says() {
    let emulator = emulator().await;
    let outcome = run(&emulator, &["doctor"], &[]).await;
    assert_eq!(outcome.code, Some(0), "{}", outcome.stdout);
    for expected in [
        "Signing in by client secret because `client_secret` is set",
        "Signed in as the application `66666666-7777-4888-8999-aaaaaaaaaaaa`",
        "Permissions in the token: DeviceManagementServiceConfig.ReadWrite.All.",
        "Name         Id                                    Expires               Days left  Last sync",
        "Contoso ABM  ",
    ] {
        assert!(outcome.stdout.contains(expected), "{expected}: {}", outcome.stdout);
    }
}

#[tokio::test]
async fn a_missing_permission_is_found_by_trying_and_named() {
    let emulator = emulator().await;
    let client = Credential::default().client_id;
    emulator.set_roles(&client, &["DeviceManagementServiceConfig.Read.All".to_owned()]);
    let (code, verdicts, read) = report(&emulator, &[]).await;
    assert_eq!(code, Some(1));
    assert_eq!(verdicts.last().unwrap(), "permission to write: failed");
    let told = read["checks"].as_array().unwrap().last().unwrap();
    let next = told["next"].as_str().unwrap();
    assert!(
        next.contains("Microsoft Graph permission DeviceManagementServiceConfig.ReadWrite.All")
    );
    assert_eq!(report(&emulator, &["--read-only"]).await.0, Some(0));

    emulator.set_roles(&client, &[]);
    let (code, verdicts, _) = report(&emulator, &[]).await;
    assert_eq!(code, Some(1));
    let expected = [
        "permission to read: failed",
        "enrollment program tokens: skipped",
        "permission to write: failed",
    ];
    assert_eq!(verdicts[6..], expected);
}

#[tokio::test]
async fn a_token_that_expires_soon_is_a_warning_and_one_that_has_expired_a_failure() {
    let emulator = emulator().await;
    let far =
        json!({ "id": "1", "tokenName": "A", "tokenExpirationDateTime": "2099-01-01T00:00:00Z" });
    show_token(&emulator, far.clone());
    let (code, verdicts, _) = report(&emulator, &["--expiry-days", "40000"]).await;
    assert_eq!((code, verdicts[7].as_str()), (Some(0), "enrollment program tokens: warned"));
    show_token(&emulator, far);
    assert_eq!(report(&emulator, &["--strict", "--expiry-days", "40000"]).await.0, Some(1));
    show_token(
        &emulator,
        json!({ "id": "1", "tokenName": "A", "tokenExpirationDateTime": "2020-01-01T00:00:00Z" }),
    );
    let (code, verdicts, shown) = report(&emulator, &[]).await;
    assert_eq!((code, verdicts[7].as_str()), (Some(1), "enrollment program tokens: failed"));
    assert!(shown["tokens"][0]["days_left"].as_i64().unwrap() < -2000);
}

#[tokio::test]
async fn a_failed_synchronization_with_apple_is_a_warning() {
    let emulator = emulator().await;
    show_token(&emulator, json!({ "id": "1", "tokenName": "A", "lastSyncErrorCode": 17 }));
    let (code, verdicts, _) = report(&emulator, &[]).await;
    assert_eq!(code, Some(0));
    assert!(verdicts.contains(&"enrollment program tokens: warned".to_owned()), "{verdicts:?}");
}

#[tokio::test]
async fn a_tenant_without_tokens_is_a_warning() {
    let emulator = Emulator::start(Options { tokens: Vec::new(), ..Options::default() }).await;
    let (code, verdicts, _) = report(&emulator.unwrap(), &[]).await;
    assert_eq!((code, verdicts[7].as_str()), (Some(0), "enrollment program tokens: warned"));
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_found_by_what_the_service_says() {
    let emulator = emulator().await;
    let date = ("date".to_owned(), "Wed, 01 Jan 2020 00:00:00 GMT".to_owned());
    let answer = Effect::Status { code: 401, headers: vec![date], body: Value::Null };
    emulator.fault(Fault::new("GET", "/beta", answer));
    let (code, verdicts, report) = report(&emulator, &[]).await;
    assert_eq!((code, verdicts[4].as_str()), (Some(1), "clock: failed"));
    assert!(report["checks"][4]["text"].as_str().unwrap().contains("s ahead of Microsoft's"));
}

#[tokio::test]
async fn where_nobody_answers_nothing_more_is_tried() {
    let emulator = emulator().await;
    let nobody = [("INTUNE_GRAPH_ENDPOINT", "http://127.0.0.1:9")];
    let outcome = run(&emulator, &["doctor"], &nobody).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("http://127.0.0.1:9: The service cannot be reached"));
    assert!(outcome.stdout.contains("Check the network, the proxy (`HTTPS_PROXY`, `NO_PROXY`)"));
    assert_eq!(outcome.stdout.matches("Not tried: nobody answers.").count(), 4);
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_explained_and_nothing_is_sent() {
    let emulator = emulator().await;
    let nothing = [("ARM_CLIENT_SECRET", ""), ("ARM_USE_CLI", "false")];
    let outcome = run(&emulator, &["doctor"], &nothing).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("No way to sign in to Microsoft Graph."), "{}", outcome.stdout);
    assert_eq!(emulator.requests().len(), 0);
}

#[tokio::test]
async fn no_secret_is_ever_shown_whatever_goes_wrong() {
    let canaries = [
        ("ARM_CLIENT_SECRET", "canary-in-the-secret"),
        ("ARM_CLIENT_CERTIFICATE_PASSWORD", "canary-in-the-password"),
        ("ARM_OIDC_TOKEN", "canary-in-the-token"),
        ("ARM_OIDC_REQUEST_TOKEN", "canary-in-the-request"),
        ("HTTPS_PROXY", "http://someone:canary-in-the-proxy@127.0.0.1:9/canary-in-the-path"),
        ("https_proxy", "canary-too:canary-in-the-proxy@127.0.0.1:9"),
        ("TF_LOG", "TRACE"),
    ];
    let right = [canaries.as_slice(), &[("ARM_CLIENT_SECRET", "emulator-client-secret")]].concat();
    for variables in [canaries.as_slice(), &right] {
        for arguments in [["doctor"].as_slice(), &["doctor", "--json"]] {
            let emulator = emulator().await;
            let Outcome { stdout, stderr, .. } = run(&emulator, arguments, variables).await;
            let told = format!("{stdout}{stderr}");
            assert!(told.contains("127.0.0.1:9"), "the proxy is named: {told}");
            // `eyJ` is how every JSON Web Token starts.
            for canary in ["canary", "emulator-client-secret", "eyJ"] {
                assert!(!told.contains(canary), "{canary}: {told}");
            }
        }
    }
}
