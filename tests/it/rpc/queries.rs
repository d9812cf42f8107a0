//! Queries: what is found, in what order, how much of it is read, and what is said when it fails.

use serde_json::{Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::{PROFILE, Stage};
use crate::core::{Found, Told, dynamic};
use crate::emulator::{Effect, Fault, Options, Recorded};

/// So many that nobody runs out of them.
const MANY: i64 = 100;

impl Stage {
    /// A tenant whose pages hold two, with the profiles `one` to `three` under the first token, `four`
    /// under the second, and a profile of another type in between.
    async fn of_two_tokens() -> Self {
        let tokens = vec!["Contoso ABM".to_owned(), "Contoso ASM".to_owned()];
        let stage = Self::with(Options { page_size: 2, tokens, ..Options::default() }).await;
        let tokens = stage.emulator.tokens();
        for (token, name) in [(0, "one"), (0, "iOS"), (0, "two"), (0, "three"), (1, "four")] {
            let mut profile = json!({ "displayName": name, "siriDisabled": true });
            if name == "iOS" {
                profile["@odata.type"] = json!("#microsoft.graph.depIOSEnrollmentProfile");
            }
            stage.emulator.put_profile(&tokens[token].0, profile);
        }
        stage.emulator.clear_requests();
        stage
    }

    async fn query(&self, config: Json, states: bool, limit: i64) -> (Vec<Found>, Told) {
        let config = self.core.query_config(PROFILE, &config);
        self.core.query(PROFILE, &config, states, limit).await
    }

    /// How many requests to Graph only read, the listing of tokens among them.
    fn reads(&self) -> usize {
        let is_read = |one: &&Recorded| one.method == "GET" && one.path.starts_with("/beta");
        self.emulator.requests().iter().filter(is_read).count()
    }

    /// The names of what a query finds without a word.
    async fn names(&self, config: Json, limit: i64) -> Vec<String> {
        let (found, told) = self.query(config, false, limit).await;
        told.nothing();
        found.into_iter().map(|one| one.display_name).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_finds_every_profile_of_its_type_under_every_token() {
    let stage = Stage::of_two_tokens().await;
    assert_eq!(stage.names(json!({}), MANY).await, ["one", "two", "three", "four"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_what_an_import_makes_of_it() {
    let stage = Stage::of_two_tokens().await;
    let (found, told) = stage.query(json!({}), true, MANY).await;
    told.nothing();
    assert_eq!(found.len(), 4);
    for one in found {
        let mut profile = stage.profile();
        profile.import_identity(&one.identity).await.nothing();
        assert_eq!((profile.state(), profile.identity()), (&one.state, &one.identity));
        assert_eq!(profile.text("display_name"), one.display_name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_leave_the_rest_out() {
    let stage = Stage::of_two_tokens().await;
    let (first, second) =
        (stage.emulator.tokens()[0].0.clone(), stage.emulator.tokens()[1].0.clone());
    for (config, names) in [
        (json!({ "dep_onboarding_setting_id": second }), vec!["four"]),
        (json!({ "display_name": "two" }), vec!["two"]),
        (json!({ "display_name": "Two" }), vec![]),
        (json!({ "display_name_contains": "O" }), vec!["one", "two", "four"]),
        (
            json!({ "dep_onboarding_setting_id": first, "display_name_contains": "o" }),
            vec!["one", "two"],
        ),
        (json!({ "display_name": "one", "display_name_contains": "two" }), vec![]),
    ] {
        assert_eq!(stage.names(config.clone(), MANY).await, names, "{config}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_asked_for_however_graph_composes_its_letters() {
    let stage = Stage::new().await;
    let written = "Mu\u{308}nchen";
    stage.emulator.put_profile(&stage.token, json!({ "displayName": written }));
    for config in
        [json!({ "display_name": "M\u{fc}nchen" }), json!({ "display_name_contains": "M\u{dc}N" })]
    {
        assert_eq!(stage.names(config.clone(), MANY).await, [written], "{config}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_read_than_the_limit_needs() {
    let stage = Stage::of_two_tokens().await;
    // A page of tokens, the pages of the first and that of the second.
    for (limit, names, requests) in [
        (0, &[][..], 0),
        (-1, &[], 0),
        (1, &["one"], 2),
        (2, &["one", "two"], 3),
        (3, &["one", "two", "three"], 3),
        (4, &["one", "two", "three", "four"], 4),
        (MANY, &["one", "two", "three", "four"], 4),
    ] {
        stage.emulator.clear_requests();
        assert_eq!(stage.names(json!({}), limit).await, names, "{limit}");
        assert_eq!(stage.reads(), requests, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_reading_stops_the_query() {
    let stage = Stage::of_two_tokens().await;
    let gate = Effect::HoldBeforeCommit { gate: "second page".to_owned() };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles?", gate));
    let config = stage.core.query_config(PROFILE, &json!({}));
    let request = wire::list_resource::Request {
        type_name: PROFILE.to_owned(),
        config: Some(dynamic(&config, stage.core.query_type(PROFILE))),
        include_resource_object: true,
        limit: MANY,
    };
    let mut events = stage.core.provider().list_resource(request).await.unwrap().into_inner();
    assert_eq!(events.message().await.unwrap().unwrap().display_name, "one");
    stage.arrivals("second page", 1).await;
    drop(events);
    // The plugin has heard of it when it has answered another call on the same connection.
    stage.core.validate_query(PROFILE, &config).await.nothing();
    stage.emulator.open_gate("second page");
    let (_, told) = stage.query(json!({ "display_name": "four" }), false, 1).await;
    told.nothing();
    // Tokens and two pages before, tokens and three pages after.
    assert_eq!(stage.reads(), 3 + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_ends_a_query_in_words() {
    let stage = Stage::of_two_tokens().await;
    let status = Effect::Status { code: 403, headers: Vec::new(), body: Json::Null };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles?", status));
    let (found, told) = stage.query(json!({}), false, MANY).await;
    assert_eq!(found.len(), 1);
    told.error(&["Enrollment profiles not listed", &stage.token, "Forbidden"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_gone_since_it_was_listed_is_a_warning() {
    let stage = Stage::of_two_tokens().await;
    let gone = || Effect::Status { code: 404, headers: Vec::new(), body: Json::Null };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", gone()));
    let (found, told) = stage.query(json!({}), false, MANY).await;
    assert_eq!(found.iter().map(|one| one.display_name.as_str()).collect::<Vec<_>>(), ["four"]);
    told.success().warning(&["Enrollment profiles not listed", &stage.token]);
    // The one that somebody asks for has to be there.
    let missing = "00000000-0000-4000-8000-000000000000";
    let config = json!({ "dep_onboarding_setting_id": missing });
    let (_, told) = stage.query(config, false, MANY).await;
    told.error(&["Enrollment profiles not listed", missing, "Check `dep_onboarding_setting_id`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_shows_less_is_completed_once_it_matters() {
    let stage = Stage::of_two_tokens().await;
    let omit = Effect::OmitProperty { name: "siriDisabled".to_owned() };
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles?", omit.clone()).times(usize::MAX));
    stage.emulator.fault(Fault::new("GET", "enrollmentProfiles", omit).times(1));
    let (found, told) = stage.query(json!({}), true, MANY).await;
    told.nothing();
    assert!(found.iter().all(|one| one.state.field("siri_disabled") == &Value::Bool(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_query_is_said() {
    let stage = Stage::of_two_tokens().await;
    for name in ["dep_onboarding_setting_id", "display_name", "display_name_contains"] {
        let config = stage.core.query_config(PROFILE, &json!({ name: "" }));
        let told = stage.core.validate_query(PROFILE, &config).await;
        told.error(&[&format!("`{name}` is empty")]);
    }
    let unconfigured = Stage::unconfigured(Options::default()).await;
    let (_, told) = unconfigured.query(json!({}), false, MANY).await;
    told.error(&["Provider not configured"]);
}
