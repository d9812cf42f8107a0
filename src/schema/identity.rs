//! What tells one remote object from all others, as Terraform 1.12 and later keep it beside the state;
//! knows no resource.

use super::{Attribute, Block, Schema};
use crate::value::Type;

/// The schema of a resource's identity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdentitySchema {
    /// The version of its shape; raised when an upgrade step is needed.
    pub version: i64,
    /// Its attributes, in the order in which they are to be shown.
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity: always text, never absent once the object exists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdentityAttribute {
    /// Its name in configuration.
    pub name: String,
    /// What it is, as plain text.
    pub description: String,
    /// Whether an import by identity must give it; otherwise it may.
    pub required_for_import: bool,
}

impl IdentitySchema {
    /// The type of the objects this schema describes.
    pub fn implied_type(&self) -> Type {
        Type::object(self.attributes.iter().map(|one| (one.name.clone(), Type::String)))
    }

    /// Checks the schema against the rules of Terraform, which are those of attributes.
    ///
    /// # Errors
    ///
    /// One sentence for each broken rule.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let attributes = self.attributes.iter().map(|one| Attribute {
            required: one.required_for_import,
            optional: !one.required_for_import,
            ..Attribute::of_type(&one.name, Type::String, &one.description)
        });
        let block = Block { attributes: attributes.collect(), ..Block::default() };
        Schema { version: self.version, block }.check()
    }
}
