//! The type that values of a schema have; knows no wire format.
//!
//! The rules are those of `ImpliedType` in Terraform's `configschema`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attribute, Block, BlockNesting, NestedBlock, Nesting, Schema, Shape};
use crate::value::Type;

impl Schema {
    /// The type of the objects this schema describes.
    pub fn implied_type(&self) -> Type {
        self.block.implied_type()
    }
}

impl Block {
    /// The type of the objects this block describes: all attributes and all nested blocks.
    pub fn implied_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|one| (one.name.clone(), one.implied_type()));
        let blocks = self.blocks.iter().map(|one| (one.type_name.clone(), one.implied_type()));
        Type::object(attributes.chain(blocks))
    }
}

impl Attribute {
    /// The type of values of this attribute.
    pub fn implied_type(&self) -> Type {
        match &self.shape {
            Shape::Type(type_) => without_optional(type_),
            Shape::Nested(nesting, attributes) => {
                let names = attributes.iter().map(|one| (one.name.clone(), one.implied_type()));
                let object = Type::object(names);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::list(object),
                    Nesting::Set => Type::set(object),
                    Nesting::Map => Type::map(object),
                }
            }
        }
    }
}

impl NestedBlock {
    /// The type of all blocks of this kind together.
    ///
    /// Blocks in a list or map whose content has a dynamic type may differ in type from one another, so
    /// Terraform makes them a tuple or object, whose type is known at run time only.
    pub fn implied_type(&self) -> Type {
        let object = self.block.implied_type();
        match self.nesting {
            BlockNesting::Single | BlockNesting::Group => object,
            BlockNesting::List | BlockNesting::Map if object.has_dynamic() => Type::Dynamic,
            BlockNesting::List => Type::list(object),
            BlockNesting::Set => Type::set(object),
            BlockNesting::Map => Type::map(object),
        }
    }
}

/// That an attribute may be left out matters to conversion in configuration; its values have them all.
fn without_optional(type_: &Type) -> Type {
    match type_ {
        Type::String | Type::Number | Type::Bool | Type::Dynamic => type_.clone(),
        Type::List(element) => Type::list(without_optional(element)),
        Type::Set(element) => Type::set(without_optional(element)),
        Type::Map(element) => Type::map(without_optional(element)),
        Type::Tuple(elements) => Type::Tuple(elements.iter().map(without_optional).collect()),
        Type::Object(attributes, _) => {
            let attributes: BTreeMap<String, Type> = attributes
                .iter()
                .map(|(name, type_)| (name.clone(), without_optional(type_)))
                .collect();
            Type::Object(attributes, BTreeSet::new())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{attribute, block, nested_attribute, nested_block, schema};
    use super::*;

    fn dynamic(name: &str) -> Attribute {
        Attribute { shape: Shape::Type(Type::Dynamic), ..attribute(name) }
    }

    #[test]
    fn a_schema_is_an_object_of_its_attributes_and_blocks() {
        let schema = schema(
            vec![attribute("name")],
            vec![nested_block("item", BlockNesting::Set, block(vec![attribute("value")]))],
        );
        assert_eq!(
            schema.implied_type().to_json(),
            r#"["object",{"item":["set",["object",{"value":"string"}]],"name":"string"}]"#
        );
    }

    #[test]
    fn the_nesting_of_attributes_decides_their_type() {
        let object = || Type::object([("any", Type::Dynamic)]);
        for (nesting, type_) in [
            (Nesting::Single, object()),
            (Nesting::List, Type::list(object())),
            (Nesting::Set, Type::set(object())),
            (Nesting::Map, Type::map(object())),
        ] {
            let nested = nested_attribute("nested", nesting, vec![dynamic("any")]);
            assert_eq!(nested.implied_type(), type_);
        }
    }

    #[test]
    fn the_nesting_of_blocks_decides_their_type() {
        let object = || Type::object([("value", Type::String)]);
        for (nesting, type_) in [
            (BlockNesting::Single, object()),
            (BlockNesting::Group, object()),
            (BlockNesting::List, Type::list(object())),
            (BlockNesting::Set, Type::set(object())),
            (BlockNesting::Map, Type::map(object())),
        ] {
            let nested = nested_block("nested", nesting, block(vec![attribute("value")]));
            assert_eq!(nested.implied_type(), type_);
        }
    }

    #[test]
    fn blocks_that_may_differ_in_type_are_typed_at_run_time() {
        for (nesting, at_run_time) in [
            (BlockNesting::Single, false),
            (BlockNesting::Group, false),
            (BlockNesting::List, true),
            (BlockNesting::Map, true),
        ] {
            let nested = nested_block("nested", nesting, block(vec![dynamic("any")]));
            assert_eq!(nested.implied_type() == Type::Dynamic, at_run_time, "{nesting:?}");
        }
    }

    #[test]
    fn values_have_their_optional_attributes_too() {
        let optional = Type::Object(
            BTreeMap::from([("a".to_owned(), Type::Bool)]),
            BTreeSet::from(["a".to_owned()]),
        );
        let attribute = Attribute { shape: Shape::Type(Type::list(optional)), ..attribute("list") };
        assert_eq!(attribute.implied_type(), Type::list(Type::object([("a", Type::Bool)])));
    }
}
