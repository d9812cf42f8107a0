//! The life of a profile.

use serde_json::{Value, json};

use super::{Tenant, profile, profile_with};
use crate::emulator::Options;

#[tokio::test]
async fn a_created_profile_answers_with_every_declared_property() {
    let tenant = Tenant::start().await;
    let answer = tenant.create(&profile("First")).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.text("/@odata.type"), "#microsoft.graph.depEnrollmentProfile");
    assert!(answer.text("/@odata.context").ends_with("/enrollmentProfiles/$entity"));
    assert_eq!(answer.body["displayName"], "First");
    assert_eq!(answer.body["description"], Value::Null);
    assert_eq!(answer.body["isMandatory"], false);
    assert_eq!(answer.body["sharedIPadMaximumUserCount"], 0);
    assert_eq!(answer.body["iTunesPairingMode"], "disallow");
    // 31 rows of the documentation's table, and the two annotations.
    assert_eq!(answer.body.as_object().unwrap().len(), 33);
    let read = tenant.get(&tenant.profile_path(answer.text("/id"))).await;
    assert_eq!(read.body, answer.body);
}

#[tokio::test]
async fn an_id_is_the_tokens_id_and_a_guid() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("P")).await;
    let (token, own) = id.split_once('_').unwrap();
    assert_eq!(token, tenant.token);
    assert_eq!(uuid::Uuid::parse_str(own).unwrap().to_string(), own);
}

#[tokio::test]
async fn an_id_in_capitals_finds_the_same_profile_in_its_own_spelling() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("P")).await;
    let [token, capitals] = [&tenant.token, &id].map(|id| id.to_uppercase());
    let path = format!("/beta/deviceManagement/depOnboardingSettings/{token}/enrollmentProfiles");
    let read = tenant.get(&format!("{path}/{capitals}")).await;
    assert_eq!((read.status, read.text("/id")), (200, id.as_str()));
    assert_eq!(tenant.get(&path).await.text("/value/0/id"), id);
}

#[tokio::test]
async fn the_endpoint_url_is_the_services_own() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile_with("configurationEndpointUrl", json!("https://x/"))).await;
    let url = || tenant.emulator.profiles(&tenant.token)[0]["configurationEndpointUrl"].clone();
    let first = url();
    assert!(first.as_str().unwrap().contains(&format!("?id={}&", tenant.token)), "{first}");
    assert_eq!(tenant.patch(&id, &json!({ "configurationEndpointUrl": "" })).await.status, 204);
    assert_eq!(url(), first);
}

#[tokio::test]
async fn a_bare_profile_comes_without_a_type_annotation() {
    let tenant = Tenant::start().await;
    let body = json!({ "@odata.type": "#microsoft.graph.enrollmentProfile", "displayName": "C" });
    let answer = tenant.create(&body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body.get("@odata.type"), None);
    assert_eq!(answer.body.get("isDefault"), None);
}

#[tokio::test]
async fn a_collection_that_cannot_be_null_starts_empty() {
    let tenant = Tenant::start().await;
    let body = json!({ "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile" });
    let answer = tenant.create(&body).await;
    assert_eq!(answer.body["enrollmentTimeAzureAdGroupIds"], json!([]));
    assert_eq!(answer.body["enabledSkipKeys"], Value::Null);
}

#[tokio::test]
async fn an_administrators_password_is_stored_and_never_answered() {
    let tenant = Tenant::start().await;
    let body = json!({
        "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile",
        "adminAccountPassword": "given",
    });
    let answer = tenant.create(&body).await;
    assert_eq!(answer.body["adminAccountPassword"], Value::Null);
    assert_eq!(tenant.emulator.profiles(&tenant.token)[0]["adminAccountPassword"], "given");
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile_with("isMandatory", json!(true))).await;
    let answer = tenant.patch(&id, &json!({ "displayName": "New" })).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));
    let read = tenant.get(&tenant.profile_path(&id)).await;
    assert_eq!(read.body["displayName"], "New");
    assert_eq!(read.body["isMandatory"], true);
}

#[tokio::test]
async fn an_update_can_be_told_to_answer_with_the_profile() {
    let options = Options { patch_answers_body: true, ..Options::default() };
    let tenant = Tenant::with(options).await;
    let id = tenant.created(&profile("P")).await;
    let answer = tenant.patch(&id, &json!({ "displayName": "New" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["displayName"], "New");
}

#[tokio::test]
async fn a_deleted_profile_is_not_found_in_intunes_form() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("P")).await;
    assert_eq!(tenant.delete(&tenant.profile_path(&id)).await.status, 204);
    for answer in [
        tenant.get(&tenant.profile_path(&id)).await,
        tenant.patch(&id, &json!({})).await,
        tenant.delete(&tenant.profile_path(&id)).await,
        tenant.set_default(&id).await,
    ] {
        answer.assert_refused(404, "does not exist");
        assert_eq!(answer.text("/error/code"), "ResourceNotFound");
        assert!(!answer.text("/error/innerError/request-id").is_empty());
    }
}

