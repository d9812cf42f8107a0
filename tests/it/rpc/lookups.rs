//! Data sources: what each finds, what it does not, and what it costs.

use serde_json::{Value as Json, json};
use terraform_provider_intune::data_sources;
use terraform_provider_intune::resources;
use terraform_provider_intune::value::Value;

use super::{Stage, merged, status};
use crate::emulator::{Credential, Effect, Fault, Options};

const TOKEN: &str = "intune_dep_onboarding_setting";
const TOKENS: &str = "intune_dep_onboarding_settings";
const PROFILE: &str = super::PROFILE;
const PROFILES: &str = "intune_dep_enrollment_profiles";
const DEVICES: &str = "intune_imported_apple_device_identities";
const DOCUMENT: &str = "intune_dep_mobile_config";

impl Stage {
    async fn finds(&self, type_name: &str, config: Json) -> Value {
        let (found, told) = self.core.look_up(type_name, &config).await;
        told.nothing();
        found
    }

    async fn fails(&self, type_name: &str, config: Json, parts: &[&str]) {
        let (_, told) = self.core.look_up(type_name, &config).await;
        told.error(parts);
    }

    /// What a list of objects holds in one of their attributes.
    async fn listed(
        &self,
        type_name: &str,
        config: Json,
        list: &str,
        attribute: &str,
    ) -> Vec<String> {
        let found = self.finds(type_name, config).await;
        let objects = found.field(list).as_elements().unwrap().iter();
        objects.map(|one| one.field(attribute).as_text().unwrap_or("null").to_owned()).collect()
    }

    async fn devices(&self, filters: Json) -> Vec<String> {
        let config = merged(json!({ "dep_onboarding_setting_id": self.token }), filters);
        self.listed(DEVICES, config, "devices", "serial_number").await
    }

