//! Certificates, checked by the local Graph to the last bit.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use terraform_provider_intune::graph::{Blame, Certificate, Credential, FederatedToken, Secret};

use super::Site;
use crate::emulator::{self, Effect, Fault, Options};

/// A certificate with its key.
pub(crate) struct Sample {
    key: KeyPair,
    /// In DER.
    pub(crate) certificate: Vec<u8>,
    pem: String,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let params = CertificateParams::new(vec!["pipeline.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
        Self { key, certificate: certificate.der().to_vec(), pem }
    }

    pub(crate) fn pkcs12(&self, password: &str) -> Vec<u8> {
        let key = PrivateKey::from_der(&self.key.serialize_der()).unwrap();
        let certificate = p12_keystore::Certificate::from_der(&self.certificate).unwrap();
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new("id", key, [certificate]);
        store.add_entry("sample", KeyStoreEntry::PrivateKeyChain(chain));
        let algorithm = EncryptionAlgorithm::PbeWithHmacSha256AndAes256;
        store.writer(password).encryption_algorithm(algorithm).write().unwrap()
    }

    /// What other clients of Entra ID sign: with RSASSA-PKCS1-v1_5 instead of RSASSA-PSS.
    fn rs256(&self, site: &Site) -> String {
        let application = &site.application;
        let endpoint =
            format!("{}/{}/oauth2/v2.0/token", site.emulator.url(), application.tenant_id);
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.certificate));
        let header = json!({"alg": "RS256", "typ": "JWT", "x5t#S256": thumbprint});
        let id = &application.client_id;
        let claims = json!({"aud": endpoint, "iss": id, "sub": id, "exp": 4_000_000_000_u64});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let key = RsaKeyPair::from_pkcs8(&self.key.serialize_der()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A local Graph in which the certificate is registered with the application.
    pub(crate) fn registered(&self) -> Options {
        let application = emulator::Credential {
            certificates: vec![self.certificate.clone()],
            ..emulator::Credential::default()
        };
        Options { clients: vec![application], ..Options::default() }
    }
}

fn by(site: &Site, bytes: &[u8], password: Option<&str>) -> Credential {
    let password = password.map(|password| Secret::new(password.to_owned()));
    let certificate = Certificate::read(bytes, password.as_ref()).unwrap();
    Credential::ClientCertificate { client_id: site.application.client_id.clone(), certificate }
}

#[tokio::test]
async fn a_registered_certificate_signs_in_from_either_file() {
    let sample = Sample::new();
    let site = Site::with(sample.registered()).await;
    site.read(by(&site, sample.pem.as_bytes(), None)).await.unwrap();
    site.read(by(&site, &sample.pkcs12("pässword"), Some("pässword"))).await.unwrap();
    assert_eq!(site.forms().len(), 2);
}

#[tokio::test]
async fn a_certificate_that_is_not_registered_is_named() {
    let site = Site::with(Sample::new().registered()).await;
    let other = Sample::new();
    let error = site.read(by(&site, other.pem.as_bytes(), None)).await.unwrap_err();
    let failure = error.sign_in_failure().unwrap();
    assert_eq!(
        (failure.blame, failure.code.as_deref()),
        (Blame::Certificate, Some("AADSTS700027"))
    );
    assert!(failure.hint.unwrap().contains("not registered"), "{failure}");
}

#[tokio::test]
async fn the_local_graph_checks_either_signature_and_every_bit_of_it() {
    let sample = Sample::new();
    let site = Site::with(sample.registered()).await;
    let assertion = sample.rs256(&site);
    let (message, signature) = assertion.rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    let tampered = format!("{message}.{}{rest}", if first == "A" { "B" } else { "A" });
    for (assertion, code) in [(assertion.clone(), None), (tampered, Some("AADSTS700027"))] {
        let token = FederatedToken::Given(Secret::new(assertion));
        let client_id = site.application.client_id.clone();
        let result = site.read(Credential::Federated { client_id, token }).await;
        let refused = result.err().and_then(|error| error.sign_in_failure()?.code.clone());
        assert_eq!(refused.as_deref(), code);
    }
}

#[tokio::test]
async fn a_challenge_of_graph_is_answered_within_the_same_read() {
    let sample = Sample::new();
    let site = Site::with(sample.registered()).await;
    let client = site.client(by(&site, sample.pem.as_bytes(), None));
    site.read_by(&client).await.unwrap();
    let demanded = json!({"access_token": {"nbf": {"essential": true, "value": "1700000000"}}});
    site.emulator.demand_claims(demanded);
    site.read_by(&client).await.unwrap();
    let forms = site.forms();
    assert_eq!(forms.len(), 2);
    let claims = forms[1]["claims"].as_str().unwrap();
    assert!(claims.contains("1700000000") && claims.contains("cp1"), "{claims}");
    site.read_by(&client).await.unwrap();
    assert_eq!(site.forms().len(), 2, "the new token is good");
}

#[tokio::test]
async fn a_lifetime_in_words_of_the_authority_is_understood_and_none_is_an_error() {
    let sample = Sample::new();
    let site = Site::with(sample.registered()).await;
    let lifetime = |value| Effect::SetProperty { name: "expires_in".to_owned(), value };
    site.emulator.fault(Fault::new("POST", "/token", lifetime(json!("3599"))));
    site.read(by(&site, sample.pem.as_bytes(), None)).await.unwrap();
    for odd in [json!(0), json!(-5), json!("soon"), json!(10_000_000)] {
        site.emulator.fault(Fault::new("POST", "/token", lifetime(odd.clone())));
        let error = site.read(by(&site, sample.pem.as_bytes(), None)).await.unwrap_err();
        assert!(error.to_string().contains("lifetime"), "{odd}: {error}");
    }
}
