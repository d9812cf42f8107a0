//! As whom a client signs in, and what proves it; asks nobody and chooses nothing.

use std::fmt;
use std::path::PathBuf;

use super::{Certificate, Endpoint, Secret};

/// As whom to sign in. Printing it shows no secret.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An application, by a client secret.
    ClientSecret {
        /// The application's id.
        client_id: String,
        /// The secret's value.
        secret: Secret,
    },
    /// An application, by a certificate that is registered with it.
    ClientCertificate {
        /// The application's id.
        client_id: String,
        /// The certificate with its key.
        certificate: Certificate,
    },
    /// An application, by the token of another identity provider that it trusts.
    Federated {
        /// The application's id.
        client_id: String,
        /// Where the other provider's token comes from.
        token: FederatedToken,
    },
    /// The identity that Azure gives to the machine this runs on.
    ManagedIdentity(ManagedIdentity),
    /// Whoever is signed in to the Azure CLI.
    AzureCli(AzureCli),
}

/// Where the token of another identity provider comes from.
#[derive(Clone, Debug)]
pub enum FederatedToken {
    /// It was handed over, and cannot be renewed.
    Given(Secret),
    /// A file that somebody else keeps fresh; it is read at every exchange.
    File(PathBuf),
    /// GitHub Actions' service for the running job.
    GitHub {
        /// Where the job asks.
        url: Endpoint,
        /// What lets the job ask.
        token: Secret,
    },
    /// Azure DevOps' service for the running job.
    AzureDevOps {
        /// Where the job asks.
        url: Endpoint,
        /// What lets the job ask.
        token: Secret,
        /// The service connection whose identity is asked for.
        service_connection_id: String,
    },
}

/// A managed identity and where its tokens are.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// The machine's token service.
    pub endpoint: Endpoint,
    /// What App Service's token service wants to be shown; without it the service is taken for that of
    /// a virtual machine.
    pub header: Option<Secret>,
    /// A user-assigned identity; without it the machine's own.
    pub client_id: Option<String>,
}

impl ManagedIdentity {
    /// Where virtual machines find their token service.
    pub const VIRTUAL_MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
}

/// The Azure CLI and the only variables that it is started with.
#[derive(Clone)]
pub struct AzureCli {
    /// Name and value of each variable; nothing else of this process's environment is handed on.
    pub variables: Vec<(String, String)>,
}

/// Names only: the address of a proxy may hold a password.
impl fmt::Debug for AzureCli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

impl Credential {
    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::ClientSecret { secret, .. } => vec![secret],
            Self::Federated { token, .. } => match token {
                FederatedToken::Given(token)
                | FederatedToken::GitHub { token, .. }
                | FederatedToken::AzureDevOps { token, .. } => vec![token],
                FederatedToken::File(_) => Vec::new(),
            },
            Self::ManagedIdentity(identity) => identity.header.iter().collect(),
            Self::ClientCertificate { .. } | Self::AzureCli(_) => Vec::new(),
        }
    }
}
