//! The calls about actions, and the stream of InvokeAction: progress, then exactly one end.

use std::time::Duration;

use serde_json::{Value as Json, json};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;
use tokio::time::timeout;
use tonic::Streaming;
use wire::invoke_action::Event;
use wire::invoke_action::event::Type as Kind;

use super::{Stage, merged, with};
use crate::ACCOUNT;
use crate::core::{Told, dynamic, said};
use crate::emulator::{Course, Effect, Fault, Options};
use crate::host::PATIENCE;

const SYNC: &str = "intune_dep_sync";
const SET_DEFAULT: &str = "intune_dep_set_default_profile";
const NEVER: Course = Course { reads: 1000, code: 0, succeeds: true };

/// What a whole stream said.
struct Heard {
    progress: Vec<String>,
    told: Told,
}

impl Stage {
    fn sync_config(&self, changed: Json) -> Value {
        let least = json!({ "dep_onboarding_setting_id": self.token });
        self.core.action(SYNC).value(&merged(least, changed))
    }

    async fn invoke(&self, action: &str, config: &Value) -> Streaming<Event> {
        let request = wire::invoke_action::Request {
            action_type: action.to_owned(),
            config: Some(dynamic(config, &self.core.action(action).type_)),
            client_capabilities: None,
        };
        self.core.provider().invoke_action(request).await.unwrap().into_inner()
    }

    async fn heard(&self, action: &str, config: &Value) -> Heard {
        heard(self.invoke(action, config).await).await
    }

    /// What is told at the end of an action with this configuration.
    pub(super) async fn invoked(&self, action: &str, config: &Json) -> Told {
        self.heard(action, &self.core.action(action).value(config)).await.told
    }

    fn syncs(&self) -> usize {
        self.sent("POST").iter().filter(|one| one.path.contains("syncWith")).count()
    }
}

/// Reads a stream to its end, as core does, and holds it to core's rules.
async fn heard(mut events: Streaming<Event>) -> Heard {
    let mut progress = Vec::new();
    while let Some(event) = timeout(PATIENCE, events.message()).await.unwrap().unwrap() {
        // Core panics on an event without a type.
        match event.r#type.unwrap() {
            Kind::Progress(one) => progress.push(one.message),
            Kind::Completed(end) => {
                let after = timeout(PATIENCE, events.message()).await.unwrap().unwrap();
                assert_eq!(after, None, "nothing follows the end");
                return Heard { progress, told: said(&end.diagnostics) };
            }
        }
    }
    panic!("the stream ended without an end: {progress:?}")
}

