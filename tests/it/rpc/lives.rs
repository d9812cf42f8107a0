//! Every resource row by row, as its declaration has them; knows no resource.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use terraform_provider_intune::entity::{Entity, Kind, Property, Writing};
use terraform_provider_intune::resources;
use terraform_provider_intune::value::Value;

use super::Stage;
use crate::core::Instance;
use crate::samples::{self, Lines};

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_every_resource_is_set_with_one_update_that_holds_it_and_taken_back() {
    let lives = resources::ALL.iter().map(|entity| tokio::spawn(Life::lead(entity)));
    for life in lives.collect::<Vec<_>>() {
        life.await.unwrap();
    }
}

/// One object of a resource, and the lines it is configured with.
struct Life {
    stage: Stage,
    entity: &'static Entity,
    object: Instance,
    lines: Lines,
}

impl Life {
    async fn lead(entity: &'static Entity) {
        let stage = Stage::new().await;
        let object = stage.core.instance(entity.type_name);
        let lines = samples::minimal(entity, &stage.token);
        let mut life = Self { stage, entity, object, lines };
        let config = life.config(&life.lines);
        life.object.upsert(&config).await.success();
        life.object.converged(&config).await.success();
        let least = life.lines.clone();
        let mut waiting: Vec<_> = samples::optional_rows(entity).collect();
        // A row that a rule refuses beside what is there waits for the rows that it needs.
        for _ in 0..2 {
            let mut later = Vec::new();
            for row in waiting {
                if !life.set(row).await {
                    later.push(row);
                }
            }
            waiting = later;
        }
        let all = life.lines.clone();
        life.become_as(&least).await;
        // Rows that exclude each other are set one without the other.
        for row in waiting {
            assert!(life.set(row).await, "{}.{} cannot be set", entity.type_name, row.attribute);
            life.become_as(&least).await;
        }
        life.become_as(&all).await;
        life.object.destroy().await.success();
        assert!(life.stage.stored().is_empty(), "{}", entity.type_name);
    }

    /// Gives one row a value, unless a rule refuses that; answers whether it did.
    async fn set(&mut self, row: &Property) -> bool {
        let mut lines = self.lines.clone();
        lines.extend(samples::lines_of(row, self.entity));
        let config = self.config(&lines);
        if samples::refused(self.entity, &config).is_some() {
            return false;
        }
        self.stage.emulator.clear_requests();
        self.object.upsert(&config).await.success();
        let place = format!("{}.{}", self.entity.type_name, row.attribute);
        let patches = self.stage.sent("PATCH");
        assert!(patches.len() <= 1, "{place}: {patches:?}");
        let sent: BTreeSet<&str> = patches
            .iter()
            .flat_map(|patch| patch.body.as_object().unwrap().keys())
            .map(String::as_str)
            .filter(|name| !name.starts_with('@'))
            .collect();
        assert!(sent.is_subset(&self.may_send(row)), "{place}: {sent:?}");
        if !matches!(row.kind, Kind::SkipKeys(_)) && row.skips.is_none() {
            assert_eq!(sent, BTreeSet::from([row.graph]), "{place}");
        }
        self.object.converged(&config).await.success();
        self.lines = lines;
        true
    }

    /// The row itself; of panes, what its keys stand for as well.
    fn may_send(&self, row: &Property) -> BTreeSet<&'static str> {
        let rows = self.entity.properties.iter().filter(|other| {
            let panes = matches!(row.kind, Kind::SkipKeys(_)) || row.skips.is_some();
            let of_panes = matches!(other.kind, Kind::SkipKeys(_)) || other.skips.is_some();
            other.graph == row.graph || (panes && of_panes)
        });
        rows.map(|row| row.graph).collect()
    }

    /// Changes all lines at once.
    async fn become_as(&mut self, lines: &Lines) {
        let config = self.config(lines);
        self.object.upsert(&config).await.success();
        self.object.converged(&config).await.success();
        self.lines = lines.clone();
        let stored = &self.stage.stored()[0];
        for row in samples::optional_rows(self.entity) {
            let is_ours = row.writing == Writing::Body && row.skips.is_none();
            if matches!(row.kind, Kind::Flag) && is_ours {
                let wanted = lines.get(row.attribute).unwrap_or(&Json::Bool(false));
                assert_eq!(stored[row.graph], *wanted, "{}", row.graph);
            }
        }
    }

    fn config(&self, lines: &Lines) -> Value {
        self.stage.core.described(self.entity.type_name).value(&Json::Object(lines.clone()))
    }
}
