//! Listings of tokens and profiles, page by page.

use serde_json::{Value, json};

use super::{Tenant, received};
use crate::emulator::Options;

fn names(page: &Value) -> Vec<&str> {
    page["value"].as_array().unwrap().iter().map(|p| p["displayName"].as_str().unwrap()).collect()
}

async fn five_profiles(page_size: usize) -> Tenant {
    let tenant = Tenant::with(Options { page_size, ..Options::default() }).await;
    for name in ["A", "B", "C", "D", "E"] {
        tenant.emulator.put_profile(&tenant.token, json!({ "displayName": name }));
    }
    tenant
}

#[tokio::test]
async fn a_listing_is_followed_from_page_to_page_to_its_end() {
    let tenant = five_profiles(2).await;
    let mut path = tenant.below_token("/enrollmentProfiles");
    let mut pages = Vec::new();
    loop {
        let page = tenant.get(&path).await;
        assert_eq!(page.status, 200);
        pages.push(names(&page.body).join(""));
        let Some(link) = page.body["@odata.nextLink"].as_str() else { break };
        assert!(link.contains("$skiptoken="), "{link}");
        path = link.strip_prefix(tenant.emulator.url()).unwrap().to_owned();
    }
    assert_eq!(pages, ["AB", "CD", "E"]);
}

#[tokio::test]
async fn a_profile_removed_between_two_pages_shifts_nothing() {
    let tenant = five_profiles(2).await;
    let first = tenant.get(&tenant.below_token("/enrollmentProfiles")).await;
    tenant.emulator.remove_profile(first.text("/value/0/id"));
    let link = first.text("/@odata.nextLink").strip_prefix(tenant.emulator.url()).unwrap();
    assert_eq!(names(&tenant.get(link).await.body), ["C", "D"]);
}

#[tokio::test]
async fn a_full_last_page_has_no_next() {
    let tenant = five_profiles(5).await;
    let page = tenant.get(&tenant.below_token("/enrollmentProfiles")).await;
    assert_eq!(page.body.get("@odata.nextLink"), None);
}

#[tokio::test]
async fn the_count_comes_only_when_asked_for() {
    let tenant = five_profiles(2).await;
    let path = tenant.below_token("/enrollmentProfiles");
    assert_eq!(tenant.get(&path).await.body.get("@odata.count"), None);
    assert_eq!(tenant.get(&format!("{path}?$count=true")).await.body["@odata.count"], 5);
}

#[tokio::test]
async fn a_client_can_ask_for_smaller_pages_and_keeps_them() {
    let tenant = five_profiles(3).await;
    let page = tenant.get(&tenant.below_token("/enrollmentProfiles?$top=1")).await;
    assert_eq!(names(&page.body), ["A"]);
    assert!(page.text("/@odata.nextLink").contains("$top=1"));
    let page = tenant.get(&tenant.below_token("/enrollmentProfiles?$top=50")).await;
    assert_eq!(names(&page.body), ["A", "B", "C"]);
}

#[tokio::test]
async fn a_preference_for_larger_pages_is_followed_up_to_a_limit_or_ignored() {
    let tenant = five_profiles(2).await;
    let path = tenant.below_token("/enrollmentProfiles");
    for (largest, preferred, shown, applied) in [
        (0, "odata.maxpagesize=4", "AB", None),
        (4, "odata.maxpagesize=3", "ABC", Some("odata.maxpagesize=3")),
        (4, "return=minimal, odata.maxpagesize=1000", "ABCD", Some("odata.maxpagesize=4")),
        (4, "odata.maxpagesize=1", "A", Some("odata.maxpagesize=1")),
        (4, "odata.maxpagesize=0", "AB", None),
        (4, "respond-async", "AB", None),
    ] {
        tenant.send("PUT", "/_emulator/largest_page", &json!(largest)).await;
        let request = tenant.request("GET", &path).header("prefer", preferred);
        let page = received(request).await.unwrap();
        assert_eq!(names(&page.body).join(""), shown, "{preferred} of {largest}");
        let told = page.headers.get("preference-applied").map(|value| value.to_str().unwrap());
        assert_eq!(told, applied, "{preferred} of {largest}");
    }
}

#[tokio::test]
async fn a_selection_knows_the_base_types_properties_only() {
    let tenant = five_profiles(1).await;
    let answer =
        tenant.get(&tenant.below_token("/enrollmentProfiles?$select=id,displayName")).await;
    let first = answer.body["value"][0].as_object().unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["@odata.type", "displayName", "id"]);
    let answer = tenant.get(&tenant.below_token("/enrollmentProfiles?$select=isMandatory")).await;
    answer.assert_refused(400, "'isMandatory' on type 'microsoft.graph.enrollmentProfile'");
}

#[tokio::test]
async fn query_options_that_are_unknown_or_malformed_are_refused() {
    let tenant = Tenant::start().await;
    for option in
        ["$top=1&$top=2", "$top=0", "$top=x", "$skiptoken=1", "$filter=id eq 'x'", "$nonsense=1"]
    {
        let answer =
            tenant.get(&tenant.below_token(&format!("/enrollmentProfiles?{option}"))).await;
        answer.assert_refused(400, "query option");
    }
}

#[tokio::test]
async fn tokens_are_listed_in_pages_too_and_the_pseudo_token_is_not() {
    let tenant = Tenant::with(Options { page_size: 1, ..Options::default() }).await;
    let second = tenant.emulator.add_token("Second");
    let first = tenant.get("/beta/deviceManagement/depOnboardingSettings?$count=true").await;
    assert_eq!(first.body["@odata.count"], 2);
    assert_eq!(first.text("/value/0/id"), tenant.token);
    assert_eq!(first.text("/value/0/tokenName"), "Contoso ABM");
    let link = first.text("/@odata.nextLink").strip_prefix(tenant.emulator.url()).unwrap();
    assert_eq!(tenant.get(link).await.text("/value/0/id"), second);
    let account = tenant.get("/beta/deviceManagement").await;
    let pseudo = account.text("/intuneAccountId");
    let path = format!("/beta/deviceManagement/depOnboardingSettings/{pseudo}");
    assert_eq!(tenant.get(&path).await.text("/tokenType"), "none");
}

#[tokio::test]
async fn a_service_can_start_with_profiles() {
    let tenant = Tenant::with(Options { seed_profiles: 2500, ..Options::default() }).await;
    let mut path = tenant.below_token("/enrollmentProfiles?$count=true");
    let mut pages = 0;
    loop {
        let page = tenant.get(&path).await;
        assert_eq!(page.body["@odata.count"], 2500);
        pages += 1;
        let Some(link) = page.body["@odata.nextLink"].as_str() else { break };
        path = link.strip_prefix(tenant.emulator.url()).unwrap().to_owned();
    }
    assert_eq!(pages, 25);
}

#[tokio::test]
async fn an_unknown_token_is_not_found() {
    let mut tenant = Tenant::start().await;
    tenant.token = uuid::Uuid::nil().to_string();
    for rest in ["", "/enrollmentProfiles", "/importedAppleDeviceIdentities"] {
        tenant.get(&tenant.below_token(rest)).await.assert_refused(404, &tenant.token);
    }
}
