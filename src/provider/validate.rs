//! ValidateResourceConfig: what is wrong with a configuration; asks nobody.

use super::{Provider, Resource};
use crate::diagnostics::Diagnostic;
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
        let mut found = resource.entity.validate(config);
        if !write_only {
            found.extend(resource.entity.refuse_secrets(config));
        }
        found
    }
}
