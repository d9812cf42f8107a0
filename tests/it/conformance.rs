//! Every declaration against Graph's metadata, as the emulator keeps it: nothing misspelt, missing or of
//! another type.

use std::collections::BTreeMap;

use serde_json::Value;
use terraform_provider_intune::data_sources;
use terraform_provider_intune::entity::{Kind, Presence, Property, Question};
use terraform_provider_intune::resources;

const METADATA: &str = include_str!("../../examples/graph-emulator/emulator/metadata.json");

#[test]
fn every_row_is_a_property_of_its_type_and_every_property_has_a_row() {
    let metadata: Value = serde_json::from_str(METADATA).unwrap();
    for entity in resources::ALL {
        let name = entity.graph_type.trim_start_matches("#microsoft.graph.");
        let declared = entity_properties(&metadata, name);
        hold(&metadata, entity.type_name, entity.properties, &declared);
    }
}

#[test]
fn every_row_that_is_told_is_a_property_of_its_type() {
    let metadata: Value = serde_json::from_str(METADATA).unwrap();
    for source in data_sources::ALL {
        let rows = source.told.facts().rows;
        match source.question {
            // The same rows as the resource's, which are held above.
            Question::Entity(entity) => assert_eq!(rows.len(), entity.properties.len()),
            Question::Token | Question::Tokens => {
                let declared = entity_properties(&metadata, "depOnboardingSetting");
                hold(&metadata, source.type_name, rows, &declared);
            }
            Question::Devices => {
                let declared = entity_properties(&metadata, "importedAppleDeviceIdentity");
                hold(&metadata, source.type_name, rows, &declared);
            }
            Question::Profiles => {
                let mut declared = entity_properties(&metadata, "enrollmentProfile");
                // Not every type can be a default.
                declared.insert("isDefault".to_owned(), "Edm.Boolean".to_owned());
                hold(&metadata, source.type_name, rows, &declared);
            }
            Question::MobileConfig => assert!(rows.is_empty()),
        }
    }
}

fn hold(metadata: &Value, what: &str, rows: &[Property], declared: &BTreeMap<String, String>) {
    for row in rows {
        let type_ = declared.get(row.graph).unwrap_or_else(|| {
            panic!("{what}: Graph's metadata has no property `{}`", row.graph);
        });
        let nullable = type_.ends_with('?');
        let bare = type_.trim_end_matches('?');
        fits(metadata, what, row, bare);
        let may_be_null = matches!(row.presence, Presence::Optional);
        let collection = matches!(row.kind, Kind::Objects(_) | Kind::Guids);
        assert!(!may_be_null || nullable || collection, "{what}.{} is never null", row.graph);
    }
    for property in declared.keys() {
        assert!(rows.iter().any(|row| row.graph == property), "{what} has no row for `{property}`");
    }
}

fn fits(metadata: &Value, what: &str, row: &Property, type_: &str) {
    let place = format!("{what}.{}: {type_}", row.graph);
    match row.kind {
        Kind::Flag => assert_eq!(type_, "Edm.Boolean", "{place}"),
        Kind::Integer => assert_eq!(type_, "Edm.Int32", "{place}"),
        Kind::Text | Kind::Certificate | Kind::Thumbprint | Kind::Secret(_) => {
            assert_eq!(type_, "Edm.String", "{place}");
        }
        Kind::Moment => assert_eq!(type_, "Edm.DateTimeOffset", "{place}"),
        Kind::Texts => assert_eq!(type_, "Collection(Edm.String)", "{place}"),
        Kind::Guids => assert_eq!(type_, "Collection(Edm.Guid)", "{place}"),
        Kind::SkipKeys(_) => assert_eq!(type_, "Collection(Edm.String)", "{place}"),
        Kind::Object(rows) => {
            let name = type_.strip_prefix("graph.").expect(&place);
            let declared = properties(&metadata["complexTypes"][name]);
            hold(metadata, &place, rows, &declared);
        }
        Kind::Choice(members) => {
            let name = type_.strip_prefix("graph.").expect(&place);
            let declared = &metadata["enums"][name];
            assert_eq!(serde_json::json!(members), *declared, "{place}");
        }
        Kind::Objects(rows) => {
            let element = type_
                .strip_prefix("Collection(graph.")
                .and_then(|rest| rest.strip_suffix(')'))
                .expect(&place);
            let declared = properties(&metadata["complexTypes"][element]);
            hold(metadata, &place, rows, &declared);
        }
    }
}

/// The properties of an entity type and of what it derives from.
fn entity_properties(metadata: &Value, name: &str) -> BTreeMap<String, String> {
    let type_ = &metadata["entityTypes"][name];
    assert!(type_.is_object(), "Graph's metadata has no entity type `{name}`");
    let mut all = properties(type_);
    if let Some(base) = type_["base"].as_str() {
        all.extend(entity_properties(metadata, base));
    }
    all
}

fn properties(type_: &Value) -> BTreeMap<String, String> {
    let declared = type_["properties"].as_object().expect("a type has properties");
    let text = |value: &Value| value.as_str().expect("a type is a text").to_owned();
    declared.iter().map(|(name, type_)| (name.clone(), text(type_))).collect()
}
