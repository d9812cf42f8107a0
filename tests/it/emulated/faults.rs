//! Every kind of fault happens as it was ordered, to the requests it was ordered for, and so many times.

use serde_json::{Value, json};

use super::{Tenant, profile, received};
use crate::emulator::{Effect, Fault};

fn on_create(effect: Effect) -> Fault {
    Fault::new("POST", "/enrollmentProfiles", effect)
}

fn status(code: u16) -> Effect {
    Effect::Status { code, headers: Vec::new(), body: Value::Null }
}

#[tokio::test]
async fn a_status_is_answered_before_anything_is_done() {
    let tenant = Tenant::start().await;
    let headers = vec![("Retry-After".to_owned(), "2.128".to_owned())];
    tenant.emulator.fault(on_create(Effect::Status { code: 429, headers, body: Value::Null }));
    let answer = tenant.create(&profile("P")).await;
    assert_eq!((answer.status, answer.text("/error/code")), (429, "TooManyRequests"));
    assert_eq!(answer.headers["retry-after"], "2.128");
    assert!(tenant.emulator.profiles(&tenant.token).is_empty());
    assert_eq!(tenant.emulator.requests().last().unwrap().status, Some(429));
    tenant.created(&profile("P")).await;
}

#[tokio::test]
async fn a_status_can_have_a_body_of_its_own() {
    let tenant = Tenant::start().await;
    let body = json!({ "error": { "code": "X", "message": "own" } });
    tenant.emulator.fault(on_create(Effect::Status { code: 400, headers: Vec::new(), body }));
    tenant.create(&profile("P")).await.assert_refused(400, "own");
}

#[tokio::test]
async fn a_fault_waits_for_its_requests_and_ends_after_its_times() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(status(503)).after(1).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(tenant.create(&profile("P")).await.status);
        assert_eq!(tenant.get(&tenant.below_token("/enrollmentProfiles")).await.status, 200);
    }
    assert_eq!(statuses, [201, 503, 503, 201]);
}

#[tokio::test]
async fn the_oldest_fault_for_a_request_happens_first_and_the_others_can_be_forgotten() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(Fault::new("*", "", status(500)));
    tenant.emulator.fault(Fault::new("GET", "", status(502)).times(usize::MAX));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(tenant.get(&tenant.below_token("")).await.status);
    }
    assert_eq!(statuses, [500, 502, 502]);
    tenant.emulator.clear_faults();
    assert_eq!(tenant.get(&tenant.below_token("")).await.status, 200);
}

#[tokio::test]
async fn the_token_endpoint_can_fail_too() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(Fault::new("POST", "/oauth2/", status(503)));
    assert_eq!(tenant.sign_in_with(&[]).await.status, 503);
    assert_eq!(tenant.sign_in_with(&[]).await.status, 200);
}

#[tokio::test]
async fn a_status_after_the_commit_leaves_the_profile() {
    let tenant = Tenant::start().await;
    let effect = Effect::CommitThenStatus { code: 504, headers: Vec::new(), body: Value::Null };
    tenant.emulator.fault(on_create(effect));
    assert_eq!(tenant.create(&profile("P")).await.status, 504);
    assert_eq!(tenant.emulator.profiles(&tenant.token).len(), 1);
}

#[tokio::test]
async fn a_dropped_connection_answers_nothing_before_and_after_the_commit() {
    for (effect, count) in [(Effect::DropBeforeCommit, 0), (Effect::CommitThenDrop, 1)] {
        let tenant = Tenant::start().await;
        tenant.emulator.fault(on_create(effect));
        let path = tenant.below_token("/enrollmentProfiles");
        tenant.try_send("POST", &path, &profile("P")).await.unwrap_err();
        assert_eq!(tenant.emulator.profiles(&tenant.token).len(), count);
        assert_eq!(tenant.emulator.requests().last().unwrap().status, None);
        tenant.created(&profile("Q")).await;
    }
}

#[tokio::test]
async fn a_service_can_commit_twice() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::CommitTwice));
    let id = tenant.created(&profile("P")).await;
    let profiles = tenant.emulator.profiles(&tenant.token);
    assert_eq!((profiles.len(), &profiles[1]["id"]), (2, &json!(id)));
}

#[tokio::test]
async fn a_held_request_waits_at_its_gate_and_commits_when_it_opens() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::HoldBeforeCommit { gate: "before".to_owned() }));
    let body = profile("P");
    let meanwhile = async {
        tenant.emulator.arrivals("before", 1).await;
        let count = tenant.emulator.profiles(&tenant.token).len();
        tenant.emulator.open_gate("before");
        count
    };
    let (answer, count) = tokio::join!(tenant.create(&body), meanwhile);
    assert_eq!((answer.status, count), (201, 0));
}

