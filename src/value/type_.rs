//! The types of Terraform's language and their JSON notation; knows no schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value as Json;

use super::{DecodeError, normal_form};

/// A type of Terraform's type system.
///
/// Its JSON notation is `"string"`, `"number"`, `"bool"`, `"dynamic"`, `["list", T]`, `["set", T]`,
/// `["map", T]`, `["tuple", [T, ...]]` and `["object", {name: T, ...}]`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Type {
    /// Text.
    String,
    /// A number of any size and precision.
    Number,
    /// A Boolean.
    Bool,
    /// Any type, decided at run time.
    Dynamic,
    /// A list of one element type.
    List(Box<Self>),
    /// A set of one element type.
    Set(Box<Self>),
    /// A map of one element type.
    Map(Box<Self>),
    /// A tuple with a type for each element.
    Tuple(Vec<Self>),
    /// An object with a type for each attribute, and the names of those that may be left out.
    Object(BTreeMap<String, Self>, BTreeSet<String>),
}

impl Type {
    /// A list of this element type.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of this element type.
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map of this element type.
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object of these attributes, none of which may be left out.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        let attributes = attributes.into_iter().map(|(name, type_)| (name.into(), type_)).collect();
        Self::Object(attributes, BTreeSet::new())
    }

    /// The type in this JSON notation.
    ///
    /// # Errors
    ///
    /// The bytes are not JSON, are nested deeper than 128 levels, or are not the notation of a type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        let notation: Json = serde_json::from_slice(bytes)
            .map_err(|error| DecodeError::here(format!("the type is not JSON: {error}")))?;
        Self::from_notation(&notation)
    }

    /// The JSON notation, compact and with the attributes in alphabetical order.
    pub fn to_json(&self) -> String {
        self.to_notation().to_string()
    }

    /// Whether a value of this type may hold, at any depth, something of a type decided at run time.
    pub(crate) fn has_dynamic(&self) -> bool {
        match self {
            Self::Dynamic => true,
            Self::String | Self::Number | Self::Bool => false,
            Self::List(element) | Self::Set(element) | Self::Map(element) => element.has_dynamic(),
            Self::Tuple(elements) => elements.iter().any(Self::has_dynamic),
            Self::Object(attributes, _) => attributes.values().any(Self::has_dynamic),
        }
    }

    /// What a person calls a value of this type: `a string`, `an object`.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Dynamic => "a value with its type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Tuple(_) => "a tuple",
            Self::Object(..) => "an object",
        }
    }

    /// The type in this notation, parsed as JSON already.
    pub(super) fn from_notation(notation: &Json) -> Result<Self, DecodeError> {
        Self::parse(notation).ok_or_else(|| {
            DecodeError::here("the type is not in the notation of Terraform's type constraints")
        })
    }

    fn parse(notation: &Json) -> Option<Self> {
        match notation {
            Json::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), argument] => Self::from_kind(kind, argument),
                [Json::String(kind), Json::Object(attributes), Json::Array(optional)]
                    if kind == "object" =>
                {
                    Self::from_attributes(attributes, optional)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn from_kind(kind: &str, argument: &Json) -> Option<Self> {
        match (kind, argument) {
            ("list", element) => Self::parse(element).map(Self::list),
            ("set", element) => Self::parse(element).map(Self::set),
            ("map", element) => Self::parse(element).map(Self::map),
            ("tuple", Json::Array(elements)) => {
                elements.iter().map(Self::parse).collect::<Option<_>>().map(Self::Tuple)
            }
            ("object", Json::Object(attributes)) => Self::from_attributes(attributes, &[]),
            _ => None,
        }
    }

    fn from_attributes(
        attributes: &serde_json::Map<String, Json>,
        optional: &[Json],
    ) -> Option<Self> {
        let attributes: BTreeMap<String, Self> = attributes
            .iter()
            .map(|(name, notation)| Some((normal_form(name).into_owned(), Self::parse(notation)?)))
            .collect::<Option<_>>()?;
        let optional: BTreeSet<String> = optional
            .iter()
            .map(|name| Some(normal_form(name.as_str()?).into_owned()))
            .collect::<Option<_>>()?;
        optional
            .iter()
            .all(|name| attributes.contains_key(name))
            .then_some(Self::Object(attributes, optional))
    }

    /// The JSON notation, not yet as text.
    pub(super) fn to_notation(&self) -> Json {
        match self {
            Self::String => Json::from("string"),
            Self::Number => Json::from("number"),
            Self::Bool => Json::from("bool"),
            Self::Dynamic => Json::from("dynamic"),
            Self::List(element) => Json::from(vec![Json::from("list"), element.to_notation()]),
            Self::Set(element) => Json::from(vec![Json::from("set"), element.to_notation()]),
            Self::Map(element) => Json::from(vec![Json::from("map"), element.to_notation()]),
            Self::Tuple(elements) => {
                let elements: Vec<Json> = elements.iter().map(Self::to_notation).collect();
                Json::from(vec![Json::from("tuple"), Json::from(elements)])
            }
            Self::Object(attributes, optional) => {
                let attributes: serde_json::Map<String, Json> = attributes
                    .iter()
                    .map(|(name, type_)| (name.clone(), type_.to_notation()))
                    .collect();
                let mut parts = vec![Json::from("object"), Json::from(attributes)];
                if !optional.is_empty() {
                    parts.push(optional.iter().map(String::as_str).collect());
                }
                Json::from(parts)
            }
        }
    }
}

