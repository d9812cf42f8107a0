//! ImportResourceState: finds the object that an import id means; changes nothing.
//!
//! An import id is `{parent id}_{GUID}` (Graph's own id), `{parent id}/{id}`, or
//! `{parent name}/{object name}`. An identity, which Terraform 1.12 and later take in its place, is the
//! parent's id and the object's own.

use std::borrow::Cow;

use tokio::time::Instant;

use super::explain::{self, Verb};
use super::{Managed, Outcome, Private, Provider, address};
use crate::diagnostics::Diagnostic;
use crate::entity::{
    Entity, ID, Json, Named, Operation, Timeouts, is_guid, is_same_id, parent_of, whole_id,
};
use crate::graph::{Client, Error};
use crate::value::{Value, normal_form};

/// What is to be imported.
#[derive(Clone, Debug)]
pub enum Sought {
    /// What an import id means.
    Id(String),
    /// What an identity names; it may be abbreviated.
    Identity(Value),
}

impl Provider {
    /// Finds an object and reads its state.
    ///
    /// # Errors
    ///
    /// When the id or identity has no known form, or does not mean exactly one object of the entity's
    /// type.
    pub async fn import(
        &self,
        resource: &super::Resource,
        sought: &Sought,
    ) -> Result<Outcome, Diagnostic> {
        let entity = match resource.managed {
            Managed::Entity(entity) => entity,
            Managed::DeviceAssignment => return self.import_assignment(sought).await,
        };
        let client = self.client()?;
        let search = Search {
            client: &client,
            entity,
            sought,
            deadline: Instant::now() + Timeouts::of(&Value::Null, Operation::Read),
        };
        let (parent, answer) = search.find().await?;
        let state = search.state(&resource.described, &parent, &answer)?;
        Ok(Outcome { state, private: Private::default().seen_in(&client), diagnostics: Vec::new() })
    }
}

/// What an import id means, as far as its form tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Meaning<'id> {
    /// The object with this id of Graph's, under the parent with this GUID.
    Ids {
        /// The parent's GUID.
        parent: &'id str,
        /// Graph's id of the object.
        id: Cow<'id, str>,
    },
    /// The object with this name under the parent with this GUID.
    Name {
        /// The parent's GUID.
        parent: &'id str,
        /// The object's name.
        name: &'id str,
    },
    /// The names of parent and object, with a slash between them.
    Names,
}

impl<'id> Meaning<'id> {
    /// Absent when the id has none of the known forms.
    pub fn of(id: &'id str) -> Option<Self> {
        if id.len() > LONGEST_ID {
            return None;
        }
        let ids = |parent, id| Some(Self::Ids { parent, id });
        match id.split_once('/') {
            None => match id.split_once('_')? {
                (parent, rest) if is_guid(parent) && is_guid(rest) => ids(parent, id.into()),
                _ => None,
            },
            Some((parent, rest)) if is_guid(parent) => match rest.split_once('_') {
                Some((_, guid)) if is_guid(guid) => ids(parent, rest.into()),
                _ if is_guid(rest) => ids(parent, whole_id(parent, rest).into()),
                _ if rest.is_empty() => None,
                _ => Some(Self::Name { parent, name: rest }),
            },
            Some(_) => Some(Self::Names),
        }
    }
}

/// One search for the object that is to be imported.
struct Search<'search> {
    client: &'search Client,
    entity: &'static Entity,
    sought: &'search Sought,
    deadline: Instant,
}

impl Search<'_> {
    /// The parent's id and the object.
    async fn find(&self) -> Result<(String, Json), Diagnostic> {
        match self.sought {
            Sought::Id(id) => self.by_import_id(id).await,
            Sought::Identity(identity) => match self.entity.named_by(identity) {
                Ok(Named { parent_id, id }) => self.by_id(&parent_id, &id).await,
                Err(reason) => Err(self.refused(&reason)),
            },
        }
    }

    async fn by_import_id(&self, id: &str) -> Result<(String, Json), Diagnostic> {
        match Meaning::of(id) {
            Some(Meaning::Ids { parent, id }) => self.by_id(parent, &id).await,
            Some(Meaning::Name { parent, name }) => self.by_name(parent, name).await,
            Some(Meaning::Names) => self.by_names(id).await,
            None => Err(self.malformed()),
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
    async fn by_names(&self, id: &str) -> Result<(String, Json), Diagnostic> {
        let parents = self.list(&address::parents(self.entity)).await?;
        let above = self.entity.parent;
        let slashes = id.match_indices('/').map(|(slash, _)| slash);
        let splits = slashes.filter_map(|slash| id.split_at_checked(slash));
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
        let mut fields = described.empty();
        fields.insert(entity.parent.attribute.to_owned(), Value::text(as_spelled(parent, answer)));
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
        let sought =
            Value::Object([(ID.to_owned(), Value::text(self.sought.label(self.entity)))].into());
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
            format!("{reason} {}", self.sought.told(self.entity)),
        )
    }
}

impl Sought {
    /// What to call the object before it is found.
    fn label(&self, entity: &Entity) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Identity(identity) => {
                identity.field(entity.parent.child_id).as_text().unwrap_or_default()
            }
        }
    }

    /// What was asked for, as a sentence.
    fn told(&self, entity: &Entity) -> String {
        match self {
            Self::Id(id) => format!("The import id was `{}`.", shortened(id)),
            Self::Identity(identity) => {
                let attributes = [entity.parent.attribute, entity.parent.child_id].map(|name| {
                    let text = identity.field(name).as_text();
                    text.map(|text| format!("`{name} = \"{}\"`", shortened(text)))
                });
                let given: Vec<_> = attributes.into_iter().flatten().collect();
                format!("The identity was {}.", given.join(", "))
            }
        }
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

/// The parent's id as Graph spells it in the id of its child, whatever letters somebody typed.
fn as_spelled<'text>(parent: &'text str, child: &'text Json) -> &'text str {
    let spelled = Entity::id_of(child).and_then(parent_of);
    spelled.filter(|spelled| is_same_id(spelled, parent)).unwrap_or(parent)
}

fn named(objects: Vec<Json>, property: &str, name: &str) -> Vec<Json> {
    let name = normal_form(name);
    let matches = |object: &Json| {
        let found = object.get(property).and_then(serde_json::Value::as_str);
        found.is_some_and(|found| normal_form(found) == name)
    };
    objects.into_iter().filter(matches).collect()
}
