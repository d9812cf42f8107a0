//! All 36 calls of the protocol: those that are offered answer, the others say that they are not.

use std::collections::BTreeSet;

use serde_json::json;
use terraform_provider_intune::proto::tfplugin6 as wire;
use tonic::{Code, Status};

use super::{PROFILE, Stage};
use crate::core::dynamic;
use crate::emulator::Options;
use crate::host::Host;

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_is_offered_answers() {
    let stage = Stage::new().await;
    let (profile, config) = stage.applied(json!({})).await;
    let type_ = &stage.core.described(PROFILE).type_;
    let (name, state) = (|| PROFILE.to_owned(), || Some(dynamic(profile.state(), type_)));
    let config = || Some(dynamic(&config, type_));
    let mut calls = stage.core.provider();

    let request = wire::get_metadata::Request {};
    assert!(calls.get_metadata(request).await.unwrap().into_inner().diagnostics.is_empty());
    let request = wire::get_provider_schema::Request {};
    assert!(calls.get_provider_schema(request).await.unwrap().into_inner().provider.is_some());
    let request = wire::get_resource_identity_schemas::Request {};
    let identities = calls.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert!(identities.diagnostics.is_empty());
    let request = wire::validate_provider_config::Request { config: None };
    assert!(is_fine(&calls.validate_provider_config(request).await.unwrap().get_ref().diagnostics));
    let request = wire::validate_resource_config::Request {
        type_name: name(),
        config: config(),
        ..Default::default()
    };
    assert!(is_fine(&calls.validate_resource_config(request).await.unwrap().get_ref().diagnostics));
    let request = wire::read_resource::Request {
        type_name: name(),
        current_state: state(),
        ..Default::default()
    };
    let read = calls.read_resource(request).await.unwrap().into_inner();
    assert!(is_fine(&read.diagnostics) && read.new_state == state(), "{read:?}");
    let request = wire::plan_resource_change::Request {
        type_name: name(),
        prior_state: state(),
        proposed_new_state: state(),
        config: config(),
        ..Default::default()
    };
    let planned = calls.plan_resource_change(request).await.unwrap().into_inner();
    assert!(is_fine(&planned.diagnostics) && planned.planned_state == state(), "{planned:?}");
    let request = wire::import_resource_state::Request {
        type_name: name(),
        id: profile.text("id").to_owned(),
        ..Default::default()
    };
    let imported = calls.import_resource_state(request).await.unwrap().into_inner();
    assert!(is_fine(&imported.diagnostics) && imported.imported_resources.len() == 1);
    let request = wire::upgrade_resource_state::Request {
        type_name: name(),
        version: 0,
        raw_state: Some(wire::RawState { json: b"{}".to_vec(), ..Default::default() }),
    };
    let upgraded = calls.upgrade_resource_state(request).await.unwrap().into_inner();
    assert!(is_fine(&upgraded.diagnostics) && upgraded.upgraded_state.is_some());
    let request = wire::upgrade_resource_identity::Request {
        type_name: name(),
        version: 0,
        raw_identity: Some(wire::RawState { json: b"{}".to_vec(), ..Default::default() }),
    };
    let upgraded = calls.upgrade_resource_identity(request).await.unwrap().into_inner();
    assert!(is_fine(&upgraded.diagnostics) && upgraded.upgraded_identity.is_some());
    let request = wire::get_functions::Request {};
    assert!(calls.get_functions(request).await.unwrap().into_inner().diagnostics.is_empty());
    let request = wire::stop_provider::Request {};
    assert_eq!(calls.stop_provider(request).await.unwrap().into_inner().error, "");
    let request = wire::apply_resource_change::Request {
        type_name: name(),
        prior_state: state(),
        ..Default::default()
    };
    let applied = calls.apply_resource_change(request).await.unwrap().into_inner();
    assert!(is_fine(&applied.diagnostics), "{applied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_although_it_is_not_there_is_refused_in_words() {
    let stage = Stage::new().await;
    let mut calls = stage.core.provider();
    let type_name = || "intune_nothing".to_owned();

    let request = wire::validate_data_resource_config::Request {
        type_name: type_name(),
        ..Default::default()
    };
    let answer = calls.validate_data_resource_config(request).await.unwrap().into_inner();
    assert_refused(&answer.diagnostics, "intune_nothing");
    let request = wire::read_data_source::Request { type_name: type_name(), ..Default::default() };
    let answer = calls.read_data_source(request).await.unwrap().into_inner();
    assert_refused(&answer.diagnostics, "intune_nothing");
    assert_eq!(answer.state, None);
    // OpenTofu asks this whether or not it is offered.
    let request = wire::move_resource_state::Request {
        source_type_name: "other_thing".to_owned(),
        target_type_name: PROFILE.to_owned(),
        ..Default::default()
    };
    let answer = calls.move_resource_state(request).await.unwrap().into_inner();
    assert_refused(&answer.diagnostics, "other_thing");
    assert_eq!(answer.target_state, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_advertised_is_not_implemented() {
    let plugin = Host::new().launch().await;
    let mut calls = plugin.provider();

    let request = wire::validate_state_store::Request::default();
    is_unimplemented(calls.validate_state_store_config(request).await);
    let request = wire::configure_state_store::Request::default();
    is_unimplemented(calls.configure_state_store(request).await);
    is_unimplemented(calls.read_state_bytes(wire::read_state_bytes::Request::default()).await);
    is_unimplemented(calls.write_state_bytes(futures_util::stream::empty()).await);
    is_unimplemented(calls.lock_state(wire::lock_state::Request::default()).await);
    is_unimplemented(calls.unlock_state(wire::unlock_state::Request::default()).await);
    is_unimplemented(calls.get_states(wire::get_states::Request::default()).await);
    is_unimplemented(calls.delete_state(wire::delete_state::Request::default()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_name_what_the_schemas_describe() {
    let plugin = Host::new().launch().await;
    let mut calls = plugin.provider();
    let metadata = calls.get_metadata(wire::get_metadata::Request {}).await.unwrap().into_inner();
    let request = wire::get_provider_schema::Request {};
    let schemas = calls.get_provider_schema(request).await.unwrap().into_inner();
    assert_eq!(metadata.server_capabilities, schemas.server_capabilities);
    let same = |named: Vec<String>, described: BTreeSet<&String>| {
        assert_eq!(named.len(), described.len());
        assert_eq!(named.iter().collect::<BTreeSet<_>>(), described);
    };
    let named = metadata.resources.into_iter().map(|one| one.type_name).collect::<Vec<_>>();
    assert!(named.contains(&PROFILE.to_owned()));
    same(named, schemas.resource_schemas.keys().collect());
    let named = metadata.data_sources.into_iter().map(|one| one.type_name).collect();
    same(named, schemas.data_source_schemas.keys().collect());
    let named = metadata.functions.into_iter().map(|one| one.name).collect();
    same(named, schemas.functions.keys().collect());
    let named = metadata.ephemeral_resources.into_iter().map(|one| one.type_name).collect();
    same(named, schemas.ephemeral_resource_schemas.keys().collect());
    let named = metadata.list_resources.into_iter().map(|one| one.type_name).collect();
    same(named, schemas.list_resource_schemas.keys().collect());
    let named = metadata.actions.into_iter().map(|one| one.type_name).collect();
    same(named, schemas.action_schemas.keys().collect());
    let named = metadata.state_stores.into_iter().map(|one| one.type_name).collect();
    same(named, schemas.state_store_schemas.keys().collect());
}

/// `get_provider_schema_optional` promises it: Terraform asks one process of many.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_never_asked_for_its_schema_does_everything() {
    // What another process told about itself.
    let stage = Stage::unconfigured(Options::default()).await;
    let config = stage.provider_config(json!({}));
    let fresh = Host::new().launch().await;
    let mut calls = fresh.provider();
    let request = wire::configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: Some(dynamic(&config, stage.core.provider_type())),
        client_capabilities: None,
    };
    assert!(is_fine(&calls.configure_provider(request).await.unwrap().into_inner().diagnostics));
    let mut profile = stage.core.instance_in(&fresh, PROFILE);
    let config = stage.config(json!({}));
    profile.upsert(&config).await.nothing();
    profile.converged(&config).await.nothing();
    let mut imported = stage.core.instance_in(&fresh, PROFILE);
    imported.import(profile.text("id")).await.nothing();
    assert_eq!(imported.state(), profile.state());
    profile.destroy().await.nothing();
}

fn is_fine(diagnostics: &[wire::Diagnostic]) -> bool {
    diagnostics.is_empty()
}

#[track_caller]
fn assert_refused(diagnostics: &[wire::Diagnostic], part: &str) {
    let [only] = diagnostics else { panic!("{diagnostics:?}") };
    assert_eq!(only.severity(), wire::diagnostic::Severity::Error);
    assert!(only.detail.contains(part), "{only:?}");
}

#[track_caller]
fn is_unimplemented<T>(answer: Result<T, Status>) {
    assert_eq!(answer.err().map(|status| status.code()), Some(Code::Unimplemented));
}
