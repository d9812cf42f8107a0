//! Whom the plugin trusts on the way to Graph: the machine's authorities, and those that `SSL_CERT_FILE`
//! names, as a company's own proxy needs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::*;

/// A server that speaks TLS, with a certificate for `localhost` that signed itself.
pub(super) struct Front {
    port: u16,
    certificate: tempfile::NamedTempFile,
}

impl Front {
    /// Hands every connection over which TLS was agreed on, with one of these protocols, to `serve`.
    pub(super) async fn serving<S: Future<Output = ()> + Send + 'static>(
        protocols: &[&[u8]],
        serve: impl Fn(TlsStream<TcpStream>) -> S + Send + 'static,
    ) -> Self {
        let key = KeyPair::generate().unwrap();
        let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let own = names.self_signed(&key).unwrap();
        let certificate = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(certificate.path(), own.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], secret.into())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(near) = acceptor.accept(stream).await {
                    tokio::spawn(serve(near));
                }
            }
        });
        Self { port, certificate }
    }

    pub(super) fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The file with its certificate.
    pub(super) fn certificate(&self) -> &Path {
        self.certificate.path()
    }

    /// What an import through it is told by a plugin that is started like this.
    async fn told(&self, host: &Host) -> String {
        let stage = Stage::on(host, Options::default()).await;
        let origin = self.origin();
        stage.configure(json!({ "graph_endpoint": origin, "authority_host": origin })).await;
        stage.profile().import("Contoso ABM/Lab").await.error(&[]).detail.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_are_read_once_and_not_for_each_new_connection() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let authorities = tempfile::NamedTempFile::new().unwrap();
    let path = authorities.path().to_owned();
    // A Graph that grants tokens, is unavailable once, whereupon a new connection is made, and then refuses.
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let front = Front::serving(&[], move |mut near| {
        let (noted, path) = (Arc::clone(&noted), path.clone());
        async move {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = near.read(&mut bytes).await {
                let asked = String::from_utf8_lossy(&bytes[..read]).into_owned();
                let (status, body) = if asked.starts_with("POST") {
                    (200, r#"{"access_token":"t","expires_in":3600,"token_type":"Bearer"}"#)
                } else if path.exists() {
                    std::fs::remove_file(&path).unwrap();
                    (503, "{}")
                } else {
                    (403, "{}")
                };
                noted.lock().unwrap().push(status);
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n");
                let answer = format!("{head}Content-Length: {length}\r\n\r\n{body}");
                near.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    std::fs::copy(front.certificate(), authorities.path()).unwrap();

    let told = front.told(&Host::new().env("SSL_CERT_FILE", authorities.path())).await;
    assert!(told.contains("status 403"), "{told}");
    assert_eq!(*asked.lock().unwrap(), [200, 503, 403]);
}

/// The local Graph refuses tokens for another origin than its own, so this is as far as it goes: past TLS.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_when_ssl_cert_file_names_it() {
    let graph = Emulator::start(Options::default()).await.unwrap();
    let address: SocketAddr = graph.url().trim_start_matches("http://").parse().unwrap();
    let front = Front::serving(&[], move |mut near| async move {
        let mut far = TcpStream::connect(address).await.unwrap();
        let _ = copy_bidirectional(&mut near, &mut far).await;
    })
    .await;

    let told = front.told(&Host::new()).await;
    assert!(told.contains("certificate"), "{told}");
    assert!(graph.requests().is_empty(), "nothing is said to a stranger");

    let told = front.told(&Host::new().env("SSL_CERT_FILE", front.certificate())).await;
    assert!(told.contains("AADSTS"), "{told}");
    assert_eq!(graph.requests().len(), 1);
}
