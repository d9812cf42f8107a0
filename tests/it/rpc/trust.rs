//! Whom the plugin trusts on the way to Graph: the machine's authorities, and those that `SSL_CERT_FILE`
//! names, as a company's own proxy needs.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A TLS front before the local Graph, with a certificate for `localhost` that signed itself.
struct Front {
    port: u16,
    certificate: tempfile::NamedTempFile,
}

impl Front {
    async fn before(graph: &str) -> Self {
        let graph: SocketAddr = graph.trim_start_matches("http://").parse().unwrap();
        let key = KeyPair::generate().unwrap();
        let own =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let certificate = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(certificate.path(), own.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![own.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut near = acceptor.accept(stream).await?;
                    let mut far = TcpStream::connect(graph).await?;
                    copy_bidirectional(&mut near, &mut far).await
                });
            }
        });
        Self { port, certificate }
    }

    /// What an import through it is told by a plugin that is started like this.
    async fn told(&self, host: &Host) -> String {
        let stage = Stage::on(host, Options::default()).await;
        let origin = format!("https://localhost:{}", self.port);
        stage.configure(json!({ "graph_endpoint": origin, "authority_host": origin })).await;
        stage.profile().import("Contoso ABM/Lab").await.error(&[]).detail.clone()
    }
}

/// The local Graph refuses tokens for another origin than its own, so this is as far as it goes: past TLS.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_when_ssl_cert_file_names_it() {
    let graph = Emulator::start(Options::default()).await.unwrap();
    let front = Front::before(graph.url()).await;

    let told = front.told(&Host::new()).await;
    assert!(told.contains("certificate"), "{told}");
    assert!(graph.requests().is_empty(), "nothing is said to a stranger");

    let file = front.certificate.path().as_os_str();
    let told = front.told(&Host::new().env("SSL_CERT_FILE", file)).await;
    assert!(told.contains("AADSTS"), "{told}");
    assert_eq!(graph.requests().len(), 1);
}
