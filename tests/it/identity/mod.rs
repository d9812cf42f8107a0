//! Every way of signing in with the real client, against the local Graph's token services.

mod certificates;
mod cli;
mod pipelines;
mod platforms;

use std::time::Duration;

use terraform_provider_intune::graph::{
    Address, Client, Credential, Endpoint, Error, Object, Origin, Settings,
};
use tokio::time::Instant;

use crate::emulator::{self, Emulator, Options};

pub(crate) use certificates::Sample;

/// A local Graph and the application that signs in to it.
struct Site {
    emulator: Emulator,
    application: emulator::Credential,
}

impl Site {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let application = options.clients[0].clone();
        Self { emulator: Emulator::start(options).await.unwrap(), application }
    }

    fn client(&self, credential: Credential) -> Client {
        Client::new(self.settings(credential))
    }

    fn settings(&self, credential: Credential) -> Settings {
        let origin = Origin::parse(self.emulator.url()).unwrap();
        Settings {
            graph: origin.clone(),
            authority: origin,
            tenant_id: Some(self.application.tenant_id.clone()),
            credential,
            account: "as the test says".into(),
            user_agent: "tests/1".to_owned(),
        }
    }

    /// Signs in and reads something.
    async fn read(&self, credential: Credential) -> Result<Object, Error> {
        self.read_by(&self.client(credential)).await
    }

    async fn read_by(&self, client: &Client) -> Result<Object, Error> {
        let token = &self.emulator.tokens()[0].0;
        let address = Address::new()
            .segment("deviceManagement")
            .segment("depOnboardingSettings")
            .segment(token);
        client.get(&address, Instant::now() + Duration::from_secs(30)).await
    }

    fn endpoint(&self, path: &str) -> Endpoint {
        Endpoint::of_this_machine(&format!("{}{path}", self.emulator.url())).unwrap()
    }

    /// The forms that the token endpoint was sent.
    fn forms(&self) -> Vec<serde_json::Value> {
        let requests = self.emulator.requests().into_iter();
        requests
            .filter(|one| one.path.ends_with("/token") && one.method == "POST")
            .map(|one| one.body)
            .collect()
    }
}
