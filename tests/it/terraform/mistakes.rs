//! What people get wrong: configuration, provider settings, damaged state. Each time a clear error that
//! names the attribute and the next step, and nothing lost.

use std::fs;

use super::Stage;
use super::stage::{ADDRESS, unframed};
use crate::emulator::Options;

#[tokio::test(flavor = "multi_thread")]
async fn bad_configuration_is_refused_with_its_attribute_and_without_a_request() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    let long = "x".repeat(126);
    for (lines, summary, line) in [
        ("itunes_pairing_mode = \"Allow\"", "Unknown choice", "itunes_pairing_mode"),
        ("shared_ipad_maximum_user_count = -1", "Number out of range", "shared_ipad"),
        ("shared_ipad_maximum_user_count = 1.5", "Number out of range", "shared_ipad"),
        ("display_name = \"\"", "Text too long or too short", "display_name"),
        (&format!("support_department = \"{long}\""), "Text too long", "support_department"),
        ("support_phone_number = \"\"", "Text too long", "support_phone_number"),
        ("profile_removal_disabled = true", "Locked enrollment needs", "profile_removal_disabled"),
        ("itunes_pairing_mode = \"requiresCertificate\"", "Pairing by certificate", "this"),
        (
            "management_certificates = [{ certificate = \"nope!\" }]",
            "Not a certificate",
            "management_certificates",
        ),
        ("timeouts = { read = \"0s\" }", "Invalid duration", "timeouts"),
        ("siri_disabled = \"maybe\"", "a bool is required", "siri_disabled"),
        (
            "siri_disable = true",
            "An argument named \"siri_disable\" is not expected",
            "siri_disable",
        ),
        ("id = \"mine\"", "Read-only attribute", "id"),
    ] {
        stage.profile(lines);
        for command in [&["validate"][..], &["plan"]] {
            let told = stage.fails(command).await;
            assert!(told.contains(summary), "{lines}: {told}");
            assert!(told.contains(line), "{lines}: {told}");
        }
    }
    assert!(stage.emulator.requests().is_empty(), "{:?}", stage.emulator.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn guidance_that_is_not_followed_is_only_a_warning() {
    let stage = Stage::new().await;
    stage.profile("enable_shared_ipad = true\nrequires_user_authentication = true");
    stage.init().await;
    let told = unframed(&stage.ends(0, &["validate"]).await.output);
    assert!(told.contains("Warning: Shared iPad without supervision"), "{told}");
    assert!(told.contains("Warning: Shared iPad with user affinity"), "{told}");
    stage.apply().await;
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_provider_settings_are_refused_with_their_argument() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    for (arguments, summary, detail) in [
        ("graph_endpoint = \"http://graph.example\"", "Unusable endpoint", "`graph_endpoint`"),
        ("graph_endpoint = \"graph.microsoft.com\"", "Unusable endpoint", "not a URL"),
        ("authority_host = \"https://a.example/path\"", "Unusable endpoint", "no path"),
        ("environment = \"mars\"", "Unknown Microsoft cloud", "`usgovernment`"),
        ("client_secret_file_path = \"/no/such/file\"", "Client secret not read", "/no/such/file"),
        ("nonsense = 1", "Unsupported argument", "nonsense"),
    ] {
        stage.provider(arguments);
        let told = stage.fails(&["plan"]).await;
        assert!(told.contains(summary) && told.contains(detail), "{arguments}: {told}");
    }
    assert!(stage.emulator.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_setting_names_the_argument_and_the_variables() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    for (variable, argument) in [("ARM_TENANT_ID", "tenant_id"), ("ARM_CLIENT_ID", "client_id")] {
        let mut command = stage.workspace.command(["plan"]);
        let output = command.env(variable, "").output().await.unwrap();
        let told = unframed(&String::from_utf8_lossy(&output.stderr));
        assert!(told.contains(&format!("Missing `{argument}`")), "{told}");
        assert!(told.contains(variable), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_explained_and_never_shown() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.provider("client_secret = \"hunter2-is-not-it\"");
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("Signing in to Microsoft Graph failed"), "{told}");
    assert!(told.contains("AADSTS7000215") && told.contains("`client_secret`"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    assert!(stage.state().await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_can_come_from_a_file() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    let file = stage.workspace.directory().join("secret");
    fs::write(&file, crate::emulator::Credential::default().client_secret + "\n").unwrap();
    stage.provider(&format!("client_secret_file_path = {:?}", file.display().to_string()));
    stage.apply().await;
    assert_eq!(stage.state().await["id"], stage.only_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_argument_that_is_not_known_yet_does_not_fail_a_plan() {
    let stage = Stage::new().await;
    let tenant = crate::emulator::Credential::default().tenant_id;
    stage.provider("tenant_id = terraform_data.tenant.output");
    stage.main(&format!(
        "resource \"terraform_data\" \"tenant\" {{ input = {tenant:?} }}\n{}",
        stage.profile_block("")
    ));
    stage.init().await;
    stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    stage.apply().await;
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_exist_is_named() {
    let stage = Stage::new().await;
    let nowhere = "00000000-0000-4000-8000-000000000000";
    stage.main(&stage.profile_block("").replace(&stage.token, nowhere));
    stage.init().await;
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("Enrollment profile not created"), "{told}");
    assert!(told.contains("Check `dep_onboarding_setting_id`"), "{told}");
    assert!(told.contains("request-id"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_state_is_refused_and_left_alone() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    let file = stage.workspace.directory().join("terraform.tfstate");
    let sound = fs::read_to_string(&file).unwrap();
    for (from, to, expected) in [
        ("\"siri_disabled\": false", "\"siri_disabled\": [1]", "siri_disabled"),
        ("\"display_name\": \"Lab\"", "\"display_name\": {}", "display_name"),
        ("\"schema_version\": 0", "\"schema_version\": 7", "newer provider version"),
    ] {
        let damaged = sound.replacen(from, to, 1);
        assert_ne!(damaged, sound, "{from}");
        fs::write(&file, &damaged).unwrap();
        let told = stage.fails(&["plan"]).await;
        assert!(told.contains(expected), "{to}: {told}");
        let told = stage.fails(&["apply", "-auto-approve"]).await;
        assert!(told.contains(expected), "{to}: {told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), damaged, "the state file was touched");
    }
    let extra =
        sound.replacen("\"siri_disabled\"", "\"from_the_future\": 1,\n\"siri_disabled\"", 1);
    fs::write(&file, extra).unwrap();
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named() {
    let stage = Stage::with(Options::default()).await;
    let client = crate::emulator::Credential::default().client_id;
    stage.profile("");
    stage.init().await;
    stage.emulator.set_roles(&client, &["DeviceManagementServiceConfig.Read.All".to_owned()]);
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("DeviceManagementServiceConfig.ReadWrite.All"), "{told}");
    assert!(told.contains("request-id") && told.contains("403"), "{told}");
    assert!(stage.emulator.profiles(&stage.token).is_empty());
    assert!(!told.contains(ADDRESS) || told.contains("with intune"), "{told}");
}
