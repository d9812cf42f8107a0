//! ValidateActionConfig, PlanAction and InvokeAction: does what an action is for, and tells how it goes.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::explain::errand;
use super::{Described, Provider, address, sync};
use crate::actions::dep_set_default_profile::{PROFILE_ID, TOKEN_ID};
use crate::diagnostics::Diagnostic;
use crate::entity::{Action, Operation, Timeouts, Work, whole_id};
use crate::graph::{Client, StopWatch};
use crate::value::Value;

/// An action, with what Terraform is told of it.
#[derive(Debug)]
pub struct Offered {
    /// Its declaration.
    pub action: &'static Action,
    /// Its schema and type.
    pub described: Described,
}

/// The ear of whoever waits for an action.
#[derive(Clone, Debug)]
pub struct Progress(mpsc::UnboundedSender<String>);

impl Progress {
    /// An ear, and what it hears.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Says something, without caring whether anybody still listens.
    pub(super) fn say(&self, text: impl Into<String>) {
        let _ = self.0.send(text.into());
    }

    /// Waits; answers whether the time passed, and neither a stop came nor that nobody listens any more.
    pub(super) async fn pause(&self, stop: &StopWatch, time: Duration) -> bool {
        tokio::select! {
            passed = stop.pause(time) => passed,
            () = self.0.closed() => false,
        }
    }
}

impl Provider {
    /// Every action by name, in alphabetical order.
    pub fn actions(&self) -> impl Iterator<Item = (&'static str, &Offered)> {
        self.actions.iter().map(|(name, offered)| (*name, offered))
    }

    /// The action of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn action(&self, type_name: &str) -> Result<&Offered, Diagnostic> {
        self.actions.get(type_name).ok_or_else(|| errand::unknown("action", type_name))
    }

    /// Everything that is wrong with an action's configuration. Values that are not known yet pass.
    pub fn validate_action(&self, offered: &Offered, config: &Value) -> Vec<Diagnostic> {
        offered.action.validate(config)
    }

    /// What there is to say before an action is invoked. Nothing is asked: what is true while planning
    /// need not be when its moment comes.
    pub fn plan_action(&self, offered: &Offered, config: &Value) -> Vec<Diagnostic> {
        offered.action.validate(config)
    }

    /// Does what the action is for.
    pub async fn invoke(
        &self,
        offered: &Offered,
        config: &Value,
        progress: &Progress,
    ) -> Vec<Diagnostic> {
        let found = offered.action.validate(config);
        if crate::diagnostics::has_error(&found) {
            return found;
        }
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return vec![why],
        };
        let deadline = Instant::now() + Timeouts::of(config, Operation::Invoke);
        match offered.action.work {
            Work::Sync => sync::run(self, &client, config, deadline, progress).await,
            Work::SetDefaultProfile => set_default(&client, config, deadline, progress).await,
        }
    }
}

async fn set_default(
    client: &Client,
    config: &Value,
    deadline: Instant,
    progress: &Progress,
) -> Vec<Diagnostic> {
    let text = |name: &str| config.field(name).as_text().unwrap_or_default();
    let (token, profile) = (text(TOKEN_ID), text(PROFILE_ID));
    let id = taken_by_paths(token, profile);
    progress.say(format!("Making `{id}` the default of its platform"));
    let address = address::profile(token, &id).segment("setDefaultProfile");
    match super::apply::act_once_found(client, &address, None, deadline).await {
        Ok(()) => {
            progress.say(format!("Newly synced devices of its platform get `{id}`"));
            Vec::new()
        }
        Err(error) => vec![errand::default_not_set(token, &id, &error)],
    }
}

/// A GUID alone is completed, and the prefix that marks a policy is left out: no path takes it.
fn taken_by_paths(token: &str, profile: &str) -> String {
    whole_id(token, profile.strip_prefix("ECV2_").unwrap_or(profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_completed_to_the_form_that_paths_take() {
        let guid = "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a";
        let whole = format!("t_{guid}");
        for given in [guid.to_owned(), whole.clone(), format!("ECV2_{whole}")] {
            assert_eq!(taken_by_paths("t", &given), whole, "{given}");
        }
    }
}
