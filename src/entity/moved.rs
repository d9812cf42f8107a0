//! From the state of another resource that stands for the same object to an entity's own (`moved`
//! blocks); must not know which resources those are, and asks nobody.
//!
//! What counts is the object's id and its parent's. The rest is taken over as far as it fits, since the
//! refresh that follows says what is there; what does not fit is left out.

use serde_json::Value as JsonValue;

use super::id::parent_of;
use super::{Entity, ID, Json};
use crate::schema::Attribute;
use crate::value::{Fields, Value, json};

/// A resource of another provider whose objects may be an entity.
#[derive(Debug)]
pub struct Source {
    /// Namespace and type of the provider: `microsoft/msgraph`. Every registry knows it by that.
    pub provider: &'static str,
    /// The resource's name in configuration.
    pub type_name: &'static str,
    /// How its state says what it is.
    pub form: Form,
}

/// How the state of a [`Source`] says what it is.
#[derive(Debug)]
pub enum Form {
    /// One attribute for each property, as here, for objects of this type of Graph's.
    Attributes {
        /// The type, as `@odata.type` gives it.
        graph_type: &'static str,
        /// The attribute that holds the parent's id; it may be null.
        parent: &'static str,
        /// Attributes with another name there than here.
        renamed: &'static [(&'static str, &'static str)],
    },
    /// Any object of Graph's: the path of its collection, its id, and its body.
    Untyped {
        /// The attribute that holds the path.
        url: &'static str,
        /// The attribute that holds the body, whose type only the state knows.
        body: &'static str,
    },
}

/// What a state says of the object that it stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moved {
    /// The state, wholly known.
    pub state: Value,
    /// Whether the object is certain to be of the entity's type; if not, the next read has to look.
    pub is_certain: bool,
}

impl Entity {
    /// The state of the object that a state of `source` stands for.
    ///
    /// # Errors
    ///
    /// In words, when it is no object of this entity's type, or does not say which.
    pub fn moved_from(&self, source: &Source, stored: &Json) -> Result<Moved, String> {
        match &source.form {
            Form::Attributes { graph_type, parent, renamed } => {
                if *graph_type != self.graph_type {
                    return Err(format!("it stands for `{graph_type}`, not `{}`", self.graph_type));
                }
                let id = own_id(stored)?;
                let parent = text(stored, parent).or_else(|| parent_of(id));
                let parent = parent.ok_or_else(|| self.parent_unknown())?;
                Ok(Moved { state: self.taken_over(stored, renamed, parent, id), is_certain: true })
            }
            Form::Untyped { url, body } => {
                let id = own_id(stored)?;
                let url = text(stored, url).unwrap_or_default();
                let parent = self
                    .parent_in(url)
                    .ok_or_else(|| format!("`{url}` is not where an {} is", self.noun))?;
                let body = stored.get(*body).map_or(&JsonValue::Null, untagged);
                self.taken_from_body(body, &parent, id)
            }
        }
    }

    /// The state of the object that a state of another entity stands for. The type of an object never
    /// changes, so this is for one that was declared as what it is not.
    ///
    /// # Errors
    ///
    /// In words, when that entity lives elsewhere, or the state does not say which object it is.
    pub fn redeclared(&self, other: &Self, stored: &Json) -> Result<Moved, String> {
        if !std::ptr::eq(self.parent, other.parent) {
            return Err(format!("no {} is ever an {}", other.noun, self.noun));
        }
        let parent = text(stored, self.parent.attribute).ok_or_else(|| self.parent_unknown())?;
        let state = self.taken_over(stored, &[], parent, own_id(stored)?);
        Ok(Moved { state, is_certain: false })
    }

    fn parent_unknown(&self) -> String {
        format!("it does not say which {} it belongs to", self.parent.noun)
    }

    /// A state with these ids and every attribute that fits.
    fn taken_over(&self, stored: &Json, renamed: &[(&str, &str)], parent: &str, id: &str) -> Value {
        let attributes = self.schema().block.attributes;
        let taken = attributes.iter().map(|attribute| {
            let there = renamed.iter().find(|(_, here)| *here == attribute.name);
            let there = there.map_or(attribute.name.as_str(), |(there, _)| there);
            (attribute.name.clone(), fitting(attribute, stored.get(there)))
        });
        self.with_ids(taken.collect(), parent, id)
    }

    fn taken_from_body(&self, body: &JsonValue, parent: &str, id: &str) -> Result<Moved, String> {
        let nothing = Json::new();
        let body = body.as_object().unwrap_or(&nothing);
        let is_typed = body.contains_key("@odata.type");
        if let Some(other) = self.other_type(body).filter(|_| is_typed) {
            return Err(format!("its object is `{other}`, not `{}`", self.graph_type));
        }
        let empty = self.taken_over(&nothing, &[], parent, id);
        // A body that says something of another type is no more than a body that says nothing.
        let state = self.read(body, &empty).unwrap_or(empty);
        let fields = state.as_fields().cloned().unwrap_or_default();
        Ok(Moved { state: self.with_ids(fields, parent, id), is_certain: is_typed })
    }

    fn with_ids(&self, mut fields: Fields, parent: &str, id: &str) -> Value {
        fields.insert(self.parent.attribute.to_owned(), Value::text(parent));
        fields.insert(ID.to_owned(), Value::text(id));
        // Keys that somebody else kept would be taken for ours; what the refresh finds decides.
        if let Some(keys) = self.keys_row() {
            fields.insert(keys.attribute.to_owned(), Value::Null);
        }
        Value::Object(fields)
    }

    /// The parent's id in the path of its collection of entities, with or without the version and with
    /// the id as a segment or in parentheses.
    fn parent_in(&self, url: &str) -> Option<String> {
        let path = url.split('?').next()?.trim_matches('/').replace("('", "/").replace("')", "");
        let mut segments = path.split('/').peekable();
        segments.next_if(|first| ["beta", "v1.0"].contains(first));
        for expected in self.parent.collection {
            segments.next().filter(|segment| segment.eq_ignore_ascii_case(expected))?;
        }
        let parent = segments.next().filter(|segment| !segment.is_empty())?;
        segments.next().filter(|last| last.eq_ignore_ascii_case(self.parent.children))?;
        segments.next().is_none().then(|| parent.to_owned())
    }
}

fn own_id(stored: &Json) -> Result<&str, String> {
    text(stored, ID).ok_or_else(|| "it holds no id".to_owned())
}

fn text<'stored>(stored: &'stored Json, name: &str) -> Option<&'stored str> {
    stored.get(name).and_then(JsonValue::as_str).filter(|text| !text.is_empty())
}

/// A value whose type only the state knows stands beside that type.
fn untagged(stored: &JsonValue) -> &JsonValue {
    match stored.as_object() {
        Some(parts) if parts.len() == 2 && parts.contains_key("type") => {
            parts.get("value").unwrap_or(stored)
        }
        _ => stored,
    }
}

fn fitting(attribute: &Attribute, stored: Option<&JsonValue>) -> Value {
    let Some(stored) = stored.filter(|_| !attribute.write_only) else { return Value::Null };
    let type_ = attribute.implied_type();
    json::decode(stored.to_string().as_bytes(), &type_, json::Undefined::Refuse)
        .unwrap_or(Value::Null)
}
