//! The provider block: its arguments, where else their values come from, and ConfigureProvider; opens no
//! connection.
//!
//! Configuration comes before environment variables, and those of the `ARM_` family, which other
//! providers for Microsoft's services read, before their aliases.

use std::collections::BTreeMap;
use std::fmt;

use super::{Connection, Provider};
use crate::diagnostics::{Diagnostic, has_error};
use crate::graph::{Client, Origin, Secret, Settings};
use crate::schema::{Attribute, Block, Schema};
use crate::value::{Path, Type, Value};

/// One argument of the provider block.
struct Argument {
    name: &'static str,
    /// Environment variables that stand in for it, best first.
    environment: &'static [&'static str],
    sensitive: bool,
    description: &'static str,
}

const TENANT_ID: Argument = Argument {
    name: "tenant_id",
    environment: &["ARM_TENANT_ID", "AZURE_TENANT_ID", "M365_TENANT_ID"],
    sensitive: false,
    description: "Id (GUID) or domain name of the Entra ID tenant.",
};

const CLIENT_ID: Argument = Argument {
    name: "client_id",
    environment: &["ARM_CLIENT_ID", "AZURE_CLIENT_ID", "M365_CLIENT_ID"],
    sensitive: false,
    description: "Application (client) id of the app registration to sign in as.",
};

const CLIENT_SECRET: Argument = Argument {
    name: "client_secret",
    environment: &["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "M365_CLIENT_SECRET"],
    sensitive: true,
    description: "Value of a client secret of that app registration.",
};

const CLIENT_SECRET_FILE_PATH: Argument = Argument {
    name: "client_secret_file_path",
    environment: &["ARM_CLIENT_SECRET_FILE_PATH"],
    sensitive: false,
    description: "Path of a file that holds the client secret, instead of `client_secret`.",
};

const ENVIRONMENT: Argument = Argument {
    name: "environment",
    environment: &["ARM_ENVIRONMENT", "AZURE_ENVIRONMENT", "M365_CLOUD"],
    sensitive: false,
    description: "Microsoft cloud: `public` (or `global`), `usgovernment` (or `usgovernmentl4`), `dod` \
                  (or `usgovernmentl5`), or `china`. Defaults to `public`.",
};

const GRAPH_ENDPOINT: Argument = Argument {
    name: "graph_endpoint",
    environment: &["INTUNE_GRAPH_ENDPOINT"],
    sensitive: false,
    description: "Origin of Microsoft Graph, `https://host`, in place of the one that `environment` \
                  means. Plain `http` is accepted on a literal loopback address only.",
};

const AUTHORITY_HOST: Argument = Argument {
    name: "authority_host",
    environment: &["INTUNE_AUTHORITY_HOST"],
    sensitive: false,
    description: "Origin of the sign-in service, `https://host`, in place of the one that \
                  `environment` means. Plain `http` is accepted on a literal loopback address only.",
};

const ARGUMENTS: [Argument; 7] = [
    TENANT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENT_SECRET_FILE_PATH,
    ENVIRONMENT,
    GRAPH_ENDPOINT,
    AUTHORITY_HOST,
];

/// A Microsoft cloud: its names, Graph's origin and the sign-in service's.
struct Cloud {
    names: &'static [&'static str],
    graph: &'static str,
    authority: &'static str,
}

/// <https://learn.microsoft.com/graph/deployments>
const CLOUDS: [Cloud; 4] = [
    Cloud {
        names: &["public", "global"],
        graph: "https://graph.microsoft.com",
        authority: "https://login.microsoftonline.com",
    },
    Cloud {
        names: &["usgovernment", "usgovernmentl4"],
        graph: "https://graph.microsoft.us",
        authority: "https://login.microsoftonline.us",
    },
    Cloud {
        names: &["dod", "usgovernmentl5"],
        graph: "https://dod-graph.microsoft.us",
        authority: "https://login.microsoftonline.us",
    },
    Cloud {
        names: &["china"],
        graph: "https://microsoftgraph.chinacloudapi.cn",
        authority: "https://login.chinacloudapi.cn",
    },
];

