//! The workspaces in which the command line runs, and what is managed there; keeps no numbers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Failure;
use crate::emulator::{Credential, Emulator, Options};
use crate::options::Other;
use crate::process::{self, Cost};
use crate::terraform::{Cli, SOURCE, Workspace};

/// As Microsoft documents it.
const PROFILES_OF_A_TOKEN: usize = 1000;

/// What a profile and its built-in counterpart say beside their name: some of everything.
const ATTRIBUTES: &str = "
    description                           = \"Managed by Terraform\"
    supervised_mode_enabled               = true
    profile_removal_disabled              = true
    siri_disabled                         = true
    support_department                    = \"Workplace\"
    support_phone_number                  = \"+49 30 1234567\"
    itunes_pairing_mode                   = \"allow\"
    shared_ipad_maximum_user_count        = 4
";

/// What is measured in a workspace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Subject {
    /// The plugin as it is shipped.
    Intune,
    /// The same where the service shows as many profiles on a page as a client prefers.
    PreferredPages,
    /// The plugin with reads answered from state.
    Floor,
    /// Resources that are built into Terraform, with the same attributes.
    TerraformData,
    /// The provider that the command line named.
    Other,
}

impl Subject {
    /// What tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Intune => "intune",
            Self::PreferredPages => "intune, preferred pages",
            Self::Floor => "reads without HTTP",
            Self::TerraformData => "terraform_data",
            Self::Other => "other",
        }
    }
}

/// A service that holds room for so many profiles.
pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    tokens: Vec<String>,
}

impl Service {
    /// Starts one that lets every request wait for so many milliseconds and shows so many profiles on a page.
    pub(crate) async fn start(
        profiles: usize,
        latency: u64,
        page_size: usize,
    ) -> Result<Self, Failure> {
        let tokens = profiles.div_ceil(PROFILES_OF_A_TOKEN).max(1);
        let emulator = Emulator::start(Options {
            tokens: (1..=tokens).map(|number| format!("Token {number}")).collect(),
            latency: Duration::from_millis(latency),
            page_size,
            ..Options::default()
        })
        .await?;
        let tokens = emulator.tokens().into_iter().map(|(id, _)| id).collect();
        Ok(Self { emulator, tokens })
    }

    /// The token that the profile of this number lives under.
    pub(crate) fn token_of(&self, number: usize) -> Result<&str, Failure> {
        let token = self.tokens.get(number / PROFILES_OF_A_TOKEN);
        Ok(token.ok_or("too few tokens")?)
    }
}

/// A workspace of one subject.
pub(crate) struct Bench {
    workspace: Workspace,
    subject: Subject,
    /// What the other provider's resources look like.
    configuration: String,
}

impl Bench {
    /// Prepares a workspace below `scratch` that finds `plugin`.
    pub(crate) async fn new(
        cli: &Cli,
        scratch: &Path,
        subject: Subject,
        plugin: &Path,
    ) -> Result<Self, Failure> {
        let client = Credential::default();
        let workspace = Workspace::new(cli, &scratch.join(format!("{subject:?}")), plugin)?
            .with("ARM_TENANT_ID", &client.tenant_id)
            .with("ARM_CLIENT_ID", &client.client_id)
            .with("ARM_CLIENT_SECRET", &client.client_secret);
        let bench = Self { workspace, subject, configuration: String::new() };
        bench.workspace.write("main.tf", &bench.provider_block(None))?;
        bench.run(&["init"]).await?;
        Ok(bench)
    }

    /// Prepares a workspace of another provider, which is taken from where it lies.
    pub(crate) fn of_other(cli: &Cli, scratch: &Path, other: &Other) -> Result<Self, Failure> {
        let workspace = Workspace::new(cli, &scratch.join("Other"), &other.program)?;
        let file = scratch.join("Other").join("other.tfrc");
        let home = other.program.parent().ok_or("the other provider lies nowhere")?;
        let text = format!(
            "provider_installation {{\n  dev_overrides {{\n    {:?} = {:?}\n  }}\n}}\n",
            other.source,
            home.display().to_string()
        );
        fs::write(&file, text)?;
        let workspace = workspace.with("TF_CLI_CONFIG_FILE", &file.display().to_string());
        let configuration = fs::read_to_string(&other.configuration)?;
        Ok(Self { workspace, subject: Subject::Other, configuration })
    }

    /// What is measured here.
    pub(crate) fn subject(&self) -> Subject {
        self.subject
    }

