//! Whether an object of the service is what a plan would make; must not know why that is asked.

use super::{Entity, Json, Property, Writing};
use crate::value::{Path, Value};

/// How like an object of the service is to a planned one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Likeness {
    /// Of the same type, and alike in everything that a create sends and in everything it leaves out.
    Identical,
    /// Of the same type and name.
    Namesake,
    /// Something else.
    Different,
}

impl Entity {
    /// Compares an answer of the service with what a create of `planned` would send.
    ///
    /// What the service may choose, and what only an action turns on, is not compared: neither is there
    /// yet when the create has just been done.
    pub fn likeness(&self, planned: &Value, answer: &Json) -> Likeness {
        let is_typed = self.type_of(answer).is_some();
        if !is_typed || self.other_type(answer).is_some() || !self.has_name_of(planned, answer) {
            return Likeness::Different;
        }
        let compared = self.properties.iter().filter(|property| property.writing == Writing::Body);
        let mut alike = compared.map(|property| property.is_kept(planned, answer));
        if alike.all(|is_kept| is_kept) { Likeness::Identical } else { Likeness::Namesake }
    }

    /// Whether an answer of the service has the name that is planned.
    pub fn has_name_of(&self, planned: &Value, answer: &Json) -> bool {
        self.properties
            .iter()
            .filter(|property| property.graph == self.name)
            .all(|property| property.is_kept(planned, answer))
    }
}

impl Property {
    /// Whether the answer holds what is planned. An answer that says nothing of a value that was sent
    /// proves nothing.
    fn is_kept(&self, planned: &Value, answer: &Json) -> bool {
        let planned = planned.field(self.attribute);
        let stored = answer.get(self.graph);
        if planned.is_unknown() {
            return true;
        }
        if stored.is_none_or(serde_json::Value::is_null) && !self.unechoed {
            return self.same(planned, &Value::Null);
        }
        let path = Path::attribute(self.attribute);
        self.read(stored, planned, &path).is_ok_and(|stored| self.same(planned, &stored))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;
    use crate::resources::dep_enrollment_profile::ENTITY;

    fn planned() -> Value {
        let mut planned = ENTITY.read(&Json::new(), &Value::Null).unwrap();
        let Value::Object(fields) = &mut planned else { panic!("an object") };
        fields.insert("display_name".into(), Value::text("Lab"));
        fields.insert("siri_disabled".into(), Value::Bool(true));
        fields.insert("is_default".into(), Value::Bool(true));
        fields.insert("id".into(), Value::unknown());
        planned
    }

    fn answered(changes: serde_json::Value) -> Likeness {
        let mut answer = ENTITY.create_body(&planned());
        answer.insert("id".into(), json!("token_1"));
        answer.insert("isDefault".into(), json!(false));
        answer.insert("description".into(), json!(""));
        answer.insert("configurationEndpointUrl".into(), json!("https://somewhere.example"));
        answer.extend(changes.as_object().unwrap().clone());
        ENTITY.likeness(&planned(), &answer)
    }

    #[test]
    fn what_a_create_made_is_recognised() {
        assert_eq!(answered(json!({})), Likeness::Identical);
    }

    #[test]
    fn one_other_value_makes_a_namesake() {
        for changes in [
            json!({"siriDisabled": false}),
            json!({"siriDisabled": null}),
            json!({"siriDisabled": "true"}),
            json!({"description": "somebody else's"}),
            json!({"managementCertificates": [{"certificate": "AA=="}]}),
        ] {
            assert_eq!(answered(changes.clone()), Likeness::Namesake, "{changes}");
        }
    }

    #[test]
    fn another_name_or_type_is_something_else() {
        for changes in [
            json!({"displayName": "lab"}),
            json!({"displayName": null}),
            json!({"@odata.type": "#microsoft.graph.depIOSEnrollmentProfile"}),
            json!({"@odata.type": null}),
        ] {
            assert_eq!(answered(changes.clone()), Likeness::Different, "{changes}");
        }
    }
}
