//! The oracle itself: every rule has an example that it lets pass and one that it refuses. This file has
//! the small schemas and values the examples are made of; it must not test anything.

mod compatible;
mod plan;
mod proposed;
mod random;
mod state;

use terraform_provider_intune::schema::{
    Attribute, Block, BlockNesting, NestedBlock, Nesting, Schema, Shape,
};
use terraform_provider_intune::value::{Type, Value};

fn schema(
    attributes: impl IntoIterator<Item = Attribute>,
    blocks: impl IntoIterator<Item = NestedBlock>,
) -> Schema {
    Schema { version: 0, block: block_of(attributes, blocks) }
}

fn block_of(
    attributes: impl IntoIterator<Item = Attribute>,
    blocks: impl IntoIterator<Item = NestedBlock>,
) -> Block {
    Block {
        attributes: attributes.into_iter().collect(),
        blocks: blocks.into_iter().collect(),
        ..Block::default()
    }
}

fn blocks(
    type_name: &str,
    nesting: BlockNesting,
    attributes: impl IntoIterator<Item = Attribute>,
) -> NestedBlock {
    NestedBlock {
        type_name: type_name.to_owned(),
        block: block_of(attributes, []),
        nesting,
        min_items: 0,
        max_items: 0,
    }
}

fn optional(name: &str, shape: Shape) -> Attribute {
    Attribute { shape, optional: true, ..Attribute::of_type(name, Type::Dynamic, "") }
}

fn text(name: &str) -> Attribute {
    optional(name, Shape::Type(Type::String))
}

fn nested<const N: usize>(name: &str, nesting: Nesting, attributes: [Attribute; N]) -> Attribute {
    optional(name, Shape::Nested(nesting, attributes.into()))
}

fn required(attribute: Attribute) -> Attribute {
    Attribute { required: true, optional: false, ..attribute }
}

fn optional_computed(attribute: Attribute) -> Attribute {
    Attribute { computed: true, ..attribute }
}

fn computed(attribute: Attribute) -> Attribute {
    Attribute { computed: true, optional: false, ..attribute }
}

fn sensitive(attribute: Attribute) -> Attribute {
    Attribute { sensitive: true, ..attribute }
}

fn write_only(attribute: Attribute) -> Attribute {
    Attribute { write_only: true, ..attribute }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn list<const N: usize>(elements: [Value; N]) -> Value {
    Value::List(elements.into())
}

fn set<const N: usize>(elements: [Value; N]) -> Value {
    Value::set(elements.into())
}

/// A profile with an id of the provider's, a name, a note that the provider may fill in, and a password.
fn profile_schema() -> Schema {
    schema(
        [
            computed(text("id")),
            required(text("name")),
            optional_computed(text("note")),
            write_only(text("password")),
        ],
        [],
    )
}

fn profile(id: Value, name: &str, note: Value) -> Value {
    object([("id", id), ("name", Value::text(name)), ("note", note), ("password", Value::Null)])
}

/// Exactly one complaint, and it names this place and says this.
#[track_caller]
fn assert_refused(complaints: &[String], place: &str, reason: &str) {
    match complaints {
        [only] => assert!(
            only.starts_with(&format!("{place}: ")) && only.contains(reason),
            "expected {place:?} and {reason:?} in {only:?}"
        ),
        other => panic!("expected one complaint about {place:?}, found {other:?}"),
    }
}

#[track_caller]
fn assert_accepted(complaints: &[String]) {
    assert!(complaints.is_empty(), "expected no complaint, found {complaints:?}");
}
