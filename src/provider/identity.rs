//! What tells an object from all others (UpgradeResourceIdentity, and every answer that holds a state);
//! asks nobody.
//!
//! An identity follows from the state and from nothing else. So it is there whatever wrote the state, and
//! nothing is lost with a Terraform that does not keep it. An entity's changes only when the entity is
//! replaced; that of a device assignment names its profile, and changes with it.

use super::{Managed, Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::resources::dep_device_assignment;
use crate::value::{Value, json};

impl Resource {
    /// The identity of the object that a state or plan stands for; null when there is none.
    pub fn identify(&self, state: &Value) -> Value {
        match self.managed {
            Managed::Entity(entity) => entity.identity(state),
            Managed::DeviceAssignment => dep_device_assignment::identity(state),
        }
    }
}

impl Provider {
    /// Reads a stored identity of this schema version.
    ///
    /// # Errors
    ///
    /// When the version is not one this provider wrote, or the identity does not fit the schema.
    pub fn upgrade_identity(
        &self,
        resource: &Resource,
        version: i64,
        stored: &[u8],
    ) -> Result<Value, Diagnostic> {
        let (name, current) = (resource.type_name(), resource.identity.schema.version);
        if version != current {
            return Err(refused(
                name,
                &format!(
                    "it has schema version {version}, and this version of the provider reads version \
                     {current}"
                ),
            ));
        }
        json::decode(stored, &resource.identity.type_, json::Undefined::Ignore)
            .map_err(|error| refused(name, &error.to_string()))
    }
}

fn refused(type_name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "Stored identity cannot be read",
        format!(
            "The identity of this `{type_name}` cannot be used: {reason}. Nothing was changed. Use the \
             version of the provider that wrote it, or a newer one."
        ),
    )
}
