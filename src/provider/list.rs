//! ListResource: what the service holds of a type, one after the other (`terraform query`); changes
//! nothing.
//!
//! Nothing is read before it is asked for: who stops early, or asks for few, pays for few pages.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::explain::{self, listing};
use super::{Provider, Resource, address};
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, Json, Operation, Query, Timeouts};
use crate::graph::{Client, Error, Pages};
use crate::value::{Fields, Value};

/// One object that was found, or something to tell.
#[derive(Debug)]
pub struct Listed {
    /// Its identity; null when there is only something to tell.
    pub identity: Value,
    /// The name that people know it by.
    pub display_name: String,
    /// Its state; null unless it was asked for.
    pub state: Value,
    /// What to tell a person. After an error nothing more comes.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a query asks for.
#[derive(Debug)]
pub struct Wanted {
    /// Its `config` block.
    pub config: Value,
    /// Whether states are to come too, and not only identities.
    pub states: bool,
    /// The most objects to find. As Terraform reads it, zero asks for none; it sends 100 where nothing
    /// is said.
    pub limit: i64,
}

/// A query under way.
#[derive(Debug)]
pub struct Listing {
    client: Client,
    entity: &'static Entity,
    empty: Fields,
    query: Query,
    states: bool,
    left: i64,
    /// The parents' listing; none when there is only one to look under.
    parents: Option<Pages>,
    /// Whether the tenant's own account is still to be looked up.
    account_is_due: bool,
    /// The parent that nobody listed: if nothing is there, it was never made.
    account: Option<String>,
    /// Parents that were found and not looked under yet.
    waiting: VecDeque<String>,
    /// The parent that is being looked under, and its listing.
    children: Option<(String, Pages)>,
    found: VecDeque<Json>,
    /// Elements that show less than a single read would; nobody knows before one was compared.
    shows_less: Option<bool>,
}

impl Provider {
    /// The configuration that somebody would write for the object that a state stands for
    /// (GenerateResourceConfig).
    pub fn generate_config(&self, resource: &Resource, state: &Value) -> Value {
        let Ok(entity) = resource.entity() else { return state.clone() };
        match entity.adopted(state) {
            Value::Object(written) => {
                let mut fields = resource.described.empty();
                fields.extend(written);
                Value::Object(fields)
            }
            nothing => nothing,
        }
    }

    /// What is wrong with a query's `config` block.
    pub fn validate_query(&self, resource: &Resource, config: &Value) -> Vec<Diagnostic> {
        match resource.entity() {
            Ok(entity) => entity.validate_query(config),
            Err(why) => vec![why],
        }
    }

    /// Begins a query; asks nobody yet.
    ///
    /// # Errors
    ///
    /// When the provider is not configured, or the parent's id cannot be one.
    pub fn list(&self, resource: &Resource, wanted: &Wanted) -> Result<Listing, Diagnostic> {
        let entity = resource.entity()?;
        let client = self.client()?;
        let query = entity.query(&wanted.config);
        let is_everywhere = query.parent_id.is_none();
        let parents = match &query.parent_id {
            Some(_) => None,
            None => Some(
                client
                    .pages(&address::parents(entity))
                    .map_err(|error| listing::parents_not_listed(entity, &error))?,
            ),
        };
        Ok(Listing {
            client,
            entity,
            empty: resource.described.empty(),
            waiting: query.parent_id.clone().into_iter().collect(),
            query,
            states: wanted.states,
            left: wanted.limit,
            parents,
            account_is_due: is_everywhere && entity.lives_under_account,
            account: None,
            children: None,
            found: VecDeque::new(),
            shows_less: None,
        })
    }
}

impl Listing {
    /// The next object; none when there are no more, or enough.
    pub async fn next(&mut self) -> Option<Listed> {
        while self.left > 0 {
            if let Some(object) = self.found.pop_front() {
                if let Some(listed) = self.listed(object).await {
                    self.left -= 1;
                    return Some(listed);
                }
                continue;
            }
            match self.look_further().await {
                Ok(Some(warning)) => return Some(Listed::told(warning)),
                Ok(None) if self.is_at_its_end() => return None,
                Ok(None) => {}
                Err(why) => {
                    self.left = 0;
                    return Some(Listed::told(why));
                }
            }
        }
        None
    }

