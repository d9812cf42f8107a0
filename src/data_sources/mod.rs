//! What can be looked up: one file of rows for each kind of thing, and every managed entity; must not know
//! how a row becomes a schema, nor how Graph is asked.

use crate::diagnostics::Severity;
use crate::entity::{DataSource, Derived, Entity, Facts, Origin, Question, Rule, Told, is_given};
use crate::resources;
use crate::value::{Type, Value};

pub mod dep_mobile_config;
pub mod dep_onboarding_setting;
pub mod enrollment_profiles;
pub mod imported_apple_device_identities;

/// Every data source: those that are declared here, and one for each entity that is managed.
pub const ALL: &[DataSource] = &all();

const DECLARED: [DataSource; 5] = [
    dep_onboarding_setting::ONE,
    dep_onboarding_setting::ALL,
    enrollment_profiles::ALL,
    imported_apple_device_identities::ALL,
    dep_mobile_config::DOCUMENT,
];

/// A new resource is looked up without another line.
#[expect(clippy::indexing_slicing, reason = "a place out of bounds does not compile")]
const fn all() -> [DataSource; DECLARED.len() + resources::ALL.len()] {
    let mut all = [DECLARED[0]; DECLARED.len() + resources::ALL.len()];
    let mut place = 0;
    while place < all.len() {
        all[place] = if place < DECLARED.len() {
            DECLARED[place]
        } else {
            of_entity(resources::ALL[place - DECLARED.len()])
        };
        place += 1;
    }
    all
}

/// The data source that tells the properties of an entity, found by its id or its name.
const fn of_entity(entity: &'static Entity) -> DataSource {
    DataSource {
        type_name: entity.type_name,
        noun: entity.noun,
        description: entity.description,
        question: Question::Entity(entity),
        selectors: &["id", "display_name", TOKEN_ID],
        arguments: &[],
        told: Told::One(Facts { rows: entity.properties, derived: PARENT }),
        rules: BY_ID_OR_NAME,
    }
}

/// The attribute that names a token.
pub(crate) const TOKEN_ID: &str = "dep_onboarding_setting_id";

const PARENT: &[Derived] = &[Derived {
    attribute: TOKEN_ID,
    type_: Type::String,
    sensitive: false,
    description: "Id of the enrollment program token (Graph's `depOnboardingSetting`) that the profile \
                  belongs to. Needed to find a profile by its name; an `id` begins with it.",
    value: |_, setting| Value::text(setting.parent),
}];

const BY_ID_OR_NAME: &[Rule] = &[
    Rule {
        severity: Severity::Error,
        attribute: "id",
        summary: "Nothing to find a profile by",
        detail: "Give the `id` of the profile, or its `display_name` and the `dep_onboarding_setting_id` \
                 that it belongs to.",
        origin: Origin::Own,
        broken: |config| config.field("id").is_null() && config.field("display_name").is_null(),
    },
    Rule {
        severity: Severity::Error,
        attribute: "display_name",
        summary: "Two ways to find a profile",
        detail: "`id` already says which profile is meant. Remove `id` or `display_name`.",
        origin: Origin::Own,
        broken: |config| is_given(config, "id") && is_given(config, "display_name"),
    },
    Rule {
        severity: Severity::Error,
        attribute: TOKEN_ID,
        summary: "A name alone finds no profile",
        detail: "Names of profiles are unique neither in a tenant nor under a token. Give the \
                 `dep_onboarding_setting_id` beside the `display_name`.",
        origin: Origin::Own,
        broken: |config| is_given(config, "display_name") && config.field(TOKEN_ID).is_null(),
    },
];
