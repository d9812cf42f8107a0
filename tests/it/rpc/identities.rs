//! What tells a profile from all others: there whatever wrote the state, the same for life, and enough to
//! import by. That every answer holds it is what the played core checks in every other test.

use serde_json::{Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::{PROFILE, Stage, with};
use crate::core::known;
use crate::oracle::Action;

impl Stage {
    /// An identity as somebody wrote it; what is left out is null.
    pub(super) fn identity(&self, written: &Json) -> Value {
        let text = |name: &str| written[name].as_str().map_or(Value::Null, Value::text);
        let names = ["dep_onboarding_setting_id", "profile_id"];
        Value::Object(names.map(|name| (name.to_owned(), text(name))).into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_known_once_the_object_is_and_changes_with_a_replacement_only() {
    let stage = Stage::new().await;
    let mut profile = stage.profile();
    let config = stage.config(json!({}));
    let plan = profile.plan(&config).await.unwrap();
    assert!(plan.identity.is_null(), "a plan cannot be written as JSON with an unknown in it");
    profile.apply(&plan, &config).await.nothing();
    let first = profile.identity().clone();
    assert_eq!(first.field("profile_id").as_text(), Some(profile.text("id")));
    let changed = stage.config(json!({ "siri_disabled": true }));
    profile.upsert(&changed).await.nothing();
    profile.converged(&changed).await.nothing();
    assert_eq!(profile.identity(), &first);
    let other = stage.emulator.add_token("Other");
    let moved = with(&changed, "dep_onboarding_setting_id", Value::text(&other));
    let plan = profile.plan(&moved).await.unwrap();
    assert_eq!(plan.action(), Action::Replace);
    profile.apply(&plan, &moved).await.nothing();
    assert_eq!(profile.identity().field("dep_onboarding_setting_id"), &Value::text(&other));
    assert_ne!(profile.identity(), &first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_an_older_terraform_gets_its_identity_with_whatever_comes_next() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let identity = profile.identity().clone();
    profile.forget_identity();
    profile.refresh().await.nothing();
    assert_eq!(profile.identity(), &identity);
    profile.forget_identity();
    profile.upsert(&with(&config, "zoom_disabled", Value::Bool(true))).await.nothing();
    assert_eq!(profile.identity(), &identity);
    profile.forget_identity();
    profile.destroy().await.nothing();
    assert_eq!(profile.identity(), &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_write_an_identity_imports_the_same() {
    let stage = Stage::new().await;
    let (profile, _) = stage.applied(json!({})).await;
    let id = profile.text("id");
    let guid = id.split_once('_').unwrap().1;
    for written in [
        json!({ "dep_onboarding_setting_id": stage.token, "profile_id": id }),
        json!({ "dep_onboarding_setting_id": stage.token, "profile_id": guid }),
        json!({ "profile_id": id }),
    ] {
        let mut imported = stage.profile();
        imported.import_identity(&stage.identity(&written)).await.nothing();
        assert_eq!(imported.state(), profile.state(), "{written}");
        assert_eq!(imported.identity(), profile.identity(), "{written}");
    }
    let mut imported = stage.profile();
    imported.import(id).await.nothing();
    assert_eq!(imported.identity(), profile.identity());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_identity_is_read_by_its_version() {
    let stage = Stage::new().await;
    let type_ = stage.core.described(PROFILE).identity.clone().unwrap();
    let mut calls = stage.core.provider();
    let mut upgraded = async |version: i64, stored: &str| {
        let request = wire::upgrade_resource_identity::Request {
            type_name: PROFILE.to_owned(),
            version,
            raw_identity: Some(wire::RawState { json: stored.into(), ..Default::default() }),
        };
        let answer = calls.upgrade_resource_identity(request).await.unwrap().into_inner();
        let data = answer.upgraded_identity.and_then(|identity| identity.identity_data);
        match answer.diagnostics.as_slice() {
            [] => Ok(known(data.as_ref(), &type_).unwrap()),
            [only] => Err(only.detail.clone()),
            more => panic!("{more:?}"),
        }
    };
    let stored = json!({ "dep_onboarding_setting_id": "t", "profile_id": "t_1" });
    assert_eq!(upgraded(0, &stored.to_string()).await, Ok(stage.identity(&stored)));
    let refused = upgraded(1, &stored.to_string()).await.unwrap_err();
    assert!(refused.contains("schema version 1"), "{refused}");
    let refused = upgraded(0, "[]").await.unwrap_err();
    assert!(refused.contains("an object is required"), "{refused}");
}
