//! Start and exit of a plugin process, seen from Terraform's end of the connection; knows no resource.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use terraform_provider_intune::proto::plugin::Empty;
use terraform_provider_intune::proto::plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_intune::proto::tfplugin6::get_provider_schema::Request as SchemaRequest;
use terraform_provider_intune::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::{Failure, process, statistics};
use certificate::ClientCertificate;

// Terraform's end of mutual TLS is what the tests use.
#[path = "../../tests/it/host/certificate.rs"]
#[expect(clippy::unwrap_used, dead_code, reason = "written for tests, of which not all is needed")]
mod certificate;
#[path = "../../tests/it/host/channel.rs"]
#[expect(clippy::unwrap_used, reason = "written for tests")]
mod channel;

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Medians of many starts. Times are counted from just before the process is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// Until the handshake line was read.
    pub(crate) handshake: Duration,
    /// Until the first schema was answered, over mutual TLS; none of a plugin that speaks protocol 5.
    pub(crate) schema: Option<Duration>,
    /// From the call of `Shutdown` to the end of the process.
    pub(crate) exit: Option<Duration>,
    /// Resident after the schema was answered, in bytes.
    pub(crate) idle: Option<u64>,
}

/// Starts a plugin so many times.
pub(crate) async fn measure(program: &Path, times: usize) -> Result<Start, Failure> {
    let mut starts = Vec::new();
    // The first start warms the page cache, as the command before did for Terraform.
    for _ in 0..=times {
        starts.push(once(program).await?);
    }
    starts.remove(0);
    Ok(Start {
        handshake: statistics::median(starts.iter().map(|start| start.handshake))
            .unwrap_or_default(),
        schema: statistics::median(starts.iter().filter_map(|start| start.schema)),
        exit: statistics::median(starts.iter().filter_map(|start| start.exit)),
        idle: statistics::median(starts.iter().filter_map(|start| start.idle)),
    })
}

async fn once(program: &Path) -> Result<Start, Failure> {
    let started = Instant::now();
    let running = Running::start(program, &[])?;
    let handshake = started.elapsed();
    if !running.speaks_protocol_6() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let idle = process::resident(running.process.id());
        return Ok(Start { handshake, schema: None, exit: None, idle });
    }
    let connected = running.connect().await?;
    connected.provider().get_provider_schema(SchemaRequest {}).await?;
    let schema = started.elapsed();
    let idle = process::resident(connected.process_id());
    let exit = connected.shut_down().await?;
    Ok(Start { handshake, schema: Some(schema), exit: Some(exit), idle })
}

/// A plugin that has announced itself, and does not outlive its measurement.
pub(crate) struct Running {
    process: Child,
    client: ClientCertificate,
    /// What it said of itself.
    line: String,
}

/// A plugin at Terraform's end of a connection.
pub(crate) struct Connected {
    running: Running,
    channel: Channel,
}

impl Running {
    /// Starts it as Terraform does: mutual TLS, and either protocol.
    pub(crate) fn start(program: &Path, environment: &[(&str, String)]) -> Result<Self, Failure> {
        let client = ClientCertificate::of_this_run();
        let mut process = Command::new(program)
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .env("PLUGIN_CLIENT_CERT", &client.pem)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take().ok_or("no standard output")?;
        let mut running = Self { process, client, line: String::new() };
        BufReader::new(output).read_line(&mut running.line)?;
        if running.told(5).is_none() {
            return Err(format!("{} is no plugin: {}", program.display(), running.line).into());
        }
        Ok(running)
    }

    /// One part of the handshake line.
    fn told(&self, number: usize) -> Option<&str> {
        self.line.trim().split('|').nth(number)
    }

    fn speaks_protocol_6(&self) -> bool {
        self.told(1) == Some("6") && self.told(2) == Some("unix")
    }

    pub(crate) async fn connect(self) -> Result<Connected, Failure> {
        let certificate = STANDARD_NO_PAD.decode(self.told(5).unwrap_or_default())?;
        let certificate = CertificateDer::from(certificate);
        let address = Path::new(self.told(3).unwrap_or_default());
        let channel = channel::connect(address, Some(&self.client), Some(&certificate)).await?;
        Ok(Connected { running: self, channel })
    }
}

impl Connected {
    pub(crate) fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel.clone()).max_decoding_message_size(256 << 20)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.running.process.id()
    }

    /// Asks it to end, hangs up and waits; answers how long that took.
    pub(crate) async fn shut_down(self) -> Result<Duration, Failure> {
        let Self { mut running, channel } = self;
        let asked = Instant::now();
        GrpcControllerClient::new(channel).shutdown(Empty {}).await?;
        running.process.wait()?;
        Ok(asked.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
