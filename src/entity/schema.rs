//! From rows to Terraform's schema; knows no value.

use super::timeouts::Timeouts;
use super::{Entity, Kind, Literal, Presence, Property};
use crate::schema::{Attribute, Block, Nesting, Schema, Shape};
use crate::value::Type;

/// The version of the shape of every entity's state. Raised together with an upgrade step.
pub(super) const VERSION: i64 = 0;

impl Entity {
    /// The resource's schema.
    pub fn schema(&self) -> Schema {
        let mut attributes = vec![self.parent_attribute()];
        attributes.extend(self.properties.iter().map(Property::attribute_schema));
        attributes.push(Timeouts::attribute_schema());
        let block =
            Block { attributes, description: self.description.to_owned(), ..Block::default() };
        Schema { version: VERSION, block }
    }

    fn parent_attribute(&self) -> Attribute {
        Attribute {
            required: true,
            ..Attribute::of_type(self.parent.attribute, Type::String, self.parent.description)
        }
    }
}

impl Property {
    fn attribute_schema(&self) -> Attribute {
        let (required, optional, computed) = match self.presence {
            Presence::Required => (true, false, false),
            Presence::Optional => (false, true, false),
            // A default is the provider's value, which Terraform only accepts where it may compute.
            Presence::Default(_) | Presence::OptionalComputed => (false, true, true),
            Presence::Computed => (false, false, true),
        };
        Attribute {
            shape: self.kind.shape(),
            required,
            optional,
            computed,
            ..Attribute::of_type(self.attribute, Type::Dynamic, &self.markdown())
        }
    }

    /// The description, with what the row says about values and defaults put into words.
    pub(super) fn markdown(&self) -> String {
        let mut text = self.description.to_owned();
        if let Kind::Choice(members) = self.kind {
            let members: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
            text.push_str(&format!(" One of {}.", members.join(", ")));
        }
        if let Some(length) = &self.length {
            let unit =
                if matches!(self.kind, Kind::Objects(_)) { "elements" } else { "characters" };
            match length.start() {
                0 => text.push_str(&format!(" At most {} {unit}.", length.end())),
                least => text.push_str(&format!(" {least} to {} {unit}.", length.end())),
            }
        }
        if let Some(minimum) = self.minimum {
            text.push_str(&format!(" At least {minimum}."));
        }
        if let Presence::Default(literal) = self.presence {
            text.push_str(&format!(" Defaults to `{literal}`."));
        }
        text
    }
}

impl Kind {
    fn shape(&self) -> Shape {
        match self {
            Self::Flag => Shape::Type(Type::Bool),
            Self::Integer => Shape::Type(Type::Number),
            Self::Text | Self::Choice(_) | Self::Certificate | Self::Thumbprint => {
                Shape::Type(Type::String)
            }
            Self::Objects(properties) => {
                let attributes = properties.iter().map(Property::attribute_schema).collect();
                Shape::Nested(Nesting::List, attributes)
            }
        }
    }
}

/// Written as in Terraform's language.
impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}
