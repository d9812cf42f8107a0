//! The pages of `docs/`: they are what the declarations say, agree with what Terraform sees, and lead
//! nowhere that is not there; and every example in them works. With `DOCS_UPDATE=1` the generated ones
//! are written anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::ACCOUNT;
use crate::cli::{Cli, Workspace};
use crate::emulator::{Credential, Emulator, Options};
use crate::host::Host;

const PLUGIN: &str = env!("CARGO_BIN_EXE_terraform-provider-intune");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn every_page_is_what_the_declarations_say() {
    let mut arguments = vec!["docs", "docs"];
    if std::env::var_os("DOCS_UPDATE").is_none() {
        arguments.push("--check");
    }
    let outcome = Host::by_hand(&arguments).directory(root()).start().outcome().await;
    assert_eq!(
        (outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()),
        (Some(0), "", ""),
        "run with DOCS_UPDATE=1 and commit what it writes"
    );
}

#[tokio::test]
async fn a_page_that_is_behind_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().display().to_string();
    let run = async |arguments: &[&str]| {
        let arguments = [&["docs", directory.as_str()], arguments].concat();
        Host::by_hand(&arguments).directory(root()).start().outcome().await
    };
    assert_eq!(run(&[]).await.code, Some(0));
    assert_eq!(run(&["--check"]).await.code, Some(0));
    fs::write(scratch.path().join("index.md"), "").unwrap();
    fs::remove_file(scratch.path().join("resources/dep_enrollment_profile.md")).unwrap();
    fs::write(scratch.path().join("resources/gone.md"), "").unwrap();
    let outcome = run(&["--check"]).await;
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stdout,
        "index.md is behind\nresources/dep_enrollment_profile.md is missing\n\
         resources/gone.md is of nothing that there is"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_what_terraform_sees_and_nothing_else() {
    let (_emulator, workspace, _scratch) = workspace("").await;
    ends(&workspace, 0, &["init"]).await;
    let json = ends(&workspace, 0, &["providers", "schema", "-json"]).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    let provider = &json["provider_schemas"][crate::cli::SOURCE];
    same(&provider["provider"]["block"], "index.md");
    for (key, directory) in [
        ("resource_schemas", "resources"),
        ("data_source_schemas", "data-sources"),
        ("ephemeral_resource_schemas", "ephemeral-resources"),
        ("list_resource_schemas", "list-resources"),
        ("action_schemas", "actions"),
    ] {
        for (name, schema) in provider[key].as_object().into_iter().flatten() {
            let page = format!("{directory}/{}.md", name.trim_start_matches("intune_"));
            same(&schema["block"], &page);
        }
    }
    for name in provider["functions"].as_object().into_iter().flatten().map(|(name, _)| name) {
        let page = fs::read_to_string(root().join(format!("docs/functions/{name}.md")));
        assert!(page.unwrap().contains(&format!("\n{name}(")), "{name}");
    }
}

/// The attributes of a schema as Terraform shows it and those of a page, each as often as it stands
/// there.
fn same(block: &Value, page: &str) {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let (_, section) = text.split_once("\n## Schema\n").unwrap();
    let section = section.split("\n## Import\n").next().unwrap();
    let mut written: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut seen = Vec::new();
    attributes(block, &mut seen);
    written.sort();
    seen.sort();
    assert_eq!(written, seen, "{page}");
}