/// No secret is longer; a larger file is the wrong one.
const LONGEST_SECRET_FILE: usize = 64 * 1024;

/// Environment variables, as they were when the provider started.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Keeps those variables that an argument can come from.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let read =
            |name: &str| ARGUMENTS.iter().any(|argument| argument.environment.contains(&name));
        Self(
            variables.into_iter().filter(|(name, value)| read(name) && !value.is_empty()).collect(),
        )
    }
}

/// Names only: a value may be a secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The provider block's schema.
pub(super) fn schema() -> Schema {
    let attributes = ARGUMENTS.iter().map(|argument| Attribute {
        optional: true,
        sensitive: argument.sensitive,
        ..Attribute::of_type(argument.name, Type::String, &argument.markdown())
    });
    let block = Block {
        attributes: attributes.collect(),
        description: "Manages Apple Automated Device Enrollment in Microsoft Intune through Microsoft \
                      Graph. Every argument can come from an environment variable instead, so that an \
                      empty block is enough in a pipeline."
            .to_owned(),
        ..Block::default()
    };
    Schema { version: 0, block }
}

impl Provider {
    /// What is wrong with a provider block by itself. What is missing may still come from the
    /// environment, so only [`configure`](Self::configure) complains of that.
    pub fn validate_settings(&self, config: &Value) -> Vec<Diagnostic> {
        let given = Given { config, environment: &Environment::default() };
        let mut problems = Vec::new();
        given.origins(&mut problems);
        problems
    }

    /// Takes the settings of a provider block and of the environment; opens no connection. Arguments
    /// that are not known yet are no error: nobody has asked for anything.
    pub fn configure(&self, config: &Value, terraform_version: &str) -> Vec<Diagnostic> {
        let given = Given { config, environment: &self.environment };
        if let Some(argument) = given.unknown() {
            self.connect(Connection::Waiting(argument));
            return Vec::new();
        }
        let mut problems = Vec::new();
        let settings = given.settings(terraform_version, &mut problems);
        match settings.filter(|_| !has_error(&problems)) {
            Some(settings) => self.connect(Connection::Ready(Client::new(settings))),
            None => self.connect(Connection::Absent),
        }
        problems
    }
}

/// Where values come from: the provider block, then the environment.
struct Given<'given> {
    config: &'given Value,
    environment: &'given Environment,
}

