//! Which tenant a state belongs to; asks nobody.
//!
//! In another tenant every object looks deleted. So the tenant is kept beside the state, and a provider
//! that is signed in to another one changes and removes nothing.

use uuid::Uuid;

use super::Private;
use crate::diagnostics::Diagnostic;
use crate::graph::{Client, Credential};

impl Private {
    /// The same, with the tenant in which the object was just seen.
    pub(super) fn seen_in(self, client: &Client) -> Self {
        Self { tenant: guid(client).or(self.tenant), ..self }
    }

    /// Refuses to go on in another tenant than the one that the object was last seen in. A domain name
    /// and a GUID may mean the same tenant, so only GUIDs are compared: the one that a token names, or else the
    /// one that was given.
    pub(super) fn same_tenant(
        &self,
        client: &Client,
        object: impl FnOnce() -> String,
    ) -> Result<(), Diagnostic> {
        match (&self.tenant, guid(client)) {
            (Some(before), Some(now)) if *before != now => Err(Diagnostic::error(
                "State of another tenant",
                format!(
                    "The {} was last seen in the tenant `{before}`, and the provider is signed in to \
                     `{now}`. Nothing was changed. Correct `tenant_id`, or use the state that belongs to \
                     this tenant; if the object really moved, remove it with `terraform state rm` and \
                     import it again.",
                    object(),
                ),
            )),
            _ => Ok(()),
        }
    }
}

fn guid(client: &Client) -> Option<String> {
    let named = client.tenant_of_token();
    named.as_deref().and_then(hyphenated).or_else(|| hyphenated(heeded(client)?))
}

/// The tenant that was given, unless the way of signing in takes none.
fn heeded(client: &Client) -> Option<&str> {
    match client.settings().credential {
        Credential::ManagedIdentity(_) => None,
        _ => client.tenant_id(),
    }
}

fn hyphenated(tenant: &str) -> Option<String> {
    Uuid::try_parse(tenant).ok().map(|tenant| tenant.hyphenated().to_string())
}
