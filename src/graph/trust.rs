//! Whom connections trust: the machine's authorities, read once; sends nothing.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::Verifier;

/// How TLS is spoken by all connections of a transport, made when it is first needed.
///
/// On Linux the authorities are files (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others), and reading them is
/// most of what a first connection costs; a new pool of connections need not do it again.
#[derive(Debug, Default)]
pub(crate) struct Trust(Mutex<Option<ClientConfig>>);

impl Trust {
    /// A copy of the one configuration; copies share the sessions that can be resumed.
    pub(crate) fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = &*made {
            return Ok(config.clone());
        }
        let cryptography = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new(Arc::clone(&cryptography))?;
        let mut config = ClientConfig::builder_with_provider(cryptography)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(made.insert(config).clone())
    }
}
