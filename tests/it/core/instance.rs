//! One resource instance through its life, in core's order and under core's checks; knows no resource.
//!
//! The order is that of `NodeAbstractResourceInstance` in Terraform's `terraform` package: configuration
//! is validated before each plan, a replacement is planned a second time with a null prior state, and
//! the plan is made anew when the configuration is wholly known, just before it is applied.

use terraform_provider_intune::diagnostics::Diagnostic;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_intune::schema::Schema;
use terraform_provider_intune::value::{Path, Type, Value, json};
use tonic::transport::Channel;

use super::codec::{self, dynamic};
use super::story::Story;
use super::{Described, Told, capabilities};
use crate::oracle::{
    Action, Imported, PlannedChange, Saved, assert_applied, assert_destroy_plan, assert_final_plan,
    assert_import, assert_imported_read, assert_plan_valid, assert_read, assert_upgraded,
    check_requires_replace, planned_action, proposed_new, saved_after_apply,
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
    /// Warnings only: with an error there is no plan.
    pub(crate) told: Told,
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
        let (read, state, private) = self.read(&saved.value, self.private.clone()).await;
        told.extend(read);
        if told.failed() {
            return told;
        }
        self.story.check("Provider produced invalid object", &assert_read(self.schema(), &state));
        self.private = if state.is_null() { Vec::new() } else { private };
        self.saved = (!state.is_null()).then_some(Saved { value: state, tainted: saved.tainted });
        told
    }

    /// Validates and plans. An error is the end of it; a plan comes with its warnings.
    pub(crate) async fn plan(&mut self, config: &Value) -> Result<Plan, Told> {
        let mut told = self.validate(config).await;
        if told.failed() {
            return Err(told);
        }
        let (prior, private) = match &self.saved {
            // Core plans for a tainted object as if there were none, and replaces it.
            Some(saved) if !saved.tainted => (saved.value.clone(), self.private.clone()),
            _ => (Value::Null, Vec::new()),
        };
        let mut plan = self.plan_from(prior, private, config).await?;
        if self.is_tainted() {
            plan.change.action = Action::Replace;
        }
        told.extend(plan.told);
        Ok(Plan { told, ..plan })
    }

    /// Plans the end of what is there.
    pub(crate) async fn plan_destroy(&mut self) -> Result<Plan, Told> {
        let (prior, nothing) = (self.state().clone(), Value::Null);
        let private = self.private.clone();
        let answer = self.ask_for_plan(&prior, &nothing, &nothing, private).await;
        let told = self.told(&answer.diagnostics);
        if told.failed() {
            return Err(told);
        }
        let after = self.value(answer.planned_state.as_ref());
        self.story.check("Provider produced invalid plan", &assert_destroy_plan(&after));
        let change = PlannedChange { action: Action::Delete, after };
        Ok(Plan { change, private: answer.planned_private, told })
    }

    /// Applies what was planned. `config` is the configuration the plan was made for, now wholly known.
    /// What exists afterwards is in the state, whatever went wrong.
    pub(crate) async fn apply(&mut self, plan: &Plan, config: &Value) -> Told {
        assert!(config.is_wholly_known(), "core applies nothing that is unknown: {config:?}");
        let mut told = Told::default();
        match plan.action() {
            Action::NoOp => return told,
            Action::Delete => return self.apply_delete(plan.private.clone()).await,
            Action::Replace => {
                told.extend(self.apply_delete(plan.private.clone()).await);
                if told.failed() {
                    return told;
                }
            }
            Action::Create | Action::Update => {}
        }
        let last = match self.plan(config).await {
            Ok(last) => last,
            Err(why) => {
                told.extend(why);
                return told;
            }
        };
        let complaints = assert_final_plan(self.schema(), &plan.change, &last.change);
        self.story.check("Provider produced inconsistent final plan", &complaints);
        told.extend(last.told);
        if last.change.action != Action::NoOp {
            told.extend(self.apply_change(&last.change, config, last.private).await);
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
            Ok(plan) => self.apply_delete(plan.private).await,
            Err(told) => told,
        }
    }

    /// ImportResourceState and the read that always follows it. On success the state holds the object.
    pub(crate) async fn import(&mut self, id: &str) -> Told {
        self.story.note("ImportResourceState", id);
        let request = wire::import_resource_state::Request {
            type_name: self.type_name.clone(),
            id: id.to_owned(),
            client_capabilities: Some(capabilities()),
            identity: None,
        };
        let answer = self.provider.import_resource_state(request).await;
        let answer = self.story.answered(answer);
        let mut told = self.told(&answer.diagnostics);
        if told.failed() {
            return told;
        }
        let imported: Vec<_> = answer
            .imported_resources
            .iter()
            .map(|one| Imported {
                type_name: one.type_name.clone(),
                state: self.value(one.state.as_ref()),
                identity: None,
            })
            .collect();
        let complaints = assert_import(self.schema(), &self.type_name, false, &imported);
        self.story.check("Provider returned an invalid import", &complaints);
        let private = answer.imported_resources[0].private.clone();
        let (read, state, private) = self.read(&imported[0].state, private).await;
        told.extend(read);
        if told.failed() {
            return told;
        }
        if state.is_null() {
            // Somebody may have deleted it in between; this is what core says then.
            told.0.push(Diagnostic::error("Cannot import non-existent remote object", id));
            return told;
        }
        let complaints = assert_imported_read(self.schema(), &state);
        self.story.check("Provider produced invalid object", &complaints);
        self.saved = Some(Saved { value: state, tainted: false });
        self.private = private;
        told
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

    async fn plan_from(
        &mut self,
        prior: Value,
        private: Vec<u8>,
        config: &Value,
    ) -> Result<Plan, Told> {
        let proposed = proposed_new(self.schema(), &prior, config);
        let answer = self.ask_for_plan(&prior, &proposed, config, private).await;
        let told = self.told(&answer.diagnostics);
        if told.failed() {
            return Err(told);
        }
        let after = self.planned(&prior, config, answer.planned_state.as_ref());
        let paths = self.paths(&answer.requires_replace);
        let replace = check_requires_replace(self.schema(), &paths, &prior, &after)
            .unwrap_or_else(|wrong| self.story.broken("Provider produced invalid plan", &wrong));
        let action = planned_action(&prior, &after, replace);
        let first =
            Plan { change: PlannedChange { action, after }, private: answer.planned_private, told };
        if action == Action::Replace { self.plan_again(first, config).await } else { Ok(first) }
    }

    /// The second plan of a replacement: as if nothing were there, with the first plan's private data.
    async fn plan_again(&mut self, first: Plan, config: &Value) -> Result<Plan, Told> {
        let proposed = proposed_new(self.schema(), &Value::Null, config);
        let answer = self.ask_for_plan(&Value::Null, &proposed, config, first.private).await;
        let mut told = first.told;
        told.extend(self.told(&answer.diagnostics));
        if told.failed() {
            return Err(told);
        }
        let after = self.planned(&Value::Null, config, answer.planned_state.as_ref());
        let change = PlannedChange { action: Action::Replace, after };
        Ok(Plan { change, private: answer.planned_private, told })
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
        prior: &Value,
        proposed: &Value,
        config: &Value,
        private: Vec<u8>,
    ) -> wire::plan_resource_change::Response {
        self.story.note("PlanResourceChange, prior", prior);
        self.story.note("  config", config);
        let request = wire::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(self.dynamic(prior)),
            proposed_new_state: Some(self.dynamic(proposed)),
            config: Some(self.dynamic(config)),
            prior_private: private,
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.provider.plan_resource_change(request).await;
        let answer = self.story.answered(answer);
        assert!(!answer.legacy_type_system && answer.deferred.is_none(), "{answer:?}");
        answer
    }

    async fn apply_delete(&mut self, private: Vec<u8>) -> Told {
        let change = PlannedChange { action: Action::Delete, after: Value::Null };
        self.apply_change(&change, &Value::Null, private).await
    }

    async fn apply_change(
        &mut self,
        change: &PlannedChange,
        config: &Value,
        private: Vec<u8>,
    ) -> Told {
        let creates = matches!(change.action, Action::Create | Action::Replace);
        let prior = if creates { Value::Null } else { self.state().clone() };
        self.story.note(&format!("ApplyResourceChange, {:?}", change.action), &change.after);
        let request = wire::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(self.dynamic(&prior)),
            planned_state: Some(self.dynamic(&change.after)),
            config: Some(self.dynamic(config)),
            planned_private: private,
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
        // Private data goes with the state it came with; where core keeps the old one, it keeps both.
        self.private = match &saved {
            None => Vec::new(),
            Some(_) if new_state.is_null() => std::mem::take(&mut self.private),
            Some(_) => answer.private.clone(),
        };
        self.saved = saved;
    }

    async fn read(&mut self, state: &Value, private: Vec<u8>) -> (Told, Value, Vec<u8>) {
        self.story.note("ReadResource", state);
        let request = wire::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: Some(self.dynamic(state)),
            private,
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.provider.read_resource(request).await;
        let answer = self.story.answered(answer);
        let told = self.told(&answer.diagnostics);
        let read = self.value(answer.new_state.as_ref());
        self.story.note("  read", &read);
        (told, read, answer.private)
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
