//! Plays Terraform's part of go-plugin against the real program; knows no schema and no resource.
//!
//! It is as strict as Terraform and a little stricter: the certificate is checked as Go checks it,
//! `h2` must be negotiated, and nothing but the handshake line may appear on standard output.

mod certificate;
mod channel;
mod output;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use terraform_provider_intune::proto::plugin::Empty;
use terraform_provider_intune::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use terraform_provider_intune::proto::plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_intune::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use terraform_provider_intune::proto::tfplugin6::provider_client::ProviderClient;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;

pub(crate) use certificate::ClientCertificate;
pub(crate) use channel::connect;
use output::Lines;

const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-intune");
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// Longer than any wait in a working plugin; a test that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// As terraform-plugin-go, in both directions.
const LARGEST_MESSAGE: usize = 256 << 20;

/// How Terraform would start the plugin.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    environment: BTreeMap<OsString, OsString>,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    umask: Option<&'static str>,
    user: Option<u32>,
    certificate: Option<ClientCertificate>,
}

impl Host {
    /// As Terraform does it: cookie, protocols 5 and 6, ports, and mutual TLS.
    pub(crate) fn new() -> Self {
        let host = Self {
            environment: BTreeMap::new(),
            arguments: Vec::new(),
            directory: None,
            umask: None,
            user: None,
            certificate: None,
        };
        host.env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .certificate(ClientCertificate::of_this_run())
    }

    /// As a person does it, from a shell.
    pub(crate) fn by_hand(arguments: &[&str]) -> Self {
        let mut host = Self::new().without_tls().without("TF_PLUGIN_MAGIC_COOKIE");
        host.environment.retain(|name, _| !name.to_string_lossy().starts_with("PLUGIN_"));
        host.arguments = arguments.iter().map(OsString::from).collect();
        host
    }

    /// Sets a variable of the plugin's environment.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Leaves a variable out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.remove(&OsString::from(name));
        self
    }

    /// As Terraform does it under `TF_DISABLE_PLUGIN_TLS`.
    pub(crate) fn without_tls(mut self) -> Self {
        self.certificate = None;
        self.without("PLUGIN_CLIENT_CERT").env("TF_DISABLE_PLUGIN_TLS", "1")
    }

    /// Shows another certificate than that of the test run.
    pub(crate) fn certificate(mut self, certificate: ClientCertificate) -> Self {
        let pem = certificate.pem.clone();
        self.certificate = Some(certificate);
        self.env("PLUGIN_CLIENT_CERT", pem)
    }

    /// Starts it in this directory.
    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Starts it under this umask, in octal digits.
    pub(crate) fn umask(mut self, umask: &'static str) -> Self {
        self.umask = Some(umask);
        self
    }

    /// Starts it as this user, which only root can; anybody else goes on as who it is.
    pub(crate) fn user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// Starts the program, reads the handshake and connects.
    pub(crate) async fn launch(&self) -> Plugin {
        let mut process = self.start();
        let line = process.stdout.line(|_| true).await;
        let handshake = Handshake::read(&line);
        let address = handshake.address.clone();
        let channel = connect(&address, self.certificate.as_ref(), handshake.certificate.as_ref())
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{:#?}", process.stderr.so_far()));
        Plugin { process, line, handshake, channel: Some(channel) }
    }

    /// Starts the program and leaves the rest to the caller.
    pub(crate) fn start(&self) -> Process {
        let mut command = match self.umask {
            Some(umask) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(format!("umask {umask}; exec \"$0\" \"$@\"")).arg(PROGRAM);
                shell
            }
            None => Command::new(PROGRAM),
        };
        // What the machine of the test sets for itself must not reach the plugin.
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| is_harmless(name)));
        // A plugin that a test kills cannot clean up after itself.
        let directory = tempfile::tempdir().unwrap();
        command.env("TMPDIR", directory.path());
        command.envs(&self.environment).args(&self.arguments);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        if let Some(user) = self.user.filter(|_| directory_owner(directory.path()) == 0) {
            command.uid(user).gid(user);
        }
        // A group of its own, so that a signal to the group spares the tests.
        command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Lines::read(child.stdout.take().unwrap());
        let stderr = Lines::read(child.stderr.take().unwrap());
        Process { child, stdout, stderr, _directory: directory }
    }
}

