//! Terraform's calls, one method each, in the order of the protocol; must not know what any of them
//! means.
//!
//! Calls that are not advertised keep their generated answer, `Unimplemented`. The others never answer
//! with a gRPC status: Terraform shows a status poorly, and on an apply it would lose the object.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::{decode, encode};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::provider_server::Provider as Calls;
use crate::provider::{Provider, guarded, internal_error};

/// What a call tells while it goes on.
type Events<T> = BoxStream<T>;

type Answer<T> = Result<Response<T>, Status>;

/// The provider, as Terraform sees it.
#[derive(Clone, Debug)]
pub struct Service {
    pub(super) provider: Arc<Provider>,
}

impl Service {
    /// Offers this provider to Terraform.
    pub fn new(provider: Arc<Provider>) -> Self {
        Self { provider }
    }
}

#[tonic::async_trait]
impl Calls for Service {
    async fn get_metadata(
        &self,
        _: Request<wire::get_metadata::Request>,
    ) -> Answer<wire::get_metadata::Response> {
        let resources = self.provider.resources().map(|(type_name, _)| {
            wire::get_metadata::ResourceMetadata { type_name: type_name.to_owned() }
        });
        let queries = self.provider.resources().filter_map(|(type_name, resource)| {
            let type_name = type_name.to_owned();
            resource
                .query()
                .is_ok()
                .then_some(wire::get_metadata::ListResourceMetadata { type_name })
        });
        let functions = self.provider.functions();
        let data_sources = self.provider.data_sources().map(|(type_name, _)| {
            wire::get_metadata::DataSourceMetadata { type_name: type_name.to_owned() }
        });
        Ok(Response::new(wire::get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: resources.collect(),
            data_sources: data_sources.collect(),
            list_resources: queries.collect(),
            functions: functions
                .map(|function| wire::get_metadata::FunctionMetadata {
                    name: function.name.to_owned(),
                })
                .collect(),
            actions: self
                .provider
                .actions()
                .map(|(name, _)| wire::get_metadata::ActionMetadata { type_name: name.to_owned() })
                .collect(),
            ephemeral_resources: self
                .provider
                .ephemeral_resources()
                .map(|(name, _)| wire::get_metadata::EphemeralMetadata {
                    type_name: name.to_owned(),
                })
                .collect(),
            ..Default::default()
        }))
    }

    async fn get_provider_schema(
        &self,
        _: Request<wire::get_provider_schema::Request>,
    ) -> Answer<wire::get_provider_schema::Response> {
        let resources = self.provider.resources().map(|(type_name, resource)| {
            (type_name.to_owned(), encode::schema(&resource.described.schema))
        });
        let data_sources = self.provider.data_sources().map(|(type_name, lookup)| {
            (type_name.to_owned(), encode::schema(&lookup.described.schema))
        });
        let queries = self.provider.resources().filter_map(|(type_name, resource)| {
            Some((type_name.to_owned(), encode::schema(&resource.query().ok()?.schema)))
        });
        Ok(Response::new(wire::get_provider_schema::Response {
            provider: Some(encode::schema(&self.provider.settings().schema)),
            resource_schemas: resources.collect(),
            list_resource_schemas: queries.collect(),
            functions: self.all_functions(),
            ephemeral_resource_schemas: self.all_ephemeral_resources(),
            action_schemas: self.all_actions(),
            data_source_schemas: data_sources.collect(),
            server_capabilities: Some(capabilities()),
            ..Default::default()
        }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<wire::validate_provider_config::Request>,
    ) -> Answer<wire::validate_provider_config::Response> {
        let request = request.into_inner();
        let found = self.checked(move |provider| {
            let type_ = &provider.settings().type_;
            let config = decode::value(request.config.as_ref(), type_, "provider configuration")?;
            Ok(provider.validate_settings(&config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        Ok(Response::new(wire::validate_provider_config::Response { diagnostics }))
    }

    async fn validate_resource_config(
        &self,
        request: Request<wire::validate_resource_config::Request>,
    ) -> Answer<wire::validate_resource_config::Response> {
        Ok(Response::new(self.validate_resource(request.into_inner()).await))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> Answer<wire::validate_data_resource_config::Response> {
        Ok(Response::new(self.validate_data(request.into_inner()).await))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> Answer<wire::upgrade_resource_state::Response> {
        Ok(Response::new(self.upgrade_resource(request.into_inner()).await))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<wire::get_resource_identity_schemas::Request>,
    ) -> Answer<wire::get_resource_identity_schemas::Response> {
        Ok(Response::new(self.identity_schemas()))
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<wire::upgrade_resource_identity::Request>,
    ) -> Answer<wire::upgrade_resource_identity::Response> {
        Ok(Response::new(self.upgrade_identity(request.into_inner()).await))
    }

    async fn configure_provider(
        &self,
        request: Request<wire::configure_provider::Request>,
    ) -> Answer<wire::configure_provider::Response> {
        let request = request.into_inner();
        let found = self.checked(move |provider| {
            let type_ = &provider.settings().type_;
            let config = decode::value(request.config.as_ref(), type_, "provider configuration")?;
            Ok(provider.configure(&config, &request.terraform_version))
        });
        let diagnostics = encode::diagnostics(&found.await);
        Ok(Response::new(wire::configure_provider::Response { diagnostics }))
    }

    async fn read_resource(
        &self,
        request: Request<wire::read_resource::Request>,
    ) -> Answer<wire::read_resource::Response> {
        Ok(Response::new(self.read_a_resource(request.into_inner()).await))
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> Answer<wire::plan_resource_change::Response> {
        Ok(Response::new(self.plan_resource(request.into_inner()).await))
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> Answer<wire::apply_resource_change::Response> {
        Ok(Response::new(self.apply_resource(request.into_inner()).await))
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> Answer<wire::import_resource_state::Response> {
        Ok(Response::new(self.import_resource(request.into_inner()).await))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<wire::validate_list_resource_config::Request>,
    ) -> Answer<wire::validate_list_resource_config::Response> {
        Ok(Response::new(self.validate_query(request.into_inner()).await))
    }

    async fn list_resource(
        &self,
        request: Request<wire::list_resource::Request>,
    ) -> Answer<BoxStream<wire::list_resource::Event>> {
        Ok(Response::new(self.list(request.into_inner())))
    }

    async fn generate_resource_config(
        &self,
        request: Request<wire::generate_resource_config::Request>,
    ) -> Answer<wire::generate_resource_config::Response> {
        Ok(Response::new(self.generate_config(request.into_inner()).await))
    }

    async fn move_resource_state(
        &self,
        request: Request<wire::move_resource_state::Request>,
    ) -> Answer<wire::move_resource_state::Response> {
        Ok(Response::new(self.move_resource(request.into_inner()).await))
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> Answer<wire::read_data_source::Response> {
        Ok(Response::new(self.read_data(request.into_inner()).await))
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::validate_ephemeral_resource_config::Request>,
    ) -> Answer<wire::validate_ephemeral_resource_config::Response> {
        Ok(Response::new(self.validate_ephemeral(request.into_inner()).await))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::open_ephemeral_resource::Request>,
    ) -> Answer<wire::open_ephemeral_resource::Response> {
        Ok(Response::new(self.open_ephemeral(request.into_inner()).await))
    }

    /// Nothing that is fetched ends before Terraform does, so nothing is renewed.
    async fn renew_ephemeral_resource(
        &self,
        _: Request<wire::renew_ephemeral_resource::Request>,
    ) -> Answer<wire::renew_ephemeral_resource::Response> {
        Ok(Response::new(wire::renew_ephemeral_resource::Response::default()))
    }

    /// Graph keeps nothing of what was fetched, so nothing is left to close.
    async fn close_ephemeral_resource(
        &self,
        _: Request<wire::close_ephemeral_resource::Request>,
    ) -> Answer<wire::close_ephemeral_resource::Response> {
        Ok(Response::new(wire::close_ephemeral_resource::Response::default()))
    }

    async fn get_functions(
        &self,
        _: Request<wire::get_functions::Request>,
    ) -> Answer<wire::get_functions::Response> {
        Ok(Response::new(wire::get_functions::Response {
            functions: self.all_functions(),
            diagnostics: Vec::new(),
        }))
    }

    async fn call_function(
        &self,
        request: Request<wire::call_function::Request>,
    ) -> Answer<wire::call_function::Response> {
        Ok(Response::new(self.call(request.into_inner()).await))
    }

    async fn validate_action_config(
        &self,
        request: Request<wire::validate_action_config::Request>,
    ) -> Answer<wire::validate_action_config::Response> {
        Ok(Response::new(self.validate_action(request.into_inner()).await))
    }

    async fn plan_action(
        &self,
        request: Request<wire::plan_action::Request>,
    ) -> Answer<wire::plan_action::Response> {
        Ok(Response::new(self.plan_an_action(request.into_inner()).await))
    }

    async fn invoke_action(
        &self,
        request: Request<wire::invoke_action::Request>,
    ) -> Answer<Events<wire::invoke_action::Event>> {
        Ok(Response::new(Box::pin(self.invoke(request.into_inner()))))
    }

    /// Terraform was interrupted. What is under way ends as fast as it can without losing anything, and
    /// the process goes on serving: it is told to end by another call.
    async fn stop_provider(
        &self,
        _: Request<wire::stop_provider::Request>,
    ) -> Answer<wire::stop_provider::Response> {
        self.provider.stop();
        Ok(Response::new(wire::stop_provider::Response { error: String::new() }))
    }
}

impl Service {
    /// Runs a check that finds things to tell; a panic in it is one more.
    pub(super) async fn checked(
        &self,
        check: impl FnOnce(&Provider) -> Result<Vec<Diagnostic>, Diagnostic> + Send + 'static,
    ) -> Vec<Diagnostic> {
        self.computed(check).await.unwrap_or_else(|why| vec![why])
    }

    /// Runs what needs no waiting; a panic in it is an error.
    pub(super) async fn computed<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Provider) -> Result<T, Diagnostic> + Send + 'static,
    ) -> Result<T, Diagnostic> {
        let provider = Arc::clone(&self.provider);
        guarded(async move { compute(&provider) }, |message| Err(internal_error(message))).await
    }
}

/// Every call works in a process that was never asked for its schema, a destroy is planned too, states
/// of other resources can be taken over, and configuration is written for what was found.
fn capabilities() -> wire::ServerCapabilities {
    wire::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}
