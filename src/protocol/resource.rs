//! What the calls about managed resources carry; must not know what any of them means.

use std::sync::Arc;

use super::service::Service;
use super::{decode, encode, identity};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::provider::{
    Known, Origin, Outcome, PlanOutcome, Private, Provider, Resource, Sought, guarded,
    internal_error,
};
use crate::value::Value;

impl Service {
    pub(super) async fn validate_resource(
        &self,
        request: wire::validate_resource_config::Request,
    ) -> wire::validate_resource_config::Response {
        let found = self.checked(move |provider| {
            let resource = provider.resource(&request.type_name)?;
            let config = decode_for(resource, request.config.as_ref(), "configuration")?;
            let capabilities = request.client_capabilities.unwrap_or_default();
            let write_only = capabilities.write_only_attributes_allowed;
            Ok(provider.validate_resource(resource, &config, write_only))
        });
        let diagnostics = encode::diagnostics(&found.await);
        wire::validate_resource_config::Response { diagnostics }
    }

    pub(super) async fn upgrade_resource(
        &self,
        request: wire::upgrade_resource_state::Request,
    ) -> wire::upgrade_resource_state::Response {
        let wire::upgrade_resource_state::Request { type_name, version, raw_state } = request;
        let upgraded = self.computed(move |provider| {
            let resource = provider.resource(&type_name)?;
            let stored = raw_state.unwrap_or_default();
            if !stored.flatmap.is_empty() {
                return Err(provider.refuse_flatmap(resource));
            }
            let state = provider.upgrade(resource, version, &stored.json)?;
            encode::value(&state, &resource.described.type_)
        });
        match upgraded.await {
            Ok(state) => wire::upgrade_resource_state::Response {
                upgraded_state: Some(state),
                ..Default::default()
            },
            Err(why) => wire::upgrade_resource_state::Response {
                diagnostics: vec![encode::diagnostic(&why)],
                ..Default::default()
            },
        }
    }

    pub(super) async fn read_a_resource(
        &self,
        request: wire::read_resource::Request,
    ) -> wire::read_resource::Response {
        let wire::read_resource::Request {
            type_name,
            current_state,
            private,
            current_identity,
            ..
        } = request;
        let provider = Arc::clone(&self.provider);
        let (state, kept) = (current_state.clone(), private.clone());
        let read = guarded(
            async move {
                let resource = provider.resource(&type_name)?;
                let state = decode_known(resource, state.as_ref(), "state")?;
                let private = Private::from_bytes(&kept);
                let outcome = provider.read(resource, state, private).await;
                Ok(Recorded::encode(&outcome, resource))
            },
            |message| Err(internal_error(message)),
        );
        // Terraform overwrites what it has with what is answered, so a failure answers with the same.
        let recorded = read.await.unwrap_or_else(|why| {
            Recorded::unchanged(current_state, private, current_identity, &why)
        });
        wire::read_resource::Response {
            new_state: recorded.state,
            diagnostics: recorded.diagnostics,
            private: recorded.private,
            deferred: None,
            new_identity: recorded.identity,
        }
    }

    pub(super) async fn plan_resource(
        &self,
        request: wire::plan_resource_change::Request,
    ) -> wire::plan_resource_change::Response {
        let planned = self.computed(move |provider| {
            let resource = provider.resource(&request.type_name)?;
            let prior = decode_for(resource, request.prior_state.as_ref(), "state")?;
            let proposed =
                decode_for(resource, request.proposed_new_state.as_ref(), "proposed state")?;
            let config = decode_for(resource, request.config.as_ref(), "configuration")?;
            let private = Private::from_bytes(&request.prior_private);
            let outcome = provider.plan(resource, &prior, &proposed, &config, private);
            plan_response(&outcome, resource)
        });
        planned.await.unwrap_or_else(|why| wire::plan_resource_change::Response {
            diagnostics: vec![encode::diagnostic(&why)],
            ..Default::default()
        })
    }

    pub(super) async fn apply_resource(
        &self,
        request: wire::apply_resource_change::Request,
    ) -> wire::apply_resource_change::Response {
        let (prior, private) = (request.prior_state.clone(), request.planned_private.clone());
        let applied = guarded(apply(Arc::clone(&self.provider), request), |message| {
            Err(internal_error(message))
        });
        // What was planned may not be known, so the next read finds the identity again.
        let recorded =
            applied.await.unwrap_or_else(|why| Recorded::unchanged(prior, private, None, &why));
        wire::apply_resource_change::Response {
            new_state: recorded.state,
            private: recorded.private,
            diagnostics: recorded.diagnostics,
            new_identity: recorded.identity,
            ..Default::default()
        }
    }

