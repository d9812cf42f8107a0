//! The same, counted through the provider's process as Terraform reads: one ReadResource for each profile.

use futures_util::StreamExt;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::{Type, Value};

use super::Estate;
use crate::core::{Core, Described, dynamic, known};
use crate::host::{Host, Plugin};
use crate::oracle::proposed_new;

#[tokio::test(flavor = "multi_thread")]
async fn one_profile_is_one_get() {
    let estate = Estate::new(1, 1).await;
    refreshed(&estate, 10).await;
    assert_eq!((estate.cost().requests, estate.cost().gets), (1, 1));
    assert_eq!(estate.cost().looks, 1, "and one look at when the tokens expire");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_profiles_of_one_token_cost_ten_pages_and_at_most_ten_requests_more() {
    for parallelism in [1, 10, 256] {
        let estate = Estate::new(1, 1000).await;
        refreshed(&estate, parallelism).await;
        assert!(estate.cost().requests <= 10 + 10, "{parallelism}: {:?}", estate.cost());
        assert_eq!(estate.cost().looks, 1, "one for all of them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_profiles_over_fifty_tokens_take_at_most_sixty_requests() {
    for parallelism in [1, 10, 256] {
        let estate = Estate::new(50, 20).await;
        refreshed(&estate, parallelism).await;
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
        let read = read(&plugin, &type_, token, id).await;
        assert_eq!(read.state.is_null(), number == 19, "{:?}", read.problems);
    }
    plugin.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p14_ten_thousand_profiles_are_read_and_planned_in_little_memory() {
    let estate = Estate::new(1, 10_000).await;
    let plugin = configured(&estate).await;
    let states = refresh(&estate, &plugin, 256).await;
    // A listing answers for half a minute only, and a test build may take longer for all of them.
    let read = estate.cost().requests;
    assert!(read <= 500, "{read}");
    let core = Core::of(plugin).await;
    let profile = core.described(ENTITY.type_name);
    let plans = states.into_iter().enumerate().map(|(number, state)| {
        let description = (number % 10 == 0).then(|| format!("Changed {number}"));
        plan(&core.plugin, profile, state, description)
    });
    let done = futures_util::stream::iter(plans).buffer_unordered(256).count().await;
    assert_eq!(done, 10_000);
    assert_eq!(estate.cost().requests, read, "a plan of what was read asks nobody");
    let peak = crate::processes::peak(core.plugin.process.id());
    assert!(peak.is_none_or(|peak| peak < 100 << 20), "{peak:?}");
    core.plugin.shutdown().await;
}

/// Reads all that is managed, so many at a time, in a process of its own that ends with it.
async fn refreshed(estate: &Estate, parallelism: usize) {
    let plugin = configured(estate).await;
    refresh(estate, &plugin, parallelism).await;
    plugin.shutdown().await;
}

/// Reads all that is managed, so many at a time; answers the states and what is kept beside them.
async fn refresh(estate: &Estate, plugin: &Plugin, parallelism: usize) -> Vec<Read> {
    let type_ = ENTITY.schema().implied_type();
    let stored = estate.stored();
    let reads = estate.managed.iter().map(|(token, id)| async {
        let read = read(plugin, &type_, token, id).await;
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        assert_eq!(read.state.field("id").as_text(), Some(id.as_str()));
        let name = stored[id]["displayName"].as_str();
        assert_eq!(read.state.field("display_name").as_text(), name);
        read
    });
    let done: Vec<_> =
        futures_util::stream::iter(reads).buffer_unordered(parallelism).collect().await;
    assert_eq!(done.len(), estate.managed.len());
    done
}

/// Plans for a profile under this description: that one is changed and nothing else.
async fn plan(plugin: &Plugin, profile: &Described, read: Read, description: Option<String>) {
    let Read { state: prior, private, .. } = read;
    let description = description.map_or(Value::Null, Value::text);
    let given = ["dep_onboarding_setting_id", "display_name"].map(|name| (name, prior.field(name)));
    let config =
        altered(&null(&profile.type_), &[&given[..], &[("description", &description)]].concat());
    let proposed = proposed_new(&profile.schema, &prior, &config);
    let expected = altered(&prior, &[("description", &description)]);
    let [prior_state, proposed_new_state, config, expected] =
        [&prior, &proposed, &config, &expected].map(|value| Some(dynamic(value, &profile.type_)));
    let request = wire::plan_resource_change::Request {
        type_name: ENTITY.type_name.to_owned(),
        prior_state,
        proposed_new_state,
        config,
        prior_private: private,
        ..Default::default()
    };
    let answer = plugin.provider().plan_resource_change(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    assert!(answer.requires_replace.is_empty(), "{:?}", answer.requires_replace);
    assert!(
        answer.planned_state == expected,
        "{:?}",
        known(answer.planned_state.as_ref(), &profile.type_)
    );
}

/// An object of this type in which everything is null.
fn null(type_: &Type) -> Value {
    let Type::Object(attributes, _) = type_ else { panic!("a state is an object") };
    Value::Object(attributes.keys().map(|name| (name.clone(), Value::Null)).collect())
}

/// The object with these values in place of its own.
fn altered(object: &Value, values: &[(&str, &Value)]) -> Value {
    let Value::Object(mut fields) = object.clone() else { panic!("{object:?}") };
    fields.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())));
    Value::Object(fields)
}

async fn configured(estate: &Estate) -> Plugin {
    let variables = crate::signed_in_to(&estate.emulator).into_iter();
    let host = variables.fold(Host::new(), |host, (name, value)| host.env(name, value));
    let plugin = host.launch().await;
    let request = wire::configure_provider::Request::default();
    let answer = plugin.provider().configure_provider(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    plugin
}

/// What a read answers.
struct Read {
    state: Value,
    private: Vec<u8>,
    problems: Vec<wire::Diagnostic>,
}

/// Reads a profile of which the state holds nothing but the ids, as after an import.
async fn read(plugin: &Plugin, type_: &Type, token: &str, id: &str) -> Read {
    let ids = [("id", &Value::text(id)), ("dep_onboarding_setting_id", &Value::text(token))];
    let state = altered(&null(type_), &ids);
    let request = wire::read_resource::Request {
        type_name: ENTITY.type_name.to_owned(),
        current_state: Some(dynamic(&state, type_)),
        ..Default::default()
    };
    let answer = plugin.provider().read_resource(request).await.unwrap().into_inner();
    let state = known(answer.new_state.as_ref(), type_).unwrap();
    Read { state, private: answer.private, problems: answer.diagnostics }
}
