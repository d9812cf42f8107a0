//! Plays Terraform over many resources at once: refresh, plan, apply in parallel, and what becomes of state
//! when that is interrupted; must not know the faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use terraform_provider_intune::diagnostics::{Diagnostic, has_error};
use terraform_provider_intune::provider::{
    Catalog, Environment, Known, Outcome, Private, Provider, Resource, Sought,
};
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::{Fields, Value};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::chance;
use crate::emulator::{Credential, Emulator};

/// The name of a resource block, `p1` and so on.
pub(super) type Name = String;

/// A resource block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) token: String,
    pub(super) display_name: String,
    pub(super) lines: BTreeMap<&'static str, Value>,
}

/// What state holds of one resource.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) value: Value,
    private: Private,
}

/// Configuration and state, which outlive every process.
#[derive(Debug, Default)]
pub(super) struct Terraform {
    pub(super) config: BTreeMap<Name, Block>,
    pub(super) imports: BTreeMap<Name, String>,
    pub(super) state: BTreeMap<Name, Kept>,
    /// What no provider may do, whatever happens.
    pub(super) breaches: Vec<String>,
}

/// How an apply comes to its end.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// By itself.
    Whole,
    /// By the first Ctrl-C.
    Stop(Moment),
    /// The provider is killed.
    Kill(Moment),
    /// Terraform is killed; the provider goes on for a while with nobody to tell.
    HangUp(Moment),
}

/// When an apply is ended.
#[derive(Clone, Debug)]
pub(super) enum Moment {
    /// So long after its start.
    After(Duration),
    /// When a request has come to this gate.
    Gate(String),
}

/// What was told of a resource; the name is empty for what is told of none.
pub(super) type Told = Vec<(Name, Diagnostic)>;

/// Something to do for one resource.
#[derive(Clone, Debug)]
enum Step {
    Create(Value),
    Update { prior: Kept, planned: Value, private: Private },
    Delete(Kept),
    Replace { prior: Kept, planned: Value },
}

impl Kept {
    pub(super) fn id(&self) -> &str {
        self.value.field("id").as_text().unwrap_or_default()
    }
}

impl Terraform {
    /// One `terraform apply`. Answers what was told, and whether everything was done.
    pub(super) async fn apply(
        &mut self,
        emulator: &Emulator,
        parallelism: usize,
        ending: &Ending,
    ) -> (Told, bool) {
        let mut told = Told::new();
        let Some(steps) = self.plan(emulator, parallelism, &mut told).await else {
            return (told, false);
        };
        let whole = self.carry_out(emulator, steps, parallelism, ending, &mut told).await;
        let failed = has_error(&told.iter().map(|(_, one)| one.clone()).collect::<Vec<_>>());
        (told, whole && !failed)
    }

    /// What a plan would do, in words; nothing when all is as configured.
    pub(super) async fn drift(&mut self, emulator: &Emulator) -> (Told, Option<Vec<String>>) {
        let mut told = Told::new();
        let steps = self.plan(emulator, 10, &mut told).await;
        let words = |steps: BTreeMap<Name, Step>| {
            steps.iter().map(|(name, step)| format!("{name}: {step:?}")).collect()
        };
        (told, steps.map(words))
    }

    /// The resources that hold this id.
    pub(super) fn holders(&self, id: &str) -> Vec<&Name> {
        self.state.iter().filter(|(_, kept)| kept.id() == id).map(|(name, _)| name).collect()
    }