#[tokio::test]
async fn an_answer_can_be_held_after_the_commit() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::CommitThenHold { gate: "after".to_owned() }));
    let body = profile("P");
    let meanwhile = async {
        tenant.emulator.arrivals("after", 1).await;
        let count = tenant.emulator.profiles(&tenant.token).len();
        tenant.emulator.open_gate("after");
        count
    };
    let (answer, count) = tokio::join!(tenant.create(&body), meanwhile);
    assert_eq!((answer.status, count), (201, 1));
}

#[tokio::test]
async fn a_held_request_commits_although_its_client_has_left() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::HoldBeforeCommit { gate: "late".to_owned() }));
    let path = tenant.below_token("/enrollmentProfiles");
    let body = profile("P");
    tokio::select! {
        answer = tenant.send("POST", &path, &body) => panic!("{answer:?}"),
        () = tenant.emulator.arrivals("late", 1) => {}
    }
    tenant.emulator.open_gate("late");
    let committed = async {
        while tenant.emulator.profiles(&tenant.token).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), committed).await.unwrap();
}

#[tokio::test]
async fn a_created_profile_can_be_missing_for_some_reads() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::NotFoundAfterCreate { reads: 2 }));
    let id = tenant.created(&profile("P")).await;
    let path = tenant.profile_path(&id);
    assert_eq!(tenant.get(&path).await.status, 404);
    assert_eq!(tenant.set_default(&id).await.status, 404);
    assert_eq!(tenant.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_created_profile_can_be_missing_from_some_listings() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::UnlistedAfterCreate { lists: 1 }));
    let id = tenant.created(&profile("P")).await;
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.status, 200);
    let path = tenant.below_token("/enrollmentProfiles");
    assert_eq!(tenant.get(&path).await.body["value"], json!([]));
    assert_eq!(tenant.get(&path).await.text("/value/0/id"), id);
}

#[tokio::test]
async fn an_update_can_stay_unseen_for_some_reads() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("Old")).await;
    tenant.emulator.fault(Fault::new("PATCH", "", Effect::StaleReads { reads: 2 }));
    assert_eq!(tenant.patch(&id, &json!({ "displayName": "New" })).await.status, 204);
    assert_eq!(tenant.emulator.profiles(&tenant.token)[0]["displayName"], "New");
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.text("/displayName"), "Old");
    let listing = tenant.get(&tenant.below_token("/enrollmentProfiles")).await;
    assert_eq!(listing.text("/value/0/displayName"), "Old");
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.text("/displayName"), "New");
}

#[tokio::test]
async fn a_listing_counts_only_the_profiles_it_showed_as_read() {
    let tenant = Tenant::start().await;
    tenant.created(&profile("First")).await;
    let id = tenant.created(&profile("Old")).await;
    tenant.emulator.fault(Fault::new("PATCH", "", Effect::StaleReads { reads: 1 }));
    tenant.patch(&id, &json!({ "displayName": "New" })).await;
    let page = tenant.get(&tenant.below_token("/enrollmentProfiles?$top=1")).await;
    assert_eq!(page.text("/value/0/displayName"), "First");
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.text("/displayName"), "Old");
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.text("/displayName"), "New");
}

#[tokio::test]
async fn an_answer_to_a_forgotten_request_is_not_noted_on_another() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::HoldBeforeCommit { gate: "g".to_owned() }));
    tenant.emulator.fault(Fault::new("GET", "", status(503)));
    let body = profile("P");
    let meanwhile = async {
        tenant.emulator.arrivals("g", 1).await;
        tenant.emulator.clear_requests();
        for _ in 0..3 {
            tenant.get(&tenant.below_token("")).await;
        }
        tenant.emulator.open_gate("g");
    };
    let (answer, ()) = tokio::join!(tenant.create(&body), meanwhile);
    assert_eq!(answer.status, 201);
    let statuses: Vec<_> = tenant.emulator.requests().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [Some(503), Some(200), Some(200)]);
}

