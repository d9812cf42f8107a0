//! What an apply will make of a configuration; must not ask the service anything.
//!
//! The order of steps is the one Terraform's own framework follows: start from what configuration says,
//! put in defaults, leave to be known after apply what only the service can say, keep what it said
//! before, and finally name the attributes whose change means a new entity.

use super::certificate;
use super::{
    Entity, ID, Kind, Literal, Presence, Property, Suggestions, Writing, is_false, is_true, kept_id,
};
use crate::diagnostics::Diagnostic;
use crate::value::{Number, Path, Value};

/// What an apply will do.
#[derive(Debug)]
pub struct Planned {
    /// The state after the apply, as far as it is known.
    pub state: Value,
    /// Attributes whose change means a new entity in place of the old one.
    pub requires_replace: Vec<Path>,
    /// What a person should know.
    pub diagnostics: Vec<Diagnostic>,
}

impl Planned {
    /// The same, with more to tell.
    #[must_use]
    pub fn with(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics.extend(diagnostics);
        self
    }
}

impl Entity {
    /// Plans a create (`prior` is null) or an update.
    ///
    /// `proposed` is what Terraform merged from configuration and prior state; only what no row stands
    /// for is taken from it. What `lifecycle.ignore_changes` holds on to stands in `config` already.
    /// When the line of a value goes that the service had replaced, the service's own value shows.
    pub fn plan(
        &self,
        prior: &Value,
        proposed: &Value,
        config: &Value,
        suggestions: &Suggestions,
    ) -> Planned {
        let mut fields = proposed.as_fields().cloned().unwrap_or_default();
        for property in self.properties {
            let name = property.attribute;
            let replaced = suggestions.stored_for(name, prior.field(name));
            let planned = match replaced.filter(|_| config.field(name).is_null()) {
                Some(stored) => stored,
                None => property.plan(existing(prior, name), config.field(name)),
            };
            fields.insert(name.to_owned(), planned);
        }
        self.plan_panes(prior, config, &mut fields);
        let parent = self.parent.attribute;
        let kept = kept_id(prior.field(parent), config.field(parent)).clone();
        fields.insert(parent.to_owned(), kept);
        let state = Value::Object(fields);
        let requires_replace = self.replaced_by(prior, &state);
        // A new object starts with everything off.
        let stays = requires_replace.is_empty();
        let diagnostics = if stays { self.turned_off(prior, &state) } else { Vec::new() };
        Planned { state, requires_replace, diagnostics }
    }

    /// Terraform counts a path only when the value there differs, but says nothing of a path on a
    /// create, so none is named then.
    fn replaced_by(&self, prior: &Value, planned: &Value) -> Vec<Path> {
        let parent = self.parent.attribute;
        let moved = !prior.is_null() && prior.field(parent) != planned.field(parent);
        if moved { vec![Path::attribute(parent)] } else { Vec::new() }
    }

    /// What an action turned on stays on: a plan that promises otherwise could never converge.
    fn turned_off(&self, prior: &Value, planned: &Value) -> Vec<Diagnostic> {
        let one_way =
            self.properties.iter().filter(|row| matches!(row.writing, Writing::Action(_)));
        one_way
            .map(|property| property.attribute)
            .filter(|name| is_true(prior, name) && is_false(planned, name))
            .map(|name| {
                let noun = self.noun;
                Diagnostic::error(
                    format!("`{name}` cannot be turned off"),
                    format!(
                        "This {noun} has `{name} = true`, and Microsoft Graph has no way to turn that \
                         off: it only ends when another {noun} of the same {parent} takes its place. \
                         Set `{name} = true` on the {noun} that should take over and remove the line \
                         `{name} = false` from this one.",
                        parent = self.parent.noun,
                    ),
                )
                .at(Path::attribute(name))
            })
            .collect()
    }
}

impl Property {
    /// The planned value of one attribute, from its prior value, if there was an object to have one, and
    /// its configured value.
    fn plan(&self, prior: Option<&Value>, config: &Value) -> Value {
        match (&self.kind, config, &self.presence) {
            // Terraform keeps it nowhere, not even in a plan.
            (Kind::Secret(_), ..) => Value::Null,
            (Kind::Object(properties), Value::Object(_), _) => {
                plan_object(properties, prior.unwrap_or(&Value::Null), config)
            }
            (Kind::Objects(properties), Value::List(elements), _) => {
                plan_objects(properties, prior.unwrap_or(&Value::Null), elements)
            }
            (_, Value::Null, Presence::Required | Presence::Optional) => Value::Null,
            (_, Value::Null, Presence::Default(literal)) => literal.value(),
            // What the service said before stays, even where it said nothing: that is no change.
            (_, Value::Null, Presence::OptionalComputed | Presence::Computed) => {
                prior.cloned().unwrap_or_else(|| self.known_after_apply())
            }
            // Terraform lets a plan keep the prior spelling where both mean the same.
            (_, config, _) => prior
                .filter(|prior| !prior.is_null() && self.same(prior, config))
                .unwrap_or(config)
                .clone(),
        }
    }

    /// An id and a Boolean will be there after the apply, whatever they turn out to be.
    fn known_after_apply(&self) -> Value {
        match self.kind {
            Kind::Flag => Value::unknown_not_null(),
            Kind::Text if self.graph == ID => Value::unknown_not_null(),
            _ => Value::unknown(),
        }
    }
}

/// Nested objects are planned one by one, each beside the prior object at the same place.
fn plan_objects(properties: &[Property], prior: &Value, elements: &[Value]) -> Value {
    let prior = prior.as_elements().unwrap_or_default();
    let planned = elements.iter().enumerate().map(|(index, element)| {
        plan_object(properties, prior.get(index).unwrap_or(&Value::Null), element)
    });
    Value::List(planned.collect())
}

fn plan_object(properties: &[Property], prior: &Value, config: &Value) -> Value {
    if config.as_fields().is_none() {
        return config.clone();
    }
    let planned = properties.iter().map(|property| {
        let name = property.attribute;
        let planned = match (&property.kind, config.field(name)) {
            (Kind::Thumbprint, Value::Null) => {
                plan_thumbprint(property, properties, prior.field(name), config)
            }
            (_, value) => property.plan(existing(prior, name), value),
        };
        (name.to_owned(), planned)
    });
    Value::Object(planned.collect())
}

/// A thumbprint that was left out is computed from the certificate beside it, so that the plan already
/// shows it. A prior one stays as it is spelled, unless it is that of another certificate.
fn plan_thumbprint(
    row: &Property,
    properties: &[Property],
    prior: &Value,
    config: &Value,
) -> Value {
    let Some(beside) = properties.iter().find(|row| matches!(row.kind, Kind::Certificate)) else {
        return Value::Null;
    };
    match config.field(beside.attribute).as_text().map(certificate::thumbprint) {
        Some(Ok(thumbprint)) => {
            let thumbprint = Value::Text(thumbprint);
            if row.same(prior, &thumbprint) { prior.clone() } else { thumbprint }
        }
        // Validation has already told the person what is wrong with the certificate.
        Some(Err(_)) => Value::Null,
        None => Value::unknown(),
    }
}

/// The value of an attribute of an object that exists.
fn existing<'object>(object: &'object Value, attribute: &str) -> Option<&'object Value> {
    (!object.is_null()).then(|| object.field(attribute))
}

impl Literal {
    /// The default as a value.
    pub(super) fn value(self) -> Value {
        match self {
            Self::Flag(value) => Value::Bool(value),
            Self::Integer(value) => Value::Number(Number::from(value)),
            Self::Text(value) => Value::text(value),
        }
    }
}
