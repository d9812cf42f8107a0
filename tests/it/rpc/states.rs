//! States as the first version of the provider wrote them: whatever comes later reads them.
//!
//! `tests/it/data/states` holds one for every resource, as Terraform 1.11.4 stored it after an apply with
//! every line that a configuration can have. They are never written anew: a change of a schema that makes
//! one of them unreadable needs a new schema version and an upgrade.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use terraform_provider_intune::value::{Value, json as values};

use super::Stage;

/// The stored instance of every resource, by its type.
fn stored() -> BTreeMap<String, Json> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/states");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_states_of_the_first_version_are_read_without_a_loss() {
    let stage = Stage::new().await;
    let stored = stored();
    let resources: Vec<_> = stage.core.resource_types().collect();
    assert_eq!(stored.keys().map(String::as_str).collect::<Vec<_>>(), resources);
    for (name, instance) in stored {
        let version = instance["schema_version"].as_i64().unwrap();
        assert_eq!(version, 0, "{name}");
        let mut read = stage.core.instance(&name);
        let text = instance["attributes"].to_string();
        let state = read.upgrade(version, text.as_bytes()).await.unwrap();
        let type_ = &stage.core.described(&name).type_;
        let again: Json = serde_json::from_slice(&values::encode(&state, type_).unwrap()).unwrap();
        for (attribute, value) in instance["attributes"].as_object().unwrap() {
            assert_eq!(&again[attribute], value, "{name}.{attribute}");
        }
    }
}

/// What Terraform does after an upgrade: it reads, and there is still nothing to change.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_the_first_version_lives_on() {
    let stage = Stage::new().await;
    let (mut profile, config) = stage.applied(json!({ "siri_disabled": true })).await;
    let instance = &stored()[super::PROFILE];
    let mut attributes = instance["attributes"].as_object().unwrap().clone();
    // Of the same object, as far as this Graph can know it.
    for (name, value) in profile.state().as_fields().unwrap() {
        if let Value::Text(text) = value {
            attributes.insert(name.clone(), json!(text));
        }
    }
    let text = json!(attributes).to_string();
    let state = profile.upgrade(0, text.as_bytes()).await.unwrap();
    profile.edit(state, b"");
    profile.refresh().await.success();
    profile.upsert(&config).await.success();
    profile.converged(&config).await.success();
}
