//! One resource instance through its life, in core's order and under core's checks; knows no resource.
//!
//! The order is that of `NodeAbstractResourceInstance` in Terraform's `terraform` package: configuration
//! is validated before each plan, a replacement is planned a second time with a null prior state, and
//! the plan is made anew when the configuration is wholly known, just before it is applied.

mod identity;
mod import;

use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_intune::schema::Schema;
use terraform_provider_intune::value::{Path, Type, Value, json};
use tonic::transport::Channel;

use super::codec::{self, dynamic};
use super::story::Story;
use super::{Described, Told, capabilities};
use crate::oracle::{
    Action, PlannedChange, Saved, assert_applied, assert_destroy_plan, assert_final_plan,
    assert_plan_valid, assert_read, assert_upgraded, check_requires_replace, planned_action,
    proposed_new, saved_after_apply,
};

/// What core keeps of one resource instance, and the way to its provider.
///
/// Instances of one process are independent of each other and may be used at the same time.
#[derive(Debug)]
pub(crate) struct Instance {
    provider: ProviderClient<Channel>,
    type_name: String,
    described: Described,
    saved: Option<Saved>,
    private: Vec<u8>,
    /// Null where a provider gave none, or an older core kept none.
    identity: Value,
    story: Story,
}

/// What the person was shown and may approve.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Plan {
    /// What is to be done, and what is planned to be there afterwards.
    pub(crate) change: PlannedChange,
    /// What the provider keeps with the plan.
    pub(crate) private: Vec<u8>,
    /// What will tell the object from all others, as far as it is known.
    pub(crate) identity: Value,
    /// Warnings only: with an error there is no plan.
    pub(crate) told: Told,
}

/// What core plans from.
#[derive(Debug)]
struct Prior {
    state: Value,
    private: Vec<u8>,
    identity: Value,
    /// What an earlier plan of the same change kept; nothing while something is planned for the first time.
    planned: Vec<u8>,
}

/// What the provider answered to a read.
struct Read {
    told: Told,
    state: Value,
    private: Vec<u8>,
    identity: Value,
}

impl Prior {
    fn nothing() -> Self {
        let (private, planned) = (Vec::new(), Vec::new());
        Self { state: Value::Null, private, identity: Value::Null, planned }
    }
}

impl Plan {
    /// What is to be done.
    pub(crate) fn action(&self) -> Action {
        self.change.action
    }

    /// The planned value of an attribute.
    pub(crate) fn after(&self, attribute: &str) -> &Value {
        self.change.after.field(attribute)
    }
}

impl Instance {
    pub(super) fn new(
        provider: ProviderClient<Channel>,
        type_name: &str,
        described: Described,
    ) -> Self {
        Self {
            provider,
            type_name: type_name.to_owned(),
            described,
            saved: None,
            private: Vec::new(),
            identity: Value::Null,
            story: Story::default(),
        }
    }

    /// What the state holds; null when it holds nothing.
    pub(crate) fn state(&self) -> &Value {
        self.saved.as_ref().map_or(&Value::Null, |saved| &saved.value)
    }

    /// The text of an attribute in the state.
    #[track_caller]
    pub(crate) fn text(&self, attribute: &str) -> &str {
        let value = self.state().field(attribute);
        value.as_text().unwrap_or_else(|| panic!("{attribute} is {value:?}"))
    }

    /// Whether the next plan replaces what is there.
    pub(crate) fn is_tainted(&self) -> bool {
        self.saved.as_ref().is_some_and(|saved| saved.tainted)
    }

    /// What the provider keeps beside the state.
    pub(crate) fn private(&self) -> &[u8] {
        &self.private
    }

    /// What tells the object from all others; null where core has been given nothing.
    pub(crate) fn identity(&self) -> &Value {
        &self.identity
    }

    /// Forgets the identity, as a core does that knows of none.
    pub(crate) fn forget_identity(&mut self) {
        self.identity = Value::Null;
    }

