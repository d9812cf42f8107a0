//! The life of a profile: created, read, changed, replaced, destroyed.

use serde_json::json;

use super::Stage;
use super::stage::{ADDRESS, unframed};
use crate::emulator::Options;

const CERTIFICATE: &str = include_str!("../../../src/entity/certificate.b64");
const THUMBPRINT: &str = include_str!("../../../src/entity/certificate.sha1");

/// Microsoft's example of the create, with its placeholders made real.
fn page_example() -> String {
    let flags = [
        "requires_user_authentication",
        "enable_authentication_via_company_portal",
        "require_company_portal_on_setup_assistant_enrolled_devices",
        "is_default",
        "supervised_mode_enabled",
        "pass_code_disabled",
        "is_mandatory",
        "location_disabled",
        "profile_removal_disabled",
        "restore_blocked",
        "restore_from_android_disabled",
        "apple_id_disabled",
        "terms_and_conditions_disabled",
        "touch_id_disabled",
        "apple_pay_disabled",
        "zoom_disabled",
        "siri_disabled",
        "diagnostics_disabled",
        "macos_registration_disabled",
        "macos_file_vault_disabled",
        "await_device_configured_confirmation",
        "enable_shared_ipad",
    ];
    let flags: String = flags.iter().map(|flag| format!("  {flag} = true\n")).collect();
    format!(
        "  display_name = \"Display Name value\"\n  description = \"Description value\"\n  \
         configuration_endpoint_url = \"https://example.com/configurationEndpointUrl/\"\n  \
         support_department = \"Support Department value\"\n  \
         support_phone_number = \"Support Phone Number value\"\n  \
         itunes_pairing_mode = \"requiresCertificate\"\n  \
         management_certificates = [{{ thumbprint = {:?}, certificate = {CERTIFICATE:?} }}]\n  \
         shared_ipad_maximum_user_count = 10\n{flags}",
        THUMBPRINT.trim()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_example_is_created_with_one_post_and_converges() {
    let stage = Stage::new().await;
    stage.profile(&page_example());
    stage.init().await;
    let run = stage.apply().await;
    let told = unframed(&run.output);
    assert!(told.contains("Warning: Shared iPad with user affinity"), "{told}");
    assert!(told.contains("Warning: The service keeps its own value"), "{told}");

    let posts = stage.sent("POST");
    let paths: Vec<_> = posts.iter().map(|post| post.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(paths, ["enrollmentProfiles", "setDefaultProfile"]);
    let body = posts[0].body.as_object().unwrap();
    assert_eq!(body["@odata.type"], "#microsoft.graph.depEnrollmentProfile");
    // Everything but the id, which nobody has yet, and the type beside the page's properties.
    assert_eq!(body.len(), 31);
    assert_eq!(body.values().filter(|value| **value == json!(true)).count(), 22);
    assert_eq!(body["sharedIPadMaximumUserCount"], 10);
    assert_eq!(body["iTunesPairingMode"], "requiresCertificate");
    assert_eq!(
        body["managementCertificates"],
        json!([{"thumbprint": THUMBPRINT.trim(), "certificate": CERTIFICATE}])
    );

    let state = stage.state().await;
    assert_eq!(state["id"], stage.only_id());
    assert_eq!(state["is_default"], true);
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_configuration_sends_every_flag_number_and_choice() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    let posts = stage.sent("POST");
    assert_eq!(posts.len(), 1);
    let body = posts[0].body.as_object().unwrap();
    let flags = body.values().filter(|value| **value == json!(false)).count();
    assert_eq!((body.len(), flags), (26, 22));
    assert_eq!(body["sharedIPadMaximumUserCount"], 0);
    assert_eq!(body["iTunesPairingMode"], "disallow");
    assert_eq!(stage.sent("GET").len(), 1, "a create is one listing and one request");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_sends_what_changed_and_a_removed_line_resets() {
    for patch_answers_body in [false, true] {
        let stage = Stage::with(Options { patch_answers_body, ..Options::default() }).await;
        stage.profile("description = \"first\"\nsiri_disabled = true\nis_mandatory = true");
        stage.init().await;
        stage.apply().await;
        let id = stage.only_id();
        stage.profile("description = \"second\"\nis_mandatory = true");
        stage.apply().await;
        let patches = stage.sent("PATCH");
        assert_eq!(patches.len(), 1);
        assert_eq!(
            patches[0].body,
            json!({
                "@odata.type": "#microsoft.graph.depEnrollmentProfile",
                "description": "second", "siriDisabled": false
            })
        );
        assert_eq!(stage.only_id(), id);
        stage.converged().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_limits_alone_change_nothing_in_graph() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    stage.emulator.clear_requests();
    stage.profile("timeouts = { create = \"20m\", delete = \"90s\" }");
    stage.apply().await;
    assert!(stage.sent("PATCH").is_empty());
    assert_eq!(stage.state().await["timeouts"]["create"], "20m");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired() {
    let stage = Stage::new().await;
    stage.profile("siri_disabled = true");
    stage.init().await;
    stage.apply().await;
    let id = stage.only_id();
    stage.emulator.edit_profile(&id, json!({"siriDisabled": false, "displayName": "Portal"}));
    let plan = stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    assert!(plan.output.contains("~ siri_disabled"), "{}", plan.output);
    assert!(plan.output.contains("\"Portal\" -> \"Lab\""), "{}", plan.output);
    stage.apply().await;
    assert_eq!(stage.emulator.profiles(&stage.token)[0]["displayName"], "Lab");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_replaces_the_profile() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    let other = stage.emulator.add_token("Other");
    stage.main(&stage.profile_block("").replace(&stage.token, &other));
    let run = stage.apply().await;
    assert!(run.output.contains("1 added, 0 changed, 1 destroyed"), "{}", run.output);
    assert!(stage.emulator.profiles(&stage.token).is_empty());
    assert_eq!(stage.emulator.profiles(&other).len(), 1);
    assert_eq!(stage.state().await["dep_onboarding_setting_id"], other);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_known_only_at_apply_end_in_the_same_profile() {
    let stage = Stage::new().await;
    let lines = "display_name = \"n-${terraform_data.late.output}\"\n\
                 siri_disabled = terraform_data.late.output != \"\"\n\
                 is_default = terraform_data.late.output == \"\"\n\
                 shared_ipad_maximum_user_count = length(terraform_data.late.output)\n\
                 management_certificates = [{ certificate = terraform_data.late.output == \"\" ? \"\" \
                 : \"CERT\" }]";
    let lines = lines.replace("CERT", CERTIFICATE);
    stage.main(&format!(
        "resource \"terraform_data\" \"late\" {{ input = \"four\" }}\n{}",
        stage.profile_block(&lines)
    ));
    stage.init().await;
    stage.ends(0, &["validate"]).await;
    stage.apply().await;
    let state = stage.state().await;
    assert_eq!(state["display_name"], "n-four");
    assert_eq!(state["siri_disabled"], true);
    assert_eq!(state["shared_ipad_maximum_user_count"], 4);
    assert_eq!(state["management_certificates"][0]["thumbprint"], THUMBPRINT.trim());
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_profile_is_reached_kept_and_not_given_up() {
    let stage = Stage::new().await;
    stage.profile("is_default = true");
    stage.init().await;
    stage.apply().await;
    assert_eq!(stage.emulator.profiles(&stage.token)[0]["isDefault"], true);
    stage.converged().await;

    stage.profile("is_default = false");
    let refused = stage.fails(&["plan"]).await;
    assert!(refused.contains("`is_default` cannot be turned off"), "{refused}");
    assert!(refused.contains("remove the line `is_default = false`"), "{refused}");

    stage.profile("");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_lost_the_default_takes_it_back() {
    let stage = Stage::new().await;
    stage.profile("is_default = true");
    stage.init().await;
    stage.apply().await;
    let rival = json!({"displayName": "Rival", "isDefault": true});
    let rival = stage.emulator.put_profile(&stage.token, rival);
    stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    stage.emulator.clear_requests();
    stage.apply().await;
    assert!(stage.sent("PATCH").is_empty(), "an action alone turns it on");
    stage.converged().await;
    let profiles = stage.emulator.profiles(&stage.token);
    let rival = profiles.iter().find(|profile| profile["id"] == rival.as_str()).unwrap();
    assert_eq!(rival["isDefault"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_removes_the_profile_also_when_it_is_gone_already() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    stage.ends(0, &["destroy", "-auto-approve"]).await;
    assert!(stage.emulator.profiles(&stage.token).is_empty());
    assert_eq!(stage.sent("DELETE").len(), 1);

    stage.apply().await;
    stage.emulator.remove_profile(&stage.only_id());
    stage.ends(0, &["destroy", "-auto-approve", "-refresh=false"]).await;
    assert!(stage.state().await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_deleted_in_the_portal_is_planned_anew_with_a_warning() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    stage.emulator.remove_profile(&stage.only_id());
    let plan = stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    let told = unframed(&plan.output);
    assert!(told.contains("Warning: Enrollment profile no longer exists"), "{told}");
    assert!(told.contains(&format!("{ADDRESS} will be created")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_describes_every_attribute_in_markdown() {
    let stage = Stage::new().await;
    stage.init().await;
    let shown = stage.workspace.run(["providers", "schema", "-json"]).await.unwrap().stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let provider = &shown["provider_schemas"][crate::cli::SOURCE];
    let blocks = [
        &provider["provider"]["block"],
        &provider["resource_schemas"]["intune_dep_enrollment_profile"]["block"],
    ];
    let mut described = 0;
    for block in blocks {
        let mut waiting = vec![block];
        while let Some(place) = waiting.pop() {
            for (name, attribute) in place["attributes"].as_object().unwrap() {
                assert_eq!(attribute["description_kind"], "markdown", "{name}");
                assert!(!attribute["description"].as_str().unwrap().is_empty(), "{name}");
                described += 1;
                waiting.extend(attribute.get("nested_type"));
            }
        }
    }
    assert_eq!(described, 21 + 33 + 2 + 4);
    assert_eq!(provider["provider"]["block"]["attributes"]["client_secret"]["sensitive"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_id_in_capitals_replaces_nothing() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    let id = stage.only_id();
    let in_capitals =
        |lines| stage.profile_block(lines).replace(&stage.token, &stage.token.to_uppercase());
    stage.main(&in_capitals(""));
    stage.converged().await;
    stage.main(&in_capitals("description = \"changed\""));
    let run = stage.apply().await;
    assert!(run.output.contains("0 added, 1 changed, 0 destroyed"), "{}", run.output);
    stage.converged().await;
    assert_eq!(stage.only_id(), id);
}
