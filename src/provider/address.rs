//! Where a declared entity lives in Graph; asks nothing.

use crate::entity::{Entity, ID, Parent};
use crate::graph::Address;
use crate::resources::TOKEN;
use crate::value::Value;

/// The collection of an entity's possible parents.
pub(crate) fn parents(entity: &Entity) -> Address {
    collection_of(entity.parent)
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

/// The property of [`account`] that holds the tenant's own id, which is that of Apple Configurator's
/// token too.
pub(super) const ACCOUNT_ID: &str = "intuneAccountId";

/// The tenant's device management as a whole.
pub(super) fn account() -> Address {
    Address::new().segment("deviceManagement")
}

/// All enrollment program tokens.
pub(super) fn tokens() -> Address {
    collection_of(&TOKEN)
}

/// One enrollment program token.
pub(super) fn token(id: &str) -> Address {
    tokens().segment(id)
}

/// A profile of any type under a token.
pub(super) fn profile(token_id: &str, id: &str) -> Address {
    profiles(token_id).segment(id)
}

/// The enrollment profiles below one token.
pub(super) fn profiles(token_id: &str) -> Address {
    token(token_id).segment(TOKEN.children)
}

/// The devices of one token.
pub(super) fn devices(token_id: &str) -> Address {
    token(token_id).segment("importedAppleDeviceIdentities")
}

/// The id of the token that an id of a profile, `{token id}_{GUID}`, begins with; empty where it begins
/// with none, which no request is sent for.
pub(super) fn token_of(profile_id: &str) -> &str {
    profile_id.split_once('_').map_or("", |(token, _)| token)
}

fn collection_of(parent: &Parent) -> Address {
    parent.collection.iter().fold(Address::new(), |address, part| address.segment(part))
}
