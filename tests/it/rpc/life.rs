//! The life of a profile: made, changed, replaced, lost, found, imported and removed.

use serde_json::json;
use terraform_provider_intune::value::Value;

use super::{PROFILE, Stage, with};
use crate::core::Instance;
use crate::emulator::Options;
use crate::oracle::Action;

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_made_changed_and_removed_with_one_request_each() {
    let stage = Stage::new().await;
    let mut profile = stage.profile();
    let config = stage.config(json!({ "siri_disabled": true, "description": "first" }));
    let plan = profile.plan(&config).await.unwrap();
    assert_eq!(plan.action(), Action::Create);
    assert!(plan.after("id").is_unknown() && plan.after("is_default").is_unknown());
    assert_eq!(plan.after("zoom_disabled"), &Value::Bool(false));
    profile.apply(&plan, &config).await.nothing();
    assert_eq!(stage.sent("POST").len(), 1);
    assert_eq!(stage.stored()[0]["id"], profile.text("id"));
    profile.converged(&config).await.nothing();

    let changed = stage.config(json!({ "zoom_disabled": true, "description": "second" }));
    let plan = profile.plan(&changed).await.unwrap();
    assert_eq!(plan.action(), Action::Update);
    profile.apply(&plan, &changed).await.nothing();
    assert_eq!(
        stage.sent("PATCH")[0].body,
        json!({
            "@odata.type": "#microsoft.graph.depEnrollmentProfile",
            "siriDisabled": false,
            "zoomDisabled": true,
            "description": "second",
        })
    );
    profile.converged(&changed).await.nothing();

    profile.destroy().await.nothing();
    assert!(profile.state().is_null());
    assert_eq!((stage.sent("DELETE").len(), stage.stored().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_means_another_profile() {
    let stage = Stage::with(two_tokens()).await;
    let (mut profile, config) = stage.applied(json!({ "description": "kept" })).await;
    let id = profile.text("id").to_owned();
    let other = stage.emulator.tokens()[1].0.clone();
    let moved = with(&config, "dep_onboarding_setting_id", Value::text(&other));
    let plan = profile.plan(&moved).await.unwrap();
    assert_eq!(plan.action(), Action::Replace);
    assert!(plan.after("id").is_unknown());
    profile.apply(&plan, &moved).await.nothing();
    assert_ne!(profile.text("id"), id);
    assert_eq!((stage.stored().len(), stage.emulator.profiles(&other).len()), (0, 1));
    profile.converged(&moved).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_in_other_letters_is_the_same_token() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let capitals = Value::text(stage.token.to_uppercase());
    let spelled = with(&config, "dep_onboarding_setting_id", capitals.clone());
    profile.converged(&spelled).await.nothing();

    let changed = with(&spelled, "description", Value::text("changed"));
    let plan = profile.plan(&changed).await.unwrap();
    assert_eq!(plan.action(), Action::Update);
    profile.apply(&plan, &changed).await.nothing();
    assert_eq!(profile.text("dep_onboarding_setting_id"), stage.token);
    assert_eq!(stage.sent("DELETE").len(), 0);
    profile.destroy().await.nothing();

    let mut made = stage.profile();
    made.upsert(&spelled).await.nothing();
    assert_eq!(made.state().field("dep_onboarding_setting_id"), &capitals);
    made.converged(&spelled).await.nothing();
    made.converged(&config).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_known_yet_plans_a_replacement() {
    let stage = Stage::with(two_tokens()).await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let unknown = with(&config, "dep_onboarding_setting_id", Value::unknown());
    let plan = profile.plan(&unknown).await.unwrap();
    assert_eq!(plan.action(), Action::Replace);
    let other = stage.emulator.tokens()[1].0.clone();
    let moved = with(&config, "dep_onboarding_setting_id", Value::text(&other));
    profile.apply(&plan, &moved).await.nothing();
    profile.converged(&moved).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_already_is_removed_without_a_word() {
    let stage = Stage::new().await;
    let (mut profile, _) = stage.applied(json!({})).await;
    assert!(stage.emulator.remove_profile(profile.text("id")));
    profile.destroy().await.nothing();
    assert!(profile.state().is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_deleted_is_made_again() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    assert!(stage.emulator.remove_profile(profile.text("id")));
    profile.refresh().await.warning(&["no longer exists", "Lab"]);
    assert!(profile.state().is_null());
    assert_eq!(profile.plan(&config).await.unwrap().action(), Action::Create);
    profile.upsert(&config).await.nothing();
    profile.converged(&config).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({ "support_department": "IT" })).await;
    let drifted = json!({ "supportDepartment": "Elsewhere", "siriDisabled": true });
    assert!(stage.emulator.edit_profile(profile.text("id"), drifted));
    profile.refresh().await.nothing();
    assert_eq!(profile.text("support_department"), "Elsewhere");
    let plan = profile.plan(&config).await.unwrap();
    assert_eq!(plan.action(), Action::Update);
    profile.apply(&plan, &config).await.nothing();
    profile.converged(&config).await.nothing();
    assert_eq!(stage.stored()[0]["supportDepartment"], "IT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_becomes_the_default_and_cannot_be_told_to_stop() {
    let stage = Stage::with(Options { default_is_deletable: true, ..Options::default() }).await;
    let (mut profile, config) = stage.applied(json!({ "is_default": true })).await;
    assert_eq!(stage.stored()[0]["isDefault"], true);
    profile.converged(&config).await.nothing();

    let off = with(&config, "is_default", Value::Bool(false));
    let told = profile.plan(&off).await.unwrap_err();
    let error = told.error(&["`is_default` cannot be turned off"]);
    assert_eq!(error.path.as_ref().unwrap().to_string(), "is_default");

    // Without the line it stays what it is.
    let unsaid = with(&config, "is_default", Value::Null);
    profile.converged(&unsaid).await.nothing();
    profile.destroy().await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_another_one_followed_as_the_default_is_changed_back() {
    let stage = Stage::new().await;
    let (mut first, config) = stage.applied(json!({ "is_default": true })).await;
    let (_, _) = stage.applied(json!({ "is_default": true, "display_name": "Other" })).await;
    first.refresh().await.nothing();
    assert_eq!(first.state().field("is_default"), &Value::Bool(false));
    assert_eq!(first.plan(&config).await.unwrap().action(), Action::Update);
    first.upsert(&config).await.nothing();
    first.converged(&config).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_time_limits_are_recorded_without_a_request() {
    let stage = Stage::new().await;
    let (mut profile, _) = stage.applied(json!({})).await;
    let limited = stage.config(json!({ "timeouts": { "create": "1h30m", "read": "90s" } }));
    let plan = profile.plan(&limited).await.unwrap();
    assert_eq!(plan.action(), Action::Update);
    profile.apply(&plan, &limited).await.nothing();
    assert_eq!(stage.emulator.requests().len(), 0);
    assert_eq!(profile.state().field("timeouts"), limited.field("timeouts"));
    profile.converged(&limited).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_an_import_id_finds_the_same_profile() {
    let stage = Stage::new().await;
    let (applied, config) =
        stage.applied(json!({ "description": "here", "siri_disabled": true })).await;
    let id = applied.text("id");
    let guid = id.split_once('_').unwrap().1;
    let token = &stage.token;
    for form in [
        id.to_owned(),
        format!("{token}/{id}"),
        format!("{token}/{guid}"),
        format!("{token}/Lab"),
        "Contoso ABM/Lab".to_owned(),
    ] {
        let mut imported = stage.profile();
        imported.import(&form).await.nothing();
        assert_eq!(imported.state(), applied.state(), "{form}");
        imported.converged(&config).await.nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_id_that_means_nothing_or_too_much_is_an_error() {
    let stage = Stage::new().await;
    let token = stage.token.clone();
    for _ in 0..2 {
        let _ = stage.applied(json!({ "display_name": "Twice" })).await;
    }
    let stranger = "00000000-0000-4000-8000-000000000000";
    for (form, text) in [
        (String::new(), "none of the known forms"),
        ("Lab".to_owned(), "none of the known forms"),
        (format!("{token}/"), "none of the known forms"),
        (format!("{token}_{stranger}"), "Microsoft Graph has no enrollment profile"),
        (format!("{stranger}_{stranger}"), "Microsoft Graph has no enrollment profile"),
        (format!("{token}/Nobody"), "There is no enrollment profile named \"Nobody\""),
        (format!("{token}/Twice"), "more than one"),
        ("Contoso ABM/Twice".to_owned(), "more than one"),
        ("Fabrikam/Twice".to_owned(), "There is no enrollment program token"),
        ("a/b/c".to_owned(), "There is no enrollment program token"),
    ] {
        let mut nothing = stage.profile();
        let told = nothing.import(&form).await;
        told.error(&["Enrollment profile not imported", text, "The import id was"]);
        assert!(nothing.state().is_null(), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_another_type_is_not_imported() {
    let stage = Stage::new().await;
    let made = json!({
        "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile", "displayName": "Mac"
    });
    let id = stage.emulator.put_profile(&stage.token, made);
    let told = stage.profile().import(&id).await;
    told.error(&["depMacOSEnrollmentProfile", PROFILE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tainted_profile_is_replaced() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let id = profile.text("id").to_owned();
    profile.taint();
    assert_eq!(profile.plan(&config).await.unwrap().action(), Action::Replace);
    profile.upsert(&config).await.nothing();
    assert_ne!(profile.text("id"), id);
    assert!(!profile.is_tainted());
    profile.converged(&config).await.nothing();
    assert_eq!(stage.stored().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_profiles_at_once_are_fifty_profiles() {
    let stage = Stage::new().await;
    let lives = (0..50).map(|number| {
        let config = stage.config(json!({ "display_name": format!("Profile {number}") }));
        let mut profile: Instance = stage.profile();
        async move {
            profile.upsert(&config).await.nothing();
            profile.converged(&config).await.nothing();
            profile
        }
    });
    let profiles = futures_util::future::join_all(lives).await;
    assert_eq!(stage.stored().len(), 50);
    for mut profile in profiles {
        profile.destroy().await.nothing();
    }
    assert_eq!(stage.stored().len(), 0);
}

fn two_tokens() -> Options {
    let tokens = ["Contoso ABM", "Contoso School"].map(str::to_owned);
    Options { tokens: tokens.into(), ..Options::default() }
}
