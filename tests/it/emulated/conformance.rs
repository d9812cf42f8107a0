//! Holds the local Graph's data file against Microsoft's metadata, where a copy of that lies beside the project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

type Types = BTreeMap<String, Declared>;

/// A type as one of the two files declares it, inherited properties left out.
#[derive(Debug, Default, PartialEq)]
struct Declared {
    base: Option<String>,
    is_abstract: bool,
    /// Name to EDM type, with `?` behind it when null is allowed.
    properties: BTreeMap<String, String>,
}

#[test]
fn every_type_and_property_is_as_in_the_metadata_of_2026() {
    let Some(csdl) = contract("csdl-beta-prod-2026-07-31.xml") else { return };
    let wanted = types_of(&csdl);
    assert!(wanted.contains_key("depEnrollmentProfile"), "the metadata could not be read");
    let mut found = file_types();
    // It is referred to in the metadata of 2026 and declared in that of 2022.
    let certificate = found.remove("managementCertificateWithThumbprint");
    assert_eq!(found, wanted);
    let Some(older) = contract("csdl-beta-mooncake-2022-10-05.xml") else { return };
    assert_eq!(certificate.as_ref(), types_of(&older).get("managementCertificateWithThumbprint"));
}

#[test]
fn enum_members_stand_in_the_order_of_their_values() {
    let Some(csdl) = contract("csdl-beta-mooncake-2022-10-05.xml") else { return };
    let file = file();
    let mut checked = 0;
    let mut current: Option<(&str, usize)> = None;
    for line in csdl.lines() {
        if line.contains("<EnumType ") {
            current = attribute(line, "Name").map(|name| (name, 0));
        } else if line.contains("<Member ")
            && let Some((name, place)) = &mut current
        {
            // The lists have grown at their end since, so the older metadata is a beginning of them.
            assert_eq!(file["enums"][*name][*place].as_str(), attribute(line, "Name"), "{name}");
            *place += 1;
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} members were found");
}

#[test]
fn every_enum_a_property_refers_to_has_members() {
    let file = file();
    let complex: BTreeSet<&String> = file["complexTypes"].as_object().unwrap().keys().collect();
    for (type_name, type_) in file_types() {
        for (property, notation) in type_.properties {
            let Some(referred) = notation
                .trim_end_matches('?')
                .trim_start_matches("Collection(")
                .trim_end_matches(')')
                .strip_prefix("graph.")
            else {
                continue;
            };
            let has_members = file["enums"][referred].as_array().is_some_and(|m| !m.is_empty());
            let is_complex = complex.iter().any(|name| *name == referred);
            assert!(has_members || is_complex, "{type_name}.{property} refers to {referred}");
        }
    }
}

fn file() -> Value {
    serde_json::from_str(include_str!("../../../examples/graph-emulator/emulator/metadata.json"))
        .unwrap()
}

fn file_types() -> Types {
    let file = file();
    let declared = ["complexTypes", "entityTypes"].into_iter().flat_map(|group| {
        file[group].as_object().unwrap().iter().map(|(name, type_)| {
            let properties = type_["properties"].as_object().unwrap();
            let declared = Declared {
                base: type_["base"].as_str().map(str::to_owned),
                is_abstract: type_["abstract"] == true,
                properties: properties
                    .iter()
                    .map(|(name, notation)| (name.clone(), notation.as_str().unwrap().to_owned()))
                    .collect(),
            };
            (name.clone(), declared)
        })
    });
    declared.collect()
}

/// The entity and complex types of a metadata document that has one element on a line.
fn types_of(csdl: &str) -> Types {
    let mut types = Types::new();
    let mut current = None;
    for line in csdl.lines() {
        if line.contains("<EntityType ") || line.contains("<ComplexType ") {
            let name = attribute(line, "Name").unwrap().to_owned();
            let base = attribute(line, "BaseType");
            let declared = Declared {
                base: base.map(|base| base.trim_start_matches("graph.").to_owned()),
                is_abstract: attribute(line, "Abstract") == Some("true"),
                properties: BTreeMap::new(),
            };
            types.insert(name.clone(), declared);
            current = Some(name);
        } else if line.contains("<Property ")
            && let Some(type_) = current.as_ref().and_then(|name| types.get_mut(name))
        {
            let is_nullable = attribute(line, "Nullable") != Some("false");
            let mark = if is_nullable { "?" } else { "" };
            let notation = format!("{}{mark}", attribute(line, "Type").unwrap());
            type_.properties.insert(attribute(line, "Name").unwrap().to_owned(), notation);
        }
    }
    types
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// A document of the contract. It is not part of the project, and without it there is nothing to compare with.
fn contract(name: &str) -> Option<String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut around = project.ancestors().skip(1).take(2);
    let document = around
        .find_map(|folder| std::fs::read_to_string(folder.join("shared/contract").join(name)).ok());
    if document.is_none() {
        crate::skipped(&format!("there is no {name} beside the project"));
    }
    document
}
