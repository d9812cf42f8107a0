//! What is fetched for one run and never stored: one file of rows for each; must not know how it is
//! fetched.

use crate::entity::Ephemeral;

pub mod dep_mobile_config;

/// Every ephemeral resource, in the order in which the documentation lists them.
pub const ALL: &[&Ephemeral] = &[&dep_mobile_config::DOCUMENT];
