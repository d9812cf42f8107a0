//! Updates and deletes against a service that lags, fails or lies.

use std::time::Duration;

use tokio::time::sleep;

use super::*;

#[tokio::test(start_paused = true)]
async fn h14_old_values_are_looked_at_for_a_minute_and_then_warned_of() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("PATCH", Effect::StaleReads { reads: 3 }, 1);
    let outcome = tenant.update(&state, &[siri()]).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);

    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("PATCH", Effect::StaleReads { reads: 99 }, 1);
    let outcome = tenant.update(&state, &[siri()]).await;
    assert!(warning(&outcome).contains("stored another value"));
    assert_eq!(outcome.state.field("siri_disabled"), &Value::Bool(true));
}

#[tokio::test(start_paused = true)]
async fn h15_what_is_gone_already_is_deleted() {
    for code in [404, 410] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        let gone = json!({"error": {"code": "ResourceNotFound", "message": "Gone."}});
        let effect = Effect::Status { code, headers: Vec::new(), body: gone };
        tenant.fault("DELETE", effect, 1);
        let outcome = tenant.delete(&state).await;
        assert!(outcome.state.is_null() && outcome.diagnostics.is_empty(), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn h15_what_is_not_found_twice_below_a_parent_that_is_there_is_gone() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.emulator.remove_profile(id(&state));
    let outcome = tenant.delete(&state).await;
    assert!(outcome.state.is_null() && outcome.diagnostics.is_empty(), "{outcome:?}");

    let (tenant, state) = Tenant::with_profile(&[]).await;
    for method in ["GET", "DELETE"] {
        tenant.emulator.fault(Fault::new(method, "/beta/", status(404, &[])).times(usize::MAX));
    }
    let outcome = tenant.delete(&state).await;
    assert!(error(&outcome).contains("Enrollment program token not found"));
    assert_eq!(outcome.state, state);
}

#[tokio::test(start_paused = true)]
async fn h16_a_delete_that_failed_below_a_parent_that_is_not_found_keeps_the_state() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("DELETE", status(503, &[]), usize::MAX);
    tenant.emulator.fault(Fault::new("GET", "/beta/", status(404, &[])).times(usize::MAX));
    let outcome = tenant.delete(&state).await;
    assert!(error(&outcome).contains("Enrollment program token not found"));
    assert_eq!(outcome.state, state);
}

#[tokio::test(start_paused = true)]
async fn p1_a_stop_between_two_answers_that_something_is_gone_keeps_it_in_state() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("DELETE", status(404, &[]), 1);
    let deleting = tokio::spawn({
        let (provider, state) = (Arc::clone(&tenant.provider), state.clone());
        async move { provider.delete(managed(&provider), state, Private::default()).await }
    });
    sleep(Duration::from_secs(1)).await;
    assert_eq!(tenant.sent("DELETE"), 1);
    tenant.provider.stop();
    let outcome = deleting.await.unwrap();
    assert!(error(&outcome).contains("interrupted"));
    assert_eq!(outcome.state, state);
    assert_eq!(tenant.ids(), [id(&state)]);
}

#[tokio::test(start_paused = true)]
async fn p1_an_update_that_was_cut_off_and_then_stopped_is_judged_by_what_is_there() {
    for (effect, done) in [(Effect::CommitThenDrop, true), (Effect::DropBeforeCommit, false)] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        tenant.fault("PATCH", effect, 1);
        tenant.fault("PATCH", status(429, &[("Retry-After", "60")]), 1);
        let planned = tenant.planned(&state, &[siri()]);
        let updating = tokio::spawn({
            let (provider, prior) = (Arc::clone(&tenant.provider), state.clone());
            async move {
                let (resource, none) = (managed(&provider), Private::default());
                provider.update(resource, prior, planned, &Value::Null, none).await
            }
        });
        sleep(Duration::from_secs(20)).await;
        assert_eq!(tenant.sent("PATCH"), 2);
        tenant.provider.stop();
        let outcome = updating.await.unwrap();
        assert_eq!(outcome.state.field("siri_disabled"), &Value::Bool(done));
        if done {
            assert!(outcome.diagnostics.iter().all(|told| told.severity == Severity::Warning));
        } else {
            assert!(error(&outcome).contains("is not known. Run `terraform plan`"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h16_a_delete_is_over_when_the_object_is_gone_and_not_before() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("DELETE", Effect::LingerAfterDelete { reads: 3 }, 1);
    let outcome = tenant.delete(&state).await;
    assert!(outcome.state.is_null() && outcome.diagnostics.is_empty());
    assert_eq!(tenant.sent("GET"), 5, "three sights and two absences");

    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("DELETE", Effect::LingerAfterDelete { reads: usize::MAX }, 1);
    let outcome = tenant.delete(&state).await;
    let told = error(&outcome);
    assert!(told.contains("not deleted yet") && told.contains(id(&state)), "{told}");
    assert_eq!(outcome.state, state);
}

#[tokio::test(start_paused = true)]
async fn h16_a_delete_whose_answer_was_lost_is_sent_again() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("DELETE", Effect::CommitThenDrop, 1);
    let outcome = tenant.delete(&state).await;
    assert!(outcome.state.is_null() && outcome.diagnostics.is_empty());
    assert_eq!(tenant.sent("DELETE"), 3, "its first 404 may be a replica's");

    let (tenant, state) = Tenant::with_profile(&[]).await;
    let failing = Effect::CommitThenStatus { code: 500, headers: Vec::new(), body: Json::Null };
    tenant.fault("DELETE", failing, usize::MAX);
    let outcome = tenant.delete(&state).await;
    assert!(outcome.state.is_null(), "it is gone, whatever was answered: {outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn h18_a_conflict_that_leaves_what_was_planned_is_a_success() {
    for code in [409, 412] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        let done = Effect::CommitThenStatus { code, headers: Vec::new(), body: Json::Null };
        tenant.fault("PATCH", done, 1);
        let outcome = tenant.update(&state, &[siri()]).await;
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        assert_eq!(outcome.state.field("siri_disabled"), &Value::Bool(true));
    }
}

#[tokio::test(start_paused = true)]
async fn h18_a_conflict_with_another_writer_records_what_is_there_now() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.emulator.edit_profile(id(&state), json!({"isMandatory": true}));
    tenant.fault("PATCH", status(409, &[]), 1);
    let outcome = tenant.update(&state, &[siri()]).await;
    assert!(error(&outcome).contains("Somebody else is changing the same thing"));
    assert_eq!(outcome.state.field("is_mandatory"), &Value::Bool(true));
    assert_eq!(outcome.state.field("siri_disabled"), &Value::Bool(false));
}

#[tokio::test(start_paused = true)]
async fn h18_what_is_locked_is_waited_for() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("PATCH", status(423, &[]), 2);
    let outcome = tenant.update(&state, &[siri()]).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(tenant.sent("PATCH"), 3);
}

#[tokio::test(start_paused = true)]
async fn t3_an_update_whose_answers_are_all_lost_is_judged_by_what_is_there() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("PATCH", Effect::CommitThenDrop, usize::MAX);
    let outcome = tenant.update(&state, &[siri()]).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(outcome.state.field("siri_disabled"), &Value::Bool(true));

    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("PATCH", Effect::DropBeforeCommit, usize::MAX);
    let outcome = tenant.update(&state, &[siri()]).await;
    assert!(error(&outcome).contains("Enrollment profile not updated"));
    assert_eq!(outcome.state, state);
}
