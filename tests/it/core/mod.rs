//! Plays Terraform core for one provider process; must not know what any resource means.
//!
//! [`Core`] launches the plugin, reads its schemas and configures it. [`Instance`] keeps what core keeps
//! of one resource instance and takes it through validate, plan, apply, refresh, import and destroy in
//! core's order. Every answer goes through the [`oracle`](crate::oracle): a breach of the contract fails
//! the test with the whole story, while what the provider says in diagnostics comes back as [`Told`].

mod codec;
mod instance;
mod lookup;
mod query;
mod schema;
mod story;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_intune::schema::Schema;
use terraform_provider_intune::value::{Type, Value, json};
use tonic::transport::Channel;

use crate::host::{Host, Plugin};
use crate::oracle::implied_type;
use story::Story;

pub(crate) use codec::{dynamic, known, said};
pub(crate) use instance::Instance;
pub(crate) use query::Found;
pub(crate) use told::Told;

/// The version that core says it has.
const VERSION: &str = "1.16.0";

/// One provider process and what it told about itself.
pub(crate) struct Core {
    pub(crate) plugin: Plugin,
    schemas: Arc<Schemas>,
}

/// What a provider offers, with the types that its schemas imply.
#[derive(Debug)]
struct Schemas {
    provider: Described,
    resources: BTreeMap<String, Described>,
    ephemeral_resources: BTreeMap<String, Described>,
    actions: BTreeMap<String, Described>,
    data_sources: BTreeMap<String, Described>,
    /// The `config` blocks of queries.
    queries: BTreeMap<String, Described>,
}

/// A schema and the type of its values.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) schema: Schema,
    pub(crate) type_: Type,
    /// The type of its identities; none where it has none.
    pub(crate) identity: Option<Type>,
}

impl Core {
    /// Starts a plugin and reads its schemas, which must be such as Terraform accepts.
    pub(crate) async fn launch(host: &Host) -> Self {
        Self::of(host.launch().await).await
    }

