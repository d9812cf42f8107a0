//! ImportResourceState: finds the object that an import id means; changes nothing.
//!
//! An import id is `{parent id}_{GUID}` (Graph's own id), `{parent id}/{id}`, or
//! `{parent name}/{object name}`.

use tokio::time::Instant;
use uuid::Uuid;

use super::explain::{self, Verb};
use super::{Outcome, Private, Provider, address};
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, ID, Json, Operation, Timeouts};
use crate::graph::{Client, Error};
use crate::value::{Fields, Value};

impl Provider {
    /// Finds an object and reads its state.
    ///
    /// # Errors
    ///
    /// When the id has no known form, or does not mean exactly one object of the entity's type.
    pub async fn import(
        &self,
        resource: &super::Resource,
        id: &str,
    ) -> Result<Outcome, Diagnostic> {
        let entity = resource.entity;
        let client = self.client()?;
        let search = Search {
            client: &client,
            entity,
            id,
            deadline: Instant::now() + Timeouts::of(&Value::Null, Operation::Read),
        };
        let (parent, answer) = search.find().await?;
        let state = search.state(&resource.described, &parent, &answer)?;
        Ok(Outcome { state, private: Private::default().seen_in(&client), diagnostics: Vec::new() })
    }
}

/// One search for the object that an import id means.
struct Search<'search> {
    client: &'search Client,
    entity: &'static Entity,
    id: &'search str,
    deadline: Instant,
}

