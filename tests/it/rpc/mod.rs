//! Every call of Terraform's protocol over a real connection, against a local Graph and judged by core's
//! checks; must not know the plugin's inside.

mod actions;
mod calls;
mod ephemeral;
mod frames;
mod functions;
mod identities;
mod life;
mod lives;
mod lookups;
mod malformed;
mod many;
mod panes;
mod process;
mod queries;
mod records;
mod schema;
mod secrets;
mod states;
pub(crate) mod texts;
mod trust;
mod unknowns;

use serde_json::{Value as Json, json};
use terraform_provider_intune::value::Value;
use tokio::time::timeout;

use crate::core::{Core, Instance};
use crate::emulator::{Credential, Effect, Emulator, Options, Recorded};
use crate::host::{Host, PATIENCE};

const PROFILE: &str = "intune_dep_enrollment_profile";
const IOS: &str = "intune_dep_ios_enrollment_profile";
const MACOS: &str = "intune_dep_macos_enrollment_profile";
const ASSIGNMENT: &str = "intune_dep_device_assignment";
/// An id that nothing has.
const GUID: &str = "00000000-0000-4000-8000-000000000000";
/// Two certificates, in the form in which configuration holds them.
const CERTIFICATES: [&str; 2] = [
    include_str!("../../../src/entity/certificate.b64"),
    include_str!("../../../src/entity/certificate2.b64"),
];

/// A plugin process that is configured for a Graph of its own.
struct Stage {
    emulator: Emulator,
    core: Core,
    /// The first enrollment program token.
    token: String,
}

impl Stage {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let stage = Self::unconfigured(options).await;
        stage.configure(json!({})).await;
        stage
    }

    /// The same before ConfigureProvider.
    async fn unconfigured(options: Options) -> Self {
        Self::on(&Host::new(), options).await
    }

    /// The same with a plugin that is started in this way.
    async fn on(host: &Host, options: Options) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        let core = Core::launch(host).await;
        let token = emulator.tokens()[0].0.clone();
        Self { emulator, core, token }
    }

    /// Configures the provider, with these arguments in the place of the right ones.
    async fn configure(&self, changed: Json) {
        self.core.configure(&self.provider_config(changed)).await.nothing();
    }

    /// The provider block that reaches the stage's Graph, with these arguments changed.
    fn provider_config(&self, changed: Json) -> Value {
        let client = Credential::default();
        let arguments = json!({
            "tenant_id": client.tenant_id,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "graph_endpoint": self.emulator.url(),
            "authority_host": self.emulator.url(),
        });
        self.core.provider_config(&merged(arguments, changed))
    }

    /// A profile that does not exist yet.
    fn profile(&self) -> Instance {
        self.core.instance(PROFILE)
    }

    /// A profile's configuration: its token, a name, and these attributes.
    fn config(&self, attributes: Json) -> Value {
        let least = json!({ "dep_onboarding_setting_id": self.token, "display_name": "Lab" });
        self.core.described(PROFILE).value(&merged(least, attributes))
    }

    /// A profile that was applied with these attributes, and its configuration.
    async fn applied(&self, attributes: Json) -> (Instance, Value) {
        let (mut profile, config) = (self.profile(), self.config(attributes));
        profile.upsert(&config).await.success();
        self.emulator.clear_requests();
        (profile, config)
    }

    /// What Graph holds under the first token.
    fn stored(&self) -> Vec<Json> {
        self.emulator.profiles(&self.token)
    }

    /// Waits until so many requests have come to the gate.
    async fn arrivals(&self, gate: &str, count: usize) {
        timeout(PATIENCE, self.emulator.arrivals(gate, count)).await.unwrap();
    }

    /// Requests to Graph (not for tokens) of this method.
    fn sent(&self, method: &str) -> Vec<Recorded> {
        let requests = self.emulator.requests();
        let wanted = |one: &Recorded| {
            one.method == method && one.path.starts_with("/beta") && !crate::is_look_at_tokens(one)
        };
        requests.into_iter().filter(wanted).collect()
    }
}

/// A value with one of its attributes changed.
fn with(config: &Value, attribute: &str, value: Value) -> Value {
    let Value::Object(mut fields) = config.clone() else { panic!("{config:?}") };
    assert!(fields.insert(attribute.to_owned(), value).is_some(), "there is no {attribute}");
    Value::Object(fields)
}

fn status(code: u16) -> Effect {
    Effect::Status { code, headers: Vec::new(), body: Json::Null }
}

fn merged(mut object: Json, changed: Json) -> Json {
    let (Json::Object(fields), Json::Object(changed)) = (&mut object, changed) else {
        panic!("{object}")
    };
    fields.extend(changed);
    object
}
