//! ApplyResourceChange: creates, updates and deletes; never gives up an id it has seen.
//!
//! Terraform marks an object for replacement when a create ends in an error with a state, and forgets it
//! when it ends in an error without one. So once Graph has answered with an id, whatever goes wrong
//! later is a warning, and the object is recorded as it was planned.

use tokio::time::Instant;

use super::explain::{self, Verb};
use super::holder::holders;
use super::looks::{ONE_LOOK, SECOND_LOOK, SETTLING, pauses};
use super::{Known, Managed, Outcome, Private, Provider, Resource, address, default, read};
use crate::diagnostics::Diagnostic;
use crate::entity::{self, Entity, ID, Json, Operation, Settled, Timeouts};
use crate::graph::{self, Address, Client, Created, Creation, Error, Kind, Secret, Sent, Witness};
use crate::value::Value;

impl Provider {
    /// Makes an object real.
    ///
    /// `config` is asked for write-only values alone, which stand nowhere else.
    pub async fn create(
        &self,
        resource: &Resource,
        planned: Value,
        config: &Value,
        known: Known,
    ) -> Outcome {
        let entity = match resource.managed {
            Managed::Entity(entity) => entity,
            Managed::DeviceAssignment => return self.assign(planned, known).await,
        };
        let nothing = |why| Outcome::unchanged(Value::Null, Private::default(), why);
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return nothing(why),
        };
        let deadline = Instant::now() + Timeouts::of(&planned, Operation::Create);
        let secrets = secrets(entity, &Value::Null, &planned, config);
        let created = match made(&client, entity, &planned, &secrets, deadline).await {
            Ok(created) => created,
            Err(error) => {
                let holders = holders(&client, entity, &planned, &error).await;
                return nothing(explain::creation::failure(entity, &planned, &holders, &error));
            }
        };
        self.look_at_tokens(&client);
        let answer = &created.object;
        // Before anything else, so that nothing that goes wrong below can lose it.
        let private = Private::default().seen_in(&client);
        known.record(identified(&planned, answer), private.clone());
        let settled = entity.settle(&planned, answer);
        let mut outcome = recorded(entity, settled, private);
        known.record(outcome.state.clone(), outcome.private.clone());
        let told = told_of_create(entity, &created, &outcome.state);
        outcome.diagnostics.extend(told);
        outcome.diagnostics.extend(other_type(entity, answer));
        let before = entity.read(answer, &Value::Null).unwrap_or(Value::Null);
        let turned = turn_on(&client, entity, &before, &planned, &outcome.state, deadline).await;
        for (attribute, error) in &turned.failed {
            let why = explain::not_turned_on(entity, attribute, &outcome.state, error);
            outcome.diagnostics.push(why);
        }
        outcome.diagnostics.extend(turned.unseen(entity, &outcome.state));
        let token = address::parent_id(entity, &outcome.state);
        outcome.diagnostics.extend(self.expiring(token).await);
        outcome
    }

    /// Changes what differs between `prior` and `planned`. On failure the state says what is really
    /// there, as far as it is known. `config` is as for a create.
    pub async fn update(
        &self,
        resource: &Resource,
        prior: Value,
        planned: Value,
        config: &Value,
        private: Private,
    ) -> Outcome {
        let entity = match resource.managed {
            Managed::Entity(entity) => entity,
            Managed::DeviceAssignment => return self.reassign(prior, planned, private).await,
        };
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(prior, private, why),
        };
        if let Err(why) = private.same_tenant(&client, || explain::named(entity, &prior)) {
            return Outcome::unchanged(prior, private, why);
        }
        if let Err(why) = private.was_looked_at(entity) {
            return Outcome::unchanged(prior, private, why);
        }
        let deadline = Instant::now() + Timeouts::of(&planned, Operation::Update);
        let item = address::of_state(entity, &prior);
        let secrets = secrets(entity, &prior, &planned, config);
        let typed = || (!secrets.is_empty()).then(|| entity.typed_body());
        let body = entity.update_body(&prior, &planned).or_else(typed);
        let sent = match &body {
            Some(body) => {
                client.update(&item, Sent::from(body).with_secrets(&secrets), deadline).await
            }
            None => Ok(()),
        };
        if let Err(error) = sent {
            let now = look_after_failure(&client, &item, &error).await;
            // Whether a secret has arrived, no answer tells.
            let all_seen = secrets.is_empty()
                && now.as_ref().is_some_and(|now| is_as_planned(entity, &planned, now));
            if !all_seen {
                let why = explain::failure(entity, Verb::Update, &prior, &error);
                let state = now.and_then(|now| refreshed(entity, &now, &prior, &private));
                return Outcome::unchanged(state.unwrap_or(prior), private, why);
            }
        }
        let turned = turn_on(&client, entity, &prior, &planned, &prior, deadline).await;
        let answer = match body {
            Some(_) => look_again(&client, entity, &item, (&prior, &planned), deadline).await,
            None => Ok(Json::new()),
        };
        let mut outcome = match answer {
            Ok(answer) => recorded(entity, entity.settle(&planned, &answer), private),
            Err(error) => {
                let settled = entity.settle(&planned, &Json::new());
                let mut outcome = recorded(entity, settled, private);
                outcome.diagnostics.push(explain::not_read_back(entity, &planned, &error));
                outcome
            }
        };
        outcome.diagnostics.extend(turned.unseen(entity, &prior));
        for (attribute, error) in turned.failed {
            outcome.state = still_off(outcome.state, attribute);
            outcome.diagnostics.push(explain::action_failed(entity, attribute, &prior, &error));
        }
        outcome
    }

    /// Removes an object; that it is gone already is a success.
    pub async fn delete(&self, resource: &Resource, prior: Value, private: Private) -> Outcome {
        let entity = match resource.managed {
            Managed::Entity(entity) => entity,
            Managed::DeviceAssignment => return self.unassign(prior, private).await,
        };
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(prior, private, why),
        };
        if let Err(why) = private.same_tenant(&client, || explain::named(entity, &prior)) {
            return Outcome::unchanged(prior, private, why);
        }
        let deadline = Instant::now() + Timeouts::of(&prior, Operation::Delete);
        match deleted(&client, entity, &prior, deadline).await {
            Ok(Fate::Gone) => {
                Outcome { state: Value::Null, private: Private::default(), diagnostics: Vec::new() }
            }
            Ok(Fate::Missing) => {
                // By now it is known which tenant this is.
                if let Err(why) = private.same_tenant(&client, || explain::named(entity, &prior)) {
                    return Outcome::unchanged(prior, private, why);
                }
                Outcome { state: Value::Null, private: Private::default(), diagnostics: Vec::new() }
            }
            Ok(Fate::Stays) => {
                let why = explain::still_there(entity, &prior);
                Outcome::unchanged(prior, private, why)
            }
            Ok(Fate::ParentGone) => {
                let why = read::parent_gone(entity, &prior);
                Outcome::unchanged(prior, private, why)
            }
            Err(error) => {
                let obstacles = self.obstacles(&client, entity, &prior, &error).await;
                let why = explain::not_deleted(entity, &prior, &obstacles, &error);
                Outcome::unchanged(prior, private, why)
            }
        }
    }
}

