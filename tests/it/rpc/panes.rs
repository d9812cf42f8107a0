//! Skipped panes given as Booleans and as keys, and what a service does not echo.

use serde_json::{Value as Json, json};
use terraform_provider_intune::value::Value;

use super::{IOS, MACOS, Stage, merged};
use crate::core::Instance;
use crate::emulator::{Options, SkipKeys};
use crate::oracle::Action;

/// A profile of this type that does not exist yet, and its configuration with these lines.
fn profile(stage: &Stage, type_name: &str, lines: Json) -> (Instance, Value) {
    let least = json!({
        "dep_onboarding_setting_id": stage.token, "display_name": "Lab", "is_mandatory": true
    });
    let config = stage.core.described(type_name).value(&merged(least, lines));
    (stage.core.instance(type_name), config)
}

fn keys(keys: &[&str]) -> Value {
    Value::set(keys.iter().map(Value::text).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn panes_converge_however_they_are_given_and_whatever_the_service_keeps() {
    for skip_keys in [SkipKeys::Echoed, SkipKeys::Dropped, SkipKeys::Derived] {
        let stage = Stage::with(Options { skip_keys, ..Options::default() }).await;
        for (type_name, lines, known) in [
            (IOS, json!({ "siri_disabled": true, "zoom_disabled": true }), true),
            (IOS, json!({ "enabled_skip_keys": ["Siri", "Zoom"] }), true),
            (IOS, json!({ "enabled_skip_keys": ["Siri", "Zoom"], "siri_disabled": true }), true),
            (MACOS, json!({ "enabled_skip_keys": ["Siri", "Privacy"] }), true),
            (MACOS, json!({ "privacy_pane_disabled": true, "siri_disabled": true }), true),
            // A key that no Boolean stands for is lost where the service keeps no keys.
            (MACOS, json!({ "enabled_skip_keys": ["Welcome"], "siri_disabled": true }), false),
            (IOS, json!({ "enabled_skip_keys": ["FromTheFuture"] }), false),
        ] {
            let (mut made, config) = profile(&stage, type_name, lines.clone());
            made.upsert(&config).await.success();
            made.converged(&config).await.success();
            if known || skip_keys == SkipKeys::Echoed {
                let (mut imported, _) = profile(&stage, type_name, json!({}));
                imported.import(made.text("id")).await.success();
                imported.converged(&config).await.success();
            }
            made.destroy().await.nothing();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_spellings_of_the_same_panes_are_one_profile() {
    let stage = Stage::new().await;
    let (mut made, booleans) =
        profile(&stage, IOS, json!({ "siri_disabled": true, "zoom_disabled": true }));
    made.upsert(&booleans).await.success();
    assert_eq!(made.state().field("enabled_skip_keys"), &keys(&["Siri", "Zoom"]));
    assert_eq!(stage.stored()[0]["enabledSkipKeys"], json!(["Siri", "Zoom"]));
    for lines in [
        json!({ "enabled_skip_keys": ["Zoom", "Siri"] }),
        json!({ "enabled_skip_keys": ["Zoom"], "siri_disabled": true }),
    ] {
        let (_, respelled) = profile(&stage, IOS, lines);
        made.converged(&respelled).await.success();
    }
    let (_, fewer) = profile(&stage, IOS, json!({ "enabled_skip_keys": ["Zoom"] }));
    stage.emulator.clear_requests();
    made.upsert(&fewer).await.success();
    assert_eq!(
        stage.sent("PATCH")[0].body,
        json!({
            "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile",
            "siriDisabled": false, "enabledSkipKeys": ["Zoom"]
        })
    );
    made.converged(&fewer).await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changes_of_the_panes_is_drift() {
    let stage = Stage::new().await;
    let (mut made, config) =
        profile(&stage, IOS, json!({ "siri_disabled": true, "enabled_skip_keys": ["Safety"] }));
    made.upsert(&config).await.success();
    let id = made.text("id").to_owned();
    for change in [
        json!({ "siriDisabled": false }),
        json!({ "siriDisabled": false, "enabledSkipKeys": ["Safety"] }),
        json!({ "zoomDisabled": true }),
        json!({ "enabledSkipKeys": ["Siri", "Safety", "Keyboard"] }),
        json!({ "enabledSkipKeys": ["Siri", "Safety", "Zoom"] }),
        json!({ "enabledSkipKeys": ["Siri"] }),
    ] {
        assert!(stage.emulator.edit_profile(&id, change.clone()));
        made.refresh().await.success();
        assert_eq!(made.plan(&config).await.unwrap().action(), Action::Update, "{change}");
        made.upsert(&config).await.success();
        made.converged(&config).await.success();
    }
}

/// Some report that Graph refuses these keys for a Mac, and that the Booleans work.
#[tokio::test(flavor = "multi_thread")]
async fn a_doubtful_key_is_sent_only_where_it_is_written() {
    let stage = Stage::new().await;
    let lines = json!({ "privacy_pane_disabled": true, "registration_disabled": true });
    let (mut made, config) = profile(&stage, MACOS, lines);
    made.upsert(&config).await.success();
    assert_eq!(stage.stored()[0]["enabledSkipKeys"], json!([]));
    let (_, written) =
        profile(&stage, MACOS, json!({ "enabled_skip_keys": ["Privacy", "Registration"] }));
    // Beside the same Booleans it says nothing new.
    made.converged(&written).await.success();
    made.destroy().await.success();
    let told = made.upsert(&written).await;
    told.success();
    told.warning(&["Doubtful skip key", "`Registration`", "registration_disabled = true"]);
    assert_eq!(stage.stored()[0]["enabledSkipKeys"], json!(["Privacy", "Registration"]));
    assert_eq!(stage.stored()[0]["registrationDisabled"], true);
    made.converged(&written).await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn panes_that_contradict_each_other_are_refused_and_unknown_keys_are_not() {
    let stage = Stage::new().await;
    let lines = json!({ "siri_disabled": false, "enabled_skip_keys": ["Siri"] });
    let (mut nothing, config) = profile(&stage, IOS, lines);
    let told = nothing.validate(&config).await;
    let error = told.error(&["Pane both shown and skipped", "`Siri` in `enabled_skip_keys`"]);
    assert_eq!(error.path.as_ref().unwrap().to_string(), "siri_disabled");
    let (_, config) = profile(&stage, IOS, json!({ "enabled_skip_keys": ["siri", "Hologram"] }));
    let told = nothing.validate(&config).await;
    told.success();
    told.warning(&["Unknown skip key", "`siri`", "Did you mean `Siri`?"]);
    told.warning(&["Unknown skip key", "`Hologram`", "newer than this version"]);
    let (_, config) = profile(&stage, IOS, json!({ "enabled_skip_keys": [""] }));
    nothing.validate(&config).await.error(&["Empty skip key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_are_not_echoed_stay_and_other_groups_are_drift() {
    let (one, two) =
        ("0d9c5b9a-2f4e-4c57-9d3c-0f2f5f0c3a11", "7a0e3a4c-4c0b-4f53-8a4f-5b8c0e4f8f10");
    for groups_are_echoed in [true, false] {
        let stage = Stage::with(Options { groups_are_echoed, ..Options::default() }).await;
        let lines = json!({ "enrollment_time_azure_ad_group_ids": [one.to_uppercase()] });
        let (mut made, config) = profile(&stage, IOS, lines);
        made.upsert(&config).await.success();
        let sent = &stage.sent("POST")[0].body["enrollmentTimeAzureAdGroupIds"];
        assert_eq!(*sent, json!([one.to_uppercase()]));
        made.converged(&config).await.success();

        let others = json!({ "enrollmentTimeAzureAdGroupIds": [two] });
        stage.emulator.edit_profile(made.text("id"), others);
        made.refresh().await.success();
        assert_eq!(made.state().field("enrollment_time_azure_ad_group_ids"), &keys(&[two]));
        made.upsert(&config).await.success();
        made.converged(&config).await.success();

        let (_, without) = profile(&stage, IOS, json!({}));
        stage.emulator.clear_requests();
        made.upsert(&without).await.success();
        assert_eq!(stage.sent("PATCH")[0].body["enrollmentTimeAzureAdGroupIds"], json!([]));
        made.converged(&without).await.success();
    }
    let stage = Stage::new().await;
    let lines = json!({ "enrollment_time_azure_ad_group_ids": ["Finance"] });
    let (mut nothing, config) = profile(&stage, IOS, lines);
    nothing.validate(&config).await.error(&["Not a GUID", "\"Finance\""]);
}
