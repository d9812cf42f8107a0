//! Whether an object is the default of its platform, by its own word and by its parent's, and what stands in
//! the way of deleting one; changes nothing.

use serde_json::Value as Json;
use tokio::time::Instant;

use super::looks::{LOOK_FOR_WORDS, SETTLING, pauses};
use super::{Provider, address};
use crate::entity::{Entity, ID, Writing, id_key, is_false, is_true};
use crate::graph::{Client, Error, Kind};
use crate::value::Value;

/// What keeps an object from being deleted.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    /// It is the default of its platform.
    pub(super) is_default: bool,
    /// The serial numbers of the devices that are to get it.
    pub(super) devices: Vec<String>,
}

impl Provider {
    /// What stood in the way of a delete that the service refused; nothing where it does not say.
    pub(super) async fn obstacles(
        &self,
        client: &Client,
        entity: &Entity,
        state: &Value,
        error: &Error,
    ) -> Obstacles {
        if !matches!(error.kind(), Kind::BadRequest | Kind::Conflict) {
            return Obstacles::default();
        }
        let deadline = Instant::now() + LOOK_FOR_WORDS;
        let says = says_itself(client, entity, state, deadline).await;
        let is_default = says == Some(true)
            || named_by_parent(client, entity, state, deadline).await == Some(true);
        let token = address::parent_id(entity, state);
        let view = self.devices.of(token).look(client, token, None, deadline).await;
        let id = state.field(ID).as_text().unwrap_or_default();
        let devices = view.map_or_else(
            |_| Vec::new(),
            |view| view.all_having(id).into_iter().map(str::to_owned).collect(),
        );
        Obstacles { is_default, devices }
    }
}

/// Waits until what an action turned on shows, for a moment; answers whether it does.
pub(super) async fn shows(
    client: &Client,
    entity: &Entity,
    state: &Value,
    attribute: &str,
    deadline: Instant,
) -> bool {
    let Some(row) = entity.property(attribute) else { return true };
    let item = address::of_state(entity, state);
    let give_up = deadline.min(Instant::now() + SETTLING);
    let mut pauses = pauses().take(7);
    loop {
        match client.get(&item, deadline).await {
            Ok(answer) if answer.get(row.graph) != Some(&Json::Bool(false)) => return true,
            Err(error) if !error.is_not_found() => return false,
            _ => {}
        }
        if named_by_parent(client, entity, state, deadline).await == Some(true) {
            return true;
        }
        match pauses.next().filter(|pause| Instant::now() + *pause < give_up) {
            Some(pause) if client.pause(pause).await => {}
            _ => return false,
        }
    }
}

/// The attributes that an action turned on, by this state.
pub(super) fn turned_on(entity: &Entity, state: &Value) -> Vec<&'static str> {
    let actions = entity.properties.iter().filter(|row| matches!(row.writing, Writing::Action(_)));
    actions.map(|row| row.attribute).filter(|attribute| is_true(state, attribute)).collect()
}

/// A state that was read, where what was on before and says that it is off is on if the parent says so.
pub(super) async fn judged(
    client: &Client,
    entity: &Entity,
    was_on: &[&'static str],
    state: Value,
    deadline: Instant,
) -> Value {
    let doubted: Vec<_> =
        was_on.iter().filter(|attribute| !state.is_null() && is_false(&state, attribute)).collect();
    if doubted.is_empty() || named_by_parent(client, entity, &state, deadline).await != Some(true) {
        return state;
    }
    let mut fields = state.as_fields().cloned().unwrap_or_default();
    fields
        .extend(doubted.into_iter().map(|attribute| ((*attribute).to_owned(), Value::Bool(true))));
    Value::Object(fields)
}

/// What the object says of itself.
async fn says_itself(
    client: &Client,
    entity: &Entity,
    state: &Value,
    deadline: Instant,
) -> Option<bool> {
    let row = entity.properties.iter().find(|row| matches!(row.writing, Writing::Action(_)))?;
    let answer = client.get(&address::of_state(entity, state), deadline).await.ok()?;
    answer.get(row.graph).and_then(Json::as_bool)
}

/// Whether the parent names this object as the default of its platform; nothing where it names none for this
/// type, or does not answer.
async fn named_by_parent(
    client: &Client,
    entity: &Entity,
    state: &Value,
    deadline: Instant,
) -> Option<bool> {
    let parent = address::parent(entity, address::parent_id(entity, state));
    match client.get(&parent.segment(entity.default_navigation?), deadline).await {
        Ok(named) => {
            let own = state.field(ID).as_text()?;
            Some(id_key(Entity::id_of(&named)?) == id_key(own))
        }
        Err(error) if error.is_not_found() => Some(false),
        Err(_) => None,
    }
}