#[tokio::test]
async fn a_deleted_profile_can_be_seen_for_some_reads() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("P")).await;
    tenant.emulator.fault(Fault::new("DELETE", "", Effect::LingerAfterDelete { reads: 2 }));
    assert_eq!(tenant.delete(&tenant.profile_path(&id)).await.status, 204);
    assert!(tenant.emulator.profiles(&tenant.token).is_empty());
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.status, 200);
    let listing = tenant.get(&tenant.below_token("/enrollmentProfiles")).await;
    assert_eq!(listing.text("/value/0/id"), id);
    assert_eq!(tenant.get(&tenant.profile_path(&id)).await.status, 404);
}

#[tokio::test]
async fn a_property_can_be_missing_or_strange_in_an_answer() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(on_create(Effect::OmitProperty { name: "id".to_owned() }));
    let answer = tenant.create(&profile("P")).await;
    assert_eq!((answer.status, answer.body.get("id")), (201, None));
    let (name, value) = ("iTunesPairingMode".to_owned(), json!("futureThing"));
    tenant.emulator.fault(Fault::new("GET", "", Effect::SetProperty { name, value }));
    let listing = tenant.get(&tenant.below_token("/enrollmentProfiles")).await;
    assert_eq!(listing.text("/value/0/iTunesPairingMode"), "futureThing");
}

#[tokio::test]
async fn a_body_can_be_replaced_by_a_proxys() {
    let tenant = Tenant::start().await;
    let bytes = b"<html>".to_vec();
    let content_type = "text/html".to_owned();
    tenant.emulator.fault(Fault::new("GET", "", Effect::ReplaceBody { bytes, content_type }));
    let response = tenant.request("GET", &tenant.below_token("")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.text().await.unwrap(), "<html>");
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_in_its_body() {
    let tenant = Tenant::start().await;
    tenant.emulator.fault(Fault::new("GET", "", Effect::Truncate { bytes: 10 }));
    let mut response = tenant.request("GET", &tenant.below_token("")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 10);
    assert_eq!(response.chunk().await.unwrap().unwrap().len(), 10);
    response.chunk().await.unwrap_err();
}

#[tokio::test]
async fn a_stalled_answer_goes_on_when_its_gate_opens() {
    let tenant = Tenant::start().await;
    let effect = Effect::Stall { bytes: 10, gate: "body".to_owned() };
    tenant.emulator.fault(Fault::new("GET", "", effect));
    let mut response = tenant.request("GET", &tenant.below_token("")).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap().len(), 10);
    tenant.emulator.arrivals("body", 1).await;
    tenant.emulator.open_gate("body");
    assert!(response.text().await.unwrap().ends_with('}'));
}

#[tokio::test]
async fn a_dropped_emulator_closes_its_connections() {
    let tenant = Tenant::start().await;
    tenant.get(&tenant.below_token("")).await;
    let request = tenant.request("GET", &tenant.below_token(""));
    drop(tenant.emulator);
    received(request).await.unwrap_err();
}

#[tokio::test]
async fn somebody_else_can_make_the_same_in_the_same_moment() {
    let tenant = Tenant::start().await;
    let changes = json!({ "description": "theirs" });
    tenant.emulator.fault(on_create(Effect::ForeignTwin { changes }));
    let ours = tenant.created(&profile("P")).await;
    let profiles = tenant.emulator.profiles(&tenant.token);
    assert_eq!(profiles.len(), 2);
    let theirs = profiles.iter().find(|profile| profile["id"] != ours.as_str()).unwrap();
    assert_eq!((&theirs["displayName"], &theirs["description"]), (&json!("P"), &json!("theirs")));
}

#[tokio::test]
async fn what_is_stored_and_what_is_answered_can_go_wrong_together() {
    let tenant = Tenant::start().await;
    let both =
        |stored, answered| Effect::Both { stored: Box::new(stored), answered: Box::new(answered) };
    let unlisted = Effect::UnlistedAfterCreate { lists: 1 };
    tenant.emulator.fault(on_create(both(unlisted, Effect::CommitThenDrop)));
    let path = tenant.below_token("/enrollmentProfiles");
    assert!(tenant.try_send("POST", &path, &profile("P")).await.is_err());
    let listed = |answer: super::Answer| answer.body["value"].as_array().unwrap().len();
    assert_eq!(listed(tenant.get(&path).await), 0);
    assert_eq!(listed(tenant.get(&path).await), 1);
    let failed = Effect::CommitThenStatus { code: 500, headers: Vec::new(), body: Value::Null };
    tenant.emulator.fault(on_create(both(Effect::CommitTwice, failed)));
    assert_eq!(tenant.create(&profile("Q")).await.status, 500);
    assert_eq!(listed(tenant.get(&path).await), 3);
}
