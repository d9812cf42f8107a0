//! Which profiles are to be the default, so that two that both want to be are told apart and told of; asks
//! nobody.
//!
//! A plan is made for one object at a time, and nobody says which one. An object that exists is known by its
//! id, one that does not by its name; two new ones of the same name cannot be told from one that is
//! planned twice, as Terraform does with a replacement.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, ID, Planned, Writing, is_true};
use crate::value::{Path, Value};

/// Who claims to be the default of which parent and platform, since the provider was configured.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashMap<Place, Claimant>>);

/// The parent's id, the platform and the attribute.
type Place = (String, &'static str, &'static str);

#[derive(Clone, Debug)]
struct Claimant {
    id: Option<String>,
    name: String,
}

impl Claims {
    /// Takes note of what a configuration claims, and tells of whoever claimed the same before.
    pub(super) fn note(
        &self,
        entity: &Entity,
        prior: &Value,
        config: &Value,
        planned: &Planned,
    ) -> Vec<Diagnostic> {
        // Terraform plans it once more, as the new object that it will be.
        if !planned.requires_replace.is_empty() {
            return Vec::new();
        }
        let one_of =
            entity.properties.iter().filter(|row| matches!(row.writing, Writing::Action(_)));
        one_of
            .map(|property| property.attribute)
            .filter(|attribute| is_true(config, attribute))
            .filter_map(|attribute| self.claim(entity, attribute, prior, config))
            .collect()
    }

    /// Forgets every claim.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn claim(
        &self,
        entity: &Entity,
        attribute: &'static str,
        prior: &Value,
        config: &Value,
    ) -> Option<Diagnostic> {
        let parent = config.field(entity.parent.attribute).as_text()?;
        let row = entity.properties.iter().find(|row| row.graph == entity.name)?;
        let name = config.field(row.attribute).as_text()?.to_owned();
        let claimant = Claimant { id: prior.field(ID).as_text().map(str::to_owned), name };
        let platform = entity.default_navigation.unwrap_or(entity.type_name);
        let place = (parent.to_ascii_lowercase(), platform, attribute);
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match claims.get(&place) {
            Some(other) if !other.is(&claimant) => {
                Some(two_claims(entity, attribute, parent, other, &claimant))
            }
            _ => {
                claims.insert(place, claimant);
                None
            }
        }
    }
}

impl Claimant {
    /// Whether both may be the same object.
    fn is(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(one), Some(other)) => one == other,
            _ => self.name == other.name,
        }
    }
}

/// Of a type that serves more than one platform, two may be right.
fn two_claims(
    entity: &Entity,
    attribute: &str,
    parent: &str,
    one: &Claimant,
    other: &Claimant,
) -> Diagnostic {
    let noun = entity.noun;
    let summary = format!("Two {noun}s with `{attribute} = true`");
    let found = format!(
        "\"{}\" and \"{}\" both have `{attribute} = true` under the {} `{parent}`.",
        one.name, other.name, entity.parent.noun
    );
    let told = match entity.default_navigation {
        Some(_) => Diagnostic::error(
            summary,
            format!(
                "{found} There is one default for each platform, so that each apply would take it from \
                 one and give it to the other. Remove the line from one of them."
            ),
        ),
        None => Diagnostic::warning(
            summary,
            format!(
                "{found} There is one default for each platform, and this type does not say for which \
                 one it is. If the next plan wants to turn one of them on again, remove the line from \
                 it."
            ),
        ),
    };
    told.at(Path::attribute(attribute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Severity;
    use crate::resources::{dep_enrollment_profile, dep_ios_enrollment_profile};

    fn profile(id: Option<&str>, name: &str) -> Value {
        let id = id.map_or(Value::Null, Value::text);
        let fields = [
            (ID, id),
            ("dep_onboarding_setting_id", Value::text("t")),
            ("display_name", Value::text(name)),
            ("is_default", Value::Bool(true)),
        ];
        Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn planned(requires_replace: Vec<Path>) -> Planned {
        Planned { state: Value::Null, requires_replace, diagnostics: Vec::new() }
    }

    /// How many are told of when these claim one after the other.
    fn told(entity: &Entity, claimants: &[Value]) -> Vec<Severity> {
        let claims = Claims::default();
        let notes =
            claimants.iter().flat_map(|one| claims.note(entity, one, one, &planned(vec![])));
        notes.map(|diagnostic| diagnostic.severity).collect()
    }

    #[test]
    fn two_objects_are_told_apart_by_id_or_else_by_name() {
        let entity = &dep_ios_enrollment_profile::ENTITY;
        for (one, other, rivals) in [
            (profile(Some("1"), "a"), profile(Some("2"), "a"), true),
            (profile(Some("1"), "a"), profile(Some("1"), "b"), false),
            (profile(Some("1"), "a"), profile(None, "b"), true),
            // A replacement is planned once as what it is and once as what it will be.
            (profile(Some("1"), "a"), profile(None, "a"), false),
            (profile(None, "a"), profile(None, "b"), true),
        ] {
            assert_eq!(told(entity, &[one, other]).len(), usize::from(rivals));
        }
    }

    #[test]
    fn a_type_for_every_platform_is_only_doubted() {
        let claimants = [profile(Some("1"), "a"), profile(Some("2"), "b")];
        assert_eq!(told(&dep_ios_enrollment_profile::ENTITY, &claimants), [Severity::Error]);
        assert_eq!(told(&dep_enrollment_profile::ENTITY, &claimants), [Severity::Warning]);
    }

    #[test]
    fn what_is_planned_once_more_or_was_forgotten_claims_nothing() {
        let (claims, entity) = (Claims::default(), &dep_ios_enrollment_profile::ENTITY);
        let (one, other) = (profile(Some("1"), "a"), profile(Some("2"), "b"));
        let moved = planned(vec![Path::attribute("dep_onboarding_setting_id")]);
        assert!(claims.note(entity, &one, &one, &moved).is_empty());
        assert!(claims.note(entity, &other, &other, &planned(vec![])).is_empty());
        claims.clear();
        assert!(claims.note(entity, &one, &one, &planned(vec![])).is_empty());
    }
}