    /// Has the next plan replace what is there, as `terraform taint` does.
    pub(crate) fn taint(&mut self) {
        self.saved.iter_mut().for_each(|saved| saved.tainted = true);
    }

    /// Puts another state and other private data in place, as an edited state file does.
    pub(crate) fn edit(&mut self, state: Value, private: &[u8]) {
        self.story.note("edited", &state);
        self.saved = (!state.is_null()).then_some(Saved { value: state, tainted: false });
        self.private = private.to_vec();
    }

    /// ValidateResourceConfig.
    pub(crate) async fn validate(&mut self, config: &Value) -> Told {
        self.story.note("ValidateResourceConfig", config);
        let request = wire::validate_resource_config::Request {
            type_name: self.type_name.clone(),
            config: Some(self.dynamic(config)),
            client_capabilities: Some(capabilities()),
        };
        let answer = self.provider.validate_resource_config(request).await;
        let answer = self.story.answered(answer);
        self.told(&answer.diagnostics)
    }

    /// UpgradeResourceState of a stored state, given as the JSON of the state file.
    pub(crate) async fn upgrade(&mut self, version: i64, stored: &[u8]) -> Result<Value, Told> {
        self.story.note("UpgradeResourceState", String::from_utf8_lossy(stored));
        let request = wire::upgrade_resource_state::Request {
            type_name: self.type_name.clone(),
            version,
            raw_state: Some(wire::RawState { json: stored.to_vec(), ..Default::default() }),
        };
        let answer = self.provider.upgrade_resource_state(request).await;
        let answer = self.story.answered(answer);
        let told = self.told(&answer.diagnostics);
        if told.failed() {
            return Err(told);
        }
        let upgraded = self.value(answer.upgraded_state.as_ref());
        let complaints = assert_upgraded(self.schema(), &upgraded);
        self.story.check("Invalid resource state upgrade", &complaints);
        Ok(upgraded)
    }

    /// Writes the state to its file and reads it again, as happens between two commands.
    pub(crate) async fn reload(&mut self) -> Told {
        if self.saved.is_none() {
            return Told::default();
        }
        let stored = json::encode(self.state(), self.type_()).unwrap();
        let version = self.schema().version;
        match self.upgrade(version, &stored).await {
            Ok(upgraded) => {
                let same = upgraded == *self.state();
                let complaint = (!same).then(|| format!("it became {upgraded:?}"));
                self.story
                    .check("A state changed on its way through its file", complaint.as_slice());
                Told::default()
            }
            Err(told) => told,
        }
    }

    /// Reads the state file, then ReadResource. An error leaves the state as it was.
    pub(crate) async fn refresh(&mut self) -> Told {
        let mut told = self.reload().await;
        let (Some(saved), false) = (self.saved.clone(), told.failed()) else { return told };
        let before = self.identity.clone();
        let read = self.read(&saved.value, self.private.clone(), &before).await;
        told.extend(read.told);
        if told.failed() {
            return told;
        }
        let Read { state, private, identity, .. } = read;
        self.story.check("Provider produced invalid object", &assert_read(self.schema(), &state));
        self.same_object(&before, &identity);
        self.private = if state.is_null() { Vec::new() } else { private };
        self.identity = if state.is_null() { Value::Null } else { identity };
        self.saved = (!state.is_null()).then_some(Saved { value: state, tainted: saved.tainted });
        told
    }

    /// Validates and plans. An error is the end of it; a plan comes with its warnings.
    pub(crate) async fn plan(&mut self, config: &Value) -> Result<Plan, Told> {
        self.plan_knowing(config, Vec::new()).await
    }

