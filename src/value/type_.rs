//! The types of Terraform's language and their JSON notation; knows no schema.

use std::collections::{BTreeMap, BTreeSet};

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
    List(Box<Type>),
    /// A set of one element type.
    Set(Box<Type>),
    /// A map of one element type.
    Map(Box<Type>),
    /// A tuple with a type for each element.
    Tuple(Vec<Type>),
    /// An object with a type for each attribute, and the names of those that may be left out.
    Object(BTreeMap<String, Type>, BTreeSet<String>),
}
