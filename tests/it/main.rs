//! The tests that see the project from outside, in one binary so that it is linked once.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "whatever panics here is a failed test"
)]

// What the project is made of.
mod architecture;
mod conformance;
mod declarations;
mod descriptor;
mod pages;
mod readme;
mod release;

// The parts by themselves.
mod chaos;
mod crash;
mod emulated;
mod faults;
mod fuzzed;
mod handshake;
mod identity;
mod oracle;
mod wire;

// The whole, over its connection and as Terraform judges it.
mod rpc;

// What the work costs, in requests and in allocations.
mod costs;
mod refresh;

// The whole, through the real command line.
mod terraform;

// What a person does with the program.
mod by_hand;

// What the tests stand on.
#[path = "../../examples/demo/terraform.rs"]
mod cli;
mod core;
#[path = "../../examples/graph-emulator/emulator/mod.rs"]
mod emulator;
mod host;
mod processes;
mod samples;

/// The Intune account of the local Graph, whose id is also that of Apple Configurator's token.
const ACCOUNT: &str = "54a0cc00-0000-4000-8000-0000000000ac";

/// Says that a test could not do its work here, and why.
fn skipped(why: &str) {
    told(&format!("skipped: {why}"));
}

/// Says something to the person who waits, whether or not the test fails.
fn told(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether this is the one look at when the tokens expire, which stands beside what a test asks for.
fn is_look_at_tokens(one: &emulator::Recorded) -> bool {
    one.method == "GET" && one.path == "/beta/deviceManagement/depOnboardingSettings"
}

/// The variables with which the provider signs in to a local Graph.
fn signed_in_to(emulator: &emulator::Emulator) -> [(&'static str, String); 5] {
    let client = emulator::Credential::default();
    [
        ("ARM_TENANT_ID", client.tenant_id),
        ("ARM_CLIENT_ID", client.client_id),
        ("ARM_CLIENT_SECRET", client.client_secret),
        ("INTUNE_GRAPH_ENDPOINT", emulator.url().to_owned()),
        ("INTUNE_AUTHORITY_HOST", emulator.url().to_owned()),
    ]
}
