//! `export`: what it writes, and that Terraform sees no difference to it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::run;
use crate::cli::{Cli, Workspace};
use crate::emulator::{Credential, Emulator, Options};

const PLUGIN: &str = env!("CARGO_BIN_EXE_terraform-provider-intune");
const CERTIFICATE: &str = include_str!("../../../src/entity/certificate.b64");

/// A local Graph, a directory to export to, and Terraform in it.
struct Desk {
    emulator: Emulator,
    workspace: Workspace,
    _scratch: tempfile::TempDir,
}

impl Desk {
    async fn new(tokens: &[&str]) -> Self {
        let tokens = tokens.iter().map(|name| (*name).to_owned()).collect();
        let emulator = Emulator::start(Options { tokens, ..Options::default() }).await.unwrap();
        let cli = Cli::find().unwrap_or_else(|missing| panic!("{missing}"));
        let scratch = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(&cli, scratch.path(), Path::new(PLUGIN)).unwrap();
        let variables = crate::signed_in_to(&emulator);
        let workspace = variables.iter().fold(workspace, |it, (name, value)| it.with(name, value));
        Self { emulator, workspace, _scratch: scratch }
    }

    /// Exports with these further arguments; answers the exit code and both outputs.
    async fn export(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let directory = self.workspace.directory().display().to_string();
        let arguments = [&["export", directory.as_str()], arguments].concat();
        let outcome = run(&self.emulator, &arguments, &[]).await;
        (outcome.code, format!("{}{}", outcome.stdout, outcome.stderr))
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.workspace.directory().join(name)).unwrap()
    }

    async fn terraform(&self, code: i32, arguments: &[&str]) -> String {
        let run = self.workspace.run(arguments).await.unwrap();
        assert_eq!(run.code, Some(code), "{arguments:?}:\n{}", run.output);
        run.output
    }
}

/// One of many profiles, each with something else about it.
fn profile(number: usize) -> Value {
    let names = [
        "Corporate iPads",
        "Kiosk \"A\\B\"",
        "Price ${net} at %{rate}",
        "日本 🍏 café",
        "two\nlines\tand a tab",
        "2026",
    ];
    let mut profile = json!({
        "displayName": format!("{} {}", names[number % names.len()], number / 12),
        "description": if number.is_multiple_of(3) { Value::Null } else { json!("$${x} \\ \"y\"\r\n") },
        "siriDisabled": number.is_multiple_of(2),
        "supervisedModeEnabled": true,
        "profileRemovalDisabled": number.is_multiple_of(5),
        "isDefault": number < 5,
        "supportDepartment": "",
    });
    // Every third one is of the types that took over from the first.
    match number % 9 {
        3 => {
            return json!({
                "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile",
                "displayName": profile["displayName"],
                "description": profile["description"],
                "siriDisabled": true,
                "enabledSkipKeys": ["Siri", "TomorrowsPane"],
                "passcodeLockGracePeriodInSeconds": 900,
            });
        }
        6 => {
            return json!({
                "@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile",
                "displayName": profile["displayName"],
                "isMandatory": true,
                "supervisedModeEnabled": true,
                "enabledSkipKeys": ["FileVault"],
                "fileVaultDisabled": true,
            });
        }
        _ => {}
    }
    match number % 7 {
        0 => profile["sharedIPadMaximumUserCount"] = json!(number),
        1 => profile["iTunesPairingMode"] = json!("allow"),
        2 => {
            profile["iTunesPairingMode"] = json!("requiresCertificate");
            profile["managementCertificates"] = json!([{ "certificate": CERTIFICATE.trim() }]);
        }
        _ => {}
    }
    profile
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_after_an_export_of_300_mixed_profiles_is_empty() {
    let desk = Desk::new(&["Contoso ABM", "contoso abm", "\"${x}\"\n", "日本", "5"]).await;
    let tokens = desk.emulator.tokens();
    for number in 0..300 {
        let token = &tokens[number % 5].0;
        let id = desk.emulator.put_profile(token, profile(number));
        if number < 10 {
            for serial in [format!("C02{number:05}"), format!("F17{number:05}")] {
                assert!(desk.emulator.add_device(token, &serial));
                assert!(desk.emulator.edit_device(token, &serial, &id));
            }
        }
    }
    for (token, _) in &tokens {
        let stranger = json!({ "@odata.type": "#microsoft.graph.depTvOSEnrollmentProfile", "displayName": "TV\n" });
        desk.emulator.put_profile(token, stranger);
    }
    let (code, told) = desk.export(&[]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("Wrote 300 enrollment profiles and 5 enrollment program tokens"),
        "{told}"
    );
    assert!(told.contains("5 enrollment profiles left out"), "{told}");
    assert!(!told.contains('\r'), "there is no progress without a terminal: {told}");
    let file = desk.file("token_contoso_abm.tf");
    assert!(file.contains("# Left out: \"TV \" ("), "{file}");
    assert_eq!(file.matches("is_default").count(), 1, "one default for each token: {file}");
    assert_eq!(file.matches("serial_numbers = [").count(), 2, "{file}");
    assert!(!file.contains("zoom_disabled"), "what is a default needs no line: {file}");

    desk.terraform(0, &["init"]).await;
    desk.terraform(0, &["fmt", "-check"]).await;
    let plan = desk.terraform(0, &["apply", "-auto-approve"]).await;
    assert!(plan.contains("310 to import, 0 to add, 0 to change, 0 to destroy"), "{plan}");
    fs::remove_file(desk.workspace.directory().join("imports.tf")).unwrap();
    desk.terraform(0, &["plan", "-detailed-exitcode"]).await;
    let written = desk.emulator.requests();
    let written = written.iter().filter(|one| one.path.starts_with("/beta"));
    let methods: Vec<_> =
        written.map(|one| one.method.as_str()).filter(|one| *one != "GET").collect();
    assert!(methods.iter().all(|method| *method == "POST"), "only batches of reads: {methods:?}");
}

/// Runs a program whose standard error is a terminal, and answers with what was shown there.
const ON_A_TERMINAL: &str = "
import os, pty, subprocess, sys
terminal, end = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=end)
os.close(end)
try:
    while shown := os.read(terminal, 4096):
        sys.stdout.buffer.write(shown)