    /// Imports, refreshes and plans, in a process of its own. Nothing when there was an error, and then
    /// state is as it was.
    async fn plan(
        &mut self,
        emulator: &Emulator,
        parallelism: usize,
        told: &mut Told,
    ) -> Option<BTreeMap<Name, Step>> {
        let provider = launch(emulator);
        let mut state = self.state.clone();
        for (name, id) in &self.imports {
            let resource = provider.resource(ENTITY.type_name).unwrap();
            match provider.import(resource, &Sought::Id(id.clone())).await {
                Ok(Outcome { state: value, private, diagnostics }) => {
                    told.extend(diagnostics.into_iter().map(|one| (name.clone(), one)));
                    state.insert(name.clone(), Kept { value, private });
                }
                Err(why) => told.push((name.clone(), why)),
            }
        }
        let mut reads = JoinSet::new();
        let turns = Arc::new(Semaphore::new(parallelism));
        for (name, kept) in state.clone() {
            let (provider, turns) = (Arc::clone(&provider), Arc::clone(&turns));
            reads.spawn(async move {
                let _turn = turns.acquire().await;
                let outcome = provider.read(managed(&provider), kept.value, kept.private).await;
                (name, outcome)
            });
        }
        for (name, Outcome { state: value, private, diagnostics }) in reads.join_all().await {
            told.extend(diagnostics.into_iter().map(|one| (name.clone(), one)));
            match value {
                Value::Null => state.remove(&name),
                value => state.insert(name, Kept { value, private }),
            };
        }
        if told.iter().any(|(_, one)| one.is_error()) {
            return None;
        }
        self.imports.clear();
        let mut steps = BTreeMap::new();
        for (name, block) in &self.config {
            let prior = state.get(name);
            let (step, problems) = planned(&provider, prior, block);
            told.extend(problems.into_iter().map(|one| (name.clone(), one)));
            steps.extend(step.map(|step| (name.clone(), step)));
        }
        for (name, kept) in state.iter().filter(|(name, _)| !self.config.contains_key(*name)) {
            steps.insert(name.clone(), Step::Delete(kept.clone()));
        }
        self.state = state;
        (!told.iter().any(|(_, one)| one.is_error())).then_some(steps)
    }

    /// Does all steps, as many at once as there may be; answers whether it came to its own end.
    async fn carry_out(
        &mut self,
        emulator: &Emulator,
        steps: BTreeMap<Name, Step>,
        parallelism: usize,
        ending: &Ending,
        told: &mut Told,
    ) -> bool {
        let provider = launch(emulator);
        let turns = Arc::new(Semaphore::new(parallelism));
        let halted = Arc::new(AtomicBool::new(false));
        let (sender, mut results) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for (name, step) in steps {
            let (provider, turns) = (Arc::clone(&provider), Arc::clone(&turns));
            let (halted, sender) = (Arc::clone(&halted), sender.clone());
            tasks.spawn(async move {
                let _turn = turns.acquire().await;
                // After an interruption nothing new is begun.
                if !halted.load(Ordering::Relaxed) {
                    take(&provider, &name, step, &sender).await;
                }
            });
        }
        drop(sender);
        let all = async { while tasks.join_next().await.is_some() {} };
        let whole = match ending {
            Ending::Whole => {
                self.in_time(all).await;
                true
            }
            Ending::Stop(moment) => {
                tokio::pin!(all);
                let ended = tokio::select! {
                    () = &mut all => true,
                    () = moment.comes(emulator) => false,
                };
                if !ended {
                    halted.store(true, Ordering::Relaxed);
                    provider.stop();
                    self.in_time(all).await;
                }
                ended
            }
            Ending::Kill(moment) | Ending::HangUp(moment) => tokio::select! {
                () = all => true,
                () = moment.comes(emulator) => false,
            },
        };
        while let Ok((name, outcome)) = results.try_recv() {
            self.record(name, outcome, told);
        }
        if !whole && matches!(ending, Ending::HangUp(_)) {
            sleep(DRAIN).await;
        }
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
        whole
    }

    async fn in_time(&mut self, all: impl Future<Output = ()>) {
        if timeout(LONGEST, all).await.is_err() {
            self.breaches.push(format!("an apply did not end within {LONGEST:?}"));
        }
    }

    /// As core takes an answer to ApplyResourceChange.
    fn record(&mut self, name: Name, outcome: Outcome, told: &mut Told) {
        let Outcome { state, private, diagnostics } = outcome;
        let is_new = !self.state.contains_key(&name);
        if is_new && has_error(&diagnostics) && !state.is_null() {
            self.breaches.push(format!("{name} would be replaced: {diagnostics:?}"));
        }
        if !state.is_null() && !state.is_wholly_known() {
            self.breaches.push(format!("{name} has an unknown state"));
        }
        told.extend(diagnostics.into_iter().map(|one| (name.clone(), one)));
        match state {
            Value::Null => self.state.remove(&name),
            value => self.state.insert(name, Kept { value, private }),
        };
    }
}

