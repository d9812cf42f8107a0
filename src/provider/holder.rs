//! Who has the name that Graph may have refused to give to a new object; changes nothing.

use tokio::time::Instant;

use super::address;
use super::looks::LOOK_FOR_WORDS;
use crate::entity::Entity;
use crate::graph::{Client, Error, Kind};
use crate::resources;
use crate::value::Value;

/// An object of another type that has the name of one that was not created.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) id: String,
    /// Graph's type.
    pub(super) type_: String,
    /// What manages such an object, if anything does.
    pub(super) resource: Option<&'static Entity>,
}

/// The holders of the name of what was to be created, where a conflict was the answer. The client names only
/// what is of the same type.
pub(super) async fn holders(
    client: &Client,
    entity: &Entity,
    planned: &Value,
    error: &Error,
) -> Vec<Holder> {
    if *error.kind() != Kind::Conflict {
        return Vec::new();
    }
    let collection = address::collection(entity, address::parent_id(entity, planned));
    // Without a list there is no more to say than what Graph said.
    let listed =
        client.list(&collection, Instant::now() + LOOK_FOR_WORDS).await.unwrap_or_default();
    let same_name = listed.iter().filter(|object| entity.has_name_of(planned, object));
    let holders = same_name.filter_map(|object| {
        Some(Holder {
            id: Entity::id_of(object)?.to_owned(),
            type_: entity.other_type(object)?.to_owned(),
            resource: resources::ALL.iter().copied().find(|one| one.other_type(object).is_none()),
        })
    });
    holders.collect()
}
