//! Pipelines that sign in with their own identity provider's token.

use terraform_provider_intune::graph::{Blame, Credential, FederatedToken, Secret};

use super::Site;
use crate::emulator::{self, Options, Platform};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn by(site: &Site, token: FederatedToken) -> Credential {
    Credential::Federated { client_id: site.application.client_id.clone(), token }
}

fn github(site: &Site, token: &str) -> Credential {
    let url = site.endpoint("/pipelines/github?api-version=2.0");
    by(site, FederatedToken::GitHub { url, token: secret(token) })
}

fn azure_devops(site: &Site, service_connection_id: &str) -> Credential {
    let token = FederatedToken::AzureDevOps {
        url: site.endpoint("/pipelines/azure-devops"),
        token: secret(&Platform::default().azure_devops_access_token),
        service_connection_id: service_connection_id.to_owned(),
    };
    by(site, token)
}

#[tokio::test]
async fn each_pipeline_signs_in_by_its_own_service() {
    let site = Site::start().await;
    let platform = Platform::default();
    site.read(github(&site, &platform.github_request_token)).await.unwrap();
    site.read(azure_devops(&site, &platform.service_connection_id)).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, platform.pipeline_token()).unwrap();
    site.read(by(&site, FederatedToken::File(file))).await.unwrap();
    let token = secret(&platform.pipeline_token());
    site.read(by(&site, FederatedToken::Given(token))).await.unwrap();
}

#[tokio::test]
async fn a_pipeline_that_the_application_does_not_trust_is_told_what_differs() {
    let mut application = emulator::Credential::default();
    "repo:contoso/other:ref:refs/heads/main".clone_into(&mut application.federated[0].subject);
    let site = Site::with(Options { clients: vec![application], ..Options::default() }).await;
    let request_token = Platform::default().github_request_token;
    let error = site.read(github(&site, &request_token)).await.unwrap_err();
    let failure = error.sign_in_failure().unwrap();
    assert_eq!(failure.code.as_deref(), Some("AADSTS700213"));
    assert_eq!(failure.blame, Blame::FederatedToken);
    assert!(failure.hint.unwrap().contains("subject"), "{failure}");
}

#[tokio::test]
async fn an_unknown_service_connection_is_not_found() {
    let site = Site::start().await;
    let error = site.read(azure_devops(&site, "another")).await.unwrap_err();
    assert_eq!(error.sign_in_failure().unwrap().blame, Blame::FederatedToken);
    assert!(error.to_string().contains("404"), "{error}");
    assert!(site.forms().is_empty());
}
