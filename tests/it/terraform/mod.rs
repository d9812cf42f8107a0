//! The provider through the real Terraform (or OpenTofu) CLI, against the strict local Graph.

mod actions;
mod assignment;
mod defaults;
mod ephemeral;
mod feature;
mod functions;
mod identities;
mod import;
mod interruption;
mod life;
mod lives;
mod lookups;
mod mistakes;
mod moves;
mod queries;
mod secrets;
mod sign_in;
mod stage;
mod storm;
mod trouble;

use stage::Stage;
