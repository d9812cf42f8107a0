//! What to keep of a plan once the service has answered; must not know how it was asked.
//!
//! Terraform accepts nothing but the planned values after an apply, so whatever the plan knew stays as
//! it was, and what the service made of it is reported beside the state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entity, Json, Kind, Presence, Property, Writing, WrongAnswer};
use crate::value::{Fields, Path, Value};

/// The state after an apply, and where the service has something else.
#[derive(Debug)]
pub struct Settled {
    /// Wholly known: the planned values, and the service's where the plan left them open.
    pub state: Value,
    /// Properties of which the service stored another value than was sent.
    pub differences: Vec<Difference>,
    /// What the service put in the place of suggested values.
    pub suggestions: Suggestions,
}

/// A property of which the service stored another value than was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Its attribute.
    pub attribute: &'static str,
    /// Whether this was to be expected, because the service may choose the value.
    pub suggested: bool,
}

/// For each attribute whose value the service may replace: what was sent last, and what it stored.
///
/// Kept beside the state, so that a later read can tell the service's habit from a change that
/// somebody made.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Suggestions(BTreeMap<String, Suggestion>);

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Suggestion {
    sent: Kept,
    /// Absent when the service dropped what was sent.
    stored: Option<Kept>,
}

/// A suggested value, as far as rows have such.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
enum Kept {
    Text(String),
    Set(Vec<String>),
}

impl Entity {
    /// Brings a plan and the service's answer together.
    pub fn settle(&self, planned: &Value, answer: &Json) -> Settled {
        let mut fields = planned.as_fields().cloned().unwrap_or_default();
        let mut settled = Settled {
            state: Value::Null,
            differences: Vec::new(),
            suggestions: Suggestions::default(),
        };
        let mut stored = self.stored(planned, answer);
        for property in self.properties {
            let name = property.attribute;
            let planned = planned.field(name);
            let stored = stored.remove(name).unwrap_or(Value::Null);
            let pending = matches!(property.writing, Writing::Action(_)) && is_true_value(planned);
            if planned.is_wholly_known() && stored != *planned && !pending {
                let suggested = property.writing == Writing::Suggested;
                settled.differences.push(Difference { attribute: name, suggested });
            }
            if answer.contains_key(property.graph) {
                settled.suggestions.record(property, planned, &stored);
            }
            fields.insert(name.to_owned(), property.resolved(merge(planned, &stored)));
        }
        // What no row stands for (the parent, the time limits) is resolved before an apply begins.
        settled.state = Value::Object(fields);
        settled
    }

    /// What the service says, and what is planned where it says nothing. A property of the wrong type
    /// says nothing.
    fn stored(&self, planned: &Value, answer: &Json) -> Fields {
        let read = self.properties.iter().map(|property| {
            let (name, planned) = (property.attribute, planned.field(property.attribute));
            let stored = property
                .read(answer.get(property.graph), planned, &Path::attribute(name))
                .unwrap_or_else(|WrongAnswer { .. }| planned.clone());
            (name.to_owned(), stored)
        });
        let mut stored: Fields = read.collect();
        self.read_panes(answer, planned, &mut stored);
        stored
    }

    /// The state that a read found, where suggested values are as the service replaced them before.
    pub fn refresh(
        &self,
        answer: &Json,
        prior: &Value,
        suggestions: &Suggestions,
    ) -> Result<Value, WrongAnswer> {
        let Value::Object(mut fields) = self.read(answer, prior)? else { return Ok(Value::Null) };
        for (name, value) in &mut fields {
            if suggestions.explain(name, prior.field(name), value) {
                value.clone_from(prior.field(name));
            }
        }
        Ok(Value::Object(fields))
    }
}

impl Suggestions {
    fn record(&mut self, property: &Property, sent: &Value, stored: &Value) {
        if let (Writing::Suggested, Some(sent)) = (property.writing, Kept::of(sent)) {
            let suggestion = Suggestion { sent, stored: Kept::of(stored) };
            self.0.insert(property.attribute.to_owned(), suggestion);
        }
    }

    /// What the service stored in place of this value, if it did.
    pub(super) fn stored_for(&self, attribute: &str, sent: &Value) -> Option<Value> {
        let known = self.0.get(attribute)?;
        let stored = known.stored.as_ref().map_or(Value::Null, Kept::value);
        (known.sent.value() == *sent).then_some(stored)
    }

    /// These, with newer ones in the place of older ones.
    #[must_use]
    pub fn merged(mut self, newer: Self) -> Self {
        self.0.extend(newer.0);
        self
    }

    fn explain(&self, attribute: &str, sent: &Value, stored: &Value) -> bool {
        self.stored_for(attribute, sent).is_some_and(|known| known == *stored)
    }
}

impl Kept {
    /// None of what is null, not known, or of no type that a suggested row has.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(Self::Text(text.clone())),
            Value::Set(elements) => {
                let texts = elements.iter().map(|element| element.as_text().map(str::to_owned));
                texts.collect::<Option<_>>().map(Self::Set)
            }
            _ => None,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::text(text),
            Self::Set(texts) => Value::set(texts.iter().map(Value::text).collect()),
        }
    }
}

impl Property {
    /// A value that is still unknown when the service has answered: absent, or off.
    fn resolved(&self, value: Value) -> Value {
        match value {
            Value::Unknown(_) => match (&self.kind, &self.presence) {
                (Kind::Flag, _) => Value::Bool(false),
                (_, Presence::Default(literal)) => literal.value(),
                _ => Value::Null,
            },
            Value::List(elements) => Value::List(
                elements.into_iter().map(|element| self.resolved_object(element)).collect(),
            ),
            Value::Object(_) => self.resolved_object(value),
            known => known,
        }
    }

    fn resolved_object(&self, object: Value) -> Value {
        let (Kind::Object(properties) | Kind::Objects(properties), Value::Object(mut fields)) =
            (&self.kind, object)
        else {
            return Value::Null;
        };
        for property in *properties {
            if let Some(value) = fields.get_mut(property.attribute) {
                *value = property.resolved(std::mem::replace(value, Value::Null));
            }
        }
        Value::Object(fields)
    }
}

fn is_true_value(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

/// The plan, with the service's values where the plan left something open.
fn merge(planned: &Value, stored: &Value) -> Value {
    match (planned, stored) {
        // Null is no answer where the plan promised that there will be one.
        (Value::Unknown(_), Value::Null) => planned.clone(),
        (Value::Unknown(_), stored) => stored.clone(),
        (Value::List(planned), Value::List(stored)) if planned.len() == stored.len() => {
            Value::List(planned.iter().zip(stored).map(|(one, other)| merge(one, other)).collect())
        }
        (Value::Object(planned), Value::Object(_)) => {
            let merged = planned
                .iter()
                .map(|(name, value)| (name.clone(), merge(value, stored.field(name))));
            Value::Object(merged.collect())
        }
        (known, _) => known.clone(),
    }
}