fn attributes(block: &Value, seen: &mut Vec<String>) {
    for (name, attribute) in block["attributes"].as_object().into_iter().flatten() {
        seen.push(name.clone());
        attributes(&attribute["nested_type"], seen);
    }
    for (name, inner) in block["block_types"].as_object().into_iter().flatten() {
        seen.push(name.clone());
        attributes(&inner["block"], seen);
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    let mut broken = Vec::new();
    let mut pages = files("docs", "md");
    pages.push(root().join("README.md"));
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for target in targets(&text) {
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = page.parent().unwrap().join(file);
            let is_there = match (file, anchor) {
                ("", anchor) => anchors(&text).contains(anchor),
                (_, "") => path.exists(),
                (_, anchor) => {
                    fs::read_to_string(path).is_ok_and(|text| anchors(&text).contains(anchor))
                }
            };
            if !is_there {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(links > 10, "only {links} links were found");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The links of a page to other places in this repository.
fn targets(text: &str) -> Vec<&str> {
    let after = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    after.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    let named = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    headings.chain(named.map(str::to_owned)).collect()
}

#[test]
fn every_page_tells_the_registry_what_it_is() {
    for page in files("docs", "md") {
        let shown = page.strip_prefix(root().join("docs")).unwrap().display().to_string();
        // These are for whoever reads the repository.
        if !shown.contains('/') && shown != "index.md" {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.starts_with("---\npage_title: \""), "{shown}");
        for key in ["\nsubcategory: ", "\ndescription: |-\n  "] {
            assert!(text.contains(key), "{shown}: {key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_can_be_applied_and_changes_nothing_the_second_time() {
    let mut applied = 0;
    // Those of the other kinds need a newer Terraform or a tenant that is prepared for them, and are
    // applied by the tests of their kind.
    for folder in directories(&root().join("examples/resources")) {
        let examples = files_of(&folder, "tf").into_iter();
        let is_import =
            |file: &PathBuf| file.file_name().unwrap().to_string_lossy().starts_with("import");
        for example in examples.filter(|file| !is_import(file)) {
            let text = fs::read_to_string(&example).unwrap();
            let (_emulator, workspace, _scratch) = workspace(&text).await;
            ends(&workspace, 0, &["init"]).await;
            ends(&workspace, 0, &["fmt", "-check"]).await;
            ends(&workspace, 0, &["apply", "-auto-approve"]).await;
            ends(&workspace, 0, &["plan", "-detailed-exitcode"]).await;
            if let Ok(import) = fs::read_to_string(folder.join("import-by-string-id.tf")) {
                workspace.write("import.tf", &import).unwrap();
                ends(&workspace, 0, &["validate"]).await;
            }
            applied += 1;
        }
    }
    assert!(applied > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_module_passes_its_own_tests_without_a_tenant() {
    let (emulator, workspace, _scratch) = workspace("").await;
    let module = root().join("examples/module-test");
    fs::remove_file(workspace.directory().join("provider.tf")).unwrap();
    fs::create_dir(workspace.directory().join("tests")).unwrap();
    for file in ["main.tf", "tests/kiosks.tftest.hcl"] {
        fs::copy(module.join(file), workspace.directory().join(file)).unwrap();
    }
    ends(&workspace, 0, &["init"]).await;
    ends(&workspace, 0, &["fmt", "-check", "-recursive"]).await;
    let told = ends(&workspace, 0, &["test"]).await;
    assert!(told.contains("3 passed, 0 failed"), "{told}");
    let (token, _) = emulator.tokens().remove(0);
    assert!(emulator.profiles(&token).is_empty(), "a test leaves nothing behind");
}

/// A local Graph and a workspace with the example of the provider block and this configuration.
async fn workspace(configuration: &str) -> (Emulator, Workspace, tempfile::TempDir) {
    let cli = Cli::find().unwrap_or_else(|missing| panic!("{missing}"));
    let emulator = Emulator::start(Options::default()).await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let client = Credential::default();
    let (token, _) = emulator.tokens().remove(0);
    let workspace = Workspace::new(&cli, scratch.path(), Path::new(PLUGIN))
        .unwrap()
        .with("ARM_TENANT_ID", &client.tenant_id)
        .with("ARM_CLIENT_ID", &client.client_id)
        .with("ARM_CLIENT_SECRET", &client.client_secret)
        .with("INTUNE_GRAPH_ENDPOINT", emulator.url())
        .with("INTUNE_AUTHORITY_HOST", emulator.url())
        .with("TF_VAR_dep_onboarding_setting_id", &token)
        .with("TF_VAR_intune_account_id", ACCOUNT)
        .with("TF_VAR_admin_password", "correct-horse-7-battery");
    for serial in ["DMPXG1AAJF8J", "DMPXG1ABJF8J"] {
        emulator.add_device(&token, serial);
    }
    let provider = fs::read_to_string(root().join("examples/provider/provider.tf")).unwrap();
    workspace.write("provider.tf", &provider).unwrap();
    workspace.write("main.tf", configuration).unwrap();
    (emulator, workspace, scratch)
}

async fn ends(workspace: &Workspace, code: i32, arguments: &[&str]) -> String {
    let run = workspace.run(arguments).await.unwrap();
    assert_eq!(run.code, Some(code), "{arguments:?}:\n{}", run.output);
    run.stdout
}

fn directories(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn files_of(directory: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|found| found == end)).collect();
    found.sort();
    found
}

/// Every file of this end below a directory of the repository.
fn files(directory: &str, end: &str) -> Vec<PathBuf> {
    let mut waiting = vec![root().join(directory)];
    let mut found = Vec::new();
    while let Some(directory) = waiting.pop() {
        found.extend(files_of(&directory, end));
        waiting.extend(directories(&directory));
    }
    found.sort();
    found
}
