//! A client certificate with its private key, out of PKCS#12 or PEM; signs, and knows nothing of tokens.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PSS_SHA256, RsaKeyPair};
use p12_keystore::Pkcs12Archive;
use rustls::pki_types::pem::{PemObject, SectionKind};
use x509_cert::der::{Decode, Encode};

use super::Secret;

/// A certificate, those that certify it, and its RSA key.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    key: RsaKeyPair,
    /// In DER, the key's own first.
    chain: Vec<Vec<u8>>,
}

/// Why a file is no certificate that can sign.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// Neither PKCS#12 nor PEM.
    #[error("it is neither a PKCS#12 (PFX) nor a PEM file")]
    UnknownForm,
    /// PKCS#12 whose integrity check failed.
    #[error("the password is wrong, or the PKCS#12 file is damaged")]
    WrongPassword,
    /// PKCS#12 in a scheme that is not supported.
    #[error(
        "the PKCS#12 file is protected in a way that is not supported; export it again with AES-256 \
         (in OpenSSL 3 the default)"
    )]
    UnsupportedProtection,
    /// PEM with a key that needs a password.
    #[error(
        "its private key is encrypted, which is supported for PKCS#12 only; decrypt it with \
         `openssl pkey`, or make a PKCS#12 file of it"
    )]
    EncryptedPem,
    /// No certificate at all.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// No private key at all.
    #[error("there is no private key in it; the application signs with its key")]
    NoKey,
    /// A key of another kind than RSA, or a short one.
    #[error("its private key is not an RSA key of 2048 bits or more, which Entra ID asks for")]
    UnusableKey,
    /// A key that belongs to none of the certificates.
    #[error("none of its certificates belongs to its private key")]
    NoMatch,
}

impl Certificate {
    /// Reads PKCS#12 or PEM. A password is for PKCS#12; without one the empty password is tried.
    ///
    /// # Errors
    ///
    /// When there is no certificate with an RSA key that belongs to it, or it cannot be opened. The
    /// error quotes nothing of the file.
    pub fn read(bytes: &[u8], password: Option<&Secret>) -> Result<Self, CertificateError> {
        // DER of any PKCS#12 file starts with a SEQUENCE; text never does.
        if bytes.first() == Some(&DER_SEQUENCE) {
            Self::from_pkcs12(bytes, password.map_or("", Secret::expose))
        } else if contains(bytes, b"-----BEGIN ") {
            Self::from_pem(bytes)
        } else {
            Err(CertificateError::UnknownForm)
        }
    }

    /// SHA-256 of the certificate, by which RFC 7515's `x5t#S256` names it.
    pub(crate) fn thumbprint(&self) -> Vec<u8> {
        let certificate = self.0.chain.first().map(Vec::as_slice).unwrap_or_default();
        digest(&SHA256, certificate).as_ref().to_vec()
    }

    /// The certificate and those that certify it, in DER.
    pub(crate) fn chain(&self) -> &[Vec<u8>] {
        &self.0.chain
    }

    /// An RSASSA-PSS signature with SHA-256 (RFC 7518's `PS256`); none when the system has no chance.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let key = &self.0.key;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, CertificateError> {
        use p12_keystore::error::Error;
        let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
            Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => {
                CertificateError::WrongPassword
            }
            Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => {
                CertificateError::UnsupportedProtection
            }
            _ => CertificateError::UnknownForm,
        })?;
        let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect();
        Self::matching(archive.keys.iter().map(|bag| bag.key.as_der()), certificates)
    }

    fn from_pem(bytes: &[u8]) -> Result<Self, CertificateError> {
        let is_encrypted = contains(bytes, b"BEGIN ENCRYPTED PRIVATE KEY")
            || contains(bytes, b"Proc-Type: 4,ENCRYPTED");
        if is_encrypted {
            return Err(CertificateError::EncryptedPem);
        }
        let mut certificates = Vec::new();
        let mut keys = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
            match section.map_err(|_| CertificateError::UnknownForm)? {
                (SectionKind::Certificate, der) => certificates.push(der),
                (SectionKind::PrivateKey | SectionKind::RsaPrivateKey, der) => {
                    keys.push(zeroize::Zeroizing::new(der));
                }
                _ => {}
            }
        }
        Self::matching(keys.iter().map(|key| key.as_slice()), certificates)
    }

    /// The first key that one of the certificates belongs to; that certificate comes first.
    fn matching<'a>(
        keys: impl Iterator<Item = &'a [u8]>,
        mut chain: Vec<Vec<u8>>,
    ) -> Result<Self, CertificateError> {
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Err(CertificateError::NoKey);
        }
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let usable: Vec<RsaKeyPair> = keys.into_iter().filter_map(rsa).collect();
        if usable.is_empty() {
            return Err(CertificateError::UnusableKey);
        }
        for key in usable {
            let public = key.public_key().as_ref();
            let own = chain.iter().position(|der| public_key(der).is_some_and(|own| own == public));
            if let Some(own) = own {
                // The first is the key's own; the others keep their order.
                if let Some(front) = chain.get_mut(..=own) {
                    front.rotate_right(1);
                }
                return Ok(Self(Arc::new(Inner { key, chain })));
            }
        }
        Err(CertificateError::NoMatch)
    }
}

/// The certificate is public; the key is not.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("chain", &self.0.chain.len()).finish_non_exhaustive()
    }
}

const DER_SEQUENCE: u8 = 0x30;

/// A key in PKCS#8 or, as older PEM files have it, in PKCS#1.
fn rsa(der: &[u8]) -> Option<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok()
}

fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    // RFC 3279, section 2.3.1: an RSA key is a DER document inside the bit string.
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec).or_else(|| info.to_der().ok())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
pub(crate) mod tests;
