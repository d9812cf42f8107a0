//! What a failed sign-in means to the person who ran Terraform; sends nothing.

use super::sentence;
use crate::graph::{Blame, SignInFailure};

/// The whole story for the first that hears it; whoever comes later is led there, as everything that
/// needs the same sign-in fails with it. The first may have been a look whose failure nobody is told.
pub(super) fn failed(failure: &SignInFailure) -> String {
    if failure.repeated {
        return "The same sign-in has failed before: see the first of these errors for the reason and \
                what to do. If none of them tells it, run the command again."
            .to_owned();
    }
    let advice = advice(failure.blame);
    format!("{} {advice}\n\n{}", sentence(&failure.to_string()), failure.account)
}

/// What to look at first.
pub(super) const fn advice(blame: Blame) -> &'static str {
    match blame {
        Blame::TenantId => "Check `tenant_id`.",
        Blame::ClientId => {
            "Check `client_id`: it is the application's (client) id of an app registration in this \
             tenant."
        }
        Blame::ClientSecret => {
            "Check `client_secret`: it is the secret's value, not its id, and must not have expired."
        }
        Blame::Certificate => {
            "Check `client_certificate` or `client_certificate_path`: the same certificate has to be \
             registered with the application that `client_id` names, and must not have expired."
        }
        Blame::FederatedToken => {
            "Check the federated credential of the application that `client_id` names against the \
             pipeline that this runs in, and `oidc_request_url`, `oidc_request_token` or `oidc_token`."
        }
        Blame::TokenFile => "Check `oidc_token_file_path`.",
        Blame::Proof => "Check the clock of this machine and the values below.",
        Blame::ManagedIdentity => {
            "Check that this machine has a managed identity, `client_id` if it is a user-assigned one, \
             and `msi_endpoint`; or set `use_msi = false` and sign in in another way."
        }
        Blame::AzureCli => {
            "Run `az login`, or set the values of another way of signing in; `use_cli = false` turns \
             the Azure CLI off."
        }
        Blame::Graph => "Check `environment` and `graph_endpoint`.",
        Blame::Policy => "Ask the tenant's administrator: a policy refuses this sign-in.",
        Blame::Authority => "Check the network and `authority_host`.",
        Blame::Unknown => "Check `tenant_id`, `client_id` and the values below.",
    }
}
