//! Where a value comes from: the provider block, then the environment. Judges no value.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use super::argument::{ARGUMENTS, Argument};
use crate::diagnostics::Diagnostic;
use crate::value::Value;

/// Environment variables, as they were when the provider started.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Zeroizing<String>>);

/// App Service and its kin tell their workloads by these where their identity is.
pub(super) const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
pub(super) const IDENTITY_HEADER: &str = "IDENTITY_HEADER";

/// What the Azure CLI needs to find itself, its sign-in and the network: on Unix, on Windows, and
/// behind a proxy. Whatever else there is may be a secret.
const FOR_AZURE_CLI: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "AZURE_CONFIG_DIR",
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

impl Environment {
    /// Keeps those variables that an argument can come from, or that a way of signing in needs.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let read = |name: &str| {
            ARGUMENTS.iter().any(|argument| argument.environment.contains(&name))
                || [IDENTITY_ENDPOINT, IDENTITY_HEADER].contains(&name)
                || is_for_azure_cli(name)
        };
        let kept = variables.into_iter().filter(|(name, value)| read(name) && !value.is_empty());
        Self(kept.map(|(name, value)| (name, Zeroizing::new(value))).collect())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    /// The variables that name a proxy or an exception, each with its value; of a URL only scheme, host
    /// and port, as the rest may hold a password.
    pub(crate) fn proxies(&self) -> Vec<(&str, String)> {
        let named = |name: &str| PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(name));
        let set = self.0.iter().filter(|(name, _)| named(name));
        set.map(|(name, value)| {
            let is_exception = name.eq_ignore_ascii_case("NO_PROXY");
            let shown = if is_exception { value.to_string() } else { without_password(value) };
            (name.as_str(), shown)
        })
        .collect()
    }

    /// The variables to start the Azure CLI with.
    pub(super) fn for_azure_cli(&self) -> Vec<(String, String)> {
        let wanted = self.0.iter().filter(|(name, _)| is_for_azure_cli(name));
        wanted.map(|(name, value)| (name.clone(), value.to_string())).collect()
    }
}

const PROXIES: [&str; 4] = ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

fn without_password(proxy: &str) -> String {
    let (scheme, rest) = proxy.split_once("://").unwrap_or(("http", proxy));
    let host = rest.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{}", host.split('/').next().unwrap_or_default())
}

/// Windows spells `Path`, and curl's proxies are in lower case.
fn is_for_azure_cli(name: &str) -> bool {
    FOR_AZURE_CLI.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Names only: a value may be a secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What is given: the provider block, and the environment for what it leaves open.
pub(super) struct Given<'given> {
    pub(super) config: &'given Value,
    pub(super) environment: &'given Environment,
}

/// A value and where it was found.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) from: Place,
}

/// Where a value was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Block,
    Variable(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block => f.write_str("the provider block"),
            Self::Variable(name) => write!(f, "the environment variable `{name}`"),
        }
    }
}

impl Given<'_> {
    /// An argument whose value is not known yet.
    pub(super) fn unknown(&self) -> Option<&'static str> {
        let mut names = ARGUMENTS.iter().map(|argument| argument.name);
        names.find(|name| self.config.field(name).is_unknown())
    }

    /// The value of an argument: from the block, otherwise from the first variable that is set. An
    /// empty text is no value, as in a variable that a pipeline leaves blank.
    pub(super) fn text(&self, argument: &Argument) -> Option<Found<Zeroizing<String>>> {
        let configured = self.config.field(argument.name).as_text().filter(|text| !text.is_empty());
        let configured = configured.map(|text| (text, Place::Block));
        let (text, from) = configured.or_else(|| self.inherited(argument))?;
        Some(Found { value: Zeroizing::new(text.to_owned()), from })
    }

    /// Of several arguments the one that counts: the block's first, otherwise the environment's.
    pub(super) fn one_of(
        &self,
        arguments: &[&'static Argument],
    ) -> Option<(&'static Argument, Found<Zeroizing<String>>)> {
        let found =
            || arguments.iter().filter_map(|argument| Some((*argument, self.text(argument)?)));
        found().find(|(_, found)| found.from == Place::Block).or_else(|| found().next())
    }

    /// Whether something is to be used, if that is given.
    ///
    /// # Errors
    ///
    /// When the variable that it comes from is neither true nor false.
    pub(super) fn flag(&self, argument: &Argument) -> Result<Option<Found<bool>>, Diagnostic> {
        if let Some(value) = self.config.field(argument.name).as_bool() {
            return Ok(Some(Found { value, from: Place::Block }));
        }
        let Some((text, from)) = self.inherited(argument) else { return Ok(None) };
        let value = match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                let detail = format!(
                    "{} is neither `true` (or `1`) nor `false` (or `0`). Correct it, or set `{}` in \
                     the provider block.",
                    capital(&from.to_string()),
                    argument.name
                );
                return Err(argument.problem("Neither true nor false", &detail));
            }
        };
        Ok(Some(Found { value, from }))
    }

    /// A number of days, if one is given.
    ///
    /// # Errors
    ///
    /// When it is no whole number of days that somebody could wait for.
    pub(super) fn days(&self, argument: &Argument) -> Result<Option<u32>, Diagnostic> {
        let Some(number) = self.config.field(argument.name).as_number() else { return Ok(None) };
        let days = number.as_i64().and_then(|days| u32::try_from(days).ok());
        match days.filter(|days| *days <= MOST_DAYS) {
            Some(days) => Ok(Some(days)),
            None => {
                let detail = format!(
                    "`{}` is a whole number of days from 0 to {MOST_DAYS}. Give one of these; 0 turns the \
                     warning off.",
                    argument.name
                );
                Err(argument.problem("Not a number of days", &detail))
            }
        }
    }

    fn inherited(&self, argument: &Argument) -> Option<(&str, Place)> {
        argument.environment.iter().find_map(|name| {
            let text = self.environment.text(name)?;
            Some((text, Place::Variable(name)))
        })
    }
}

/// A hundred years.
const MOST_DAYS: u32 = 36_500;

fn capital(text: &str) -> String {
    crate::provider::explain::capitalized(text)
}
