//! X.509 certificates as Graph carries them: base64 of the DER form; knows no property.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Why a text is not the base64 form of an X.509 certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotACertificate {
    /// PEM text.
    #[error("it is PEM text; pass the base64 form of the DER bytes instead")]
    Pem,
    /// Something that base64 does not write.
    #[error("it is not standard base64")]
    NotBase64,
    /// PEM text, in base64.
    #[error("it is base64 of PEM text; convert the file to DER before encoding it")]
    EncodedPem,
    /// Bytes of another kind.
    #[error("the bytes are not a DER-encoded X.509 certificate")]
    NotX509,
}

const PEM_HEADER: &str = "-----BEGIN";

/// The DER bytes of a certificate in base64; white space, as `base64` breaks its lines, is allowed.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, NotACertificate> {
    if text.trim_start().starts_with(PEM_HEADER) {
        return Err(NotACertificate::Pem);
    }
    let der = STANDARD.decode(compact(text)).map_err(|_| NotACertificate::NotBase64)?;
    if der.starts_with(PEM_HEADER.as_bytes()) {
        return Err(NotACertificate::EncodedPem);
    }
    match Certificate::from_der(&der) {
        Ok(_) => Ok(der),
        Err(_) => Err(NotACertificate::NotX509),
    }
}

/// The thumbprint of a certificate in base64: SHA-1 over the DER bytes, in upper-case hexadecimal
/// digits, as Windows and the Intune portal show it.
///
/// # Errors
///
/// When it is no certificate in base64.
pub fn thumbprint(text: &str) -> Result<String, NotACertificate> {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &decode(text)?);
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect())
}

/// Base64 without its white space: two texts that agree in this are the same bytes.
pub fn compact(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// A thumbprint reduced to its digits: tools write it with colons, blanks and in either case.
pub(super) fn thumbprint_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}
