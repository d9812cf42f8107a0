//! All that Terraform is told of what there is, in one piece, for whoever writes it down; decides
//! nothing.

use tonic::{Request, Status};

use super::Service;
use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::provider_server::Provider as _;

/// The answers that describe the provider.
#[derive(Clone, Debug)]
pub struct Told {
    /// The schema of everything.
    pub schemas: wire::get_provider_schema::Response,
    /// What identifies the objects of a resource.
    pub identities: wire::get_resource_identity_schemas::Response,
}

impl Service {
    /// What Terraform is told when it asks.
    ///
    /// # Errors
    ///
    /// Never in practice: these calls look at declarations only.
    pub async fn told(&self) -> Result<Told, Status> {
        let schemas =
            self.get_provider_schema(Request::new(Default::default())).await?.into_inner();
        let identities = self.get_resource_identity_schemas(Request::new(Default::default()));
        let identities = identities.await?.into_inner();
        Ok(Told { schemas, identities })
    }
}
