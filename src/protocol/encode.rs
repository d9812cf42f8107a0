//! From our own types to the protocol's messages; decides nothing.

use crate::diagnostics::{Diagnostic, Severity};
use crate::functions::{Function, Mistake};
use crate::proto::tfplugin6 as wire;
use crate::provider::internal_error;
use crate::schema::{
    Attribute, Block, BlockNesting, IdentityAttribute, IdentitySchema, NestedBlock, Nesting,
    Schema, Shape,
};
use crate::value::{Path, Step, Type, Value, msgpack};

/// A value of this type, as MessagePack.
///
/// # Errors
///
/// When the value does not conform to the type, which is a bug of ours.
pub(super) fn value(value: &Value, type_: &Type) -> Result<wire::DynamicValue, Diagnostic> {
    match msgpack::encode(value, type_) {
        Ok(msgpack) => Ok(wire::DynamicValue { msgpack, json: Vec::new() }),
        Err(error) => Err(internal_error(&format!("a value does not fit its schema: {error}"))),
    }
}

/// A state of this type, as MessagePack, whatever may be wrong with it: Terraform drops a state that
/// does not conform as a whole, and with it the id of the object, and replaces an object whose state is
/// not wholly known. What must not be there becomes null.
pub(super) fn state(state: &Value, type_: &Type) -> (wire::DynamicValue, Option<Diagnostic>) {
    let bug = match value(state, type_) {
        Ok(encoded) if state.is_wholly_known() => return (encoded, None),
        Ok(_) => internal_error("a value is not known although the call has ended"),
        Err(bug) => bug,
    };
    let what_fits = value(&recordable(state, type_), type_).unwrap_or_default();
    (what_fits, Some(Diagnostic { severity: Severity::Warning, ..bug }))
}

fn recordable(state: &Value, type_: &Type) -> Value {
    let Type::Object(types, _) = type_ else { return Value::Null };
    let kept = types.iter().map(|(name, type_)| {
        let value = state.field(name);
        let fits = value.conforms(type_).is_ok() && value.is_wholly_known();
        (name.clone(), if fits { value.clone() } else { Value::Null })
    });
    Value::Object(kept.collect())
}

/// What to tell a person.
pub(super) fn diagnostics(diagnostics: &[Diagnostic]) -> Vec<wire::Diagnostic> {
    diagnostics.iter().map(diagnostic).collect()
}

/// One thing to tell.
pub(super) fn diagnostic(diagnostic: &Diagnostic) -> wire::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => wire::diagnostic::Severity::Error,
        Severity::Warning => wire::diagnostic::Severity::Warning,
    };
    wire::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary.clone(),
        detail: diagnostic.detail.clone(),
        attribute: diagnostic.path.as_ref().map(path),
    }
}

/// The way to an attribute.
pub(super) fn path(path: &Path) -> wire::AttributePath {
    use wire::attribute_path::step::Selector;
    let steps = path.steps().iter().map(|step| {
        let selector = match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => {
                Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX))
            }
        };
        wire::attribute_path::Step { selector: Some(selector) }
    });
    wire::AttributePath { steps: steps.collect() }
}

/// A schema. Descriptions are Markdown.
pub(super) fn schema(schema: &Schema) -> wire::Schema {
    wire::Schema { version: schema.version, block: Some(block(schema.version, &schema.block)) }
}

/// The schema of an identity. Its descriptions are plain text: the protocol has no other kind there.
pub(super) fn identity_schema(schema: &IdentitySchema) -> wire::ResourceIdentitySchema {
    wire::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema.attributes.iter().map(identity_attribute).collect(),
    }
}

fn identity_attribute(
    from: &IdentityAttribute,
) -> wire::resource_identity_schema::IdentityAttribute {
    wire::resource_identity_schema::IdentityAttribute {
        name: from.name.clone(),
        r#type: Type::String.to_json().into_bytes(),
        required_for_import: from.required_for_import,
        optional_for_import: !from.required_for_import,
        description: from.description.clone(),
    }
}

fn block(version: i64, from: &Block) -> wire::schema::Block {
    wire::schema::Block {
        version,
        attributes: from.attributes.iter().map(attribute).collect(),
        block_types: from.blocks.iter().map(nested_block).collect(),
        description: from.description.clone(),
        description_kind: wire::StringKind::Markdown.into(),
        deprecated: from.deprecation.is_some(),
        deprecation_message: from.deprecation.clone().unwrap_or_default(),
        computed: false,
    }
}

