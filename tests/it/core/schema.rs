//! From the wire's schema to the library's; knows no value.

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::schema::{
    Attribute, Block, BlockNesting, NestedBlock, Nesting, Schema, Shape,
};
use terraform_provider_intune::value::Type;

/// The schema that a provider told. What Terraform itself would trip over fails the test.
pub(super) fn read(from: &wire::Schema) -> Schema {
    // Terraform dereferences the block without a look.
    Schema { version: from.version, block: block(from.block.as_ref().unwrap()) }
}

/// The type of the identities that a provider told, by the rules that core holds their schema against.
pub(super) fn identity(from: &wire::ResourceIdentitySchema) -> Type {
    assert!(from.version >= 0, "{from:?}");
    let attributes = from.identity_attributes.iter().map(|attribute| {
        let name = &attribute.name;
        assert_ne!(attribute.required_for_import, attribute.optional_for_import, "{name}");
        let type_ = Type::from_json(&attribute.r#type).unwrap();
        let refused = matches!(type_, Type::Map(_) | Type::Set(_) | Type::Object(..));
        assert!(!refused && !attribute.description.is_empty(), "{attribute:?}");
        (name.clone(), type_)
    });
    Type::object(attributes)
}

fn block(from: &wire::schema::Block) -> Block {
    Block {
        attributes: from.attributes.iter().map(attribute).collect(),
        blocks: from.block_types.iter().map(nested_block).collect(),
        description: from.description.clone(),
        deprecation: deprecation(from.deprecated, &from.deprecation_message),
    }
}

fn attribute(from: &wire::schema::Attribute) -> Attribute {
    let shape = match &from.nested_type {
        None => Shape::Type(Type::from_json(&from.r#type).unwrap()),
        Some(object) => {
            assert!(from.r#type.is_empty(), "{} has a type and a nested type", from.name);
            let nested = object.attributes.iter().map(attribute).collect();
            Shape::Nested(nesting(object.nesting()), nested)
        }
    };
    Attribute {
        name: from.name.clone(),
        shape,
        description: from.description.clone(),
        required: from.required,
        optional: from.optional,
        computed: from.computed,
        sensitive: from.sensitive,
        write_only: from.write_only,
        deprecation: deprecation(from.deprecated, &from.deprecation_message),
    }
}

fn nesting(from: wire::schema::object::NestingMode) -> Nesting {
    use wire::schema::object::NestingMode;
    match from {
        NestingMode::Single => Nesting::Single,
        NestingMode::List => Nesting::List,
        NestingMode::Set => Nesting::Set,
        NestingMode::Map => Nesting::Map,
        NestingMode::Invalid => panic!("a nested attribute without a nesting"),
    }
}

fn nested_block(from: &wire::schema::NestedBlock) -> NestedBlock {
    use wire::schema::nested_block::NestingMode;
    let nesting = match from.nesting() {
        NestingMode::Single => BlockNesting::Single,
        NestingMode::List => BlockNesting::List,
        NestingMode::Set => BlockNesting::Set,
        NestingMode::Map => BlockNesting::Map,
        NestingMode::Group => BlockNesting::Group,
        NestingMode::Invalid => panic!("{} has no nesting", from.type_name),
    };
    NestedBlock {
        type_name: from.type_name.clone(),
        block: block(from.block.as_ref().unwrap()),
        nesting,
        min_items: from.min_items,
        max_items: from.max_items,
    }
}

fn deprecation(deprecated: bool, message: &str) -> Option<String> {
    assert!(deprecated || message.is_empty(), "a message without a deprecation: {message}");
    deprecated.then(|| message.to_owned())
}
