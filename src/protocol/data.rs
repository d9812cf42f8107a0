//! What the calls about data sources carry; must not know what any of them means.

use std::sync::Arc;

use super::service::Service;
use super::{decode, encode};
use crate::proto::tfplugin6 as wire;
use crate::provider::{guarded, internal_error};

impl Service {
    pub(super) async fn validate_data(
        &self,
        request: wire::validate_data_resource_config::Request,
    ) -> wire::validate_data_resource_config::Response {
        let found = self.checked(move |provider| {
            let lookup = provider.data_source(&request.type_name)?;
            let type_ = &lookup.described.type_;
            let config = decode::value(request.config.as_ref(), type_, "configuration")?;
            Ok(provider.validate_data_source(lookup, &config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        wire::validate_data_resource_config::Response { diagnostics }
    }

    pub(super) async fn read_data(
        &self,
        request: wire::read_data_source::Request,
    ) -> wire::read_data_source::Response {
        let provider = Arc::clone(&self.provider);
        let read = guarded(
            async move {
                let lookup = provider.data_source(&request.type_name)?;
                let type_ = &lookup.described.type_;
                let config = decode::value(request.config.as_ref(), type_, "configuration")?;
                if !config.is_wholly_known() {
                    return Err(decode::not_known("configuration"));
                }
                let found = provider.read_data_source(lookup, &config).await?;
                Ok((encode::value(&found.value, type_)?, found.diagnostics))
            },
            |message| Err(internal_error(message)),
        );
        match read.await {
            Ok((state, diagnostics)) => wire::read_data_source::Response {
                state: Some(state),
                diagnostics: encode::diagnostics(&diagnostics),
                deferred: None,
            },
            Err(why) => wire::read_data_source::Response {
                diagnostics: vec![encode::diagnostic(&why)],
                ..Default::default()
            },
        }
    }
}
