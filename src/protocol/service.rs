//! Terraform's calls, one method each, in the order of the protocol; must not know what any of them
//! means.
//!
//! Calls that are not advertised keep their generated answer, `Unimplemented`. The others never answer
//! with a gRPC status: Terraform shows a status poorly, and on an apply it would lose the object.

use std::collections::HashMap;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{decode, encode};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::provider_server::Provider as Calls;
use crate::provider::{
    Known, Outcome, PlanOutcome, Private, Provider, Resource, guarded, internal_error,
};
use crate::value::{Type, Value};

type Answer<T> = Result<Response<T>, Status>;

/// The provider, as Terraform sees it.
#[derive(Clone, Debug)]
pub struct Service {
    provider: Arc<Provider>,
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
        Ok(Response::new(wire::get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: resources.collect(),
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
        Ok(Response::new(wire::get_provider_schema::Response {
            provider: Some(encode::schema(&self.provider.settings().schema)),
            resource_schemas: resources.collect(),
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
        let request = request.into_inner();
        let found = self.checked(move |provider| {
            let resource = provider.resource(&request.type_name)?;
            let config = decode_for(resource, request.config.as_ref(), "configuration")?;
            Ok(provider.validate_resource(resource.entity, &config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        Ok(Response::new(wire::validate_resource_config::Response { diagnostics }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> Answer<wire::validate_data_resource_config::Response> {
        let unknown = unknown_data_source(&request.into_inner().type_name);
        Ok(Response::new(wire::validate_data_resource_config::Response {
            diagnostics: vec![encode::diagnostic(&unknown)],
        }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> Answer<wire::upgrade_resource_state::Response> {
        let wire::upgrade_resource_state::Request { type_name, version, raw_state } =
            request.into_inner();
        let upgraded = self.computed(move |provider| {
            let resource = provider.resource(&type_name)?;
            let stored = raw_state.unwrap_or_default();
            if !stored.flatmap.is_empty() {
                return Err(provider.refuse_flatmap(resource));
            }
            let state = provider.upgrade(resource, version, &stored.json)?;
            encode::value(&state, &resource.described.type_)
        });
        Ok(Response::new(match upgraded.await {
            Ok(state) => wire::upgrade_resource_state::Response {
                upgraded_state: Some(state),
                ..Default::default()
            },
            Err(why) => wire::upgrade_resource_state::Response {
                diagnostics: vec![encode::diagnostic(&why)],
                ..Default::default()
            },
        }))
    }

    /// Terraform asks this of every provider; there is no identity yet.
    async fn get_resource_identity_schemas(
        &self,
        _: Request<wire::get_resource_identity_schemas::Request>,
    ) -> Answer<wire::get_resource_identity_schemas::Response> {
        Ok(Response::new(wire::get_resource_identity_schemas::Response::default()))
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
        let wire::read_resource::Request { type_name, current_state, private, .. } =
            request.into_inner();
        let provider = Arc::clone(&self.provider);
        let (state, kept) = (current_state.clone(), private.clone());
        let read = guarded(
            async move {
                let resource = provider.resource(&type_name)?;
                let state = decode_known(resource, state.as_ref(), "state")?;
                let private = Private::from_bytes(&kept);
                let outcome = provider.read(resource.entity, state, private).await;
                Ok(Recorded::encode(&outcome, &resource.described.type_))
            },
            |message| Err(internal_error(message)),
        );
        // Terraform overwrites what it has with what is answered, so a failure answers with the same.
        let recorded =
            read.await.unwrap_or_else(|why| Recorded::unchanged(current_state, private, &why));
        Ok(Response::new(wire::read_resource::Response {
            new_state: recorded.state,
            diagnostics: recorded.diagnostics,
            private: recorded.private,
            deferred: None,
            // Terraform crashes on an identity of a type that has no identity schema.
            new_identity: None,
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> Answer<wire::plan_resource_change::Response> {
        let request = request.into_inner();
        let planned = self.computed(move |provider| {
            let resource = provider.resource(&request.type_name)?;
            let prior = decode_for(resource, request.prior_state.as_ref(), "state")?;
            let proposed =
                decode_for(resource, request.proposed_new_state.as_ref(), "proposed state")?;
            let config = decode_for(resource, request.config.as_ref(), "configuration")?;
            let private = Private::from_bytes(&request.prior_private);
            let outcome = provider.plan(resource.entity, &prior, &proposed, &config, private);
            plan_response(&outcome, &resource.described.type_)
        });
        let response = planned.await.unwrap_or_else(|why| wire::plan_resource_change::Response {
            diagnostics: vec![encode::diagnostic(&why)],
            ..Default::default()
        });
        Ok(Response::new(response))
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> Answer<wire::apply_resource_change::Response> {
        let request = request.into_inner();
        let (prior, private) = (request.prior_state.clone(), request.planned_private.clone());
        let applied = guarded(apply(Arc::clone(&self.provider), request), |message| {
            Err(internal_error(message))
        });
        let recorded =
            applied.await.unwrap_or_else(|why| Recorded::unchanged(prior, private, &why));
        Ok(Response::new(wire::apply_resource_change::Response {
            new_state: recorded.state,
            private: recorded.private,
            diagnostics: recorded.diagnostics,
            ..Default::default()
        }))
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> Answer<wire::import_resource_state::Response> {
        let wire::import_resource_state::Request { type_name, id, .. } = request.into_inner();
        let provider = Arc::clone(&self.provider);
        let imported = guarded(
            async move {
                let resource = provider.resource(&type_name)?;
                let outcome = provider.import(resource, &id).await?;
                let recorded = Recorded::encode(&outcome, &resource.described.type_);
                Ok((type_name, recorded))
            },
            |message| Err(internal_error(message)),
        );
        Ok(Response::new(match imported.await {
            Ok((type_name, recorded)) => wire::import_resource_state::Response {
                imported_resources: vec![wire::import_resource_state::ImportedResource {
                    type_name,
                    state: recorded.state,
                    private: recorded.private,
                    identity: None,
                }],
                diagnostics: recorded.diagnostics,
                deferred: None,
            },
            Err(why) => wire::import_resource_state::Response {
                diagnostics: vec![encode::diagnostic(&why)],
                ..Default::default()
            },
        }))
    }

    /// OpenTofu asks this whether or not it is advertised.
    async fn move_resource_state(
        &self,
        request: Request<wire::move_resource_state::Request>,
    ) -> Answer<wire::move_resource_state::Response> {
        let request = request.into_inner();
        let refused = Diagnostic::error(
            "State cannot be moved",
            format!(
                "The state of `{}` cannot become that of `{}`. Remove the `moved` block, then \
                 `terraform state rm` the old address and import the object at the new one.",
                request.source_type_name, request.target_type_name
            ),
        );
        Ok(Response::new(wire::move_resource_state::Response {
            diagnostics: vec![encode::diagnostic(&refused)],
            ..Default::default()
        }))
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> Answer<wire::read_data_source::Response> {
        let unknown = unknown_data_source(&request.into_inner().type_name);
        Ok(Response::new(wire::read_data_source::Response {
            diagnostics: vec![encode::diagnostic(&unknown)],
            ..Default::default()
        }))
    }

    async fn get_functions(
        &self,
        _: Request<wire::get_functions::Request>,
    ) -> Answer<wire::get_functions::Response> {
        Ok(Response::new(wire::get_functions::Response {
            functions: HashMap::new(),
            diagnostics: Vec::new(),
        }))
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
    async fn checked(
        &self,
        check: impl FnOnce(&Provider) -> Result<Vec<Diagnostic>, Diagnostic> + Send + 'static,
    ) -> Vec<Diagnostic> {
        self.computed(check).await.unwrap_or_else(|why| vec![why])
    }

    /// Runs what needs no waiting; a panic in it is an error.
    async fn computed<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Provider) -> Result<T, Diagnostic> + Send + 'static,
    ) -> Result<T, Diagnostic> {
        let provider = Arc::clone(&self.provider);
        guarded(async move { compute(&provider) }, |message| Err(internal_error(message))).await
    }
}

/// Every call works in a process that was never asked for its schema, and a destroy is planned too.
fn capabilities() -> wire::ServerCapabilities {
    wire::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

/// What Terraform is to record, in the protocol's form.
struct Recorded {
    state: Option<wire::DynamicValue>,
    private: Vec<u8>,
    diagnostics: Vec<wire::Diagnostic>,
}

impl Recorded {
    fn encode(outcome: &Outcome, type_: &Type) -> Self {
        let (state, bug) = encode::state(&outcome.state, type_);
        let diagnostics = outcome.diagnostics.iter().chain(&bug).map(encode::diagnostic);
        Self {
            state: Some(state),
            private: outcome.private.to_bytes(),
            diagnostics: diagnostics.collect(),
        }
    }

    fn unchanged(state: Option<wire::DynamicValue>, private: Vec<u8>, why: &Diagnostic) -> Self {
        Self { state, private, diagnostics: vec![encode::diagnostic(why)] }
    }
}

fn decode_for(
    resource: &Resource,
    wire: Option<&wire::DynamicValue>,
    what: &str,
) -> Result<Value, Diagnostic> {
    decode::value(wire, &resource.described.type_, what)
}

/// A value in which Terraform leaves nothing open: a state.
fn decode_known(
    resource: &Resource,
    wire: Option<&wire::DynamicValue>,
    what: &str,
) -> Result<Value, Diagnostic> {
    let value = decode_for(resource, wire, what)?;
    if value.is_wholly_known() { Ok(value) } else { Err(decode::not_known(what)) }
}

fn plan_response(
    outcome: &PlanOutcome,
    type_: &Type,
) -> Result<wire::plan_resource_change::Response, Diagnostic> {
    Ok(wire::plan_resource_change::Response {
        planned_state: Some(encode::value(&outcome.state, type_)?),
        requires_replace: outcome.requires_replace.iter().map(encode::path).collect(),
        planned_private: outcome.private.to_bytes(),
        diagnostics: encode::diagnostics(&outcome.diagnostics),
        ..Default::default()
    })
}

/// Creates, updates or deletes in a task of its own, so that neither a vanished caller nor a panic can
/// make an id disappear between Graph's answer and Terraform's state. What stands around that task is
/// guarded by the caller: a panic there would end the connection, and with it every other call.
async fn apply(
    provider: Arc<Provider>,
    request: wire::apply_resource_change::Request,
) -> Result<Recorded, Diagnostic> {
    let resource = provider.resource(&request.type_name)?;
    let entity = resource.entity;
    let prior = decode_known(resource, request.prior_state.as_ref(), "state")?;
    let planned = decode_for(resource, request.planned_state.as_ref(), "plan")?;
    let private = Private::from_bytes(&request.planned_private);

    let known = Known::default();
    let (kept_state, kept_private, kept_known) = (prior.clone(), private.clone(), known.clone());
    let worker = Arc::clone(&provider);
    let outcome = guarded(
        async move {
            let _under_way = worker.change().await;
            match (prior.is_null(), planned.is_null()) {
                (true, _) => worker.create(entity, planned, known).await,
                (false, true) => worker.delete(entity, prior, private).await,
                (false, false) => worker.update(entity, prior, planned, private).await,
            }
        },
        move |message| kept_known.after_panic(kept_state, kept_private, message),
    )
    .await;
    Ok(Recorded::encode(&outcome, &resource.described.type_))
}

fn unknown_data_source(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Unknown data source",
        format!(
            "This version of the provider has no data source `{type_name}`. Check the spelling, or the \
             provider's version."
        ),
    )
}
