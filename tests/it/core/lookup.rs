//! One data source, asked in core's order and under core's checks; knows none in particular.

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::codec::{self, dynamic};
use super::story::Story;
use super::{Core, Described, Told, capabilities};
use crate::oracle::assert_data_read;

impl Core {
    /// What core knows of a data source.
    pub(crate) fn described_data(&self, type_name: &str) -> &Described {
        &self.schemas.data_sources[type_name]
    }

    /// Validates a data source's configuration and reads it; null when there was an error.
    pub(crate) async fn look_up(
        &self,
        type_name: &str,
        config: &serde_json::Value,
    ) -> (Value, Told) {
        let described = self.described_data(type_name);
        let (type_, config) = (&described.type_, described.value(config));
        let mut story = Story::default();
        story.note("ValidateDataResourceConfig", &config);
        let request = wire::validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(dynamic(&config, type_)),
        };
        let answer = self.provider().validate_data_resource_config(request).await;
        let validated = story.answered(answer);
        let mut told = story.told(&validated.diagnostics, type_);
        if told.failed() {
            return (Value::Null, told);
        }
        story.note("ReadDataSource", &config);
        let request = wire::read_data_source::Request {
            type_name: type_name.to_owned(),
            config: Some(dynamic(&config, type_)),
            provider_meta: None,
            client_capabilities: Some(capabilities()),
        };
        let answer = story.answered(self.provider().read_data_source(request).await);
        told.extend(story.told(&answer.diagnostics, type_));
        if told.failed() {
            assert_eq!(answer.state, None, "a state beside an error");
            return (Value::Null, told);
        }
        let read = codec::known(answer.state.as_ref(), type_)
            .unwrap_or_else(|error| story.broken("an unreadable state", &[error]));
        story
            .check("Provider produced invalid object", &assert_data_read(&described.schema, &read));
        // Core does not look, but whoever refers to it expects what was written.
        for (name, value) in config.as_fields().into_iter().flatten() {
            assert!(value.is_null() || read.field(name) == value, "{name} has changed: {read:?}");
        }
        (read, told)
    }
}
