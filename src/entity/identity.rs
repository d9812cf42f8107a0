//! What tells an entity from all others: the id of its parent and its own; knows no service.
//!
//! An entity's own id is the one that Graph gives, `{parent id}_{GUID}`, as its `id` attribute holds it.
//! It names the parent already, so that whoever imports may leave the parent out.

use super::id::{is_guid, whole_id};
use super::{Entity, ID};
use crate::schema::{IdentityAttribute, IdentitySchema};
use crate::value::Value;

/// The version of the shape of every entity's identity. Raised together with an upgrade step.
const VERSION: i64 = 0;

/// What an identity that somebody wrote down names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Named {
    /// The parent's id.
    pub parent_id: String,
    /// The entity's id in Graph.
    pub id: String,
}

impl Entity {
    /// The identity's schema.
    pub fn identity_schema(&self) -> IdentitySchema {
        let (noun, above) = (self.noun, self.parent.noun);
        let parent = IdentityAttribute {
            name: self.parent.attribute.to_owned(),
            description: format!(
                "Id of the {above}. May be left out where `{}` begins with it.",
                self.parent.child_id
            ),
            required_for_import: false,
        };
        let own = IdentityAttribute {
            name: self.parent.child_id.to_owned(),
            description: format!(
                "Id of the {noun} in Microsoft Graph, {{{above} id}}_{{GUID}}; beside the id of the \
                 {above}, the GUID is enough."
            ),
            required_for_import: true,
        };
        IdentitySchema { version: VERSION, attributes: vec![parent, own] }
    }

    /// The identity of the object that a state or plan stands for; null when it stands for none, or for
    /// one whose id the service never told.
    pub fn identity(&self, state: &Value) -> Value {
        let (parent, own) = (state.field(self.parent.attribute), state.field(ID));
        if parent.is_null() || own.is_null() {
            return Value::Null;
        }
        let attributes = [(self.parent.attribute, parent), (self.parent.child_id, own)];
        Value::Object(attributes.map(|(name, value)| (name.to_owned(), value.clone())).into())
    }

    /// What a complete or abbreviated identity names.
    ///
    /// # Errors
    ///
    /// In words, when it names nothing.
    pub fn named_by(&self, identity: &Value) -> Result<Named, String> {
        let (parent_name, own_name) = (self.parent.attribute, self.parent.child_id);
        let text = |name: &str| identity.field(name).as_text().filter(|text| !text.is_empty());
        let Some(own) = text(own_name) else { return Err(format!("`{own_name}` is empty.")) };
        let parts = own.split_once('_').filter(|(one, two)| is_guid(one) && is_guid(two));
        let (parent_id, id) = match (text(parent_name), parts) {
            (Some(parent), Some((prefix, _))) if !prefix.eq_ignore_ascii_case(parent) => {
                return Err(format!(
                    "`{own_name}` begins with the id of another {} than `{parent_name}`. Correct one of \
                     them, or leave `{parent_name}` out.",
                    self.parent.noun
                ));
            }
            (Some(parent), _) => (parent, whole_id(parent, own)),
            (None, Some((prefix, _))) => (prefix, own.to_owned()),
            (None, None) => {
                return Err(format!(
                    "`{own_name}` does not begin with the id of the {}, so `{parent_name}` must be \
                     given too.",
                    self.parent.noun
                ));
            }
        };
        Ok(Named { parent_id: parent_id.to_owned(), id })
    }
}
