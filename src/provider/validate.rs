//! ValidateResourceConfig: what is wrong with a configuration; asks nobody.

use super::{Managed, Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::resources::dep_device_assignment;
use crate::value::Value;

impl Provider {
    /// Everything that is wrong or doubtful about a resource's configuration. Values that are not known
    /// yet pass. `write_only` says whether Terraform knows attributes that it must not keep.
    pub fn validate_resource(
        &self,
        resource: &Resource,
        config: &Value,
        write_only: bool,
    ) -> Vec<Diagnostic> {
        let entity = match resource.managed {
            Managed::Entity(entity) => entity,
            Managed::DeviceAssignment => return dep_device_assignment::validate(config),
        };
        let mut found = entity.validate(config);
        if !write_only {
            found.extend(entity.refuse_secrets(config));
        }
        found
    }
}
