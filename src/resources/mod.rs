//! What is managed: one file for each resource, of rows where it stands for an entity; must not know how a row becomes a schema, a
//! plan or a request, nor any other resource.

use crate::entity::{Entity, Parent};

pub mod apple_configurator_enrollment_profile;
pub mod dep_device_assignment;
pub mod dep_enrollment_profile;
pub mod dep_ios_enrollment_profile;
pub mod dep_macos_enrollment_profile;

mod rows;
mod sources;

pub use sources::SOURCES;

/// Every resource that stands for an entity, in the order in which the documentation lists them.
pub const ALL: &[&Entity] = &[
    &dep_enrollment_profile::ENTITY,
    &dep_ios_enrollment_profile::ENTITY,
    &dep_macos_enrollment_profile::ENTITY,
    &apple_configurator_enrollment_profile::ENTITY,
];

/// What Apple enrollment profiles live under: the token that ties the tenant to an Apple Business or
/// School Manager server, or the tenant's own pseudo-token for Apple Configurator.
pub(crate) const TOKEN: Parent = Parent {
    noun: "enrollment program token",
    attribute: "dep_onboarding_setting_id",
    description: "Id of the enrollment program token (Graph's `depOnboardingSetting`) that the profile \
                  belongs to; the data source `intune_dep_onboarding_setting` finds it. A change \
                  replaces the profile.",
    collection: &["deviceManagement", "depOnboardingSettings"],
    name: "tokenName",
    children: "enrollmentProfiles",
    child_type: "#microsoft.graph.enrollmentProfile",
    child_id: "profile_id",
};
