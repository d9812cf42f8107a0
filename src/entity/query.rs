//! What a query asks for (`terraform query`) and which objects it means; must not know how they are
//! found.

use super::{Entity, Json, Kind, Property};
use crate::diagnostics::Diagnostic;
use crate::schema::{Attribute, Block, Schema};
use crate::value::{Path, Type, Value, normal_form};

/// What somebody asks for: all of them, unless something is said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    /// The only parent to look under.
    pub parent_id: Option<String>,
    name: Option<String>,
    part_of_name: Option<String>,
}

impl Entity {
    /// The schema of a query's `config` block.
    pub fn query_schema(&self) -> Schema {
        let optional = |name: &str, description: &str| Attribute {
            optional: true,
            ..Attribute::of_type(name, Type::String, description)
        };
        let (noun, above, parent) = (self.noun, self.parent.noun, self.parent.attribute);
        let mut attributes = vec![optional(
            parent,
            &format!("Id of the only {above} to look under. All of them when left out."),
        )];
        if let Some(row) = self.name_row() {
            let name = row.attribute;
            attributes.push(optional(
                name,
                &format!("The {noun}'s whole name, compared letter by letter."),
            ));
            attributes.push(optional(
                &containing(name),
                &format!("A part of the {noun}'s name, in upper or lower case."),
            ));
        }
        let description = format!(
            "Finds every `{}` that Microsoft Intune holds, for `terraform query`.",
            self.type_name
        );
        Schema { version: 0, block: Block { attributes, description, ..Block::default() } }
    }

    /// What is wrong with a query. Values that are not known yet pass.
    pub fn validate_query(&self, config: &Value) -> Vec<Diagnostic> {
        let fields = config.as_fields().into_iter().flatten();
        let empty = fields.filter(|(_, value)| value.as_text() == Some(""));
        empty
            .map(|(name, _)| {
                let detail = format!(
                    "Nothing has an empty `{name}`. Leave the line out to find whatever it may be."
                );
                Diagnostic::error(format!("`{name}` is empty"), detail).at(Path::attribute(name))
            })
            .collect()
    }

    /// What a `config` block asks for.
    pub fn query(&self, config: &Value) -> Query {
        let text = |name: &str| config.field(name).as_text().map(str::to_owned);
        let name = self.name_row().map(|row| row.attribute);
        Query {
            parent_id: text(self.parent.attribute),
            name: name.and_then(text),
            part_of_name: name.and_then(|name| text(&containing(name))),
        }
    }

    /// Whether an object is of this type and means what is asked for, as far as its parent is right.
    pub fn is_asked_for(&self, query: &Query, object: &Json) -> bool {
        let name = normal_form(self.name_of(object).unwrap_or_default());
        let is_named = query.name.as_ref().is_none_or(|wanted| *wanted == name);
        let holds = |part: &String| name.to_lowercase().contains(&part.to_lowercase());
        is_named
            && query.part_of_name.as_ref().is_none_or(holds)
            && self.type_of(object).is_some()
            && self.other_type(object).is_none()
    }

    /// The name that people know an object by.
    pub fn name_of<'object>(&self, object: &'object Json) -> Option<&'object str> {
        object.get(self.name).and_then(serde_json::Value::as_str)
    }

    /// Whether an object shows every property that is managed. A listing may leave some out.
    pub fn is_whole(&self, object: &Json) -> bool {
        let mut shown = self.properties.iter().filter(|row| !matches!(row.kind, Kind::Secret(_)));
        shown.all(|row| object.contains_key(row.graph))
    }

    fn name_row(&self) -> Option<&'static Property> {
        self.properties.iter().find(|row| row.graph == self.name)
    }
}

fn containing(name: &str) -> String {
    format!("{name}_contains")
}