impl Moment {
    async fn comes(&self, emulator: &Emulator) {
        match self {
            Self::After(time) => sleep(*time).await,
            Self::Gate(gate) => emulator.arrivals(gate, 1).await,
        }
    }
}

/// No operation takes longer than ten minutes and a reserve, but there are several waves of them.
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);
/// How long a provider goes on when Terraform is gone.
const DRAIN: Duration = Duration::from_secs(35);

async fn take(
    provider: &Provider,
    name: &Name,
    step: Step,
    results: &mpsc::UnboundedSender<(Name, Outcome)>,
) {
    let tell = |outcome| {
        // Nobody listens any more when Terraform is gone.
        let _ = results.send((name.clone(), outcome));
    };
    match step {
        Step::Create(planned) => {
            tell(provider.create(managed(provider), planned, &Value::Null, Known::default()).await)
        }
        Step::Update { prior, planned, private } => {
            tell(
                provider
                    .update(managed(provider), prior.value, planned, &Value::Null, private)
                    .await,
            );
        }
        Step::Delete(Kept { value, private }) => {
            tell(provider.delete(managed(provider), value, private).await);
        }
        Step::Replace { prior, planned } => {
            let deleted = provider.delete(managed(provider), prior.value, prior.private).await;
            let is_gone = deleted.state.is_null();
            tell(deleted);
            if is_gone {
                tell(
                    provider
                        .create(managed(provider), planned, &Value::Null, Known::default())
                        .await,
                );
            }
        }
    }
}

/// A new process.
fn launch(emulator: &Emulator) -> Arc<Provider> {
    let client = Credential::default();
    let variables = [
        ("ARM_TENANT_ID", client.tenant_id.as_str()),
        ("ARM_CLIENT_ID", client.client_id.as_str()),
        ("ARM_CLIENT_SECRET", client.client_secret.as_str()),
        ("INTUNE_GRAPH_ENDPOINT", emulator.url()),
        ("INTUNE_AUTHORITY_HOST", emulator.url()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let provider = Provider::new(Catalog::ALL, Environment::new(variables));
    let provider = provider.with_chance(chance::spread);
    let problems = provider.configure(&Value::Object(Fields::new()), "1.11.4");
    assert!(problems.is_empty(), "{problems:?}");
    Arc::new(provider)
}

fn managed(provider: &Provider) -> &Resource {
    provider.resource(ENTITY.type_name).unwrap()
}

/// What has to be done for one block, and what is told of that.
fn planned(
    provider: &Provider,
    prior: Option<&Kept>,
    block: &Block,
) -> (Option<Step>, Vec<Diagnostic>) {
    let schema = &managed(provider).described.schema;
    let names = schema.block.attributes.iter().map(|attribute| attribute.name.clone());
    let mut config: Fields = names.map(|name| (name, Value::Null)).collect();
    config.insert("display_name".into(), Value::text(&block.display_name));
    config.insert("dep_onboarding_setting_id".into(), Value::text(&block.token));
    config.extend(block.lines.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let plan = |prior: &Value, private: Private| {
        let mut proposed = config.clone();
        for name in ["id", "configuration_endpoint_url", "is_default"] {
            if config[name].is_null() {
                proposed.insert(name.to_owned(), prior.field(name).clone());
            }
        }
        let (proposed, config) = (Value::Object(proposed), Value::Object(config.clone()));
        provider.plan(managed(provider), prior, &proposed, &config, private)
    };
    let Some(prior) = prior else {
        let plan = plan(&Value::Null, Private::default());
        return (Some(Step::Create(plan.state)), plan.diagnostics);
    };
    let change = plan(&prior.value, prior.private.clone());
    if change.state == prior.value {
        return (None, change.diagnostics);
    }
    if change.requires_replace.is_empty() {
        let (planned, private) = (change.state, change.private);
        let step = Step::Update { prior: prior.clone(), planned, private };
        return (Some(step), change.diagnostics);
    }
    // Core plans a replacement once more, as if nothing were there.
    let plan = plan(&Value::Null, Private::default());
    (Some(Step::Replace { prior: prior.clone(), planned: plan.state }), plan.diagnostics)
}