fn nested_block(from: &NestedBlock) -> wire::schema::NestedBlock {
    use wire::schema::nested_block::NestingMode;
    let nesting = match from.nesting {
        BlockNesting::Single => NestingMode::Single,
        BlockNesting::List => NestingMode::List,
        BlockNesting::Set => NestingMode::Set,
        BlockNesting::Map => NestingMode::Map,
        BlockNesting::Group => NestingMode::Group,
    };
    wire::schema::NestedBlock {
        type_name: from.type_name.clone(),
        block: Some(block(0, &from.block)),
        nesting: nesting.into(),
        min_items: from.min_items,
        max_items: from.max_items,
    }
}

/// Terraform wants either a type or a nested type, never both.
fn attribute(from: &Attribute) -> wire::schema::Attribute {
    let (type_, nested_type) = match &from.shape {
        Shape::Type(type_) => (type_.to_json().into_bytes(), None),
        Shape::Nested(nesting, attributes) => (Vec::new(), Some(object(*nesting, attributes))),
    };
    wire::schema::Attribute {
        name: from.name.clone(),
        r#type: type_,
        nested_type,
        description: from.description.clone(),
        required: from.required,
        optional: from.optional,
        computed: from.computed,
        sensitive: from.sensitive,
        description_kind: wire::StringKind::Markdown.into(),
        deprecated: from.deprecation.is_some(),
        write_only: from.write_only,
        deprecation_message: from.deprecation.clone().unwrap_or_default(),
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> wire::schema::Object {
    use wire::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    wire::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..wire::schema::Object::default()
    }
}

/// A function. Terraform calls none with an argument that is not known yet, and answers for it.
pub(super) fn function(from: &Function) -> wire::Function {
    let parameters = from.parameters.iter().map(|parameter| wire::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: (parameter.type_)().to_json().into_bytes(),
        allow_null_value: parameter.nullable,
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: wire::StringKind::Markdown.into(),
    });
    wire::Function {
        parameters: parameters.collect(),
        variadic_parameter: None,
        r#return: Some(wire::function::Return { r#type: (from.returns)().to_json().into_bytes() }),
        summary: from.summary.to_owned(),
        description: from.description.to_owned(),
        description_kind: wire::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

/// Why a call has no result.
pub(super) fn mistake(mistake: &Mistake) -> wire::FunctionError {
    wire::FunctionError {
        text: mistake.text.clone(),
        function_argument: mistake.argument.and_then(|index| i64::try_from(index).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Number;

    #[test]
    fn a_state_that_cannot_be_recorded_keeps_the_id() {
        let types = [("id".to_owned(), Type::String), ("count".to_owned(), Type::Number)];
        let type_ = Type::Object(types.into(), Default::default());
        let wrong = Value::Object(
            [("id".to_owned(), Value::text("made")), ("count".to_owned(), Value::Bool(true))]
                .into(),
        );
        let (encoded, told) = state(&wrong, &type_);
        let decoded = msgpack::decode(&encoded.msgpack, &type_);
        assert_eq!(decoded.as_ref().map(|state| state.field("id")), Ok(&Value::text("made")));
        assert_eq!(decoded.as_ref().map(|state| state.field("count")), Ok(&Value::Null));
        assert!(told.is_some_and(|told| !told.is_error() && told.detail.contains("count")));

        let open = Value::Object(
            [("id".to_owned(), Value::text("made")), ("count".to_owned(), Value::unknown())].into(),
        );
        let (encoded, told) = state(&open, &type_);
        let decoded = msgpack::decode(&encoded.msgpack, &type_);
        assert_eq!(decoded.as_ref().map(|state| state.field("id")), Ok(&Value::text("made")));
        assert_eq!(decoded.as_ref().map(|state| state.field("count")), Ok(&Value::Null));
        assert!(told.is_some_and(|told| !told.is_error()));

        let sound = Value::Object(
            [
                ("id".to_owned(), Value::text("x")),
                ("count".to_owned(), Value::Number(Number::from(1_i64))),
            ]
            .into(),
        );
        assert_eq!(state(&sound, &type_).1, None);
    }
}
