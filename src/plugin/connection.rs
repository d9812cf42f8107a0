//! Turns knocks at the socket into connections that have proved themselves; knows no gRPC.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;
use tracing::warn;

use super::listener::{Listener, Socket};

/// A client that has not shown its certificate by then is not Terraform.
const TLS_PATIENCE: Duration = Duration::from_secs(10);
/// A full table of open files empties only as others close theirs.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The connections that were let in. Dropping it closes and removes the socket at once, which a
/// task of its own would do only some time later, perhaps after the process ended.
pub(super) struct Incoming {
    admitted: mpsc::Receiver<Connection>,
    door: BoxFuture<'static, Infallible>,
}

impl Incoming {
    /// Accepts with TLS when there is an `acceptor`. `open` tells how many connections are.
    pub(super) fn new(
        listener: Listener,
        acceptor: Option<TlsAcceptor>,
        open: watch::Sender<usize>,
    ) -> Self {
        let (admit, admitted) = mpsc::channel(1);
        let door = Box::pin(accept(listener, acceptor, admit, open));
        Self { admitted, door }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // It never ends, but only moves when it is polled.
        let _ = self.door.as_mut().poll(context);
        self.admitted.poll_recv(context).map(|connection| connection.map(Ok))
    }
}

/// Each client has a task of its own: one that is silent, slow or wrong keeps nobody waiting.
async fn accept(
    listener: Listener,
    acceptor: Option<TlsAcceptor>,
    admit: mpsc::Sender<Connection>,
    open: watch::Sender<usize>,
) -> Infallible {
    loop {
        match listener.accept().await {
            Ok(socket) => {
                let (acceptor, admit, open) = (acceptor.clone(), admit.clone(), open.clone());
                tokio::spawn(async move {
                    if let Some(wire) = secure(socket, acceptor).await {
                        // Nobody takes it when the server has just stopped.
                        let _ =
                            admit.send(Connection { wire, _presence: Presence::new(open) }).await;
                    }
                });
            }
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn secure(socket: Socket, acceptor: Option<TlsAcceptor>) -> Option<Wire> {
    let Some(acceptor) = acceptor else { return Some(Wire::Plain(socket)) };
    match tokio::time::timeout(TLS_PATIENCE, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => Some(Wire::Secure(Box::new(stream))),
        Ok(Err(error)) => {
            warn!(%error, "a client was refused");
            None
        }
        Err(_) => {
            warn!("a client was refused: it said nothing");
            None
        }
    }
}

/// One connection to Terraform.
pub(super) struct Connection {
    wire: Wire,
    _presence: Presence,
}

enum Wire {
    Plain(Socket),
    Secure(Box<TlsStream<Socket>>),
}

/// Counts as one open connection for as long as it lives.
struct Presence {
    open: watch::Sender<usize>,
}

impl Presence {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|count| *count += 1);
        Self { open }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.open.send_modify(|count| *count -= 1);
    }
}

/// There is one client, so handlers need not be told which.
impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Secure(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Secure(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(context),
            Wire::Secure(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Wire::Secure(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Wire::Secure(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Secure(stream) => stream.is_write_vectored(),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::super::tls::Identity;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_hung_up_on_after_ten_seconds() {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let identity = Identity::trusting(&certificate.cert.pem()).unwrap();
        let (socket, _silent) = Socket::pair().unwrap();
        let start = tokio::time::Instant::now();
        assert!(secure(socket, Some(identity.acceptor)).await.is_none());
        assert_eq!(start.elapsed().as_secs(), TLS_PATIENCE.as_secs());
    }
}
