//! The meaning of each call of Terraform's provider protocol, in our own types; must never name the
//! wire, nor the HTTP library.
//!
//! One call is one file: `validate`, `settings` (configure), `upgrade`, `read`, `plan`, `apply`,
//! `import`, `identity`, `list`, `moved`, `data`, `function`, `action`, `ephemeral`. Whatever a service
//! refuses is put into words in `explain`.

mod action;
pub(crate) mod address;
mod apply;
pub(crate) mod assign;
mod claims;
mod data;
mod default;
mod ephemeral;
pub(crate) mod expiry;
pub(crate) mod explain;
mod function;
mod guard;
mod holder;
mod identity;
mod import;
mod list;
mod looks;
mod mobile_config;
mod moved;
pub mod permission;
mod plan;
mod read;
mod settings;
mod sync;
mod tenant;
mod tokens;
mod upgrade;
mod validate;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

pub use action::{Offered, Progress};
pub use data::{Found, Lookup};
pub use ephemeral::Fleeting;
use expiry::Expiry;
pub(crate) use guard::internal_error;
pub use guard::{Known, guarded};
#[doc(hidden)]
pub use import::Meaning;
pub use import::Sought;
pub use list::{Listed, Listing, Wanted};
pub use moved::Origin;
pub use plan::PlanOutcome;
pub use settings::Environment;

use crate::actions;
use crate::data_sources;
use crate::diagnostics::Diagnostic;
use crate::entity::{Action, DataSource, Entity, Ephemeral, Suggestions};
use crate::ephemeral_resources;
use crate::functions::{self, Function};
use crate::graph::Client;
use crate::resources::{self, dep_device_assignment};
use crate::schema::{IdentitySchema, Schema};
use crate::value::{Fields, Type, Value};

/// The provider: what it manages, and the connection it was configured with.
///
/// One process may be configured several times when it is attached to by hand, so the connection is
/// replaced, not set once.
#[derive(Debug)]
pub struct Provider {
    environment: Environment,
    settings: Described,
    resources: BTreeMap<&'static str, Resource>,
    functions: &'static [&'static Function],
    actions: BTreeMap<&'static str, Offered>,
    ephemeral_resources: BTreeMap<&'static str, Fleeting>,
    lookups: BTreeMap<&'static str, Lookup>,
    connection: RwLock<Connection>,
    devices: assign::Devices,
    claims: claims::Claims,
    look: tokens::Look,
    /// Spreads waits; from the operating system, if nothing else is given.
    chance: Option<fn() -> f64>,
    clock: fn() -> SystemTime,
    expiry: Expiry,
    /// Held for reading by every change that is under way.
    changes: Arc<tokio::sync::RwLock<()>>,
}

/// Everything that a provider offers. What is declared but not in here does not exist for Terraform.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    /// The entities that can be managed.
    pub resources: &'static [&'static Entity],
    /// Whether it can be managed which profile devices get.
    pub device_assignment: bool,
    /// What can be called.
    pub functions: &'static [&'static Function],
    /// What can be done.
    pub actions: &'static [&'static Action],
    /// What can be fetched and is never stored.
    pub ephemeral_resources: &'static [&'static Ephemeral],
    /// What can be looked up.
    pub data_sources: &'static [DataSource],
}

impl Catalog {
    /// Everything that is declared.
    pub const ALL: Self = Self {
        resources: resources::ALL,
        device_assignment: true,
        data_sources: data_sources::ALL,
        functions: functions::ALL,
        actions: actions::ALL,
        ephemeral_resources: ephemeral_resources::ALL,
    };
}

/// A managed resource, with what Terraform is told of it.
#[derive(Debug)]
pub struct Resource {
    /// What it stands for.
    pub managed: Managed,
    /// Its schema and type.
    pub described: Described,
    /// The schema and type of its identity.
    pub identity: DescribedIdentity,
    /// The schema and type of the `config` block of a query for it; none where it cannot be listed.
    query: Option<Described>,
}

