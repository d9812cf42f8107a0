//! What is promised about a value that is not known yet; knows the wire no more than values do.

use super::Number;

/// Constraints on an unknown value, as Terraform's refinements express them.
///
/// Every constraint is optional; the default promises nothing.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Refinement {
    /// Whether it will be null: `Some(false)` promises that it will not.
    pub null: Option<bool>,
    /// How a string will begin.
    pub prefix: Option<String>,
    /// The least number it can be, and whether that number itself is allowed.
    pub lower: Option<(Number, bool)>,
    /// The greatest number it can be, and whether that number itself is allowed.
    pub upper: Option<(Number, bool)>,
    /// The least number of elements of a collection.
    pub length_min: Option<i64>,
    /// The greatest number of elements of a collection.
    pub length_max: Option<i64>,
}
