//! Mutual TLS with exactly one Terraform (go-plugin's AutoMTLS); knows no sockets and no gRPC.
//!
//! Terraform shows a self-signed P-521 certificate that calls itself a CA. RFC 5280 does not let a
//! CA stand at the end of a chain, and verifiers that build chains refuse it. There is no chain here:
//! the only client that may connect is the one whose certificate was handed over at the start, so
//! that certificate is compared byte by byte, and its owner proves to hold the key.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs as cryptography};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName};
use rustls::{ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use super::Error;

/// Who this process is on the wire: a certificate made for this run, and what accepts with it.
pub(super) struct Identity {
    /// What Terraform will pin.
    pub(super) certificate: CertificateDer<'static>,
    /// Accepts the one client and nobody else.
    pub(super) acceptor: TlsAcceptor,
}

impl Identity {
    /// A fresh identity that lets in only who shows `client_certificate` (PEM) and holds its key.
    pub(super) fn trusting(client_certificate: &str) -> Result<Self, Error> {
        let client = CertificateDer::from_pem_slice(client_certificate.as_bytes())
            .map_err(|error| Error::ClientCertificate(error.to_string()))?;
        ParsedCertificate::try_from(&client)
            .map_err(|error| Error::ClientCertificate(error.to_string()))?;

        let (certificate, key) =
            own_certificate().map_err(|error| Error::ServerCertificate(error.to_string()))?;
        let acceptor = acceptor(client, certificate.clone(), key)
            .map_err(|error| Error::ServerCertificate(error.to_string()))?;
        Ok(Self { certificate, acceptor })
    }
}

/// P-256 is the fastest key that every Terraform accepts; the key never leaves this process.
fn own_certificate() -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error>
{
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    // go-plugin dials with the server name `localhost` whatever the address.
    let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
    Ok((certificate.into(), PrivatePkcs8KeyDer::from(key.serialize_der())))
}

fn acceptor(
    client: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
) -> Result<TlsAcceptor, rustls::Error> {
    // Given explicitly: aws-lc knows P-521, and a default of the whole process is not ours to set.
    let provider = Arc::new(cryptography::default_provider());
    let verifier = Arc::new(Pinned::new(client, &provider));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key.into())?;
    // grpc-go refuses a server that does not choose `h2`.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Every connection proves itself anew: there is one, and a resumed one would not be pinned.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Accepts one certificate, told in advance.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(certificate: CertificateDer<'static>, provider: &CryptoProvider) -> Self {
        Self { certificate, algorithms: provider.signature_verification_algorithms }
    }
}

impl ClientCertVerifier for Pinned {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    /// No hints: Go withholds a certificate whose issuer is not among them.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        constant_time::verify_slices_are_equal(end_entity, &self.certificate)
            .map(|()| ClientCertVerified::assertion())
            .map_err(|_| CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn refusal(client_certificate: &str) -> Option<Error> {
        Identity::trusting(client_certificate).err()
    }

    #[test]
    fn text_without_a_certificate_is_refused() {
        assert!(matches!(refusal("nonsense"), Some(Error::ClientCertificate(_))));
    }

    #[test]
    fn a_certificate_that_holds_no_certificate_is_refused() {
        let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(refusal(text), Some(Error::ClientCertificate(_))));
    }

    #[test]
    fn every_run_has_another_certificate() {
        let (first, _) = own_certificate().unwrap();
        let (second, _) = own_certificate().unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn one_other_byte_makes_another_client() {
        let (certificate, _) = own_certificate().unwrap();
        let pinned = Pinned::new(certificate.clone(), &cryptography::default_provider());
        let mut other = certificate.to_vec();
        if let Some(last) = other.last_mut() {
            *last ^= 1;
        }
        let now = UnixTime::now();
        assert!(pinned.verify_client_cert(&certificate, &[], now).is_ok());
        assert!(pinned.verify_client_cert(&CertificateDer::from(other), &[], now).is_err());
    }
}