    /// Takes over a plugin that was started already.
    pub(crate) async fn of(plugin: Plugin) -> Self {
        let request = wire::get_provider_schema::Request {};
        let answer = plugin.provider().get_provider_schema(request).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics, [], "the schema is told without a word");
        let request = wire::get_resource_identity_schemas::Request {};
        let asked = plugin.provider().get_resource_identity_schemas(request).await;
        let identities = asked.unwrap().into_inner();
        assert_eq!(identities.diagnostics, [], "the identities are told without a word");
        for name in identities.identity_schemas.keys() {
            assert!(answer.resource_schemas.contains_key(name), "{name} is no resource");
        }
        for name in answer.list_resource_schemas.keys() {
            assert!(identities.identity_schemas.contains_key(name), "{name} has no identity");
        }
        let queries = answer.list_resource_schemas.iter();
        let resources = answer.resource_schemas.iter();
        let fleeting = answer.ephemeral_resource_schemas.iter();
        let actions = answer.action_schemas.iter();
        let data_sources = answer.data_source_schemas.iter();
        let data_sources =
            data_sources.map(|(name, schema)| (name.clone(), Described::read(schema)));
        let schemas = Schemas {
            provider: Described::read(answer.provider.as_ref().unwrap()),
            queries: queries
                .map(|(name, schema)| (name.clone(), Described::read(schema)))
                .collect(),
            resources: resources
                .map(|(name, schema)| {
                    let identity = identities.identity_schemas.get(name).map(schema::identity);
                    (name.clone(), Described { identity, ..Described::read(schema) })
                })
                .collect(),
            ephemeral_resources: fleeting
                .map(|(name, schema)| (name.clone(), Described::read(schema)))
                .collect(),
            // Terraform dereferences the schema without a look.
            actions: actions
                .map(|(name, action)| {
                    (name.clone(), Described::read(action.schema.as_ref().unwrap()))
                })
                .collect(),
            data_sources: data_sources.collect(),
        };
        Self { plugin, schemas: Arc::new(schemas) }
    }

    /// Validates and takes the provider block, as core does before it asks for anything remote.
    pub(crate) async fn configure(&self, config: &Value) -> Told {
        let mut story = Story::default();
        let type_ = &self.schemas.provider.type_;
        story.note("ValidateProviderConfig", config);
        let request =
            wire::validate_provider_config::Request { config: Some(dynamic(config, type_)) };
        let answer = self.provider().validate_provider_config(request).await;
        let validated = story.answered(answer);
        let mut told = story.told(&validated.diagnostics, type_);
        if told.failed() {
            return told;
        }
        story.note("ConfigureProvider", config);
        let request = wire::configure_provider::Request {
            terraform_version: VERSION.to_owned(),
            config: Some(dynamic(config, type_)),
            client_capabilities: Some(capabilities()),
        };
        let configured = story.answered(self.provider().configure_provider(request).await);
        told.extend(story.told(&configured.diagnostics, type_));
        told
    }

    /// A provider block with these arguments.
    pub(crate) fn provider_config(&self, arguments: &serde_json::Value) -> Value {
        self.schemas.provider.value(arguments)
    }

    /// The names of all resources, in alphabetical order.
    pub(crate) fn resource_types(&self) -> impl Iterator<Item = &str> {
        self.schemas.resources.keys().map(String::as_str)
    }

    /// What core knows of a resource type.
    pub(crate) fn described(&self, type_name: &str) -> &Described {
        &self.schemas.resources[type_name]
    }

    /// What core knows of an ephemeral resource.
    pub(crate) fn ephemeral(&self, type_name: &str) -> &Described {
        &self.schemas.ephemeral_resources[type_name]
    }

    /// What core knows of an action.
    pub(crate) fn action(&self, type_name: &str) -> &Described {
        &self.schemas.actions[type_name]
    }

    /// The type of a query's `config` block.
    pub(crate) fn query_type(&self, type_name: &str) -> &Type {
        &self.schemas.queries[type_name].type_
    }

    /// The type of a provider block.
    pub(crate) fn provider_type(&self) -> &Type {
        &self.schemas.provider.type_
    }

    /// A resource instance of which nothing exists yet.
    pub(crate) fn instance(&self, type_name: &str) -> Instance {
        self.instance_in(&self.plugin, type_name)
    }

    /// The same in another process of the same provider, which core has not asked for its schemas.
    pub(crate) fn instance_in(&self, plugin: &Plugin, type_name: &str) -> Instance {
        Instance::new(plugin.provider(), type_name, self.described(type_name).clone())
    }

    /// Says, as on the first Ctrl-C, that calls under way should come to an end.
    pub(crate) async fn stop(&self) {
        let answer = self.provider().stop_provider(wire::stop_provider::Request {}).await;
        assert_eq!(answer.unwrap().into_inner().error, "");
    }

    /// All calls, for what core itself would never send.
    pub(crate) fn provider(&self) -> ProviderClient<Channel> {
        self.plugin.provider()
    }
}

impl Described {
    fn read(from: &wire::Schema) -> Self {
        let schema = schema::read(from);
        assert_eq!(schema.check(), Ok(()), "Terraform would refuse this schema");
        let type_ = implied_type(&schema);
        Self { schema, type_, identity: None }
    }

    /// The value that this JSON describes; attributes that are left out are null.
    pub(crate) fn value(&self, json: &serde_json::Value) -> Value {
        json::decode(json.to_string().as_bytes(), &self.type_, json::Undefined::Refuse)
            .unwrap_or_else(|error| panic!("{error}: {json:#}"))
    }
}

/// What Terraform 1.16 says it can do, in a stable release.
fn capabilities() -> wire::ClientCapabilities {
    wire::ClientCapabilities {
        deferral_allowed: false,
        write_only_attributes_allowed: true,
        store_planned_private: true,
        computed_blocks_allowed: true,
    }
}
