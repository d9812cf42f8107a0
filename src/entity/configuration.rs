//! From a state back to the configuration that a person would have written; must not know how it is
//! spelled.

use super::{Entity, Kind, Literal, Presence, Property, Writing};
use crate::value::{Number, Value};

impl Entity {
    /// The configuration that this state stands for, with nothing in it that may be left out: what only
    /// the service sets, what it chooses by itself and what equals its default is null.
    pub fn configuration(&self, state: &Value) -> Value {
        let parent = self.parent.attribute;
        let rows = self.properties.iter().map(|property| {
            let value = state.field(property.attribute);
            let configured = match property.kind {
                Kind::SkipKeys(_) => self.keys_of_no_pane(value),
                _ => property.configured(value),
            };
            (property.attribute.to_owned(), configured)
        });
        let parent = (parent.to_owned(), state.field(parent).clone());
        Value::Object(rows.chain([parent]).collect())
    }

    /// The same without orders, for whoever only wants to take an object over: that it is the default
    /// today is no reason to make it the default again when somebody has chosen another.
    pub fn adopted(&self, state: &Value) -> Value {
        let Value::Object(mut fields) = self.configuration(state) else { return Value::Null };
        let orders = self.properties.iter().filter(|row| matches!(row.writing, Writing::Action(_)));
        fields.extend(orders.map(|row| (row.attribute.to_owned(), Value::Null)));
        Value::Object(fields)
    }

    /// A key of a pane is another way to write the pane's Boolean, which is written already. A doubtful
    /// one does not follow from its Boolean.
    fn keys_of_no_pane(&self, keys: &Value) -> Value {
        let of_pane = |key: &Value| {
            self.panes().any(|pane| !pane.key.doubtful && key.as_text() == Some(pane.key.name))
        };
        let keys = keys.as_elements().unwrap_or_default().iter();
        let others: Vec<_> = keys.filter(|key| !of_pane(key)).cloned().collect();
        if others.is_empty() { Value::Null } else { Value::set(others) }
    }
}

impl Property {
    fn configured(&self, value: &Value) -> Value {
        match (&self.presence, self.writing) {
            (Presence::Computed, _) | (_, Writing::Suggested | Writing::Never) => Value::Null,
            // On again and again is no change; off is what nobody can order.
            (_, Writing::Action(_)) if value.as_bool() != Some(true) => Value::Null,
            (Presence::Default(literal), _) if literal.equals(value) => Value::Null,
            (Presence::Required, _) => self.without_computed(value),
            // What is empty and what is absent mean the same to the service.
            _ if value.as_text() == Some("") || value.as_elements() == Some(&[]) => Value::Null,
            _ => self.without_computed(value),
        }
    }

    /// The same, with nothing in it that is computed when it is left out.
    fn without_computed(&self, value: &Value) -> Value {
        match (&self.kind, value) {
            (Kind::Thumbprint | Kind::Secret(_), _) => Value::Null,
            (Kind::Objects(rows), Value::List(elements)) => {
                Value::List(elements.iter().map(|element| object(rows, element)).collect())
            }
            (Kind::Object(rows), Value::Object(_)) => object(rows, value),
            _ => value.clone(),
        }
    }
}

fn object(rows: &[Property], value: &Value) -> Value {
    let configured = |row: &Property| row.configured(value.field(row.attribute));
    Value::Object(rows.iter().map(|row| (row.attribute.to_owned(), configured(row))).collect())
}

impl Literal {
    fn equals(self, value: &Value) -> bool {
        match self {
            Self::Flag(flag) => value.as_bool() == Some(flag),
            Self::Integer(number) => value.as_number() == Some(&Number::from(number)),
            Self::Text(text) => value.as_text() == Some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{dep_enrollment_profile, dep_ios_enrollment_profile};
    use crate::value::Fields;

    fn configuration(fields: &[(&str, Value)]) -> Fields {
        of(&dep_enrollment_profile::ENTITY, fields)
    }

    fn of(entity: &Entity, fields: &[(&str, Value)]) -> Fields {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        match entity.configuration(&Value::Object(fields.collect())) {
            Value::Object(fields) => {
                fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
            }
            _ => Fields::new(),
        }
    }

    #[test]
    fn only_what_a_person_would_have_written_is_left() {
        let written = configuration(&[
            ("dep_onboarding_setting_id", Value::text("t")),
            ("id", Value::text("t_1")),
            ("display_name", Value::text("Lab")),
            ("description", Value::text("")),
            ("configuration_endpoint_url", Value::text("https://enroll.example")),
            ("is_default", Value::Bool(false)),
            ("siri_disabled", Value::Bool(true)),
            ("zoom_disabled", Value::Bool(false)),
            ("itunes_pairing_mode", Value::text("disallow")),
            ("shared_ipad_maximum_user_count", Value::Number(Number::from(0_i64))),
            ("management_certificates", Value::List(Vec::new())),
        ]);
        let names: Vec<_> = written.keys().map(String::as_str).collect();
        assert_eq!(names, ["dep_onboarding_setting_id", "display_name", "siri_disabled"]);
    }

    #[test]
    fn what_differs_from_its_default_stays() {
        let written = configuration(&[
            ("display_name", Value::text("")),
            ("is_default", Value::Bool(true)),
            ("itunes_pairing_mode", Value::text("allow")),
            ("shared_ipad_maximum_user_count", Value::Number(Number::from(3_i64))),
        ]);
        assert_eq!(written.len(), 4, "{written:?}");
    }

    #[test]
    fn only_keys_that_no_boolean_stands_for_are_written() {
        let keys = |keys: &[&str]| Value::set(keys.iter().map(Value::text).collect());
        let written =
            |state| of(&dep_ios_enrollment_profile::ENTITY, &[("enabled_skip_keys", state)]);
        assert!(written(keys(&["Siri", "Zoom"])).is_empty());
        let left = written(keys(&["Siri", "Welcome to the future"]));
        assert_eq!(left.get("enabled_skip_keys"), Some(&keys(&["Welcome to the future"])));
    }
}