impl Search<'_> {
    /// The parent's id and the object.
    async fn find(&self) -> Result<(String, Json), Diagnostic> {
        if self.id.len() > LONGEST_ID {
            return Err(self.malformed());
        }
        match self.id.split_once('/') {
            None => match self.id.split_once('_') {
                Some((parent, rest)) if is_guid(parent) && is_guid(rest) => {
                    self.by_id(parent, self.id).await
                }
                _ => Err(self.malformed()),
            },
            Some((parent, rest)) if is_guid(parent) => match rest.split_once('_') {
                Some((_, guid)) if is_guid(guid) => self.by_id(parent, rest).await,
                _ if is_guid(rest) => self.by_id(parent, &format!("{parent}_{rest}")).await,
                _ if rest.is_empty() => Err(self.malformed()),
                _ => self.by_name(parent, rest).await,
            },
            Some(_) => self.by_names().await,
        }
    }

    async fn by_id(&self, parent: &str, id: &str) -> Result<(String, Json), Diagnostic> {
        let item = address::item(self.entity, parent, id);
        match self.client.get(&item, self.deadline).await {
            Ok(answer) => Ok((parent.to_owned(), answer)),
            Err(error) if error.is_not_found() => Err(self.refused(&format!(
                "Microsoft Graph has no {noun} `{id}` under the {above} `{parent}`. Check the id, and \
                 that the provider is signed in to the right tenant.",
                noun = self.entity.noun,
                above = self.entity.parent.noun,
            ))),
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn by_name(&self, parent: &str, name: &str) -> Result<(String, Json), Diagnostic> {
        let (noun, above) = (self.entity.noun, self.entity.parent.noun);
        let all = self.list(&address::collection(self.entity, parent)).await?;
        let found = named(all, self.entity.name, name);
        let object =
            self.only(found, &format!("{noun} named \"{name}\" under the {above} `{parent}`"))?;
        Ok((parent.to_owned(), object))
    }

    /// A slash may be part of either name, so every slash is tried as the one between them.
    async fn by_names(&self) -> Result<(String, Json), Diagnostic> {
        let parents = self.list(&address::parents(self.entity)).await?;
        let above = self.entity.parent;
        let slashes = self.id.match_indices('/').map(|(slash, _)| slash);
        let splits = slashes.filter_map(|slash| self.id.split_at_checked(slash));
        let found: Vec<(Json, &str)> = splits
            .clone()
            .filter_map(|(name, rest)| Some((name, rest.strip_prefix('/')?)))
            .filter(|(_, rest)| !rest.is_empty())
            .flat_map(|(name, rest)| {
                named(parents.clone(), above.name, name).into_iter().map(move |found| (found, rest))
            })
            .collect();
        let rests: Vec<&str> = found.iter().map(|(_, rest)| *rest).collect();
        let names = splits.map(|(name, _)| format!("\"{name}\""));
        let wanted = format!("{} named {}", above.noun, names.collect::<Vec<_>>().join(" or "));
        let parent = self.only(found.into_iter().map(|(parent, _)| parent).collect(), &wanted)?;
        match (Entity::id_of(&parent), rests.first()) {
            (Some(parent), Some(name)) => self.by_name(parent, name).await,
            _ => Err(self.malformed()),
        }
    }

    fn state(
        &self,
        described: &super::Described,
        parent: &str,
        answer: &Json,
    ) -> Result<Value, Diagnostic> {
        let entity = self.entity;
        if let Some(found) = entity.other_type(answer) {
            return Err(self.refused(&format!(
                "That object is `{found}`, and `{}` manages `{}`. Import it as a resource of its own type.",
                entity.type_name, entity.graph_type
            )));
        }
        let mut fields = empty(described);
        fields.insert(entity.parent.attribute.to_owned(), Value::text(parent));
        let state = entity.read(answer, &Value::Object(fields));
        state.map_err(|wrong| explain::wrong_answer(entity, &wrong))
    }

    async fn list(&self, address: &crate::graph::Address) -> Result<Vec<Json>, Diagnostic> {
        self.client.list(address, self.deadline).await.map_err(|error| self.failed(&error))
    }

    /// Exactly one, or an error that names all candidates.
    fn only(&self, mut found: Vec<Json>, wanted: &str) -> Result<Json, Diagnostic> {
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (None, _) => Err(self.refused(&format!(
                "There is no {wanted}. Names are compared letter by letter; check the spelling, and that \
                 the provider is signed in to the right tenant."
            ))),
            (Some(last), false) => {
                let ids: Vec<_> = found
                    .iter()
                    .chain([&last])
                    .filter_map(Entity::id_of)
                    .map(|id| format!("`{id}`"))
                    .collect();
                Err(self.refused(&format!(
                    "There is more than one {wanted}: {}. Names need not be unique; import by id.",
                    ids.join(", ")
                )))
            }
        }
    }

    fn failed(&self, error: &Error) -> Diagnostic {
        let sought = Value::Object([(ID.to_owned(), Value::text(self.id))].into());
        explain::failure(self.entity, Verb::Import, &sought, error)
    }

    fn malformed(&self) -> Diagnostic {
        let (noun, above) = (self.entity.noun, self.entity.parent.noun);
        self.refused(&format!(
            "The import id has none of the known forms. It can be `{{{above} id}}_{{GUID}}` (the {noun}'s \
             id in Microsoft Graph), `{{{above} id}}/{{{noun} id}}`, or `{{{above} name}}/{{{noun} name}}`."
        ))
    }

    fn refused(&self, reason: &str) -> Diagnostic {
        Diagnostic::error(
            format!("{} not imported", explain::capitalized(self.entity.noun)),
            format!("{reason} The import id was `{}`.", shortened(self.id)),
        )
    }
}

/// No token or profile has a name of this many bytes, and a longer text need not be searched for slashes.
const LONGEST_ID: usize = 1000;

fn shortened(id: &str) -> String {
    match id.char_indices().nth(200) {
        Some((cut, _)) => format!("{}...", id.get(..cut).unwrap_or_default()),
        None => id.to_owned(),
    }
}

fn named(objects: Vec<Json>, property: &str, name: &str) -> Vec<Json> {
    let matches = |object: &Json| {
        object.get(property).and_then(serde_json::Value::as_str).is_some_and(|found| found == name)
    };
    objects.into_iter().filter(matches).collect()
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// A state of which nothing is known.
fn empty(described: &super::Described) -> Fields {
    let names = described.schema.block.attributes.iter().map(|attribute| attribute.name.clone());
    names.map(|name| (name, Value::Null)).collect()
}
