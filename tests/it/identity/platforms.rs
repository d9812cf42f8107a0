//! Machines in Azure that have an identity of their own.

use terraform_provider_intune::graph::{Blame, Credential, ManagedIdentity, Secret};

use super::Site;
use crate::emulator::{self, Options, Platform};

fn with_identity() -> Options {
    let machine = Some(emulator::Credential::default().client_id);
    Options { platform: Platform { machine, ..Platform::default() }, ..Options::default() }
}

fn identity(site: &Site, path: &str, client_id: Option<&str>) -> Credential {
    let header = (path == "/msi/token").then(|| Secret::new(Platform::default().identity_header));
    Credential::ManagedIdentity(ManagedIdentity {
        endpoint: site.endpoint(path),
        header,
        client_id: client_id.map(str::to_owned),
    })
}

#[tokio::test]
async fn a_machines_identity_opens_graph_without_a_tenant() {
    let site = Site::with(with_identity()).await;
    for path in ["/metadata/identity/oauth2/token", "/msi/token"] {
        for client_id in [None, Some(site.application.client_id.as_str())] {
            let mut settings = site.settings(identity(&site, path, client_id));
            settings.tenant_id = None;
            let client = terraform_provider_intune::graph::Client::new(settings);
            site.read_by(&client).await.unwrap();
        }
    }
    assert!(site.forms().is_empty(), "the authority was not asked");
}

#[tokio::test]
async fn a_machine_without_that_identity_is_told_so() {
    let site = Site::with(with_identity()).await;
    for path in ["/metadata/identity/oauth2/token", "/msi/token"] {
        let error = site.read(identity(&site, path, Some("another"))).await.unwrap_err();
        assert_eq!(error.sign_in_failure().unwrap().blame, Blame::ManagedIdentity);
        assert!(error.to_string().contains("Identity not found"), "{error}");
    }
}
