//! Values as MessagePack, the form in which Terraform sends them; knows no schema.
//!
//! The rules are those of `docs/plugin-protocol/object-wire-format.md` in Terraform's repository.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;

/// The extension code of an unknown value about which nothing is promised.
const UNKNOWN: i8 = 0;

/// The extension code of an unknown value that carries refinements.
const REFINED_UNKNOWN: i8 = 12;

/// The most bytes of refinements that Terraform takes for one value.
const MAX_REFINEMENT: usize = 1024;

/// The keys of the map of refinements.
mod key {
    pub(super) const NULL: i64 = 1;
    pub(super) const PREFIX: i64 = 2;
    pub(super) const LOWER: i64 = 3;
    pub(super) const UPPER: i64 = 4;
    pub(super) const LENGTH_MIN: i64 = 5;
    pub(super) const LENGTH_MAX: i64 = 6;
}
