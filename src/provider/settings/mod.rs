//! The provider block, told to Terraform and taken from it (ConfigureProvider); opens no connection.
//!
//! `argument` declares, `given` finds the values, `cloud` knows the places, `method` chooses the way of
//! signing in, and `credential` makes one of what is given; `version` knows who is too old for it. Configuration comes before environment
//! variables, and those of the `ARM_` family, which other providers for Microsoft's services read,
//! before their aliases.

mod argument;
mod cloud;
mod credential;
mod given;
mod method;
mod version;

use std::sync::Arc;

pub use given::Environment;

use self::argument::{ARGUMENTS, TENANT_ID, TOKEN_EXPIRY_WARNING_DAYS};
use self::given::Given;
use super::{Connection, Provider, expiry};
use crate::diagnostics::{Diagnostic, has_error};
use crate::graph::{Client, Settings};
use crate::schema::{Block, Schema};
use crate::value::Value;

/// The provider block's schema.
pub(super) fn schema() -> Schema {
    let attributes = ARGUMENTS.iter().map(|argument| argument.attribute());
    let block = Block {
        attributes: attributes.collect(),
        description: "Manages Apple Automated Device Enrollment in Microsoft Intune through Microsoft \
                      Graph. Every argument that signing in needs can come from an environment variable \
                      instead, so that an empty block is enough in a pipeline."
            .to_owned(),
        ..Block::default()
    };
    Schema { version: 0, block }
}

impl Provider {
    /// What is wrong with a provider block by itself. What is missing may still come from the
    /// environment, so only [`configure`](Self::configure) complains of that.
    pub fn validate_settings(&self, config: &Value) -> Vec<Diagnostic> {
        let given = Given { config, environment: &Environment::default() };
        let mut problems = Vec::new();
        cloud::origins(&given, &mut problems);
        problems.extend(given.days(&TOKEN_EXPIRY_WARNING_DAYS).err());
        problems
    }

    /// Takes the settings of a provider block and of the environment; opens no connection. Arguments
    /// that are not known yet are no error: nobody has asked for anything.
    pub fn configure(&self, config: &Value, terraform_version: &str) -> Vec<Diagnostic> {
        if let Some(problem) = version::too_old(terraform_version) {
            self.connect(Connection::Refused);
            return vec![problem];
        }
        let given = Given { config, environment: &self.environment };
        if let Some(argument) = given.unknown() {
            self.connect(Connection::Waiting(argument));
            return Vec::new();
        }
        let mut problems = Vec::new();
        let settings = settings(&given, terraform_version, &mut problems);
        match given.days(&TOKEN_EXPIRY_WARNING_DAYS) {
            Ok(days) => self.expiry.set_days(days.unwrap_or(expiry::DEFAULT_DAYS)),
            Err(problem) => problems.push(problem),
        }
        match settings.filter(|_| !has_error(&problems)) {
            Some(settings) => self.connect(Connection::Ready(match self.chance {
                Some(chance) => Client::with_jitter(settings, chance),
                None => Client::new(settings),
            })),
            None => self.connect(Connection::Refused),
        }
        problems
    }
}

/// What a client needs to know; none when something is wrong, which is among the problems then.
fn settings(
    given: &Given<'_>,
    terraform: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Settings> {
    let origins = cloud::origins(given, problems);
    let chosen = method::choose(given).map_err(|problem| problems.push(problem)).ok();
    let (graph, authority) = origins?;
    let chosen = chosen?;
    let credential = credential::of(&chosen, given, problems);
    let version = env!("CARGO_PKG_VERSION");
    Some(Settings {
        graph,
        authority,
        tenant_id: given.text(&TENANT_ID).map(|tenant| tenant.value.to_string()),
        credential: credential?,
        account: Arc::from(chosen.account(given)),
        user_agent: format!("Terraform/{terraform} terraform-provider-intune/{version}"),
    })
}

#[cfg(test)]
mod tests;
