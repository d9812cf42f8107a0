//! What schedules brought to light, each in the fewest steps that show it; must not know the schedules.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;

use super::terraform::{Block, Ending, Terraform, Told};
use crate::emulator::{Effect, Emulator, Fault, Options};

/// A Graph with one token, and a configuration with one profile.
struct Stage {
    emulator: Emulator,
    token: String,
    terraform: Terraform,
}

impl Stage {
    async fn start() -> Self {
        let emulator = Emulator::start(Options::default()).await.unwrap();
        let token = emulator.tokens()[0].0.clone();
        let block =
            Block { token: token.clone(), display_name: "Lab".to_owned(), lines: BTreeMap::new() };
        let config = [("lab".to_owned(), block)].into();
        Self { emulator, token, terraform: Terraform { config, ..Terraform::default() } }
    }

    fn fault(&self, method: &str, effect: Effect) {
        self.emulator.fault(Fault::new(method, "/enrollmentProfiles", effect));
    }

    async fn apply(&mut self) -> Told {
        let (told, _) = self.terraform.apply(&self.emulator, 10, &Ending::Whole).await;
        told
    }

    /// The ids of what Graph holds.
    fn ids(&self) -> Vec<String> {
        let profiles = self.emulator.profiles(&self.token);
        profiles.iter().map(|profile| profile["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn both(stored: Effect, answered: Effect) -> Effect {
    Effect::Both { stored: Box::new(stored), answered: Box::new(answered) }
}

fn names(told: &Told, id: &str) -> bool {
    told.iter().any(|(_, one)| one.detail.contains(id))
}

#[tokio::test(start_paused = true)]
async fn a_second_object_beside_one_that_was_found_by_its_location_is_named() {
    let mut stage = Stage::start().await;
    let unusable = Effect::OmitProperty { name: "id".to_owned() };
    stage.fault("POST", both(Effect::CommitTwice, unusable));
    let told = stage.apply().await;
    let ids = stage.ids();
    assert_eq!(ids.len(), 2);
    assert_eq!(stage.terraform.state.len(), 1, "{told:?}");
    assert!(ids.iter().all(|id| names(&told, id)), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_being_looked_at_where_its_answer_pointed_is_nobody_elses() {
    let mut stage = Stage::start().await;
    let equal = stage.terraform.config["lab"].clone();
    stage.terraform.config.insert("twin".to_owned(), equal);
    stage.fault("POST", Effect::OmitProperty { name: "id".to_owned() });
    stage.fault("POST", Effect::CommitThenDrop);
    let hold = Effect::HoldBeforeCommit { gate: "look".to_owned() };
    stage.emulator.fault(Fault::new("GET", "/enrollmentProfiles/", hold));
    let emulator = stage.emulator.handle();
    let late = async {
        emulator.arrivals("look", 1).await;
        tokio::time::sleep(Duration::from_secs(9)).await;
        emulator.open_gate("look");
    };
    let (told, ()) = tokio::join!(stage.apply(), late);
    let ids = stage.ids();
    assert_eq!(ids.len(), 2, "{told:?}");
    for id in ids {
        assert_eq!(stage.terraform.holders(&id).len(), 1, "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_is_not_over_because_one_replica_does_not_know_the_object_yet() {
    let mut stage = Stage::start().await;
    stage.apply().await;
    stage.terraform.config.clear();
    let gone = Effect::Status { code: 404, headers: Vec::new(), body: Json::Null };
    stage.fault("DELETE", gone);
    let told = stage.apply().await;
    assert!(told.is_empty() && stage.terraform.state.is_empty(), "{told:?}");
    assert!(stage.ids().is_empty(), "it is in nobody's hands now");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_failed_and_is_listed_late_is_not_sent_again() {
    let mut stage = Stage::start().await;
    let failed = Effect::CommitThenStatus { code: 500, headers: Vec::new(), body: Json::Null };
    stage.fault("POST", both(Effect::UnlistedFor { seconds: 50 }, failed));
    let told = stage.apply().await;
    let ids = stage.ids();
    assert_eq!(ids.len(), 1, "{told:?}");
    assert_eq!(stage.terraform.holders(&ids[0]), ["lab"], "{told:?}");
}
