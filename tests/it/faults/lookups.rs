//! Data sources with more to read than is ever kept.

use super::*;

/// Three pages of this size are each small enough, and together larger than any list that is kept as a whole.
const PADDING: usize = 24 << 20;

#[tokio::test]
async fn devices_are_looked_at_page_by_page_however_many_there_are() {
    let tenant = Tenant::start().await;
    let link = |page: usize| {
        format!(
            "{}/beta/deviceManagement/depOnboardingSettings/{}/importedAppleDeviceIdentities?$top={page}",
            tenant.emulator.url(),
            tenant.token
        )
    };
    let mut page = json!({ "value": [{ "serialNumber": "A1" }, { "serialNumber": "B1" }] });
    for (asked, next) in [("Identities", Some(2)), ("top=2", Some(3)), ("top=3", None)] {
        page["@odata.nextLink"] = next.map_or(Json::Null, |next| json!(link(next)));
        let body = body(page.to_string() + &" ".repeat(PADDING), "application/json");
        tenant.emulator.fault(Fault::new("GET", asked, body));
    }
    let lookup = tenant.provider.data_source("intune_imported_apple_device_identities").unwrap();
    let wanted = Value::set(["A1", "C1"].map(Value::text).to_vec());
    let config = tenant.config(&lookup.described.schema, &[("serial_numbers", wanted)]);
    let found = tenant.provider.read_data_source(lookup, &config).await.unwrap();
    assert_eq!(found.value.field("devices").as_elements().unwrap().len(), 3);
    assert_eq!(tenant.sent("GET"), 3);
}
