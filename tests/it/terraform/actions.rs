//! The actions, invoked by the real command line and by the life of a resource.

use serde_json::json;

use super::Stage;
use super::feature::ACTIONS;
use super::stage::unframed;
use crate::emulator::Course;

const SYNC: &str = include_str!("../../../examples/actions/intune_dep_sync/action.tf");
const SET_DEFAULT: &str =
    include_str!("../../../examples/actions/intune_dep_set_default_profile/action.tf");
const INVOKE: [&str; 3] = ["apply", "-auto-approve", "-invoke=action.intune_dep_sync.now"];

async fn stage(configuration: &str) -> Stage {
    let stage = Stage::new().await;
    stage.main(configuration);
    let token = format!("dep_onboarding_setting_id = {:?}\n", stage.token);
    stage.workspace.write("terraform.tfvars", &token).unwrap();
    stage.init().await;
    stage
}

fn syncs(stage: &Stage) -> usize {
    stage.sent("POST").iter().filter(|one| one.path.contains("syncWith")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_invoked_once_and_not_again_within_a_quarter_of_an_hour() {
    if !ACTIONS.is_here() {
        return;
    }
    let stage = stage(SYNC).await;
    stage.emulator.let_sync(&stage.token, Course { reads: 1, ..Course::default() });
    let text = unframed(&stage.ends(0, &INVOKE).await.output);
    for part in ["Intune is asking Apple", "Waiting for Apple", "The sync has ended"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(syncs(&stage), 1);
    let text = stage.fails(&INVOKE).await;
    assert!(text.contains("Synced a moment ago") && text.contains("Run it again in 15"), "{text}");
    assert_eq!(syncs(&stage), 1, "nothing was sent");
    let state = stage.ends(0, &["state", "list"]).await.output;
    assert_eq!(state.trim(), "", "an action leaves nothing in state");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_apple_refuses_fails_the_apply_in_words() {
    if !ACTIONS.is_here() {
        return;
    }
    let stage = stage(SYNC).await;
    stage.emulator.let_sync(&stage.token, Course { code: 3, ..Course::default() });
    let text = stage.fails(&INVOKE).await;
    assert!(text.contains("Sync failed") && text.contains("terms and conditions"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_follows_the_life_of_a_resource() {
    if !ACTIONS.is_here() {
        return;
    }
    let stage = stage(SET_DEFAULT).await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Kiosks" }));
    let profile = format!("-var=profile_id={id}");
    stage.ends(0, &["apply", "-auto-approve", &profile]).await;
    assert_eq!(stage.emulator.profiles(&stage.token)[0]["isDefault"], true);
    let promoted = stage.sent("POST").len();
    stage.ends(0, &["plan", "-detailed-exitcode", &profile]).await;
    stage.ends(0, &["apply", "-auto-approve", &profile]).await;
    assert_eq!(stage.sent("POST").len(), promoted, "nothing changed, so nothing is done");
}
