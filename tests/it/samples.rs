//! Configurations made from declarations, so that a new resource is tested without a line about it;
//! knows no resource.

use serde_json::{Map, Value as Json, json};
use terraform_provider_intune::diagnostics::Severity;
use terraform_provider_intune::entity::{Entity, Kind, Presence, Property, Writing};
use terraform_provider_intune::value::Value;

const CERTIFICATE: &str = include_str!("../../src/entity/certificate.b64");

/// A secret in a sample: no output may ever hold it.
pub(crate) const PASSWORD: &str = "c4n4ry-Passw0rd~";

/// The lines of a configuration by attribute.
pub(crate) type Lines = Map<String, Json>;

/// Only what must be there, under this parent.
pub(crate) fn minimal(entity: &Entity, parent: &str) -> Lines {
    let mut lines = Lines::new();
    lines.insert(entity.parent.attribute.to_owned(), parent.into());
    let required =
        entity.properties.iter().filter(|row| matches!(row.presence, Presence::Required));
    lines.extend(required.flat_map(|row| lines_of(row, entity)));
    lines
}

/// The rows that may be left out and whose value a person decides alone. What an action turns on stays
/// on and belongs to the tests of that action.
pub(crate) fn optional_rows(entity: &Entity) -> impl Iterator<Item = &'static Property> {
    entity.properties.iter().filter(|row| {
        let free = !matches!(row.presence, Presence::Required | Presence::Computed);
        free && !matches!(row.writing, Writing::Action(_) | Writing::Never)
    })
}

/// Every row that can stand beside the others, each with another value than its default.
pub(crate) fn maximal(
    entity: &'static Entity,
    parent: &str,
    value: impl Fn(&Lines) -> Value,
) -> Lines {
    let mut lines = minimal(entity, parent);
    lines.extend(optional_rows(entity).flat_map(|row| lines_of(row, entity)));
    while let Some(attribute) = refused(entity, &value(&lines)) {
        assert!(lines.remove(attribute).is_some(), "{attribute} is refused without a line");
    }
    lines
}

/// An attribute that a rule refuses here.
pub(crate) fn refused(entity: &Entity, config: &Value) -> Option<&'static str> {
    let errors = entity.rules.iter().filter(|rule| rule.severity == Severity::Error);
    errors.filter(|rule| (rule.broken)(config)).map(|rule| rule.attribute).next()
}

/// The lines that give a row a value other than its default.
pub(crate) fn lines_of(row: &Property, entity: &Entity) -> Vec<(String, Json)> {
    let mut lines = vec![(row.attribute.to_owned(), sample(row, entity))];
    if let Kind::Secret(version) = row.kind {
        lines.push((version.to_owned(), 1.into()));
    }
    lines
}

fn sample(row: &Property, entity: &Entity) -> Json {
    match row.kind {
        Kind::Flag => true.into(),
        Kind::Integer => {
            let (least, most) =
                row.range.as_ref().map_or((0, 60), |range| (*range.start(), *range.end()));
            60.clamp(least, most).into()
        }
        Kind::Text => {
            let most = row.length.as_ref().map_or(60, |length| *length.end());
            format!("Sample {}", row.attribute).chars().take(most).collect::<String>().into()
        }
        Kind::Choice(members) => (*members.last().unwrap()).into(),
        Kind::Certificate => CERTIFICATE.trim().into(),
        // Computed, the first from the certificate beside it.
        Kind::Thumbprint | Kind::Moment | Kind::Texts => Json::Null,
        Kind::Guids => {
            json!(["0d9c5b9a-2f4e-4c57-9d3c-0f2f5f0c3a11", "7A0E3A4C-4C0B-4F53-8A4F-5B8C0E4F8F10"])
        }
        // One that no Boolean stands for, and one that a Boolean beside it stands for as well.
        Kind::SkipKeys(others) => {
            let panes = entity.panes().map(|pane| pane.key.name);
            others.iter().copied().take(1).chain(panes.take(1)).collect()
        }
        Kind::Object(rows) => {
            rows.iter().map(|row| (row.attribute.to_owned(), sample(row, entity))).collect()
        }
        Kind::Objects(rows) => {
            let object: Lines =
                rows.iter().map(|row| (row.attribute.to_owned(), sample(row, entity))).collect();
            json!([object])
        }
        Kind::Secret(_) => PASSWORD.into(),
    }
}
