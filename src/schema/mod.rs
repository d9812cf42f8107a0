//! Terraform's schemas: which attributes a thing has and of what type; knows values, but no RPC and no
//! Graph.

mod identity;
mod implied;
mod reference;
#[cfg(test)]
mod samples;
mod validity;

pub use identity::{IdentityAttribute, IdentitySchema};

use crate::value::Type;

/// The schema of a provider, resource or data source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Schema {
    /// The version of the shape of the state; raised when an upgrade step is needed.
    pub version: i64,
    /// The attributes and blocks.
    pub block: Block,
}

/// Attributes and nested blocks, with a description in Markdown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Block {
    /// The attributes, in the order in which they are to be shown.
    pub attributes: Vec<Attribute>,
    /// The nested blocks.
    pub blocks: Vec<NestedBlock>,
    /// What the thing is, in Markdown.
    pub description: String,
    /// Why it should not be used any more, and what to use instead.
    pub deprecation: Option<String>,
}

/// One attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// Its name in configuration.
    pub name: String,
    /// Its type, or the attributes inside it.
    pub shape: Shape,
    /// What it is for, in Markdown.
    pub description: String,
    /// Configuration must set it.
    pub required: bool,
    /// Configuration may set it.
    pub optional: bool,
    /// The provider may set it.
    pub computed: bool,
    /// Its value is hidden in output.
    pub sensitive: bool,
    /// Its value is never stored in plan or state (Terraform 1.11 and later).
    pub write_only: bool,
    /// Why it should not be used any more, and what to use instead.
    pub deprecation: Option<String>,
}

/// What an [`Attribute`] holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shape {
    /// A value of this type.
    Type(Type),
    /// Objects whose attributes have schemas of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// How nested attributes are repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects.
    Map,
}

/// A nested block: `type_name { ... }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NestedBlock {
    /// Its name in configuration.
    pub type_name: String,
    /// What it holds.
    pub block: Block,
    /// How it is repeated.
    pub nesting: BlockNesting,
    /// The least number of blocks.
    pub min_items: i64,
    /// The greatest number of blocks; 0 for no limit.
    pub max_items: i64,
}

/// How nested blocks are repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlockNesting {
    /// At most one block: an object or null.
    Single,
    /// A list of blocks.
    List,
    /// A set of blocks.
    Set,
    /// Labelled blocks.
    Map,
    /// One block that is never null.
    Group,
}

impl Attribute {
    /// An attribute that nobody may set yet, for `..` in a struct expression.
    pub fn of_type(name: &str, type_: Type, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            shape: Shape::Type(type_),
            description: description.to_owned(),
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecation: None,
        }
    }
}
