//! How something is declared that is done and leaves nothing in state, actions and ephemeral resources,
//! and the walks over such a declaration; must not know what is done, nor who is asked.

use super::timeouts::{Operation, Timeouts};
use super::{Presence, Property};
use crate::diagnostics::Diagnostic;
use crate::schema::{Attribute, Block, Schema};
use crate::value::{Path, Type, Value};

/// Something that Terraform has done at the right moment (`action` blocks).
#[derive(Debug)]
pub struct Action {
    /// Its name in configuration.
    pub type_name: &'static str,
    /// What it does and what to know before using it, in Markdown.
    pub description: &'static str,
    /// What configuration says.
    pub arguments: &'static [Property],
    /// What is done.
    pub work: Work,
}

/// What an action does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Work {
    /// Asks Apple for the devices of an enrollment program token.
    Sync,
    /// Makes an enrollment profile the one that new devices get.
    SetDefaultProfile,
}

/// Something that is fetched for one run of Terraform and never stored (`ephemeral` blocks).
#[derive(Debug)]
pub struct Ephemeral {
    /// Its name in configuration.
    pub type_name: &'static str,
    /// What it is, in lower case: `enrollment document`.
    pub noun: &'static str,
    /// What it is and what it is for, in Markdown.
    pub description: &'static str,
    /// What configuration says.
    pub arguments: &'static [Property],
    /// The attribute that holds what was fetched, and what it is, in Markdown.
    pub result: (&'static str, &'static str),
    /// What is fetched.
    pub content: Content,
}

/// What an ephemeral resource holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// The document that enrolls a device with a profile.
    MobileConfig,
}

impl Action {
    /// The action's schema.
    pub fn schema(&self) -> Schema {
        let attributes = arguments(self.arguments, Operation::Invoke);
        schema(self.description, attributes.collect())
    }

    /// Everything that is wrong with a configuration. Values that are not known yet pass.
    pub fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        validate(self.arguments, config)
    }
}

impl Ephemeral {
    /// The ephemeral resource's schema. What is fetched is not marked as sensitive: an ephemeral value is
    /// never shown.
    pub fn schema(&self) -> Schema {
        let (name, description) = self.result;
        let result =
            Attribute { computed: true, ..Attribute::of_type(name, Type::String, description) };
        let attributes = arguments(self.arguments, Operation::Open).chain([result]);
        schema(self.description, attributes.collect())
    }

    /// Everything that is wrong with a configuration. Values that are not known yet pass.
    pub fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        validate(self.arguments, config)
    }
}

fn schema(description: &str, attributes: Vec<Attribute>) -> Schema {
    let description = description.to_owned();
    Schema { version: 0, block: Block { attributes, description, ..Block::default() } }
}

/// Nothing is computed here, so a default is not Terraform's to know: whoever reads an argument that is
/// null takes it.
fn arguments(rows: &'static [Property], operation: Operation) -> impl Iterator<Item = Attribute> {
    let attributes = rows.iter().map(|row| Attribute {
        optional: !matches!(row.presence, Presence::Required),
        computed: false,
        ..row.attribute_schema()
    });
    attributes.chain([Timeouts::attribute_schema(&[operation])])
}

fn validate(rows: &[Property], config: &Value) -> Vec<Diagnostic> {
    let mut found: Vec<_> = rows
        .iter()
        .flat_map(|row| row.validate(config.field(row.attribute), &Path::attribute(row.attribute)))
        .collect();
    found.extend(Timeouts::validate(config));
    found
}
