//! What is said of queries, of another tenant, and of what was moved; and that nothing is said which no
//! snapshot holds.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;

use super::super::{ASSIGNMENT, GUID, IOS, PROFILE, Stage, merged};
use super::{Texts, status};
use crate::core::{known, said};
use crate::emulator::{Credential, Fault, Options};
use crate::host::Host;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_query() {
    let stage = Stage::new().await;
    let mut texts = Texts::new(&stage);
    let query = async |config: Json| {
        let config = stage.core.query_config(PROFILE, &config);
        stage.core.query(PROFILE, &config, false, 100).await.1
    };
    let empty = stage.core.query_config(PROFILE, &json!({ "display_name": "" }));
    texts.add("for an empty name", &stage.core.validate_query(PROFILE, &empty).await);
    let nowhere = json!({ "dep_onboarding_setting_id": GUID });
    texts.add("under a token that is not there", &query(nowhere).await);
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", status(404)));
    texts.add("under a token that has gone since", &query(json!({})).await);
    stage.emulator.clear_faults();
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", status(403)));
    texts.add("of profiles that is forbidden", &query(json!({})).await);
    stage.emulator.fault(Fault::new("GET", "depOnboardingSettings", status(403)).times(9));
    texts.add("of tokens that is forbidden", &query(json!({})).await);
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_state_that_belongs_elsewhere() {
    let home = Credential::default();
    let tenant_id = "22222222-2222-4333-8444-555555555555";
    let other = Credential { tenant_id: tenant_id.to_owned(), ..home.clone() };
    let stage = Stage::with(Options { clients: vec![home, other], ..Options::default() }).await;
    let (mut profile, _) = stage.applied(json!({})).await;
    let mut texts = Texts::new(&stage);
    stage.configure(json!({ "tenant_id": tenant_id })).await;
    texts.add("to another tenant", &profile.refresh().await);
    stage.configure(json!({})).await;
    let state = json!({ "id": profile.text("id"), "dep_onboarding_setting_id": stage.token });
    let request = wire::move_resource_state::Request {
        source_provider_address: "registry.terraform.io/intune-rs/intune".to_owned(),
        source_type_name: PROFILE.to_owned(),
        target_type_name: IOS.to_owned(),
        source_state: Some(wire::RawState {
            json: state.to_string().into_bytes(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = stage.core.provider().move_resource_state(request).await.unwrap().into_inner();
    let mut moved = stage.core.instance(IOS);
    let described = stage.core.described(IOS);
    let state = known(answer.target_state.as_ref(), &described.type_).unwrap();
    moved.edit(state, &answer.target_private);
    let wanted = json!({ "dep_onboarding_setting_id": stage.token, "display_name": "Lab" });
    texts.add("to nobody knows what", &moved.upsert(&described.value(&wanted)).await);
    texts.add("to another type", &moved.refresh().await);
    let request = wire::upgrade_resource_identity::Request {
        type_name: PROFILE.to_owned(),
        version: 7,
        raw_identity: Some(wire::RawState { json: b"{}".to_vec(), ..Default::default() }),
    };
    let answer = stage.core.provider().upgrade_resource_identity(request).await.unwrap();
    texts.add("to another version", &said(&answer.into_inner().diagnostics));
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_devices_that_are_listed_no_more() {
    let stage = Stage::new().await;
    let put = |name: &str| stage.emulator.put_profile(&stage.token, json!({ "displayName": name }));
    let (kiosk, standard) = (put("Kiosk"), put("Standard"));
    for serial_number in ["A1", "A2", "A3"] {
        assert!(stage.emulator.add_device(&stage.token, serial_number));
    }
    let described = stage.core.described(ASSIGNMENT);
    let config = |changed: Json| {
        let least = json!({
            "dep_onboarding_setting_id": stage.token, "enrollment_profile_id": kiosk,
            "serial_numbers": ["A1"],
        });
        described.value(&merged(least, changed))
    };
    let mut texts = Texts::new(&stage);
    let mut one = stage.core.instance(ASSIGNMENT);
    one.upsert(&config(json!({ "serial_numbers": ["A1", "A2"] }))).await.success();
    texts.add("and keep their profile", &one.upsert(&config(json!({}))).await);
    assert!(stage.emulator.edit_device(&stage.token, "A3", &kiosk));
    let all = json!({ "authoritative": true, "fallback_enrollment_profile_id": standard });
    texts.add("and get another", &one.upsert(&config(all)).await);
    let request = wire::validate_list_resource_config::Request {
        type_name: ASSIGNMENT.to_owned(),
        ..Default::default()
    };
    let answer = stage.core.provider().validate_list_resource_config(request).await.unwrap();
    texts.add("by a query", &said(&answer.into_inner().diagnostics));
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_two_defaults() {
    let stage = Stage::new().await;
    let mut texts = Texts::new(&stage);
    for type_name in [IOS, PROFILE] {
        let config = |name: &str| {
            stage.core.described(type_name).value(&json!({
                "dep_onboarding_setting_id": stage.token, "display_name": name, "is_default": true,
            }))
        };
        let _ = stage.core.instance(type_name).plan(&config("one")).await.unwrap();
        let second = stage.core.instance(type_name).plan(&config("two")).await;
        let told = second.map_or_else(|told| told, |plan| plan.told);
        texts.add(&format!("of {type_name}"), &told);
    }
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_variable() {
    let host = Host::new().env("ARM_USE_OIDC", "perhaps");
    let stage = Stage::on(&host, Options::default()).await;
    let mut texts = Texts::new(&stage);
    let told = stage.core.configure(&stage.provider_config(json!({ "client_secret": null }))).await;
    texts.add("that is neither true nor false", &told);
    insta::assert_snapshot!(texts.whole());
}

/// Those that no test can bring about: the provider's own mistakes, and Terraform's.
const UNSEEN: &[&str] = &["Internal error", "Internal error after a successful change"];

#[test]
fn every_title_is_in_a_text_that_somebody_has_read() {
    let read = super::snapshots();
    let code = crate::architecture::code_of(&["src"]);
    let mut seen = 0;
    let unread: BTreeSet<_> = ["Diagnostic::error(", "Diagnostic::warning(", ".problem("]
        .into_iter()
        .flat_map(|call| code.split(call).skip(1))
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'))
        .map(|(title, _)| title)
        .inspect(|_| seen += 1)
        .filter(|title| !UNSEEN.contains(title) && !read.contains(&format!(": {title}")))
        .collect();
    assert!(seen > 40, "only {seen} titles were found");
    assert!(unread.is_empty(), "{unread:#?}");
}
