//! Reads what a tenant holds; writes no file and changes nothing.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use crate::cli::Surroundings;
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, ID};
use crate::graph::{Client, Error, Object};
use crate::provider::{Catalog, address, assign, explain};
use crate::value::Value;

/// How long the listing of one collection may take, throttling included.
const PATIENCE: Duration = Duration::from_secs(600);

/// An enrollment program token and what is under it.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) objects: Vec<Found>,
    pub(super) left_out: Vec<LeftOut>,
}

/// An object of a type that is managed here.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) entity: &'static Entity,
    pub(super) id: String,
    pub(super) name: String,
    /// What to write; null where nothing has to be.
    pub(super) configuration: Value,
    /// The serial numbers of the devices that are to get it.
    pub(super) devices: Vec<String>,
}

/// An object that cannot be written as configuration.
#[derive(Debug)]
pub(super) struct LeftOut {
    pub(super) id: String,
    pub(super) name: String,
    /// As the end of a sentence.
    pub(super) why: String,
}

/// One walk through one tenant.
pub(super) struct Walk<'a, 'b> {
    client: &'a Client,
    catalog: Catalog,
    surroundings: &'a mut Surroundings<'b>,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub(super) fn new(
        client: &'a Client,
        catalog: Catalog,
        surroundings: &'a mut Surroundings<'b>,
    ) -> Self {
        Self { client, catalog, surroundings }
    }

    /// Everything under the wanted tokens, or under all of them, in the order of their names.
    pub(super) async fn run(mut self, wanted: &[String]) -> Result<Vec<Token>, String> {
        // Whatever is managed lives under the same tokens.
        let Some(entity) = self.catalog.resources.first() else { return Ok(Vec::new()) };
        let tokens = self.tokens(entity, wanted).await?;
        let mut found = Vec::with_capacity(tokens.len());
        let mut objects = 0;
        for (number, token) in tokens.iter().enumerate() {
            self.progress(&format!("token {} of {}, {objects} profiles", number + 1, tokens.len()));
            let token = self.below(entity, token).await?;
            objects += token.objects.len() + token.left_out.len();
            found.push(token);
        }
        self.progress("");
        Ok(found)
    }

    async fn tokens(&self, entity: &Entity, wanted: &[String]) -> Result<Vec<Object>, String> {
        let parents = address::parents(entity);
        let listed = self.client.list(&parents, deadline()).await;
        let mut listed = listed.map_err(|error| failed(entity, "the tokens", &error))?;
        let name = entity.parent.name;
        listed.sort_by(|one, other| {
            (text(one, name), text(one, ID)).cmp(&(text(other, name), text(other, ID)))
        });
        if wanted.is_empty() {
            return Ok(listed);
        }
        let mut chosen = Vec::new();
        for wanted in wanted {
            let is_meant =
                |token: &&Object| text(token, ID) == wanted || text(token, name) == wanted;
            let meant: Vec<_> = listed.iter().filter(is_meant).cloned().collect();
            match meant.as_slice() {
                // Apple Configurator's token is not listed, but can be asked for.
                [] => {
                    let asked = self.client.get(&parents.clone().segment(wanted), deadline()).await;
                    let none = |error: Error| match error.is_not_found() {
                        true => no_token(wanted, &listed, name),
                        false => failed(entity, &format!("the token `{wanted}`"), &error),
                    };
                    chosen.push(asked.map_err(none)?);
                }
                [_] => chosen.extend(meant),
                _ => {
                    return Err(format!(
                        "There are {} tokens named \"{wanted}\"; give the id of one.",
                        meant.len()
                    ));
                }
            }
        }
        Ok(chosen)
    }

    async fn below(&self, entity: &Entity, token: &Object) -> Result<Token, String> {
        let (id, name) = (text(token, ID), text(token, entity.parent.name));
        let listed = self.client.list(&address::collection(entity, id), deadline()).await;
        let subject = format!("what is under the token \"{name}\" (`{id}`)");
        let mut listed = listed.map_err(|error| failed(entity, &subject, &error))?;
        listed.sort_by(|one, other| {
            (text(one, entity.name), text(one, ID))
                .cmp(&(text(other, entity.name), text(other, ID)))
        });
        let mut token = Token {
            id: id.to_owned(),
            name: name.to_owned(),
            objects: Vec::new(),
            left_out: Vec::new(),
        };
        for object in &listed {
            match self.read(id, object) {
                Ok(found) => token.objects.push(found),
                Err(left_out) => token.left_out.push(left_out),
            }
        }
        if self.catalog.device_assignment && !token.objects.is_empty() {
            self.devices(entity, &mut token).await?;
        }
        Ok(token)
    }

    async fn devices(&self, entity: &Entity, token: &mut Token) -> Result<(), String> {
        let devices = assign::devices_under(self.client, &token.id, deadline()).await;
        let subject = format!("the devices of the token \"{}\" (`{}`)", token.name, token.id);
        let devices = devices.map_err(|error| failed(entity, &subject, &error))?;
        for object in &mut token.objects {
            object.devices =
                devices.all_having(&object.id).into_iter().map(str::to_owned).collect();
            object.devices.sort();
        }
        Ok(())
    }

    fn read(&self, token_id: &str, object: &Object) -> Result<Found, LeftOut> {
        let id = text(object, ID);
        let named = |name: &str| text(object, name).to_owned();
        let left_out = |why: String| {
            let name = named(self.catalog.resources.first().map_or(ID, |entity| entity.name));
            LeftOut { id: id.to_owned(), name, why }
        };
        let known =
            self.catalog.resources.iter().find(|entity| entity.other_type(object).is_none());
        let Some(entity) = known else {
            let type_ =
                object.get("@odata.type").and_then(Json::as_str).unwrap_or("no type of its own");
            return Err(left_out(format!(
                "it is of a type that this version does not manage ({type_})"
            )));
        };
        let parent = (entity.parent.attribute.to_owned(), Value::text(token_id));
        let state = entity.read(object, &Value::Object([parent].into()));
        let state = state.map_err(|wrong| left_out(wrong.to_string()))?;
        let configuration = entity.configuration(&state);
        match entity.validate(&configuration).into_iter().find(Diagnostic::is_error) {
            Some(problem) => Err(left_out(format!("{}: {}", problem.summary, problem.detail))),
            None => Ok(Found {
                entity,
                id: id.to_owned(),
                name: named(entity.name),
                configuration,
                devices: Vec::new(),
            }),
        }
    }

    /// One line that is written over and over, for a person who waits.
    fn progress(&mut self, text: &str) {
        if self.surroundings.is_watched {
            // Whoever cannot be told how far it is can still be told how it ended.
            let notes = &mut self.surroundings.notes;
            let _ = write!(notes, "\r\x1b[K{text}").and_then(|()| notes.flush());
        }
    }
}

fn text<'object>(object: &'object Object, name: &str) -> &'object str {
    object.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn no_token(wanted: &str, listed: &[Object], name: &str) -> String {
    let listed =
        listed.iter().map(|token| format!("\"{}\" ({})", text(token, name), text(token, ID)));
    let listed: Vec<_> = listed.collect();
    let there = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    format!(
        "There is no enrollment program token with the name or id `{wanted}`; there is {there}.\nNames are \
         compared letter by letter: check the spelling, and that you are signed in to the right tenant."
    )
}

fn failed(entity: &Entity, subject: &str, error: &Error) -> String {
    let (text, next) = explain::by_hand(entity, error);
    format!("{} cannot be read. {text}\n{next}", explain::capitalized(subject))
}

fn deadline() -> Instant {
    Instant::now() + PATIENCE
}
