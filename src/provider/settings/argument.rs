//! The table of the provider block's arguments: the only place where one is declared. Reads no value.

use crate::diagnostics::Diagnostic;
use crate::schema::Attribute;
use crate::value::{Path, Type};

/// One argument of the provider block.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    kind: Kind,
    /// Environment variables that stand in for it, best first.
    pub(super) environment: &'static [&'static str],
    description: &'static str,
}

/// What an argument holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Text,
    Secret,
    Flag,
    Days,
}

pub(super) const TENANT_ID: Argument = Argument {
    name: "tenant_id",
    kind: Kind::Text,
    environment: &["ARM_TENANT_ID", "AZURE_TENANT_ID", "M365_TENANT_ID"],
    description: "Id (GUID) or domain name of the Entra ID tenant. A managed identity and the Azure CLI \
                  have one of their own.",
};

pub(super) const CLIENT_ID: Argument = Argument {
    name: "client_id",
    kind: Kind::Text,
    environment: &[
        "ARM_CLIENT_ID",
        "AZURE_CLIENT_ID",
        "M365_CLIENT_ID",
        "M365_MANAGED_IDENTITY_ID",
    ],
    description: "Application (client) id of the app registration to sign in as, or of a user-assigned \
                  managed identity.",
};

pub(super) const CLIENT_SECRET: Argument = Argument {
    name: "client_secret",
    kind: Kind::Secret,
    environment: &["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "M365_CLIENT_SECRET"],
    description: "Value of a client secret of that app registration.",
};

pub(super) const CLIENT_SECRET_FILE_PATH: Argument = Argument {
    name: "client_secret_file_path",
    kind: Kind::Text,
    environment: &["ARM_CLIENT_SECRET_FILE_PATH"],
    description: "Path of a file that holds the client secret, instead of `client_secret`.",
};

pub(super) const CLIENT_CERTIFICATE: Argument = Argument {
    name: "client_certificate",
    kind: Kind::Secret,
    environment: &["ARM_CLIENT_CERTIFICATE"],
    description: "Certificate with its RSA key, registered with the app registration: PKCS#12 (PFX) in \
                  Base64, or PEM as it is or in Base64.",
};

pub(super) const CLIENT_CERTIFICATE_PATH: Argument = Argument {
    name: "client_certificate_path",
    kind: Kind::Text,
    environment: &[
        "ARM_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "M365_CLIENT_CERTIFICATE_FILE_PATH",
    ],
    description: "Path of a PKCS#12 (PFX) or PEM file, instead of `client_certificate`.",
};

pub(super) const CLIENT_CERTIFICATE_PASSWORD: Argument = Argument {
    name: "client_certificate_password",
    kind: Kind::Secret,
    environment: &[
        "ARM_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "M365_CLIENT_CERTIFICATE_PASSWORD",
    ],
    description: "Password of the PKCS#12 file, if it has one.",
};

pub(super) const USE_OIDC: Argument = Argument {
    name: "use_oidc",
    kind: Kind::Flag,
    environment: &["ARM_USE_OIDC"],
    description: "Whether to sign in with the token of another identity provider (workload identity \
                  federation), such as GitHub Actions or Azure DevOps. Defaults to `false`.",
};

pub(super) const OIDC_TOKEN: Argument = Argument {
    name: "oidc_token",
    kind: Kind::Secret,
    environment: &["ARM_OIDC_TOKEN", "AZURE_DEVOPS_FEDERATION_TOKEN"],
    description: "The other identity provider's token itself. It cannot be renewed, so a long run may \
                  outlive it.",
};

pub(super) const OIDC_TOKEN_FILE_PATH: Argument = Argument {
    name: "oidc_token_file_path",
    kind: Kind::Text,
    environment: &[
        "ARM_OIDC_TOKEN_FILE_PATH",
        "AZURE_FEDERATED_TOKEN_FILE",
        "M365_OIDC_TOKEN_FILE_PATH",
    ],
    description: "Path of a file with that token. It is read again whenever a token is exchanged.",
};

pub(super) const OIDC_REQUEST_URL: Argument = Argument {
    name: "oidc_request_url",
    kind: Kind::Text,
    environment: &[
        "ARM_OIDC_REQUEST_URL",
        "M365_OIDC_REQUEST_URL",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "SYSTEM_OIDCREQUESTURI",
    ],
    description: "URL at which the pipeline's token is asked for. GitHub Actions and Azure DevOps set it.",
};

pub(super) const OIDC_REQUEST_TOKEN: Argument = Argument {
    name: "oidc_request_token",
    kind: Kind::Secret,
    environment: &[
        "ARM_OIDC_REQUEST_TOKEN",
        "M365_OIDC_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "SYSTEM_ACCESSTOKEN",
    ],
    description: "What permits to ask there. GitHub Actions sets it; in Azure DevOps it is \
                  `System.AccessToken`.",
};

pub(super) const ADO_PIPELINE_SERVICE_CONNECTION_ID: Argument = Argument {
    name: "ado_pipeline_service_connection_id",
    kind: Kind::Text,
    environment: &[
        "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
        "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    ],
    description: "Id of the Azure DevOps service connection to sign in as. Only Azure DevOps needs it.",
};

pub(super) const USE_MSI: Argument = Argument {
    name: "use_msi",
    kind: Kind::Flag,
    environment: &["ARM_USE_MSI"],
    description: "Whether to sign in as the managed identity of the machine in Azure that this runs on. \
                  Defaults to `false`.",
};

pub(super) const MSI_ENDPOINT: Argument = Argument {
    name: "msi_endpoint",
    kind: Kind::Text,
    environment: &["ARM_MSI_ENDPOINT"],
    description: "URL of the managed identity's token service, where it is not at the usual place.",
};

pub(super) const USE_AKS_WORKLOAD_IDENTITY: Argument = Argument {
    name: "use_aks_workload_identity",
    kind: Kind::Flag,
    environment: &["ARM_USE_AKS_WORKLOAD_IDENTITY"],
    description: "Whether to sign in with the workload identity of a pod in Azure Kubernetes Service. \
                  Defaults to `false`.",
};

pub(super) const USE_CLI: Argument = Argument {
    name: "use_cli",
    kind: Kind::Flag,
    environment: &["ARM_USE_CLI"],
    description: "Whether to sign in as whoever is signed in to the Azure CLI when nothing else is set. \
                  Defaults to `true`.",
};

pub(super) const ENVIRONMENT: Argument = Argument {
    name: "environment",
    kind: Kind::Text,
    environment: &["ARM_ENVIRONMENT", "AZURE_ENVIRONMENT", "M365_CLOUD"],
    description: "Microsoft cloud: `public` (or `global`, `gcc`), `usgovernment` (or `usgovernmentl4`, `gcchigh`), `dod` \
                  (or `usgovernmentl5`), or `china`. Defaults to `public`.",
};

pub(super) const GRAPH_ENDPOINT: Argument = Argument {
    name: "graph_endpoint",
    kind: Kind::Text,
    environment: &["INTUNE_GRAPH_ENDPOINT"],
    description: "Origin of Microsoft Graph, `https://host`, in place of the one that `environment` \
                  means. Plain `http` is accepted on a literal loopback address only.",
};

pub(super) const AUTHORITY_HOST: Argument = Argument {
    name: "authority_host",
    kind: Kind::Text,
    environment: &["INTUNE_AUTHORITY_HOST"],
    description: "Origin of the sign-in service, `https://host`, in place of the one that \
                  `environment` means. Plain `http` is accepted on a literal loopback address only.",
};

pub(super) const TOKEN_EXPIRY_WARNING_DAYS: Argument = Argument {
    name: "token_expiry_warning_days",
    kind: Kind::Days,
    environment: &[],
    description: "How many days before it expires a plan begins to warn of an enrollment program token, \
                  once for each token. 0 turns the warning off. Defaults to `30`.",
};

pub(super) const ARGUMENTS: [&Argument; 21] = [
    &TENANT_ID,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &CLIENT_SECRET_FILE_PATH,
    &CLIENT_CERTIFICATE,
    &CLIENT_CERTIFICATE_PATH,
    &CLIENT_CERTIFICATE_PASSWORD,
    &USE_OIDC,
    &OIDC_TOKEN,
    &OIDC_TOKEN_FILE_PATH,
    &OIDC_REQUEST_URL,
    &OIDC_REQUEST_TOKEN,
    &ADO_PIPELINE_SERVICE_CONNECTION_ID,
    &USE_MSI,
    &MSI_ENDPOINT,
    &USE_AKS_WORKLOAD_IDENTITY,
    &USE_CLI,
    &ENVIRONMENT,
    &GRAPH_ENDPOINT,
    &AUTHORITY_HOST,
    &TOKEN_EXPIRY_WARNING_DAYS,
];

impl Argument {
    /// As Terraform is told of it.
    pub(super) fn attribute(&self) -> Attribute {
        let type_ = match self.kind {
            Kind::Text | Kind::Secret => Type::String,
            Kind::Flag => Type::Bool,
            Kind::Days => Type::Number,
        };
        let description = match self.environment {
            [] => self.description.to_owned(),
            _ => format!("{} Environment: {}.", self.description, self.variables(", ")),
        };
        Attribute {
            optional: true,
            sensitive: self.kind == Kind::Secret,
            ..Attribute::of_type(self.name, type_, &description)
        }
    }

    /// The environment variables in code font.
    pub(super) fn variables(&self, between: &str) -> String {
        let variables: Vec<_> = self.environment.iter().map(|name| format!("`{name}`")).collect();
        variables.join(between)
    }

    /// The argument in code font.
    pub(super) fn code(&self) -> String {
        format!("`{}`", self.name)
    }

    /// That there has to be a value; `why` is a sentence.
    pub(super) fn missing(&self, why: &str) -> Diagnostic {
        let detail = format!(
            "{why} Set `{}` in the `provider \"intune\"` block or the environment variable {}.",
            self.name,
            self.variables(" or ")
        );
        self.problem(&format!("Missing `{}`", self.name), &detail)
    }

    pub(super) fn problem(&self, summary: &str, detail: &str) -> Diagnostic {
        Diagnostic::error(summary, detail).at(Path::attribute(self.name))
    }
}
