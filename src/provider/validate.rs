//! ValidateResourceConfig: what is wrong with a configuration; asks nobody.

use super::{Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::value::Value;

impl Provider {
    /// Everything that is wrong or doubtful about a resource's configuration. Values that are not known
    /// yet pass.
    pub fn validate_resource(&self, resource: &Resource, config: &Value) -> Vec<Diagnostic> {
        resource.entity.validate(config)
    }
}
