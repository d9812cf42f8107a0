//! Interrupts and sudden ends: what is on its way is finished and recorded, and what cannot be recorded is
//! found by the next apply.

use std::fs;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use tokio::process::Child;
use tokio::time::timeout;

use super::Stage;
use super::stage::unframed;
use crate::emulator::{Effect, Fault, Options};
use crate::host::PATIENCE;
use crate::processes::{children, ended, signal, until};

const GATE: &str = "create";

/// An apply that has begun to create its profile: Graph has made it, and has not answered.
struct Applying {
    stage: Stage,
    /// Where the plugin puts its socket.
    sockets: PathBuf,
    terraform: Child,
}

impl Applying {
    async fn start() -> Self {
        let sockets = tempfile::tempdir().unwrap().keep();
        let mut stage = Stage::with(Options::default()).await;
        stage.workspace = stage.workspace.with("TMPDIR", &sockets.display().to_string());
        stage.profile("");
        stage.init().await;
        let hold = Effect::CommitThenHold { gate: GATE.to_owned() };
        stage.emulator.fault(Fault::new("POST", "enrollmentProfiles", hold));
        let mut command = stage.workspace.command(["apply", "-auto-approve"]);
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let terraform = command.spawn().unwrap();
        stage.emulator.arrivals(GATE, 1).await;
        Self { stage, sockets, terraform }
    }

    fn terraform(&self) -> u32 {
        self.terraform.id().unwrap()
    }

    /// The plugin that creates: the one that is left of several.
    fn plugin(&self) -> u32 {
        *children(self.terraform()).last().unwrap()
    }

    fn signal_group(&self, name: &str) {
        assert!(signal(name, -i64::from(self.terraform())));
    }

    /// What is printed until the end, when Graph has answered.
    async fn answered(self) -> (Stage, String) {
        self.stage.emulator.open_gate(GATE);
        let output = self.terraform.wait_with_output().await.unwrap();
        assert_eq!(fs::read_dir(&self.sockets).unwrap().count(), 0, "a socket is left");
        fs::remove_dir(&self.sockets).unwrap();
        (self.stage, printed(&output))
    }
}

fn printed(output: &Output) -> String {
    let parts = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
    unframed(&parts.concat())
}

/// The profile is in state, is not marked for replacement, and nothing is left to do.
async fn recorded(applying: Applying) {
    let (stage, told) = applying.answered().await;
    assert_eq!(stage.state().await["id"], stage.only_id(), "{told}");
    stage.emulator.clear_requests();
    stage.converged().await;
}

/// Nothing was recorded, so the next apply finds the profile and says how to import it; doing so is all.
async fn found_by_the_next_apply(stage: &Stage) {
    assert!(stage.state().await.is_null());
    let id = stage.only_id();
    stage.emulator.clear_faults();
    stage.emulator.clear_requests();
    let output = stage.ends(1, &["apply", "-auto-approve"]).await.output;
    assert!(unframed(&output).contains("Identical enrollment profile exists already"), "{output}");
    assert!(stage.sent("POST").is_empty());
    stage.paste_import(&output);
    stage.apply().await;
    assert_eq!((&stage.state().await["id"], stage.only_id()), (&id.as_str().into(), id.clone()));
    stage.converged().await;
}

/// A terminal's Ctrl-C goes to the whole process group, plugin included.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_a_create_records_the_profile() {
    let applying = Applying::start().await;
    applying.signal_group("INT");
    recorded(applying).await;
}

/// Pipelines and containers end a job with SIGTERM to the group, which other plugins do not survive.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_during_a_create_records_the_profile() {
    let applying = Applying::start().await;
    applying.signal_group("TERM");
    recorded(applying).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_to_terraform_alone_records_the_profile() {
    for name in ["INT", "TERM"] {
        let applying = Applying::start().await;
        assert!(signal(name, applying.terraform().into()));
        recorded(applying).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_second_ctrl_c_the_next_apply_finds_the_profile() {
    let mut applying = Applying::start().await;
    let plugin = applying.plugin();
    applying.signal_group("INT");
    // Terraform says that it waits, and what a second one would do.
    let mut told = tokio::io::BufReader::new(applying.terraform.stdout.take().unwrap());
    line(&mut told, "Interrupt received").await;
    applying.signal_group("INT");
    timeout(PATIENCE, applying.terraform.wait()).await.unwrap().unwrap();
    ended(plugin).await;
    applying.stage.emulator.open_gate(GATE);
    assert_eq!(fs::read_dir(&applying.sockets).unwrap().count(), 0, "a socket is left");
    found_by_the_next_apply(&applying.stage).await;
}

async fn line(told: &mut (impl tokio::io::AsyncBufRead + Unpin), wanted: &str) {
    let mut text = String::new();
    while !text.contains(wanted) {
        text.clear();
        let read = tokio::io::AsyncBufReadExt::read_line(told, &mut text);
        assert_ne!(timeout(PATIENCE, read).await.unwrap().unwrap(), 0, "it never said {wanted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_plugin_was_killed_the_next_apply_finds_the_profile() {
    let applying = Applying::start().await;
    assert!(signal("KILL", applying.plugin().into()));
    applying.stage.emulator.open_gate(GATE);
    let output = applying.terraform.wait_with_output().await.unwrap();
    assert!(!output.status.success(), "{}", printed(&output));
    found_by_the_next_apply(&applying.stage).await;
}

/// Nobody tells the plugin; it sees that its host is gone, finishes what it has sent, and ends.
#[tokio::test(flavor = "multi_thread")]
async fn after_terraform_was_killed_the_plugin_ends_and_the_next_apply_finds_the_profile() {
    let mut applying = Applying::start().await;
    let plugin = applying.plugin();
    assert!(signal("KILL", applying.terraform().into()));
    applying.terraform.wait().await.unwrap();
    // Nobody reads what it would say, either.
    drop((applying.terraform.stdout.take(), applying.terraform.stderr.take()));
    applying.stage.emulator.open_gate(GATE);
    ended(plugin).await;
    assert_eq!(fs::read_dir(&applying.sockets).unwrap().count(), 0, "a socket is left");
    let answered = |stage: &Stage| stage.sent("POST").iter().all(|sent| sent.status == Some(201));
    until("the answer", PATIENCE, || answered(&applying.stage)).await;
    found_by_the_next_apply(&applying.stage).await;
}
