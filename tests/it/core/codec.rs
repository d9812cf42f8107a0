//! Values on the wire and back; knows no call.

use terraform_provider_intune::diagnostics::{Diagnostic, Severity};
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::{Path, Type, Value, json, msgpack};

use super::Told;

/// The form in which core sends a value.
pub(crate) fn dynamic(value: &Value, type_: &Type) -> wire::DynamicValue {
    let msgpack = msgpack::encode(value, type_)
        .unwrap_or_else(|error| panic!("the test sends a value of another type: {error}"));
    wire::DynamicValue { msgpack, json: Vec::new() }
}

/// The value that a provider answered: MessagePack before JSON, and nothing at all is null.
pub(crate) fn known(wire: Option<&wire::DynamicValue>, type_: &Type) -> Result<Value, String> {
    let Some(wire) = wire else { return Ok(Value::Null) };
    let decoded = if !wire.msgpack.is_empty() {
        msgpack::decode(&wire.msgpack, type_)
    } else if !wire.json.is_empty() {
        json::decode(&wire.json, type_, json::Undefined::Refuse)
    } else {
        Ok(Value::Null)
    };
    decoded.map_err(|error| error.to_string())
}

/// A path as a provider names it; an error when a step of it says nothing.
pub(super) fn path(wire: &wire::AttributePath) -> Result<Path, String> {
    use wire::attribute_path::step::Selector;
    let mut path = Path::root();
    for step in &wire.steps {
        path = match &step.selector {
            Some(Selector::AttributeName(name)) => path.then_attribute(name),
            Some(Selector::ElementKeyString(key)) => path.then_key(key),
            Some(Selector::ElementKeyInt(index)) => match usize::try_from(*index) {
                Ok(index) => path.then_index(index),
                Err(_) => return Err(format!("{path}: an index of {index}")),
            },
            None => return Err(format!("{path}: a step without a selector")),
        };
    }
    Ok(path)
}

/// A diagnostic as a provider sends it; an error when Terraform could not show it.
pub(super) fn diagnostic(wire: &wire::Diagnostic) -> Result<Diagnostic, String> {
    let severity = match wire.severity() {
        wire::diagnostic::Severity::Error => Severity::Error,
        wire::diagnostic::Severity::Warning => Severity::Warning,
        wire::diagnostic::Severity::Invalid => return Err(format!("no severity: {wire:?}")),
    };
    if wire.summary.is_empty() {
        return Err(format!("no summary: {wire:?}"));
    }
    Ok(Diagnostic {
        severity,
        summary: wire.summary.clone(),
        detail: wire.detail.clone(),
        path: wire.attribute.as_ref().map(path).transpose()?,
    })
}

/// What an answer says that did not come through an [`Instance`](super::Instance).
pub(crate) fn said(wire: &[wire::Diagnostic]) -> Told {
    Told(wire.iter().map(|one| diagnostic(one).unwrap()).collect())
}
