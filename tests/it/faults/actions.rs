//! Syncs whose answers are lost, that never end, or that a wrong clock speaks of.

use std::time::Duration;

use terraform_provider_intune::provider::Progress;
use tokio::time::Instant;

use super::*;
use crate::emulator::Course;

const SYNC: &str = "syncWithAppleDeviceEnrollmentProgram";
const NEVER: Course = Course { reads: u32::MAX, code: 0, succeeds: true };

impl Tenant {
    /// Syncs and waits for the end; answers what was told at the end, and before it.
    async fn sync(&self, lines: &[(&str, Value)]) -> (Vec<Diagnostic>, Vec<String>) {
        let offered = self.provider.action("intune_dep_sync").unwrap();
        let lines: Vec<_> = [("wait", Value::Bool(true))]
            .into_iter()
            .chain(lines.iter().map(|(name, value)| (*name, value.clone())))
            .collect();
        let config = self.config(&offered.described.schema, &lines);
        let (progress, mut heard) = Progress::new();
        let diagnostics = self.provider.invoke(offered, &config, &progress).await;
        drop(progress);
        let mut said = Vec::new();
        while let Some(text) = heard.recv().await {
            said.push(text);
        }
        (diagnostics, said)
    }

    fn fault_of_sync(&self, effect: Effect, times: usize) {
        self.emulator.fault(Fault::new("POST", SYNC, effect).times(times));
    }
}

fn limit(invoke: &str) -> (&'static str, Value) {
    ("timeouts", Value::Object([("invoke".to_owned(), Value::text(invoke))].into()))
}

#[tokio::test(start_paused = true)]
async fn t1_a_sync_that_does_not_end_is_waited_for_until_the_time_is_over() {
    let tenant = Tenant::start().await;
    tenant.emulator.let_sync(&tenant.token, NEVER);
    let start = Instant::now();
    let (diagnostics, said) = tenant.sync(&[limit("1m")]).await;
    let told = told(&diagnostics, Severity::Error);
    assert!(
        told.contains("Sync not finished in time") && told.contains("timeouts.invoke"),
        "{told}"
    );
    // 1 + 2 + 4 + 8 + 15 + 15 s, and no room for another 15.
    assert!((45..60).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(said.len(), 1 + 6, "{said:?}");
    assert!(said[6].ends_with("for 45 s so far"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn t1_an_error_of_the_sync_before_is_told_as_such() {
    let tenant = Tenant::start().await;
    let failed = Course { reads: 0, code: 3, succeeds: false };
    tenant.emulator.let_sync(&tenant.token, failed);
    let (diagnostics, _) = tenant.sync(&[]).await;
    assert!(told(&diagnostics, Severity::Error).contains("Sync failed"));
    tenant.emulator.was_synced(&tenant.token, Duration::from_secs(60 * 60));
    tenant.emulator.let_sync(&tenant.token, NEVER);
    let (diagnostics, _) = tenant.sync(&[limit("1m")]).await;
    let told = told(&diagnostics, Severity::Error);
    assert!(told.contains("Sync not finished in time"), "{told}");
    assert!(told.contains("an error that was there before"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn t3_a_sync_whose_answer_was_lost_is_known_by_its_token() {
    let failing = Effect::CommitThenStatus { code: 503, headers: Vec::new(), body: Json::Null };
    for effect in [Effect::CommitThenDrop, failing] {
        let tenant = Tenant::start().await;
        tenant.fault_of_sync(effect, usize::MAX);
        let (diagnostics, said) = tenant.sync(&[limit("2m")]).await;
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert!(said.last().unwrap().contains("has ended"), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn t3_a_sync_that_never_arrived_is_not_said_to_have() {
    let tenant = Tenant::start().await;
    tenant.fault_of_sync(Effect::DropBeforeCommit, usize::MAX);
    let (diagnostics, said) = tenant.sync(&[limit("1m")]).await;
    let told = told(&diagnostics, Severity::Error);
    assert!(told.contains("Devices not synced") && told.contains("HTTPS_PROXY"), "{told}");
    assert!(said.is_empty(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_synced_in_the_future_is_for_intune_to_judge() {
    let tenant = Tenant::start().await;
    let future = set("lastSyncTriggeredDateTime", json!("2999-01-01T00:00:00Z"));
    tenant.emulator.fault(Fault::new("GET", "/depOnboardingSettings/", future).times(usize::MAX));
    let (diagnostics, said) = tenant.sync(&[]).await;
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert!(said.last().unwrap().contains("has ended"), "{said:?}");
    assert_eq!(tenant.sent("POST"), 1);
}

#[tokio::test(start_paused = true)]
async fn h1_a_throttled_sync_is_asked_for_again_and_only_once_accepted() {
    let tenant = Tenant::start().await;
    tenant.fault_of_sync(status(429, &[("Retry-After", "20")]), 2);
    let (diagnostics, _) = tenant.sync(&[]).await;
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(tenant.sent("POST"), 3);
}