/// Written in its JSON notation.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn every_notation_comes_back_as_it_was() {
        for notation in [
            r#""string""#,
            r#""number""#,
            r#""bool""#,
            r#""dynamic""#,
            r#"["list","string"]"#,
            r#"["set",["map","bool"]]"#,
            r#"["tuple",[]]"#,
            r#"["tuple",["string",["list","dynamic"]]]"#,
            r#"["object",{}]"#,
            r#"["object",{"a":"number","b":"string"}]"#,
            r#"["object",{"a":"number","b":"string"},["a","b"]]"#,
        ] {
            let type_ = Type::from_json(notation.as_bytes()).unwrap();
            assert_eq!(type_.to_json(), notation);
            assert_eq!(type_.to_string(), notation);
        }
    }

    #[test]
    fn an_empty_list_of_optional_names_is_not_written() {
        let type_ = Type::from_json(br#"["object",{"a":"bool"},[]]"#).unwrap();
        assert_eq!(type_.to_json(), r#"["object",{"a":"bool"}]"#);
    }

    #[test]
    fn attribute_names_are_brought_into_normal_form() {
        let type_ = Type::from_json("[\"object\",{\"e\u{301}\":\"bool\"}]".as_bytes()).unwrap();
        assert_eq!(type_, Type::object([("\u{e9}", Type::Bool)]));
    }

    #[test]
    fn anything_else_is_not_a_type() {
        for notation in [
            "",
            "null",
            "{}",
            r#""text""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["option","string"]"#,
            r#"["tuple","string"]"#,
            r#"["object",["a"]]"#,
            r#"["object",{"a":"bool"},["b"]]"#,
            r#"["object",{"a":"bool"},[1]]"#,
            r#""string" 1"#,
        ] {
            assert!(Type::from_json(notation.as_bytes()).is_err(), "{notation}");
        }
    }

    #[test]
    fn a_bottomless_type_is_refused() {
        let notation = format!("{}\"bool\"{}", "[\"list\",".repeat(100_000), "]".repeat(100_000));
        let error = Type::from_json(notation.as_bytes()).unwrap_err();
        assert!(error.reason.contains("recursion limit"), "{error}");
    }

    #[test]
    fn a_dynamic_part_is_found_at_any_depth() {
        let deep = Type::list(Type::object([("a", Type::Tuple(vec![Type::Bool, Type::Dynamic]))]));
        assert!(deep.has_dynamic());
        assert!(!Type::map(Type::set(Type::String)).has_dynamic());
    }
}