    fn is_at_its_end(&self) -> bool {
        self.found.is_empty()
            && self.children.is_none()
            && self.waiting.is_empty()
            && self.parents.is_none()
            && !self.account_is_due
    }

    /// Reads one more page, if there is one. A parent that has gone since it was listed is a warning.
    async fn look_further(&mut self) -> Result<Option<Diagnostic>, Diagnostic> {
        let entity = self.entity;
        if let Some((parent, pages)) = &mut self.children {
            match pages.next(deadline()).await {
                Ok(Some(page)) => self.found.extend(page),
                Ok(None) => self.children = None,
                Err(error) => {
                    let parent = std::mem::take(parent);
                    self.children = None;
                    if !error.is_not_found() || self.query.parent_id.is_some() {
                        return Err(listing::not_listed(entity, &parent, &error));
                    }
                    let was_never = self.account.as_ref() == Some(&parent);
                    let warning = || listing::gone_meanwhile(entity, &parent, &error);
                    return Ok((!was_never).then(warning));
                }
            }
        } else if let Some(parent) = self.waiting.pop_front() {
            let pages = self.client.pages(&address::collection(entity, &parent));
            let pages = pages.map_err(|error| listing::not_listed(entity, &parent, &error))?;
            self.children = Some((parent, pages));
        } else if self.account_is_due {
            self.account_is_due = false;
            let account = self.client.get(&address::account(), deadline()).await;
            let account = account.map_err(|error| listing::parents_not_listed(entity, &error))?;
            let id = account.get(address::ACCOUNT_ID).and_then(|id| id.as_str());
            self.account = id.map(str::to_owned);
            self.waiting.extend(self.account.clone());
        } else if let Some(pages) = &mut self.parents {
            let page = pages.next(deadline()).await;
            match page.map_err(|error| listing::parents_not_listed(entity, &error))? {
                Some(page) => {
                    let ids = page.iter().filter_map(Entity::id_of).map(str::to_owned);
                    self.waiting.extend(ids);
                }
                None => self.parents = None,
            }
        }
        Ok(None)
    }

    /// What there is to say of an object; nothing when it is not asked for.
    async fn listed(&mut self, object: Json) -> Option<Listed> {
        let entity = self.entity;
        let parent = self.children.as_ref().map(|(parent, _)| parent.clone())?;
        let id = Entity::id_of(&object)?.to_owned();
        if !entity.is_asked_for(&self.query, &object) {
            return None;
        }
        let display_name = entity.name_of(&object).unwrap_or(&id).to_owned();
        let object = match self.whole(&parent, &id, object).await {
            Ok(object) => object,
            // It has gone since it was listed.
            Err(error) if error.is_not_found() => return None,
            Err(error) => return Some(self.failed(listing::not_listed(entity, &parent, &error))),
        };
        let mut fields = self.empty.clone();
        fields.insert(entity.parent.attribute.to_owned(), Value::text(&parent));
        let state = match entity.read(&object, &Value::Object(fields)) {
            Ok(state) => state,
            Err(wrong) => return Some(self.failed(explain::wrong_answer(entity, &wrong))),
        };
        let identity = entity.identity(&state);
        let state = if self.states { state } else { Value::Null };
        Some(Listed { identity, display_name, state, diagnostics: Vec::new() })
    }

    /// The object as a single read shows it, where its state is asked for and a listing shows less.
    async fn whole(&mut self, parent: &str, id: &str, listed: Json) -> Result<Json, Error> {
        if !self.states || self.shows_less == Some(false) || self.entity.is_whole(&listed) {
            return Ok(listed);
        }
        let item = address::item(self.entity, parent, id);
        let object = self.client.get(&item, deadline()).await?;
        let more = object.keys().any(|name| !name.contains('@') && !listed.contains_key(name));
        self.shows_less = Some(more);
        Ok(object)
    }

    fn failed(&mut self, why: Diagnostic) -> Listed {
        self.left = 0;
        Listed::told(why)
    }
}

impl Listed {
    /// Nothing but something to tell.
    pub fn told(why: Diagnostic) -> Self {
        let display_name = String::new();
        let (identity, state) = (Value::Null, Value::Null);
        Self { identity, display_name, state, diagnostics: vec![why] }
    }
}

fn deadline() -> Instant {
    Instant::now() + Timeouts::of(&Value::Null, Operation::Read)
}