/// What a delete came to.
enum Fate {
    /// It is gone.
    Gone,
    /// It is not there, and may never have been where this was looked at.
    Missing,
    /// It was accepted, and the object can still be read.
    Stays,
    /// The parent is gone, and with it every way to ask for the object.
    ParentGone,
}

/// Deletes, and waits until the object can no longer be read.
async fn deleted(
    client: &Client,
    entity: &Entity,
    state: &Value,
    deadline: Instant,
) -> Result<Fate, Error> {
    let item = address::of_state(entity, state);
    let error = match client.delete(&item, deadline).await {
        Err(error) if error.is_not_found() => match again(client, &item, error, deadline).await {
            Err(error) if error.is_not_found() => {
                return missing(client, entity, state, deadline).await;
            }
            answer => answer.err(),
        },
        answer => answer.err(),
    };
    match error {
        None => Ok(watched(client, &item, deadline).await),
        Some(error) if error.may_have_been_done() => {
            // Whatever the answer was, what counts is whether the object is there.
            let (client, deadline) = (client.operating(), Instant::now() + ONE_LOOK);
            let look = client.get(&item, deadline).await;
            if !look.is_err_and(|look| look.is_not_found()) {
                return Err(error);
            }
            client.note_gone(&item);
            missing(&client, entity, state, deadline).await.map_err(|_| error)
        }
        Some(error) => Err(error),
    }
}

/// Deletes what was not found, a moment later.
async fn again(
    client: &Client,
    item: &Address,
    missing: Error,
    deadline: Instant,
) -> Result<(), Error> {
    if !client.pause(SECOND_LOOK).await {
        return Err(missing.stopped());
    }
    client.delete(item, deadline).await
}

