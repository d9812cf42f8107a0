//! From values to Graph's JSON and back; must not know when or why it is sent.

use std::collections::BTreeSet;

use serde_json::Value as JsonValue;

use super::certificate;
use super::{Entity, ID, Json, Kind, Property, Writing};
use crate::value::{Number, Path, Value};

const TYPE: &str = "@odata.type";

/// An answer whose property has not the type that Graph's metadata declares.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{graph} is {found}, where Graph's metadata declares {declared}")]
pub struct WrongAnswer {
    /// The attribute that stands for the property.
    pub path: Path,
    /// The property's name.
    pub graph: &'static str,
    /// What the answer held.
    pub found: &'static str,
    /// What it should have held.
    pub declared: &'static str,
}

impl Entity {
    /// The body of a create: the type, and everything that is known and not null.
    ///
    /// What only an action turns on is sent as configured, and as off where nothing is said: Graph
    /// documents no default for a Boolean that is left out.
    pub fn create_body(&self, planned: &Value) -> Json {
        let mut body = self.typed_body();
        for property in self.properties {
            let value = match (planned.field(property.attribute), property.writing) {
                (_, Writing::Never) => continue,
                (Value::Unknown(_), Writing::Action(_)) => &Value::Bool(false),
                (value, _) => value,
            };
            let value = match property.kind {
                Kind::SkipKeys(_) => &self.sent_keys(planned).unwrap_or(Value::Null),
                _ => value,
            };
            if !value.is_null() && !value.is_unknown() {
                body.insert(property.graph.to_owned(), property.to_graph(value));
            }
        }
        body
    }

    /// The body of an update: the type and every property whose value changed; none when no property
    /// that an update can write did.
    pub fn update_body(&self, prior: &Value, planned: &Value) -> Option<Json> {
        let mut body = self.typed_body();
        let sent_with_type_only = body.len();
        for property in self.properties {
            let (old, new) = match property.kind {
                Kind::SkipKeys(_) => {
                    let sent = |state| self.sent_keys(state).unwrap_or_else(Value::unknown);
                    (&sent(prior), &sent(planned))
                }
                _ => (prior.field(property.attribute), planned.field(property.attribute)),
            };
            let written = matches!(property.writing, Writing::Body | Writing::Suggested);
            if written && !new.is_unknown() && !property.same(old, new) {
                body.insert(property.graph.to_owned(), property.to_graph(new));
            }
        }
        (body.len() > sent_with_type_only).then_some(body)
    }

    /// The actions that an apply must call to turn on what the plan turns on, with their attributes.
    pub fn actions(&self, before: &Value, planned: &Value) -> Vec<(&'static str, &'static str)> {
        let on = |state: &Value, attribute| state.field(attribute).as_bool() == Some(true);
        self.properties
            .iter()
            .filter_map(|property| match property.writing {
                Writing::Action(action) => Some((property.attribute, action)),
                Writing::Body | Writing::Suggested | Writing::Never => None,
            })
            .filter(|(attribute, _)| on(planned, attribute) && !on(before, attribute))
            .collect()
    }

    /// The state that an answer of Graph stands for, in the spelling of `prior` wherever the two mean
    /// the same, so that no plan shows a change that is none.
    pub fn read(&self, answer: &Json, prior: &Value) -> Result<Value, WrongAnswer> {
        let mut fields = prior.as_fields().cloned().unwrap_or_default();
        for property in self.properties {
            let name = property.attribute;
            let path = Path::attribute(name);
            let value = property.read(answer.get(property.graph), prior.field(name), &path)?;
            // An object answers to the id it was asked by, whatever the answer says.
            let known_id = fields.get(name).filter(|id| name == ID && !id.is_null()).cloned();
            fields.insert(name.to_owned(), known_id.unwrap_or(value));
        }
        self.read_panes(answer, prior, &mut fields);
        Ok(Value::Object(fields))
    }

    /// The id in an answer.
    pub fn id_of(answer: &Json) -> Option<&str> {
        answer.get(ID).and_then(JsonValue::as_str).filter(|id| !id.is_empty())
    }

    /// The type of an answer, when it is another than this entity's.
    pub fn other_type<'answer>(&self, answer: &'answer Json) -> Option<&'answer str> {
        let found = self.type_of(answer)?;
        let bare = |name: &str| name.trim_start_matches('#').to_owned();
        (bare(found) != bare(self.graph_type)).then_some(found)
    }

    /// The type of an answer: one without an annotation is of the type that its collection declares.
    /// None when the annotation makes no sense.
    pub(super) fn type_of<'answer>(&self, answer: &'answer Json) -> Option<&'answer str> {
        answer.get(TYPE).map_or(Some(self.parent.child_type), JsonValue::as_str)
    }

    /// The body of a change that says nothing but the type.
    pub fn typed_body(&self) -> Json {
        Json::from_iter([(TYPE.to_owned(), self.graph_type.into())])
    }
}

