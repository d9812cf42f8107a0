//! How a thing is declared, and every walk over a declaration; must not know Graph's client, the
//! provider, or anything asynchronous.

pub mod certificate;
mod configuration;
mod data;
mod errand;
mod id;
mod identity;
mod json;
mod likeness;
mod moment;
mod moved;
mod panes;
mod plan;
mod property;
mod query;
mod rule;
mod schema;
mod secret;
mod settle;
mod sync_error;
mod timeouts;
mod validate;

#[cfg(test)]
mod tests;

pub use data::{DataSource, Derived, Facts, Question, Setting, Told};
pub use errand::{Action, Content, Ephemeral, Work};
pub use id::{bare_id, id_key, is_guid, is_same_id, kept_id, parent_of, whole_id};
pub use identity::Named;
pub use json::WrongAnswer;
pub use likeness::Likeness;
pub use moment::Moment;
pub use moved::{Form, Moved, Source};
pub use panes::Pane;
pub use plan::Planned;
pub use property::{
    Kind, Literal, Presence, Property, SkipKey, Writing, certificate, choice, flag, guids, integer,
    moment, nested, number, objects, secret, skip_keys, text, texts, thumbprint,
};
pub use query::Query;
pub use rule::{Origin, Rule, is_false, is_given, is_true};
pub use settle::{Difference, Settled, Suggestions};
pub use sync_error::sync_error;
pub use timeouts::{Operation, Timeouts};

/// A JSON object, as Graph's entities are.
pub type Json = serde_json::Map<String, serde_json::Value>;

/// The attribute that holds an entity's id, in Terraform and in Graph.
pub const ID: &str = "id";

/// A thing that Graph keeps and Terraform manages: a table of rows and where it lives.
#[derive(Debug)]
pub struct Entity {
    /// The resource's name in configuration.
    pub type_name: &'static str,
    /// What people call it, in lower case: `enrollment profile`.
    pub noun: &'static str,
    /// What it is and what it is for, in Markdown.
    pub description: &'static str,
    /// Its type in Graph, as `@odata.type` gives it.
    pub graph_type: &'static str,
    /// What it lives under.
    pub parent: &'static Parent,
    /// The parent's navigation property that names the one of these that is the default of its platform.
    /// Where there is none, an entity's own word on whether it is the default is the only one.
    pub default_navigation: Option<&'static str>,
    /// Whether it lives under the tenant's own account too, which no listing of parents shows.
    pub lives_under_account: bool,
    /// The property that holds the name people know it by.
    pub name: &'static str,
    /// Its properties, in the order in which they are shown.
    pub properties: &'static [Property],
    /// What its properties demand of each other.
    pub rules: &'static [Rule],
}

/// What an entity lives under; not itself managed here.
#[derive(Debug)]
pub struct Parent {
    /// What people call it, in lower case.
    pub noun: &'static str,
    /// The attribute that names it in configuration; a change replaces the entity.
    pub attribute: &'static str,
    /// What that attribute is for, in Markdown.
    pub description: &'static str,
    /// The path of its collection, below Graph's version segment.
    pub collection: &'static [&'static str],
    /// The property that holds the name people know it by.
    pub name: &'static str,
    /// The segment below it that holds its entities.
    pub children: &'static str,
    /// The type that Graph declares for its entities. One of just this type is answered without
    /// `@odata.type`.
    pub child_type: &'static str,
    /// The attribute of an identity that holds an entity's own id.
    pub child_id: &'static str,
}

impl Entity {
    /// The row of this attribute.
    pub fn property(&self, attribute: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.attribute == attribute)
    }
}
