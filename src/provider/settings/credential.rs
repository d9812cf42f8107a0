//! Makes a credential of what is given, files included; chooses nothing.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::argument::{
    ADO_PIPELINE_SERVICE_CONNECTION_ID, Argument, CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD,
    CLIENT_CERTIFICATE_PATH, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE_PATH, MSI_ENDPOINT,
    OIDC_REQUEST_TOKEN, OIDC_REQUEST_URL, OIDC_TOKEN, OIDC_TOKEN_FILE_PATH, TENANT_ID,
};
use super::given::{Given, IDENTITY_ENDPOINT, IDENTITY_HEADER, Place};
use super::method::{Chosen, Method};
use crate::diagnostics::Diagnostic;
use crate::graph::{
    AzureCli, Certificate, Credential, Endpoint, FederatedToken, ManagedIdentity, OriginError,
    Secret,
};

/// No secret and no certificate with its chain is longer; a larger file is the wrong one.
const LARGEST_FILE: u64 = 256 * 1024;

/// The credential of the chosen way; none when a value is missing or wrong, which is told then.
pub(super) fn of(
    chosen: &Chosen,
    given: &Given<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Credential> {
    let mut maker = Maker { chosen, given, problems };
    match chosen.method {
        Method::ClientSecret => {
            let client_id = maker.application();
            let secret = maker.secret();
            Some(Credential::ClientSecret { client_id: client_id?, secret: secret? })
        }
        Method::ClientCertificate => {
            let client_id = maker.application();
            let certificate = maker.certificate();
            Some(Credential::ClientCertificate { client_id: client_id?, certificate: certificate? })
        }
        Method::Oidc => {
            let client_id = maker.application();
            let token = maker.federated_token();
            Some(Credential::Federated { client_id: client_id?, token: token? })
        }
        Method::AksWorkloadIdentity => {
            let client_id = maker.application();
            let path = maker.required(&OIDC_TOKEN_FILE_PATH);
            let token = FederatedToken::File(path?.into());
            Some(Credential::Federated { client_id: client_id?, token })
        }
        Method::ManagedIdentity => maker.managed_identity().map(Credential::ManagedIdentity),
        Method::AzureCli => {
            let variables = given.environment.for_azure_cli();
            Some(Credential::AzureCli(AzureCli { variables }))
        }
    }
}

struct Maker<'a> {
    chosen: &'a Chosen,
    given: &'a Given<'a>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Maker<'_> {
    fn required(&mut self, argument: &Argument) -> Option<String> {
        let found = self.given.text(argument);
        if found.is_none() {
            self.problems.push(self.chosen.needs(argument));
        }
        found.map(|found| found.value.to_string())
    }

    fn optional(&self, argument: &Argument) -> Option<String> {
        self.given.text(argument).map(|found| found.value.to_string())
    }

    /// The application's id; its tenant has to be known as well.
    fn application(&mut self) -> Option<String> {
        let tenant = self.required(&TENANT_ID);
        let client = self.required(&CLIENT_ID);
        tenant.and(client)
    }

    fn told<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn secret(&mut self) -> Option<Secret> {
        let (argument, found) = self.given.one_of(&[&CLIENT_SECRET, &CLIENT_SECRET_FILE_PATH])?;
        if argument.name == CLIENT_SECRET.name {
            return Some(Secret::new(found.value.to_string()));
        }
        let result = read_secret(&found.value).map_err(|reason| {
            let detail = format!(
                "The client secret is to come from the file `{}` (from {}), but {reason}. Correct the \
                 path, or set `client_secret`.",
                found.value.as_str(),
                found.from
            );
            argument.problem("Client secret not read", &detail)
        });
        self.told(result)
    }

    fn certificate(&mut self) -> Option<Certificate> {
        let both = [&CLIENT_CERTIFICATE, &CLIENT_CERTIFICATE_PATH];
        let (argument, found) = self.given.one_of(&both)?;
        let bytes = if argument.name == CLIENT_CERTIFICATE.name {
            decoded(&found.value)
        } else {
            read_file(&found.value)
        };
        let password = self.optional(&CLIENT_CERTIFICATE_PASSWORD).map(Secret::new);
        let result = bytes.and_then(|bytes| {
            Certificate::read(&bytes, password.as_ref()).map_err(|error| error.to_string())
        });
        let result = result.map_err(|reason| {
            let detail = format!(
                "The client certificate in `{}` (from {}) cannot be used: {reason}. Give one with its \
                 private key, as PKCS#12 or PEM, and its password if it has one.",
                argument.name, found.from
            );
            argument.problem("Client certificate not usable", &detail)
        });
        self.told(result)
    }

    /// Of the places that a token can come from the one that counts; without any, what lacks.
    fn federated_token(&mut self) -> Option<FederatedToken> {
        let sources = [&OIDC_TOKEN, &OIDC_TOKEN_FILE_PATH, &OIDC_REQUEST_URL];
        let Some((argument, found)) = self.given.one_of(&sources) else {
            self.problems.push(self.chosen.needs(&OIDC_REQUEST_URL));
            return None;
        };
        if argument.name == OIDC_TOKEN.name {
            return Some(FederatedToken::Given(Secret::new(found.value.to_string())));
        }
        if argument.name == OIDC_TOKEN_FILE_PATH.name {
            return Some(FederatedToken::File(found.value.as_str().into()));
        }
        let url = self.endpoint(&OIDC_REQUEST_URL, &found.value, Endpoint::parse);
        let token = self.required(&OIDC_REQUEST_TOKEN).map(Secret::new);
        let connection = self.optional(&ADO_PIPELINE_SERVICE_CONNECTION_ID);
        let is_azure_devops = found.from == Place::Variable("SYSTEM_OIDCREQUESTURI");
        if is_azure_devops && connection.is_none() {
            self.problems.push(self.chosen.needs(&ADO_PIPELINE_SERVICE_CONNECTION_ID));
            return None;
        }
        let (url, token) = (url?, token?);
        // GitHub sets a variable of its own; there a service connection means nothing.
        let is_github = found.from == Place::Variable("ACTIONS_ID_TOKEN_REQUEST_URL");
        Some(match connection {
            Some(service_connection_id) if !is_github => {
                FederatedToken::AzureDevOps { url, token, service_connection_id }
            }
            _ => FederatedToken::GitHub { url, token },
        })
    }

    fn managed_identity(&mut self) -> Option<ManagedIdentity> {
        let client_id = self.optional(&CLIENT_ID);
        let environment = self.given.environment;
        let of_platform =
            environment.text(IDENTITY_ENDPOINT).zip(environment.text(IDENTITY_HEADER));
        let given = self.given.text(&MSI_ENDPOINT).map(|found| found.value);
        let (text, header) = match (&given, of_platform) {
            // An override of where it is does not change what kind of service it is.
            (Some(given), Some((_, header))) => (given.as_str(), Some(header)),
            (Some(given), None) => (given.as_str(), None),
            (None, Some((endpoint, header))) => (endpoint, Some(header)),
            (None, None) => (ManagedIdentity::VIRTUAL_MACHINE, None),
        };
        let endpoint = self.endpoint(&MSI_ENDPOINT, text, Endpoint::of_this_machine)?;
        let header = header.map(|header| Secret::new(header.to_owned()));
        Some(ManagedIdentity { endpoint, header, client_id })
    }

    fn endpoint(
        &mut self,
        argument: &Argument,
        text: &str,
        parse: fn(&str) -> Result<Endpoint, OriginError>,
    ) -> Option<Endpoint> {
        let result = parse(text).map_err(|error| {
            let detail = format!(
                "`{}` cannot be used: {error}. Correct it; where the platform sets it, leave it out.",
                argument.name
            );
            argument.problem("Unusable endpoint", &detail)
        });
        self.told(result)
    }
}

/// PEM as it is, or the Base64 of PEM or PKCS#12, line breaks and all.
fn decoded(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    if text.trim_start().starts_with("-----BEGIN ") {
        return Ok(Zeroizing::new(text.as_bytes().to_vec()));
    }
    let compact: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect());
    let bytes = STANDARD.decode(compact.as_bytes());
    bytes.map(Zeroizing::new).map_err(|_| {
        "it is neither Base64 nor PEM; for the path of a file there is `client_certificate_path`"
            .to_owned()
    })
}

fn read_secret(path: &str) -> Result<Secret, String> {
    let bytes = read_file(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not text".to_owned())?;
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}

fn read_file(path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let told = |error: std::io::Error| format!("the file `{path}` cannot be read: {error}");
    // A pipe would be waited for without end.
    if !std::fs::metadata(path).map_err(told)?.is_file() {
        return Err(format!("`{path}` is not a file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("the file is too large".to_owned());
    }
    Ok(bytes)
}
