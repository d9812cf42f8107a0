//! What is said of configurations of the types that have more to say than the first one.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::resources;

use super::super::{IOS, MACOS, Stage, merged};
use super::Texts;
use crate::core::{dynamic, said};
use crate::emulator::Options;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_profiles_for_one_platform() {
    let stage = Stage::unconfigured(Options::default()).await;
    let mut texts = Texts::new(&stage);
    let (locked, accounts) = (
        json!({ "is_mandatory": true, "requires_user_authentication": true }),
        json!({ "is_mandatory": true, "admin_account_user_name": "admin" }),
    );
    let mandatory = |changed: Json| merged(locked.clone(), changed);
    for (case, type_name, attributes) in [
        ("a key of no pane", IOS, json!({ "enabled_skip_keys": ["Tomorrow"] })),
        ("a key in another case", IOS, json!({ "enabled_skip_keys": ["siri"] })),
        ("an empty key", IOS, json!({ "enabled_skip_keys": [""] })),
        (
            "a pane that is shown and skipped",
            IOS,
            json!({ "enabled_skip_keys": ["Siri"], "siri_disabled": false }),
        ),
        ("a doubtful key", MACOS, mandatory(json!({ "enabled_skip_keys": ["Registration"] }))),
        ("a group by its name", IOS, json!({ "enrollment_time_azure_ad_group_ids": ["Kiosks"] })),
        (
            "a number that is not documented",
            IOS,
            json!({ "passcode_lock_grace_period_in_seconds": 61 }),
        ),
        (
            "two ways to the Company Portal",
            IOS,
            json!({
                "enable_authentication_via_company_portal": true,
                "require_company_portal_on_setup_assistant_enrolled_devices": true,
            }),
        ),
        ("a token for the Company Portal", IOS, json!({ "company_portal_vpp_token_id": "x" })),
        ("one app without the app", IOS, json!({ "enable_single_app_enrollment_mode": true })),
        (
            "a shared iPad that waits",
            IOS,
            json!({
                "enable_shared_ipad": true, "supervised_mode_enabled": true,
                "await_device_configured_confirmation": true,
            }),
        ),
        (
            "limits of sessions that are not kept",
            IOS,
            json!({ "force_temporary_session": true, "shared_ipad_maximum_user_count": 5 }),
        ),
        (
            "a limit of sessions that there are not",
            IOS,
            json!({ "temporary_session_timeout_in_seconds": 60 }),
        ),
        (
            "limits that are too short",
            IOS,
            json!({
                "force_temporary_session": true, "temporary_session_timeout_in_seconds": 29,
                "user_session_timeout_in_seconds": 1,
            }),
        ),
        (
            "Platform SSO beside the web page",
            MACOS,
            mandatory(json!({
                "use_platform_sso_during_setup_assistant": true, "configuration_web_url": true,
            })),
        ),
        ("a Mac that need not enroll", MACOS, json!({})),
        ("accounts on a Mac that does not wait", MACOS, accounts),
        ("a password of nobody", MACOS, mandatory(json!({ "admin_account_password": "secret" }))),
        (
            "a version of no password",
            MACOS,
            mandatory(json!({ "admin_account_password_wo_version": 1 })),
        ),
        (
            "half a rotation",
            MACOS,
            mandatory(json!({
                "dep_profile_admin_account_password_rotation_setting": {
                    "auto_rotation_period_in_days": null
                }
            })),
        ),
    ] {
        let least = json!({ "dep_onboarding_setting_id": stage.token, "display_name": "Lab" });
        let config = stage.core.described(type_name).value(&merged(least, attributes));
        let told = stage.core.instance(type_name).validate(&config).await;
        texts.add(case, &told);
    }
    insta::assert_snapshot!(texts.whole());
}

/// A Terraform that would keep a password in its state, and one that is not known to work at all.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_an_old_terraform() {
    let stage = Stage::unconfigured(Options::default()).await;
    let mut texts = Texts::new(&stage);
    let secret = json!({
        "dep_onboarding_setting_id": stage.token, "display_name": "Lab", "is_mandatory": true,
        "requires_user_authentication": true, "wait_for_device_configured_confirmation": true,
        "admin_account_user_name": "admin", "admin_account_password": "secret",
    });
    let described = stage.core.described(MACOS);
    let request = wire::validate_resource_config::Request {
        type_name: MACOS.to_owned(),
        config: Some(dynamic(&described.value(&secret), &described.type_)),
        client_capabilities: None,
    };
    let answer = stage.core.provider().validate_resource_config(request).await.unwrap();
    texts.add("of a password", &said(&answer.into_inner().diagnostics));
    let config = stage.provider_config(json!({}));
    let request = wire::configure_provider::Request {
        terraform_version: "1.4.7".to_owned(),
        config: Some(dynamic(&config, stage.core.provider_type())),
        client_capabilities: None,
    };
    let answer = stage.core.provider().configure_provider(request).await.unwrap();
    texts.add("of anything", &said(&answer.into_inner().diagnostics));
    insta::assert_snapshot!(texts.whole());
}

#[test]
fn every_rule_is_in_a_text_that_somebody_has_read() {
    let read = super::snapshots();
    let rules = resources::ALL.iter().flat_map(|entity| entity.rules);
    let unread: BTreeSet<_> =
        rules.map(|rule| rule.detail).filter(|detail| !read.contains(detail)).collect();
    assert!(unread.is_empty(), "{unread:#?}");
}
