//! The main job on one machine: builds the plugin, starts a local Graph and lets the real Terraform
//! manage an enrollment profile there, telling what happens and what it costs.
//!
//! Ends with a code other than zero when anything is not as it should be.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a demonstration may fail loudly")]
#![expect(clippy::print_stdout, reason = "telling is what a demonstration is for")]

#[path = "../graph-emulator/emulator/mod.rs"]
mod emulator;
mod plugin;
mod terraform;

use std::path::PathBuf;
use std::process::ExitCode;

use emulator::{Emulator, Options};
use terraform::{Cli, Run, Workspace};

type Failure = Box<dyn std::error::Error>;

const CONFIGURATION: &str = concat!(
    include_str!("../provider/provider.tf"),
    "\n",
    include_str!("../resources/intune_dep_enrollment_profile/resource.tf")
);

/// What the configuration calls the profile.
const ADDRESS: &str = "intune_dep_enrollment_profile.ipads";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => {
            println!("\nEverything went as it should.");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("\nThe demonstration failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let cli = Cli::find()?;
    // Naming the example keeps the dependencies' features, so nothing is built twice.
    let plugin = plugin::build(&["--example", "demo"])?;
    let emulator = Emulator::start(Options::default()).await?;
    let token = emulator.add_token("Demo token");
    println!("A local Microsoft Graph listens at {}.", emulator.url());
    println!("The command line is {}, {}.", cli.version()?, cli.path().display());

    let scratch = tempfile::tempdir()?;
    let stage = Stage { cli, plugin, emulator, token, scratch };
    let workspace = stage.workspace("first")?;
    let profile = stage.life_of_a_profile(&workspace).await?;
    stage.second_workspace(&profile).await?;
    stage.drift_and_end(&workspace, &profile).await
}

/// What all steps need.
struct Stage {
    cli: Cli,
    plugin: PathBuf,
    emulator: Emulator,
    token: String,
    scratch: tempfile::TempDir,
}

impl Stage {
    async fn life_of_a_profile(&self, workspace: &Workspace) -> Result<String, Failure> {
        self.step("terraform init", workspace, &["init"], 0).await?;
        self.step("terraform plan", workspace, &["plan"], 0).await?;
        self.step("terraform apply", workspace, &["apply", "-auto-approve"], 0).await?;
        let made = self.emulator.profiles(&self.token);
        let [profile] = made.as_slice() else {
            return Err(format!("the token holds {} profiles, not one", made.len()).into());
        };
        let id = profile["id"].as_str().ok_or("a profile without an id")?.to_owned();
        let recorded = workspace.run(["output", "-raw", "profile_id"]).await?.stdout;
        if recorded.trim() != id {
            return Err(format!("state holds {recorded}, Graph {id}").into());
        }
        println!("  The profile is {id}, and that is what the state holds.");
        self.empty_plan("a second plan is empty", workspace).await?;
        Ok(id)
    }

    async fn second_workspace(&self, profile: &str) -> Result<(), Failure> {
        let workspace = self.workspace("second")?;
        self.step("terraform init, in a second workspace", &workspace, &["init"], 0).await?;
        self.step("terraform import", &workspace, &["import", ADDRESS, profile], 0).await?;
        self.empty_plan("the plan after the import is empty", &workspace).await
    }

    async fn drift_and_end(&self, workspace: &Workspace, profile: &str) -> Result<(), Failure> {
        println!("\nBack in the first workspace. Somebody shows Siri again, in the portal.");
        self.emulator.edit_profile(profile, serde_json::json!({ "siriDisabled": false }));
        let plan = ["plan", "-detailed-exitcode"];
        let run = self.step("terraform plan shows the drift", workspace, &plan, 2).await?;
        if !run.output.contains("siri_disabled") {
            return Err("the plan does not name the drifted attribute".into());
        }
        let apply = ["apply", "-auto-approve"];
        self.step("terraform apply repairs it", workspace, &apply, 0).await?;
        self.empty_plan("the plan is empty again", workspace).await?;
        let destroy = ["destroy", "-auto-approve"];
        self.step("terraform destroy", workspace, &destroy, 0).await?;
        match self.emulator.profiles(&self.token).len() {
            0 => Ok(()),
            left => Err(format!("{left} profiles are left").into()),
        }
    }

    fn workspace(&self, name: &str) -> Result<Workspace, Failure> {
        let client = emulator::Credential::default();
        let workspace = Workspace::new(&self.cli, &self.scratch.path().join(name), &self.plugin)?
            .with("ARM_TENANT_ID", &client.tenant_id)
            .with("ARM_CLIENT_ID", &client.client_id)
            .with("ARM_CLIENT_SECRET", &client.client_secret)
            .with("INTUNE_GRAPH_ENDPOINT", self.emulator.url())
            .with("INTUNE_AUTHORITY_HOST", self.emulator.url())
            .with("TF_VAR_dep_onboarding_setting_id", &self.token);
        workspace.write("main.tf", CONFIGURATION)?;
        println!("\nThe {name} workspace is {}.", workspace.directory().display());
        Ok(workspace)
    }

    async fn empty_plan(&self, what: &str, workspace: &Workspace) -> Result<(), Failure> {
        let plan = ["plan", "-detailed-exitcode"];
        self.step(&format!("terraform plan: {what}"), workspace, &plan, 0).await.map(drop)
    }

    /// Runs one command, tells what it printed last and which requests it cost.
    async fn step(
        &self,
        title: &str,
        workspace: &Workspace,
        arguments: &[&str],
        expected: i32,
    ) -> Result<Run, Failure> {
        println!("\n== {title}");
        self.emulator.clear_requests();
        let run = workspace.run(arguments).await?;
        if run.code != Some(expected) {
            println!("{}", run.output);
            return Err(format!("{title} ended with {:?}, not {expected}", run.code).into());
        }
        if let Some(line) = run.output.lines().find(|line| tells(line)) {
            println!("  {line}");
        }
        let requests = self.emulator.requests();
        if requests.is_empty() {
            println!("  No HTTP request.");
        }
        for request in requests {
            let status = request.status.map_or("no answer".to_owned(), |status| status.to_string());
            println!("  {} {} -> {status}", request.method, shortened(&request.path));
        }
        Ok(run)
    }
}

/// Whether a line of Terraform's output sums a command up.
fn tells(line: &str) -> bool {
    ["Plan:", "Apply complete!", "Destroy complete!", "No changes.", "Import successful!"]
        .iter()
        .chain(&["Terraform has been successfully", "OpenTofu has been successfully"])
        .any(|start| line.starts_with(start))
}

/// A path with its GUIDs cut short, for reading.
fn shortened(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.chars().nth(20) {
        Some(_) if part.contains('-') => format!("{}...", part.chars().take(8).collect::<String>()),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}
