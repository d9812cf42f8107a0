//! What the calls about identities carry; must not know what any of them means.

use super::service::Service;
use super::{decode, encode};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::provider::Resource;
use crate::value::Value;

impl Service {
    pub(super) fn identity_schemas(&self) -> wire::get_resource_identity_schemas::Response {
        let schemas = self.provider.resources().map(|(type_name, resource)| {
            (type_name.to_owned(), encode::identity_schema(&resource.identity.schema))
        });
        wire::get_resource_identity_schemas::Response {
            identity_schemas: schemas.collect(),
            diagnostics: Vec::new(),
        }
    }

    pub(super) async fn upgrade_identity(
        &self,
        request: wire::upgrade_resource_identity::Request,
    ) -> wire::upgrade_resource_identity::Response {
        let wire::upgrade_resource_identity::Request { type_name, version, raw_identity } = request;
        let upgraded = self.computed(move |provider| {
            let resource = provider.resource(&type_name)?;
            let stored = raw_identity.unwrap_or_default();
            let identity = provider.upgrade_identity(resource, version, &stored.json)?;
            encode::value(&identity, &resource.identity.type_)
        });
        match upgraded.await {
            Ok(identity) => wire::upgrade_resource_identity::Response {
                upgraded_identity: Some(data(identity)),
                diagnostics: Vec::new(),
            },
            Err(why) => wire::upgrade_resource_identity::Response {
                upgraded_identity: None,
                diagnostics: vec![encode::diagnostic(&why)],
            },
        }
    }
}

/// The identity that an object has or will have. Terraform refuses one that is not wholly known beside a
/// state, cannot write one into the JSON of a plan, and takes the absence of one for what it is.
pub(super) fn given(resource: &Resource, identity: &Value) -> Option<wire::ResourceIdentityData> {
    if identity.is_null() || !identity.is_wholly_known() {
        return None;
    }
    encode::value(identity, &resource.identity.type_).ok().map(data)
}

/// The identity of the object that a state stands for.
pub(super) fn of_state(resource: &Resource, state: &Value) -> Option<wire::ResourceIdentityData> {
    given(resource, &resource.identify(state))
}

/// The identity that a request names; none where it names none.
pub(super) fn named(
    resource: &Resource,
    identity: Option<&wire::ResourceIdentityData>,
) -> Result<Option<Value>, Diagnostic> {
    let Some(identity) = identity else { return Ok(None) };
    let type_ = &resource.identity.type_;
    let named = decode::value(identity.identity_data.as_ref(), type_, "identity")?;
    Ok((!named.is_null()).then_some(named))
}

fn data(identity: wire::DynamicValue) -> wire::ResourceIdentityData {
    wire::ResourceIdentityData { identity_data: Some(identity) }
}
