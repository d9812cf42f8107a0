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
    let client = ClientCertificate::of_this_run();
    let mut starts = Vec::new();
    // The first start warms the page cache, as the command before did for Terraform.
    for _ in 0..=times {
        starts.push(once(program, &client).await?);
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

async fn once(program: &Path, client: &ClientCertificate) -> Result<Start, Failure> {
    let started = Instant::now();
    let mut process = Running(spawn(program, client)?);
    let line = process.first_line()?;
    let handshake = started.elapsed();
    let told: Vec<_> = line.trim().split('|').collect();
    let &[_, protocol, network, address, _, certificate, ..] = told.as_slice() else {
        return Err(format!("{} is no plugin: {line}", program.display()).into());
    };
    if protocol != "6" || network != "unix" {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let idle = process::resident(process.0.id());
        return Ok(Start { handshake, schema: None, exit: None, idle });
    }
    let certificate = CertificateDer::from(STANDARD_NO_PAD.decode(certificate)?);
    let channel = channel::connect(Path::new(address), Some(client), Some(&certificate)).await?;
    let mut provider = ProviderClient::new(channel.clone()).max_decoding_message_size(256 << 20);
    provider.get_provider_schema(SchemaRequest {}).await?;
    let schema = started.elapsed();
    let idle = process::resident(process.0.id());
    let asked = Instant::now();
    shut_down(channel).await?;
    drop(provider);
    process.0.wait()?;
    Ok(Start { handshake, schema: Some(schema), exit: Some(asked.elapsed()), idle })
}

/// As Terraform does it: mutual TLS, and either protocol.
fn spawn(program: &Path, client: &ClientCertificate) -> std::io::Result<Child> {
    Command::new(program)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .env("PLUGIN_CLIENT_CERT", &client.pem)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

async fn shut_down(channel: Channel) -> Result<(), Failure> {
    GrpcControllerClient::new(channel).shutdown(Empty {}).await?;
    Ok(())
}

/// A plugin that does not outlive its measurement.
struct Running(Child);

impl Running {
    fn first_line(&mut self) -> Result<String, Failure> {
        let output = self.0.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
