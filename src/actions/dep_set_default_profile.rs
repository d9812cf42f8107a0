//! Makes a profile the default of its token (`setDefaultProfile`); must not know another action.

use crate::entity::{Action, Property, Work, text};

/// The action `intune_dep_set_default_profile`.
pub const ACTION: Action = Action {
    type_name: "intune_dep_set_default_profile",
    description: "Makes an enrollment profile the one that newly synced devices of its platform get. \
                  There is one default for each platform of a token, and no way to have none again: it \
                  ends only when another profile takes over.\n\n\
                  A profile that Terraform manages is better made the default with `is_default = true`, \
                  which also shows when somebody else changes it. This action is for profiles and \
                  policies that Terraform does not manage.",
    arguments: ARGUMENTS,
    work: Work::SetDefaultProfile,
};

/// The argument that names the token.
pub const TOKEN_ID: &str = "dep_onboarding_setting_id";
/// The argument that names the profile.
pub const PROFILE_ID: &str = "profile_id";

const ARGUMENTS: &[Property] = &[
    text(
        TOKEN_ID,
        "depOnboardingSettingId",
        "Id of the enrollment program token (Graph's `depOnboardingSetting`) that the profile belongs to.",
    )
    .required()
    .length(1, 255),
    text(
        PROFILE_ID,
        "enrollmentProfileId",
        "Id of the enrollment profile or policy, `{token id}_{GUID}`, or the GUID alone.",
    )
    .required()
    .length(1, 255),
];
