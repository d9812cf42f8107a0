//! What the calls about ephemeral resources carry; must not know what is fetched.

use std::collections::HashMap;
use std::sync::Arc;

use super::service::Service;
use super::{decode, encode};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::provider::{Fleeting, Provider, guarded, internal_error};
use crate::value::Value;

impl Service {
    pub(super) fn all_ephemeral_resources(&self) -> HashMap<String, wire::Schema> {
        let all = self.provider.ephemeral_resources().map(|(type_name, fleeting)| {
            (type_name.to_owned(), encode::schema(&fleeting.described.schema))
        });
        all.collect()
    }

    pub(super) async fn validate_ephemeral(
        &self,
        request: wire::validate_ephemeral_resource_config::Request,
    ) -> wire::validate_ephemeral_resource_config::Response {
        let found = self.checked(move |provider| {
            let fleeting = provider.ephemeral_resource(&request.type_name)?;
            let config = decoded(fleeting, request.config.as_ref())?;
            Ok(provider.validate_ephemeral(fleeting, &config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        wire::validate_ephemeral_resource_config::Response { diagnostics }
    }

    pub(super) async fn open_ephemeral(
        &self,
        request: wire::open_ephemeral_resource::Request,
    ) -> wire::open_ephemeral_resource::Response {
        let provider = Arc::clone(&self.provider);
        let opened = guarded(async move { open(&provider, &request).await }, |message| {
            Err(vec![internal_error(message)])
        });
        match opened.await {
            Ok(result) => wire::open_ephemeral_resource::Response {
                result: Some(result),
                ..Default::default()
            },
            Err(found) => wire::open_ephemeral_resource::Response {
                diagnostics: encode::diagnostics(&found),
                ..Default::default()
            },
        }
    }
}

async fn open(
    provider: &Provider,
    request: &wire::open_ephemeral_resource::Request,
) -> Result<wire::DynamicValue, Vec<Diagnostic>> {
    let one = |why| vec![why];
    let fleeting = provider.ephemeral_resource(&request.type_name).map_err(one)?;
    let config = decoded(fleeting, request.config.as_ref()).map_err(one)?;
    if !config.is_wholly_known() {
        return Err(one(decode::not_known("configuration")));
    }
    let result = provider.open(fleeting, &config).await?;
    encode::value(&result, &fleeting.described.type_).map_err(one)
}

fn decoded(fleeting: &Fleeting, sent: Option<&wire::DynamicValue>) -> Result<Value, Diagnostic> {
    decode::value(sent, &fleeting.described.type_, "configuration")
}