except OSError:
    pass
sys.exit(child.wait())
";

#[tokio::test]
async fn whoever_watches_a_terminal_sees_how_far_the_export_is() {
    let desk = Desk::new(&["One", "Two"]).await;
    let tokens = desk.emulator.tokens();
    for number in 0..3 {
        desk.emulator.put_profile(&tokens[0].0, profile(number));
    }
    let directory = desk.workspace.directory().display().to_string();
    let run = tokio::process::Command::new("python3")
        .args(["-c", ON_A_TERMINAL, PLUGIN, "export", &directory])
        .envs(crate::signed_in_to(&desk.emulator))
        .output();
    let run = run.await.unwrap();
    let shown = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{shown}\n{}", String::from_utf8_lossy(&run.stderr));
    // One line, written over and over, and nothing of it left at the end.
    assert_eq!(shown, "\r\x1b[Ktoken 1 of 2, 0 profiles\r\x1b[Ktoken 2 of 2, 3 profiles\r\x1b[K");
    assert!(desk.file("token_one.tf").contains("display_name"));

    // A file is no terminal.
    let outcome = run_export(&desk).await;
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
}

async fn run_export(desk: &Desk) -> crate::host::Outcome {
    let directory = desk.workspace.directory().display().to_string();
    run(&desk.emulator, &["export", &directory, "--force"], &[]).await
}

#[tokio::test]
async fn only_what_is_under_the_wanted_tokens_is_exported() {
    let desk = Desk::new(&["One", "Two", "Two"]).await;
    let tokens = desk.emulator.tokens();
    for (number, (token, _)) in tokens.iter().enumerate() {
        desk.emulator.put_profile(token, profile(number));
    }
    let (code, told) = desk.export(&["--token", "One"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("Wrote 1 enrollment profile and 1 enrollment program token to"),
        "{told}"
    );

    let (code, told) = desk.export(&["--force", "--token", "Two"]).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("There are 2 tokens named \"Two\"; give the id of one."), "{told}");
    let (code, told) = desk.export(&["--force", "--token", &tokens[2].0]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(desk.file("token_two.tf").contains(&tokens[2].0));

    let (code, told) = desk.export(&["--force", "--token", "Three"]).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("no enrollment program token with the name or id `Three`"), "{told}");
    assert!(told.contains("there is \"One\" ("), "{told}");
}

#[tokio::test]
async fn nothing_is_overwritten_that_was_not_meant_to_be() {
    let desk = Desk::new(&["One"]).await;
    assert_eq!(desk.export(&[]).await.0, Some(0));
    desk.workspace.write("token_one.tf", "# by hand\n").unwrap();
    let (code, told) = desk.export(&[]).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("holds imports.tf, provider.tf, token_one.tf already"), "{told}");
    assert_eq!(desk.file("token_one.tf"), "# by hand\n");
    assert_eq!(desk.export(&["--force"]).await.0, Some(0));
    assert_ne!(desk.file("token_one.tf"), "# by hand\n");
}

#[tokio::test]
async fn what_cannot_be_configured_is_left_out_with_its_reason() {
    let desk = Desk::new(&["One"]).await;
    let token = desk.emulator.tokens()[0].0.clone();
    desk.emulator
        .put_profile(&token, json!({ "displayName": "Locked", "profileRemovalDisabled": true }));
    let (code, told) = desk.export(&[]).await;
    assert_eq!(code, Some(0), "{told}");
    let file = desk.file("token_one.tf");
    assert!(file.contains("# Left out: \"Locked\""), "{file}");
    assert!(file.contains("Locked enrollment needs supervision"), "{file}");
    assert!(!desk.file("imports.tf").contains("import {"));
}

#[tokio::test]
async fn an_export_that_may_not_read_says_what_to_do_and_writes_nothing() {
    let desk = Desk::new(&["One"]).await;
    desk.emulator.set_roles(&Credential::default().client_id, &[]);
    let (code, told) = desk.export(&[]).await;
    assert_eq!(code, Some(1));
    assert!(told.starts_with("The tokens cannot be read."), "{told}");
    assert!(told.contains("DeviceManagementServiceConfig"), "{told}");
    assert!(!desk.workspace.directory().join("provider.tf").exists());
}