/// What a resource stands for.
#[derive(Clone, Copy, Debug)]
pub enum Managed {
    /// An entity with an id of its own, declared by rows.
    Entity(&'static Entity),
    /// Which profile devices get: a property of things that are not managed.
    DeviceAssignment,
}

/// A schema and the type of the values that conform to it.
#[derive(Debug)]
pub struct Described {
    /// The schema.
    pub schema: Schema,
    /// Its values' type.
    pub type_: Type,
}

/// An identity's schema and the type of the identities that conform to it.
#[derive(Debug)]
pub struct DescribedIdentity {
    /// The schema.
    pub schema: IdentitySchema,
    /// Its values' type.
    pub type_: Type,
}

/// State, the private data kept beside it, and what to tell a person. State and error travel together.
#[derive(Debug)]
pub struct Outcome {
    /// The state to record; null when there is nothing.
    pub state: Value,
    /// What is kept beside the state.
    pub private: Private,
    /// What to tell a person.
    pub diagnostics: Vec<Diagnostic>,
}

/// What is kept beside a state and never shown.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Private {
    /// Where the service keeps another value than configuration suggested.
    #[serde(default)]
    suggestions: Suggestions,
    /// The tenant in which the object was last seen, by id; absent where nothing told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// Whether the object's type is only what a `moved` block says; nothing is changed before it was
    /// looked at. A delete names no type, and is done all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unseen: bool,
    /// Tells a device assignment from every other one, of the same profile too; absent where it was made
    /// before there were such names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignment: Option<String>,
}

/// How far the provider is configured.
#[derive(Debug)]
enum Connection {
    /// Terraform has not configured this process.
    Absent,
    /// The configuration was refused, and the person told why.
    Refused,
    /// An argument of the provider is not known yet.
    Waiting(&'static str),
    /// Ready to sign in at the first request.
    Ready(Client),
}

impl Provider {
    /// A provider of all this, which reads its settings from configuration and `environment`.
    pub fn new(catalog: Catalog, environment: Environment) -> Self {
        let actions = catalog.actions.iter().map(|&action| {
            (action.type_name, Offered { action, described: Described::from(action.schema()) })
        });
        let ephemeral_resources = catalog.ephemeral_resources.iter().map(|&ephemeral| {
            let described = Described::from(ephemeral.schema());
            (ephemeral.type_name, Fleeting { ephemeral, described })
        });
        let resources = catalog.resources.iter().copied().map(Resource::of_entity);
        let assignment = catalog.device_assignment.then(Resource::of_device_assignment);
        let lookups = catalog.data_sources.iter().map(|source| {
            (source.type_name, Lookup { source, described: Described::from(source.schema()) })
        });
        Self {
            environment,
            settings: Described::from(settings::schema()),
            resources: resources.chain(assignment).collect(),
            functions: catalog.functions,
            actions: actions.collect(),
            ephemeral_resources: ephemeral_resources.collect(),
            lookups: lookups.collect(),
            connection: RwLock::new(Connection::Absent),
            devices: assign::Devices::default(),
            claims: claims::Claims::default(),
            look: tokens::Look::default(),
            chance: None,
            clock: SystemTime::now,
            expiry: Expiry::default(),
            changes: Arc::default(),
        }
    }

    /// The same provider with this source of chance, a number from 0 up to but not including 1, so that
    /// a run can be repeated exactly. Waits are spread by it.
    #[must_use]
    pub fn with_chance(self, chance: fn() -> f64) -> Self {
        Self { chance: Some(chance), ..self }
    }

    /// The same provider with this clock, so that what depends on the day can be shown.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> SystemTime) -> Self {
        Self { clock, ..self }
    }

    /// The provider block's schema.
    pub fn settings(&self) -> &Described {
        &self.settings
    }

    /// Every resource by name, in alphabetical order.
    pub fn resources(&self) -> impl Iterator<Item = (&'static str, &Resource)> {
        self.resources.iter().map(|(name, resource)| (*name, resource))
    }

    /// The resource of this name.
    pub fn resource(&self, type_name: &str) -> Result<&Resource, Diagnostic> {
        self.resources.get(type_name).ok_or_else(|| {
            Diagnostic::error(
                "Unknown resource type",
                format!(
                    "This version of the provider has no `{type_name}`. Check the spelling, or the \
                     provider's version."
                ),
            )
        })
    }

    /// Every data source by name, in alphabetical order.
    pub fn data_sources(&self) -> impl Iterator<Item = (&'static str, &Lookup)> {
        self.lookups.iter().map(|(name, lookup)| (*name, lookup))
    }

    /// The data source of this name.
    pub fn data_source(&self, type_name: &str) -> Result<&Lookup, Diagnostic> {
        self.lookups.get(type_name).ok_or_else(|| {
            Diagnostic::error(
                "Unknown data source",
                format!(
                    "This version of the provider has no data source `{type_name}`. Check the \
                     spelling, or the provider's version."
                ),
            )
        })
    }

    /// Ends waits and holds back requests that were not sent yet; what is on its way runs on.
    pub fn stop(&self) {
        if let Connection::Ready(client) =
            &*self.connection.read().unwrap_or_else(PoisonError::into_inner)
        {
            client.stop();
        }
    }

