//! What a body may not say.

use serde_json::{Value, json};

use super::{Tenant, profile, profile_with, received};

#[tokio::test]
async fn a_property_the_type_does_not_declare_is_refused() {
    let tenant = Tenant::start().await;
    // `touchIDDisabled` is the misspelling one would expect; `configurationWebUrl` exists on the newer types only.
    for name in ["touchIDDisabled", "configurationWebUrl", "nonsense"] {
        let answer = tenant.create(&profile_with(name, json!(true))).await;
        answer.assert_refused(400, &format!("'{name}' does not exist on type"));
    }
    let id = tenant.created(&profile("P")).await;
    tenant.patch(&id, &json!({ "nonsense": 1 })).await.assert_refused(400, "'nonsense'");
    assert_eq!(tenant.emulator.profiles(&tenant.token).len(), 1);
}

#[tokio::test]
async fn a_value_of_another_type_is_refused() {
    let tenant = Tenant::start().await;
    let cases = [
        ("displayName", json!(1)),
        ("isMandatory", json!("true")),
        ("isMandatory", json!(1)),
        ("sharedIPadMaximumUserCount", json!("10")),
        ("sharedIPadMaximumUserCount", json!(1.5)),
        ("sharedIPadMaximumUserCount", json!(2_147_483_648_u64)),
        ("sharedIPadMaximumUserCount", json!(-2_147_483_649_i64)),
        ("iTunesPairingMode", json!("String")),
        ("iTunesPairingMode", json!("Allow")),
        ("iTunesPairingMode", json!(1)),
        ("managementCertificates", json!({})),
        ("managementCertificates", json!(["text"])),
    ];
    for (name, value) in cases {
        let answer = tenant.create(&profile_with(name, value.clone())).await;
        answer.assert_refused(400, &format!("of the property '{name}' is not of the type"));
    }
    for value in [2_147_483_647_i64, -2_147_483_648] {
        tenant.created(&profile_with("sharedIPadMaximumUserCount", json!(value))).await;
    }
}

#[tokio::test]
async fn null_is_a_value_only_where_the_type_says_so() {
    let tenant = Tenant::start().await;
    for name in ["isMandatory", "sharedIPadMaximumUserCount", "iTunesPairingMode"] {
        let answer = tenant.create(&profile_with(name, Value::Null)).await;
        answer.assert_refused(400, &format!("'{name}' cannot be null"));
    }
    let id = tenant.created(&profile_with("description", Value::Null)).await;
    assert_eq!(tenant.patch(&id, &json!({ "supportDepartment": null })).await.status, 204);
}

#[tokio::test]
async fn certificates_are_checked_property_by_property() {
    let tenant = Tenant::start().await;
    let with = |certificate: Value| profile_with("managementCertificates", json!([certificate]));
    let refused = [
        (json!({ "thumbprint": 1 }), "'thumbprint'"),
        (json!({ "certificate": "not base64!" }), "not Base64"),
        (json!({ "name": "x" }), "'name' does not exist"),
        (json!({ "@odata.type": "microsoft.graph.entity" }), "managementCertificateWithThumbprint"),
    ];
    for (certificate, sentence) in refused {
        tenant.create(&with(certificate)).await.assert_refused(400, sentence);
    }
    for type_ in ["microsoft.graph.", "#microsoft.graph."] {
        let certificate = json!({
            "@odata.type": format!("{type_}managementCertificateWithThumbprint"),
            "thumbprint": "AB12",
            "certificate": "Q2VydGlmaWNhdGU=",
        });
        let created = tenant.create(&with(certificate.clone())).await;
        assert_eq!(created.status, 201, "{:?}", created.body);
        assert_eq!(created.body["managementCertificates"], json!([certificate]));
    }
}

#[tokio::test]
async fn a_create_must_say_a_concrete_type_of_profile() {
    let tenant = Tenant::start().await;
    tenant.create(&json!({ "displayName": "P" })).await.assert_refused(400, "'@odata.type'");
    let cases = [
        ("#microsoft.graph.depEnrollmentBaseProfile", "is abstract"),
        ("#microsoft.graph.depOnboardingSetting", "is not an enrollmentProfile"),
        ("#microsoft.graph.entity", "is not an enrollmentProfile"),
        ("#microsoft.graph.depAndroidEnrollmentProfile", "is not an enrollmentProfile"),
        ("depEnrollmentProfile", "must name a type of microsoft.graph"),
    ];
    for (type_, sentence) in cases {
        tenant
            .create(&profile_with("@odata.type", json!(type_)))
            .await
            .assert_refused(400, sentence);
    }
}

