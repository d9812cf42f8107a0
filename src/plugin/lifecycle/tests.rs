//! Ends of the process, on the clock of the tests where nothing but time passes.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::super::Environment;
use super::super::listener::Listener;
use super::*;
use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_client::GrpcControllerClient;
use crate::proto::tfplugin6::provider_client::ProviderClient;
use crate::proto::tfplugin6::stop_provider;

const GRACE: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn a_host_that_never_comes_is_given_half_a_minute() {
    let (_connected, open) = watch::channel(0);
    let start = Instant::now();
    host_gone(open, GRACE).await;
    assert_eq!(start.elapsed(), START_PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_left_is_given_its_grace() {
    let (connected, open) = watch::channel(1);
    let watching = tokio::spawn(host_gone(open, GRACE));
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::task::yield_now().await;
    assert!(!watching.is_finished(), "a connected host is not gone");
    let start = Instant::now();
    connected.send_replace(0);
    assert!(watching.await.is_ok());
    assert_eq!(start.elapsed(), GRACE);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_comes_back_in_time_was_not_gone() {
    let (connected, open) = watch::channel(1);
    let watching = tokio::spawn(host_gone(open, GRACE));
    tokio::task::yield_now().await;
    connected.send_replace(0);
    tokio::task::yield_now().await;
    tokio::time::advance(GRACE - Duration::from_millis(1)).await;
    connected.send_replace(1);
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::task::yield_now().await;
    assert!(!watching.is_finished());
}

#[tokio::test(start_paused = true)]
async fn unfinished_work_may_end_when_nobody_waits_for_the_exit() {
    for ending in [Ending::HostGone, Ending::Interrupted] {
        assert!(finished_after(Duration::from_secs(28), ending).await);
        assert!(!finished_after(Duration::from_secs(60), ending).await);
    }
}

#[tokio::test(start_paused = true)]
async fn all_is_over_within_35_seconds_of_the_death_of_terraform() {
    let (connected, open) = watch::channel(1);
    let watching = tokio::spawn(host_gone(open, Options::default().orphan_grace));
    tokio::task::yield_now().await;
    let start = Instant::now();
    connected.send_replace(0);
    assert!(watching.await.is_ok());
    assert!(!finished_after(Duration::from_secs(600), Ending::HostGone).await);
    assert!(start.elapsed() + FAREWELL <= Duration::from_secs(35), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn unfinished_work_must_not_outlast_the_patience_of_terraform() {
    assert!(finished_after(Duration::from_millis(900), Ending::Shutdown).await);
    let start = Instant::now();
    assert!(!finished_after(Duration::from_secs(60), Ending::Shutdown).await);
    assert!(start.elapsed() + FAREWELL < Duration::from_secs(2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_request_to_end_reaches_the_provider_and_an_interrupt_does_not() {
    let (heard, mut calls) = watch::channel(0);
    let signals = Signals::catch().unwrap();
    tokio::spawn(async move {
        signals.pass_on(&move || heard.send_modify(|calls| *calls += 1)).await;
    });
    send("INT").await;
    for (signal, expected) in [("TERM", 1), ("HUP", 2), ("TERM", 3)] {
        send(signal).await;
        assert_eq!(*calls.wait_for(|calls| *calls >= expected).await.unwrap(), expected);
    }
}

#[cfg(unix)]
async fn send(signal: &str) {
    let this = std::process::id().to_string();
    let kill = tokio::process::Command::new("kill").args(["-s", signal, &this]).status();
    assert!(kill.await.unwrap().success());
}

async fn finished_after(duration: Duration, ending: Ending) -> bool {
    let finished = Arc::new(AtomicBool::new(false));
    let work = finished.clone();
    let unfinished = async move {
        tokio::time::sleep(duration).await;
        work.store(true, Ordering::Relaxed);
    };
    finish(Box::pin(unfinished), ending).await;
    finished.load(Ordering::Relaxed)
}

/// Answers `StopProvider` once it is told to.
#[derive(Clone, Default)]
struct Slow {
    called: Arc<Notify>,
    answer: Arc<Notify>,
}

#[tonic::async_trait]
impl Provider for Slow {
    async fn stop_provider(
        &self,
        _request: Request<stop_provider::Request>,
    ) -> Result<Response<stop_provider::Response>, Status> {
        self.called.notify_one();
        self.answer.notified().await;
        Ok(Response::new(stop_provider::Response::default()))
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_call_under_way_may_still_answer_after_shutdown() {
    let slow = Slow::default();
    let (channel, served) = serve(slow.clone()).await;
    let call = call(&channel);
    slow.called.notified().await;
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    slow.answer.notify_one();
    assert!(call.await.unwrap().is_ok());
    served.await.unwrap().unwrap();
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn nothing_under_way_means_that_shutdown_ends_it_at_once() {
    let (channel, served) = serve(Slow::default()).await;
    let start = Instant::now();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    served.await.unwrap().unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO, "not even a tick of the clock");
}

#[cfg(unix)]
#[tokio::test]
async fn a_call_that_hangs_does_not_outlast_shutdown() {
    let slow = Slow::default();
    let (channel, served) = serve(slow.clone()).await;
    let call = call(&channel);
    slow.called.notified().await;
    let start = Instant::now();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    served.await.unwrap().unwrap();
    assert!(start.elapsed() >= FAREWELL, "it had its time");
    assert!(start.elapsed() < Duration::from_secs(2), "Terraform would have killed");
    call.abort();
}

#[cfg(unix)]
#[tokio::test]
async fn what_was_not_sent_is_held_back_however_serving_ends() {
    for ending in [Ending::HostGone, Ending::Interrupted] {
        let (heard, calls) = watch::channel(0);
        let (incoming, _, _directory) = incoming();
        let options = hearing(heard);
        run(Slow::default(), incoming, future::ready(ending), &options).await.unwrap();
        assert_eq!(*calls.borrow(), 1, "{ending:?}");
    }
    let (heard, calls) = watch::channel(0);
    let (channel, served) = serve_with(Slow::default(), hearing(heard)).await;
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    served.await.unwrap().unwrap();
    assert_eq!(*calls.borrow(), 1, "Shutdown");
}

/// Options that count how often calls were asked to finish soon.
#[cfg(unix)]
fn hearing(heard: watch::Sender<u32>) -> Options {
    let on_stop = Box::new(move || heard.send_modify(|calls| *calls += 1));
    Options { on_stop, ..Options::default() }
}

#[cfg(unix)]
type Served = tokio::task::JoinHandle<Result<(), Error>>;

#[cfg(unix)]
async fn serve(provider: Slow) -> (Channel, Served) {
    serve_with(provider, Options::default()).await
}

#[cfg(unix)]
async fn serve_with(provider: Slow, options: Options) -> (Channel, Served) {
    let (incoming, place, directory) = incoming();
    let served = tokio::spawn(async move {
        let served = run(provider, incoming, future::pending(), &options).await;
        drop(directory);
        served
    });
    let connector = tower::service_fn(move |_| {
        let place = place.clone();
        async move { UnixStream::connect(place).await.map(hyper_util::rt::TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    (endpoint.connect_with_connector(connector).await.unwrap(), served)
}

/// Connections to a socket at this place, in a directory to be kept.
#[cfg(unix)]
fn incoming() -> (Incoming, String, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let told = directory.path().to_owned();
    let environment = Environment::read(|name| (name == "TMPDIR").then(|| told.clone().into()));
    let listener = Listener::bind(&environment).unwrap();
    let place = listener.address().place.clone();
    let (open, _) = watch::channel(0);
    (Incoming::new(listener, None, open), place, directory)
}

#[cfg(unix)]
fn call(
    channel: &Channel,
) -> tokio::task::JoinHandle<Result<Response<stop_provider::Response>, Status>> {
    let mut provider = ProviderClient::new(channel.clone());
    tokio::spawn(async move { provider.stop_provider(stop_provider::Request {}).await })
}