/// What was not found is missing, unless nothing is to be found where it was: then this may be another tenant.
async fn missing(
    client: &Client,
    entity: &Entity,
    state: &Value,
    deadline: Instant,
) -> Result<Fate, Error> {
    let parent = address::parent_id(entity, state);
    let is_there = read::parent_is_there(client, entity, parent, deadline).await?;
    Ok(if is_there { Fate::Missing } else { Fate::ParentGone })
}

/// Reads an object whose deletion was accepted until it is gone.
async fn watched(client: &Client, item: &Address, deadline: Instant) -> Fate {
    let mut pauses = pauses();
    let mut absent = 0;
    let mut seen = false;
    loop {
        match client.get(item, deadline).await {
            Ok(_) => (seen, absent) = (true, 0),
            Err(error) if error.is_not_found() => absent += 1,
            // The delete itself was accepted; that it could not be watched is no failure of it.
            Err(_) if !seen => return Fate::Gone,
            Err(_) => return Fate::Stays,
        }
        // Replicas that lag answer in turns with those that do not.
        if absent >= if seen { 2 } else { 1 } {
            return Fate::Gone;
        }
        let next = pauses.next().filter(|pause| Instant::now() + *pause < deadline);
        match next {
            Some(pause) if client.pause(pause).await => {}
            _ => return Fate::Stays,
        }
    }
}

/// What is there after an update that failed, when the failure does not say it. This is looked at after a
/// stop too.
async fn look_after_failure(client: &Client, item: &Address, error: &Error) -> Option<Json> {
    if error.may_have_been_done() || *error.kind() == Kind::Conflict {
        client.operating().get(item, Instant::now() + ONE_LOOK).await.ok()
    } else {
        None
    }
}

/// Whether the service has all that was planned, whoever wrote it.
fn is_as_planned(entity: &Entity, planned: &Value, answer: &Json) -> bool {
    !entity.settle(planned, answer).differences.iter().any(|difference| !difference.suggested)
}

/// What is really there, as the next read would say it.
fn refreshed(entity: &Entity, answer: &Json, prior: &Value, private: &Private) -> Option<Value> {
    entity.refresh(answer, prior, &private.suggestions).ok()
}