#[tokio::test]
async fn unknown_annotations_are_refused() {
    let tenant = Tenant::start().await;
    for name in ["@odata.context", "displayName@odata.type"] {
        let answer = tenant.create(&profile_with(name, json!("x"))).await;
        answer.assert_refused(400, "annotation");
    }
}

#[tokio::test]
async fn the_client_cannot_choose_an_id() {
    let tenant = Tenant::start().await;
    tenant.create(&profile_with("id", json!("mine"))).await.assert_refused(400, "'id'");
    let id = tenant.created(&profile_with("id", json!(""))).await;
    tenant.patch(&id, &json!({ "id": "other" })).await.assert_refused(400, "'id'");
    assert_eq!(tenant.patch(&id, &json!({ "id": id })).await.status, 204);
}

#[tokio::test]
async fn an_update_cannot_change_the_type() {
    let tenant = Tenant::start().await;
    let id = tenant.created(&profile("P")).await;
    let other = json!({ "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile" });
    tenant.patch(&id, &other).await.assert_refused(400, "depEnrollmentProfile");
    let same = json!({ "@odata.type": "#microsoft.graph.depEnrollmentProfile" });
    assert_eq!(tenant.patch(&id, &same).await.status, 204);
}

#[tokio::test]
async fn a_locked_profile_needs_supervision_before_and_after_an_update() {
    let tenant = Tenant::start().await;
    let answer = tenant.create(&profile_with("profileRemovalDisabled", json!(true))).await;
    answer.assert_refused(400, "supervisedModeEnabled");
    assert!(answer.text("/error/message").starts_with('{'), "the message is a document");
    let mut body = profile_with("profileRemovalDisabled", json!(true));
    body["supervisedModeEnabled"] = json!(true);
    let id = tenant.created(&body).await;
    let answer = tenant.patch(&id, &json!({ "supervisedModeEnabled": false })).await;
    answer.assert_refused(400, "supervisedModeEnabled");
    assert_eq!(tenant.emulator.profiles(&tenant.token)[0]["supervisedModeEnabled"], true);
}

#[tokio::test]
async fn only_whole_json_of_bearable_size_is_read() {
    let tenant = Tenant::start().await;
    let path = tenant.below_token("/enrollmentProfiles");
    let post = |media: &str, body: String| {
        received(tenant.request("POST", &path).header("content-type", media).body(body))
    };
    let good = profile("P").to_string();
    post("text/plain", good.clone()).await.unwrap().assert_refused(415, "application/json");
    let half = good[..good.len() / 2].to_owned();
    post("application/json", half).await.unwrap().assert_refused(400, "not readable JSON");
    let twice = good.replace('}', ",\"displayName\":\"Q\"}");
    post("application/json", twice).await.unwrap().assert_refused(400, "twice");
    post("application/json", "[]".to_owned()).await.unwrap().assert_refused(400, "JSON object");
    let answer = post("application/json; charset=utf-8", good).await.unwrap();
    assert_eq!(answer.status, 201);
    let huge = profile(&"x".repeat(1024 * 1024)).to_string();
    post("application/json", huge).await.unwrap().assert_refused(413, "larger than");
}

#[tokio::test]
async fn a_wrong_path_names_its_first_unknown_segment() {
    let tenant = Tenant::start().await;
    let cases = [
        ("/beta/deviceManagement/nonsense".to_owned(), "nonsense"),
        ("/beta/depOnboardingSettings".to_owned(), "depOnboardingSettings"),
        ("/v1.0/deviceManagement/depOnboardingSettings".to_owned(), "v1.0"),
        (tenant.below_token("/enrollmentprofiles"), "enrollmentprofiles"),
        (tenant.below_token("/enrollmentProfiles/x/nonsense"), "nonsense"),
    ];
    for (path, segment) in cases {
        let answer = tenant.get(&path).await;
        answer.assert_refused(400, &format!("Resource not found for the segment '{segment}'."));
    }
}

#[tokio::test]
async fn a_default_profile_is_read_only_at_its_navigation() {
    let tenant = Tenant::start().await;
    let path = tenant.below_token("/defaultIosEnrollmentProfile");
    assert_eq!(tenant.send("PATCH", &path, &json!({})).await.status, 405);
    assert_eq!(tenant.delete(&path).await.status, 405);
}
