//! What the release script makes of a program: the assets that the Registry wants, and what Terraform
//! installs from them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::cli::{Cli, SOURCE, Workspace};

const PLUGIN: &str = env!("CARGO_BIN_EXE_terraform-provider-intune");
const STEM: &str = concat!("terraform-provider-intune_", env!("CARGO_PKG_VERSION"));

/// Runs a program of this machine, which must succeed; none where there is no such program.
fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied());
    let Ok(output) = command.output() else {
        crate::skipped(&format!("there is no `{program}`"));
        return None;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {told}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs the script with the assets in this directory.
fn release(out: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/release");
    let out = out.display().to_string();
    run("python3", &[&[script], arguments, &["--out", &out]].concat(), variables)
}

#[test]
fn another_program_is_told_from_the_packed_one() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("assets");
    let file = |name: &str| format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let Some(_) = release(&out, &["pack", "--program", &file("Cargo.lock")], &[]) else { return };
    let out = out.display().to_string();
    let mut verify = Command::new("python3");
    verify.args([&file(".ci/release"), "verify", "--program", &file("Cargo.toml"), "--out", &out]);
    let output = verify.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("a second time"), "{told}");
}

#[test]
fn the_same_program_gives_the_same_assets_and_the_registry_finds_all_of_them() {
    let scratch = tempfile::tempdir().unwrap();
    // Any file will do, and this one is packed in no time.
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    let (one, other) = (scratch.path().join("one"), scratch.path().join("other"));
    for out in [&one, &other] {
        let Some(_) = release(out, &["pack", "--program", program], &[]) else { return };
        release(out, &["pack", "x86_64-pc-windows-msvc", "--program", program], &[]);
        release(out, &["verify", "--program", program], &[]);
        release(out, &["finish"], &[]);
    }
    let mut names = Vec::new();
    for file in fs::read_dir(&one).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert_eq!(
            fs::read(one.join(&name)).unwrap(),
            fs::read(other.join(&name)).unwrap(),
            "{name}"
        );
        names.push(name);
    }
    let sums = fs::read_to_string(one.join(format!("{STEM}_SHA256SUMS"))).unwrap();
    for name in &names {
        assert_eq!(sums.contains(name.as_str()), !name.ends_with("_SHA256SUMS"), "{name}");
    }
    for end in ["_windows_amd64.zip", "_manifest.json", "_sbom.cdx.json", "_SHA256SUMS"] {
        assert!(names.contains(&format!("{STEM}{end}")), "{names:?}");
    }
    let read = |end: &str| {
        let text = fs::read_to_string(one.join(format!("{STEM}{end}"))).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let manifest = json!({ "version": 1, "metadata": { "protocol_versions": ["6.0"] } });
    assert_eq!(read("_manifest.json"), manifest);
    let bill = read("_sbom.cdx.json");
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let parts = bill["components"].as_array().unwrap();
    let has = |name: &str| parts.iter().any(|part| part["name"] == name);
    assert!(has("tonic") && !has("insta"), "what is linked, and nothing else");
}

#[test]
fn the_sums_are_signed_when_a_key_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let home = scratch.path().display().to_string();
    let home = [("GNUPGHOME", home.as_str())];
    let key = "Release <release@example.invalid>";
    let new = ["--batch", "--passphrase", "", "--quick-generate-key", key, "rsa2048", "sign"];
    let Some(_) = run("gpg", &new, &home) else { return };
    let out = scratch.path().join("assets");
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let Some(_) = release(&out, &["pack", "--program", program], &[]) else { return };
    release(&out, &["finish", "--key", "release@example.invalid"], &home);
    let sums = out.join(format!("{STEM}_SHA256SUMS")).display().to_string();
    run("gpg", &["--batch", "--verify", &format!("{sums}.sig"), &sums], &home);
    // The agent that GPG started would outlive its home.
    run("gpgconf", &["--kill", "gpg-agent"], &home);
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_installs_the_packed_provider_and_holds_to_its_lock_file() {
    let cli = Cli::find().unwrap_or_else(|missing| panic!("{missing}"));
    let scratch = tempfile::tempdir().unwrap();
    let workspace = Workspace::new(&cli, scratch.path(), Path::new(PLUGIN)).unwrap();
    // The mirror that the workspace made is unpacked; this one is packed.
    let mirror = scratch.path().join("mirror").join(SOURCE);
    fs::remove_dir_all(&mirror).unwrap();
    let Some(_) = release(&mirror, &["pack", "--program", PLUGIN], &[]) else { return };
    let text = format!(
        "terraform {{\n  required_providers {{\n    intune = {{\n      source = {SOURCE:?}\n    }}\n  }}\n}}\n"
    );
    workspace.write("main.tf", &text).unwrap();
    let run = workspace.run(["init"]).await.unwrap();
    assert_eq!(run.code, Some(0), "{}", run.output);
    let lock = workspace.directory().join(".terraform.lock.hcl");
    let locked = fs::read_to_string(&lock).unwrap();
    assert!(locked.contains("\"h1:") || locked.contains("\"zh:"), "{locked}");
    let run = workspace.run(["init", "-lockfile=readonly"]).await.unwrap();
    assert_eq!(run.code, Some(0), "{}", run.output);
    assert_eq!(fs::read_to_string(&lock).unwrap(), locked);
    let run = workspace.run(["providers", "schema", "-json"]).await.unwrap();
    assert!(run.stdout.contains("intune_dep_enrollment_profile"), "{}", run.output);

    fs::remove_dir_all(workspace.directory().join(".terraform")).unwrap();
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    release(&mirror, &["pack", "--program", other], &[]);
    let run = workspace.run(["init", "-lockfile=readonly"]).await.unwrap();
    assert_eq!(run.code, Some(1), "another program under the same version: {}", run.output);
}
