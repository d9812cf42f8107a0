//! Terraform's values: what they are and how they travel; knows no schema, no RPC and does no I/O.
//!
//! A [`Value`] is decoded against a [`Type`], because the wire form alone does not tell a list from a
//! set or a map from an object. Numbers keep every digit ([`Number`]), strings are kept in Unicode
//! normal form C as Terraform keeps them, and whatever is not yet known at plan time is
//! [`Value::Unknown`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, is_nfc};

mod conform;
mod error;
pub mod json;
pub mod msgpack;
mod number;
mod path;
mod refinement;
#[cfg(test)]
mod samples;
mod type_;

pub use error::{DecodeError, EncodeError};
pub use number::Number;
pub use path::{Path, Step};
pub use refinement::Refinement;
pub use type_::Type;

/// The attributes of an object, or the elements of a map, by name.
pub type Fields = BTreeMap<String, Value>;

/// A value of Terraform's type system.
///
/// Equality is structural: sets are kept sorted and free of duplicates by [`Value::set`], so that two
/// equal sets are equal values.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Value {
    /// No value.
    Null,
    /// A value that will only be known after apply, with what is promised about it already.
    ///
    /// Boxed, because a refinement is larger than every other value and almost always empty.
    Unknown(Box<Refinement>),
    /// A Boolean.
    Bool(bool),
    /// A number of any size and precision.
    Number(Number),
    /// Text in Unicode normal form C; [`Value::text`] makes it so.
    Text(String),
    /// A list: ordered, one element type.
    List(Vec<Self>),
    /// A set: sorted, without duplicates; [`Value::set`] makes it so.
    Set(Vec<Self>),
    /// A tuple: ordered, one type for each element.
    Tuple(Vec<Self>),
    /// A map: any keys, one element type.
    Map(Fields),
    /// An object: fixed attributes, each with its own type.
    Object(Fields),
    /// A value of a type that is only known at run time, carried with that type.
    Dynamic(Box<(Type, Self)>),
}

impl Value {
    /// A value about which nothing is known yet.
    pub fn unknown() -> Self {
        Self::Unknown(Box::default())
    }

    /// A value that is not known yet, with what is promised about it already.
    pub fn refined(promised: Refinement) -> Self {
        Self::Unknown(Box::new(promised))
    }

    /// A value that is not known yet but will not be null.
    pub fn unknown_not_null() -> Self {
        Self::refined(Refinement { null: Some(false), ..Refinement::default() })
    }

    /// Text, brought into Unicode normal form C.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(normal_form(text.as_ref()).into_owned())
    }

    /// A set of these elements, sorted and without duplicates.
    ///
    /// Unknown elements are never merged: two unknowns may turn out to differ.
    pub fn set(mut elements: Vec<Self>) -> Self {
        elements.sort();
        elements.dedup_by(|a, b| a == b && a.is_wholly_known());
        Self::Set(elements)
    }

    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is [`Value::Unknown`]; says nothing about what lies inside a collection.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether neither this value nor anything inside it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => true,
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Self::Map(fields) | Self::Object(fields) => fields.values().all(Self::is_wholly_known),
            Self::Dynamic(typed) => typed.1.is_wholly_known(),
        }
    }

    /// The Boolean, when this is a known one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, when this is known text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The number, when this is a known one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of a known list, set or tuple.
    pub fn as_elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The fields of a known object or map.
    pub fn as_fields(&self) -> Option<&Fields> {
        match self {
            Self::Map(fields) | Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The attribute of a known object; [`Value::Null`] where there is none.
    pub fn field(&self, name: &str) -> &Self {
        self.as_fields().and_then(|fields| fields.get(name)).unwrap_or(&Self::Null)
    }
}

/// Text in Unicode normal form C, the form in which Terraform keeps strings, map keys and attribute
/// names; what others keep can be compared with those in this form only.
pub fn normal_form(text: &str) -> Cow<'_, str> {
    // Nearly all text is in that form already, and seeing so is much faster than composing it again.
    if text.is_ascii() || is_nfc(text) { text.into() } else { text.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_sorted_and_free_of_duplicates() {
        let texts = |texts: &[&str]| texts.iter().map(Value::text).collect();
        assert_eq!(Value::set(texts(&["b", "a", "b"])), Value::Set(texts(&["a", "b"])));
    }

    #[test]
    fn unknown_elements_of_a_set_are_never_merged() {
        let partly = || Value::List(vec![Value::Bool(true), Value::unknown()]);
        let elements = vec![partly(), Value::unknown(), partly(), Value::unknown()];
        assert_eq!(Value::set(elements).as_elements().map(<[Value]>::len), Some(4));
    }

    #[test]
    fn text_is_brought_into_normal_form() {
        assert_eq!(Value::text("e\u{301}"), Value::Text("\u{e9}".into()));
        assert_eq!(Value::text("\u{e9}e").as_text(), Some("\u{e9}e"));
    }

    #[test]
    fn a_value_is_wholly_known_when_nothing_inside_it_is_unknown() {
        let within = |value| {
            let fields = Fields::from([("a".into(), Value::List(vec![value]))]);
            Value::Dynamic(Box::new((Type::Dynamic, Value::Object(fields))))
        };
        assert!(within(Value::Null).is_wholly_known());
        assert!(!within(Value::unknown()).is_wholly_known());
    }

    #[test]
    fn a_field_that_is_not_there_is_null() {
        let object = Value::Object(Fields::from([("a".into(), Value::Bool(true))]));
        assert_eq!(object.field("a"), &Value::Bool(true));
        assert_eq!(object.field("b"), &Value::Null);
        assert_eq!(Value::Null.field("a"), &Value::Null);
    }
}
