//! What is read of certificates, and what is said of the others.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};

use super::*;

const PASSWORD: &str = "pässword";

/// A key and a certificate for it, in DER.
pub(crate) struct Sample {
    key: KeyPair,
    certificate: Vec<u8>,
}

impl Sample {
    fn of(key: KeyPair) -> Self {
        let params = CertificateParams::new(vec!["sample.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self { key, certificate }
    }

    fn pem(&self) -> String {
        format!("{}{}", self.key.serialize_pem(), pem("CERTIFICATE", &self.certificate))
    }

    fn pkcs12(&self, algorithm: EncryptionAlgorithm, password: &str) -> Vec<u8> {
        let key = PrivateKey::from_der(&self.key.serialize_der()).unwrap();
        let certificate = p12_keystore::Certificate::from_der(&self.certificate).unwrap();
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new("id", key, [certificate]);
        store.add_entry("sample", KeyStoreEntry::PrivateKeyChain(chain));
        store.writer(password).encryption_algorithm(algorithm).write().unwrap()
    }
}

/// Making a key takes a while, so all tests share one.
pub(crate) fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        Sample::of(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
    })
}

pub(crate) fn certificate() -> Certificate {
    Certificate::read(sample().pem().as_bytes(), None).unwrap()
}

fn elliptic() -> Sample {
    Sample::of(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn read(bytes: &[u8], password: &str) -> Result<Certificate, CertificateError> {
    Certificate::read(bytes, Some(&Secret::new(password.to_owned())))
}

#[test]
fn every_protection_of_pkcs12_that_is_about_opens_with_its_password() {
    for algorithm in [
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
    ] {
        for password in [PASSWORD, ""] {
            let bytes = sample().pkcs12(algorithm, password);
            let certificate = read(&bytes, password).unwrap();
            assert_eq!(certificate.chain(), [sample().certificate.clone()]);
            assert_eq!(
                read(&bytes, "another").unwrap_err(),
                CertificateError::WrongPassword,
                "{algorithm:?}"
            );
        }
    }
}

#[test]
fn pem_opens_with_either_form_of_key() {
    // The PKCS#1 key is the last part of the PKCS#8 document, after 26 bytes about the algorithm.
    let pkcs1 = pem("RSA PRIVATE KEY", &sample().key.serialize_der()[26..]);
    let own = pem("CERTIFICATE", &sample().certificate);
    for text in [sample().pem(), format!("{own}{pkcs1}"), format!("Bag Attributes\n{pkcs1}\n{own}")]
    {
        let certificate = Certificate::read(text.as_bytes(), None).unwrap();
        assert_eq!(certificate.chain(), [sample().certificate.clone()]);
    }
}

#[test]
fn the_keys_own_certificate_comes_first_whatever_the_order() {
    let (issuer, root) = (elliptic(), elliptic());
    let chain = [&issuer.certificate, &root.certificate, &sample().certificate]
        .map(|der| pem("CERTIFICATE", der));
    let text = format!("{}{}", sample().key.serialize_pem(), chain.concat());
    let certificate = Certificate::read(text.as_bytes(), None).unwrap();
    let expected = [&sample().certificate, &issuer.certificate, &root.certificate];
    assert_eq!(certificate.chain().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn what_cannot_sign_is_refused_with_its_reason() {
    let (elliptic, sample) = (elliptic(), sample());
    let own = pem("CERTIFICATE", &sample.certificate);
    let foreign = pem("CERTIFICATE", &elliptic.certificate);
    let key = sample.key.serialize_pem();
    let encrypted = pem("ENCRYPTED PRIVATE KEY", b"sealed");
    for (bytes, expected) in [
        ("secret".to_owned(), CertificateError::UnknownForm),
        (String::new(), CertificateError::UnknownForm),
        ("-----BEGIN CERTIFICATE-----\n%%\n".to_owned(), CertificateError::UnknownForm),
        ("0 is how DER starts".to_owned(), CertificateError::UnknownForm),
        (own.clone(), CertificateError::NoKey),
        (key.clone(), CertificateError::NoCertificate),
        (format!("{key}{foreign}"), CertificateError::NoMatch),
        (elliptic.pem(), CertificateError::UnusableKey),
        (format!("{own}{encrypted}"), CertificateError::EncryptedPem),
        (
            format!("{own}{}", key.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n", 1)),
            CertificateError::EncryptedPem,
        ),
    ] {
        let result = Certificate::read(bytes.as_bytes(), None);
        assert_eq!(result.unwrap_err(), expected, "{bytes}");
    }
}

#[test]
fn half_a_file_is_an_error_and_no_panic() {
    let bytes = sample().pkcs12(EncryptionAlgorithm::PbeWithHmacSha256AndAes256, PASSWORD);
    for end in (0..bytes.len()).step_by(37) {
        assert!(read(&bytes[..end], PASSWORD).is_err(), "{end}");
    }
}

#[test]
fn a_certificate_is_printed_without_its_key() {
    let printed = format!("{:?}", certificate());
    assert_eq!(printed, "Certificate { chain: 1, .. }");
}
