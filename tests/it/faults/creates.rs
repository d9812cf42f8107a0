//! Creates whose outcome is in doubt: nothing is lost, nothing is doubled.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;

/// Whether the create ends with the one profile there is, and says that it was found again.
async fn adopts(effect: Effect) {
    let tenant = Tenant::start().await;
    let described = format!("{effect:?}");
    tenant.fault("POST", effect, 1);
    let outcome = tenant.create(&[siri()]).await;
    let told = warning(&outcome);
    assert!(told.contains("it was adopted"), "{described}: {told}");
    assert_eq!(tenant.ids(), [id(&outcome.state)], "{described}");
    assert_eq!(tenant.sent("POST"), 1, "{described}");
    assert!(outcome.state.is_wholly_known());
}

fn commit_then(code: u16) -> Effect {
    Effect::CommitThenStatus { code, headers: Vec::new(), body: Json::Null }
}

#[tokio::test(start_paused = true)]
async fn h5_h6_a_create_that_failed_and_was_done_is_adopted() {
    for code in [500, 502, 503, 504, 408] {
        adopts(commit_then(code)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn h6_a_create_that_failed_and_was_not_done_is_sent_once_more() {
    for code in [500, 502, 503] {
        let tenant = Tenant::start().await;
        tenant.fault("POST", status(code, &[]), 1);
        let state = tenant.created(&[]).await;
        assert_eq!(tenant.ids(), [id(&state)]);
        assert_eq!(tenant.sent("POST"), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn h13_an_object_that_is_not_found_yet_still_becomes_the_default_or_says_why_not() {
    let is_default = [("is_default", Value::Bool(true))];
    let tenant = Tenant::start().await;
    tenant.fault("POST", Effect::NotFoundAfterCreate { reads: 4 }, 1);
    let state = tenant.created(&is_default).await;
    assert_eq!(tenant.emulator.profiles(&tenant.token)[0]["isDefault"], true);

    let tenant = Tenant::start().await;
    tenant.fault("POST", Effect::NotFoundAfterCreate { reads: usize::MAX }, 1);
    let start = Instant::now();
    let outcome = tenant.create(&is_default).await;
    assert!(warning(&outcome).contains("`is_default` not reached"));
    assert_eq!(tenant.ids(), [id(&outcome.state)]);
    assert!((60..=90).contains(&start.elapsed().as_secs()));
    assert!(!id(&state).is_empty());
}

#[tokio::test(start_paused = true)]
async fn h17_a_conflict_names_the_twin_and_how_to_import_it() {
    let tenant = Tenant::start().await;
    tenant.fault("POST", commit_then(409), 1);
    let outcome = tenant.create(&[]).await;
    let told = error(&outcome);
    assert!(told.contains("exists already") && told.contains("import {"), "{told}");
    assert!(told.contains(&tenant.ids()[0]), "{told}");
    assert!(outcome.state.is_null());

    let tenant = Tenant::start().await;
    tenant.fault("POST", status(409, &[]), 1);
    let told = error(&tenant.create(&[]).await);
    assert!(told.contains("Enrollment profile not created"), "{told}");
    assert_eq!(tenant.sent("POST"), 1);
}

#[tokio::test(start_paused = true)]
async fn h17_a_conflict_with_another_type_names_it_and_the_resource_that_manages_it() {
    let tenant = Tenant::start().await;
    let put = |type_: &str, name: &str| {
        let type_ = format!("#microsoft.graph.{type_}");
        let profile = json!({ "@odata.type": type_, "displayName": name });
        tenant.emulator.put_profile(&tenant.token, profile)
    };
    let mac = put("depMacOSEnrollmentProfile", "Lab");
    let tv = put("depTvOSEnrollmentProfile", "Lab");
    let other = put("depMacOSEnrollmentProfile", "Another");
    tenant.fault("POST", status(409, &[]), 1);
    let outcome = tenant.create(&[]).await;
    let told = error(&outcome);
    for part in [
        format!("`{mac}` (`#microsoft.graph.depMacOSEnrollmentProfile`)"),
        format!("`{tv}` (`#microsoft.graph.depTvOSEnrollmentProfile`)"),
        format!("to = intune_dep_macos_enrollment_profile.NAME\n    id = \"{mac}\""),
        "Give this one another name".to_owned(),
    ] {
        assert!(told.contains(&part), "{part}: {told}");
    }
    assert!(!told.contains(&other) && !told.contains("Somebody else"), "{told}");
    assert!(outcome.state.is_null());
    assert_eq!(tenant.sent("POST"), 1);
}

#[tokio::test(start_paused = true)]
async fn h19_intunes_nested_refusal_is_told_in_its_innermost_words() {
    let tenant = Tenant::start().await;
    let inner = json!({"Message": "The name is taken - Operation ID (for customer support): 1"});
    let message = json!({"_version": 3, "Message": inner.to_string()}).to_string();
    let body = json!({"error": {"code": "BadRequest", "message": message}});
    tenant.fault("POST", Effect::Status { code: 400, headers: Vec::new(), body }, 1);
    let told = error(&tenant.create(&[]).await);
    assert!(told.contains("Microsoft Graph said: The name is taken."), "{told}");
    assert!(!told.contains("customer support") && !told.contains("displayName"), "{told}");
    assert_eq!(tenant.sent("POST"), 1);
}

#[tokio::test(start_paused = true)]
async fn h21_an_unreadable_201_is_followed_to_its_location() {
    for effect in [body("<html>", "text/html"), body("", "text/plain"), body("[1]", "text/json")] {
        let tenant = Tenant::start().await;
        tenant.fault("POST", effect, 1);
        let outcome = tenant.create(&[]).await;
        assert_eq!(tenant.ids(), [id(&outcome.state)], "{:?}", outcome.diagnostics);
        assert_eq!(tenant.sent("POST"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn h21_an_answer_cut_off_anywhere_loses_nothing() {
    for bytes in [0, 1, 30, 200] {
        let tenant = Tenant::start().await;
        tenant.fault("POST", Effect::Truncate { bytes }, 1);
        let outcome = tenant.create(&[]).await;
        assert_eq!(tenant.ids(), [id(&outcome.state)], "{bytes}: {:?}", outcome.diagnostics);
        assert_eq!(tenant.sent("POST"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn h22_an_answer_without_a_usable_id_loses_nothing() {
    for effect in [
        Effect::OmitProperty { name: "id".to_owned() },
        set("id", json!(7)),
        set("id", json!("")),
        set("id", json!(null)),
    ] {
        let tenant = Tenant::start().await;
        tenant.fault("POST", effect, 1);
        let outcome = tenant.create(&[]).await;
        assert_eq!(tenant.ids(), [id(&outcome.state)], "{:?}", outcome.diagnostics);
        assert_eq!(tenant.sent("POST"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn h26_a_value_that_is_stored_otherwise_is_a_warning_and_no_taint() {
    let tenant = Tenant::start().await;
    tenant.fault("POST", set("displayName", json!("lab")), 1);
    let outcome = tenant.create(&[]).await;
    assert!(warning(&outcome).contains("stored another value"));
    assert_eq!(outcome.state.field("display_name").as_text(), Some("Lab"));
}

#[tokio::test(start_paused = true)]
async fn t3_a_connection_that_breaks_after_the_commit_loses_nothing() {
    adopts(Effect::CommitThenDrop).await;
}

#[tokio::test(start_paused = true)]
async fn t3_a_connection_that_breaks_before_the_commit_leaves_doubt_that_the_next_run_settles() {
    let tenant = Tenant::start().await;
    tenant.fault("POST", Effect::DropBeforeCommit, 1);
    let start = Instant::now();
    let outcome = tenant.create(&[siri()]).await;
    let told = error(&outcome);
    assert!(told.contains("may or may not have been created"), "{told}");
    assert!(told.contains("in the 60 s after it") && told.contains("client-request-id"), "{told}");
    assert!(start.elapsed() < Duration::from_secs(75));
    assert!(outcome.state.is_null() && tenant.ids().is_empty());
    assert_eq!(tenant.sent("POST"), 1, "a late commit could still land");
    sleep(Duration::from_secs(61)).await;
    let state = tenant.created(&[siri()]).await;
    assert_eq!(tenant.ids(), [id(&state)]);
}

#[tokio::test(start_paused = true)]
async fn t4_an_answer_that_never_comes_loses_nothing() {
    adopts(Effect::CommitThenHold { gate: "never".to_owned() }).await;
}

#[tokio::test(start_paused = true)]
async fn t4_a_commit_that_lands_after_the_looks_is_found_by_the_next_run() {
    let tenant = Tenant::start().await;
    tenant.fault("POST", Effect::HoldBeforeCommit { gate: "late".to_owned() }, 1);
    assert!(error(&tenant.create(&[]).await).contains("may or may not"));
    assert!(tenant.ids().is_empty());
    tenant.emulator.open_gate("late");
    sleep(Duration::from_secs(61)).await;
    let told = error(&tenant.create(&[]).await);
    assert!(told.contains("Identical enrollment profile") && told.contains(&tenant.ids()[0]));
    assert_eq!((tenant.ids().len(), tenant.sent("POST")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_lags_is_looked_at_again() {
    let tenant = Tenant::start().await;
    let stored = Box::new(Effect::UnlistedAfterCreate { lists: 4 });
    let lost = Effect::Both { stored, answered: Box::new(Effect::CommitThenDrop) };
    tenant.fault("POST", lost, 1);
    assert!(warning(&tenant.create(&[]).await).contains("it was adopted"));
    assert_eq!((tenant.ids().len(), tenant.sent("POST")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_identical_profile_beside_ours_is_named_and_not_taken() {
    let tenant = Tenant::start().await;
    let stored = Box::new(Effect::ForeignTwin { changes: json!({}) });
    let lost = Effect::Both { stored, answered: Box::new(Effect::CommitThenDrop) };
    tenant.fault("POST", lost, 1);
    let outcome = tenant.create(&[]).await;
    let told = error(&outcome);
    assert_eq!(tenant.ids().len(), 2);
    for id in tenant.ids() {
        assert!(told.contains(&id), "{told}");
    }
    assert!(outcome.state.is_null());
}

#[tokio::test(start_paused = true)]
async fn a_namesake_is_a_warning_and_never_adopted() {
    let tenant = Tenant::start().await;
    let other = tenant.emulator.put_profile(&tenant.token, json!({"displayName": "Lab"}));
    tenant.fault("POST", Effect::CommitThenDrop, 1);
    let outcome = tenant.create(&[siri()]).await;
    let told = warning(&outcome);
    assert!(told.contains("Another enrollment profile of this name"), "{told}");
    assert!(told.contains(&other) && id(&outcome.state) != other, "{told}");
}

#[tokio::test(start_paused = true)]
async fn p1_what_follows_a_create_is_not_begun_after_a_stop() {
    let tenant = Tenant::start().await;
    tenant.fault("POST", Effect::CommitThenHold { gate: "g".to_owned() }, 1);
    let planned = tenant.planned(&Value::Null, &[("is_default", Value::Bool(true))]);
    let creating = tokio::spawn({
        let provider = Arc::clone(&tenant.provider);
        async move { provider.create(managed(&provider), planned, &Value::Null, Known::default()).await }
    });
    tenant.emulator.arrivals("g", 1).await;
    tenant.provider.stop();
    tenant.emulator.open_gate("g");
    let outcome = creating.await.unwrap();
    assert!(warning(&outcome).contains("`is_default` not reached"));
    assert_eq!(tenant.ids(), [id(&outcome.state)]);
    assert_eq!(tenant.sent("POST"), 1, "it was not promoted");
}

#[tokio::test(start_paused = true)]
async fn p1_a_stop_fails_what_was_not_sent_and_finishes_what_was() {
    let tenant = Tenant::start().await;
    tenant.fault("POST", Effect::CommitThenHold { gate: "g".to_owned() }, 1);
    let create = |lines: &[(&str, Value)]| {
        let (provider, planned) =
            (Arc::clone(&tenant.provider), tenant.planned(&Value::Null, lines));
        tokio::spawn(async move {
            provider.create(managed(&provider), planned, &Value::Null, Known::default()).await
        })
    };
    let sent = create(&[]);
    tenant.emulator.arrivals("g", 1).await;
    tenant.fault("POST", status(429, &[("Retry-After", "60")]), 1);
    let waiting = create(&[("display_name", Value::text("Other"))]);
    sleep(Duration::from_secs(5)).await;
    tenant.provider.stop();
    let waiting = waiting.await.unwrap();
    assert!(error(&waiting).contains("interrupted before Microsoft Graph was asked again"));
    assert!(waiting.state.is_null());
    tenant.emulator.open_gate("g");
    let sent = sent.await.unwrap();
    assert!(sent.diagnostics.is_empty(), "{:?}", sent.diagnostics);
    assert_eq!(tenant.ids(), [id(&sent.state)]);
}
