//! ReadResource: what the service says of an object; changes nothing.

use tokio::time::Instant;

use super::looks::SECOND_LOOK;
use super::{Managed, Outcome, Private, Provider, Resource, address, default, explain};
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, ID, Operation, Timeouts, is_same_id};
use crate::graph::{Client, Error};
use crate::value::Value;

/// What the service says of one object.
enum Found {
    /// It exists.
    Object(crate::graph::Object),
    /// It is confirmed to be gone.
    Gone,
    /// The parent is gone, and with it every way to ask for the object.
    ParentGone,
}

impl Provider {
    /// Refreshes a state. Only a confirmed absence removes it; any other trouble is an error that leaves
    /// it as it was.
    pub async fn read(&self, resource: &Resource, state: Value, private: Private) -> Outcome {
        let entity = match resource.managed {
            Managed::Entity(entity) => entity,
            Managed::DeviceAssignment => return self.read_assignment(state, private).await,
        };
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(state, private, why),
        };
        if let Err(why) = private.same_tenant(&client, || explain::named(entity, &state)) {
            return Outcome::unchanged(state, private, why);
        }
        let deadline = Instant::now() + Timeouts::of(&state, Operation::Read);
        match look(&client, entity, &state, deadline).await {
            Ok(Found::Object(answer)) => {
                self.look_at_tokens(&client);
                let private = match private.looked_at(entity, &answer) {
                    Ok(private) => private,
                    Err(why) => return Outcome::unchanged(state, private, why),
                };
                let was_on = default::turned_on(entity, &state);
                let mut outcome = refreshed(entity, &answer, state, private.seen_in(&client));
                outcome.state =
                    default::judged(&client, entity, &was_on, outcome.state, deadline).await;
                let token = address::parent_id(entity, &outcome.state);
                outcome.diagnostics.extend(self.expiring(token).await);
                outcome
            }
            Ok(Found::Gone) => {
                // By now it is known which tenant this is.
                match private.same_tenant(&client, || explain::named(entity, &state)) {
                    Ok(()) => Outcome::unchanged(Value::Null, private, gone(entity, &state)),
                    Err(why) => Outcome::unchanged(state, private, why),
                }
            }
            Ok(Found::ParentGone) => {
                let why = parent_gone(entity, &state);
                Outcome::unchanged(state, private, why)
            }
            Err(error) => {
                let why = explain::failure(entity, explain::Verb::Read, &state, &error);
                Outcome::unchanged(state, private, why)
            }
        }
    }
}

/// A single 404 may come from a replica that lags behind, or from a token that was deleted or is not
/// visible to this application: the parent and then the object are asked for once more.
async fn look(
    client: &Client,
    entity: &Entity,
    state: &Value,
    deadline: Instant,
) -> Result<Found, Error> {
    let parent_id = address::parent_id(entity, state);
    let id = state.field(ID).as_text().unwrap_or_default();
    // Terraform refreshes everything it manages in one burst, so this read shares requests with others.
    let missing = match client.read(&address::collection(entity, parent_id), id, deadline).await {
        Err(error) if error.is_not_found() => error,
        answer => return answer.map(Found::Object),
    };
    let item = address::of_state(entity, state);
    if !parent_is_there(client, entity, parent_id, deadline).await? {
        return Ok(Found::ParentGone);
    }
    if !client.pause(SECOND_LOOK).await {
        return Err(missing.stopped());
    }
    match client.get(&item, deadline).await {
        Err(error) if error.is_not_found() => Ok(Found::Gone),
        answer => answer.map(Found::Object),
    }
}

/// Whether Graph has the parent. Apple Configurator's token may be shown to nobody, though profiles live below
/// it: then the account whose id it has tells.
pub(super) async fn parent_is_there(
    client: &Client,
    entity: &Entity,
    id: &str,
    deadline: Instant,
) -> Result<bool, Error> {
    match client.get(&address::parent(entity, id), deadline).await {
        Err(error) if error.is_not_found() => {}
        answer => return answer.map(|_| true),
    }
    if !entity.lives_under_account {
        return Ok(false);
    }
    let account = client.get(&address::account(), deadline).await?;
    let account = account.get(address::ACCOUNT_ID).and_then(serde_json::Value::as_str);
    Ok(account.is_some_and(|account| is_same_id(account, id)))
}

fn refreshed(
    entity: &Entity,
    answer: &crate::graph::Object,
    state: Value,
    private: Private,
) -> Outcome {
    match entity.refresh(answer, &state, &private.suggestions) {
        Ok(state) => Outcome { state, private, diagnostics: Vec::new() },
        Err(wrong) => {
            let why = explain::wrong_answer(entity, &wrong);
            Outcome::unchanged(state, private, why)
        }
    }
}

fn gone(entity: &Entity, state: &Value) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::warning(
        format!("{} no longer exists", explain::capitalized(noun)),
        format!(
            "Microsoft Graph has no {noun} {} any more: it was deleted outside of Terraform. Terraform \
             will plan to create it again; remove its block if it is not wanted.",
            explain::label(entity, state),
        ),
    )
}

pub(super) fn parent_gone(entity: &Entity, state: &Value) -> Diagnostic {
    let (noun, parent) = (entity.noun, entity.parent.noun);
    Diagnostic::error(
        format!("{} not found", explain::capitalized(parent)),
        format!(
            "Microsoft Graph knows neither the {parent} `{}` nor, therefore, the {noun} {} under it. \
             This can also mean that the provider is signed in to another tenant, so the state was \
             kept. Check `tenant_id`; if the {parent} was really deleted, remove this {noun} with \
             `terraform state rm`. Its id is `{}`.",
            address::parent_id(entity, state),
            explain::label(entity, state),
            state.field(ID).as_text().unwrap_or_default(),
        ),
    )
}
