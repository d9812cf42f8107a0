//! The gRPC connection to a plugin, over a Unix socket, with or without TLS.

use std::io;
use std::path::Path;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use super::ClientCertificate;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Socket(#[from] io::Error),
    #[error(transparent)]
    Grpc(#[from] tonic::transport::Error),
}

/// Connects as Terraform does: with TLS exactly when the plugin told a certificate, trusting
/// nothing but that one.
pub(crate) async fn connect(
    socket: &Path,
    client: Option<&ClientCertificate>,
    server: Option<&CertificateDer<'static>>,
) -> Result<Channel, ConnectError> {
    let endpoint = Endpoint::from_static("http://localhost");
    // The first connection is made here, so that a refusal is told as what it is.
    let stream = UnixStream::connect(socket).await?;
    match server {
        None => Ok(endpoint.connect_with_connector(once(stream)).await?),
        Some(server) => {
            Ok(endpoint.connect_with_connector(once(secure(stream, client, server).await?)).await?)
        }
    }
}

/// Goes through TLS, down to the first byte that the server sends after it.
async fn secure(
    stream: UnixStream,
    client: Option<&ClientCertificate>,
    server: &CertificateDer<'static>,
) -> io::Result<TlsStream<UnixStream>> {
    let connector = TlsConnector::from(Arc::new(config(client, server)));
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, stream).await?;
    let (_, session) = stream.get_ref();
    // grpc-go since 1.67 closes the connection otherwise.
    assert_eq!(session.alpn_protocol(), Some(b"h2".as_slice()));
    assert_eq!(session.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    Ok(stream)
}

fn config(client: Option<&ClientCertificate>, server: &CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(server.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        Some(client) => config.with_client_cert_resolver(Arc::new(Shown::new(client))),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// Shows a certificate whoever asks, and even one that does not belong to the key.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl Shown {
    fn new(client: &ClientCertificate) -> Self {
        let key = default_provider().key_provider.load_private_key(client.key()).unwrap();
        Self(Arc::new(CertifiedKey::new(client.chain(), key)))
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Hands out the one stream, and an error when the channel wants to connect anew: go-plugin's
/// plugins end with their connection.
fn once<S: Send + 'static>(
    stream: S,
) -> impl tower::Service<
    http::Uri,
    Response = TokioIo<S>,
    Error = io::Error,
    Future = std::future::Ready<io::Result<TokioIo<S>>>,
> + Send
+ 'static {
    let mut stream = Some(stream);
    service_fn(move |_| {
        let stream = stream.take().map(TokioIo::new);
        std::future::ready(stream.ok_or_else(|| io::ErrorKind::NotConnected.into()))
    })
}
