//! `terraform query`, and configuration that Terraform writes for what is there already.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use terraform_provider_intune::resources;

use super::Stage;
use super::feature::{GENERATED, QUERIES};
use super::stage::ADDRESS;
use crate::ACCOUNT;

/// The certificate of a computer, in the form in which Graph holds it.
const CERTIFICATE: &str = include_str!("../../../src/entity/certificate.b64");

/// Profiles of every kind: as bare as can be, with everything turned, and what the portal makes.
fn profiles() -> [Value; 3] {
    let everything = json!({
        "displayName": "Everything \"quoted\" ${and} more", "description": "Two\nlines",
        "supportDepartment": "IT", "supportPhoneNumber": "12345",
        "supervisedModeEnabled": true, "profileRemovalDisabled": true, "siriDisabled": true,
        "iTunesPairingMode": "requiresCertificate", "sharedIPadMaximumUserCount": 4,
        "managementCertificates": [{ "certificate": CERTIFICATE.trim(), "thumbprint": null }],
    });
    let portal = json!({ "displayName": "By hand", "description": "", "supportDepartment": null });
    [json!({ "displayName": "Bare" }), everything, portal]
}

fn put(stage: &Stage) {
    for profile in profiles() {
        stage.emulator.put_profile(&stage.token, profile);
    }
}

fn ask(stage: &Stage, lines: &str) {
    let block = format!(
        "list \"intune_dep_enrollment_profile\" \"all\" {{\n  provider = intune\n{lines}\n}}\n"
    );
    stage.workspace.write("all.tfquery.hcl", &block).unwrap();
}

/// Profiles of the other types, the last of which nobody finds by a listing of tokens.
fn put_others(stage: &Stage) {
    let of = |type_: &str, mut profile: Value| {
        profile["@odata.type"] = json!(format!("#microsoft.graph.{type_}"));
        profile
    };
    let ios = json!({
        "displayName": "iPhones", "siriDisabled": true, "enabledSkipKeys": ["Siri", "TomorrowsPane"],
        "passcodeLockGracePeriodInSeconds": 900, "isDefault": true,
        "managementCertificates": [{ "certificate": CERTIFICATE.trim(), "thumbprint": null }],
    });
    let macos = json!({
        "displayName": "Macs", "isMandatory": true, "zoomDisabled": true,
        "enabledSkipKeys": ["FileVault", "Zoom"], "fileVaultDisabled": true,
        "adminAccountUserName": "admin", "adminAccountFullName": "",
        "depProfileAdminAccountPasswordRotationSetting": { "autoRotationPeriodInDays": 30 },
    });
    stage.emulator.put_profile(&stage.token, of("depIOSEnrollmentProfile", ios));
    stage.emulator.put_profile(&stage.token, of("depMacOSEnrollmentProfile", macos));
    let bare = of("enrollmentProfile", json!({ "displayName": "By cable" }));
    stage.emulator.put_profile(ACCOUNT, bare);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_write_configuration_of_every_type_whose_plan_is_empty() {
    if !QUERIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    put(&stage);
    put_others(&stage);
    let blocks = resources::ALL
        .iter()
        .map(|entity| format!("list {:?} \"all\" {{\n  provider = intune\n}}\n", entity.type_name));
    stage.workspace.write("all.tfquery.hcl", &blocks.collect::<String>()).unwrap();
    stage.init().await;
    stage.ends(0, &["query", "-generate-config-out=generated.tf"]).await;
    let generated = fs::read_to_string(stage.workspace.directory().join("generated.tf")).unwrap();
    // What a plan puts in by itself.
    for left_out in ["shared_ipad_", "configuration_endpoint_url", "thumbprint", "is_default"] {
        let lines = generated.lines().filter(|line| line.trim_start().starts_with(left_out));
        let mut told = lines.filter(|line| !line.ends_with("= null") && !line.ends_with("= 4"));
        assert_eq!(told.next(), None, "{generated}");
    }
    let run = stage.apply().await;
    assert!(run.output.contains("6 imported, 0 added, 0 changed"), "{}\n{generated}", run.output);
    stage.converged().await;
    let written = stage.emulator.requests().into_iter().filter(|one| one.method == "PATCH");
    assert_eq!(written.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_shows_whole_resources_where_they_are_asked_for() {
    if !QUERIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    put(&stage);
    stage.init().await;
    for (lines, is_shown) in [("", false), ("include_resource = true", true)] {
        ask(&stage, lines);
        let run = stage.ends(0, &["query", "-json"]).await;
        let events = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found: Vec<_> = events.filter(|event| event["type"] == "list_resource_found").collect();
        assert_eq!(found.len(), 3, "{}", run.stdout);
        for one in found {
            let one = &one["list_resource_found"];
            let name = &one["resource_object"]["display_name"];
            assert_eq!(*name == one["display_name"], is_shown, "{one}");
            assert!(one["identity"]["profile_id"].is_string(), "{one}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_filtered_and_limited() {
    if !QUERIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    put(&stage);
    stage.init().await;
    let nothing = "";
    for (lines, names) in [
        (nothing, &["Bare", "Everything", "By hand"][..]),
        ("limit = 1", &["Bare"]),
        ("limit = 0", &[]),
        ("config {\n display_name_contains = \"HAND\"\n}", &["By hand"]),
        ("config {\n dep_onboarding_setting_id = \"00000000-0000-4000-8000-000000000000\"\n}", &[]),
    ] {
        ask(&stage, lines);
        let run = stage.workspace.run(["query"]).await.unwrap();
        for profile in profiles() {
            let name = profile["displayName"].as_str().unwrap();
            let wanted = names.iter().any(|one| name.starts_with(one));
            assert_eq!(run.output.contains(name), wanted, "{lines}: {}", run.output);
        }
    }
    ask(&stage, "config {\n display_name = \"\"\n}");
    let told = stage.fails(&["query"]).await;
    assert!(told.contains("`display_name` is empty"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn import_blocks_alone_end_in_configuration_whose_plan_is_empty() {
    if !GENERATED.is_here() {
        return;
    }
    let stage = Stage::new().await;
    for (number, profile) in profiles().into_iter().enumerate() {
        let id = stage.emulator.put_profile(&stage.token, profile);
        let address = ADDRESS.replace("this", &format!("number_{number}"));
        let block = format!("import {{\n  to = {address}\n  id = {id:?}\n}}\n");
        stage.workspace.write(&format!("import_{number}.tf"), &block).unwrap();
    }
    stage.init().await;
    stage.ends(0, &["plan", "-generate-config-out=generated.tf"]).await;
    let run = stage.apply().await;
    assert!(run.output.contains("3 imported, 0 added, 0 changed"), "{}", run.output);
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_query_finds_something() {
    if !QUERIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    put(&stage);
    put_others(&stage);
    let token = stage.token.clone();
    let stage = stage.with_variable("dep_onboarding_setting_id", &token);
    stage.init().await;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/list-resources");
    for entity in resources::ALL {
        let file = examples.join(entity.type_name).join("list-resource.tfquery.hcl");
        stage.workspace.write("all.tfquery.hcl", &fs::read_to_string(file).unwrap()).unwrap();
        stage.ends(0, &["fmt", "-check"]).await;
        let run = stage.ends(0, &["query"]).await;
        let found = format!("list.{}.all", entity.type_name);
        assert!(run.output.contains(&found), "{}", run.output);
    }
}
