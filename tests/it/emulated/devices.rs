//! Devices and the profiles they are assigned to.

use serde_json::json;

use super::{Tenant, profile};

async fn with_devices() -> Tenant {
    let tenant = Tenant::start().await;
    for serial in ["AAA1", "AAB2", "CCC3"] {
        assert!(tenant.emulator.add_device(&tenant.token, serial));
    }
    tenant
}

#[tokio::test]
async fn devices_are_found_by_the_filters_that_clients_use() {
    let tenant = with_devices().await;
    let id = tenant.created(&profile("P")).await;
    let assign = tenant.profile_path(&format!("{id}/updateDeviceProfileAssignment"));
    let answer = tenant.send("POST", &assign, &json!({ "deviceIds": ["AAB2", "CCC3"] })).await;
    assert_eq!(answer.status, 204);
    let bare = id.split_once('_').unwrap().1;
    let cases = [
        ("discoverySource eq 'DeviceEnrollmentProgram'".to_owned(), vec!["AAA1", "AAB2", "CCC3"]),
        ("discoverySource eq 'adminImport'".to_owned(), vec![]),
        ("contains(serialNumber,'AA')".to_owned(), vec!["AAA1", "AAB2"]),
        (
            format!("contains(serialNumber,'AA') and requestedEnrollmentProfileId eq '{bare}'"),
            vec!["AAB2"],
        ),
    ];
    for (filter, wanted) in cases {
        let path = tenant.below_token("/importedAppleDeviceIdentities?$filter=");
        let answer = tenant.get(&format!("{path}{filter}")).await;
        let found = answer.body["value"].as_array().unwrap();
        let serials: Vec<_> = found.iter().map(|d| d["serialNumber"].as_str().unwrap()).collect();
        assert_eq!(serials, wanted, "{filter}");
    }
    let other = "/importedAppleDeviceIdentities?$filter=serialNumber eq 'AAA1'";
    tenant.get(&tenant.below_token(other)).await.assert_refused(400, "is not supported");
}

#[tokio::test]
async fn an_assignment_of_an_unknown_device_changes_nothing() {
    let tenant = with_devices().await;
    let id = tenant.created(&profile("P")).await;
    let assign = tenant.profile_path(&format!("{id}/updateDeviceProfileAssignment"));
    let body = json!({ "deviceIds": ["AAA1", "ZZZ9"] });
    tenant.send("POST", &assign, &body).await.assert_refused(400, "'ZZZ9'");
    let device = tenant.get(&tenant.below_token("/importedAppleDeviceIdentities?$top=1")).await;
    assert_eq!(device.body["value"][0]["requestedEnrollmentProfileId"], json!(null));
    let path = format!("/importedAppleDeviceIdentities/{}", device.text("/value/0/id"));
    assert_eq!(tenant.get(&tenant.below_token(&path)).await.text("/serialNumber"), "AAA1");
}

#[tokio::test]
async fn the_actions_parameters_are_checked() {
    let tenant = with_devices().await;
    let id = tenant.created(&profile("P")).await;
    let assign = tenant.profile_path(&format!("{id}/updateDeviceProfileAssignment"));
    for (body, sentence) in [
        (json!({}), "requires the parameter 'deviceIds'"),
        (json!({ "deviceIds": "AAA1" }), "not of the type"),
        (json!({ "deviceIds": [1] }), "not of the type"),
        (json!({ "deviceIds": [], "force": true }), "no parameter 'force'"),
    ] {
        tenant.send("POST", &assign, &body).await.assert_refused(400, sentence);
    }
}

#[tokio::test]
async fn a_sync_with_apple_is_accepted_without_a_body() {
    let tenant = Tenant::start().await;
    let path = tenant.below_token("/syncWithAppleDeviceEnrollmentProgram");
    let answer = super::received(tenant.request("POST", &path)).await.unwrap();
    assert_eq!(answer.status, 204);
}
