//! What can be done at a moment of Terraform's choosing: one file of rows for each action; must not know
//! how it is done, nor another action.

use crate::entity::Action;

pub mod dep_set_default_profile;
pub mod dep_sync;

/// Every action, in the order in which the documentation lists them.
pub const ALL: &[&Action] = &[&dep_sync::ACTION, &dep_set_default_profile::ACTION];
