//! The real Terraform (or OpenTofu) CLI, run on one machine with a freshly built plugin; knows neither
//! Graph nor the provider's code.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// The address that configurations name the provider by.
pub(crate) const SOURCE: &str = "registry.terraform.io/intune-rs/intune";

const PLUGIN: &str = "terraform-provider-intune";

/// A version for the mirror; any will do, as nothing else is installed from it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The CLI's program file.
#[derive(Clone, Debug)]
pub(crate) struct Cli(PathBuf);

/// Which program the CLI is.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// `Terraform` or `OpenTofu`.
    pub(crate) product: String,
    /// Its number, such as `1.11.4`.
    pub(crate) number: String,
}

/// A directory with a configuration, and the CLI set up to find the plugin from there.
pub(crate) struct Workspace {
    cli: Cli,
    directory: PathBuf,
    environment: Vec<(String, String)>,
}

/// A finished run of the CLI.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Everything it printed, standard output first.
    pub(crate) output: String,
    /// Standard output alone, for JSON.
    pub(crate) stdout: String,
}

impl Cli {
    /// `TF_CLI_PATH`, or else `terraform` or `tofu` from `PATH`.
    ///
    /// # Errors
    ///
    /// With a text for people when there is none.
    pub(crate) fn find() -> Result<Self, String> {
        let chosen = std::env::var_os("TF_CLI_PATH").map(PathBuf::from);
        if let Some(chosen) = chosen {
            return if chosen.is_file() {
                Ok(Self(chosen))
            } else {
                Err(format!("TF_CLI_PATH names {}, which is not a file.", chosen.display()))
            };
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories: Vec<_> = std::env::split_paths(&path).collect();
        ["terraform", "tofu"]
            .iter()
            .flat_map(|name| {
                let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
                directories.iter().map(move |directory| directory.join(&file))
            })
            .find(|candidate| candidate.is_file())
            .map(Self)
            .ok_or_else(|| {
                "Neither `terraform` nor `tofu` is on PATH. Install one of them, or set TF_CLI_PATH \
                 to its program file."
                    .to_owned()
            })
    }

    /// Its program file.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Which program it is, as it says of itself.
    pub(crate) fn version(&self) -> io::Result<Version> {
        let output = std::process::Command::new(&self.0)
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let (product, number) = text
            .lines()
            .find_map(|line| line.split_once(" v"))
            .ok_or_else(|| io::Error::other(format!("{} names no version", self.0.display())))?;
        Ok(Version { product: product.trim().to_owned(), number: number.trim().to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.product, self.number)
    }
}

impl Workspace {
    /// Prepares `directory`: a mirror with the plugin in it and a CLI configuration that installs from
    /// nowhere else.
    pub(crate) fn new(cli: &Cli, directory: &Path, plugin: &Path) -> io::Result<Self> {
        let mirror = directory.join("mirror");
        let platform = format!("{}_{}", go_os(), go_architecture());
        let home = mirror.join(SOURCE).join(VERSION).join(platform);
        std::fs::create_dir_all(&home)?;
        let suffix = std::env::consts::EXE_SUFFIX;
        let installed = home.join(format!("{PLUGIN}_v{VERSION}{suffix}"));
        // A debug build is large, and a second name for it costs nothing where the file system has such.
        std::fs::hard_link(plugin, &installed)
            .or_else(|_| std::fs::copy(plugin, &installed).map(drop))?;
        let configuration = directory.join("cli.tfrc");
        std::fs::write(
            &configuration,
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
                mirror.display().to_string()
            ),
        )?;
        let directory = directory.join("configuration");
        std::fs::create_dir_all(&directory)?;
        let environment = vec![
            ("TF_CLI_CONFIG_FILE".to_owned(), configuration.display().to_string()),
            ("CHECKPOINT_DISABLE".to_owned(), "1".to_owned()),
            ("TF_IN_AUTOMATION".to_owned(), "1".to_owned()),
            ("TF_INPUT".to_owned(), "0".to_owned()),
            ("TF_CLI_ARGS".to_owned(), "-no-color".to_owned()),
        ];
        Ok(Self { cli: cli.clone(), directory, environment })
    }

    /// Adds a variable to the environment of every run.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the configuration lies.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a file of the configuration.
    pub(crate) fn write(&self, file: &str, text: &str) -> io::Result<()> {
        std::fs::write(self.directory.join(file), text)
    }

    /// The CLI with these arguments, in this directory and environment.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(self.cli.path());
        command
            .args(arguments)
            .current_dir(&self.directory)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env_remove("TF_LOG")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs the CLI with these arguments to its end.
    pub(crate) async fn run<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<Run> {
        let output = self.command(arguments).output().await?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr);
        Ok(Run { code: output.status.code(), output: format!("{stdout}{stderr}"), stdout })
    }
}

/// The operating system as Terraform names it.
fn go_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

/// The processor as Terraform names it.
fn go_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}
