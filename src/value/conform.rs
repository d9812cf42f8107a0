//! Whether a value is of a type; knows no encoding.

use super::{DecodeError, Refinement, Step, Type, Value};

impl Value {
    /// Checks that this is a value of the type, all the way down.
    ///
    /// Null and unknown are values of every type. An object has exactly the attributes of its type:
    /// Terraform refuses an object that lacks one or has one more.
    ///
    /// # Errors
    ///
    /// The first place where value and type differ, and how.
    pub fn conforms(&self, type_: &Type) -> Result<(), DecodeError> {
        match (self, type_) {
            (Self::Null, _)
            | (Self::Bool(_), Type::Bool)
            | (Self::Number(_), Type::Number)
            | (Self::Text(_), Type::String) => Ok(()),
            (Self::Unknown(refinement), type_) => refinement_suits(refinement, type_),
            (Self::Dynamic(typed), Type::Dynamic) => typed.1.conforms(&typed.0),
            (Self::List(elements), Type::List(type_)) => elements_conform(elements, type_),
            (Self::Set(elements), Type::Set(type_)) => {
                elements_conform(elements, type_).map_err(DecodeError::within_set)
            }
            (Self::Tuple(elements), Type::Tuple(types)) => {
                if elements.len() != types.len() {
                    return Err(wrong_length(types.len(), elements.len()));
                }
                let pairs = elements.iter().zip(types);
                pairs.enumerate().try_for_each(|(index, (element, type_))| {
                    element.conforms(type_).map_err(|error| error.within(Step::Index(index)))
                })
            }
            (Self::Map(fields), Type::Map(type_)) => fields.iter().try_for_each(|(key, value)| {
                value.conforms(type_).map_err(|error| error.within(Step::Key(key.clone())))
            }),
            (Self::Object(fields), Type::Object(attributes, _)) => {
                if let Some(name) = attributes.keys().find(|name| !fields.contains_key(*name)) {
                    return Err(missing_attribute(name));
                }
                fields.iter().try_for_each(|(name, value)| {
                    let type_ = attributes.get(name).ok_or_else(|| unexpected_attribute(name))?;
                    value
                        .conforms(type_)
                        .map_err(|error| error.within(Step::Attribute(name.clone())))
                })
            }
            _ => Err(mismatch(type_, self.noun())),
        }
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "an unknown value",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Tuple(_) => "a tuple",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Dynamic(_) => "a value with its type",
        }
    }
}

impl Refinement {
    /// What of this is a promise about values of this type; the rest means nothing there.
    pub(super) fn for_type(self, type_: &Type) -> Self {
        let (text, number) = (*type_ == Type::String, *type_ == Type::Number);
        let collection = matches!(type_, Type::List(_) | Type::Set(_) | Type::Map(_));
        Self {
            null: self.null,
            prefix: self.prefix.filter(|_| text),
            lower: self.lower.filter(|_| number),
            upper: self.upper.filter(|_| number),
            length_min: self.length_min.filter(|_| collection),
            length_max: self.length_max.filter(|_| collection),
        }
    }
}

pub(super) fn mismatch(type_: &Type, found: &str) -> DecodeError {
    DecodeError::here(format!("{} is required, found {found}", type_.noun()))
}

pub(super) fn wrong_length(required: usize, found: usize) -> DecodeError {
    DecodeError::here(format!(
        "a tuple of length {required} is required, found one of length {found}"
    ))
}

pub(super) fn missing_attribute(name: &str) -> DecodeError {
    DecodeError::here(format!("the attribute {name:?} is missing"))
}

pub(super) fn unexpected_attribute(name: &str) -> DecodeError {
    DecodeError::here(format!("the attribute {name:?} is not one of the type"))
}

fn elements_conform(elements: &[Value], type_: &Type) -> Result<(), DecodeError> {
    elements.iter().enumerate().try_for_each(|(index, element)| {
        element.conforms(type_).map_err(|error| error.within(Step::Index(index)))
    })
}

/// Terraform refuses a refinement that makes no sense for the type, such as a prefix of a number.
fn refinement_suits(refinement: &Refinement, type_: &Type) -> Result<(), DecodeError> {
    if *refinement == Refinement::default() || refinement.clone().for_type(type_) == *refinement {
        Ok(())
    } else {
        Err(DecodeError::here(format!("{} cannot be refined like that", type_.noun())))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::super::{Fields, Number};
    use super::*;

    fn problem(value: &Value, type_: &Type) -> String {
        value.conforms(type_).unwrap_err().to_string()
    }

    #[test]
    fn null_and_unknown_are_values_of_every_type() {
        for type_ in [Type::Bool, Type::Dynamic, Type::list(Type::String), Type::Tuple(vec![])] {
            assert_eq!(Value::Null.conforms(&type_), Ok(()));
            assert_eq!(Value::unknown_not_null().conforms(&type_), Ok(()));
        }
    }

    #[test]
    fn the_place_of_a_wrong_value_is_named_but_not_the_value() {
        let type_ = Type::object([("certificates", Type::list(Type::map(Type::Bool)))]);
        let entry = Value::Map(Fields::from([("key".into(), Value::text("hunter2"))]));
        let value =
            Value::Object(Fields::from([("certificates".into(), Value::List(vec![entry]))]));
        assert_eq!(
            problem(&value, &type_),
            r#"certificates[0]["key"]: a bool is required, found a string"#
        );
    }

    #[test]
    fn an_element_of_a_set_is_reported_at_the_set() {
        let type_ = Type::object([("tags", Type::set(Type::list(Type::String)))]);
        let tags = Value::set(vec![Value::List(vec![Value::Bool(true)])]);
        let value = Value::Object(Fields::from([("tags".into(), tags)]));
        assert_eq!(problem(&value, &type_), "tags: a string is required, found a bool");
    }

    #[test]
    fn an_object_has_exactly_the_attributes_of_its_type() {
        let type_ = Type::object([("a", Type::Bool)]);
        assert_eq!(
            problem(&Value::Object(Fields::new()), &type_),
            "the attribute \"a\" is missing"
        );
        let more = Fields::from([("a".into(), Value::Null), ("b".into(), Value::Null)]);
        assert_eq!(
            problem(&Value::Object(more), &type_),
            "the attribute \"b\" is not one of the type"
        );
    }

    #[test]
    fn collections_of_another_kind_do_not_conform() {
        assert!(Value::List(vec![]).conforms(&Type::set(Type::Bool)).is_err());
        assert!(Value::Map(Fields::new()).conforms(&Type::object::<String>([])).is_err());
        assert!(Value::Tuple(vec![]).conforms(&Type::Tuple(vec![Type::Bool])).is_err());
        assert!(Value::Bool(true).conforms(&Type::Dynamic).is_err());
    }

    #[test]
    fn a_dynamic_value_is_held_to_the_type_it_carries() {
        let wrong = Value::Dynamic(Box::new((Type::Number, Value::Bool(true))));
        assert_eq!(problem(&wrong, &Type::Dynamic), "a number is required, found a bool");
    }

    #[test]
    fn a_refinement_must_make_sense_for_the_type() {
        let prefixed = Refinement { prefix: Some("a".into()), ..Refinement::default() };
        let bounded = Refinement { lower: Some((Number::from(0), true)), ..Refinement::default() };
        assert_eq!(Value::refined(prefixed.clone()).conforms(&Type::String), Ok(()));
        assert!(Value::refined(prefixed).conforms(&Type::Number).is_err());
        assert_eq!(Value::refined(bounded.clone()).conforms(&Type::Number), Ok(()));
        assert!(Value::refined(bounded).conforms(&Type::Dynamic).is_err());
    }
}
