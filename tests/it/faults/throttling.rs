//! Waits that the service asks for, and failures that pass.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::*;

/// How many seconds a create takes whose first requests are answered like this.
async fn seconds_with(effect: Effect, times: usize) -> f64 {
    let tenant = Tenant::start().await;
    tenant.fault("POST", effect, times);
    let start = Instant::now();
    tenant.created(&[]).await;
    assert_eq!(tenant.ids().len(), 1);
    assert_eq!(tenant.sent("POST"), times + 1);
    start.elapsed().as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn h1_throttling_is_waited_out_with_what_was_asked_and_a_tenth() {
    let seconds = seconds_with(status(429, &[("Retry-After", "2.128")]), 3).await;
    assert!((6.3..8.0).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn h2_a_date_counts_from_the_answers_own_clock() {
    for (date, least) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),
        ("Sun Nov  6 08:49:37 1994", 37.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 1.0),
    ] {
        let headers = [("Date", "Sun, 06 Nov 1994 08:49:00 GMT"), ("Retry-After", date)];
        let seconds = seconds_with(status(429, &headers), 1).await;
        assert!((least..least * 1.1 + 1.0).contains(&seconds), "{date}: {seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn h3_without_a_header_the_body_counts_and_otherwise_five_seconds() {
    let seconds = seconds_with(status(429, &[]), 1).await;
    assert!((2.5..6.0).contains(&seconds), "{seconds}");
    let message = json!({"Message": "Slow down", "RetryAfter": 40}).to_string();
    let body = json!({"error": {"code": "TooManyRequests", "message": message}});
    let nested = Effect::Status { code: 429, headers: Vec::new(), body };
    let seconds = seconds_with(nested, 1).await;
    assert!((40.0..45.0).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn h4_an_absurd_wait_fails_at_once_and_nonsense_counts_as_none() {
    for text in ["-5", "NaN", "inf", "abc", ""] {
        let seconds = seconds_with(status(429, &[("Retry-After", text)]), 1).await;
        assert!((2.5..6.0).contains(&seconds), "{text}: {seconds}");
    }
    let tenant = Tenant::start().await;
    tenant.fault("POST", status(429, &[("Retry-After", "3600")]), 1);
    let start = Instant::now();
    let outcome = tenant.create(&[]).await;
    assert!(start.elapsed() < Duration::from_secs(1));
    let told = error(&outcome);
    assert!(told.contains("3600 s") && told.contains("`timeouts.create`"), "{told}");
    assert!(outcome.state.is_null() && tenant.ids().is_empty());
}

#[tokio::test(start_paused = true)]
async fn h5_after_a_503_another_connection_is_used() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", status(503, &[("Retry-After", "1")]), 2);
    assert_eq!(tenant.read(&state).await.state, state);
    let requests = tenant.emulator.requests();
    let connections: Vec<u64> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections.len(), 3);
    assert!(connections[0] < connections[1] && connections[1] < connections[2], "{connections:?}");
}

#[tokio::test(start_paused = true)]
async fn h6_a_failing_service_is_asked_five_times_and_the_state_is_kept() {
    for code in [500, 502, 504, 408] {
        for method in ["GET", "PATCH", "DELETE"] {
            let (tenant, state) = Tenant::with_profile(&[]).await;
            tenant.fault(method, status(code, &[]), usize::MAX);
            let outcome = match method {
                "GET" => tenant.read(&state).await,
                "PATCH" => tenant.update(&state, &[siri()]).await,
                _ => tenant.delete(&state).await,
            };
            let told = error(&outcome);
            assert!(told.contains("after 5 attempts"), "{method} {code}: {told}");
            assert!(
                told.contains(&format!("status {code}")) && told.contains("request-id"),
                "{told}"
            );
            assert_eq!(outcome.state, state, "{method} {code}");
            assert_eq!(tenant.sent(method), 5, "{method} {code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h7_what_will_not_pass_fails_at_once_and_509_is_throttling() {
    for code in [501, 505, 507] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        tenant.fault("GET", status(code, &[]), usize::MAX);
        let outcome = tenant.read(&state).await;
        assert!(error(&outcome).contains(&format!("status {code}")));
        assert_eq!((tenant.sent("GET"), &outcome.state), (1, &state));
    }
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", status(509, &[("Retry-After", "7")]), 1);
    let start = Instant::now();
    assert!(tenant.read(&state).await.diagnostics.is_empty());
    assert!(start.elapsed() >= Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn h8_a_revoked_token_is_renewed_once_for_all_and_passing_401s_are_survived() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.emulator.revoke_access_tokens();
    assert_eq!(sign_ins_of_many_reads(&tenant, &state).await, 1);
    tenant.fault("GET", status(401, &[]), 3);
    assert!(tenant.read(&state).await.diagnostics.is_empty());
}

/// This machine's clock may have counted the time asleep or not; the service's has.
#[tokio::test(start_paused = true)]
async fn t9_after_two_hours_asleep_one_sign_in_is_enough_for_all() {
    for counted in [Duration::ZERO, Duration::from_secs(2 * 3600)] {
        let (tenant, state) = Tenant::with_profile(&[]).await;
        sleep(counted).await;
        tenant.emulator.revoke_access_tokens();
        assert_eq!(sign_ins_of_many_reads(&tenant, &state).await, 1, "{counted:?}");
    }
}

/// How often a token is asked for when 64 reads, which all succeed, are made at once.
async fn sign_ins_of_many_reads(tenant: &Tenant, state: &Value) -> usize {
    tenant.emulator.clear_requests();
    let reading = (0..64).map(|_| {
        let (provider, state) = (Arc::clone(&tenant.provider), state.clone());
        async move { provider.read(managed(&provider), state, Private::default()).await }
    });
    let outcomes = reading.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert!(outcomes.iter().all(|outcome| outcome.diagnostics.is_empty()));
    let requests = tenant.emulator.requests();
    requests.iter().filter(|one| one.path.contains("oauth2")).count()
}

#[tokio::test(start_paused = true)]
async fn h10_a_missing_permission_is_named_and_not_asked_for_again() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    tenant.fault("GET", status(403, &[]), usize::MAX);
    let outcome = tenant.read(&state).await;
    assert!(error(&outcome).contains("DeviceManagementServiceConfig.Read.All"));
    assert_eq!((tenant.sent("GET"), outcome.state), (1, state));
}

#[tokio::test(start_paused = true)]
async fn h10_a_missing_permission_that_intune_calls_401_is_named_too() {
    let (tenant, state) = Tenant::with_profile(&[]).await;
    let inner = json!({ "ErrorCode": "Forbidden", "Message": "An error has occurred" }).to_string();
    let body = json!({ "error": { "code": "UnknownError", "message": inner } });
    tenant.fault("GET", Effect::Status { code: 401, headers: Vec::new(), body }, usize::MAX);
    let outcome = tenant.read(&state).await;
    assert!(error(&outcome).contains("DeviceManagementServiceConfig.Read.All"), "{outcome:?}");
    assert_eq!(outcome.state, state);
}

/// As Terraform does it: ten at a time. A burst of 20 and four a second would take 245 seconds; each of the
/// three times that Intune says it is too much, the pace is halved and grows back in 100 seconds.
#[tokio::test(start_paused = true)]
async fn h1_a_thousand_creates_among_throttling_are_made_once_each_and_close_to_the_quotas_pace() {
    let tenant = Tenant::start().await;
    for made in [100, 300, 300] {
        let throttled = status(429, &[("Retry-After", "5")]);
        tenant.emulator.fault(Fault::new("POST", "/enrollmentProfiles", throttled).after(made));
    }
    let start = Instant::now();
    let creating = (0..1000).map(|number| {
        let name = Value::text(format!("Lab {number}"));
        let planned = tenant.planned(&Value::Null, &[("display_name", name)]);
        async {
            let resource = managed(&tenant.provider);
            tenant.provider.create(resource, planned, &Value::Null, Known::default()).await
        }
    });
    let told = futures_util::stream::iter(creating)
        .buffer_unordered(10)
        .flat_map(|outcome| futures_util::stream::iter(outcome.diagnostics));
    assert_eq!(told.collect::<Vec<_>>().await, []);
    let seconds = start.elapsed().as_secs();
    let profiles = tenant.emulator.profiles(&tenant.token);
    let names: BTreeSet<_> = profiles.iter().map(|one| one["displayName"].to_string()).collect();
    assert_eq!((profiles.len(), names.len(), tenant.sent("POST")), (1000, 1000, 1003));
    assert!((245..2 * 245).contains(&seconds), "{seconds}");
    let listings = usize::try_from(seconds / 60 + 1).unwrap();
    assert!(tenant.sent("GET") <= listings * 10, "one listing a minute: {}", tenant.sent("GET"));
}

#[tokio::test(start_paused = true)]
async fn p15_two_hundred_and_fifty_six_creates_with_lost_answers_are_each_made_once() {
    let tenant = Tenant::start().await;
    for number in 0..13 {
        let lost = Fault::new("POST", "/enrollmentProfiles", Effect::CommitThenDrop);
        tenant.emulator.fault(lost.after(number));
    }
    let creating =
        (0..256).map(|number| {
            let name = Value::text(format!("Lab {number}"));
            let planned = tenant.planned(&Value::Null, &[("display_name", name)]);
            let provider = Arc::clone(&tenant.provider);
            async move {
                provider.create(managed(&provider), planned, &Value::Null, Known::default()).await
            }
        });
    let outcomes = creating.collect::<tokio::task::JoinSet<_>>().join_all().await;
    let mut held: Vec<_> = outcomes.iter().map(|outcome| id(&outcome.state).to_owned()).collect();
    let mut made = tenant.ids();
    held.sort_unstable();
    made.sort_unstable();
    assert_eq!((made.len(), tenant.sent("POST")), (256, 256));
    assert_eq!(held, made);
    let warned = outcomes.iter().filter(|outcome| !outcome.diagnostics.is_empty());
    assert_eq!(warned.count(), 13, "those whose answer was lost");
}

#[tokio::test(start_paused = true)]
async fn t8_two_hundred_creates_sit_out_a_closed_service_and_each_is_made_once() {
    let (tenant, _) = Tenant::with_profile(&[]).await;
    // Until nobody remembers what the collection held.
    sleep(Duration::from_secs(61)).await;
    let start = Instant::now();
    let down = || status(503, &[("Retry-After", "5")]);
    tenant.emulator.fault(Fault::new("GET", "/enrollmentProfiles", down()).times(4));
    let creating =
        (0..200).map(|number| {
            let name = Value::text(format!("Lab {number}"));
            let planned = tenant.planned(&Value::Null, &[("display_name", name)]);
            let provider = Arc::clone(&tenant.provider);
            async move {
                provider.create(managed(&provider), planned, &Value::Null, Known::default()).await
            }
        });
    let outcomes = creating.collect::<tokio::task::JoinSet<_>>().join_all().await;
    for outcome in &outcomes {
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    }
    assert!(start.elapsed() >= Duration::from_secs(20));
    assert_eq!((tenant.ids().len(), tenant.sent("POST")), (201, 200));
    assert_eq!(tenant.sent("GET"), 4 + 1, "one listing for all");
}
