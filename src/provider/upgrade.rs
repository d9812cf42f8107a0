//! UpgradeResourceState: the stored state in today's shape; asks nobody, and never gives up a state.

use super::{Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::value::{Value, json};

impl Provider {
    /// Reads a stored state of this schema version.
    ///
    /// # Errors
    ///
    /// When the version is not one this provider wrote, or the state does not fit the schema. Terraform
    /// then stops and leaves the stored state as it is.
    pub fn upgrade(
        &self,
        resource: &Resource,
        version: i64,
        stored: &[u8],
    ) -> Result<Value, Diagnostic> {
        let name = resource.type_name();
        let current = resource.described.schema.version;
        if version != current {
            return Err(refused(
                name,
                &format!(
                    "it has schema version {version}, and this version of the provider reads version \
                     {current}"
                ),
            ));
        }
        let state = json::decode(stored, &resource.described.type_, json::Undefined::Ignore)
            .map_err(|error| {
                let refused = refused(name, &error.to_string());
                if error.path.steps().is_empty() { refused } else { refused.at(error.path) }
            })?;
        if state.is_null() { Err(refused(name, "it is null")) } else { Ok(state) }
    }

    /// What to say of a state in the form that Terraform 0.11 and earlier wrote.
    pub fn refuse_flatmap(&self, resource: &Resource) -> Diagnostic {
        refused(resource.type_name(), "it was written by Terraform 0.11 or earlier")
    }
}

fn refused(type_name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "Stored state cannot be read",
        format!(
            "The state of this `{type_name}` cannot be used: {reason}. Nothing was changed. Restore the \
             state from a backup, use the version of the provider that wrote it, or remove the entry \
             with `terraform state rm` and import the object again."
        ),
    )
}
