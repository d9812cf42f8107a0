//! ReadDataSource and its validation: what there is, told and never changed.
//!
//! One kind of question is one file. A question that has no single answer is an error that names what
//! there is.

mod devices;
mod profile;
mod token;

use std::borrow::Cow;

use tokio::time::Instant;

use super::{Described, Provider, explain};
use crate::data_sources;
use crate::diagnostics::Diagnostic;
use crate::entity::{DataSource, Json, Operation, Question, Setting, Timeouts, WrongAnswer};
use crate::graph::{Address, Client, Error, Object};
use crate::value::{Path, Value, normal_form};

/// A data source, with what Terraform is told of it.
#[derive(Debug)]
pub struct Lookup {
    /// Its declaration.
    pub source: &'static DataSource,
    /// Its schema and type.
    pub described: Described,
}

/// What a data source found.
#[derive(Debug)]
pub struct Found {
    /// What it tells; conforms to its type and is wholly known.
    pub value: Value,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl Provider {
    /// Everything that is wrong with a data source's configuration. Values that are not known yet pass.
    pub fn validate_data_source(&self, lookup: &Lookup, config: &Value) -> Vec<Diagnostic> {
        lookup.source.validate(config)
    }

    /// Looks up what a configuration asks for.
    ///
    /// # Errors
    ///
    /// When Graph cannot be asked or refuses, and when there is not exactly one answer where one is
    /// asked for.
    pub async fn read_data_source(
        &self,
        lookup: &Lookup,
        config: &Value,
    ) -> Result<Found, Diagnostic> {
        let question = Asking {
            provider: self,
            client: self.client()?,
            source: lookup.source,
            config,
            deadline: Instant::now() + Timeouts::of(config, Operation::Read),
        };
        match lookup.source.question {
            Question::Token => question.token().await,
            Question::Tokens => question.tokens().await,
            Question::Entity(entity) => question.profile(entity).await,
            Question::Profiles => question.profiles().await,
            Question::Devices => question.devices().await,
            Question::MobileConfig => question.mobile_config().await,
        }
    }
}

/// One question, and all that is needed to answer it.
struct Asking<'a> {
    provider: &'a Provider,
    client: Client,
    source: &'static DataSource,
    config: &'a Value,
    deadline: Instant,
}

impl Asking<'_> {
    /// The text of an argument, if it is given.
    fn text(&self, attribute: &str) -> Option<&str> {
        self.config.field(attribute).as_text()
    }

    fn one(&self, object: &Json, parent: &str) -> Result<Found, Diagnostic> {
        let told = self.source.tell_one(self.config, object, &self.setting(parent));
        self.found(told)
    }

    fn many<'object>(
        &self,
        objects: impl IntoIterator<Item = &'object Json>,
        parent: &str,
    ) -> Result<Found, Diagnostic> {
        let told = self.source.tell_many(self.config, objects, &self.setting(parent));
        self.found(told)
    }

    fn found(&self, told: Result<Value, WrongAnswer>) -> Result<Found, Diagnostic> {
        match told {
            Ok(value) => Ok(Found { value, diagnostics: Vec::new() }),
            Err(wrong) => Err(explain::lookup::wrong_answer(self.source, &wrong)),
        }
    }

    fn setting<'parent>(&self, parent: &'parent str) -> Setting<'parent> {
        Setting { now: self.provider.now(), parent }
    }

    async fn list(&self, address: &Address) -> Result<Vec<Object>, Error> {
        self.client.list(address, self.deadline).await
    }

    /// A request that failed, where `place` is the attribute that would be to blame for a 404.
    fn failed(&self, place: &'static str, error: &Error) -> Diagnostic {
        explain::lookup::failure(self.source, place, self.text(place), error)
    }

    /// That there is not exactly one answer.
    fn undecided(&self, attribute: &str, summary: &str, detail: String) -> Diagnostic {
        Diagnostic::error(summary, detail).at(Path::attribute(attribute))
    }

    async fn mobile_config(&self) -> Result<Found, Diagnostic> {
        let id = self.text(PROFILE_ID).unwrap_or_default();
        let exported = super::mobile_config::exported(&self.client, id, self.deadline).await;
        match exported {
            Ok(answer) => self.one(&answer, ""),
            Err(error) => Err(self.failed(PROFILE_ID, &error)),
        }
    }
}

/// The attribute that names a profile beside what is told of it.
const PROFILE_ID: &str = "enrollment_profile_id";

/// What stands in a text of an object, in the normal form in which a configuration writes it too.
fn text_of<'object>(object: &'object Json, property: &str) -> Option<Cow<'object, str>> {
    object.get(property).and_then(serde_json::Value::as_str).map(normal_form)
}

/// Things by their names and ids, for a person to choose from; none in words.
fn candidates(things: impl IntoIterator<Item = String>, none: &str) -> String {
    let things: Vec<_> = things.into_iter().collect();
    let shown = things.iter().take(MOST_CANDIDATES).cloned().collect::<Vec<_>>().join(", ");
    match things.len() {
        0 => none.to_owned(),
        count if count > MOST_CANDIDATES => {
            format!("{shown} and {} more", count - MOST_CANDIDATES)
        }
        _ => shown,
    }
}

/// More would be read by nobody.
const MOST_CANDIDATES: usize = 20;

/// The argument that names a token.
const TOKEN_ID: &str = data_sources::TOKEN_ID;
