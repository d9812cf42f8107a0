//! From the first connection to the end of the process: who may end it, when, and what is finished first; knows no messages.

use std::future::{self, Future};
use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};
use tracing::{debug, info, warn};

use super::connection::Incoming;
use super::services::{Controller, SilentOutput};
use super::{Error, Options};
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::proto::tfplugin6::provider_server::{Provider, ProviderServer};

/// What terraform-plugin-go accepts and sends. The default of tonic, 4 MiB, is less than a large state.
const LARGEST_MESSAGE: usize = 256 << 20;
/// The name under which go-plugin asks for the health of a plugin.
const HEALTH_NAME: &str = "plugin";
/// For the last answers and for the client to hang up.
const FAREWELL: Duration = Duration::from_millis(500);
/// Terraform kills two seconds after `Shutdown`.
const UNFINISHED_AFTER_SHUTDOWN: Duration = Duration::from_millis(1500);
/// Nobody kills, so a request on the wire may come to its own end; with the grace before it, all is over
/// within 35 seconds of Terraform's death.
const UNFINISHED_WITHOUT_HOST: Duration = Duration::from_secs(29);
/// go-plugin connects as soon as it has read the handshake. Who has not is gone.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// Why the process ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// Terraform said so, and waits.
    Shutdown,
    /// Terraform is gone without a word.
    HostGone,
    /// The person at the debugger said so.
    Interrupted,
}

/// Serves until `Shutdown` is called or `ending` comes, then finishes what is on its way.
pub(super) async fn run<P: Provider>(
    provider: P,
    incoming: Incoming,
    ending: impl Future<Output = Ending>,
    options: &Options,
) -> Result<(), Error> {
    let (stop, stopped) = watch::channel(false);
    let provider = ProviderServer::new(provider)
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);
    // The broker is left out: Terraform opens it, is told `Unimplemented`, and never uses it.
    let server = Server::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(Controller::new(stop.clone())))
        .add_service(GrpcStdioServer::new(SilentOutput::new(stopped.clone())))
        .add_service(health().await)
        .serve_with_incoming_shutdown(incoming, until(stopped.clone()));

    let ending = async {
        let ending = tokio::select! {
            () = until(stopped) => Ending::Shutdown,
            ending = ending => ending,
        };
        // A call that still waits to send something must not: its caller may be gone.
        (options.on_stop)();
        stop.send_replace(true);
        info!(?ending, "serving ends");
        ending
    };
    let serving = async {
        let served = serve_and_part(server, stop.subscribe()).await;
        // A server that failed by itself is an end too.
        stop.send_replace(true);
        served
    };
    let (served, ending) = tokio::join!(serving, ending);
    finish((options.unfinished)(), ending).await;
    served
}

/// Completes when nobody was connected for `grace`, or nobody came in the first half minute.
///
/// A call under way holds its connection open, so it need not be counted. A silent host keeps
/// its connection too: the stream of `StreamStdio` counts as a call, and gRPC closes only idle ones.
pub(super) async fn host_gone(mut open: watch::Receiver<usize>, grace: Duration) {
    let mut patience = START_PATIENCE;
    while timeout(patience, open.wait_for(|count| *count > 0)).await.is_ok() {
        if open.wait_for(|count| *count == 0).await.is_err() {
            break;
        }
        patience = grace;
    }
}

/// The signals that would end a process that does not look after them.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From now on no such signal ends the process.
    pub(super) fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Never completes: no signal ends the process, since that would lose what Graph is creating.
    ///
    /// Ctrl-C goes to the whole process group; Terraform hears it and decides, so it is dropped
    /// here, as go-plugin does. Build systems end a group with SIGTERM, which Go plugins do not survive.
    pub(super) async fn pass_on(mut self, on_stop: &(dyn Fn() + Send + Sync)) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => debug!("interrupt left to Terraform"),
                _ = self.terminate.recv() => asked_to_stop(on_stop),
                _ = self.hang_up.recv() => asked_to_stop(on_stop),
            }
        }
    }

    /// Completes at the first of them.
    pub(super) async fn any(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
            _ = self.hang_up.recv() => (),
        }
    }
}

/// The console events that would end a process that does not look after them.
#[cfg(windows)]
pub(super) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    terminate: tokio::signal::windows::CtrlBreak,
}

#[cfg(windows)]
impl Signals {
    /// From now on no such event ends the process.
    pub(super) fn catch() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};
        Ok(Self { interrupt: ctrl_c()?, terminate: ctrl_break()? })
    }

    /// Never completes: Terraform hears Ctrl-C too and decides.
    pub(super) async fn pass_on(mut self, on_stop: &(dyn Fn() + Send + Sync)) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => debug!("interrupt left to Terraform"),
                _ = self.terminate.recv() => asked_to_stop(on_stop),
            }
        }
    }

    /// Completes at the first of them.
    pub(super) async fn any(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

fn asked_to_stop(on_stop: &(dyn Fn() + Send + Sync)) {
    info!("asked to stop: calls under way come to their end first");
    on_stop();
}

async fn health() -> HealthServer<HealthService> {
    let reporter = HealthReporter::new();
    reporter.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    HealthServer::new(HealthService::from_health_reporter(reporter))
}

async fn serve_and_part(
    server: impl Future<Output = Result<(), tonic::transport::Error>>,
    stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    let enough = async {
        until(stopped).await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        served = server => Ok(served?),
        () = enough => Ok(()),
    }
}

async fn finish(unfinished: BoxFuture<'static, ()>, ending: Ending) {
    let patience = match ending {
        Ending::HostGone | Ending::Interrupted => UNFINISHED_WITHOUT_HOST,
        Ending::Shutdown => UNFINISHED_AFTER_SHUTDOWN.saturating_sub(FAREWELL),
    };
    if timeout(patience, unfinished).await.is_err() {
        warn!(?ending, "the process ends before its work does");
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // Its sender outlives the server; were it gone, nobody could ask for an end.
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests;