/// Creates what is planned.
async fn made(
    client: &Client,
    entity: &Entity,
    planned: &Value,
    secrets: &[(&'static str, Secret)],
    deadline: Instant,
) -> Result<Created, Error> {
    let collection = address::collection(entity, address::parent_id(entity, planned));
    let body = entity.create_body(planned);
    let likeness = |object: &Json| match entity.likeness(planned, object) {
        entity::Likeness::Identical => graph::Likeness::Identical,
        entity::Likeness::Namesake => graph::Likeness::Namesake,
        entity::Likeness::Different => graph::Likeness::Different,
    };
    let body = Sent::from(&body).with_secrets(secrets);
    let creation = Creation { collection: &collection, body, likeness: &likeness };
    client.create(&creation, deadline).await
}

/// The write-only values that are to be sent.
fn secrets(
    entity: &Entity,
    prior: &Value,
    planned: &Value,
    config: &Value,
) -> Vec<(&'static str, Secret)> {
    let secrets = entity.secrets(prior, planned, config).into_iter();
    secrets.map(|(name, text)| (name, Secret::new(text.to_owned()))).collect()
}

/// What there is to know of how a create went.
fn told_of_create(entity: &Entity, created: &Created, state: &Value) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    match created.witness {
        Witness::Answer => {}
        Witness::Location => told.push(explain::creation::located(entity, state)),
        Witness::Look => told.push(explain::creation::adopted(entity, state)),
    }
    if !created.namesakes.is_empty() {
        told.push(explain::creation::namesakes(entity, state, &created.namesakes));
    }
    match &created.twins {
        Some(twins) if twins.is_empty() => {}
        Some(twins) => told.push(explain::creation::twins(entity, state, twins)),
        None => told.push(explain::creation::perhaps_twins(entity, state)),
    }
    told
}

/// The state to record, with a warning for everything that the service stored otherwise.
fn recorded(entity: &Entity, settled: Settled, private: Private) -> Outcome {
    let Settled { state, differences, suggestions } = settled;
    let diagnostics = differences
        .iter()
        .map(|difference| explain::stored_otherwise(entity, difference))
        .collect();
    let suggestions = private.suggestions.merged(suggestions);
    Outcome { state, private: Private { suggestions, ..private }, diagnostics }
}

/// What did not come of the actions that a plan asked for.
#[derive(Default)]
struct Turned {
    failed: Vec<(&'static str, Error)>,
    /// Accepted, but not to be seen.
    unseen: Vec<&'static str>,
}

impl Turned {
    fn unseen(&self, entity: &Entity, state: &Value) -> Vec<Diagnostic> {
        let told = self.unseen.iter().map(|name| explain::turned_on_unseen(entity, name, state));
        told.collect()
    }
}

/// Calls the actions that the plan asks for, and looks whether they took effect.
async fn turn_on(
    client: &Client,
    entity: &Entity,
    before: &Value,
    planned: &Value,
    state: &Value,
    deadline: Instant,
) -> Turned {
    let mut turned = Turned::default();
    for (attribute, action) in entity.actions(before, planned) {
        let address = address::of_state(entity, state).segment(action);
        match act_once_found(client, &address, None, deadline).await {
            Err(error) => turned.failed.push((attribute, error)),
            Ok(()) if default::shows(client, entity, state, attribute, deadline).await => {}
            Ok(()) => turned.unseen.push(attribute),
        }
    }
    turned
}

/// Graph answers 404 to an action on an object that it has only just made, for up to a minute. The action
/// is one that may be called twice.
pub(super) async fn act_once_found(
    client: &Client,
    address: &Address,
    parameters: Option<&Json>,
    deadline: Instant,
) -> Result<(), Error> {
    let give_up = deadline.min(Instant::now() + SETTLING);
    let mut pauses = pauses();
    loop {
        match client.act(address, parameters, deadline).await {
            Err(error) if error.is_not_found() => {
                let Some(pause) = pauses.next().filter(|pause| Instant::now() + *pause < give_up)
                else {
                    return Err(error);
                };
                if !client.pause(pause).await {
                    return Err(error);
                }
            }
            answer => return answer,
        }
    }
}

/// Reads an object until it shows what was written. Graph may go on answering with old values for a
/// moment; what it still answers when the time is over is what it stored.
async fn look_again(
    client: &Client,
    entity: &Entity,
    item: &Address,
    change: (&Value, &Value),
    deadline: Instant,
) -> Result<Json, Error> {
    let give_up = deadline.min(Instant::now() + SETTLING);
    // A minute in all.
    let mut pauses = pauses().take(7);
    loop {
        let answer = client.get(item, deadline).await;
        let settled = match &answer {
            Ok(answer) => !is_stale(entity, change, answer),
            Err(error) => !error.is_not_found(),
        };
        let pause = pauses.next().filter(|pause| Instant::now() + *pause < give_up);
        match pause {
            Some(pause) if !settled && client.pause(pause).await => {}
            _ => return answer,
        }
    }
}

/// Whether an answer still shows what was there before. A value that is neither the old nor the new one
/// is what the service made of it, and no waiting changes that.
fn is_stale(entity: &Entity, (prior, planned): (&Value, &Value), answer: &Json) -> bool {
    let now = entity.read(answer, prior).unwrap_or(Value::Null);
    let differences = entity.settle(planned, answer).differences;
    differences
        .iter()
        .filter(|difference| !difference.suggested)
        .any(|difference| now.field(difference.attribute) == prior.field(difference.attribute))
}

/// The plan with the id that the object now has.
fn identified(planned: &Value, answer: &Json) -> Value {
    let mut fields = planned.as_fields().cloned().unwrap_or_default();
    let id = Entity::id_of(answer).map_or(Value::Null, Value::text);
    fields.insert(ID.to_owned(), id);
    Value::Object(fields)
}

fn still_off(state: Value, attribute: &str) -> Value {
    match state {
        Value::Object(mut fields) => {
            fields.insert(attribute.to_owned(), Value::Bool(false));
            Value::Object(fields)
        }
        other => other,
    }
}

fn other_type(entity: &Entity, answer: &Json) -> Option<Diagnostic> {
    let found = entity.other_type(answer)?;
    let id = answer.get(ID).and_then(serde_json::Value::as_str).unwrap_or_default();
    Some(Diagnostic::warning(
        "Created as another type",
        format!(
            "Microsoft Graph was asked for `{}` and made `{id}` as `{found}`. It is recorded, but \
             properties that this type lacks will not take effect. If it is not wanted, destroy it and \
             declare a resource of the other type.",
            entity.graph_type,
        ),
    ))
}
