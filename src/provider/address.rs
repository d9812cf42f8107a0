//! Where a declared entity lives in Graph; asks nothing.

use crate::entity::{Entity, ID, Parent};
use crate::graph::Address;
use crate::resources::TOKEN;
use crate::value::Value;

/// The collection of an entity's possible parents.
pub(crate) fn parents(entity: &Entity) -> Address {
    all(entity.parent)
}

/// One enrollment program token.
pub(super) fn token(id: &str) -> Address {
    all(&TOKEN).segment(id)
}

/// A profile of any type under a token.
pub(super) fn profile(token_id: &str, id: &str) -> Address {
    token(token_id).segment(TOKEN.children).segment(id)
}

/// The devices that Apple reported for a token.
pub(super) fn devices(token_id: &str) -> Address {
    token(token_id).segment("importedAppleDeviceIdentities")
}

/// The collection of all parents of a kind.
pub(super) fn all(parent: &Parent) -> Address {
    parent.collection.iter().fold(Address::new(), |address, part| address.segment(part))
}

/// One parent.
pub(super) fn parent(entity: &Entity, id: &str) -> Address {
    parents(entity).segment(id)
}

/// The collection below one parent.
pub(crate) fn collection(entity: &Entity, parent_id: &str) -> Address {
    parent(entity, parent_id).segment(entity.parent.children)
}

/// One entity.
pub(crate) fn item(entity: &Entity, parent_id: &str, id: &str) -> Address {
    collection(entity, parent_id).segment(id)
}

/// The id of the parent in a state or plan; empty where there is none, which no request is sent for.
pub(super) fn parent_id<'state>(entity: &Entity, state: &'state Value) -> &'state str {
    state.field(entity.parent.attribute).as_text().unwrap_or_default()
}

/// The entity that a state stands for.
pub(super) fn of_state(entity: &Entity, state: &Value) -> Address {
    item(entity, parent_id(entity, state), state.field(ID).as_text().unwrap_or_default())
}
