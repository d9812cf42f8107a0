//! The client certificate of go-plugin's AutoMTLS: P-521, self-signed, and calling itself a CA.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa};
use rcgen::{KeyPair, KeyUsagePurpose, PKCS_ECDSA_P521_SHA512, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate and its key.
#[derive(Clone, Debug)]
pub(crate) struct ClientCertificate {
    pub(crate) pem: String,
    der: CertificateDer<'static>,
    key: Vec<u8>,
}

impl ClientCertificate {
    /// One for all tests of a run, since a P-521 key takes time.
    pub(crate) fn of_this_run() -> Self {
        static CERTIFICATE: LazyLock<ClientCertificate> = LazyLock::new(ClientCertificate::fresh);
        CERTIFICATE.clone()
    }

    /// A new one, in the shape that go-plugin's `mtls.go` gives it.
    pub(crate) fn fresh() -> Self {
        let mut wanted = CertificateParams::new(["localhost".to_owned()]).unwrap();
        wanted.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        wanted.distinguished_name.push(DnType::CommonName, "localhost");
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        wanted.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = date_time_ymd(1970, 1, 1) + now;
        wanted.not_before = now - Duration::from_secs(30);
        wanted.not_after = now + Duration::from_secs(262_980 * 3600);

        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let certificate = wanted.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().clone(), key: key.serialize_der() }
    }

    /// The certificate of one client with the key of another: a thief who saw only the first.
    pub(crate) fn stolen(&self) -> Self {
        Self { key: Self::fresh().key, ..self.clone() }
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.der.clone()]
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}
