//! The ways of signing in, and which of them is meant; reads no secret.
//!
//! What the provider block names comes first, in this order: client certificate, client secret, OIDC,
//! workload identity of AKS, managed identity, Azure CLI. Then what the environment names, in the same
//! order. The Azure CLI is used without being named when nothing else is. A way that is chosen stays
//! chosen: when it fails, or lacks a value, that is an error, and no other way is tried.

use std::fmt;

use super::argument::{
    ADO_PIPELINE_SERVICE_CONNECTION_ID, Argument, CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD,
    CLIENT_CERTIFICATE_PATH, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE_PATH, MSI_ENDPOINT,
    OIDC_REQUEST_TOKEN, OIDC_REQUEST_URL, OIDC_TOKEN, OIDC_TOKEN_FILE_PATH, TENANT_ID,
    USE_AKS_WORKLOAD_IDENTITY, USE_CLI, USE_MSI, USE_OIDC,
};
use super::given::{Found, Given, Place};
use crate::diagnostics::Diagnostic;

/// A way of signing in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    ClientCertificate,
    ClientSecret,
    Oidc,
    AksWorkloadIdentity,
    ManagedIdentity,
    AzureCli,
}

/// Best first.
const METHODS: [Method; 6] = [
    Method::ClientCertificate,
    Method::ClientSecret,
    Method::Oidc,
    Method::AksWorkloadIdentity,
    Method::ManagedIdentity,
    Method::AzureCli,
];

/// The way that is meant, and what became of the others.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) method: Method,
    /// Why this one: `because ...`.
    reason: String,
    skipped: Vec<(Method, String)>,
}

/// Whether a way of signing in is asked for.
enum Wish {
    /// By this argument, which was found there.
    Named(&'static Argument, Place),
    /// Nobody forbids it.
    Allowed,
    /// It is not, and this is why.
    No(String),
}

/// Chooses by what is given.
///
/// # Errors
///
/// When no way is left, or a flag is neither true nor false.
pub(super) fn choose(given: &Given<'_>) -> Result<Chosen, Diagnostic> {
    let mut wishes = Vec::new();
    for method in METHODS {
        wishes.push((method, method.wish(given)?));
    }
    let named_in = |is_block: bool| {
        wishes.iter().position(|(_, wish)| {
            matches!(wish, Wish::Named(_, place) if (*place == Place::Block) == is_block)
        })
    };
    let allowed = || wishes.iter().position(|(_, wish)| matches!(wish, Wish::Allowed));
    let Some(place) = named_in(true).or_else(|| named_in(false)).or_else(allowed) else {
        return Err(nothing_left(&wishes));
    };
    let (method, wish) = wishes.remove(place);
    let reason = match wish {
        Wish::Named(argument, place) => format!("because `{}` is set ({place})", argument.name),
        _ => "because no other way is set".to_owned(),
    };
    let skipped = wishes.into_iter().map(|(method, wish)| (method, wish.told()));
    Ok(Chosen { method, reason, skipped: skipped.collect() })
}

impl Chosen {
    /// Which way it is, where each value comes from, and why no other way is used.
    pub(super) fn account(&self, given: &Given<'_>) -> String {
        let values: Vec<_> = self
            .method
            .arguments()
            .iter()
            .filter_map(|argument| Some((argument, given.text(argument)?.from)))
            .map(|(argument, from)| format!("`{}` from {from}", argument.name))
            .collect();
        let values = if values.is_empty() { String::new() } else { list("Values", &values) };
        let skipped: Vec<_> =
            self.skipped.iter().map(|(method, why)| format!("{method}: {why}")).collect();
        format!(
            "Signing in by {} {}.{values}{}",
            self.method,
            self.reason,
            list("Not used", &skipped)
        )
    }

    /// That this way needs a value.
    pub(super) fn needs(&self, argument: &Argument) -> Diagnostic {
        let why = format!("Signing in by {}, chosen {}, needs it.", self.method, self.reason);
        argument.missing(&why)
    }
}

fn list(title: &str, items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("\n  - {item}")).collect();
    format!("\n{title}:{}", items.concat())
}