impl Property {
    /// Graph's form of a known value.
    pub(super) fn to_graph(&self, value: &Value) -> JsonValue {
        match (&self.kind, value) {
            // OData has no null collection: removing the last line empties it.
            (Kind::Objects(_) | Kind::Texts | Kind::Guids | Kind::SkipKeys(_), Value::Null) => {
                JsonValue::Array(Vec::new())
            }
            (Kind::Texts | Kind::Guids | Kind::SkipKeys(_), Value::Set(elements)) => {
                elements.iter().filter_map(Value::as_text).collect()
            }
            (Kind::Object(properties), Value::Object(_)) => object_to_graph(properties, value),
            (Kind::Objects(properties), Value::List(elements)) => {
                elements.iter().map(|element| object_to_graph(properties, element)).collect()
            }
            (Kind::Certificate, Value::Text(text)) => certificate::compact(text).into(),
            (_, Value::Bool(flag)) => (*flag).into(),
            (_, Value::Text(text)) => text.as_str().into(),
            (_, Value::Number(number)) => number.as_i64().into(),
            _ => JsonValue::Null,
        }
    }

    /// The value of an answer's property, in the spelling of `prior` where the two mean the same. A
    /// property that the answer lacks keeps its prior value: missing is not false.
    pub(super) fn read(
        &self,
        answer: Option<&JsonValue>,
        prior: &Value,
        path: &Path,
    ) -> Result<Value, WrongAnswer> {
        let Some(answer) = answer.filter(|answer| !self.says_nothing(answer)) else {
            return Ok(prior.clone());
        };
        let value = match (&self.kind, answer) {
            // Whatever a service may answer in its place, it is not kept.
            (Kind::Secret(_), _) | (_, JsonValue::Null) => Value::Null,
            (Kind::Flag, JsonValue::Bool(flag)) => Value::Bool(*flag),
            (Kind::Integer, JsonValue::Number(number)) => {
                let number = Number::parse(&number.to_string()).filter(Number::is_integer);
                Value::Number(number.ok_or_else(|| self.wrong(answer, path))?)
            }
            // A member that today's metadata does not know is kept as it is.
            (
                Kind::Text | Kind::Moment | Kind::Choice(_) | Kind::Certificate | Kind::Thumbprint,
                JsonValue::String(text),
            ) => Value::text(text),
            (Kind::Texts | Kind::Guids | Kind::SkipKeys(_), JsonValue::Array(elements)) => {
                let texts = elements.iter().map(|element| match element {
                    JsonValue::String(text) => Ok(Value::text(text)),
                    other => Err(self.wrong(other, path)),
                });
                Value::set(texts.collect::<Result<_, _>>()?)
            }
            (Kind::Object(properties), JsonValue::Object(_)) => {
                self.read_object(properties, answer, prior, path)?
            }
            (Kind::Objects(properties), JsonValue::Array(elements)) => {
                return self.read_objects(properties, elements, prior, path);
            }
            _ => return Err(self.wrong(answer, path)),
        };
        Ok(if self.same(prior, &value) { prior.clone() } else { value })
    }

    /// Whether two known values mean the same to the service.
    pub(super) fn same(&self, one: &Value, other: &Value) -> bool {
        match (&self.kind, one, other) {
            (Kind::Text, Value::Null, Value::Text(text))
            | (Kind::Text, Value::Text(text), Value::Null) => text.is_empty(),
            (Kind::Certificate, Value::Text(one), Value::Text(other)) => {
                certificate::compact(one) == certificate::compact(other)
            }
            (Kind::Thumbprint, Value::Text(one), Value::Text(other)) => {
                certificate::thumbprint_digits(one) == certificate::thumbprint_digits(other)
            }
            (Kind::Objects(_), Value::Null, Value::List(elements))
            | (Kind::Objects(_), Value::List(elements), Value::Null)
            | (Kind::Texts | Kind::Guids | Kind::SkipKeys(_), Value::Null, Value::Set(elements))
            | (Kind::Texts | Kind::Guids | Kind::SkipKeys(_), Value::Set(elements), Value::Null) => {
                elements.is_empty()
            }
            (Kind::Guids, Value::Set(one), Value::Set(other)) => digits(one) == digits(other),
            (Kind::Object(properties), Value::Object(_), Value::Object(_)) => {
                same_object(properties, one, other)
            }
            (Kind::Objects(properties), Value::List(one), Value::List(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| same_object(properties, one, other))
            }
            _ => one == other,
        }
    }

    /// Whether an answer to a row that is not always echoed is no answer.
    fn says_nothing(&self, answer: &JsonValue) -> bool {
        let empty = answer.is_null() || answer.as_array().is_some_and(Vec::is_empty);
        self.unechoed && empty
    }

