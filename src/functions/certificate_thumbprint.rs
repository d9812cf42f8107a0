//! `certificate_thumbprint`: by which Intune knows a certificate; must not know who uses it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Function, Mistake, Parameter, text};
use crate::entity::certificate;
use crate::value::{Type, Value};

/// The function `certificate_thumbprint`.
pub const CERTIFICATE_THUMBPRINT: Function = Function {
    name: "certificate_thumbprint",
    summary: "The SHA-1 thumbprint of a certificate",
    description: "Computes the SHA-1 thumbprint of an X.509 certificate, in upper-case hexadecimal \
                  digits without separators, as Windows and the Intune admin center show it. Null gives \
                  null.",
    parameters: &[Parameter {
        name: "certificate",
        type_: || Type::String,
        nullable: true,
        description: "One certificate, as PEM text (`file(\"certificate.pem\")`) or in base64 \
                      (`filebase64(\"certificate.cer\")`), of a DER or of a PEM file.",
    }],
    returns: || Type::String,
    body: |arguments| thumbprint(text(arguments, 0)).map_err(unreadable),
};

fn thumbprint(given: &str) -> Result<Value, String> {
    let der = match pem_in(given) {
        Some(pem) => body_of(&pem)?,
        None => given.to_owned(),
    };
    match certificate::thumbprint(&der) {
        Ok(thumbprint) => Ok(Value::text(thumbprint)),
        Err(problem) => Err(problem.to_string()),
    }
}

/// The PEM text that was given, as it is or in base64.
fn pem_in(given: &str) -> Option<String> {
    if given.contains(BEGIN) {
        return Some(given.to_owned());
    }
    let decoded = STANDARD.decode(certificate::compact(given)).ok()?;
    String::from_utf8(decoded).ok().filter(|text| text.contains(BEGIN))
}

/// The base64 between the lines of the only certificate in a PEM text, which may hold other things.
fn body_of(pem: &str) -> Result<String, String> {
    let mut bodies = pem.split(BEGIN).skip(1).map(|rest| rest.split_once(END));
    match (bodies.next(), bodies.next()) {
        (Some(Some((body, _))), None) => Ok(body.to_owned()),
        (Some(_), Some(_)) => Err("it holds several certificates; give one".to_owned()),
        _ => Err(format!("the line `{END}` is missing")),
    }
}

fn unreadable(problem: String) -> Mistake {
    let text = format!(
        "this is no certificate: {problem}. Give `file(\"certificate.pem\")` of a PEM file, or \
         `filebase64(\"certificate.cer\")` of a DER file"
    );
    Mistake::of(0, text)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const DER: &str = include_str!("../entity/certificate.b64");
    const SHA1: &str = include_str!("../entity/certificate.sha1");

    fn called(text: &str) -> Result<Value, Mistake> {
        CERTIFICATE_THUMBPRINT.call(&[Value::text(text)])
    }

    #[test]
    fn every_form_of_a_certificate_has_the_same_thumbprint() {
        let pem = format!("Subject: x\r\n{BEGIN}\r\n{}\r\n{END}\r\n", DER.trim());
        for given in [DER.to_owned(), pem.clone(), STANDARD.encode(&pem)] {
            assert_eq!(called(&given), Ok(Value::text(SHA1.trim())), "{given}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_what_to_give() {
        let one = format!("{BEGIN}\n{}\n{END}\n", DER.trim());
        for (given, part) in [
            (String::new(), "not a DER-encoded"),
            ("nope!".to_owned(), "not standard base64"),
            ("bm9wZQ==".to_owned(), "not a DER-encoded"),
            (format!("{BEGIN}\n{}", DER.trim()), "is missing"),
            (format!("{BEGIN}\nbm9wZQ==\n{END}"), "not a DER-encoded"),
            (format!("{one}{one}"), "several certificates"),
            ("-----BEGIN PRIVATE KEY-----\nbm9wZQ==\n".to_owned(), "PEM text"),
        ] {
            let mistake = called(&given).unwrap_err();
            assert_eq!(mistake.argument, Some(0), "{given}");
            assert!(mistake.text.contains(part), "{given}: {}", mistake.text);
            assert!(mistake.text.contains("filebase64("), "{}", mistake.text);
        }
    }
}
