//! What another process can do with the service.

use serde_json::{Value, json};

use super::{Tenant, profile};

#[tokio::test]
async fn another_process_can_make_change_and_remove_profiles() {
    let tenant = Tenant::start().await;
    let token = tenant.send("POST", "/_emulator/tokens", &json!({ "name": "Second" })).await;
    let profiles = format!("/_emulator/tokens/{}/profiles", token.text("/id"));
    let made = tenant.send("POST", &profiles, &json!({ "displayName": "Portal" })).await;
    let one = format!("/_emulator/profiles/{}", made.text("/id"));
    assert_eq!(tenant.send("PATCH", &one, &json!({ "isMandatory": true })).await.status, 204);
    assert_eq!(tenant.get(&profiles).await.body[0]["isMandatory"], true);
    assert_eq!(tenant.delete(&one).await.status, 204);
    assert_eq!(tenant.delete(&one).await.status, 404);
    let tokens = tenant.get("/_emulator/tokens").await;
    assert_eq!(tokens.text("/1/name"), "Second");
}

#[tokio::test]
async fn another_process_can_order_faults_and_open_gates() {
    let tenant = Tenant::start().await;
    let order = json!({
        "method": "POST",
        "path": "/enrollmentProfiles",
        "times": 2,
        "effect": { "status": { "code": 503, "headers": [["Retry-After", "1"]] } },
    });
    assert_eq!(tenant.send("POST", "/_emulator/fault", &order).await.status, 204);
    assert_eq!(tenant.create(&profile("P")).await.headers["retry-after"], "1");
    assert_eq!(tenant.delete("/_emulator/fault").await.status, 204);
    assert_eq!(tenant.create(&profile("P")).await.status, 201);

    let order = json!({ "effect": { "commit_then_hold": { "gate": "g" } } });
    tenant.send("POST", "/_emulator/fault", &order).await;
    let meanwhile = async {
        tenant.get("/_emulator/gates/g/arrivals/1").await;
        tenant.send("POST", "/_emulator/gates/g/open", &Value::Null).await
    };
    let path = tenant.below_token("");
    let (held, opened) = tokio::join!(tenant.get(&path), meanwhile);
    assert_eq!((held.status, opened.status), (200, 204));
}

#[tokio::test]
async fn every_effect_can_be_ordered_as_json() {
    let tenant = Tenant::start().await;
    let effects = [
        json!("drop_before_commit"),
        json!("commit_then_drop"),
        json!("commit_twice"),
        json!({ "commit_then_status": { "code": 500 } }),
        json!({ "hold_before_commit": { "gate": "g" } }),
        json!({ "not_found_after_create": { "reads": 1 } }),
        json!({ "unlisted_after_create": { "lists": 1 } }),
        json!({ "stale_reads": { "reads": 1 } }),
        json!({ "linger_after_delete": { "reads": 1 } }),
        json!({ "omit_property": { "name": "id" } }),
        json!({ "set_property": { "name": "id", "value": 1 } }),
        json!({ "replace_body": { "bytes": "PGh0bWw+", "content_type": "text/html" } }),
        json!({ "truncate": { "bytes": 1 } }),
        json!({ "stall": { "bytes": 1, "gate": "g" } }),
    ];
    for effect in effects {
        let answer = tenant.send("POST", "/_emulator/fault", &json!({ "effect": effect })).await;
        assert_eq!(answer.status, 204, "{effect}: {:?}", answer.body);
    }
    for misspelt in [json!({ "effect": "explode" }), json!({ "efect": "commit_twice" })] {
        let answer = tenant.send("POST", "/_emulator/fault", &misspelt).await;
        assert_eq!(answer.status, 400, "{misspelt}");
    }
}

#[tokio::test]
async fn another_process_sees_the_record_and_is_not_in_it() {
    let tenant = Tenant::start().await;
    tenant.get(&tenant.below_token("")).await;
    let record = tenant.get("/_emulator/requests").await;
    let record = record.body.as_array().unwrap();
    assert_eq!(record.len(), 2);
    assert_eq!(record[1]["path"], tenant.below_token(""));
    assert_eq!(record[1]["status"], 200);
    tenant.send("POST", "/_emulator/clear", &Value::Null).await;
    assert_eq!(tenant.get("/_emulator/requests").await.body, json!([]));
}

#[tokio::test]
async fn another_process_can_revoke_tokens_and_change_roles() {
    let tenant = Tenant::start().await;
    let client = crate::emulator::Credential::default().client_id;
    let roles = format!("/_emulator/clients/{client}/roles");
    assert_eq!(tenant.send("PUT", &roles, &json!([])).await.status, 204);
    tenant.send("POST", "/_emulator/revoke", &Value::Null).await;
    assert_eq!(tenant.get(&tenant.below_token("")).await.status, 401);
    let device = format!("/_emulator/tokens/{}/devices", tenant.token);
    let answer = tenant.send("POST", &device, &json!({ "serial_number": "AAA1" })).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn tokens_and_devices_are_given_only_what_their_types_declare() {
    let tenant = Tenant::start().await;
    assert!(tenant.emulator.add_device(&tenant.token, "AAA1"));
    let token = format!("/_emulator/tokens/{}", tenant.token);
    let device = format!("{token}/devices/AAA1");
    for (method, path, property, value) in [
        ("PATCH", &token, "lastSyncErrorCode", json!(3)),
        ("PUT", &device, "enrollmentState", json!("enrolled")),
    ] {
        for (name, value, status) in
            [(property, value, 204), (property, json!([]), 404), ("nonsense", json!(1), 404)]
        {
            let answer = tenant.send(method, path, &json!({ name: value })).await;
            assert_eq!(answer.status, status, "{path} {name}");
        }
    }
    assert_eq!(tenant.get(&tenant.below_token("")).await.body["lastSyncErrorCode"], 3);
    let policies = format!("{token}/policies/depMacOSEnrollmentProfile");
    let policy = tenant.send("POST", &policies, &Value::Null).await;
    let expanded = tenant.get(&tenant.below_token("?$expand=defaultMacOsEnrollmentProfile")).await;
    assert_eq!(expanded.text("/defaultMacOsEnrollmentProfile/id"), policy.text("/id"));
    assert!(policy.text("/id").starts_with("ECV2_"));
}
