//! The enrollment document through the real command line: it arrives, and nothing of it stays.

use std::fs;

use serde_json::json;

use super::Stage;
use super::feature::EPHEMERAL;

const EXAMPLE: &str = include_str!(
    "../../../examples/ephemeral-resources/intune_dep_mobile_config/ephemeral-resource.tf"
);
/// What every document holds, and nothing else that is written here.
const CONTENT: &str = "PayloadIdentifier";

#[tokio::test(flavor = "multi_thread")]
async fn the_document_reaches_a_command_and_neither_plan_nor_state_nor_log() {
    if !EPHEMERAL.is_here() {
        return;
    }
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "iPads" }));
    stage.main(EXAMPLE);
    stage
        .workspace
        .write("terraform.tfvars", &format!("enrollment_profile_id = {id:?}\n"))
        .unwrap();
    stage.init().await;

    stage.ends(0, &["plan", "-out=saved"]).await;
    let shown = stage.ends(0, &["show", "-json", "saved"]).await.output;
    assert!(shown.contains("terraform_data") && !shown.contains(CONTENT), "{shown}");
    let mut apply = stage.workspace.command(["apply", "saved"]);
    let applied = apply.env("TF_LOG_PROVIDER", "TRACE").output().await.unwrap();
    let log = String::from_utf8_lossy(&applied.stderr);
    let printed = String::from_utf8_lossy(&applied.stdout);
    assert!(applied.status.success(), "{printed}{log}");
    assert!(log.contains("exportMobileConfig"), "the log tells of the request");

    let directory = stage.workspace.directory();
    let document = fs::read_to_string(directory.join("ipads.mobileconfig")).unwrap();
    assert!(document.contains(CONTENT) && document.contains(&id), "{document}");
    let state = fs::read_to_string(directory.join("terraform.tfstate")).unwrap();
    assert!(state.contains("terraform_data"), "{state}");
    for (place, text) in [("state", &*state), ("log", &log), ("output", &printed)] {
        assert!(!text.contains(CONTENT), "{place}: {text}");
    }
    let fetched = stage.sent("GET").iter().filter(|one| one.path.contains("exportMobile")).count();
    assert_eq!(fetched, 2, "once while planning and once while applying");
    stage.ends(0, &["plan", "-detailed-exitcode"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_not_there_is_named_while_planning() {
    if !EPHEMERAL.is_here() {
        return;
    }
    let stage = Stage::new().await;
    stage.main(EXAMPLE);
    let id = format!("{}_nobody", stage.token);
    stage
        .workspace
        .write("terraform.tfvars", &format!("enrollment_profile_id = {id:?}\n"))
        .unwrap();
    stage.init().await;
    let text = stage.fails(&["plan"]).await;
    assert!(text.contains("Enrollment document not fetched") && text.contains(&id), "{text}");
}