#[tokio::test]
async fn a_profile_is_not_found_below_another_token() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("P")).await;
    let other = tenant.emulator.add_token("Other");
    let path =
        format!("/beta/deviceManagement/depOnboardingSettings/{other}/enrollmentProfiles/{id}");
    tenant.get(&path).await.assert_refused(404, &id);
}

#[tokio::test]
async fn only_set_default_profile_moves_the_default() {
    let tenant = Tenant::start().await;
    let first = tenant.created(&profile_with("isDefault", json!(true))).await;
    let second = tenant.created(&profile("Second")).await;
    let defaults = || {
        let profiles = tenant.emulator.profiles(&tenant.token);
        profiles.iter().map(|p| p["isDefault"] == true).collect::<Vec<_>>()
    };
    assert_eq!(defaults(), [false, false]);
    assert_eq!(tenant.patch(&first, &json!({ "isDefault": true })).await.status, 204);
    assert_eq!(defaults(), [false, false]);
    assert_eq!(tenant.set_default(&first).await.status, 204);
    assert_eq!(defaults(), [true, false]);
    assert_eq!(tenant.set_default(&second).await.status, 204);
    assert_eq!(defaults(), [false, true]);
    assert_eq!(tenant.patch(&second, &json!({ "isDefault": false })).await.status, 204);
    assert_eq!(defaults(), [false, true]);
}

#[tokio::test]
async fn each_platform_and_each_token_has_its_own_default() {
    let tenant = Tenant::start().await;
    let of = |type_: &str| json!({ "@odata.type": format!("#microsoft.graph.{type_}") });
    let ios = tenant.created(&of("depIOSEnrollmentProfile")).await;
    let macos = tenant.created(&of("depMacOSEnrollmentProfile")).await;
    let path = tenant.below_token("/defaultIosEnrollmentProfile");
    assert_eq!(tenant.get(&path).await.status, 404);
    for id in [&ios, &macos] {
        assert_eq!(tenant.set_default(id).await.status, 204);
    }
    assert_eq!(tenant.get(&path).await.text("/id"), ios);
    let other = tenant.emulator.add_token("Other");
    tenant.emulator.put_profile(&other, json!({ "isDefault": true }));
    let expand = "?$expand=defaultIosEnrollmentProfile,defaultMacOsEnrollmentProfile";
    let token = tenant.get(&tenant.below_token(expand)).await;
    assert_eq!(token.text("/defaultIosEnrollmentProfile/id"), ios);
    assert_eq!(token.text("/defaultMacOsEnrollmentProfile/id"), macos);
}

#[tokio::test]
async fn a_default_profile_can_be_deleted_only_when_the_service_is_told_so() {
    for (default_is_deletable, status) in [(false, 400), (true, 204)] {
        let tenant = Tenant::with(Options { default_is_deletable, ..Options::default() }).await;
        let id = tenant.created(&profile("P")).await;
        tenant.set_default(&id).await;
        let answer = tenant.delete(&tenant.profile_path(&id)).await;
        assert_eq!(answer.status, status, "{}", answer.message());
    }
}

#[tokio::test]
async fn a_token_holds_no_more_than_its_limit() {
    let tenant = Tenant::with(Options { profile_limit: 1, ..Options::default() }).await;
    tenant.created(&profile("One")).await;
    tenant.create(&profile("Two")).await.assert_refused(400, "no more than 1 profiles");
}

#[tokio::test]
async fn the_exported_file_names_the_profile() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("A & B")).await;
    for name in ["exportMobileConfig", "exportMobileConfig()"] {
        let answer = tenant.get(&tenant.profile_path(&format!("{id}/{name}"))).await;
        assert!(answer.text("/value").contains("<string>A &amp; B</string>"), "{:?}", answer.body);
    }
}

#[tokio::test]
async fn every_answer_carries_ids_for_support() {
    let tenant = Tenant::start().await;
    let request =
        tenant.request("GET", &tenant.below_token("")).header("client-request-id", "mine");
    let answer = super::received(request).await.unwrap();
    assert_eq!(answer.headers["client-request-id"], "mine");
    assert_eq!(answer.headers["request-id"].len(), 36);
    for name in ["date", "x-ms-ags-diagnostic"] {
        assert!(answer.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn the_portal_can_change_and_remove_profiles_too() {
    let tenant = Tenant::start().await;
    let id = tenant.emulator.put_profile(&tenant.token, json!({ "futureThing": [1] }));
    let path = tenant.profile_path(&id);
    assert_eq!(tenant.get(&path).await.body["futureThing"], json!([1]));
    assert!(tenant.emulator.edit_profile(&id, json!({ "isMandatory": true, "isDefault": true })));
    let read = tenant.get(&path).await;
    assert_eq!((&read.body["isMandatory"], &read.body["isDefault"]), (&json!(true), &json!(true)));
    assert!(tenant.emulator.edit_profile(&id, json!({ "isDefault": false })));
    assert_eq!(tenant.get(&path).await.body["isDefault"], false);
    assert!(tenant.emulator.remove_profile(&id));
    assert_eq!(tenant.get(&path).await.status, 404);
    assert!(!tenant.emulator.remove_profile(&id));
    assert!(!tenant.emulator.edit_profile(&id, json!({})));
}