    pub(super) async fn import_resource(
        &self,
        request: wire::import_resource_state::Request,
    ) -> wire::import_resource_state::Response {
        let wire::import_resource_state::Request { type_name, id, identity, .. } = request;
        let provider = Arc::clone(&self.provider);
        let imported = guarded(
            async move {
                let resource = provider.resource(&type_name)?;
                let named = identity::named(resource, identity.as_ref())?;
                let sought = named.map_or(Sought::Id(id), Sought::Identity);
                let outcome = provider.import(resource, &sought).await?;
                let recorded = Recorded::encode(&outcome, resource);
                Ok((type_name, recorded))
            },
            |message| Err(internal_error(message)),
        );
        match imported.await {
            Ok((type_name, recorded)) => wire::import_resource_state::Response {
                imported_resources: vec![wire::import_resource_state::ImportedResource {
                    type_name,
                    state: recorded.state,
                    private: recorded.private,
                    identity: recorded.identity,
                }],
                diagnostics: recorded.diagnostics,
                deferred: None,
            },
            Err(why) => wire::import_resource_state::Response {
                diagnostics: vec![encode::diagnostic(&why)],
                ..Default::default()
            },
        }
    }

    /// OpenTofu asks this whether or not it is advertised.
    pub(super) async fn move_resource(
        &self,
        request: wire::move_resource_state::Request,
    ) -> wire::move_resource_state::Response {
        let moved = self.computed(move |provider| {
            let resource = provider.resource(&request.target_type_name)?;
            let origin = Origin {
                provider: &request.source_provider_address,
                type_name: &request.source_type_name,
            };
            let stored = request.source_state.unwrap_or_default();
            let outcome = provider.take_over(resource, origin, &stored.json)?;
            Ok(Recorded::encode(&outcome, resource))
        });
        match moved.await {
            Ok(recorded) => wire::move_resource_state::Response {
                target_state: recorded.state,
                target_private: recorded.private,
                target_identity: recorded.identity,
                diagnostics: recorded.diagnostics,
            },
            Err(why) => wire::move_resource_state::Response {
                diagnostics: vec![encode::diagnostic(&why)],
                ..Default::default()
            },
        }
    }

    pub(super) async fn generate_config(
        &self,
        request: wire::generate_resource_config::Request,
    ) -> wire::generate_resource_config::Response {
        let generated = self.computed(move |provider| {
            let resource = provider.resource(&request.type_name)?;
            let state = decode_known(resource, request.state.as_ref(), "state")?;
            let config = provider.generate_config(resource, &state);
            encode::value(&config, &resource.described.type_)
        });
        match generated.await {
            Ok(config) => wire::generate_resource_config::Response {
                config: Some(config),
                diagnostics: Vec::new(),
            },
            Err(why) => wire::generate_resource_config::Response {
                config: None,
                diagnostics: vec![encode::diagnostic(&why)],
            },
        }
    }
}

/// What Terraform is to record, in the protocol's form.
struct Recorded {
    state: Option<wire::DynamicValue>,
    private: Vec<u8>,
    identity: Option<wire::ResourceIdentityData>,
    diagnostics: Vec<wire::Diagnostic>,
}

impl Recorded {
    fn encode(outcome: &Outcome, resource: &Resource) -> Self {
        let (state, bug) = encode::state(&outcome.state, &resource.described.type_);
        let diagnostics = outcome.diagnostics.iter().chain(&bug).map(encode::diagnostic);
        Self {
            state: Some(state),
            private: outcome.private.to_bytes(),
            identity: identity::of_state(resource, &outcome.state),
            diagnostics: diagnostics.collect(),
        }
    }

    fn unchanged(
        state: Option<wire::DynamicValue>,
        private: Vec<u8>,
        identity: Option<wire::ResourceIdentityData>,
        why: &Diagnostic,
    ) -> Self {
        Self { state, private, identity, diagnostics: vec![encode::diagnostic(why)] }
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
    resource: &Resource,
) -> Result<wire::plan_resource_change::Response, Diagnostic> {
    Ok(wire::plan_resource_change::Response {
        planned_state: Some(encode::value(&outcome.state, &resource.described.type_)?),
        requires_replace: outcome.requires_replace.iter().map(encode::path).collect(),
        planned_private: outcome.private.to_bytes(),
        diagnostics: encode::diagnostics(&outcome.diagnostics),
        planned_identity: identity::given(resource, &outcome.identity),
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
    let prior = decode_known(resource, request.prior_state.as_ref(), "state")?;
    let planned = decode_for(resource, request.planned_state.as_ref(), "plan")?;
    let config = decode_for(resource, request.config.as_ref(), "configuration")?;
    let private = Private::from_bytes(&request.planned_private);

    let known = Known::default();
    let (kept_state, kept_private, kept_known) = (prior.clone(), private.clone(), known.clone());
    let (worker, type_name) = (Arc::clone(&provider), request.type_name);
    let outcome = guarded(
        async move {
            let _under_way = worker.change().await;
            let resource = match worker.resource(&type_name) {
                Ok(resource) => resource,
                Err(why) => return Outcome::unchanged(prior, private, why),
            };
            match (prior.is_null(), planned.is_null()) {
                (true, _) => worker.create(resource, planned, &config, known).await,
                (false, true) => worker.delete(resource, prior, private).await,
                (false, false) => worker.update(resource, prior, planned, &config, private).await,
            }
        },
        move |message| kept_known.after_panic(kept_state, kept_private, message),
    )
    .await;
    Ok(Recorded::encode(&outcome, resource))
}