impl Method {
    /// Every argument that it can use.
    fn arguments(self) -> &'static [&'static Argument] {
        match self {
            Self::ClientCertificate => &[
                &TENANT_ID,
                &CLIENT_ID,
                &CLIENT_CERTIFICATE,
                &CLIENT_CERTIFICATE_PATH,
                &CLIENT_CERTIFICATE_PASSWORD,
            ],
            Self::ClientSecret => {
                &[&TENANT_ID, &CLIENT_ID, &CLIENT_SECRET, &CLIENT_SECRET_FILE_PATH]
            }
            Self::Oidc => &[
                &TENANT_ID,
                &CLIENT_ID,
                &OIDC_TOKEN,
                &OIDC_TOKEN_FILE_PATH,
                &OIDC_REQUEST_URL,
                &OIDC_REQUEST_TOKEN,
                &ADO_PIPELINE_SERVICE_CONNECTION_ID,
            ],
            Self::AksWorkloadIdentity => &[&TENANT_ID, &CLIENT_ID, &OIDC_TOKEN_FILE_PATH],
            Self::ManagedIdentity => &[&CLIENT_ID, &MSI_ENDPOINT],
            Self::AzureCli => &[&TENANT_ID],
        }
    }

    fn wish(self, given: &Given<'_>) -> Result<Wish, Diagnostic> {
        match self {
            Self::ClientCertificate => {
                Ok(by_value(given, &[&CLIENT_CERTIFICATE, &CLIENT_CERTIFICATE_PATH]))
            }
            Self::ClientSecret => Ok(by_value(given, &[&CLIENT_SECRET, &CLIENT_SECRET_FILE_PATH])),
            Self::Oidc => {
                by_flag(given, &USE_OIDC, &[&OIDC_TOKEN, &OIDC_TOKEN_FILE_PATH, &OIDC_REQUEST_URL])
            }
            Self::AksWorkloadIdentity => by_flag(given, &USE_AKS_WORKLOAD_IDENTITY, &[]),
            Self::ManagedIdentity => by_flag(given, &USE_MSI, &[&MSI_ENDPOINT]),
            Self::AzureCli => Ok(match given.flag(&USE_CLI)? {
                None => Wish::Allowed,
                Some(flag) => of_flag(&USE_CLI, &flag),
            }),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificate => "client certificate",
            Self::ClientSecret => "client secret",
            Self::Oidc => "OIDC",
            Self::AksWorkloadIdentity => "AKS workload identity",
            Self::ManagedIdentity => "managed identity",
            Self::AzureCli => "Azure CLI",
        })
    }
}

impl Wish {
    /// Why it was not fulfilled.
    fn told(self) -> String {
        match self {
            Self::Named(argument, place) => {
                format!("`{}` is set ({place}), but comes later in the order", argument.name)
            }
            Self::Allowed => "it is used when nothing else is set".to_owned(),
            Self::No(why) => why,
        }
    }
}

fn by_value(given: &Given<'_>, arguments: &'static [&'static Argument]) -> Wish {
    match given.one_of(arguments) {
        Some((argument, found)) => Wish::Named(argument, found.from),
        None => {
            let names: Vec<_> = arguments.iter().map(|argument| argument.code()).collect();
            Wish::No(format!("neither {} is set", names.join(" nor ")))
        }
    }
}

/// By a flag, without which its values mean nothing: pipelines set some of them for everybody.
fn by_flag(
    given: &Given<'_>,
    flag: &'static Argument,
    values: &[&'static Argument],
) -> Result<Wish, Diagnostic> {
    if let Some(found) = given.flag(flag)? {
        return Ok(of_flag(flag, &found));
    }
    let mut why = format!("`{}` is not set", flag.name);
    if let Some((value, found)) = given.one_of(values) {
        why.push_str(&format!(", although `{}` is ({})", value.name, found.from));
    }
    Ok(Wish::No(why))
}

fn of_flag(flag: &'static Argument, found: &Found<bool>) -> Wish {
    if found.value {
        Wish::Named(flag, found.from)
    } else {
        Wish::No(format!("`{}` is false ({})", flag.name, found.from))
    }
}

fn nothing_left(wishes: &[(Method, Wish)]) -> Diagnostic {
    let reasons: Vec<_> = wishes
        .iter()
        .map(|(method, wish)| match wish {
            Wish::No(why) => format!("{method}: {why}"),
            _ => method.to_string(),
        })
        .collect();
    Diagnostic::error(
        "No way to sign in to Microsoft Graph",
        format!(
            "Set the values of one way of signing in, in the `provider \"intune\"` block or by \
             environment variables.{}",
            list("Not used", &reasons)
        ),
    )
}
