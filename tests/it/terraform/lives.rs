//! The whole life of every resource, made from its declaration, and the examples; knows no resource.

use std::path::Path;

use serde_json::{Value, json};
use terraform_provider_intune::entity::{Entity, Kind, Writing};
use terraform_provider_intune::resources;
use terraform_provider_intune::value::json::{self, Undefined};

use super::Stage;
use crate::emulator::Options;
use crate::samples::{self, Lines};

#[tokio::test(flavor = "multi_thread")]
async fn every_resource_lives_its_whole_life() {
    let lives = resources::ALL.iter().map(|entity| tokio::spawn(Life::lead(entity)));
    for life in lives.collect::<Vec<_>>() {
        life.await.unwrap();
    }
}

/// One resource called `this`, in a workspace of its own.
struct Life {
    stage: Stage,
    entity: &'static Entity,
}

impl Life {
    async fn lead(entity: &'static Entity) {
        let options = Options { default_is_deletable: true, ..Options::default() };
        let life = Self { stage: Stage::with(options).await, entity };
        let token = life.stage.token.clone();
        let minimal = samples::minimal(entity, &token);
        let maximal = samples::maximal(entity, &token, |lines| life.value(lines));
        life.write(&minimal);
        life.stage.init().await;
        life.applied(&minimal).await;
        life.grows(&minimal, &maximal).await;
        life.is_imported(&maximal).await;
        life.is_repaired(&maximal).await;
        life.applied(&minimal).await;
        life.is_replaced(&minimal).await;
        life.stage.ends(0, &["destroy", "-auto-approve"]).await;
        assert_eq!(life.count(), 0, "{}", entity.type_name);
    }

    /// The rows come in four steps, so that each is changed beside others that are not.
    async fn grows(&self, minimal: &Lines, maximal: &Lines) {
        let id = self.stage.only_id();
        let added: Vec<_> =
            maximal.iter().filter(|(name, _)| !minimal.contains_key(*name)).collect();
        let mut lines = minimal.clone();
        for step in added.chunks(added.len().div_ceil(4).max(1)) {
            lines.extend(step.iter().map(|(name, value)| ((*name).clone(), (*value).clone())));
            let mut allowed = lines.clone();
            while let Some(attribute) = samples::refused(self.entity, &self.value(&allowed)) {
                allowed.remove(attribute);
            }
            self.applied(&allowed).await;
        }
        assert_eq!(self.stage.only_id(), id, "{} was replaced", self.entity.type_name);
    }

    /// A state knows neither what was only suggested nor a secret, so their lines are left out.
    async fn is_imported(&self, maximal: &Lines) {
        let mut lines = maximal.clone();
        for row in self.entity.properties {
            match row.kind {
                Kind::Secret(version) => {
                    lines.remove(row.attribute);
                    lines.remove(version);
                }
                Kind::Text if row.writing == Writing::Suggested => {
                    lines.remove(row.attribute);
                }
                _ => {}
            }
        }
        self.applied(&lines).await;
        let id = self.stage.only_id();
        let guid = id.split_once('_').unwrap().1;
        let name = self.stage.emulator.profiles(&self.stage.token)[0][self.entity.name].clone();
        let by_names = format!("Contoso ABM/{}", name.as_str().unwrap());
        for form in [id.clone(), format!("{}/{guid}", self.stage.token), by_names] {
            self.stage.ends(0, &["state", "rm", &self.address()]).await;
            self.stage.ends(0, &["import", &self.address(), &form]).await;
            self.stage.converged().await;
        }
    }

    async fn is_repaired(&self, maximal: &Lines) {
        self.applied(maximal).await;
        let id = self.stage.only_id();
        let flags = self.entity.properties.iter().filter(|row| {
            matches!(row.kind, Kind::Flag)
                && row.writing == Writing::Body
                && maximal.contains_key(row.attribute)
        });
        let mut drift: Lines = flags.map(|row| (row.graph.to_owned(), false.into())).collect();
        drift.insert(self.entity.name.to_owned(), "Portal".into());
        let expected: Vec<_> = drift.keys().cloned().collect();
        self.stage.emulator.edit_profile(&id, Value::Object(drift));
        let plan = self.stage.ends(2, &["plan", "-detailed-exitcode"]).await;
        for row in
            self.entity.properties.iter().filter(|row| expected.iter().any(|n| n == row.graph))
        {
            assert!(plan.output.contains(&format!("~ {}", row.attribute)), "{}", plan.output);
        }
        self.applied(maximal).await;

        self.stage.emulator.remove_profile(&id);
        let plan = self.stage.ends(2, &["plan", "-detailed-exitcode"]).await;
        assert!(plan.output.contains("will be created"), "{}", plan.output);
        self.applied(maximal).await;
        assert_ne!(self.stage.only_id(), id);
    }

    async fn is_replaced(&self, minimal: &Lines) {
        let other = self.stage.emulator.add_token("Other");
        let mut lines = minimal.clone();
        lines.insert(self.entity.parent.attribute.to_owned(), other.as_str().into());
        self.write(&lines);
        let run = self.stage.apply().await;
        assert!(run.output.contains("1 added, 0 changed, 1 destroyed"), "{}", run.output);
        assert_eq!(self.stage.emulator.profiles(&other).len(), 1);
        assert!(self.stage.emulator.profiles(&self.stage.token).is_empty());
        self.stage.converged().await;
    }

    /// Applies these lines, after which two plans must be empty.
    async fn applied(&self, lines: &Lines) {
        self.write(lines);
        self.stage.apply().await;
        self.stage.converged().await;
        let stored = self.stage.emulator.profiles(&self.stage.token);
        assert_eq!(stored.len(), 1, "{stored:?}");
    }

    fn write(&self, lines: &Lines) {
        let block = json!({ "resource": { self.entity.type_name: { "this": lines } } });
        self.stage.workspace.write("main.tf.json", &block.to_string()).unwrap();
    }

    fn value(&self, lines: &Lines) -> terraform_provider_intune::value::Value {
        let type_ = self.entity.schema().implied_type();
        let text = Value::Object(lines.clone()).to_string();
        json::decode(text.as_bytes(), &type_, Undefined::Refuse).unwrap()
    }

    fn address(&self) -> String {
        format!("{}.this", self.entity.type_name)
    }

    fn count(&self) -> usize {
        let tokens = self.stage.emulator.tokens();
        tokens.iter().map(|(id, _)| self.stage.emulator.profiles(id).len()).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_resource_is_applied_and_converges() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/resources");
    let applied = resources::ALL.iter().map(|entity| {
        let text = examples.join(entity.type_name).join("resource.tf");
        tokio::spawn(async move {
            let stage = Stage::new().await;
            let token = stage.token.clone();
            let stage = stage
                .with_variable("dep_onboarding_setting_id", &token)
                .with_variable("intune_account_id", &token)
                .with_variable("admin_password", samples::PASSWORD);
            stage.main(&std::fs::read_to_string(text).unwrap());
            stage.init().await;
            let run = stage.apply().await;
            assert!(!run.output.contains("Warning"), "{}", run.output);
            stage.converged().await;
            stage.ends(0, &["destroy", "-auto-approve"]).await;
        })
    });
    for example in applied.collect::<Vec<_>>() {
        example.await.unwrap();
    }
}
