//! A local Graph, a workspace and the CLI between them; knows no test.

use std::path::Path;

use serde_json::Value;

use crate::cli::{Cli, Run, Workspace};
use crate::emulator::{Emulator, Options, Recorded};

/// The plugin's program file.
pub(super) const PLUGIN: &str = env!("CARGO_BIN_EXE_terraform-provider-intune");

/// What the tests call the profile.
pub(super) const ADDRESS: &str = "intune_dep_enrollment_profile.this";

/// One test's own Graph and workspace.
pub(super) struct Stage {
    pub(super) emulator: Emulator,
    pub(super) workspace: Workspace,
    pub(super) token: String,
    _scratch: tempfile::TempDir,
}

impl Stage {
    /// A stage with nothing on it: one token, an empty workspace, the provider set up by environment.
    pub(super) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(super) async fn with(options: Options) -> Self {
        let cli = Cli::find().unwrap_or_else(|missing| panic!("{missing}"));
        let emulator = Emulator::start(options).await.unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(&cli, scratch.path(), Path::new(PLUGIN)).unwrap();
        let variables = crate::signed_in_to(&emulator);
        let workspace = variables.iter().fold(workspace, |it, (name, value)| it.with(name, value));
        let token = emulator.tokens()[0].0.clone();
        let stage = Self { emulator, workspace, token, _scratch: scratch };
        stage.provider("");
        stage
    }

    /// The same, with this variable in the environment of every run.
    pub(super) fn with_variable(self, name: &str, value: &str) -> Self {
        let workspace = self.workspace.with(&format!("TF_VAR_{name}"), value);
        Self { workspace, ..self }
    }

    /// Writes the provider block with these arguments.
    pub(super) fn provider(&self, arguments: &str) {
        let source = crate::cli::SOURCE;
        let text = format!(
            "terraform {{\n  required_providers {{\n    intune = {{ source = {source:?} }}\n  }}\n}}\n\
             provider \"intune\" {{\n{arguments}\n}}\n"
        );
        self.workspace.write("provider.tf", &text).unwrap();
    }

    /// Writes one profile under the stage's token, with these lines beside its name.
    pub(super) fn profile(&self, lines: &str) {
        self.main(&self.profile_block(lines));
    }

    /// The block that [`profile`](Self::profile) writes.
    pub(super) fn profile_block(&self, lines: &str) -> String {
        let name = if lines.contains("display_name") { "" } else { "display_name = \"Lab\"" };
        format!(
            "resource \"intune_dep_enrollment_profile\" \"this\" {{\n  dep_onboarding_setting_id = {:?}\n  \
             {name}\n{lines}\n}}\n",
            self.token
        )
    }

    /// Writes the rest of the configuration.
    pub(super) fn main(&self, text: &str) {
        self.workspace.write("main.tf", text).unwrap();
    }

    /// Runs a command that must end with this code.
    pub(super) async fn ends(&self, code: i32, arguments: &[&str]) -> Run {
        let run = self.workspace.run(arguments).await.unwrap();
        assert_eq!(run.code, Some(code), "{arguments:?}:\n{}", run.output);
        run
    }

    pub(super) async fn init(&self) {
        self.ends(0, &["init"]).await;
    }

    pub(super) async fn apply(&self) -> Run {
        self.ends(0, &["apply", "-auto-approve"]).await
    }

    /// Does what a diagnostic tells: pastes the import block that is in it into the configuration.
    pub(super) fn paste_import(&self, output: &str) {
        let bare = output.replace(['│', '╷', '╵'], " ");
        let (_, block) = bare.split_once("import {").unwrap();
        let (block, _) = block.split_once('}').unwrap();
        let block = format!("import {{{block}}}\n").replace("NAME", "this");
        self.workspace.write("import.tf", &block).unwrap();
    }

    /// An apply that must fail, as one line of text without Terraform's frame.
    pub(super) async fn fails(&self, arguments: &[&str]) -> String {
        unframed(&self.ends(1, arguments).await.output)
    }

    /// Two plans, with and without a refresh, must both be empty.
    pub(super) async fn converged(&self) {
        self.ends(0, &["plan", "-detailed-exitcode", "-refresh=false"]).await;
        self.ends(0, &["plan", "-detailed-exitcode"]).await;
    }

    /// The attributes that the state holds of the profile; null when it holds none.
    pub(super) async fn state(&self) -> Value {
        self.state_of(ADDRESS).await
    }

    /// The same of the resource at this address.
    pub(super) async fn state_of(&self, address: &str) -> Value {
        let shown = self.workspace.run(["show", "-json"]).await.unwrap().stdout;
        let state: Value = serde_json::from_str(&shown).unwrap();
        let resources = state["values"]["root_module"]["resources"].as_array().cloned();
        let is_at = |resource: &Value| resource["address"] == address;
        let found = resources.unwrap_or_default().into_iter().find(is_at);
        found.map_or(Value::Null, |resource| resource["values"].clone())
    }

    /// The id of the only profile that Graph holds.
    pub(super) fn only_id(&self) -> String {
        let profiles = self.emulator.profiles(&self.token);
        assert_eq!(profiles.len(), 1, "{profiles:?}");
        profiles[0]["id"].as_str().unwrap().to_owned()
    }

    /// Requests to Graph (not for tokens) of this method.
    pub(super) fn sent(&self, method: &str) -> Vec<Recorded> {
        let requests = self.emulator.requests();
        let wanted = |one: &Recorded| {
            one.method == method && one.path.starts_with("/beta") && !crate::is_look_at_tokens(one)
        };
        requests.into_iter().filter(wanted).collect()
    }
}

/// Terraform's output without its frame and line breaks, so that a text can be searched in it.
pub(super) fn unframed(output: &str) -> String {
    let bare = output.replace(['│', '╷', '╵'], " ");
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}