    /// The same with the private data of an earlier plan of the same change, as Terraform 1.16 does when it
    /// applies.
    pub(crate) async fn plan_knowing(
        &mut self,
        config: &Value,
        planned: Vec<u8>,
    ) -> Result<Plan, Told> {
        let mut told = self.validate(config).await;
        if told.failed() {
            return Err(told);
        }
        let prior = match &self.saved {
            // Core plans for a tainted object as if there were none, and replaces it.
            Some(saved) if !saved.tainted => Prior {
                state: saved.value.clone(),
                private: self.private.clone(),
                identity: self.identity.clone(),
                planned,
            },
            _ => Prior { planned, ..Prior::nothing() },
        };
        let mut plan = self.plan_from(prior, config).await?;
        if self.is_tainted() {
            plan.change.action = Action::Replace;
        }
        told.extend(plan.told);
        Ok(Plan { told, ..plan })
    }

    /// Plans the end of what is there.
    pub(crate) async fn plan_destroy(&mut self) -> Result<Plan, Told> {
        let prior = Prior {
            state: self.state().clone(),
            private: self.private.clone(),
            identity: self.identity.clone(),
            planned: Vec::new(),
        };
        let nothing = Value::Null;
        let answer = self.ask_for_plan(&prior, &nothing, &nothing).await;
        let told = self.told(&answer.diagnostics);
        if told.failed() {
            return Err(told);
        }
        let after = self.value(answer.planned_state.as_ref());
        self.story.check("Provider produced invalid plan", &assert_destroy_plan(&after));
        let change = PlannedChange { action: Action::Delete, after };
        let identity = self.identified(answer.planned_identity.as_ref(), &Value::Null);
        Ok(Plan { change, private: answer.planned_private, identity, told })
    }

    /// Applies what was planned. `config` is the configuration the plan was made for, now wholly known.
    /// What exists afterwards is in the state, whatever went wrong.
    pub(crate) async fn apply(&mut self, plan: &Plan, config: &Value) -> Told {
        assert!(config.is_wholly_known(), "core applies nothing that is unknown: {config:?}");
        let mut told = Told::default();
        match plan.action() {
            Action::NoOp => return told,
            Action::Delete => return self.apply_delete(plan).await,
            Action::Replace => {
                told.extend(self.apply_delete(plan).await);
                if told.failed() {
                    return told;
                }
            }
            Action::Create | Action::Update => {}
        }
        let last = match self.plan_knowing(config, plan.private.clone()).await {
            Ok(last) => last,
            Err(why) => {
                told.extend(why);
                return told;
            }
        };
        let complaints = assert_final_plan(self.schema(), &plan.change, &last.change);
        self.story.check("Provider produced inconsistent final plan", &complaints);
        told.extend(last.told.clone());
        if last.change.action != Action::NoOp {
            told.extend(self.apply_change(&last, config).await);
        }
        told
    }

    /// Plans and applies at once, as `terraform apply -auto-approve` does without a refresh.
    pub(crate) async fn upsert(&mut self, config: &Value) -> Told {
        match self.plan(config).await {
            Ok(plan) => self.apply(&plan, config).await,
            Err(told) => told,
        }
    }

    /// Plans and applies the end of what is there.
    pub(crate) async fn destroy(&mut self) -> Told {
        if self.saved.is_none() {
            return Told::default();
        }
        match self.plan_destroy().await {
            Ok(plan) => self.apply_delete(&plan).await,
            Err(told) => told,
        }
    }

    /// That nothing is left to do: a plan is empty without a refresh and after one. An error on the way
    /// comes back.
    pub(crate) async fn converged(&mut self, config: &Value) -> Told {
        let mut told = self.empty_plan(config).await;
        if !told.failed() {
            told.extend(self.refresh().await);
        }
        if !told.failed() {
            told.extend(self.empty_plan(config).await);
        }
        told
    }

    async fn empty_plan(&mut self, config: &Value) -> Told {
        let prior = self.state().clone();
        match self.plan(config).await {
            Ok(plan) => {
                let differs = plan.action() != Action::NoOp;
                let complaints = differs.then(|| differences(&prior, &plan.change));
                let complaints = complaints.unwrap_or_default();
                self.story.check("After applying, the plan was not empty", &complaints);
                plan.told
            }
            Err(told) => told,
        }
    }