    async fn profiles(&self, filters: Json) -> Vec<String> {
        let config = merged(json!({ "dep_onboarding_setting_id": self.token }), filters);
        self.listed(PROFILES, config, "profiles", "display_name").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_token_is_found_when_nothing_is_given() {
    let stage = Stage::new().await;
    let found = stage.finds(TOKEN, json!({})).await;
    assert_eq!(found.field("id").as_text(), Some(stage.token.as_str()));
    assert_eq!(found.field("token_name").as_text(), Some("Contoso ABM"));
    assert_eq!(found.field("token_type").as_text(), Some("dep"));
    assert_eq!(found.field("last_sync_error"), &Value::Null);
    assert_eq!(found.field("role_scope_tag_ids"), &Value::set(vec![Value::text("0")]));
    assert_eq!(found.field("default_ios_enrollment_profile_id"), &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_found_by_everything_that_is_its_own() {
    let tokens = vec!["One".to_owned(), "Two".to_owned()];
    let stage = Stage::with(Options { tokens, ..Options::default() }).await;
    let (two, _) = stage.emulator.tokens()[1].clone();
    let changes = json!({ "appleIdentifier": "it@two.example", "tokenType": "appleSchoolManager" });
    assert!(stage.emulator.edit_token(&two, changes));
    for config in [
        json!({ "id": two }),
        json!({ "token_name": "Two" }),
        json!({ "apple_identifier": "IT@two.example" }),
        json!({ "token_type": "appleSchoolManager" }),
        json!({ "token_name": "Two", "token_type": "appleSchoolManager" }),
    ] {
        let found = stage.finds(TOKEN, config.clone()).await;
        assert_eq!(found.field("id").as_text(), Some(two.as_str()), "{config}");
    }
    let both = ["More than one", "\"One\"", "\"Two\"", "it@two.example"];
    stage.fails(TOKEN, json!({}), &both).await;
    stage.fails(TOKEN, json!({ "token_name": "two" }), &["not found", "\"One\"", "\"Two\""]).await;
    let crossed = json!({ "token_name": "One", "token_type": "appleSchoolManager" });
    stage.fails(TOKEN, crossed, &["not found", "`token_name = \"One\"` and"]).await;
    let unknown = json!({ "id": "00000000-0000-4000-8000-000000000000" });
    stage.fails(TOKEN, unknown, &["not read", "Check `id`", "request-id"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_tokens_is_told_where_to_add_one() {
    let stage = Stage::new().await;
    assert!(stage.emulator.edit_token(&stage.token, json!({ "tokenType": "none" })));
    stage.fails(TOKEN, json!({}), &["not found", "Intune admin center"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apple_configurators_token_is_found_by_its_type_only() {
    let stage = Stage::new().await;
    let found = stage.finds(TOKEN, json!({ "token_type": "none" })).await;
    assert_ne!(found.field("id").as_text(), Some(stage.token.as_str()));
    assert_eq!(found.field("token_type").as_text(), Some("none"));
    let id = found.field("id").as_text().unwrap().to_owned();
    // Graph may not tell anything of it but its id.
    stage.emulator.fault(Fault::new("GET", &format!("depOnboardingSettings/{id}"), status(404)));
    let bare = stage.finds(TOKEN, json!({ "token_type": "none" })).await;
    assert_eq!(bare.field("id").as_text(), Some(id.as_str()));
    let omit = Effect::OmitProperty { name: "intuneAccountId".to_owned() };
    stage.emulator.fault(Fault::new("GET", "/deviceManagement", omit));
    stage.fails(TOKEN, json!({ "token_type": "none" }), &["not found", "Intune account"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tokens_default_profiles_are_told_by_platform_and_policies_without_their_mark() {
    let stage = Stage::new().await;
    let made = |type_: &str| {
        let type_ = format!("#microsoft.graph.{type_}");
        let profile = json!({ "@odata.type": type_, "displayName": "P", "isDefault": true });
        stage.emulator.put_profile(&stage.token, profile)
    };
    let ios = made("depIOSEnrollmentProfile");
    let policy =
        stage.emulator.set_default_policy(&stage.token, "depMacOSEnrollmentProfile").unwrap();
    for config in [json!({}), json!({ "id": stage.token })] {
        let found = stage.finds(TOKEN, config).await;
        let told = |platform: &str| {
            found.field(&format!("default_{platform}_enrollment_profile_id")).as_text()
        };
        assert_eq!(told("ios"), Some(ios.as_str()));
        assert_eq!(told("macos"), policy.strip_prefix("ECV2_"));
        assert_eq!((told("tvos"), told("visionos")), (None, None));
    }
    let all = stage.listed(TOKENS, json!({}), "tokens", "default_ios_enrollment_profile_id").await;
    assert_eq!(all, [ios]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_knows_fewer_platforms_tells_what_it_knows() {
    let stage = Stage::new().await;
    stage.emulator.fault(Fault::new("GET", "VisionOS", status(400)).times(2));
    stage.finds(TOKEN, json!({ "id": stage.token })).await;
    stage.finds(TOKENS, json!({})).await;
    stage.emulator.fault(Fault::new("GET", "expand", status(400)).times(usize::MAX));
    for type_name in [TOKEN, TOKENS] {
        let (found, told) = stage.core.look_up(type_name, &json!({})).await;
        told.success().warning(&["Default profiles not shown"]);
        assert!(!found.is_null());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sync_said_is_told_in_words() {
    let stage = Stage::new().await;
    for (code, words) in [(0, "null"), (1, "expired"), (3, "terms"), (77, "Code 77")] {
        assert!(stage.emulator.edit_token(&stage.token, json!({ "lastSyncErrorCode": code })));
        let told = stage.listed(TOKENS, json!({}), "tokens", "last_sync_error").await;
        assert!(told[0].contains(words), "{code}: {told:?}");
    }
    let never = json!({ "lastSuccessfulSyncDateTime": "0001-01-01T00:00:00Z" });
    assert!(stage.emulator.edit_token(&stage.token, never));
    let found = stage.finds(TOKEN, json!({})).await;
    assert_eq!(found.field("last_successful_sync_date_time"), &Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_filtered_and_all_pages_are_read() {
    let tokens = (1..=5).map(|number| format!("Token {number}")).collect();
    let stage = Stage::with(Options { tokens, page_size: 2, ..Options::default() }).await;
    let names = |config| stage.listed(TOKENS, config, "tokens", "token_name");
    assert_eq!(names(json!({})).await.len(), 5);
    let (third, _) = stage.emulator.tokens()[2].clone();
    let changes = json!({ "appleIdentifier": "x@y.example", "tokenType": "appleSchoolManager" });
    assert!(stage.emulator.edit_token(&third, changes));
    assert_eq!(names(json!({ "apple_identifier": "x@y.example" })).await, ["Token 3"]);
    assert_eq!(names(json!({ "token_type": "appleSchoolManager" })).await, ["Token 3"]);
    assert!(names(json!({ "token_type": "none" })).await.is_empty());
    let wrong = json!({ "token_type": "vpp" });
    stage.fails(TOKENS, wrong, &["token_type", "`appleSchoolManager`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_is_told_of_once_in_a_process() {
    let stage = Stage::new().await;
    let expired = json!({ "tokenExpirationDateTime": "2020-01-01T00:00:00Z" });
    assert!(stage.emulator.edit_token(&stage.token, expired));
    let (found, told) = stage.core.look_up(TOKEN, &json!({})).await;
    told.success().warning(&["has expired", "Contoso ABM"]);
    let days = found.field("days_until_expiration").as_number().unwrap().as_i64().unwrap();
    assert!(days < -2000, "{days}");
    stage.finds(TOKEN, json!({})).await;
    stage.finds(TOKENS, json!({})).await;
    let quiet = Stage::with(Options::default()).await;
    let expired = json!({ "tokenExpirationDateTime": "2020-01-01T00:00:00Z" });
    assert!(quiet.emulator.edit_token(&quiet.token, expired));
    quiet.configure(json!({ "token_expiry_warning_days": 0 })).await;
    quiet.finds(TOKENS, json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_of_every_managed_type_is_found_by_id_and_by_name() {
    let stage = Stage::new().await;
    for entity in resources::ALL {
        let profile = json!({ "@odata.type": entity.graph_type, "displayName": "Lab" });
        let id = stage.emulator.put_profile(&stage.token, profile);
        let by_name = json!({
            "dep_onboarding_setting_id": stage.token, "display_name": "Lab"
        });
        for config in [by_name, json!({ "id": id })] {
            let found = stage.finds(entity.type_name, config.clone()).await;
            assert_eq!(found.field("id").as_text(), Some(id.as_str()), "{config}");
            assert_eq!(found.field("display_name").as_text(), Some("Lab"));
            let token = found.field("dep_onboarding_setting_id").as_text();
            assert_eq!(token, Some(stage.token.as_str()));
            assert_eq!(found.field("requires_user_authentication").as_bool(), Some(false));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_the_same_however_graph_composes_its_letters() {
    let decomposed = ["Mu\u{308}nchen".to_owned()].to_vec();
    let stage = Stage::with(Options { tokens: decomposed, ..Options::default() }).await;
    let written = json!({ "displayName": "Mu\u{308}nchner Schu\u{308}ler" });
    let id = stage.emulator.put_profile(&stage.token, written);
    let name = "M\u{fc}nchner Sch\u{fc}ler";
    let token = stage.finds(TOKEN, json!({ "token_name": "M\u{fc}nchen" })).await;
    assert_eq!(token.field("id").as_text(), Some(stage.token.as_str()));
    let by_name = json!({ "dep_onboarding_setting_id": stage.token, "display_name": name });
    let found = stage.finds(PROFILE, by_name).await;
    assert_eq!(found.field("id").as_text(), Some(id.as_str()));
    for filter in
        [json!({ "display_name": name }), json!({ "display_name_contains": "Sch\u{fc}ler" })]
    {
        assert_eq!(stage.profiles(filter).await, [name]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_not_there_or_not_alone_is_an_error_that_names_what_is() {
    let stage = Stage::new().await;
    let put = |profile| stage.emulator.put_profile(&stage.token, profile);
    let (one, two) = (put(json!({ "displayName": "Twin" })), put(json!({ "displayName": "Twin" })));
    let mac = put(json!({
        "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile", "displayName": "Mac"
    }));
    let named =
        |name: &str| json!({ "dep_onboarding_setting_id": stage.token, "display_name": name });
    stage.fails(PROFILE, named("Twin"), &["More than one", &one, &two]).await;
    stage.fails(PROFILE, named("Nobody"), &["No enrollment profile", &one, &two]).await;
    let other = ["No enrollment profile", "depMacOSEnrollmentProfile` has this name"];
    stage.fails(PROFILE, named("Mac"), &other).await;
    stage
        .fails(PROFILE, json!({ "id": mac }), &["another type", "depMacOSEnrollmentProfile"])
        .await;
    let gone = format!("{}_00000000-0000-4000-8000-000000000000", stage.token);
    stage.fails(PROFILE, json!({ "id": gone }), &["not read", "Check `id`"]).await;
    stage.fails(PROFILE, json!({ "id": "nonsense" }), &["not read", "{token id}_{GUID}"]).await;
    let nowhere = json!({ "dep_onboarding_setting_id": "elsewhere", "display_name": "Twin" });
    stage.fails(PROFILE, nowhere, &["Check `dep_onboarding_setting_id`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_was_made_a_moment_ago_is_asked_for_once_more() {
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "New" }));
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles/", status(404)));
    let found = stage.finds(PROFILE, json!({ "id": id })).await;
    assert_eq!(found.field("display_name").as_text(), Some("New"));
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_of_every_type_are_listed_and_filtered() {
    let stage = Stage::with(Options { page_size: 2, ..Options::default() }).await;
    let put = |type_: &str, name: &str| {
        let type_ = format!("#microsoft.graph.{type_}");
        stage
            .emulator
            .put_profile(&stage.token, json!({ "@odata.type": type_, "displayName": name }))
    };
    put("depEnrollmentProfile", "Corporate iPads");
    put("depTvOSEnrollmentProfile", "Meeting rooms");
    put("depFutureEnrollmentProfile", "Corporate robots");
    put("enrollmentProfile", "By hand");
    let config = json!({ "dep_onboarding_setting_id": stage.token });
    let types = stage.listed(PROFILES, config.clone(), "profiles", "type").await;
    let expected = [
        "depEnrollmentProfile",
        "depTvOSEnrollmentProfile",
        "depFutureEnrollmentProfile",
        "enrollmentProfile",
    ];
    assert_eq!(types, expected);
    let managed = stage.listed(PROFILES, config, "profiles", "resource_type").await;
    let by_hand = "intune_apple_configurator_enrollment_profile";
    assert_eq!(managed, [PROFILE, "null", "null", by_hand]);
    let tv = json!({ "type": "depTvOSEnrollmentProfile" });
    assert_eq!(stage.profiles(tv).await, ["Meeting rooms"]);
    let corporate = json!({ "display_name_contains": "Corporate" });
    assert_eq!(stage.profiles(corporate).await, ["Corporate iPads", "Corporate robots"]);
    assert_eq!(stage.profiles(json!({ "display_name": "By hand" })).await, ["By hand"]);
    assert!(stage.profiles(json!({ "display_name": "by hand" })).await.is_empty());
    let nowhere = json!({ "dep_onboarding_setting_id": "elsewhere" });
    stage.fails(PROFILES, nowhere, &["Check `dep_onboarding_setting_id`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_found_by_every_filter() {
    let stage = Stage::new().await;
    let profile = stage.emulator.put_profile(&stage.token, json!({ "displayName": "P" }));
    let guid = profile.split_once('_').unwrap().1;
    for serial in ["AAA1", "AAA12", "CCC3"] {
        assert!(stage.emulator.add_device(&stage.token, serial));
    }
    let describe = |serial: &str, changes| {
        assert!(stage.emulator.describe_device(&stage.token, serial, changes));
    };
    describe("AAA1", json!({ "requestedEnrollmentProfileId": guid, "platform": "macOS" }));
    describe("CCC3", json!({ "enrollmentState": "enrolled", "discoverySource": "adminImport" }));
    for (filters, expected) in [
        (json!({}), &["AAA1", "AAA12", "CCC3"] as &[&str]),
        (json!({ "enrollment_profile_id": profile }), &["AAA1"]),
        (json!({ "enrollment_profile_id": guid }), &["AAA1"]),
        (json!({ "serial_numbers": ["aaa1"] }), &["AAA1"]),
        (json!({ "serial_numbers": ["AAA12", "CCC3", "ZZZ9"] }), &["AAA12", "CCC3"]),
        (json!({ "serial_numbers": [] }), &[]),
        (json!({ "enrollment_state": "enrolled" }), &["CCC3"]),
        (json!({ "platform": "macOS" }), &["AAA1"]),
        (json!({ "discovery_source": "adminImport" }), &["CCC3"]),
        (json!({ "discovery_source": "deviceEnrollmentProgram", "platform": "ios" }), &["AAA12"]),
        (json!({ "enrollment_profile_id": "O'Hara' or '1' eq '1" }), &[]),
    ] {
        assert_eq!(stage.devices(filters.clone()).await, expected, "{filters}");
    }
    let config = json!({ "dep_onboarding_setting_id": stage.token });
    let assigned = stage.listed(DEVICES, config, "devices", "enrollment_profile_id").await;
    assert_eq!(assigned, [profile.as_str(), "null", "null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn graph_is_given_only_filters_that_are_known_to_work_and_none_that_it_refuses() {
    let stage = Stage::new().await;
    assert!(stage.emulator.add_device(&stage.token, "AAA1"));
    let sent = |stage: &Stage| {
        let requests = stage.sent("GET");
        stage.emulator.clear_requests();
        requests.into_iter().map(|one| one.query).collect::<Vec<_>>()
    };
    stage.emulator.clear_requests();
    stage.devices(json!({ "platform": "ios", "enrollment_state": "notContacted" })).await;
    assert_eq!(sent(&stage), [""]);
    let one = json!({ "serial_numbers": ["AAA1"], "discovery_source": "deviceEnrollmentProgram" });
    assert_eq!(stage.devices(one.clone()).await, ["AAA1"]);
    let filter = "%24filter=discoverySource%20eq%20%27deviceEnrollmentProgram%27%20and%20\
                  contains%28serialNumber%2C%27AAA1%27%29";
    assert_eq!(sent(&stage), [filter.replace("%24", "$")]);
    stage.emulator.fault(Fault::new("GET", "filter", status(400)));
    assert_eq!(stage.devices(one).await, ["AAA1"]);
    assert_eq!(sent(&stage).len(), 2);
    let capitals = "B4CDA2E6-3D9F-4EB6-AAC3-BAB920178F4A";
    assert!(stage.devices(json!({ "enrollment_profile_id": capitals })).await.is_empty());
    let sent = sent(&stage).concat();
    assert!(sent.contains(&capitals.to_lowercase()) && !sent.contains(capitals), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_devices_are_read_page_by_page_once() {
    let stage = Stage::with(Options { page_size: 500, ..Options::default() }).await;
    for number in 0..10_000 {
        assert!(stage.emulator.add_device(&stage.token, &format!("S{number:05}")));
    }
    let wanted: Vec<_> = (0..10_000).step_by(2).map(|number| format!("S{number:05}")).collect();
    stage.emulator.clear_requests();
    let found = stage.devices(json!({ "serial_numbers": wanted })).await;
    assert_eq!(found, wanted);
    assert_eq!(stage.sent("GET").len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrollment_document_is_told_and_hidden() {
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Lab & <Co>" }));
    let found = stage.finds(DOCUMENT, json!({ "enrollment_profile_id": id })).await;
    let document = found.field("mobile_config").as_text().unwrap();
    assert!(document.contains(&id) && document.contains("Lab &amp; &lt;Co&gt;"), "{document}");
    let described = &stage.core.described_data(DOCUMENT).schema.block.attributes;
    assert!(described.iter().any(|one| one.name == "mobile_config" && one.sensitive));
    let gone = format!("{}_00000000-0000-4000-8000-000000000000", stage.token);
    let missing = json!({ "enrollment_profile_id": gone });
    stage.fails(DOCUMENT, missing, &["not read", "Check `enrollment_profile_id`"]).await;
    let nonsense = json!({ "enrollment_profile_id": "nonsense" });
    stage.fails(DOCUMENT, nonsense, &["`{token id}_{GUID}`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_data_source_says_which_permission_is_missing_and_waits_when_throttled() {
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Lab" }));
    let config = |type_name: &str| match type_name {
        TOKEN => json!({ "id": stage.token }),
        TOKENS => json!({}),
        PROFILES | DEVICES => json!({ "dep_onboarding_setting_id": stage.token }),
        DOCUMENT => json!({ "enrollment_profile_id": id }),
        _ => json!({ "id": id }),
    };
    for source in data_sources::ALL {
        let headers = vec![("Retry-After".to_owned(), "0".to_owned())];
        let throttled = Effect::Status { code: 429, headers, body: Json::Null };
        stage.emulator.fault(Fault::new("GET", "deviceManagement", throttled));
        let (_, told) = stage.core.look_up(source.type_name, &config(source.type_name)).await;
        // What is asked for may be of another type, which only an answer can say.
        assert!(!told.to_string().contains("429"), "{}: {told}", source.type_name);
    }
    let client = Credential::default().client_id;
    assert!(stage.emulator.set_roles(&client, &[]));
    stage.emulator.revoke_access_tokens();
    for source in data_sources::ALL {
        let permission = "DeviceManagementServiceConfig.Read.All";
        stage.fails(source.type_name, config(source.type_name), &[permission, "403"]).await;
    }
}
