//! Small schemas for tests; knows no resource.

use super::{Attribute, Block, BlockNesting, NestedBlock, Nesting, Schema, Shape};
use crate::value::Type;

/// A schema of version 0.
pub(crate) fn schema(attributes: Vec<Attribute>, blocks: Vec<NestedBlock>) -> Schema {
    Schema { version: 0, block: Block { blocks, ..block(attributes) } }
}

/// A block without nested blocks.
pub(crate) fn block(attributes: Vec<Attribute>) -> Block {
    Block { attributes, ..Block::default() }
}

/// An optional string.
pub(crate) fn attribute(name: &str) -> Attribute {
    Attribute { optional: true, ..Attribute::of_type(name, Type::String, "") }
}

/// An optional attribute with attributes of its own.
pub(crate) fn nested_attribute(name: &str, nesting: Nesting, inner: Vec<Attribute>) -> Attribute {
    Attribute { shape: Shape::Nested(nesting, inner), ..attribute(name) }
}

/// A nested block, any number of which may be there.
pub(crate) fn nested_block(name: &str, nesting: BlockNesting, block: Block) -> NestedBlock {
    NestedBlock { type_name: name.into(), block, nesting, min_items: 0, max_items: 0 }
}