    async fn plan_from(&mut self, prior: Prior, config: &Value) -> Result<Plan, Told> {
        let proposed = proposed_new(self.schema(), &prior.state, config);
        let answer = self.ask_for_plan(&prior, &proposed, config).await;
        let told = self.told(&answer.diagnostics);
        if told.failed() {
            return Err(told);
        }
        let after = self.planned(&prior.state, config, answer.planned_state.as_ref());
        let paths = self.paths(&answer.requires_replace);
        let replace = check_requires_replace(self.schema(), &paths, &prior.state, &after)
            .unwrap_or_else(|wrong| self.story.broken("Provider produced invalid plan", &wrong));
        let action = planned_action(&prior.state, &after, replace);
        let new = matches!(action, Action::Create | Action::Replace);
        let identity = self.identified(answer.planned_identity.as_ref(), &after);
        if !new {
            self.same_object(&prior.identity, &identity);
        }
        let change = PlannedChange { action, after };
        let first = Plan { change, private: answer.planned_private, identity, told };
        if action == Action::Replace { self.plan_again(first, config).await } else { Ok(first) }
    }

    /// The second plan of a replacement: as if nothing were there, with the first plan's private data
    /// and identity.
    async fn plan_again(&mut self, first: Plan, config: &Value) -> Result<Plan, Told> {
        let proposed = proposed_new(self.schema(), &Value::Null, config);
        let Plan { private, identity, told, .. } = first;
        let prior = Prior { private, identity, ..Prior::nothing() };
        let answer = self.ask_for_plan(&prior, &proposed, config).await;
        let mut told = told;
        told.extend(self.told(&answer.diagnostics));
        if told.failed() {
            return Err(told);
        }
        let after = self.planned(&Value::Null, config, answer.planned_state.as_ref());
        let identity = self.identified(answer.planned_identity.as_ref(), &after);
        let change = PlannedChange { action: Action::Replace, after };
        Ok(Plan { change, private: answer.planned_private, identity, told })
    }

    fn planned(
        &self,
        prior: &Value,
        config: &Value,
        answered: Option<&wire::DynamicValue>,
    ) -> Value {
        let after = self.value(answered);
        let complaints = assert_plan_valid(self.schema(), prior, config, &after);
        self.story.check("Provider produced invalid plan", &complaints);
        after
    }

