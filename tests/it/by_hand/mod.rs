//! The program as a person runs it, against the local Graph; must not look into the library.

mod doctor;
mod export;

use crate::emulator::{Credential, Emulator};
use crate::host::{Host, Outcome};

/// Runs the program with these arguments and further variables, signed in to this Graph.
async fn run(emulator: &Emulator, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let client = Credential::default();
    let host = Host::by_hand(arguments)
        .env("ARM_TENANT_ID", &client.tenant_id)
        .env("ARM_CLIENT_ID", &client.client_id)
        .env("ARM_CLIENT_SECRET", &client.client_secret)
        .env("INTUNE_GRAPH_ENDPOINT", emulator.url())
        .env("INTUNE_AUTHORITY_HOST", emulator.url());
    let host = variables.iter().fold(host, |host, (name, value)| host.env(name, *value));
    host.start().outcome().await
}
