//! From the protocol's messages to our own types; decides nothing.

use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6::DynamicValue;
use crate::value::{DecodeError, Path, Type, Value, json, msgpack};

/// A value of this type. MessagePack comes first, as in Terraform itself; nothing at all is null.
pub(super) fn value(
    wire: Option<&DynamicValue>,
    type_: &Type,
    what: &str,
) -> Result<Value, Diagnostic> {
    let Some(wire) = wire else { return Ok(Value::Null) };
    let decoded = if !wire.msgpack.is_empty() {
        msgpack::decode(&wire.msgpack, type_)
    } else if !wire.json.is_empty() {
        json::decode(&wire.json, type_, json::Undefined::Refuse)
    } else {
        Ok(Value::Null)
    };
    decoded.map_err(|error| undecodable(what, error))
}

/// What to say of a value that should hold nothing unknown.
pub(super) fn not_known(what: &str) -> Diagnostic {
    undecodable(what, DecodeError::new(&Path::root(), "a value in it is not known"))
}

fn undecodable(what: &str, error: DecodeError) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "Value not understood",
        format!(
            "Terraform sent a {what} that does not fit the provider's schema: {error}. Nothing was \
             changed. Run `terraform init -upgrade` so that Terraform and the provider agree; if it \
             stays, report it as a bug of the provider."
        ),
    );
    if error.path.steps().is_empty() { diagnostic } else { diagnostic.at(error.path) }
}