    async fn ask_for_plan(
        &mut self,
        prior: &Prior,
        proposed: &Value,
        config: &Value,
    ) -> wire::plan_resource_change::Response {
        self.story.note("PlanResourceChange, prior", &prior.state);
        self.story.note("  config", config);
        let request = wire::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(self.dynamic(&prior.state)),
            proposed_new_state: Some(self.dynamic(proposed)),
            config: Some(self.dynamic(config)),
            prior_private: prior.private.clone(),
            prior_identity: self.identity_data(&prior.identity),
            client_capabilities: Some(capabilities()),
            planned_private: prior.planned.clone(),
            ..Default::default()
        };
        let answer = self.provider.plan_resource_change(request).await;
        let answer = self.story.answered(answer);
        assert!(!answer.legacy_type_system && answer.deferred.is_none(), "{answer:?}");
        answer
    }

    async fn apply_delete(&mut self, plan: &Plan) -> Told {
        let end = Plan {
            change: PlannedChange { action: Action::Delete, after: Value::Null },
            private: plan.private.clone(),
            identity: Value::Null,
            told: Told::default(),
        };
        self.apply_change(&end, &Value::Null).await
    }

    async fn apply_change(&mut self, plan: &Plan, config: &Value) -> Told {
        let Plan { change, private, identity, .. } = plan;
        let creates = matches!(change.action, Action::Create | Action::Replace);
        let prior = if creates { Value::Null } else { self.state().clone() };
        self.story.note(&format!("ApplyResourceChange, {:?}", change.action), &change.after);
        let request = wire::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(self.dynamic(&prior)),
            planned_state: Some(self.dynamic(&change.after)),
            config: Some(self.dynamic(config)),
            planned_private: private.clone(),
            planned_identity: self.identity_data(identity),
            ..Default::default()
        };
        let answer = self.provider.apply_resource_change(request).await;
        let answer = self.story.answered(answer);
        let told = self.told(&answer.diagnostics);
        let new_state = self.value(answer.new_state.as_ref());
        self.save(change, &new_state, &answer, told.failed());
        told
    }

    /// Judges an applied state and keeps what core keeps of it.
    fn save(
        &mut self,
        change: &PlannedChange,
        new_state: &Value,
        answer: &wire::apply_resource_change::Response,
        failed: bool,
    ) {
        self.story.note("  new state", new_state);
        assert!(!answer.legacy_type_system, "{answer:?}");
        let (schema, after, action) = (&self.described.schema, &change.after, change.action);
        let complaints = assert_applied(schema, after, new_state, failed, action);
        self.story.check("Provider produced inconsistent result after apply", &complaints);
        let prior = self.saved.as_ref();
        let saved = saved_after_apply(schema, prior, after, new_state, failed, action);
        let identity = self.identified(answer.new_identity.as_ref(), new_state);
        if !matches!(action, Action::Create | Action::Replace) {
            self.same_object(&self.identity, &identity);
        }
        // Private data and identity go with the state they came with; where core keeps the old one, it
        // keeps all three.
        match &saved {
            None => (self.private, self.identity) = (Vec::new(), Value::Null),
            Some(_) if new_state.is_null() => {}
            Some(_) => (self.private, self.identity) = (answer.private.clone(), identity),
        }
        self.saved = saved;
    }

    async fn read(&mut self, state: &Value, private: Vec<u8>, identity: &Value) -> Read {
        self.story.note("ReadResource", state);
        let request = wire::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: Some(self.dynamic(state)),
            private,
            client_capabilities: Some(capabilities()),
            current_identity: self.identity_data(identity),
            ..Default::default()
        };
        let answer = self.provider.read_resource(request).await;
        let answer = self.story.answered(answer);
        let told = self.told(&answer.diagnostics);
        let read = self.value(answer.new_state.as_ref());
        self.story.note("  read", &read);
        let identity = self.identified(answer.new_identity.as_ref(), &read);
        Read { told, state: read, private: answer.private, identity }
    }

    fn told(&mut self, diagnostics: &[wire::Diagnostic]) -> Told {
        self.story.told(diagnostics, &self.described.type_)
    }

    fn schema(&self) -> &Schema {
        &self.described.schema
    }

    fn type_(&self) -> &Type {
        &self.described.type_
    }

    fn dynamic(&self, value: &Value) -> wire::DynamicValue {
        dynamic(value, self.type_())
    }

    #[track_caller]
    fn value(&self, answered: Option<&wire::DynamicValue>) -> Value {
        codec::known(answered, self.type_())
            .unwrap_or_else(|wrong| self.story.broken("Provider produced invalid object", &[wrong]))
    }

    #[track_caller]
    fn paths(&self, answered: &[wire::AttributePath]) -> Vec<Path> {
        let paths: Result<Vec<_>, _> = answered.iter().map(codec::path).collect();
        paths.unwrap_or_else(|wrong| self.story.broken("Provider produced invalid plan", &[wrong]))
    }
}

/// What a plan that should be empty would change.
fn differences(prior: &Value, change: &PlannedChange) -> Vec<String> {
    let PlannedChange { action, after } = change;
    let names = after.as_fields().into_iter().flatten().map(|(name, _)| name);
    let changed = names
        .filter(|name| prior.field(name) != after.field(name))
        .map(|name| format!("{name}: {:?} -> {:?}", prior.field(name), after.field(name)));
    [format!("{action:?}")].into_iter().chain(changed).collect()
}