    /// Forgets the state and declares so many resources of the service.
    pub(crate) fn declare(&self, profiles: usize, service: &Service) -> Result<(), Failure> {
        for file in ["terraform.tfstate", "terraform.tfstate.backup"] {
            let _ = fs::remove_file(self.workspace.directory().join(file));
        }
        self.redeclare(profiles, service)
    }

    /// The same, but the state stays.
    pub(crate) fn redeclare(&self, profiles: usize, service: &Service) -> Result<(), Failure> {
        let text = match self.subject {
            Subject::Intune | Subject::PreferredPages | Subject::Floor => format!(
                "{}
locals {{
  tokens = {}
}}
resource \"intune_dep_enrollment_profile\" \"these\" {{
  count                     = {profiles}
  dep_onboarding_setting_id = local.tokens[floor(count.index / {PROFILES_OF_A_TOKEN})]
  display_name              = \"Profile ${{count.index}}\"
{ATTRIBUTES}
}}
",
                self.provider_block(Some(service.emulator.url())),
                json!(service.tokens)
            ),
            Subject::TerraformData => format!(
                "resource \"terraform_data\" \"these\" {{
  count = {profiles}
  input = {{
    display_name = \"Profile ${{count.index}}\"
{ATTRIBUTES}
  }}
}}
"
            ),
            Subject::Other => {
                format!("variable \"size\" {{\n  default = {profiles}\n}}\n{}", self.configuration)
            }
        };
        Ok(self.workspace.write("main.tf", &text)?)
    }

    /// An apply of all that is declared.
    pub(crate) async fn apply(&self) -> Result<Cost, Failure> {
        self.run(&["apply", "-auto-approve"]).await
    }

    /// A plan, which must find nothing to change.
    pub(crate) async fn plan(&self) -> Result<Cost, Failure> {
        self.run(&["plan", "-detailed-exitcode"]).await
    }

    /// A validation of what is declared.
    pub(crate) async fn validate(&self) -> Result<Cost, Failure> {
        self.run(&["validate"]).await
    }

    /// Takes over what another workspace has recorded.
    pub(crate) fn copy_state(&self, of: &Self) -> Result<(), Failure> {
        fs::copy(of.state(), self.state())?;
        Ok(())
    }

    /// Makes so many profiles of the only one there is, in the service and in state. Creating them one by
    /// one would measure Terraform, whose applies grow faster than what is applied.
    pub(crate) fn multiply(&self, profiles: usize, service: &Service) -> Result<(), Failure> {
        let mut state: Value = serde_json::from_slice(&fs::read(self.state())?)?;
        let first = service.tokens.first().ok_or("no token")?;
        let stored = service.emulator.profiles(first);
        let [stored] = stored.as_slice() else { return Err("not one profile".into()) };
        let instances = state
            .pointer_mut("/resources/0/instances")
            .and_then(Value::as_array_mut)
            .ok_or("a state without instances")?;
        let recorded = instances.first().ok_or("a state without a profile")?.clone();
        for number in 1..profiles {
            let token = service.token_of(number)?;
            let name = format!("Profile {number}");
            let id = service.emulator.put_profile(token, renamed(stored, &name));
            let mut instance = recorded.clone();
            instance["index_key"] = json!(number);
            let attributes = &mut instance["attributes"];
            attributes["id"] = json!(id);
            attributes["dep_onboarding_setting_id"] = json!(token);
            attributes["display_name"] = json!(name);
            instances.push(instance);
        }
        Ok(fs::write(self.state(), serde_json::to_vec(&state)?)?)
    }

    async fn run(&self, arguments: &[&str]) -> Result<Cost, Failure> {
        process::run(self.workspace.command(arguments)).await
    }

    fn state(&self) -> PathBuf {
        self.workspace.directory().join("terraform.tfstate")
    }

    fn provider_block(&self, url: Option<&str>) -> String {
        if self.subject == Subject::TerraformData {
            return String::new();
        }
        let arguments =
            url.map(|url| format!("  graph_endpoint = {url:?}\n  authority_host = {url:?}\n"));
        format!(
            "terraform {{\n  required_providers {{\n    intune = {{ source = {SOURCE:?} }}\n  }}\n}}\n\
             provider \"intune\" {{\n{}}}\n",
            arguments.unwrap_or_default()
        )
    }
}

/// The properties of a profile that is to be another one.
fn renamed(stored: &Value, name: &str) -> Value {
    let mut properties = stored.clone();
    if let Some(properties) = properties.as_object_mut() {
        properties.remove("id");
        properties.insert("displayName".to_owned(), name.into());
    }
    properties
}