/// Reads on until something of this kind was said.
async fn until(events: &mut Streaming<Event>, part: &str) {
    loop {
        let event = timeout(PATIENCE, events.message()).await.unwrap().unwrap().unwrap();
        match event.r#type.unwrap() {
            Kind::Progress(one) if one.message.contains(part) => return,
            Kind::Progress(_) => {}
            Kind::Completed(end) => panic!("{:?}", end.diagnostics),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_tells_its_course_and_then_its_one_end() {
    let stage = Stage::new().await;
    stage.emulator.let_sync(&stage.token, Course { reads: 1, ..Course::default() });
    let heard = stage.heard(SYNC, &stage.sync_config(json!({ "wait": true }))).await;
    heard.told.nothing();
    assert_eq!(stage.syncs(), 1);
    let [first, .., last] = heard.progress.as_slice() else { panic!("{:?}", heard.progress) };
    assert!(first.contains("asking Apple") && first.contains(&stage.token), "{first}");
    assert!(last.contains("has ended"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_nobody_waits_for_ends_once_it_is_accepted() {
    let stage = Stage::new().await;
    stage.emulator.let_sync(&stage.token, NEVER);
    for wait in [json!(null), json!(false)] {
        stage.emulator.was_synced(&stage.token, Duration::from_secs(15 * 60));
        let heard = stage.heard(SYNC, &stage.sync_config(json!({ "wait": wait }))).await;
        heard.told.nothing();
        assert_eq!(heard.progress.len(), 1, "{:?}", heard.progress);
    }
    assert_eq!(stage.syncs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_too_soon_is_not_sent_and_says_how_much_time_is_left() {
    let stage = Stage::new().await;
    stage.emulator.was_synced(&stage.token, Duration::from_secs(5 * 60));
    let heard = stage.heard(SYNC, &stage.sync_config(json!({}))).await;
    let why = heard.told.error(&["Synced a moment ago", "Run it again in 10 minutes", "12 hours"]);
    assert_eq!(why.path.as_ref().unwrap().to_string(), "dep_onboarding_setting_id");
    assert_eq!((stage.syncs(), heard.progress.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_apples_is_told_in_words() {
    for (code, succeeds, words) in [
        (3, false, "new terms and conditions"),
        (1, false, "renew it"),
        (77, false, "Code 77. No meaning of it is documented"),
        (4, true, "Code 4."),
    ] {
        let stage = Stage::new().await;
        stage.emulator.let_sync(&stage.token, Course { reads: 0, code, succeeds });
        let heard = stage.heard(SYNC, &stage.sync_config(json!({ "wait": true }))).await;
        if succeeds {
            heard.told.success().warning(&["Synced with an error", words]);
        } else {
            heard.told.error(&["Sync failed", words, "tries again within 12 hours"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_half_way_ends_the_wait_and_not_the_process() {
    let stage = Stage::new().await;
    stage.emulator.let_sync(&stage.token, NEVER);
    let mut events = stage.invoke(SYNC, &stage.sync_config(json!({ "wait": true }))).await;
    until(&mut events, "Waiting for Apple").await;
    drop(events);
    // The process goes on, and the work that nobody listens to does not hold it up when it is to end.
    stage.emulator.was_synced(&stage.token, Duration::from_secs(15 * 60));
    stage.heard(SYNC, &stage.sync_config(json!({}))).await.told.nothing();
    let Stage { core, .. } = stage;
    let (status, _) = core.plugin.shutdown().await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_wait_with_a_word() {
    let stage = Stage::new().await;
    stage.emulator.let_sync(&stage.token, NEVER);
    let mut events = stage.invoke(SYNC, &stage.sync_config(json!({ "wait": true }))).await;
    until(&mut events, "Waiting for Apple").await;
    stage.core.stop().await;
    let rest = heard(events).await;
    rest.told.error(&["Sync not awaited", "Terraform was interrupted", "goes on by itself"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_comes_after_what_was_said_before_it() {
    let stage = Stage::new().await;
    let forbidden = Effect::Status { code: 403, headers: Vec::new(), body: Json::Null };
    stage.emulator.fault(Fault::new("GET", "/depOnboardingSettings/", forbidden).after(1));
    let heard = stage.heard(SYNC, &stage.sync_config(json!({ "wait": true }))).await;
    assert_eq!(heard.progress.len(), 1, "{:?}", heard.progress);
    let parts = ["Sync not awaited", "Intune accepted the sync", "DeviceManagementServiceConfig"];
    heard.told.error(&parts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_invoked_is_an_end_with_words_and_no_status() {
    let stage = Stage::unconfigured(Options::default()).await;
    let config = stage.sync_config(json!({}));
    stage.heard(SYNC, &config).await.told.error(&["Provider not configured"]);
    stage.configure(json!({})).await;
    let unknown = with(&config, "wait", Value::unknown());
    stage.heard(SYNC, &unknown).await.told.error(&["not known"]);
    let empty = stage.sync_config(json!({ "dep_onboarding_setting_id": "" }));
    stage.heard(SYNC, &empty).await.told.error(&["dep_onboarding_setting_id"]);
    let limit = stage.sync_config(json!({ "timeouts": { "invoke": "soon" } }));
    stage.heard(SYNC, &limit).await.told.error(&["Invalid duration", "timeouts.invoke"]);
    let missing = stage.sync_config(json!({ "dep_onboarding_setting_id": "nowhere" }));
    let told = stage.heard(SYNC, &missing).await.told;
    told.error(&["Devices not synced", "Check `dep_onboarding_setting_id`"]);
    let request = wire::invoke_action::Request {
        action_type: "intune_dance".to_owned(),
        ..Default::default()
    };
    let events = stage.core.provider().invoke_action(request).await.unwrap().into_inner();
    heard(events).await.told.error(&["Unknown action", "`intune_dance`"]);
    assert_eq!(stage.syncs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn configurator_has_nothing_to_sync() {
    let stage = Stage::new().await;
    let config = stage.sync_config(json!({ "dep_onboarding_setting_id": ACCOUNT }));
    stage.heard(SYNC, &config).await.told.error(&["Token without devices of Apple"]);
    assert_eq!(stage.syncs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_asks_nobody_and_lets_pass_what_is_not_known_yet() {
    let stage = Stage::unconfigured(Options::default()).await;
    let type_ = &stage.core.action(SYNC).type_;
    let config = stage.sync_config(json!({}));
    let unknown = with(&config, "dep_onboarding_setting_id", Value::unknown());
    let wrong = stage.sync_config(json!({ "timeouts": { "invoke": "soon" } }));
    for (config, is_wrong) in [(config, false), (unknown, false), (wrong, true)] {
        let config = Some(dynamic(&config, type_));
        let type_name = SYNC.to_owned();
        let mut calls = stage.core.provider();
        let request = wire::validate_action_config::Request { type_name, config: config.clone() };
        let validated = calls.validate_action_config(request).await.unwrap().into_inner();
        let request = wire::plan_action::Request {
            action_type: SYNC.to_owned(),
            config,
            client_capabilities: None,
        };
        let planned = calls.plan_action(request).await.unwrap().into_inner();
        assert_eq!(planned.deferred, None);
        for told in [said(&validated.diagnostics), said(&planned.diagnostics)] {
            assert_eq!(told.failed(), is_wrong, "{told}");
        }
    }
    assert_eq!(stage.emulator.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_becomes_the_default_by_whichever_id() {
    let stage = Stage::new().await;
    let id = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Kiosks" }));
    let other = stage.emulator.put_profile(&stage.token, json!({ "displayName": "Others" }));
    let (_, guid) = id.split_once('_').unwrap();
    for given in [id.clone(), guid.to_owned(), format!("ECV2_{id}")] {
        assert!(stage.emulator.edit_profile(&other, json!({ "isDefault": true })));
        let config = json!({ "dep_onboarding_setting_id": stage.token, "profile_id": given });
        let config = stage.core.action(SET_DEFAULT).value(&config);
        let heard = stage.heard(SET_DEFAULT, &config).await;
        heard.told.nothing();
        assert!(heard.progress.iter().all(|one| one.contains(&id)), "{:?}", heard.progress);
        let stored = stage.stored();
        let default: Vec<_> = stored.iter().filter(|one| one["isDefault"] == true).collect();
        assert!(default.len() == 1 && default[0]["id"] == id, "{given}: {stored:?}");
    }
}
