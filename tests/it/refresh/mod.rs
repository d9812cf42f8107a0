//! What many reads cost and that each of them is true, counted at the local Graph; must not know how the
//! requests are saved.

mod counts;
mod process;
mod truth;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use terraform_provider_intune::graph::{
    self, Address, Client, Error, Object, Origin, Secret, Settings,
};
use tokio::time::Instant;

use crate::emulator::{Credential, Emulator, Options};

/// How far away the service is: far enough that the first read is not answered before a busy machine has got
/// round to asking the others of the same moment.
const FAR: Duration = Duration::from_millis(50);

/// A local Graph and the profiles on it that we manage.
struct Estate {
    emulator: Emulator,
    /// Token id and profile id, in an order that has nothing to do with that of a listing.
    managed: Vec<(String, String)>,
}

impl Estate {
    /// So many tokens with so many profiles each, all of them managed.
    async fn new(tokens: usize, profiles: usize) -> Self {
        Self::with(tokens, profiles, Options::default()).await
    }

    /// The same at a service with other habits.
    async fn with(tokens: usize, profiles: usize, options: Options) -> Self {
        let names = (0..tokens).map(|number| format!("Token {number}")).collect();
        let options = Options { tokens: names, latency: FAR, ..options };
        let emulator = Emulator::start(options).await.unwrap();
        let mut managed = Vec::new();
        for (token, _) in emulator.tokens() {
            for number in 0..profiles {
                let properties = json!({ "displayName": format!("Profile {number}") });
                managed.push((token.clone(), emulator.put_profile(&token, properties)));
            }
        }
        // The second half of an id is random.
        managed.sort_by(|(_, one), (_, other)| one.split('_').nth(1).cmp(&other.split('_').nth(1)));
        Self { emulator, managed }
    }

    fn client(&self) -> Client {
        let origin = Origin::parse(self.emulator.url()).unwrap();
        let credential = Credential::default();
        Client::new(Settings {
            graph: origin.clone(),
            authority: origin,
            tenant_id: Some(credential.tenant_id),
            credential: graph::Credential::ClientSecret {
                client_id: credential.client_id,
                secret: Secret::new(credential.client_secret),
            },
            account: "a test".into(),
            user_agent: "refresh/1".to_owned(),
        })
    }

    /// Reads all that is managed, so many at a time, and compares each answer with what is stored.
    async fn refresh(&self, client: &Client, concurrency: usize) {
        self.refresh_of(client, &self.managed, concurrency).await;
    }

    async fn refresh_of(&self, client: &Client, ids: &[(String, String)], concurrency: usize) {
        let stored = self.stored();
        let reads = ids.iter().map(|(token, id)| async {
            let found = read(client, token, id).await.unwrap();
            assert_eq!(without_annotations(found), stored[id]);
        });
        let done = futures_util::stream::iter(reads).buffer_unordered(concurrency).count().await;
        assert_eq!(done, ids.len());
    }

    fn stored(&self) -> BTreeMap<String, Object> {
        let tokens = self.emulator.tokens().into_iter();
        let profiles = tokens.flat_map(|(token, _)| self.emulator.profiles(&token));
        profiles
            .map(|profile| {
                let profile = profile.as_object().unwrap().clone();
                (profile["id"].as_str().unwrap().to_owned(), without_annotations(profile))
            })
            .collect()
    }

    fn cost(&self) -> Cost {
        let mut cost = Cost::default();
        for request in self.emulator.requests() {
            if !request.path.starts_with("/beta") {
                continue;
            }
            if crate::is_look_at_tokens(&request) {
                cost.looks += 1;
                continue;
            }
            cost.requests += 1;
            if request.path == "/beta/$batch" {
                cost.batches += 1;
                let parts = request.body["requests"].as_array().unwrap();
                assert!((2..=20).contains(&parts.len()), "a batch of {}", parts.len());
                parts.iter().for_each(|part| cost.add(part["url"].as_str().unwrap()));
            } else {
                cost.add(&request.path);
            }
        }
        cost
    }
}

/// What was asked of Graph.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Cost {
    /// HTTP requests, batches among them.
    requests: usize,
    batches: usize,
    /// GETs of one profile, alone or in a batch.
    gets: usize,
    /// Pages of listings, alone or in a batch.
    pages: usize,
    /// Looks at when the tokens expire: none of the requests above.
    looks: usize,
}

impl Cost {
    fn add(&mut self, path: &str) {
        let path = path.split('?').next().unwrap();
        if path.ends_with("/enrollmentProfiles") {
            self.pages += 1;
        } else {
            assert!(path.contains("/enrollmentProfiles/"), "{path}");
            self.gets += 1;
        }
    }
}

fn collection(token: &str) -> Address {
    let tokens = Address::new().segment("deviceManagement").segment("depOnboardingSettings");
    tokens.segment(token).segment("enrollmentProfiles")
}

async fn read(client: &Client, token: &str, id: &str) -> Result<Object, Error> {
    client.read(&collection(token), id, soon()).await
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn without_annotations(mut object: Object) -> Object {
    object.retain(|name, _| !name.starts_with("@odata."));
    object
}

fn status(code: u16, headers: &[(&str, &str)]) -> crate::emulator::Effect {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    crate::emulator::Effect::Status { code, headers: headers.collect(), body: Value::Null }
}
