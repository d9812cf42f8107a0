//! How Terraform starts, reaches and ends this process (go-plugin); knows no schema, no value and no Graph.
//!
//! [`serve`] does it all for Terraform, [`serve_for_debugging`] for a person with a debugger.

mod connection;
mod debug;
mod handshake;
mod lifecycle;
mod listener;
pub mod log;
mod memory;
mod panic;
mod services;
mod tls;

use std::fmt;
use std::io;
use std::io::Write;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

pub use handshake::Environment;
pub use memory::keep_from_others as keep_memory_from_others;
pub use panic::install_hook as install_panic_hook;

use crate::proto::tfplugin6::provider_server::Provider;
use connection::Incoming;
use lifecycle::{Ending, Signals};
use listener::Listener;
use tls::Identity;

/// Where the provider is published; the key under which Terraform looks for it.
pub const SOURCE_ADDRESS: &str = "registry.terraform.io/intune-rs/intune";

/// What the provider wants to hear from its process, and how patient the process is.
pub struct Options {
    /// Called when the machine asks the process to end (SIGTERM, SIGHUP), after which it goes on
    /// serving, and when serving ends. Like Terraform's `StopProvider` it asks calls to finish soon:
    /// what was not sent yet should stay so, since nobody may be there to record what it makes.
    pub on_stop: Box<dyn Fn() + Send + Sync>,
    /// Work that outlives its call, say a request that is on the wire while Terraform cancels.
    /// The process awaits it before it exits: for a second and a half after `Shutdown`, since
    /// Terraform kills after two, and for half a minute when nobody waits for the exit.
    pub unfinished: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    /// How long nobody may be connected before Terraform counts as gone.
    pub orphan_grace: Duration,
}

impl Default for Options {
    /// Nothing to hear, nothing unfinished, five seconds.
    fn default() -> Self {
        Self {
            on_stop: Box::new(|| ()),
            unfinished: Box::new(|| Box::pin(async {})),
            orphan_grace: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("orphan_grace", &self.orphan_grace)
            .finish_non_exhaustive()
    }
}

/// Why the process cannot serve. The text is for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The magic cookie is missing or wrong: a person started the program.
    #[error("{0}")]
    NotStartedByTerraform(String),
    /// There is no `PLUGIN_CLIENT_CERT`, and nobody asked for a connection without TLS.
    #[error(
        "PLUGIN_CLIENT_CERT is missing: this provider takes connections without TLS only when \
         TF_DISABLE_PLUGIN_TLS is set for Terraform itself, or with --debug"
    )]
    NoClientCertificate,
    /// `PLUGIN_CLIENT_CERT` holds no certificate.
    #[error("PLUGIN_CLIENT_CERT does not hold a certificate that can be read: {0}")]
    ClientCertificate(String),
    /// The certificate of this process could not be made.
    #[error("No certificate for the connection to Terraform could be made: {0}")]
    ServerCertificate(String),
    /// There is no place for the socket.
    #[error("No socket for Terraform could be opened: {0}")]
    Listen(#[source] io::Error),
    /// The handshake line could not be written to standard output.
    #[error("The handshake could not be written to standard output: {0}")]
    Announce(#[source] io::Error),
    /// Signal handlers could not be installed.
    #[error("Signal handlers could not be installed: {0}")]
    Signals(#[source] io::Error),
    /// The server itself failed.
    #[error("The gRPC server failed: {0}")]
    Serve(#[from] tonic::transport::Error),
}

/// Serves Terraform until it says `Shutdown` or is gone. Writes the handshake line, and nothing
/// else, to standard output.
///
/// # Errors
/// When the process was not started by Terraform, or cannot listen, or cannot announce itself.
pub async fn serve<P: Provider>(
    provider: P,
    environment: Environment,
    options: Options,
) -> Result<(), Error> {
    if !environment.has_cookie() {
        return Err(Error::NotStartedByTerraform(handshake::explanation(&environment)));
    }
    if environment.client_certificate().is_none() && !environment.is_without_tls() {
        return Err(Error::NoClientCertificate);
    }
    environment.warn_of_other_protocols();
    let identity = environment.client_certificate().map(Identity::trusting).transpose()?;
    // Before the handshake: a Ctrl-C right after it already belongs to Terraform.
    let signals = Signals::catch().map_err(Error::Signals)?;
    let listener = Listener::bind(&environment).map_err(Error::Listen)?;

    let certificate = identity.as_ref().map(|identity| identity.certificate.as_ref());
    let line = handshake::line(&environment, listener.address(), certificate);
    write_out(&line).map_err(Error::Announce)?;

    let (connected, connections) = watch::channel(0);
    let incoming = Incoming::new(listener, identity.map(|identity| identity.acceptor), connected);
    let ending = async {
        tokio::select! {
            () = signals.pass_on(&options.on_stop) => Ending::Shutdown,
            () = lifecycle::host_gone(connections, options.orphan_grace) => Ending::HostGone,
        }
    };
    lifecycle::run(provider, incoming, ending, &options).await
}

/// Serves any Terraform that is told where to find this process, without TLS and without a
/// handshake, until SIGINT or SIGTERM. Writes what to tell Terraform to standard output.
///
/// # Errors
/// When the process cannot listen or cannot say where.
pub async fn serve_for_debugging<P: Provider>(
    provider: P,
    environment: Environment,
    options: Options,
) -> Result<(), Error> {
    let signals = Signals::catch().map_err(Error::Signals)?;
    let listener = Listener::bind(&environment).map_err(Error::Listen)?;
    write_out(&debug::instructions(listener.address())).map_err(Error::Announce)?;

    let (connected, _) = watch::channel(0);
    let incoming = Incoming::new(listener, None, connected);
    let ending = async move {
        signals.any().await;
        Ending::Interrupted
    };
    lifecycle::run(provider, incoming, ending, &options).await
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
