//! What no Terraform would send: each time an answer in words, what was there before is handed back, and
//! the process goes on serving.

use serde_json::json;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_intune::value::Value;
use tokio::time::timeout;
use tonic::transport::Channel;

use super::{PROFILE, Stage};
use crate::core::{dynamic, known};
use crate::host::PATIENCE;

/// Bytes that are no value of a profile, with what they are.
fn broken_values() -> Vec<(&'static str, wire::DynamicValue)> {
    let msgpack = |bytes: Vec<u8>| wire::DynamicValue { msgpack: bytes, json: Vec::new() };
    let json = |text: &str| wire::DynamicValue { msgpack: Vec::new(), json: text.into() };
    let repeated = |unit: &[u8], times: usize| msgpack(unit.repeat(times));
    vec![
        ("a byte that MessagePack does not use", msgpack(vec![0xc1])),
        ("a map cut short", msgpack(vec![0x81])),
        ("a map of four thousand million", msgpack(vec![0xdf, 0xff, 0xff, 0xff, 0xff])),
        ("an array of four thousand million", msgpack(vec![0xdd, 0xff, 0xff, 0xff, 0xff])),
        ("text of four gigabytes", msgpack(vec![0xdb, 0xff, 0xff, 0xff, 0xff, b'a'])),
        ("an object without attributes", msgpack(vec![0x80])),
        ("a number", msgpack(vec![0x07])),
        ("an array", msgpack(vec![0x90])),
        ("an unknown attribute", msgpack([&[0x81, 0xa1], b"x".as_slice(), &[0xc0]].concat())),
        ("null and then more", msgpack(vec![0xc0, 0xc0])),
        ("two million arrays in each other", repeated(&[0x91], 2_000_000)),
        ("a million maps in each other", repeated(&[0x81, 0xa1, b'a'], 1_000_000)),
        ("four million times null", repeated(&[0xc0], 4_000_000)),
        ("text in the place of JSON", json("hello")),
        ("JSON cut short", json("{\"id\":")),
        ("JSON of another type", json("[1, 2, 3]")),
        ("JSON with an unknown attribute", json("{\"x\": null}")),
        ("JSON of another attribute type", json("{\"siri_disabled\": {}}")),
        ("a million JSON arrays in each other", json(&"[".repeat(1_000_000))),
        (
            "a megabyte in one attribute that is no number",
            json(&format!("{{\"shared_ipad_maximum_user_count\": \"{}\"}}", "9a".repeat(500_000))),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_values_are_refused_by_every_call_and_change_nothing() {
    let stage = Stage::new().await;
    let broken = broken_values();
    for (what, value) in &broken {
        let mut asked = Asked::new(&stage);
        asked.validate_provider(Some(value.clone())).await.refused(what);
        asked.configure(Some(value.clone())).await.refused(what);
        asked.validate(PROFILE, Some(value.clone())).await.refused(what);
        let read = asked.read(PROFILE, Some(value.clone()), b"kept").await;
        read.refused(what);
        assert_eq!(read.state.as_ref(), Some(value), "{what}");
        assert_eq!(read.private, b"kept", "{what}");
        let null = || Some(wire::DynamicValue { msgpack: vec![0xc0], json: Vec::new() });
        for at in 0..3 {
            let mut values = [null(), null(), null()];
            values[at] = Some(value.clone());
            let [prior, proposed, config] = values;
            asked.plan(PROFILE, prior, proposed, config).await.refused(what);
        }
        let applied = asked.apply(PROFILE, Some(value.clone()), null(), b"kept").await;
        applied.refused(what);
        assert_eq!(applied.state.as_ref(), Some(value), "{what}");
        assert_eq!(applied.private, b"kept", "{what}");
        asked.import_identity(PROFILE, value.clone()).await.refused(what);
        let applied = asked.apply(PROFILE, null(), Some(value.clone()), b"").await;
        applied.refused(what);
        assert_eq!(applied.state, null(), "{what}");
    }
    assert_eq!(stage.emulator.requests().len(), 0);
    still_serves(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_with_nothing_in_them_are_answered() {
    let stage = Stage::new().await;
    let mut asked = Asked::new(&stage);
    asked.validate_provider(None).await.success();
    asked.validate(PROFILE, None).await.refused("a configuration of nothing");
    asked.plan(PROFILE, None, None, None).await.success();
    asked.read(PROFILE, None, b"").await.refused("a read of nothing");
    asked.apply(PROFILE, None, None, b"").await.refused("an apply of nothing");
    asked.import(PROFILE, "").await.refused("an import of nothing");
    asked.upgrade(PROFILE, 0, None).await.refused("an upgrade of nothing");
    assert_eq!(stage.emulator.requests().len(), 0);
    still_serves(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_does_not_exist_is_named_by_every_call() {
    let stage = Stage::new().await;
    let state = Some(wire::DynamicValue { msgpack: vec![0x81, 0xa1, b'a', 0xc0], json: vec![] });
    let long = "x".repeat(10_000);
    for name in ["", "intune_nothing", "INTUNE_DEP_ENROLLMENT_PROFILE", "\u{0}", &long] {
        let mut asked = Asked::new(&stage);
        asked.validate(name, state.clone()).await.refused(name);
        asked.plan(name, state.clone(), state.clone(), state.clone()).await.refused(name);
        asked.import(name, "a/b").await.refused(name);
        asked
            .upgrade(name, 0, Some(wire::RawState { json: b"{}".to_vec(), ..Default::default() }))
            .await
            .refused(name);
        for answer in [
            asked.read(name, state.clone(), b"kept").await,
            asked.apply(name, state.clone(), None, b"kept").await,
        ] {
            answer.refused(name);
            assert_eq!((answer.state, answer.private), (state.clone(), b"kept".to_vec()));
        }
    }
    still_serves(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_terraform_0_11_is_refused() {
    let stage = Stage::new().await;
    let flatmap = [("id".to_owned(), "x".to_owned())].into();
    let state = wire::RawState { json: Vec::new(), flatmap };
    let answer = Asked::new(&stage).upgrade(PROFILE, 0, Some(state)).await;
    answer.refused("Terraform 0.11");
    assert!(answer.said.contains("Terraform 0.11 or earlier"), "{}", answer.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_stored_states_and_import_ids_are_refused_in_time() {
    let stage = Stage::new().await;
    let mut asked = Asked::new(&stage);
    for json in [
        "[".repeat(5_000_000),
        "{\"a\":".repeat(1_000_000),
        format!("[{}0]", "0,".repeat(2_000_000)),
        format!("\"{}\"", "x".repeat(5_000_000)),
        "9".repeat(3_000_000),
    ] {
        let state = wire::RawState { json: json.into_bytes(), ..Default::default() };
        asked.upgrade(PROFILE, 0, Some(state)).await.refused("a large state");
    }
    for id in ["x".repeat(10_000), "/".repeat(2_000), format!("{}/\u{0}\n", stage.token)] {
        asked.import(PROFILE, &id).await.refused("a strange import id");
    }
    still_serves(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_value_that_is_sound_is_taken() {
    let stage = Stage::new().await;
    // More than the 4 MiB that gRPC libraries take by default.
    let stored = json!({ "id": "x", "description": "y".repeat(6_000_000) });
    let state = wire::RawState { json: stored.to_string().into_bytes(), ..Default::default() };
    let upgraded = Asked::new(&stage).upgrade(PROFILE, 0, Some(state)).await;
    upgraded.success();
    let type_ = &stage.core.described(PROFILE).type_;
    let state = known(upgraded.state.as_ref(), type_).unwrap();
    assert_eq!(state.field("description").as_text().map(str::len), Some(6_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_the_right_type_that_no_core_would_send_are_survived() {
    let stage = Stage::new().await;
    let (profile, config) = stage.applied(json!({})).await;
    let type_ = &stage.core.described(PROFILE).type_;
    let nulls = stage.core.described(PROFILE).value(&json!({}));
    let unknown = Value::unknown();
    let every = [&nulls, &unknown, &config, profile.state(), &Value::Null];
    let mut asked = Asked::new(&stage);
    let wire = |value: &Value| Some(dynamic(value, type_));
    for prior in every {
        asked.validate(PROFILE, wire(prior)).await;
        for proposed in every {
            for config in every {
                asked.plan(PROFILE, wire(prior), wire(proposed), wire(config)).await;
            }
        }
    }
    // Nothing here has an id or a token to ask for, so nothing may be sent.
    stage.emulator.clear_requests();
    for empty in [&nulls, &unknown, &Value::Null] {
        asked.read(PROFILE, wire(empty), b"").await.refused("a state without an id");
        asked.apply(PROFILE, wire(&Value::Null), wire(empty), b"").await.refused("an empty plan");
    }
    asked.apply(PROFILE, wire(&nulls), wire(&Value::Null), b"").await.refused("an empty prior");
    assert_eq!(stage.emulator.requests().len(), 0);
    still_serves(&stage).await;
}

/// A whole life, after what was done to the process.
async fn still_serves(stage: &Stage) {
    stage.configure(json!({})).await;
    let (mut profile, config) = stage.applied(json!({ "display_name": "After all" })).await;
    profile.converged(&config).await.nothing();
    profile.destroy().await.nothing();
}

/// The calls without core's care.
struct Asked(ProviderClient<Channel>);

/// What the answers have in common.
#[derive(Debug)]
struct Answered {
    failed: bool,
    said: String,
    state: Option<wire::DynamicValue>,
    private: Vec<u8>,
}

impl Answered {
    fn of(diagnostics: &[wire::Diagnostic]) -> Self {
        let error = wire::diagnostic::Severity::Error;
        Self {
            failed: diagnostics.iter().any(|diagnostic| diagnostic.severity() == error),
            said: diagnostics
                .iter()
                .map(|said| format!("{}: {}\n", said.summary, said.detail))
                .collect(),
            state: None,
            private: Vec::new(),
        }
    }

    #[track_caller]
    fn refused(&self, what: &str) {
        let what: String = what.chars().take(80).collect();
        assert!(self.failed, "{what} was accepted");
        assert!(self.said.len() < 100_000, "{what} is answered with {} bytes", self.said.len());
        // A panic would be told as this; what the caller did wrong is no bug of ours.
        assert!(!self.said.contains("Internal error"), "{what}: {}", self.said);
    }

    #[track_caller]
    fn success(&self) {
        assert!(!self.failed, "{}", self.said);
    }
}

/// Sends a request, which has to be answered in time and without a gRPC status.
macro_rules! ask {
    ($asked:ident, $call:ident, $request:expr) => {
        timeout(PATIENCE, $asked.0.$call($request)).await.unwrap().unwrap().into_inner()
    };
}

impl Asked {
    fn new(stage: &Stage) -> Self {
        Self(stage.core.provider())
    }

    async fn validate_provider(&mut self, config: Option<wire::DynamicValue>) -> Answered {
        let request = wire::validate_provider_config::Request { config };
        Answered::of(&ask!(self, validate_provider_config, request).diagnostics)
    }

    async fn configure(&mut self, config: Option<wire::DynamicValue>) -> Answered {
        let request = wire::configure_provider::Request { config, ..Default::default() };
        Answered::of(&ask!(self, configure_provider, request).diagnostics)
    }

    async fn validate(&mut self, name: &str, config: Option<wire::DynamicValue>) -> Answered {
        let type_name = name.to_owned();
        let request =
            wire::validate_resource_config::Request { type_name, config, ..Default::default() };
        Answered::of(&ask!(self, validate_resource_config, request).diagnostics)
    }

    async fn upgrade(
        &mut self,
        name: &str,
        version: i64,
        raw_state: Option<wire::RawState>,
    ) -> Answered {
        let type_name = name.to_owned();
        let request = wire::upgrade_resource_state::Request { type_name, version, raw_state };
        let answer = ask!(self, upgrade_resource_state, request);
        Answered { state: answer.upgraded_state, ..Answered::of(&answer.diagnostics) }
    }

    async fn read(
        &mut self,
        name: &str,
        current_state: Option<wire::DynamicValue>,
        private: &[u8],
    ) -> Answered {
        let request = wire::read_resource::Request {
            type_name: name.to_owned(),
            current_state,
            private: private.to_vec(),
            ..Default::default()
        };
        let answer = ask!(self, read_resource, request);
        let (state, private) = (answer.new_state, answer.private);
        Answered { state, private, ..Answered::of(&answer.diagnostics) }
    }

    async fn plan(
        &mut self,
        name: &str,
        prior_state: Option<wire::DynamicValue>,
        proposed_new_state: Option<wire::DynamicValue>,
        config: Option<wire::DynamicValue>,
    ) -> Answered {
        let request = wire::plan_resource_change::Request {
            type_name: name.to_owned(),
            prior_state,
            proposed_new_state,
            config,
            ..Default::default()
        };
        let answer = ask!(self, plan_resource_change, request);
        let (state, private) = (answer.planned_state, answer.planned_private);
        Answered { state, private, ..Answered::of(&answer.diagnostics) }
    }

    async fn apply(
        &mut self,
        name: &str,
        prior_state: Option<wire::DynamicValue>,
        planned_state: Option<wire::DynamicValue>,
        planned_private: &[u8],
    ) -> Answered {
        let request = wire::apply_resource_change::Request {
            type_name: name.to_owned(),
            prior_state,
            planned_state,
            planned_private: planned_private.to_vec(),
            ..Default::default()
        };
        let answer = ask!(self, apply_resource_change, request);
        let (state, private) = (answer.new_state, answer.private);
        Answered { state, private, ..Answered::of(&answer.diagnostics) }
    }

    async fn import(&mut self, name: &str, id: &str) -> Answered {
        let request = wire::import_resource_state::Request {
            type_name: name.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        Answered::of(&ask!(self, import_resource_state, request).diagnostics)
    }

    async fn import_identity(&mut self, name: &str, identity: wire::DynamicValue) -> Answered {
        let request = wire::import_resource_state::Request {
            type_name: name.to_owned(),
            identity: Some(wire::ResourceIdentityData { identity_data: Some(identity) }),
            ..Default::default()
        };
        Answered::of(&ask!(self, import_resource_state, request).diagnostics)
    }
}