    /// Ends when no change is under way any more. Whoever asked for one may be gone by then; what was
    /// sent is finished and logged all the same.
    pub async fn finished(&self) {
        drop(self.changes.write().await);
    }

    /// Says that a change is under way for as long as the answer is kept.
    pub async fn change(&self) -> impl Send + use<> {
        Arc::clone(&self.changes).read_owned().await
    }

    /// The client to talk to Graph with in one operation, which a stop from now on ends.
    pub(crate) fn client(&self) -> Result<Client, Diagnostic> {
        match &*self.connection.read().unwrap_or_else(PoisonError::into_inner) {
            Connection::Ready(client) => Ok(client.operating()),
            Connection::Waiting(argument) => Err(Diagnostic::error(
                "Provider not configured yet",
                format!(
                    "The provider argument `{argument}` is not known before other resources are \
                     applied, so Microsoft Graph cannot be asked now. Apply what it depends on first \
                     (`terraform apply -target=...`), or give the argument a value that is known."
                ),
            )),
            Connection::Refused => Err(Diagnostic::error(
                "Provider not configured",
                "Microsoft Graph cannot be asked, because the provider's settings were refused. Correct \
                 what the error about the provider block says.",
            )),
            Connection::Absent => Err(Diagnostic::error(
                "Provider not configured",
                "Microsoft Graph was to be asked before the provider was configured. Terraform does \
                 that on its own; please report this as a bug of the provider.",
            )),
        }
    }

    fn now(&self) -> SystemTime {
        (self.clock)()
    }

    /// What was learnt through another connection is forgotten with it.
    fn connect(&self, connection: Connection) {
        self.devices.clear();
        self.claims.clear();
        self.look.clear();
        *self.connection.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

impl Resource {
    fn of_entity(entity: &'static Entity) -> (&'static str, Self) {
        let described = Described::from(entity.schema());
        let identity = DescribedIdentity::from(entity.identity_schema());
        let query = Some(Described::from(entity.query_schema()));
        (entity.type_name, Self { managed: Managed::Entity(entity), described, identity, query })
    }

    fn of_device_assignment() -> (&'static str, Self) {
        let described = Described::from(dep_device_assignment::schema());
        let identity = DescribedIdentity::from(dep_device_assignment::identity_schema());
        let managed = Managed::DeviceAssignment;
        (dep_device_assignment::TYPE_NAME, Self { managed, described, identity, query: None })
    }

    /// Its name in configuration.
    pub fn type_name(&self) -> &'static str {
        match self.managed {
            Managed::Entity(entity) => entity.type_name,
            Managed::DeviceAssignment => dep_device_assignment::TYPE_NAME,
        }
    }

    /// Its declaration, for what is only done with objects that Graph keeps one by one.
    fn entity(&self) -> Result<&'static Entity, Diagnostic> {
        match self.managed {
            Managed::Entity(entity) => Ok(entity),
            Managed::DeviceAssignment => Err(self.is_no_object()),
        }
    }

    /// The schema and type of the `config` block of a query for it.
    ///
    /// # Errors
    ///
    /// When it cannot be listed.
    pub fn query(&self) -> Result<&Described, Diagnostic> {
        self.query.as_ref().ok_or_else(|| self.is_no_object())
    }

    fn is_no_object(&self) -> Diagnostic {
        Diagnostic::error(
            "Nothing to list or to move",
            format!(
                "Microsoft Graph keeps no object for a `{}`. Remove the block that wants to list or to \
                 move one.",
                self.type_name()
            ),
        )
    }
}

impl Described {
    /// The attributes of an object of which nothing is known.
    fn empty(&self) -> Fields {
        let names = self.schema.block.attributes.iter().map(|attribute| attribute.name.clone());
        names.map(|name| (name, Value::Null)).collect()
    }
}

impl From<Schema> for Described {
    fn from(schema: Schema) -> Self {
        let type_ = schema.implied_type();
        Self { schema, type_ }
    }
}

impl From<IdentitySchema> for DescribedIdentity {
    fn from(schema: IdentitySchema) -> Self {
        let type_ = schema.implied_type();
        Self { schema, type_ }
    }
}

impl Outcome {
    /// Nothing changed, and this is why.
    pub(crate) fn unchanged(state: Value, private: Private, why: Diagnostic) -> Self {
        Self { state, private, diagnostics: vec![why] }
    }
}

impl Private {
    /// Reads what [`Private::to_bytes`] wrote. Bytes of another form are taken for none, as an error would
    /// keep the state from ever being read. Lost with them are the tenant, until the next read, what the
    /// service made of suggestions, which shows as drift once more, and the mark of a moved state.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// The form that Terraform keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        serde_json::to_vec(self).unwrap_or_default()
    }
}
