//! `moved` blocks: a profile that another provider's resource stands for becomes ours, without a change.

use std::fs;

use serde_json::{Value, json};

use super::Stage;
use super::feature::MOVES;
use super::stage::PLUGIN;

const MAC: &str = "microsoft365_graph_beta_device_management_macos_dep_enrollment_profile";
/// Whose resources move here. The command line wants to have the provider of every state that it reads,
/// even when it never asks it anything: ours stands in.
const OTHERS: [&str; 3] =
    ["deploymenttheory/microsoft365", "hashicorp/random", "microsoft/msgraph"];

const MACOS: &str = "#microsoft.graph.depMacOSEnrollmentProfile";

/// A stage on which the others' providers can be installed too.
async fn with_others() -> Stage {
    let stage = Stage::new().await;
    let registry = stage.workspace.directory().join("../mirror/registry.terraform.io");
    let ours = registry.join("intune-rs/intune").join(env!("CARGO_PKG_VERSION"));
    let platform = fs::read_dir(&ours).unwrap().next().unwrap().unwrap().file_name();
    for other in OTHERS {
        let home = registry.join(other).join("1.0.0").join(&platform);
        fs::create_dir_all(&home).unwrap();
        let (_, name) = other.split_once('/').unwrap();
        let program =
            home.join(format!("terraform-provider-{name}_v1.0.0{}", std::env::consts::EXE_SUFFIX));
        fs::hard_link(PLUGIN, &program).or_else(|_| fs::copy(PLUGIN, &program).map(drop)).unwrap();
    }
    stage
}

/// A state file that holds this resource of that provider.
fn holds(stage: &Stage, provider: &str, type_name: &str, attributes: &Value) {
    let state = json!({
        "version": 4, "terraform_version": "1.8.0", "serial": 1,
        "lineage": "2d1f6a0e-4f0c-4a0e-8b1f-0d6a3a5a7c11", "outputs": {},
        "resources": [{
            "mode": "managed", "type": type_name, "name": "old",
            "provider": format!("provider[\"registry.terraform.io/{provider}\"]"),
            "instances": [{ "schema_version": 0, "attributes": attributes }],
        }],
    });
    let file = stage.workspace.directory().join("terraform.tfstate");
    fs::write(file, state.to_string()).unwrap();
}

/// A block of this type and one that moves the old resource there.
fn moved(stage: &Stage, from: &str, to: &str, lines: &str) {
    stage.main(&format!(
        "moved {{\n  from = {from}.old\n  to = {to}.new\n}}\nresource {to:?} \"new\" {{\n  \
         dep_onboarding_setting_id = {:?}\n  display_name = \"Lab\"\n{lines}\n}}\n",
        stage.token
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_of_other_providers_become_ours_without_a_change() {
    if !MOVES.is_here() {
        return;
    }
    let stage = with_others().await;
    let put = |type_: &str| {
        let profile = json!({ "@odata.type": type_, "displayName": "Lab", "siriDisabled": true });
        stage.emulator.put_profile(&stage.token, profile)
    };
    let ios = "#microsoft.graph.depIOSEnrollmentProfile";
    let url = format!("deviceManagement/depOnboardingSettings/{}/enrollmentProfiles", stage.token);
    let untyped = |id: &str, body: Value| {
        let body = json!({ "value": body, "type": ["object", {}] });
        json!({ "id": id, "url": url, "api_version": "beta", "body": body })
    };
    let mac = put(MACOS);
    let attributes =
        json!({ "id": mac, "dep_onboarding_settings_id": null, "display_name": "Lab" });
    let body = json!({ "@odata.type": ios, "displayName": "Lab" });
    for (provider, from, attributes, to) in [
        ("deploymenttheory/microsoft365", MAC, attributes, "intune_dep_macos_enrollment_profile"),
        (
            "microsoft/msgraph",
            "msgraph_resource",
            untyped(&put(ios), body),
            "intune_dep_ios_enrollment_profile",
        ),
        (
            "microsoft/msgraph",
            "msgraph_resource",
            untyped(&put(MACOS), Value::Null),
            "intune_dep_macos_enrollment_profile",
        ),
        (
            "intune-rs/intune",
            "intune_dep_enrollment_profile",
            json!({ "id": put(ios), "dep_onboarding_setting_id": stage.token, "display_name": "Lab" }),
            "intune_dep_ios_enrollment_profile",
        ),
    ] {
        holds(&stage, provider, from, &attributes);
        moved(&stage, from, to, "siri_disabled = true");
        stage.init().await;
        let run = stage.apply().await;
        assert!(run.output.contains("0 added, 0 changed, 0 destroyed"), "{}", run.output);
        stage.converged().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_moved_is_explained_and_stays() {
    if !MOVES.is_here() {
        return;
    }
    let stage = with_others().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Lab" }));
    let own = json!({ "id": id, "dep_onboarding_setting_id": stage.token });
    let to = "intune_dep_ios_enrollment_profile";
    for (provider, from, attributes, expected) in [
        ("hashicorp/random", "random_pet", json!({ "id": id }), "does not know that resource"),
        ("deploymenttheory/microsoft365", MAC, json!({ "id": id }), "it stands for"),
        (
            "microsoft/msgraph",
            "msgraph_resource",
            json!({ "id": id, "url": "users" }),
            "is not where",
        ),
        (
            "intune-rs/intune",
            "intune_dep_enrollment_profile",
            own,
            "Moved to the wrong resource type",
        ),
    ] {
        holds(&stage, provider, from, &attributes);
        moved(&stage, from, to, "");
        stage.init().await;
        let told = stage.fails(&["plan"]).await;
        assert!(told.contains(expected), "{from}: {told}");
    }
    assert_eq!(stage.only_id(), id);
}
