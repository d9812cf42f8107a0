//! Graph's `depEnrollmentProfile`: the rows of Microsoft's "Create depEnrollmentProfile" page, in the
//! page's order; must not know another resource.

use super::{TOKEN, rows};
use crate::entity::{Entity, Property, Rule, flag};

/// The resource `intune_dep_enrollment_profile`.
pub const ENTITY: Entity = Entity {
    type_name: "intune_dep_enrollment_profile",
    noun: "enrollment profile",
    description: "An enrollment profile for Apple's Automated Device Enrollment (formerly DEP): what \
                  Setup Assistant shows and how a device is managed once it is enrolled in Microsoft \
                  Intune. It stands for `depEnrollmentProfile` in Microsoft Graph (beta).\n\n\
                  A changed setting reaches a device when it is next wiped and enrolled.",
    graph_type: "#microsoft.graph.depEnrollmentProfile",
    parent: &TOKEN,
    // The legacy type serves every platform, and no source says which of the token's defaults it sets.
    default_navigation: None,
    lives_under_account: false,
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
    rows::IS_DEFAULT,
    rows::SUPERVISED_MODE_ENABLED.labelled("Supervised"),
    rows::SUPPORT_DEPARTMENT.labelled("Department"),
    rows::PASS_CODE_DISABLED.labelled("Passcode"),
    rows::IS_MANDATORY,
    rows::LOCATION_DISABLED,
    rows::SUPPORT_PHONE_NUMBER,
    rows::ITUNES_PAIRING_MODE,
    rows::PROFILE_REMOVAL_DISABLED,
    rows::MANAGEMENT_CERTIFICATES,
    rows::RESTORE_BLOCKED,
    rows::RESTORE_FROM_ANDROID_DISABLED,
    rows::APPLE_ID_DISABLED,
    rows::TERMS_AND_CONDITIONS_DISABLED,
    rows::TOUCH_ID_DISABLED,
    rows::APPLE_PAY_DISABLED,
    rows::ZOOM_DISABLED.labelled("Zoom"),
    rows::SIRI_DISABLED,
    rows::DIAGNOSTICS_DISABLED,
    flag(
        "macos_registration_disabled",
        "macOSRegistrationDisabled",
        "Skips the Registration pane of Setup Assistant on a Mac.",
    )
    .labelled("Registration"),
    flag(
        "macos_file_vault_disabled",
        "macOSFileVaultDisabled",
        "Skips the FileVault pane of Setup Assistant on a Mac.",
    )
    .labelled("FileVault"),
    rows::AWAIT_DEVICE_CONFIGURED_CONFIRMATION,
    rows::SHARED_IPAD_MAXIMUM_USER_COUNT,
    rows::ENABLE_SHARED_IPAD,
];

const RULES: &[Rule] = &[
    rows::LOCKED_NEEDS_SUPERVISION,
    rows::PAIRING_NEEDS_CERTIFICATE,
    rows::SHARED_IPAD_WANTS_SUPERVISION,
    rows::SHARED_IPAD_WANTS_NO_USER,
];
