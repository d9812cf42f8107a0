//! PlanResourceChange: what an apply would do; asks nobody.
//!
//! Terraform calls it once more with a null prior state when an attribute requires replacement, and
//! again during apply, when every value is known.

use super::{Managed, Private, Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::resources::dep_device_assignment;
use crate::value::{Path, Value};

/// A planned change.
#[derive(Debug)]
pub struct PlanOutcome {
    /// The state after the apply, as far as it is known; null for a destroy.
    pub state: Value,
    /// Attributes whose change means a new object.
    pub requires_replace: Vec<Path>,
    /// What is kept beside the state.
    pub private: Private,
    /// The identity after the apply, as far as it is known; null for a destroy.
    pub identity: Value,
    /// What to tell a person.
    pub diagnostics: Vec<Diagnostic>,
}

impl Provider {
    /// Plans a create (`prior` is null), an update or a destroy (`proposed` is null).
    pub fn plan(
        &self,
        resource: &Resource,
        prior: &Value,
        proposed: &Value,
        config: &Value,
        private: Private,
    ) -> PlanOutcome {
        if proposed.is_null() {
            let diagnostics = match resource.managed {
                Managed::Entity(_) => Vec::new(),
                Managed::DeviceAssignment => dep_device_assignment::plan_destroy(prior),
            };
            return PlanOutcome {
                state: Value::Null,
                requires_replace: Vec::new(),
                private,
                identity: Value::Null,
                diagnostics,
            };
        }
        let planned = match resource.managed {
            Managed::Entity(entity) => {
                let planned = entity.plan(prior, proposed, config, &private.suggestions);
                let rivals = self.claims.note(entity, prior, config, &planned);
                planned.with(rivals)
            }
            Managed::DeviceAssignment => dep_device_assignment::plan(prior, proposed, config),
        };
        // Terraform plans a replacement once more, and that plan says what comes after it.
        let replaced = !planned.requires_replace.is_empty();
        let identity = resource.identify(if replaced { prior } else { &planned.state });
        PlanOutcome {
            state: planned.state,
            requires_replace: planned.requires_replace,
            private,
            identity,
            diagnostics: planned.diagnostics,
        }
    }
}
