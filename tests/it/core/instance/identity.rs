//! What core asks of the identity that comes with every state; knows no resource.

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::Instance;
use crate::core::codec::{self, dynamic};
use crate::oracle::assert_identity;

impl Instance {
    /// The identity that came with a state; null where none came.
    ///
    /// Stricter than core in two things: a state whose type has an identity must come with one, as
    /// Terraform's own framework demands, and one that is not wholly known must not come at all, as core
    /// allows it in a plan and then cannot write the plan as JSON.
    #[track_caller]
    pub(super) fn identified(
        &self,
        answered: Option<&wire::ResourceIdentityData>,
        state: &Value,
    ) -> Value {
        let breach = "Provider produced invalid identity";
        let Some(type_) = &self.described.identity else {
            // Core crashes.
            assert_eq!(answered, None, "an identity of a type that has none");
            return Value::Null;
        };
        let data = answered.and_then(|identity| identity.identity_data.as_ref());
        let identity =
            codec::known(data, type_).unwrap_or_else(|wrong| self.story.broken(breach, &[wrong]));
        let has_id = !state.field("id").is_null() && !state.field("id").is_unknown();
        if identity.is_null() == has_id {
            self.story.broken(breach, &[format!("{identity:?} for {state:?}")]);
        }
        self.story.check(breach, &assert_identity(type_, &identity, false));
        identity
    }

    /// Stricter than core, which does not compare: an object keeps its identity for life, as Terraform's
    /// own framework demands.
    #[track_caller]
    pub(super) fn same_object(&self, before: &Value, after: &Value) {
        let changed = !before.is_null() && !after.is_null() && before != after;
        let complaint = changed.then(|| format!("{before:?} became {after:?}"));
        self.story.check("Unexpected identity change", complaint.as_slice());
    }

    pub(super) fn identity_data(&self, identity: &Value) -> Option<wire::ResourceIdentityData> {
        let type_ = self.described.identity.as_ref()?;
        let data = (!identity.is_null()).then(|| dynamic(identity, type_))?;
        Some(wire::ResourceIdentityData { identity_data: Some(data) })
    }
}
