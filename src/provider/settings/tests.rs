//! Which way of signing in is chosen, and how that is told.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::graph::{Credential, FederatedToken};
use crate::provider::settings::argument::ARGUMENTS;
use crate::value::{Fields, Path};

/// An application in a tenant, without anything that proves it.
const APPLICATION: [(&str, &str); 2] = [("ARM_TENANT_ID", "contoso"), ("ARM_CLIENT_ID", "app")];

fn block(values: &[(&str, Value)]) -> Value {
    let mut fields: Fields =
        ARGUMENTS.iter().map(|argument| (argument.name.to_owned(), Value::Null)).collect();
    for (name, value) in values {
        assert!(fields.insert((*name).to_owned(), value.clone()).is_some(), "{name}");
    }
    Value::Object(fields)
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment::new(variables)
}

fn taken(config: &Value, variables: &[(&str, &str)]) -> Result<Settings, Vec<Diagnostic>> {
    let environment = environment(variables);
    let given = Given { config, environment: &environment };
    let mut problems = Vec::new();
    match settings(&given, "1.11.4", &mut problems) {
        Some(settings) if problems.is_empty() => Ok(settings),
        _ => Err(problems),
    }
}

fn way(credential: &Credential) -> &'static str {
    match credential {
        Credential::ClientSecret { .. } => "secret",
        Credential::ClientCertificate { .. } => "certificate",
        Credential::Federated { token: FederatedToken::Given(_), .. } => "token",
        Credential::Federated { token: FederatedToken::File(_), .. } => "file",
        Credential::Federated { token: FederatedToken::GitHub { .. }, .. } => "github",
        Credential::Federated { token: FederatedToken::AzureDevOps { .. }, .. } => "devops",
        Credential::ManagedIdentity(_) => "machine",
        Credential::AzureCli(_) => "cli",
    }
}

fn chosen(config: &[(&str, Value)], variables: &[(&str, &str)]) -> &'static str {
    let variables = [&APPLICATION, variables].concat();
    way(&taken(&block(config), &variables).unwrap().credential)
}

#[test]
fn the_environment_chooses_in_the_documented_order() {
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github.example/token?x=1"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
    ];
    let all = [
        ("ARM_CLIENT_SECRET", "s", "secret"),
        ("ARM_USE_OIDC", "true", "github"),
        ("ARM_USE_AKS_WORKLOAD_IDENTITY", "1", "file"),
        ("ARM_USE_MSI", "True", "machine"),
        ("ARM_USE_CLI", "true", "cli"),
    ];
    for first in 0..all.len() {
        let mut variables = github.to_vec();
        variables.extend(all.iter().skip(first).map(|(name, value, _)| (*name, *value)));
        if first == 2 {
            variables.push(("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"));
        }
        assert_eq!(chosen(&[], &variables), all[first].2);
    }
    assert_eq!(chosen(&[], &[]), "cli", "nothing else is set");
}

#[test]
fn what_the_block_names_comes_before_the_environment() {
    let variables = [("ARM_CLIENT_SECRET", "s"), ("ARM_USE_MSI", "true")];
    assert_eq!(chosen(&[("use_msi", Value::Bool(true))], &variables), "machine");
    assert_eq!(chosen(&[("use_cli", Value::Bool(true))], &variables), "cli");
    assert_eq!(chosen(&[("use_msi", Value::Bool(false))], &variables[1..]), "cli");
    let file = [("use_oidc", Value::Bool(true)), ("oidc_token_file_path", Value::text("/t"))];
    assert_eq!(chosen(&file, &[("ARM_OIDC_TOKEN", "t")]), "file");
}

#[test]
fn every_pipeline_is_known_by_its_own_variables() {
    let on = ("ARM_USE_OIDC", "true");
    let devops = [
        on,
        ("SYSTEM_OIDCREQUESTURI", "https://devops.example/oidctoken"),
        ("SYSTEM_ACCESSTOKEN", "t"),
    ];
    for variable in [
        "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
        "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    ] {
        assert_eq!(chosen(&[], &[&devops[..], &[(variable, "c")]].concat()), "devops");
    }
    assert_eq!(chosen(&[], &[on, ("ARM_OIDC_TOKEN", "t")]), "token");
    assert_eq!(chosen(&[], &[on, ("AZURE_FEDERATED_TOKEN_FILE", "/t")]), "file");
    assert_eq!(chosen(&[], &[on, ("M365_OIDC_TOKEN_FILE_PATH", "/t")]), "file");
    let problems = taken(&block(&[]), &[&APPLICATION[..], &devops].concat()).unwrap_err();
    assert_eq!(problems[0].summary, "Missing `ado_pipeline_service_connection_id`");
}

#[test]
fn a_way_that_is_chosen_and_lacks_a_value_says_which_and_why() {
    for (variables, missing) in [
        (vec![("ARM_CLIENT_SECRET", "s")], vec!["tenant_id", "client_id"]),
        (vec![("ARM_CLIENT_SECRET", "s"), ("AZURE_TENANT_ID", "t")], vec!["client_id"]),
        ([&APPLICATION[..], &[("ARM_USE_OIDC", "true")]].concat(), vec!["oidc_request_url"]),
        (
            [&APPLICATION[..], &[("ARM_USE_AKS_WORKLOAD_IDENTITY", "true")]].concat(),
            vec!["oidc_token_file_path"],
        ),
        (
            [
                &APPLICATION[..],
                &[("ARM_USE_OIDC", "1"), ("ARM_OIDC_REQUEST_URL", "https://github.example")],
            ]
            .concat(),
            vec!["oidc_request_token"],
        ),
    ] {
        let problems = taken(&block(&[]), &variables).unwrap_err();
        let at: Vec<_> = problems.iter().map(|problem| problem.path.clone().unwrap()).collect();
        assert_eq!(at, missing.iter().map(|name| Path::attribute(*name)).collect::<Vec<_>>());
        assert!(problems[0].detail.contains("because `"), "{}", problems[0].detail);
    }
}

