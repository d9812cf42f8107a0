//! A query as core runs it: events are read one by one until there are enough, and then the stream is
//! dropped; knows no resource.
//!
//! The rules are those of `ListResource` in Terraform's `plugin6` package.

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::story::Story;
use super::{Core, Described, Told, codec};
use crate::oracle::{assert_identity, assert_read};

/// One object that a query found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) identity: Value,
    pub(crate) display_name: String,
    /// Null unless it was asked for.
    pub(crate) state: Value,
}

impl Core {
    /// The `config` block of a query.
    pub(crate) fn query_config(&self, type_name: &str, json: &serde_json::Value) -> Value {
        self.schemas.queries[type_name].value(json)
    }

    /// ValidateListResourceConfig.
    pub(crate) async fn validate_query(&self, type_name: &str, config: &Value) -> Told {
        let mut story = Story::default();
        let type_ = &self.schemas.queries[type_name].type_;
        story.note("ValidateListResourceConfig", config);
        let request = wire::validate_list_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(codec::dynamic(config, type_)),
            // Terraform leaves these out.
            include_resource_object: None,
            limit: None,
        };
        let answer = self.provider().validate_list_resource_config(request).await;
        let answer = story.answered(answer);
        story.told(&answer.diagnostics, type_)
    }

    /// ListResource, up to a number of objects. What was found before an error comes back too, although
    /// Terraform drops it.
    pub(crate) async fn query(
        &self,
        type_name: &str,
        config: &Value,
        states: bool,
        limit: i64,
    ) -> (Vec<Found>, Told) {
        let mut story = Story::default();
        let type_ = &self.schemas.queries[type_name].type_;
        story.note("ListResource", config);
        let request = wire::list_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(codec::dynamic(config, type_)),
            include_resource_object: states,
            limit,
        };
        let mut events = story.answered(self.provider().list_resource(request).await);
        let (mut found, mut told) = (Vec::new(), Told::default());
        while i64::try_from(found.len()).unwrap() < limit {
            let Some(event) = events.message().await.unwrap() else { break };
            told.extend(story.told(&event.diagnostic, type_));
            if told.failed() {
                let more = events.message().await.unwrap();
                assert_eq!(more, None, "something comes after an error");
                break;
            }
            let warned = !event.diagnostic.is_empty();
            match read(&mut story, self.described(type_name), event, states) {
                Some(one) => found.push(one),
                None if warned => {}
                None => story.broken("missing identity data in ListResource event", &[]),
            }
        }
        (found, told)
    }
}

/// What an event holds; nothing when it holds only something to tell.
fn read(
    story: &mut Story,
    described: &Described,
    event: wire::list_resource::Event,
    states: bool,
) -> Option<Found> {
    let breach = "An event that Terraform would refuse";
    let value = |data: Option<&wire::DynamicValue>, type_, story: &Story| {
        codec::known(data, type_).unwrap_or_else(|wrong| story.broken(breach, &[wrong]))
    };
    let identity_type = described.identity.as_ref().unwrap();
    let data = event.identity.and_then(|identity| identity.identity_data)?;
    let identity = value(Some(&data), identity_type, story);
    let state = value(event.resource_object.as_ref(), &described.type_, story);
    story.note("  found", (&identity, &state));
    story.check(breach, &assert_identity(identity_type, &identity, false));
    story.check(breach, &assert_read(&described.schema, &state));
    let asked = state.is_null() != states;
    story.check(breach, (!asked).then(|| "a state nobody asked for".to_owned()).as_slice());
    assert!(!event.display_name.is_empty(), "{identity:?} has no name");
    Some(Found { identity, display_name: event.display_name, state })
}