/// The owner of what this process made.
fn directory_owner(directory: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(directory).unwrap())
}

fn is_harmless(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    !["TF_", "PLUGIN_", "ARM_", "AZURE_", "M365_", "INTUNE_", "HTTP", "http"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// A started program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// What it says to Terraform.
    pub(crate) stdout: Lines,
    /// What it says to people.
    pub(crate) stderr: Lines,
    _directory: TempDir,
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal, `INT` or `TERM`, to the process and all it started.
    pub(crate) async fn signal_group(&self, signal: &str) {
        let group = format!("-{}", self.child.id().unwrap());
        let kill = Command::new("kill").args(["-s", signal, "--", &group]).status();
        assert!(kill.await.unwrap().success());
    }

    /// Waits for the process to end.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.unwrap(),
            Err(_) => panic!("the plugin does not end: {:#?}", self.stderr.so_far()),
        }
    }

    /// Waits for the process to end by itself and returns its exit code and both outputs.
    pub(crate) async fn outcome(mut self) -> Outcome {
        let status = self.wait().await;
        Outcome {
            code: status.code(),
            stdout: self.stdout.all().await.join("\n"),
            stderr: self.stderr.all().await.join("\n"),
        }
    }
}

/// What remains of a program that has ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Absent when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A plugin that has announced itself, and the connection to it.
#[derive(Debug)]
pub(crate) struct Plugin {
    /// The process itself.
    pub(crate) process: Process,
    /// The handshake line as it came.
    pub(crate) line: String,
    /// The handshake line in parts.
    pub(crate) handshake: Handshake,
    channel: Option<Channel>,
}

impl Plugin {
    /// All calls of the provider.
    pub(crate) fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel())
            .max_decoding_message_size(LARGEST_MESSAGE)
            .max_encoding_message_size(LARGEST_MESSAGE)
    }

    pub(crate) fn controller(&self) -> GrpcControllerClient<Channel> {
        GrpcControllerClient::new(self.channel())
    }

    pub(crate) fn stdio(&self) -> GrpcStdioClient<Channel> {
        GrpcStdioClient::new(self.channel())
    }

    pub(crate) fn broker(&self) -> GrpcBrokerClient<Channel> {
        GrpcBrokerClient::new(self.channel())
    }

    pub(crate) fn health(&self) -> HealthClient<Channel> {
        HealthClient::new(self.channel())
    }

    /// Hangs up without a word, as a Terraform does that is killed.
    pub(crate) fn hang_up(&mut self) {
        self.channel = None;
    }

    /// Ends it as Terraform does, and returns what its standard error held.
    pub(crate) async fn shutdown(mut self) -> (ExitStatus, Vec<String>) {
        self.controller().shutdown(Empty {}).await.unwrap();
        self.hang_up();
        let status = self.process.wait().await;
        assert_eq!(
            self.process.stdout.all().await,
            [self.line],
            "stdout is for the handshake alone"
        );
        (status, self.process.stderr.all().await)
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone().unwrap()
    }
}

/// The handshake line, as go-plugin's client takes it apart.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    pub(crate) core: String,
    pub(crate) app: String,
    pub(crate) network: String,
    pub(crate) address: PathBuf,
    pub(crate) protocol: String,
    pub(crate) certificate: Option<CertificateDer<'static>>,
    pub(crate) multiplex: Option<String>,
}

impl Handshake {
    fn read(line: &str) -> Self {
        let parts: Vec<_> = line.split('|').collect();
        let (fields, rest) = parts.split_at_checked(6).unwrap_or_else(|| panic!("{line}"));
        let [core, app, network, address, protocol, certificate] = fields else { panic!("{line}") };
        let der = STANDARD_NO_PAD.decode(certificate).unwrap();
        Self {
            core: (*core).to_owned(),
            app: (*app).to_owned(),
            network: (*network).to_owned(),
            address: PathBuf::from(address),
            protocol: (*protocol).to_owned(),
            certificate: (!der.is_empty()).then(|| CertificateDer::from(der)),
            multiplex: rest.first().map(|field| (*field).to_owned()),
        }
    }
}
