//! A declaration as a page to read; knows no value.

use super::{Entity, Presence};
use crate::schema::{Attribute, Shape};

impl Entity {
    /// The attributes as a Markdown table, in the order of the declaration.
    pub fn attribute_table(&self) -> String {
        let mut table = String::from("| Attribute | Graph | | Description |\n|---|---|---|---|\n");
        let parent = self.parent;
        table.push_str(&row(parent.attribute, "", "required", parent.description));
        for property in self.properties {
            table.push_str(&row(
                property.attribute,
                property.graph,
                property.presence.word(),
                &property.markdown(),
            ));
        }
        let schema = self.schema();
        let own = schema.block.attributes.iter().filter(|attribute| self.is_our_own(attribute));
        for attribute in own {
            table.push_str(&row(&attribute.name, "", "optional", &attribute.description));
        }
        table
    }

    /// Whether an attribute stands for nothing in Graph.
    fn is_our_own(&self, attribute: &Attribute) -> bool {
        let name = attribute.name.as_str();
        name != self.parent.attribute
            && self.property(name).is_none()
            && matches!(attribute.shape, Shape::Nested(..))
    }
}

impl Presence {
    const fn word(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional | Self::Default(_) => "optional",
            Self::OptionalComputed => "optional, computed",
            Self::Computed => "computed",
        }
    }
}

/// The rows inside nested objects follow their own table's order, so only the outer ones are listed.
fn row(attribute: &str, graph: &str, presence: &str, description: &str) -> String {
    let graph = if graph.is_empty() { String::new() } else { format!("`{graph}`") };
    format!("| `{attribute}` | {graph} | {presence} | {description} |\n")
}