#[test]
fn a_flag_that_is_neither_true_nor_false_names_its_variable() {
    for text in ["yes", "c4n4ry"] {
        let problems = taken(&block(&[]), &[("ARM_USE_MSI", text)]).unwrap_err();
        assert_eq!(problems[0].path, Some(Path::attribute("use_msi")));
        assert!(problems[0].detail.contains("`ARM_USE_MSI`"), "{}", problems[0].detail);
        assert!(!problems[0].detail.contains(text), "what a variable holds may be a secret");
    }
}

#[test]
fn without_any_way_every_way_is_told_with_its_reason() {
    let problems = taken(&block(&[]), &[("ARM_USE_CLI", "false"), ("ARM_OIDC_TOKEN", "x")]);
    let detail = &problems.unwrap_err()[0].detail;
    for told in [
        "client secret: neither `client_secret` nor `client_secret_file_path` is set",
        "OIDC: `use_oidc` is not set, although `oidc_token` is (the environment variable \
         `ARM_OIDC_TOKEN`)",
        "managed identity: `use_msi` is not set",
        "Azure CLI: `use_cli` is false (the environment variable `ARM_USE_CLI`)",
    ] {
        assert!(detail.contains(told), "{told}: {detail}");
    }
}

#[test]
fn the_account_tells_where_each_value_comes_from_and_no_secret() {
    let config = block(&[("client_id", Value::text("app"))]);
    let variables =
        [("AZURE_TENANT_ID", "contoso"), ("ARM_CLIENT_SECRET", "c4n4ry"), ("ARM_USE_MSI", "true")];
    let account = taken(&config, &variables).unwrap().account;
    for told in [
        "Signing in by client secret because `client_secret` is set (the environment variable \
         `ARM_CLIENT_SECRET`).",
        "`tenant_id` from the environment variable `AZURE_TENANT_ID`",
        "`client_id` from the provider block",
        "managed identity: `use_msi` is set (the environment variable `ARM_USE_MSI`), but comes \
         later in the order",
    ] {
        assert!(account.contains(told), "{told}: {account}");
    }
    assert!(!account.contains("c4n4ry"), "{account}");
}

#[test]
fn a_managed_identity_is_looked_for_where_the_platform_says() {
    let on = ("ARM_USE_MSI", "true");
    let platform =
        [("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token"), ("IDENTITY_HEADER", "h")];
    for (variables, endpoint, has_header) in [
        (vec![on], "http://169.254.169.254/metadata/identity/oauth2/token", false),
        ([&[on][..], &platform].concat(), "http://localhost:42356/msi/token", true),
        (vec![on, ("ARM_MSI_ENDPOINT", "http://127.0.0.1:1/x")], "http://127.0.0.1:1/x", false),
    ] {
        let settings = taken(&block(&[]), &variables).unwrap();
        assert_eq!(settings.tenant_id, None);
        let Credential::ManagedIdentity(identity) = settings.credential else { panic!() };
        assert_eq!(identity.endpoint.to_string(), endpoint);
        assert_eq!(identity.header.is_some(), has_header);
    }
    let problems = taken(&block(&[]), &[on, ("ARM_MSI_ENDPOINT", "http://a.example/x")]);
    assert_eq!(problems.unwrap_err()[0].path, Some(Path::attribute("msi_endpoint")));
}

#[test]
fn the_azure_cli_is_started_with_nothing_that_may_be_a_secret() {
    let variables = [
        ("PATH", "/bin"),
        ("https_proxy", "http://proxy.example"),
        ("ARM_OIDC_TOKEN", "c4n4ry"),
        ("AWS_SECRET_ACCESS_KEY", "c4n4ry"),
    ];
    let settings = taken(&block(&[]), &variables).unwrap();
    let Credential::AzureCli(cli) = settings.credential else { panic!() };
    let names: Vec<_> = cli.variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["PATH", "https_proxy"]);
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_without_being_quoted() {
    for (name, value, told) in [
        ("client_certificate", "c4n4ry!", "neither Base64 nor PEM"),
        ("client_certificate", "YzRuNHJ5", "neither a PKCS#12 (PFX) nor a PEM file"),
        ("client_certificate_path", "/no/such/file", "/no/such/file"),
        ("client_certificate_path", "/", "is not a file"),
    ] {
        let config = block(&[(name, Value::text(value))]);
        let problem = taken(&config, &APPLICATION).unwrap_err().remove(0);
        assert_eq!(problem.path, Some(Path::attribute(name)));
        assert!(problem.detail.contains(told), "{}", problem.detail);
        assert!(!problem.detail.contains("c4n4ry"), "{}", problem.detail);
    }
}

#[test]
fn no_variable_means_two_things() {
    let mut seen = std::collections::BTreeSet::new();
    for variable in ARGUMENTS.iter().flat_map(|argument| argument.environment) {
        assert!(seen.insert(variable), "{variable}");
    }
}
