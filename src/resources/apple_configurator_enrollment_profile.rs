//! Graph's bare `enrollmentProfile`, which Apple Configurator uses; must not know another resource.

use super::{TOKEN, rows};
use crate::entity::{Entity, Property, Rule};

/// The resource `intune_apple_configurator_enrollment_profile`.
pub const ENTITY: Entity = Entity {
    type_name: "intune_apple_configurator_enrollment_profile",
    noun: "Apple Configurator enrollment profile",
    description: "An enrollment profile for devices that are prepared by hand with Apple Configurator. It \
                  stands for `enrollmentProfile` in Microsoft Graph (beta), the type that the profiles \
                  of Automated Device Enrollment derive from.\n\n\
                  Such a profile belongs to the tenant's own pseudo-token, whose id is the \
                  `intuneAccountId` that Microsoft Graph gives at `deviceManagement`. No listing of \
                  tokens shows it, so an import takes ids. `terraform query` looks there by itself.",
    graph_type: "#microsoft.graph.enrollmentProfile",
    parent: &TOKEN,
    default_navigation: None,
    lives_under_account: true,
    name: "displayName",
    properties: PROPERTIES,
    rules: RULES,
};

const PROPERTIES: &[Property] = &[
    rows::ID,
    rows::DISPLAY_NAME,
    rows::DESCRIPTION,
    rows::REQUIRES_USER_AUTHENTICATION,
    rows::CONFIGURATION_ENDPOINT_URL,
    rows::ENABLE_AUTHENTICATION_VIA_COMPANY_PORTAL,
    rows::REQUIRE_COMPANY_PORTAL_ON_SETUP_ASSISTANT_ENROLLED_DEVICES,
];

const RULES: &[Rule] = &[rows::ONE_WAY_TO_THE_COMPANY_PORTAL];
