//! Identities: an import by one, and a state that was written without.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use terraform_provider_intune::resources;

use super::Stage;
use super::feature::IDENTITIES;
use super::stage::ADDRESS;

/// The state file as it is.
fn stored(stage: &Stage) -> Value {
    let file = stage.workspace.directory().join("terraform.tfstate");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// The only instance in a state file.
fn instance(stored: &mut Value) -> &mut Value {
    &mut stored["resources"][0]["instances"][0]
}

fn identity(stage: &Stage) -> Value {
    json!({ "dep_onboarding_setting_id": stage.token, "profile_id": stage.only_id() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_by_identity_plans_no_change() {
    if !IDENTITIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Lab" }));
    let guid = id.split_once('_').unwrap().1;
    stage.main("");
    stage.init().await;
    for attributes in [
        format!("profile_id = {id:?}"),
        format!("dep_onboarding_setting_id = {:?}\nprofile_id = {guid:?}", stage.token),
        format!("dep_onboarding_setting_id = {:?}\nprofile_id = {id:?}", stage.token),
    ] {
        let block =
            format!("import {{\n  to = {ADDRESS}\n  identity = {{\n{attributes}\n  }}\n}}\n");
        stage.main(&(block + &stage.profile_block("")));
        let run = stage.apply().await;
        assert!(run.output.contains("1 imported, 0 added, 0 changed"), "{}", run.output);
        stage.converged().await;
        assert_eq!(instance(&mut stored(&stage))["identity"], identity(&stage));
        stage.ends(0, &["state", "rm", ADDRESS]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_names_nothing_is_explained() {
    if !IDENTITIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    stage.main("");
    stage.init().await;
    let missing = "00000000-0000-4000-8000-000000000000";
    let token = format!("dep_onboarding_setting_id = {:?}\n", stage.token);
    for (attributes, expected) in [
        (format!("profile_id = {missing:?}"), "`dep_onboarding_setting_id` must be given too"),
        (format!("{token}profile_id = {missing:?}"), "has no enrollment profile"),
        (
            format!("{token}profile_id = \"{missing}_{missing}\""),
            "begins with the id of another enrollment program token",
        ),
    ] {
        let block =
            format!("import {{\n  to = {ADDRESS}\n  identity = {{\n{attributes}\n  }}\n}}\n");
        stage.main(&(block + &stage.profile_block("")));
        let told = stage.fails(&["plan"]).await;
        assert!(told.contains(expected) && told.contains("The identity was"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_without_identity_gets_one_and_is_no_change() {
    if !IDENTITIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    let whole = identity(&stage);
    let mut older = stored(&stage);
    assert_eq!(instance(&mut older)["identity"], whole);
    let fields = instance(&mut older).as_object_mut().unwrap();
    fields.remove("identity");
    fields.remove("identity_schema_version");
    let file = stage.workspace.directory().join("terraform.tfstate");
    fs::write(&file, older.to_string()).unwrap();
    stage.converged().await;
    stage.ends(0, &["apply", "-refresh-only", "-auto-approve"]).await;
    assert_eq!(instance(&mut stored(&stage))["identity"], whole);
    // What the state lacks until then is in nobody's way.
    fs::write(&file, older.to_string()).unwrap();
    stage.profile("siri_disabled = true");
    stage.ends(0, &["apply", "-refresh=false", "-auto-approve"]).await;
    assert_eq!(instance(&mut stored(&stage))["identity"], whole);
    stage.ends(0, &["destroy", "-auto-approve"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_an_import_by_identity_is_valid() {
    if !IDENTITIES.is_here() {
        return;
    }
    let stage = Stage::new().await;
    stage.main("");
    stage.init().await;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/resources");
    let folders: Vec<_> =
        fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), resources::ALL.len() + 1);
    for folder in folders {
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        stage.main(&text("resource.tf"));
        stage.workspace.write("import.tf", &text("import-by-identity.tf")).unwrap();
        stage.ends(0, &["validate"]).await;
        stage.ends(0, &["fmt", "-check"]).await;
    }
}
