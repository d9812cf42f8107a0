//! The local Graph, asked with a bare HTTP client; must not know the provider.

mod access;
mod batch;
mod conformance;
mod control;
mod devices;
mod faults;
mod listings;
mod profiles;
mod validation;

use serde_json::{Value, json};

use crate::emulator::{Credential, Emulator, Options};

/// A running service, the id of its first enrollment program token and a client that is signed in.
struct Tenant {
    emulator: Emulator,
    token: String,
    http: reqwest::Client,
    access_token: String,
}

/// An answer, its body read as JSON and null when there was none.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Graph's sentence, taken out of Intune's nested document when it is in one.
    fn message(&self) -> String {
        let message = self.text("/error/message");
        match serde_json::from_str::<Value>(message) {
            Ok(nested) => nested["Message"].as_str().unwrap_or_default().to_owned(),
            Err(_) => message.to_owned(),
        }
    }

    fn assert_refused(&self, status: u16, sentence: &str) {
        assert_eq!(self.status, status, "{:?}", self.body);
        assert!(self.message().contains(sentence), "{}", self.message());
    }
}

impl Tenant {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        let token = emulator.tokens()[0].0.clone();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut tenant = Self { emulator, token, http, access_token: String::new() };
        tenant.sign_in().await;
        tenant
    }

    async fn sign_in(&mut self) {
        let answer = self.sign_in_with(&[]).await;
        self.access_token = answer.text("/access_token").to_owned();
    }

    /// Asks for an access token with these fields in the place of the right ones; an empty field is left out.
    async fn sign_in_with(&self, changed: &[(&str, &str)]) -> Answer {
        let client = Credential::default();
        let scope = format!("{}/.default", self.emulator.url());
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &client.client_id),
            ("client_secret", &client.client_secret),
            ("scope", &scope),
        ];
        for (name, value) in changed {
            fields.retain(|(present, _)| present != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .http
            .post(self.address(&format!("/{}/oauth2/v2.0/token", client.tenant_id)))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        received(request).await.unwrap()
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.url())
    }

    /// `/beta/deviceManagement/depOnboardingSettings/{token}` and what follows.
    fn below_token(&self, rest: &str) -> String {
        format!("/beta/deviceManagement/depOnboardingSettings/{}{rest}", self.token)
    }

    fn profile_path(&self, id: &str) -> String {
        self.below_token(&format!("/enrollmentProfiles/{id}"))
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, self.address(path)).bearer_auth(&self.access_token)
    }

    async fn get(&self, path: &str) -> Answer {
        received(self.request("GET", path)).await.unwrap()
    }

    async fn delete(&self, path: &str) -> Answer {
        received(self.request("DELETE", path)).await.unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }

    async fn try_send(&self, method: &str, path: &str, body: &Value) -> reqwest::Result<Answer> {
        let request = self.request(method, path);
        received(request.header("content-type", "application/json").body(body.to_string())).await
    }

    async fn create(&self, body: &Value) -> Answer {
        self.send("POST", &self.below_token("/enrollmentProfiles"), body).await
    }

    async fn created(&self, body: &Value) -> String {
        let answer = self.create(body).await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
        answer.text("/id").to_owned()
    }

    async fn patch(&self, id: &str, body: &Value) -> Answer {
        self.send("PATCH", &self.profile_path(id), body).await
    }

    async fn set_default(&self, id: &str) -> Answer {
        let path = self.profile_path(&format!("{id}/setDefaultProfile"));
        received(self.request("POST", &path)).await.unwrap()
    }
}

async fn received(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body })
}

/// The least that makes a `depEnrollmentProfile`.
fn profile(name: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.depEnrollmentProfile", "displayName": name })
}

fn profile_with(property: &str, value: Value) -> Value {
    let mut body = profile("P");
    body[property] = value;
    body
}
