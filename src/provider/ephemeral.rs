//! ValidateEphemeralResourceConfig and OpenEphemeralResource: fetches what is never stored. Nothing has
//! to be renewed or closed: Graph keeps nothing of it.

use serde_json::Value as Json;
use tokio::time::Instant;

use super::explain::errand;
use super::mobile_config::exported;
use super::{Described, Provider};
use crate::diagnostics::Diagnostic;
use crate::entity::{Content, Ephemeral, Operation, Timeouts};
use crate::ephemeral_resources::dep_mobile_config::PROFILE_ID;
use crate::graph::Client;
use crate::value::Value;

/// An ephemeral resource, with what Terraform is told of it.
#[derive(Debug)]
pub struct Fleeting {
    /// Its declaration.
    pub ephemeral: &'static Ephemeral,
    /// Its schema and type.
    pub described: Described,
}

impl Provider {
    /// Every ephemeral resource by name, in alphabetical order.
    pub fn ephemeral_resources(&self) -> impl Iterator<Item = (&'static str, &Fleeting)> {
        self.ephemeral_resources.iter().map(|(name, fleeting)| (*name, fleeting))
    }

    /// The ephemeral resource of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn ephemeral_resource(&self, type_name: &str) -> Result<&Fleeting, Diagnostic> {
        let found = self.ephemeral_resources.get(type_name);
        found.ok_or_else(|| errand::unknown("ephemeral resource", type_name))
    }

    /// Everything that is wrong with a configuration. Values that are not known yet pass.
    pub fn validate_ephemeral(&self, fleeting: &Fleeting, config: &Value) -> Vec<Diagnostic> {
        fleeting.ephemeral.validate(config)
    }

    /// Fetches what the configuration asks for; answers the configuration with it.
    ///
    /// # Errors
    ///
    /// With what keeps it from being fetched.
    pub async fn open(
        &self,
        fleeting: &Fleeting,
        config: &Value,
    ) -> Result<Value, Vec<Diagnostic>> {
        let ephemeral = fleeting.ephemeral;
        let found = ephemeral.validate(config);
        if crate::diagnostics::has_error(&found) {
            return Err(found);
        }
        let client = self.client().map_err(|why| vec![why])?;
        let deadline = Instant::now() + Timeouts::of(config, Operation::Open);
        let content = match ephemeral.content {
            Content::MobileConfig => mobile_config(&client, ephemeral, config, deadline).await,
        };
        let content = content.map_err(|why| vec![why])?;
        let mut fields = config.as_fields().cloned().unwrap_or_default();
        fields.insert(ephemeral.result.0.to_owned(), content);
        Ok(Value::Object(fields))
    }
}

async fn mobile_config(
    client: &Client,
    ephemeral: &Ephemeral,
    config: &Value,
    deadline: Instant,
) -> Result<Value, Diagnostic> {
    let id = config.field(PROFILE_ID).as_text().unwrap_or_default();
    if !id.contains('_') {
        return Err(errand::not_a_profile_id(id));
    }
    let answer = exported(client, id, deadline)
        .await
        .map_err(|error| errand::not_opened(ephemeral.noun, id, &error))?;
    let document = answer.get("value").and_then(Json::as_str);
    document.map(Value::text).ok_or_else(|| errand::no_document(ephemeral.noun, id))
}
