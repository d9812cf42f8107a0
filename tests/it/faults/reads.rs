//! Reads that fail, lag or bring what nobody expected: only a confirmed absence removes a state.

use std::time::Duration;

use terraform_provider_intune::entity::Kind;
use tokio::time::Instant;

use super::*;

/// A read that must end in an error and keep the state; answers what was told.
async fn refused(effect: Effect) -> String {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", effect, usize::MAX);
    let outcome = tenant.read(&state).await;
    assert_eq!(outcome.state, state);
    error(&outcome)
}

#[tokio::test(start_paused = true)]
async fn h11_an_absence_is_confirmed_two_seconds_later_and_warned_of() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.emulator.remove_profile(id(&state));
    let start = Instant::now();
    let outcome = tenant.read(&state).await;
    assert!(outcome.state.is_null());
    assert!(warning(&outcome).contains("no longer exists"));
    assert!(start.elapsed() >= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn h12_a_404_of_somebody_else_or_below_a_missing_parent_proves_nothing() {
    let html = Effect::Status { code: 404, headers: Vec::new(), body: json!("<html>") };
    assert!(refused(html).await.contains("cannot be read"));
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.emulator.fault(Fault::new("GET", "/beta/", status(404, &[])).times(usize::MAX));
    let outcome = tenant.read(&state).await;
    assert!(error(&outcome).contains("Enrollment program token not found"));
    assert_eq!(outcome.state, state);
}

#[tokio::test(start_paused = true)]
async fn h20_a_bad_request_on_a_read_removes_nothing() {
    assert!(refused(status(400, &[])).await.contains("Enrollment profile not read"));
}

#[tokio::test(start_paused = true)]
async fn h21_an_unreadable_answer_is_asked_for_three_times() {
    for effect in [
        body("<html>Welcome</html>", "text/html"),
        body("", "application/json"),
        body("{\"id\": \"", "application/json"),
        body("[1, 2]", "application/json"),
        body(b"\xff\xfe{\x00}\x00".as_slice(), "application/json;charset=utf-16"),
    ] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        tenant.fault("GET", effect, usize::MAX);
        let outcome = tenant.read(&state).await;
        assert!(error(&outcome).contains("cannot be read"));
        assert_eq!((tenant.sent("GET"), &outcome.state), (3, &state));
    }
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", body("<html>Welcome</html>", "text/html"), 2);
    assert!(tenant.read(&state).await.diagnostics.is_empty());
}

#[tokio::test(start_paused = true)]
async fn h23_what_is_newer_than_this_program_passes_through() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", set("iTunesPairingMode", json!("futureThing")), 1);
    let outcome = tenant.read(&state).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(outcome.state.field("itunes_pairing_mode").as_text(), Some("futureThing"));
    // Newer objects in the collection get in no create's way.
    let newer = json!({"@odata.type": "#microsoft.graph.ecv2Profile", "displayName": "Lab"});
    tenant.emulator.put_profile(&tenant.token, newer);
    let strange = [json!({"id": "ECV2_1", "displayName": 7}), json!({}), json!({"id": null})];
    tenant.emulator.fault(Fault::new("GET", "/enrollmentProfiles", page(&strange)));
    tenant.created(&[("display_name", Value::text("Other"))]).await;
}

#[tokio::test(start_paused = true)]
async fn h24_a_property_that_nobody_knows_is_left_alone() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", set("brandNew", json!({"deep": [1, {"a": null}]})), 1);
    let outcome = tenant.read(&state).await;
    assert_eq!((outcome.diagnostics.len(), outcome.state), (0, state));
}

#[tokio::test(start_paused = true)]
async fn h25_a_wrong_type_is_an_error_with_its_path_and_an_absent_property_none() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    for property in ENTITY.properties {
        let wrong = match property.kind {
            Kind::Flag => vec![json!("true"), json!(1)],
            Kind::Integer => vec![json!("1"), json!(1.5), json!(true)],
            Kind::Objects(_) => vec![json!({}), json!([1]), json!("a")],
            _ => vec![json!(1), json!([]), json!(false)],
        };
        for value in wrong {
            tenant.fault("GET", set(property.graph, value.clone()), 1);
            let outcome = tenant.read(&state).await;
            let told = error(&outcome);
            assert!(told.contains(property.graph), "{value}: {told}");
            let path = outcome.diagnostics[0].path.as_ref().unwrap().to_string();
            assert!(path.starts_with(property.attribute), "{path}");
            assert_eq!(outcome.state, state);
        }
        tenant.fault("GET", Effect::OmitProperty { name: property.graph.to_owned() }, 1);
        assert_eq!(tenant.read(&state).await.state, state, "{}", property.graph);
    }
}

#[tokio::test(start_paused = true)]
async fn t3_t4_t5_a_read_survives_cuts_and_stalls() {
    for effect in [
        Effect::DropBeforeCommit,
        Effect::CommitThenDrop,
        Effect::Truncate { bytes: 40 },
        Effect::Stall { bytes: 40, gate: "never".to_owned() },
        Effect::CommitThenHold { gate: "never".to_owned() },
    ] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        tenant.fault("GET", effect.clone(), 1);
        let outcome = tenant.read(&state).await;
        assert!(outcome.diagnostics.is_empty(), "{effect:?}: {:?}", outcome.diagnostics);
        assert_eq!(tenant.sent("GET"), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_tokens_is_waited_for_no_longer_than_two_seconds() {
    let tenant = Tenant::start().await;
    let id = tenant.emulator.put_profile(&tenant.token, json!({ "displayName": "Lab" }));
    let soon = json!({ "tokenExpirationDateTime": "2020-01-01T00:00:00Z" });
    assert!(tenant.emulator.edit_token(&tenant.token, soon));
    let hold = Effect::HoldBeforeCommit { gate: "look".to_owned() };
    tenant.emulator.fault(Fault::new("GET", "/depOnboardingSettings?", hold.clone()));
    tenant.emulator.fault(Fault::new("GET", "/depOnboardingSettings", hold).after(1));
    let state = tenant.planned(&Value::Null, &[("id", Value::text(&id))]);
    let start = Instant::now();
    let first = tenant.read(&state).await;
    assert!(first.diagnostics.is_empty(), "{:?}", first.diagnostics);
    let waited = start.elapsed();
    assert!((2.0..2.5).contains(&waited.as_secs_f64()), "{waited:?}");
    let second = tenant.read(&state).await;
    assert!(second.diagnostics.is_empty() && start.elapsed() < waited * 2, "{second:?}");
    tenant.emulator.open_every_gate();
    let told = warning(&tenant.read(&state).await);
    assert!(told.contains("has expired"), "{told}");
}
