//! One sign-in by any of the ways there are; keeps no token, knows nothing of what it is used for.
//!
//! Each way has a file: `authority` takes secrets and assertions, `federated` finds the tokens of
//! other identity providers, `managed_identity` and `azure_cli` ask on this machine.

mod assertion;
mod authority;
mod azure_cli;
mod claims;
mod courier;
mod federated;
mod grant;
mod managed_identity;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use claims::challenge;
pub(crate) use grant::Granted;

use self::authority::Proof;
use self::courier::Courier;
use super::client::{Object, Settings};
use super::credential::Credential;
use super::error::{Blame, SignInFailure, Source};
use super::fault::one_line;
use super::retry::Jitter;
use super::transport::Transport;

/// How this client signs in.
#[derive(Debug)]
pub(crate) struct SignIn {
    settings: Arc<Settings>,
    courier: Courier,
}

/// A sign-in that failed, for everybody who waited for it.
#[derive(Clone, Debug)]
pub(crate) struct SignInError {
    /// In a box, so that results stay small.
    pub(crate) failure: Box<SignInFailure>,
    pub(crate) source: Option<Source>,
    /// Whether the inputs are to blame, so that asking again is of no use.
    pub(crate) lasting: bool,
}

/// How long getting a token may take that there is none without, waits included.
pub(crate) const SIGN_IN: Duration = Duration::from_secs(60);

impl SignIn {
    pub(crate) fn new(settings: Arc<Settings>, transport: Arc<Transport>, jitter: Jitter) -> Self {
        Self { settings, courier: Courier::new(transport, jitter) }
    }

    /// Asks for a token until the deadline, with the claims that a service wants to see in it, if it said so.
    pub(crate) async fn token(
        &self,
        claims: Option<&Object>,
        deadline: Instant,
    ) -> Result<Granted, SignInError> {
        let result = self.by_credential(claims, deadline).await;
        result.map_err(|mut error| {
            for secret in self.settings.credential.secrets() {
                error.redact(|text| secret.redact(text));
            }
            error.failure.account = Arc::clone(&self.settings.account);
            error
        })
    }

    async fn by_credential(
        &self,
        claims: Option<&Object>,
        deadline: Instant,
    ) -> Result<Granted, SignInError> {
        let (settings, courier) = (&*self.settings, &self.courier);
        match &settings.credential {
            Credential::ClientSecret { client_id, secret } => {
                let proof = Proof::Secret(secret);
                authority::ask(settings, courier, client_id, proof, claims, deadline).await
            }
            Credential::ClientCertificate { client_id, certificate } => {
                let endpoint = authority::endpoint(settings)?;
                let assertion = assertion::sign(certificate, client_id, endpoint.as_str())?;
                let proof = Proof::Signed(&assertion);
                authority::ask(settings, courier, client_id, proof, claims, deadline).await
            }
            Credential::Federated { client_id, token } => {
                let assertion = federated::token(courier, token, deadline).await?;
                let proof = Proof::Federated(&assertion);
                authority::ask(settings, courier, client_id, proof, claims, deadline).await
            }
            Credential::ManagedIdentity(identity) => {
                managed_identity::ask(courier, identity, &settings.graph, deadline).await
            }
            Credential::AzureCli(cli) => {
                azure_cli::ask(cli, &settings.graph, settings.tenant_id.as_deref(), deadline).await
            }
        }
    }
}

impl SignInError {
    /// The inputs are to blame, and will be the next time too.
    pub(crate) fn lasting(blame: Blame, description: &str) -> Self {
        Self { lasting: true, ..Self::passing(blame, description, None) }
    }

    /// Something that may be over the next time.
    pub(crate) fn passing(blame: Blame, description: &str, source: Option<Source>) -> Self {
        let description = one_line(description);
        let failure = SignInFailure { description, ..SignInFailure::of(blame) };
        Self { failure: Box::new(failure), source, lasting: false }
    }

    /// With what to do about it, in plain words.
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.failure.hint = Some(hint);
        self
    }

    fn redact(&mut self, redact: impl Fn(&str) -> String) {
        self.failure.description = self.failure.description.as_deref().map(redact);
    }
}

#[cfg(test)]
mod tests;
