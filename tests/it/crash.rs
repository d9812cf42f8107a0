//! A panic in a process of its own: what is seen of it, and that the process lives on; knows no call.

use std::process::Stdio;

use terraform_provider_intune::plugin::install_panic_hook;
use terraform_provider_intune::provider::guarded;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// Set for the process that is to panic.
const VICTIM: &str = "VICTIM_OF_A_PANIC";

#[tokio::test]
async fn p8_a_panic_is_shown_as_terraform_expects_and_the_process_answers_and_lives_on() {
    let mut child = victim().spawn().unwrap();
    drop(child.stdin.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).await.unwrap();
    let shown = told.lines().next().unwrap_or_default();
    assert!(shown.starts_with("panic: the sky fell at tests/it/crash.rs:"), "{told}");
    assert!(child.wait().await.unwrap().success());
}

/// A hook that panicked over a broken pipe would end the process in the middle of its creates.
#[tokio::test]
async fn p8_a_panic_that_nobody_can_be_shown_ends_nothing() {
    let mut child = victim().spawn().unwrap();
    drop(child.stderr.take());
    drop(child.stdin.take());
    assert!(child.wait().await.unwrap().success());
}

/// Not a test of its own: what the process does that the others start.
#[tokio::test]
async fn victim_of_a_panic() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    // Until it is decided who reads what is shown.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
    install_panic_hook();
    for _ in 0..3 {
        let answer = guarded(async { panic!("the sky fell") }, str::to_owned).await;
        assert_eq!(answer, "the sky fell");
    }
}

/// This program, doing nothing but that.
fn victim() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "crash::victim_of_a_panic"]).env(VICTIM, "1");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}
