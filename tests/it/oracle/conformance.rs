//! The type that a schema implies, and whether a value is of it; knows nothing of plans and states.
//!
//! Rules: Terraform's `configschema` package (implied types) and go-cty's `TestConformance`.

use std::collections::{BTreeMap, BTreeSet};

use terraform_provider_intune::schema::{Attribute, Block, BlockNesting, Nesting, Schema, Shape};
use terraform_provider_intune::value::{Fields, Path, Type, Value};

use super::level::complaint;

/// The type of every config, plan and state of this schema: an object of its attributes and blocks.
pub(crate) fn implied_type(schema: &Schema) -> Type {
    block_type(&schema.block)
}

/// Complaints about every place at which a value is not of this type.
///
/// Null and unknown are of every type. An object must have exactly the attributes of its type, because
/// the wire form of an object always carries all of them.
pub(crate) fn misfits(expected: &Type, value: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    collect_misfits(expected, value, &Path::root(), &mut complaints);
    complaints
}

pub(super) fn attribute_type(attribute: &Attribute) -> Type {
    match &attribute.shape {
        Shape::Type(type_) => type_.clone(),
        Shape::Nested(nesting, attributes) => {
            let object = object_type(attributes.iter().map(named_attribute_type));
            match nesting {
                Nesting::Single => object,
                Nesting::List => Type::List(Box::new(object)),
                Nesting::Set => Type::Set(Box::new(object)),
                Nesting::Map => Type::Map(Box::new(object)),
            }
        }
    }
}

/// A list or map of blocks whose content has an attribute of any type cannot have one element type, so
/// its own type is left open (`configschema`'s decoder specification).
pub(super) fn nested_block_type(nesting: BlockNesting, block: &Block) -> Type {
    let object = block_type(block);
    match nesting {
        BlockNesting::Single | BlockNesting::Group => object,
        BlockNesting::Set => Type::Set(Box::new(object)),
        BlockNesting::List | BlockNesting::Map if has_dynamic(&object) => Type::Dynamic,
        BlockNesting::List => Type::List(Box::new(object)),
        BlockNesting::Map => Type::Map(Box::new(object)),
    }
}

fn block_type(block: &Block) -> Type {
    object_type(block.attributes.iter().map(named_attribute_type).chain(block.blocks.iter().map(
        |nested| (nested.type_name.clone(), nested_block_type(nested.nesting, &nested.block)),
    )))
}

fn named_attribute_type(attribute: &Attribute) -> (String, Type) {
    (attribute.name.clone(), attribute_type(attribute))
}

fn object_type(fields: impl Iterator<Item = (String, Type)>) -> Type {
    Type::Object(fields.collect(), BTreeSet::new())
}

fn has_dynamic(type_: &Type) -> bool {
    match type_ {
        Type::Dynamic => true,
        Type::String | Type::Number | Type::Bool => false,
        Type::List(element) | Type::Set(element) | Type::Map(element) => has_dynamic(element),
        Type::Tuple(elements) => elements.iter().any(has_dynamic),
        Type::Object(fields, _) => fields.values().any(has_dynamic),
    }
}

fn collect_misfits(expected: &Type, value: &Value, path: &Path, complaints: &mut Vec<String>) {
    match (expected, value) {
        (_, Value::Null | Value::Unknown(_))
        | (Type::String, Value::Text(_))
        | (Type::Number, Value::Number(_))
        | (Type::Bool, Value::Bool(_)) => {}
        (Type::Dynamic, Value::Dynamic(typed)) => {
            if typed.0 == Type::Dynamic {
                complaints.push(complaint(path, "carries no type of its own"));
            }
            collect_misfits(&typed.0, &typed.1, path, complaints);
        }
        (Type::List(inner), Value::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                collect_misfits(inner, element, &path.then_index(index), complaints);
            }
        }
        (Type::Set(inner), Value::Set(elements)) => {
            if Value::set(elements.clone()) != *value {
                complaints.push(complaint(path, "is a set with duplicates or out of order"));
            }
            for element in elements {
                collect_misfits(inner, element, path, complaints);
            }
        }
        (Type::Map(inner), Value::Map(fields)) => {
            for (key, element) in fields {
                collect_misfits(inner, element, &path.then_key(key), complaints);
            }
        }
        (Type::Tuple(types), Value::Tuple(elements)) if types.len() == elements.len() => {
            for (index, (type_, element)) in types.iter().zip(elements).enumerate() {
                collect_misfits(type_, element, &path.then_index(index), complaints);
            }
        }
        (Type::Object(types, _), Value::Object(fields)) => {
            collect_object_misfits(types, fields, path, complaints);
        }
        _ => complaints.push(complaint(
            path,
            format!("is {} where {} is wanted", kind_of(value), name_of(expected)),
        )),
    }
}

fn collect_object_misfits(
    types: &BTreeMap<String, Type>,
    fields: &Fields,
    path: &Path,
    complaints: &mut Vec<String>,
) {
    for (name, type_) in types {
        match fields.get(name) {
            Some(field) => collect_misfits(type_, field, &path.then_attribute(name), complaints),
            None => complaints.push(complaint(path, format!("attribute {name:?} is missing"))),
        }
    }
    for name in fields.keys().filter(|name| !types.contains_key(*name)) {
        complaints.push(complaint(path, format!("attribute {name:?} is not in the schema")));
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown(_) => "unknown",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::Text(_) => "a string",
        Value::List(_) => "a list",
        Value::Set(_) => "a set",
        Value::Tuple(_) => "a tuple",
        Value::Map(_) => "a map",
        Value::Object(_) => "an object",
        Value::Dynamic(_) => "a value with a type of its own",
    }
}

fn name_of(type_: &Type) -> &'static str {
    match type_ {
        Type::String => "a string",
        Type::Number => "a number",
        Type::Bool => "a bool",
        Type::Dynamic => "a value with a type of its own",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Tuple(_) => "a tuple of another length",
        Type::Object(..) => "an object",
    }
}
