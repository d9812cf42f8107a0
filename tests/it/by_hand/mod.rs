//! The program as a person runs it, against the local Graph; must not look into the library.

mod doctor;
mod export;

use crate::emulator::Emulator;
use crate::host::{Host, Outcome};

/// Runs the program with these arguments and further variables, signed in to this Graph.
async fn run(emulator: &Emulator, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let host = Host::by_hand(arguments);
    let host = crate::signed_in_to(emulator)
        .into_iter()
        .fold(host, |it, (name, value)| it.env(name, value));
    let host = variables.iter().fold(host, |host, (name, value)| host.env(name, *value));
    host.start().outcome().await
}