impl Given<'_> {
    fn unknown(&self) -> Option<&'static str> {
        let mut names = ARGUMENTS.iter().map(|argument| argument.name);
        names.find(|name| self.config.field(name).is_unknown())
    }

    fn settings(&self, terraform: &str, problems: &mut Vec<Diagnostic>) -> Option<Settings> {
        let origins = self.origins(problems);
        let tenant_id = self.required(&TENANT_ID, problems);
        let client_id = self.required(&CLIENT_ID, problems);
        let client_secret = self.secret(problems);
        let (graph, authority) = origins?;
        let version = env!("CARGO_PKG_VERSION");
        Some(Settings {
            graph,
            authority,
            tenant_id: tenant_id?,
            client_id: client_id?,
            client_secret: client_secret?,
            user_agent: format!("Terraform/{terraform} terraform-provider-intune/{version}"),
        })
    }

    /// The value of an argument: from the block, otherwise from the first variable that is set. An
    /// empty text is no value, as in a variable that a pipeline leaves blank.
    fn value(&self, argument: &Argument) -> Option<String> {
        self.configured(argument).or_else(|| self.inherited(argument))
    }

    fn configured(&self, argument: &Argument) -> Option<String> {
        let text = self.config.field(argument.name).as_text();
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn inherited(&self, argument: &Argument) -> Option<String> {
        argument.environment.iter().find_map(|name| self.environment.0.get(*name)).cloned()
    }

    fn required(&self, argument: &Argument, problems: &mut Vec<Diagnostic>) -> Option<String> {
        let value = self.value(argument);
        if value.is_none() {
            problems.push(argument.missing());
        }
        value
    }

    /// The block's secret or file comes before the environment's, whichever of the two it is.
    fn secret(&self, problems: &mut Vec<Diagnostic>) -> Option<Secret> {
        let secret = self
            .secret_from(Self::configured)
            .or_else(|| self.secret_from(Self::inherited))
            .unwrap_or_else(|| Err(CLIENT_SECRET.missing()));
        secret.map_err(|problem| problems.push(problem)).ok()
    }

    fn secret_from(
        &self,
        source: fn(&Self, &Argument) -> Option<String>,
    ) -> Option<Result<Secret, Diagnostic>> {
        let value = source(self, &CLIENT_SECRET).map(|secret| Ok(Secret::new(secret)));
        value.or_else(|| source(self, &CLIENT_SECRET_FILE_PATH).map(|path| read_secret(&path)))
    }

    fn origins(&self, problems: &mut Vec<Diagnostic>) -> Option<(Origin, Origin)> {
        let cloud = self.cloud(problems)?;
        let graph = self.origin(&GRAPH_ENDPOINT, cloud.graph, problems);
        let authority = self.origin(&AUTHORITY_HOST, cloud.authority, problems);
        Some((graph?, authority?))
    }

    fn cloud(&self, problems: &mut Vec<Diagnostic>) -> Option<&'static Cloud> {
        let [public, ..] = &CLOUDS;
        let Some(name) = self.value(&ENVIRONMENT) else { return Some(public) };
        let wanted = name.to_ascii_lowercase();
        let cloud = CLOUDS.iter().find(|cloud| cloud.names.contains(&wanted.as_str()));
        if cloud.is_none() {
            let names: Vec<_> = CLOUDS.iter().flat_map(|cloud| cloud.names).collect();
            let listed: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            let detail = format!("There is no `{name}`; it is one of {}.", listed.join(", "));
            problems.push(ENVIRONMENT.problem("Unknown Microsoft cloud", &detail));
        }
        cloud
    }

    fn origin(
        &self,
        argument: &Argument,
        default: &str,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Origin> {
        let text = self.value(argument).unwrap_or_else(|| default.to_owned());
        match Origin::parse(&text) {
            Ok(origin) => Some(origin),
            Err(error) => {
                let detail = format!("`{}` cannot be used: {error}.", argument.name);
                problems.push(argument.problem("Unusable endpoint", &detail));
                None
            }
        }
    }
}

impl Argument {
    fn markdown(&self) -> String {
        let variables: Vec<_> = self.environment.iter().map(|name| format!("`{name}`")).collect();
        format!("{} Environment: {}.", self.description, variables.join(", "))
    }

    fn missing(&self) -> Diagnostic {
        let detail = format!(
            "Microsoft Graph cannot be reached without it. Set `{}` in the `provider \"intune\"` block \
             or the environment variable `{}`.",
            self.name,
            self.environment.join("`, `")
        );
        self.problem(&format!("Missing `{}`", self.name), &detail)
    }

    fn problem(&self, summary: &str, detail: &str) -> Diagnostic {
        Diagnostic::error(summary, detail).at(Path::attribute(self.name))
    }
}

fn read_secret(path: &str) -> Result<Secret, Diagnostic> {
    let refused = |reason: String| {
        let detail = format!(
            "The client secret is to come from the file `{path}`, but {reason}. Correct the path, or \
             set `client_secret`."
        );
        CLIENT_SECRET_FILE_PATH.problem("Client secret not read", &detail)
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    match text.trim() {
        "" => Err(refused("it is empty".to_owned())),
        secret if secret.len() > LONGEST_SECRET_FILE => Err(refused("it is too large".to_owned())),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}
