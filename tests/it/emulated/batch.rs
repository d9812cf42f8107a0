//! Several requests in one.

use serde_json::{Value, json};

use super::{Answer, Tenant, profile};
use crate::emulator::{Effect, Fault};

async fn batch(tenant: &Tenant, requests: Value) -> Answer {
    tenant.send("POST", "/beta/$batch", &json!({ "requests": requests })).await
}

fn response<'a>(answer: &'a Answer, id: &str) -> &'a Value {
    answer.body["responses"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap()
}

#[tokio::test]
async fn each_request_of_a_batch_has_its_own_answer_in_any_order() {
    let tenant = Tenant::start().await;
    let token = tenant.below_token("").replace("/beta", "");
    let profiles = format!("{token}/enrollmentProfiles");
    let headers = json!({ "Content-Type": "application/json" });
    let answer = batch(
        &tenant,
        json!([
            { "id": "1", "method": "POST", "url": profiles, "headers": headers, "body": profile("P") },
            { "id": "2", "method": "GET", "url": format!("{profiles}/none") },
            { "id": "3", "method": "GET", "url": format!("{profiles}?$count=true"), "dependsOn": ["1"] },
            { "id": "4", "method": "GET", "url": token, "dependsOn": ["2"] },
        ]),
    )
    .await;
    assert_eq!(answer.status, 200);
    let statuses: Vec<_> =
        ["1", "2", "3", "4"].map(|id| response(&answer, id)["status"].clone()).into();
    assert_eq!(statuses, [json!(201), json!(404), json!(200), json!(424)]);
    assert_eq!(response(&answer, "3")["body"]["@odata.count"], 1);
    assert_eq!(answer.text("/responses/0/id"), "4", "the order is not that of the requests");
}

#[tokio::test]
async fn a_request_inside_a_batch_can_be_throttled_alone() {
    let tenant = Tenant::start().await;
    let effect = Effect::Status {
        code: 429,
        headers: vec![("Retry-After".to_owned(), "1".to_owned())],
        body: Value::Null,
    };
    tenant.emulator.fault(Fault::new("GET", "/enrollmentProfiles", effect));
    let token = tenant.below_token("").replace("/beta", "");
    let answer = batch(
        &tenant,
        json!([
            { "id": "a", "method": "GET", "url": token },
            { "id": "b", "method": "GET", "url": format!("{token}/enrollmentProfiles") },
        ]),
    )
    .await;
    assert_eq!(response(&answer, "a")["status"], 200);
    assert_eq!(response(&answer, "b")["status"], 429);
    assert_eq!(response(&answer, "b")["headers"]["Retry-After"], "1");
}

#[tokio::test]
async fn a_malformed_batch_is_refused_as_a_whole() {
    let tenant = Tenant::start().await;
    let one = json!({ "id": "1", "method": "GET", "url": "/deviceManagement" });
    let cases = [
        (json!([]), "between 1 and 20"),
        (json!(vec![one.clone(); 21]), "between 1 and 20"),
        (json!([one, one]), "must differ"),
        (json!([{ "id": "1", "method": "GET" }]), "'url'"),
        (json!([{ "id": "1", "method": "GET", "url": "https://x/" }]), "relative"),
        (json!([{ "id": "1", "method": "POST", "url": "/x", "body": {} }]), "content type"),
    ];
    for (requests, sentence) in cases {
        batch(&tenant, requests).await.assert_refused(400, sentence);
    }
}
