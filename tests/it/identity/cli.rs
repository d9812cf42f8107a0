//! The Azure CLI, played by a script.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use terraform_provider_intune::graph::{AzureCli, Blame, Credential, Error};

use super::Site;
use crate::emulator::{self, Options, Platform};

/// Puts a program `az` there that runs these lines.
pub(crate) fn install(directory: &Path, lines: &str) {
    let file = directory.join("az");
    fs::write(&file, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A local Graph whose machine has an identity: its tokens are what the CLI hands out.
async fn site() -> Site {
    let machine = Some(emulator::Credential::default().client_id);
    let platform = Platform { machine, ..Platform::default() };
    Site::with(Options { platform, ..Options::default() }).await
}

pub(crate) async fn access_token(url: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let address =
        format!("{url}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={url}");
    let answer = http.get(address).header("metadata", "true").send().await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

fn of(directory: &Path) -> Credential {
    let path = format!("{}:/usr/bin:/bin", directory.display());
    Credential::AzureCli(AzureCli { variables: vec![("PATH".to_owned(), path)] })
}

async fn refused(lines: &str) -> Error {
    let directory = tempfile::tempdir().unwrap();
    install(directory.path(), lines);
    let site = site().await;
    site.read(of(directory.path())).await.unwrap_err()
}

#[tokio::test]
async fn the_cli_is_asked_for_graph_and_given_only_its_own_variables() {
    let site = site().await;
    let token = access_token(site.emulator.url()).await;
    for end in ["", ", \"expires_on\": 4000000000"] {
        let directory = tempfile::tempdir().unwrap();
        let told = directory.path().join("told");
        install(
            directory.path(),
            &format!(
                "printf '%s\\n' \"$@\" > {0}\nenv > {0}.env\necho '{{\"accessToken\": \"{token}\"{1}}}'",
                told.display(),
                if end.is_empty() { "" } else { ", \"expiresOn\": \"2030-01-01 00:00:00.000000\"" }
            ),
        );
        site.read(of(directory.path())).await.unwrap();
        let arguments = fs::read_to_string(&told).unwrap();
        let expected = [
            "account",
            "get-access-token",
            "--output",
            "json",
            "--resource",
            site.emulator.url(),
            "--tenant",
            &site.application.tenant_id,
        ];
        assert_eq!(arguments.lines().collect::<Vec<_>>(), expected);
        let variables = fs::read_to_string(told.with_extension("env")).unwrap();
        assert!(!variables.contains("CARGO"), "this process's environment: {variables}");
    }
}

#[tokio::test]
async fn a_missing_cli_is_told_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let variables = vec![("PATH".to_owned(), directory.path().display().to_string())];
    let error = site().await.read(Credential::AzureCli(AzureCli { variables })).await.unwrap_err();
    assert_eq!(error.sign_in_failure().unwrap().blame, Blame::AzureCli);
    assert!(error.to_string().contains("was not found on PATH"), "{error}");
}

#[tokio::test]
async fn a_cli_that_nobody_is_signed_in_to_says_what_to_run() {
    let error =
        refused("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1").await;
    let failure = error.sign_in_failure().unwrap();
    assert!(failure.hint.unwrap().contains("`az login`"), "{failure}");
    assert_eq!(failure.description.as_deref(), Some("Please run 'az login' to setup account."));
}

#[tokio::test]
async fn a_code_in_what_the_cli_says_is_kept() {
    let lines = "echo \"ERROR: AADSTS50173: The grant has expired.\nTrace ID: x\" >&2; exit 1";
    let error = refused(lines).await;
    let failure = error.sign_in_failure().unwrap();
    assert_eq!(failure.code.as_deref(), Some("AADSTS50173"));
    assert!(!error.to_string().contains("Trace ID"), "{error}");
}

#[tokio::test]
async fn what_the_cli_prints_instead_of_a_token_is_not_shown() {
    for lines in [
        "echo '{\"accessToken\": \"c4n4ry'",
        "echo '{\"accessToken\": \"c4n4ry\", \"expires_on\": 1}'",
        "echo '[\"c4n4ry\"]'",
        "true",
    ] {
        let error = refused(lines).await;
        assert!(!format!("{error} {error:?}").contains("c4n4ry"), "{error}");
        assert_eq!(error.sign_in_failure().unwrap().blame, Blame::AzureCli, "{lines}");
    }
}

#[tokio::test]
async fn a_tenant_that_is_no_name_is_not_handed_to_a_command_line() {
    let site = site().await;
    for tenant in ["--debug", "a b", "a&calc", "%PATH%", "\"x"] {
        let directory = tempfile::tempdir().unwrap();
        install(directory.path(), &format!("touch {}/ran", directory.path().display()));
        let mut settings = site.settings(of(directory.path()));
        settings.tenant_id = Some(tenant.to_owned());
        let client = terraform_provider_intune::graph::Client::new(settings);
        let error = site.read_by(&client).await.unwrap_err();
        assert_eq!(error.sign_in_failure().unwrap().blame, Blame::TenantId, "{tenant}");
        assert!(!directory.path().join("ran").exists(), "{tenant}");
    }
}
