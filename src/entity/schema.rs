//! From rows to Terraform's schema; knows no value.

use super::property::GREATEST;
use super::timeouts::{Operation, Timeouts};
use super::{Entity, Kind, Literal, Presence, Property};
use crate::schema::{Attribute, Block, Nesting, Schema, Shape};
use crate::value::Type;

/// The version of the shape of every entity's state. Raised together with an upgrade step.
pub(super) const VERSION: i64 = 0;

impl Entity {
    /// The resource's schema.
    pub fn schema(&self) -> Schema {
        let mut attributes = vec![self.parent_attribute()];
        attributes.extend(self.properties.iter().flat_map(Property::attribute_schemas));
        attributes.push(Timeouts::attribute_schema(&Operation::ALL));
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
    /// The attribute, and beside a secret the one of its version.
    fn attribute_schemas(&self) -> Vec<Attribute> {
        let mut attributes = vec![self.attribute_schema()];
        if let Kind::Secret(version) = self.kind {
            let attribute = self.attribute;
            let description = format!(
                "Version of `{attribute}`, which Terraform keeps nowhere: another number sends it again."
            );
            attributes.push(Attribute {
                optional: true,
                ..Attribute::of_type(version, Type::Number, &description)
            });
        }
        attributes
    }

    pub(super) fn attribute_schema(&self) -> Attribute {
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
            sensitive: matches!(self.kind, Kind::Secret(_)),
            write_only: matches!(self.kind, Kind::Secret(_)),
            ..Attribute::of_type(self.attribute, Type::Dynamic, &self.markdown())
        }
    }

    /// The description, with what the row says about values and defaults put into words.
    pub(super) fn markdown(&self) -> String {
        let mut text = self.description.to_owned();
        if let Some(label) = self.label {
            text.push_str(&format!(" In the admin center: **{label}**."));
        }
        if let Kind::Choice(members) = self.kind {
            let members: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
            text.push_str(&format!(" One of {}.", members.join(", ")));
        }
        if let Some(length) = &self.length {
            let unit = if matches!(self.kind, Kind::Objects(_) | Kind::Texts) {
                "elements"
            } else {
                "characters"
            };
            match length.start() {
                0 => text.push_str(&format!(" At most {} {unit}.", length.end())),
                least => text.push_str(&format!(" {least} to {} {unit}.", length.end())),
            }
        }
        match &self.range {
            Some(range) if *range.end() == GREATEST => {
                text.push_str(&format!(" At least {}.", range.start()));
            }
            Some(range) => text.push_str(&format!(" {} to {}.", range.start(), range.end())),
            None => {}
        }
        if let [first @ .., last] = self.advised {
            let first: Vec<_> = first.iter().map(|number| format!("`{number}`")).collect();
            text.push_str(&format!(" {} and `{last}` are known to work.", first.join(", ")));
        }
        if let Some(key) = self.skips {
            text.push_str(&format!(" Apple's key for it is `{}`.", key.name));
        }
        if let Kind::SkipKeys(others) = self.kind {
            let others: Vec<_> = others.iter().map(|key| format!("`{key}`")).collect();
            text.push_str(&format!(" Keys without a Boolean: {}.", others.join(", ")));
        }
        if let Presence::Default(literal) = self.presence {
            text.push_str(&format!(" Defaults to `{literal}`."));
        }
        text
    }
}

impl Kind {
    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Flag => Shape::Type(Type::Bool),
            Self::Integer => Shape::Type(Type::Number),
            Self::Text
            | Self::Moment
            | Self::Choice(_)
            | Self::Certificate
            | Self::Thumbprint
            | Self::Secret(_) => Shape::Type(Type::String),
            Self::Texts | Self::Guids | Self::SkipKeys(_) => Shape::Type(Type::set(Type::String)),
            Self::Object(properties) => Shape::Nested(Nesting::Single, schemas(properties)),
            Self::Objects(properties) => Shape::Nested(Nesting::List, schemas(properties)),
        }
    }
}

fn schemas(properties: &[Property]) -> Vec<Attribute> {
    properties.iter().flat_map(Property::attribute_schemas).collect()
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
