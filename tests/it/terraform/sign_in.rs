//! Signing in, as a person and a pipeline see it.

use std::fmt::Write as _;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::Stage;
use super::stage::unframed;
use crate::emulator::{self, Options, Platform};
use crate::identity::Sample;

/// A stage without a client secret, on which these variables are set.
async fn stage(options: Options, variables: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::with(options).await;
    for (name, value) in
        [("ARM_CLIENT_SECRET", ""), ("ARM_USE_CLI", "false")].iter().chain(variables)
    {
        stage.workspace = stage.workspace.with(name, value);
    }
    stage.profile("");
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_from_a_file_with_a_password_runs_a_whole_life() {
    let sample = Sample::new();
    let stage =
        stage(sample.registered(), &[("ARM_CLIENT_CERTIFICATE_PASSWORD", "pässword")]).await;
    let file = stage.workspace.directory().join("client.pfx");
    fs::write(&file, sample.pkcs12("pässword")).unwrap();
    stage.provider(&format!("client_certificate_path = {:?}", file.display().to_string()));
    stage.init().await;
    stage.apply().await;
    stage.converged().await;
    stage.ends(0, &["destroy", "-auto-approve"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sign_in_is_told_once_and_not_for_every_resource() {
    let stage = stage(Options::default(), &[("AZURE_CLIENT_SECRET", "hunter2-is-not-it")]).await;
    let mut blocks = String::new();
    for number in 0..5 {
        let block = stage.profile_block(&format!("display_name = \"Lab {number}\""));
        blocks += &block.replace("\"this\"", &format!("\"number_{number}\""));
    }
    stage.main(&blocks);
    stage.init().await;
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    let count = |text: &str| told.matches(text).count();
    assert_eq!(count("Error: Signing in to Microsoft Graph failed"), 5, "{told}");
    assert_eq!(count("see the first of these errors"), 4, "{told}");
    for once in [
        "the client secret is wrong",
        "Check `client_secret`",
        "Signing in by client secret because `client_secret` is set (the environment variable \
         `AZURE_CLIENT_SECRET`)",
        "`tenant_id` from the environment variable `ARM_TENANT_ID`",
        "managed identity: `use_msi` is not set",
    ] {
        assert_eq!(count(once), 1, "{once}: {told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn without_any_value_the_azure_cli_is_tried_and_the_rest_is_explained() {
    let stage = stage(Options::default(), &[("ARM_USE_CLI", "")]).await;
    stage.init().await;
    let scratch = tempfile::tempdir().unwrap();
    let mut command = stage.workspace.command(["apply", "-auto-approve"]);
    let output = command.env("PATH", scratch.path()).output().await.unwrap();
    let told = unframed(&String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("was not found on PATH") && told.contains("`az login`"), "{told}");
    assert!(told.contains("Signing in by Azure CLI because no other way is set"), "{told}");
    assert!(
        told.contains("neither `client_secret` nor `client_secret_file_path` is set"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_in_the_environment_that_is_neither_true_nor_false_is_named() {
    let stage = stage(Options::default(), &[("ARM_USE_MSI", "yes")]).await;
    stage.init().await;
    let told = stage.fails(&["plan"]).await;
    assert!(told.contains("Neither true nor false") && told.contains("`ARM_USE_MSI`"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_is_not_known_yet_does_not_fail_a_plan() {
    let stage = stage(Options::default(), &[("ARM_CLIENT_SECRET", "emulator-client-secret")]).await;
    stage.provider("use_msi = terraform_data.later.output");
    stage.main(&format!(
        "resource \"terraform_data\" \"later\" {{ input = false }}\n{}",
        stage.profile_block("")
    ));
    stage.init().await;
    stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    stage.apply().await;
    stage.converged().await;
}

/// The spellings in which a secret could turn up somewhere.
fn spellings(secret: &str) -> Vec<String> {
    let quoted = serde_json::to_string(secret).unwrap();
    vec![
        secret.to_owned(),
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC)
            .to_string(),
        quoted.trim_matches('"').to_owned(),
        secret.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        }),
    ]
}

/// Plans, applies and shows with everything logged, and looks for the secrets in all there is.
async fn leaves_no_trace(stage: &Stage, secrets: &[&str]) {
    stage.init().await;
    let mut seen = String::new();
    for arguments in [
        &["plan", "-out=plan.bin"][..],
        &["apply", "plan.bin"],
        &["show", "-json", "plan.bin"],
        &["show", "-json"],
        &["plan", "-detailed-exitcode"],
    ] {
        let mut command = stage.workspace.command(arguments);
        let output = command.env("TF_LOG", "TRACE").output().await.unwrap();
        seen += &String::from_utf8_lossy(&output.stdout);
        seen += &String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            &seen[seen.len().saturating_sub(4000)..]
        );
    }
    seen += &fs::read_to_string(stage.workspace.directory().join("terraform.tfstate")).unwrap();
    // A log without the provider's own lines would prove nothing.
    assert!(seen.contains("asked for a token"), "the log is not there");
    for secret in secrets {
        assert!(secret.len() >= 8);
        for spelling in spellings(secret) {
            let place = seen.find(&spelling);
            let around = place.map(|at| seen.get(at.saturating_sub(200)..at).unwrap_or_default());
            assert!(place.is_none(), "{spelling} after {around:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_leaves_no_trace() {
    let secret = "c4n4ry \"secret\"/+~=é";
    let application = emulator::Credential {
        client_secret: secret.to_owned(),
        ..emulator::Credential::default()
    };
    let options = Options { clients: vec![application], ..Options::default() };
    let stage = stage(options, &[("ARM_CLIENT_SECRET", secret)]).await;
    leaves_no_trace(&stage, &[secret]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_and_its_password_leave_no_trace() {
    let sample = Sample::new();
    let password = "c4n4ry \"password\"/+~=é";
    let certificate = STANDARD.encode(sample.pkcs12(password));
    let variables = [
        ("ARM_CLIENT_CERTIFICATE", certificate.as_str()),
        ("ARM_CLIENT_CERTIFICATE_PASSWORD", password),
    ];
    let stage = stage(sample.registered(), &variables).await;
    leaves_no_trace(&stage, &[password, &certificate[100..160]]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipelines_tokens_leave_no_trace() {
    let platform = Platform {
        github_request_token: "c4n4ry-github-request".to_owned(),
        azure_devops_access_token: "c4n4ry-devops-access".to_owned(),
        ..Platform::default()
    };
    let token = platform.pipeline_token();
    let signature = token.rsplit('.').next().unwrap();
    assert_eq!(signature, URL_SAFE_NO_PAD.encode("unchecked"));
    let options = || Options { platform: platform.clone(), ..Options::default() };

    let mut github = stage(options(), &[("ARM_USE_OIDC", "true")]).await;
    let url = format!("{}/pipelines/github?api-version=2.0", github.emulator.url());
    github.workspace = github
        .workspace
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", &url)
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &platform.github_request_token);
    leaves_no_trace(&github, &[&platform.github_request_token, signature]).await;

    let mut devops = stage(options(), &[("ARM_USE_OIDC", "1")]).await;
    let url = format!("{}/pipelines/azure-devops", devops.emulator.url());
    devops.workspace = devops
        .workspace
        .with("SYSTEM_OIDCREQUESTURI", &url)
        .with("SYSTEM_ACCESSTOKEN", &platform.azure_devops_access_token)
        .with("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", &platform.service_connection_id);
    leaves_no_trace(&devops, &[&platform.azure_devops_access_token, signature]).await;

    let given = stage(options(), &[("ARM_USE_OIDC", "true"), ("ARM_OIDC_TOKEN", &token)]).await;
    leaves_no_trace(&given, &[&token, signature]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machines_header_leaves_no_trace() {
    let platform = Platform {
        identity_header: "c4n4ry-identity-header".to_owned(),
        machine: Some(emulator::Credential::default().client_id),
        ..Platform::default()
    };
    let header = platform.identity_header.clone();
    let options = Options { platform, ..Options::default() };
    let mut stage = stage(options, &[("ARM_USE_MSI", "true"), ("IDENTITY_HEADER", &header)]).await;
    let url = format!("{}/msi/token", stage.emulator.url());
    stage.workspace = stage.workspace.with("IDENTITY_ENDPOINT", &url);
    leaves_no_trace(&stage, &[&header]).await;
}