    /// A collection comes back in any order. Where it holds what `prior` holds, the order and spelling
    /// of `prior` stay.
    fn read_objects(
        &self,
        properties: &[Self],
        elements: &[JsonValue],
        prior: &Value,
        path: &Path,
    ) -> Result<Value, WrongAnswer> {
        let before = prior.as_elements().unwrap_or_default();
        let mut remaining: Vec<&JsonValue> = elements.iter().collect();
        let mut paired = Vec::with_capacity(before.len());
        for (index, old) in before.iter().enumerate() {
            let path = path.then_index(index);
            for position in 0..remaining.len() {
                let Some(candidate) = remaining.get(position) else { break };
                let new = self.read_object(properties, candidate, old, &path)?;
                if same_object(properties, old, &new) {
                    paired.push(new);
                    remaining.remove(position);
                    break;
                }
            }
        }
        if paired.len() == before.len() && remaining.is_empty() {
            return Ok(if prior.is_null() { Value::Null } else { Value::List(paired) });
        }
        let read = elements.iter().enumerate().map(|(index, element)| {
            self.read_object(properties, element, &Value::Null, &path.then_index(index))
        });
        Ok(Value::List(read.collect::<Result<_, _>>()?))
    }

    fn read_object(
        &self,
        properties: &[Self],
        answer: &JsonValue,
        prior: &Value,
        path: &Path,
    ) -> Result<Value, WrongAnswer> {
        let JsonValue::Object(answer) = answer else { return Err(self.wrong(answer, path)) };
        let read = properties.iter().map(|property| {
            let name = property.attribute;
            let path = path.then_attribute(name);
            let value = property.read(answer.get(property.graph), prior.field(name), &path)?;
            Ok((name.to_owned(), value))
        });
        let object = Value::Object(read.collect::<Result<_, _>>()?);
        Ok(with_thumbprint(properties, object))
    }

    fn wrong(&self, answer: &JsonValue, path: &Path) -> WrongAnswer {
        WrongAnswer {
            path: path.clone(),
            graph: self.graph,
            found: json_type(answer),
            declared: self.kind.edm(),
        }
    }
}

impl Kind {
    /// The declared type in words.
    const fn edm(&self) -> &'static str {
        match self {
            Self::Flag => "a Boolean",
            Self::Integer => "an integer",
            Self::Text
            | Self::Choice(_)
            | Self::Certificate
            | Self::Thumbprint
            | Self::Secret(_) => "a string",
            Self::Moment => "a moment",
            Self::Texts | Self::Guids | Self::SkipKeys(_) => "a collection of strings",
            Self::Object(_) => "an object",
            Self::Objects(_) => "a collection of objects",
        }
    }
}

fn object_to_graph(properties: &[Property], element: &Value) -> JsonValue {
    let known = properties.iter().filter_map(|property| {
        let value = element.field(property.attribute);
        let sent = !value.is_null() && !value.is_unknown();
        sent.then(|| (property.graph.to_owned(), property.to_graph(value)))
    });
    JsonValue::Object(known.collect())
}

/// GUIDs in the one spelling in which they can be compared.
fn digits(guids: &[Value]) -> BTreeSet<String> {
    guids.iter().filter_map(Value::as_text).map(str::to_ascii_lowercase).collect()
}

/// What is not known yet, or was not said, is the same as anything.
fn same_object(properties: &[Property], one: &Value, other: &Value) -> bool {
    properties.iter().all(|property| {
        let one = one.field(property.attribute);
        let other = other.field(property.attribute);
        let computed = matches!(property.kind, Kind::Thumbprint);
        let unsaid = |value: &Value| value.is_unknown() || (computed && value.is_null());
        unsaid(one) || unsaid(other) || property.same(one, other)
    })
}

/// A service that keeps no thumbprint must not make the next plan compute one as if it were a change.
fn with_thumbprint(properties: &[Property], object: Value) -> Value {
    let Value::Object(mut fields) = object else { return object };
    let certificate = properties
        .iter()
        .find(|property| matches!(property.kind, Kind::Certificate))
        .and_then(|property| fields.get(property.attribute)?.as_text())
        .and_then(|text| certificate::thumbprint(text).ok());
    let row = properties.iter().find(|property| matches!(property.kind, Kind::Thumbprint));
    if let (Some(row), Some(thumbprint)) = (row, certificate) {
        let value = fields.entry(row.attribute.to_owned()).or_insert(Value::Null);
        if value.is_null() || value.is_unknown() {
            *value = Value::Text(thumbprint);
        }
    }
    Value::Object(fields)
}

const fn json_type(value: &JsonValue) -> &'static str {
    match value {
        JsonValue::Null => "null",
        JsonValue::Bool(_) => "a Boolean",
        JsonValue::Number(_) => "a number",
        JsonValue::String(_) => "a string",
        JsonValue::Array(_) => "an array",
        JsonValue::Object(_) => "an object",
    }
}
