//! A service that fails, lags or lies: nothing is lost, nothing is doubled.

use serde_json::json;

use super::Stage;
use super::stage::{ADDRESS, unframed};
use crate::emulator::{Effect, Fault};

fn status(code: u16, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Effect::Status { code, headers: headers.collect(), body: serde_json::Value::Null }
}

async fn applied(lines: &str) -> Stage {
    let stage = Stage::new().await;
    stage.profile(lines);
    stage.init().await;
    stage.apply().await;
    stage.emulator.clear_requests();
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_create_is_sent_again_and_made_once() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    let throttled = status(429, &[("Retry-After", "0.2")]);
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", throttled).times(2));
    stage.apply().await;
    assert_eq!(stage.sent("POST").len(), 3);
    assert_eq!(stage.state().await["id"], stage.only_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_longer_than_the_time_limit_fails_at_once_and_says_the_number() {
    let stage = Stage::new().await;
    stage.profile("timeouts = { create = \"5m\" }");
    stage.init().await;
    let throttled = status(429, &[("Retry-After", "3600")]);
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", throttled));
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("3600 s") && told.contains("`timeouts.create`"), "{told}");
    assert_eq!(stage.sent("POST").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_was_lost_is_found_again_and_never_sent_twice() {
    let stage = Stage::new().await;
    stage.profile("siri_disabled = true");
    stage.init().await;
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", Effect::CommitThenDrop));
    let told = unframed(&stage.apply().await.output);
    assert!(told.contains("created, but its answer was lost"), "{told}");
    assert_eq!(stage.sent("POST").len(), 1);
    assert_eq!(stage.state().await["id"], stage.only_id());
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_behind_is_imported_and_not_made_again() {
    let stage = applied("siri_disabled = true").await;
    let id = stage.only_id();
    stage.ends(0, &["state", "rm", ADDRESS]).await;
    let output = stage.ends(1, &["apply", "-auto-approve"]).await.output;
    let told = unframed(&output);
    assert!(told.contains("Identical enrollment profile exists already"), "{told}");
    assert!(stage.sent("POST").is_empty());

    stage.paste_import(&output);
    stage.apply().await;
    assert_eq!(
        (stage.state().await["id"].as_str(), stage.only_id()),
        (Some(id.as_str()), id.clone())
    );
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_not_found_yet_still_becomes_the_default() {
    let stage = Stage::new().await;
    stage.profile("is_default = true");
    stage.init().await;
    let lag = status(404, &[]);
    stage.emulator.fault(Fault::new("POST", "setDefaultProfile", lag).times(1));
    stage.apply().await;
    assert_eq!(stage.emulator.profiles(&stage.token)[0]["isDefault"], true);
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_could_not_become_the_default_is_recorded_and_not_tainted() {
    let stage = Stage::new().await;
    stage.profile("is_default = true");
    stage.init().await;
    let refused = status(400, &[]);
    stage.emulator.fault(Fault::new("POST", "setDefaultProfile", refused));
    let told = unframed(&stage.apply().await.output);
    assert!(told.contains("created, but `is_default` not reached"), "{told}");
    let id = stage.only_id();
    assert_eq!(stage.state().await["id"], id);
    let plan = stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    assert!(plan.output.contains("0 to add, 1 to change, 0 to destroy"), "{}", plan.output);
    stage.apply().await;
    assert_eq!(stage.only_id(), id);
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_shows_late_is_waited_for() {
    let stage = applied("").await;
    stage.profile("siri_disabled = true");
    let stale = Effect::StaleReads { reads: 1 };
    stage.emulator.fault(Fault::new("PATCH", "enrollmentProfiles", stale));
    let told = unframed(&stage.apply().await.output);
    assert!(!told.contains("Warning"), "{told}");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_update_keeps_what_was_there() {
    let stage = applied("").await;
    stage.profile("siri_disabled = true");
    stage.emulator.fault(Fault::new("PATCH", "enrollmentProfiles", status(400, &[])));
    let told = stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("Enrollment profile not updated"), "{told}");
    let state = stage.state().await;
    assert_eq!((&state["siri_disabled"], &state["id"]), (&json!(false), &json!(stage.only_id())));
    stage.apply().await;
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_confirmed_absence_removes_a_profile_from_state() {
    let stage = applied("").await;
    let id = stage.only_id();
    let page = Effect::ReplaceBody {
        bytes: b"<html>not here</html>".to_vec(),
        content_type: "text/html".to_owned(),
    };
    for (effect, times) in
        [(status(400, &[]), 1), (status(403, &[]), 1), (status(501, &[]), 1), (page, usize::MAX)]
    {
        stage.emulator.clear_faults();
        let fault = Fault::new("GET", "enrollmentProfiles/", effect.clone()).times(times);
        stage.emulator.fault(fault);
        if matches!(effect, Effect::ReplaceBody { .. }) {
            continue;
        }
        let told = stage.fails(&["plan"]).await;
        assert!(told.contains("Enrollment profile not read"), "{effect:?}: {told}");
        assert_eq!(stage.state().await["id"], id.as_str(), "{effect:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lagging_404_removes_nothing() {
    let stage = applied("").await;
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", status(404, &[])));
    stage.ends(0, &["plan", "-detailed-exitcode"]).await;
    // The profile, its token, and the profile once more.
    assert_eq!(stage.sent("GET").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cannot_be_seen_removes_nothing() {
    let stage = applied("").await;
    let id = stage.only_id();
    stage.emulator.fault(Fault::new("GET", "depOnboardingSettings", status(404, &[])).times(2));
    let told = stage.fails(&["plan"]).await;
    assert!(told.contains("Enrollment program token not found"), "{told}");
    assert!(told.contains(&id), "{told}");
    assert_eq!(stage.state().await["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_wrong_type_keeps_the_state() {
    let stage = applied("").await;
    let wrong = Effect::SetProperty { name: "siriDisabled".to_owned(), value: json!("yes") };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", wrong));
    let told = stage.fails(&["plan"]).await;
    assert!(told.contains("Unexpected answer") && told.contains("siriDisabled"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_the_service_leaves_out_is_no_drift() {
    let stage = applied("siri_disabled = true\ndescription = \"here\"").await;
    for name in
        ["siriDisabled", "description", "managementCertificates", "configurationEndpointUrl"]
    {
        let omitted = Effect::OmitProperty { name: name.to_owned() };
        stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", omitted));
        stage.ends(0, &["plan", "-detailed-exitcode"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_profile_is_not_deleted_and_graphs_reason_is_told() {
    let stage = applied("is_default = true").await;
    let told = stage.fails(&["destroy", "-auto-approve"]).await;
    assert!(told.contains("Enrollment profile not deleted"), "{told}");
    assert!(told.contains("Microsoft Graph said:"), "{told}");
    assert_eq!(stage.state().await["id"], stage.only_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_renewed_in_passing() {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    let unauthorized = status(401, &[("WWW-Authenticate", "Bearer")]);
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", unauthorized));
    stage.apply().await;
    assert_eq!(stage.state().await["id"], stage.only_id());
    assert_eq!(stage.sent("POST").len(), 2);
}
