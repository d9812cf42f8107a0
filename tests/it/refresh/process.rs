//! The same, counted through the provider's process as Terraform reads: one ReadResource for each profile.

use futures_util::StreamExt;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::{Fields, Type, Value, msgpack};

use super::Estate;
use crate::emulator::Credential;
use crate::host::{Host, Plugin};

#[tokio::test(flavor = "multi_thread")]
async fn one_profile_is_one_get() {
    let estate = Estate::new(1, 1).await;
    refresh(&estate, 10).await.shutdown().await;
    assert_eq!((estate.cost().requests, estate.cost().gets), (1, 1));
    assert_eq!(estate.cost().looks, 1, "and one look at when the tokens expire");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_profiles_of_one_token_cost_ten_pages_and_at_most_ten_requests_more() {
    for parallelism in [1, 10, 256] {
        let estate = Estate::new(1, 1000).await;
        refresh(&estate, parallelism).await.shutdown().await;
        assert!(estate.cost().requests <= 10 + 10, "{parallelism}: {:?}", estate.cost());
        assert_eq!(estate.cost().looks, 1, "one for all of them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_profiles_over_fifty_tokens_take_at_most_sixty_requests() {
    for parallelism in [1, 10, 256] {
        let estate = Estate::new(50, 20).await;
        refresh(&estate, parallelism).await.shutdown().await;
        assert!(estate.cost().requests <= 60, "{parallelism}: {:?}", estate.cost());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_gone_leaves_the_state_and_no_other_does() {
    let estate = Estate::new(1, 20).await;
    let plugin = configured(&estate).await;
    let type_ = ENTITY.schema().implied_type();
    estate.emulator.remove_profile(&estate.managed[19].1);
    for (number, (token, id)) in estate.managed.iter().enumerate() {
        let (state, problems) = read(&plugin, &type_, token, id).await;
        assert_eq!(state.is_null(), number == 19, "{problems:?}");
    }
    plugin.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p14_ten_thousand_profiles_are_read_in_little_memory() {
    let estate = Estate::new(1, 10_000).await;
    let plugin = refresh(&estate, 256).await;
    // A listing answers for half a minute only, and a test build may take longer for all of them.
    assert!(estate.cost().requests <= 500, "{:?}", estate.cost());
    let peak = crate::processes::peak(plugin.process.id());
    assert!(peak.is_none_or(|peak| peak < 100 << 20), "{peak:?}");
    plugin.shutdown().await;
}

/// Reads all that is managed, so many at a time, in a process of its own.
async fn refresh(estate: &Estate, parallelism: usize) -> Plugin {
    let plugin = configured(estate).await;
    let type_ = ENTITY.schema().implied_type();
    let stored = estate.stored();
    let reads = estate.managed.iter().map(|(token, id)| async {
        let (state, problems) = read(&plugin, &type_, token, id).await;
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(state.field("id").as_text(), Some(id.as_str()));
        let name = stored[id]["displayName"].as_str();
        assert_eq!(state.field("display_name").as_text(), name);
    });
    let done = futures_util::stream::iter(reads).buffer_unordered(parallelism).count().await;
    assert_eq!(done, estate.managed.len());
    plugin
}

async fn configured(estate: &Estate) -> Plugin {
    let credential = Credential::default();
    let plugin = Host::new()
        .env("ARM_TENANT_ID", credential.tenant_id)
        .env("ARM_CLIENT_ID", credential.client_id)
        .env("ARM_CLIENT_SECRET", credential.client_secret)
        .env("INTUNE_GRAPH_ENDPOINT", estate.emulator.url())
        .env("INTUNE_AUTHORITY_HOST", estate.emulator.url())
        .launch()
        .await;
    let request = wire::configure_provider::Request::default();
    let answer = plugin.provider().configure_provider(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    plugin
}

/// Reads a profile of which the state holds nothing but the ids, as after an import.
async fn read(
    plugin: &Plugin,
    type_: &Type,
    token: &str,
    id: &str,
) -> (Value, Vec<wire::Diagnostic>) {
    let Type::Object(attributes, _) = type_ else { panic!("a state is an object") };
    let mut state: Fields = attributes.keys().map(|name| (name.clone(), Value::Null)).collect();
    state.insert("id".to_owned(), Value::text(id));
    state.insert("dep_onboarding_setting_id".to_owned(), Value::text(token));
    let state = msgpack::encode(&Value::Object(state), type_).unwrap();
    let request = wire::read_resource::Request {
        type_name: ENTITY.type_name.to_owned(),
        current_state: Some(wire::DynamicValue { msgpack: state, json: Vec::new() }),
        ..Default::default()
    };
    let answer = plugin.provider().read_resource(request).await.unwrap().into_inner();
    let state = msgpack::decode(&answer.new_state.unwrap().msgpack, type_).unwrap();
    (state, answer.diagnostics)
}
