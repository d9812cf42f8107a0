//! Every way in which the service or the way to it can fail, against the provider in this process, where
//! minutes of waiting pass in no time; must not know how the provider does it.
//!
//! A test's name starts with the row of the fault matrix that it stands for.

mod actions;
mod assignment;
mod changes;
mod creates;
mod hostile;
mod lookups;
mod proxies;
mod reads;
mod secrets;
mod texts;
mod throttling;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use terraform_provider_intune::diagnostics::{Diagnostic, Severity};
use terraform_provider_intune::provider::{
    Catalog, Environment, Known, Outcome, Private, Provider, Resource,
};
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::schema::Schema;
use terraform_provider_intune::value::{Fields, Value};

use crate::emulator::{Credential, Effect, Emulator, Fault, Options, Recorded};

/// A local Graph and a provider that is signed in to it.
struct Tenant {
    emulator: Emulator,
    provider: Arc<Provider>,
    token: String,
}

impl Tenant {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        let token = emulator.tokens()[0].0.clone();
        let provider = Arc::new(provider_for(emulator.url(), emulator.url()));
        Self { emulator, provider, token }
    }

    /// With one profile that was created without trouble; answers its state too.
    async fn with_profile(lines: &[(&str, Value)]) -> (Self, Value) {
        let tenant = Self::start().await;
        let state = tenant.created(lines).await;
        tenant.emulator.clear_requests();
        (tenant, state)
    }

    /// What a plan makes of these lines beside the name and the parent.
    fn planned(&self, prior: &Value, lines: &[(&str, Value)]) -> Value {
        let schema = &self.provider.resource(ENTITY.type_name).unwrap().described.schema;
        let lines: Vec<_> = [("display_name", Value::text("Lab"))]
            .into_iter()
            .chain(lines.iter().map(|(name, value)| (*name, value.clone())))
            .collect();
        let config = self.config(schema, &lines);
        let mut proposed = config.as_fields().unwrap().clone();
        for name in ["id", "configuration_endpoint_url", "is_default"] {
            if config.field(name).is_null() {
                proposed.insert(name.to_owned(), prior.field(name).clone());
            }
        }
        let proposed = Value::Object(proposed);
        self.provider
            .plan(managed(&self.provider), prior, &proposed, &config, Private::default())
            .state
    }

    async fn create(&self, lines: &[(&str, Value)]) -> Outcome {
        let planned = self.planned(&Value::Null, lines);
        self.provider.create(managed(&self.provider), planned, &Value::Null, Known::default()).await
    }

    async fn created(&self, lines: &[(&str, Value)]) -> Value {
        let outcome = self.create(lines).await;
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        outcome.state
    }

    async fn read(&self, state: &Value) -> Outcome {
        self.provider.read(managed(&self.provider), state.clone(), Private::default()).await
    }

    async fn update(&self, prior: &Value, lines: &[(&str, Value)]) -> Outcome {
        let planned = self.planned(prior, lines);
        self.provider
            .update(
                managed(&self.provider),
                prior.clone(),
                planned,
                &Value::Null,
                Private::default(),
            )
            .await
    }

    async fn delete(&self, state: &Value) -> Outcome {
        self.provider.delete(managed(&self.provider), state.clone(), Private::default()).await
    }

    /// What configuration says of something with this schema, with everything else left out.
    fn config(&self, schema: &Schema, lines: &[(&str, Value)]) -> Value {
        let names = schema.block.attributes.iter().map(|attribute| attribute.name.clone());
        let mut config: Fields = names.map(|name| (name, Value::Null)).collect();
        config.insert("dep_onboarding_setting_id".into(), Value::text(&self.token));
        config.extend(lines.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Value::Object(config)
    }

    fn fault(&self, method: &str, effect: Effect, times: usize) {
        self.emulator.fault(Fault::new(method, "/enrollmentProfiles", effect).times(times));
    }

    /// The ids of what Graph holds.
    fn ids(&self) -> Vec<String> {
        let profiles = self.emulator.profiles(&self.token);
        profiles.iter().map(|profile| profile["id"].as_str().unwrap().to_owned()).collect()
    }

    /// How many requests of this method there were to Graph.
    fn sent(&self, method: &str) -> usize {
        let requests = self.emulator.requests();
        let wanted = |one: &&Recorded| {
            one.method == method && one.path.starts_with("/beta") && !crate::is_look_at_tokens(one)
        };
        requests.iter().filter(wanted).count()
    }
}

fn provider_for(graph: &str, authority: &str) -> Provider {
    let client = Credential::default();
    let variables = [
        ("ARM_TENANT_ID", client.tenant_id.as_str()),
        ("ARM_CLIENT_ID", client.client_id.as_str()),
        ("ARM_CLIENT_SECRET", client.client_secret.as_str()),
        ("INTUNE_GRAPH_ENDPOINT", graph),
        ("INTUNE_AUTHORITY_HOST", authority),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let provider = Provider::new(Catalog::ALL, Environment::new(variables));
    let problems = provider.configure(&Value::Object(Fields::new()), "1.11.4");
    assert!(problems.is_empty(), "{problems:?}");
    provider
}

fn managed(provider: &Provider) -> &Resource {
    provider.resource(ENTITY.type_name).unwrap()
}

fn status(code: u16, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Effect::Status { code, headers: headers.collect(), body: Json::Null }
}

fn body(bytes: impl Into<Vec<u8>>, content_type: &str) -> Effect {
    Effect::ReplaceBody { bytes: bytes.into(), content_type: content_type.to_owned() }
}

fn set(name: &str, value: Json) -> Effect {
    Effect::SetProperty { name: name.to_owned(), value }
}

/// All that a person is told, and that it is of this severity.
fn told(diagnostics: &[Diagnostic], severity: Severity) -> String {
    assert!(!diagnostics.is_empty(), "somebody should be told");
    let all = diagnostics.iter().map(|diagnostic| {
        assert_eq!(diagnostic.severity, severity, "{diagnostic:?}");
        format!("{}: {}", diagnostic.summary, diagnostic.detail)
    });
    all.collect::<Vec<_>>().join("\n")
}

fn error(outcome: &Outcome) -> String {
    told(&outcome.diagnostics, Severity::Error)
}

fn warning(outcome: &Outcome) -> String {
    told(&outcome.diagnostics, Severity::Warning)
}

fn id(state: &Value) -> &str {
    state.field("id").as_text().unwrap_or_default()
}

fn siri() -> (&'static str, Value) {
    ("siri_disabled", Value::Bool(true))
}

fn page(elements: &[Json]) -> Effect {
    body(json!({ "value": elements }).to_string(), "application/json")
}
