//! What Terraform records: states that are wholly known, private data that lasts, and diagnostics that
//! point at their attribute.

use serde_json::json;
use terraform_provider_intune::value::{Path, Value};

use super::{CERTIFICATES, Stage, merged, status, with};
use crate::ACCOUNT;
use crate::emulator::{Credential, Effect, Fault, Options, Platform};

/// Intune keeps its own value of this one, which the private data remember.
const SUGGESTED: &str = "https://mdm.example.com/enroll";

#[tokio::test(flavor = "multi_thread")]
async fn private_data_survive_a_read_and_an_update() {
    let stage = Stage::new().await;
    let (mut profile, config) = {
        let config = stage.config(json!({ "configuration_endpoint_url": SUGGESTED }));
        let mut profile = stage.profile();
        profile.upsert(&config).await.warning(&["The service keeps its own value"]);
        (profile, config)
    };
    let private = profile.private().to_vec();
    assert!(!private.is_empty());
    profile.converged(&config).await.nothing();
    assert_eq!(profile.private(), private);

    let changed = with(&config, "siri_disabled", Value::Bool(true));
    profile.upsert(&changed).await.success();
    profile.converged(&changed).await.nothing();
    assert_eq!(profile.private(), private);
    profile.destroy().await.nothing();
    assert!(profile.private().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn private_data_survive_a_read_and_an_update_that_fail() {
    let stage = Stage::new().await;
    let config = stage.config(json!({ "configuration_endpoint_url": SUGGESTED }));
    let mut profile = stage.profile();
    profile.upsert(&config).await.success();
    let private = profile.private().to_vec();
    for method in ["GET", "PATCH", "DELETE"] {
        let refused = Effect::Status { code: 400, headers: Vec::new(), body: json!(null) };
        stage.emulator.fault(Fault::new(method, "enrollmentProfiles/", refused));
    }
    profile.refresh().await.error(&["Enrollment profile not read"]);
    let changed = with(&config, "siri_disabled", Value::Bool(true));
    profile.upsert(&changed).await.error(&["Enrollment profile not updated"]);
    profile.destroy().await.error(&["Enrollment profile not deleted"]);
    assert_eq!(profile.private(), private);
    profile.converged(&config).await.nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn private_data_that_nobody_wrote_are_taken_for_none() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let state = profile.state().clone();
    for private in
        [b"\xff\xfe\x00".as_slice(), b"{\"suggestions\":7}", b"[", b"null", &[b'['; 100_000]]
    {
        profile.edit(state.clone(), private);
        profile.converged(&config).await.nothing();
        let changed = with(&config, "zoom_disabled", Value::Bool(true));
        profile.upsert(&changed).await.nothing();
        profile.upsert(&config).await.nothing();
    }
    profile.destroy().await.nothing();
}

/// In another tenant everything looks deleted, and a plan would make it all anew.
#[tokio::test(flavor = "multi_thread")]
async fn a10_a_state_of_another_tenant_is_neither_removed_nor_changed() {
    let home = Credential::default();
    let tenants = ["22222222-2222-4333-8444-555555555555", "contoso.example"];
    let other = tenants.map(|tenant| Credential { tenant_id: tenant.to_owned(), ..home.clone() });
    let clients = [home].into_iter().chain(other).collect();
    let stage = Stage::with(Options { clients, ..Options::default() }).await;
    let (mut profile, config) = stage.applied(json!({})).await;
    let state = profile.state().clone();

    stage.configure(json!({ "tenant_id": tenants[0] })).await;
    stage.emulator.clear_requests();
    let changed = with(&config, "siri_disabled", Value::Bool(true));
    for told in [profile.refresh().await, profile.upsert(&changed).await, profile.destroy().await] {
        told.error(&["State of another tenant", tenants[0], "`tenant_id`"]);
    }
    assert_eq!(profile.state(), &state);
    assert!(stage.emulator.requests().is_empty());

    // By its domain name it may be the same tenant.
    stage.configure(json!({ "tenant_id": tenants[1] })).await;
    profile.refresh().await.nothing();
    stage.configure(json!({})).await;
    profile.converged(&config).await.nothing();
    profile.destroy().await.nothing();
}

/// Profiles are below Apple Configurator's token even where Graph shows nobody the token itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_below_a_token_that_is_never_shown_is_forgotten() {
    let stage = Stage::new().await;
    let type_name = "intune_apple_configurator_enrollment_profile";
    let line = json!({ "dep_onboarding_setting_id": ACCOUNT, "display_name": "By hand" });
    let config = stage.core.described(type_name).value(&line);
    let made = async || {
        let mut profile = stage.core.instance(type_name);
        profile.upsert(&config).await.success();
        stage.emulator.remove_profile(profile.text("id"));
        profile
    };
    let (mut one, mut other) = (made().await, made().await);
    stage.emulator.fault(Fault::new("GET", ACCOUNT, status(404)).times(usize::MAX));
    one.refresh().await.warning(&["no longer exists"]);
    assert!(one.state().is_null());
    other.destroy().await.nothing();
}

/// Whoever gives no tenant is signed in to one all the same, and the token names it.
#[tokio::test(flavor = "multi_thread")]
async fn a10_a_tenant_that_only_the_token_names_is_told_apart_too() {
    let home = Credential::default();
    let abroad = "22222222-2222-4333-8444-555555555555";
    let there = Credential { tenant_id: abroad.to_owned(), ..home.clone() };
    let platform = Platform { machine: Some(home.client_id.clone()), ..Platform::default() };
    let clients = vec![home, there];
    let stage = Stage::with(Options { clients, platform, ..Options::default() }).await;
    let endpoint = format!("{}/metadata/identity/oauth2/token", stage.emulator.url());
    let by_machine = json!({
        "tenant_id": null,
        "client_id": null,
        "client_secret": null,
        "use_msi": true,
        "msi_endpoint": endpoint,
    });
    stage.configure(by_machine.clone()).await;
    let (mut profile, config) = stage.applied(json!({})).await;
    stage.configure(json!({ "tenant_id": abroad })).await;
    profile.refresh().await.error(&["State of another tenant", abroad]);

    let mut other = stage.profile();
    other.upsert(&with(&config, "display_name", Value::text("Other"))).await.nothing();
    let state = other.state().clone();
    stage.emulator.remove_profile(state.field("id").as_text().unwrap());
    // A tenant that such a sign-in does not heed is none.
    let with_another = merged(by_machine, json!({ "tenant_id": abroad }));
    for look_first in [true, false] {
        stage.configure(with_another.clone()).await;
        let told = if look_first { other.refresh().await } else { other.destroy().await };
        told.error(&["State of another tenant", abroad]);
        assert_eq!(other.state(), &state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_holds_no_unknown_even_if_the_service_leaves_everything_out() {
    let stage = Stage::new().await;
    let names = ["configurationEndpointUrl", "isDefault", "displayName", "managementCertificates"];
    for name in names {
        let omitted = Effect::OmitProperty { name: name.to_owned() };
        stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", omitted));
        let config = stage.config(json!({
            "management_certificates": [{ "certificate": CERTIFICATES[0] }],
        }));
        let config = with(&config, "display_name", Value::text(name));
        let mut profile = stage.profile();
        profile.upsert(&config).await.success();
        assert!(profile.state().is_wholly_known(), "{name}: {:?}", profile.state());
        assert!(profile.state().field("id").as_text().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_answers_without_an_id_is_looked_for_and_recorded() {
    let stage = Stage::new().await;
    let omitted = Effect::OmitProperty { name: "id".to_owned() };
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", omitted));
    let mut profile = stage.profile();
    let told = profile.upsert(&stage.config(json!({}))).await;
    told.success();
    told.warning(&["its answer could not be read", "named the place"]);
    assert_eq!((stage.sent("POST").len(), stage.stored().len()), (1, 1));
    assert_eq!(stage.stored()[0]["id"], profile.text("id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_point_at_their_attribute() {
    let stage = Stage::new().await;
    let mut profile = stage.profile();
    let within = Path::attribute("management_certificates").then_index(1);
    for (attributes, path) in [
        (json!({ "display_name": "" }), Path::attribute("display_name")),
        (
            json!({ "shared_ipad_maximum_user_count": -1 }),
            Path::attribute("shared_ipad_maximum_user_count"),
        ),
        (
            json!({ "management_certificates": [
                { "certificate": CERTIFICATES[0] }, { "certificate": "no" }
            ]}),
            within.then_attribute("certificate"),
        ),
        (
            json!({ "timeouts": { "read": "soon" } }),
            Path::attribute("timeouts").then_attribute("read"),
        ),
    ] {
        let config = stage.config(attributes);
        let told = profile.plan(&config).await.unwrap_err();
        let error = told.error(&[&path.to_string()]);
        assert_eq!(error.path.as_ref(), Some(&path));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_this_version_is_read_leniently_and_any_other_is_refused() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({ "siri_disabled": true })).await;
    let id = profile.text("id").to_owned();

    // Attributes that are missing are null, and those that nobody knows any more are left out.
    let stored = json!({ "id": id, "dep_onboarding_setting_id": stage.token, "gone_attribute": 1 });
    let state = profile.upgrade(0, stored.to_string().as_bytes()).await.unwrap();
    profile.edit(state, b"");
    profile.refresh().await.nothing();
    profile.converged(&config).await.nothing();

    for (version, stored, text) in [
        (1, "{}", "schema version 1"),
        (i64::MAX, "{}", "schema version"),
        (-1, "{}", "schema version -1"),
        (i64::MIN, "{}", "schema version"),
        (0, "null", "it is null"),
        (0, "", "not sound JSON"),
        (0, "{", "not sound JSON"),
        (0, "[]", "object"),
        (0, "\"x\"", "object"),
        (0, r#"{"siri_disabled":"maybe"}"#, "siri_disabled"),
        (0, r#"{"management_certificates":{"a":1}}"#, "management_certificates"),
        (0, r#"{"management_certificates":[7]}"#, "management_certificates[0]"),
        (0, r#"{"shared_ipad_maximum_user_count":[]}"#, "shared_ipad_maximum_user_count"),
    ] {
        let told = profile.upgrade(version, stored.as_bytes()).await.unwrap_err();
        told.error(&["Stored state cannot be read", text, "Nothing was changed"]);
    }
}

/// Terraform 1.16 gives back what a plan kept when it plans the same change again. A plan follows from the
/// rest of the request alone, so that it is the same on the Terraforms that do not.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_plan_kept_changes_no_plan() {
    let stage = Stage::new().await;
    let (mut profile, config) =
        stage.applied(json!({ "configuration_endpoint_url": SUGGESTED })).await;
    let changed = with(&config, "siri_disabled", Value::Bool(true));
    for config in [&config, &changed] {
        let first = profile.plan(config).await.unwrap();
        assert_eq!(first.private, profile.private());
        for planned in
            [first.private.clone(), b"{}".to_vec(), b"\xff".to_vec(), vec![b'['; 100_000]]
        {
            let again = profile.plan_knowing(config, planned).await.unwrap();
            assert_eq!(again.private, first.private);
            assert_eq!(format!("{:?}", again.change), format!("{:?}", first.change));
        }
    }
}
