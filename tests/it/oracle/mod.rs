//! Terraform core's side of the contract, played by pure functions on values; it must not know how a
//! plugin is reached, and it trusts none of the library's walks over schemas and values.
//!
//! A provider that breaks the contract makes Terraform say "Provider produced invalid plan",
//! "Provider produced inconsistent final plan", "Provider produced inconsistent result after apply"
//! or "Provider produced invalid object". Each check here is one of those, and returns its complaints
//! as sentences that begin with the path of the place; an empty list means that core would go on.
//!
//! The rules are those of Terraform 1.16. Computed nested blocks, deferral and the legacy type system
//! are left out: the provider declares none of them.

pub(crate) mod arbitrary;
mod compatible;
mod conformance;
mod level;
mod plan;
mod proposed;
mod state;
mod tests;

pub(crate) use compatible::assert_object_compatible;
pub(crate) use conformance::{implied_type, misfits};
pub(crate) use plan::{
    Action, PlannedChange, assert_destroy_plan, assert_final_plan, assert_plan_valid,
    assert_replacement_plan, check_requires_replace, planned_action,
};
pub(crate) use proposed::proposed_new;
pub(crate) use state::{
    Imported, Saved, assert_applied, assert_data_read, assert_identity, assert_import,
    assert_imported_read, assert_read, assert_upgraded, saved_after_apply,
};
