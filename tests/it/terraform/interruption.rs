//! Interrupts: what is on its way is finished and recorded.

use std::process::Stdio;

use super::Stage;
use super::stage::unframed;
use crate::emulator::{Effect, Fault};

const GATE: &str = "create";

/// A terminal's Ctrl-C goes to the whole process group, plugin included, and so does the SIGTERM with
/// which pipelines end a job. Terraform itself is told by the same signal.
async fn interrupted_create(signal: &str) {
    let stage = Stage::new().await;
    stage.profile("");
    stage.init().await;
    let hold = Effect::CommitThenHold { gate: GATE.to_owned() };
    stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", hold));
    let mut command = stage.workspace.command(["apply", "-auto-approve"]);
    let terraform =
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let group = terraform.id().unwrap();
    stage.emulator.arrivals(GATE, 1).await;

    let sent = tokio::process::Command::new("kill")
        .args([&format!("-{signal}"), "--", &format!("-{group}")])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
    stage.emulator.open_gate(GATE);
    let output = terraform.wait_with_output().await.unwrap();
    let told = unframed(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(stage.state().await["id"], stage.only_id(), "{told}");
    stage.emulator.clear_requests();
    stage.converged().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_a_create_records_the_profile() {
    interrupted_create("INT").await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_during_a_create_records_the_profile() {
    interrupted_create("TERM").await;
}
