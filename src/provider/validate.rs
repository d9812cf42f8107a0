//! ValidateResourceConfig: what is wrong with a configuration; asks nobody.

use super::Provider;
use crate::diagnostics::Diagnostic;
use crate::entity::Entity;
use crate::value::Value;

impl Provider {
    /// Everything that is wrong or doubtful about a resource's configuration. Values that are not known
    /// yet pass.
    pub fn validate_resource(&self, entity: &Entity, config: &Value) -> Vec<Diagnostic> {
        entity.validate(config)
    }
}
