//! Asks Apple for the devices of a token (`syncWithAppleDeviceEnrollmentProgram`); must not know another
//! action.

use crate::entity::{Action, Property, Work, flag, text};

/// The action `intune_dep_sync`.
pub const ACTION: Action = Action {
    type_name: "intune_dep_sync",
    description: "Has Intune ask Apple which devices belong to an enrollment program token, as *Sync* in \
                  the Intune admin center does. Devices that were just assigned to the token's server in \
                  Apple Business Manager or Apple School Manager are known afterwards.\n\n\
                  Intune accepts this at most every 15 minutes; sooner, the action fails and says how \
                  much of that is left, without asking. It brings what changed since the last sync. \
                  Intune does the same by itself every 12 hours, and a full sync at most every 7 days.",
    arguments: ARGUMENTS,
    work: Work::Sync,
};

/// The argument that names the token.
pub const TOKEN_ID: &str = "dep_onboarding_setting_id";
/// The argument that says whether to wait.
pub const WAIT: &str = "wait";

const ARGUMENTS: &[Property] = &[
    text(
        TOKEN_ID,
        "depOnboardingSettingId",
        "Id of the enrollment program token (Graph's `depOnboardingSetting`) to sync.",
    )
    .required()
    .length(1, 255),
    flag(
        WAIT,
        "wait",
        "Waits until the sync has ended and fails if Apple refused it. Otherwise the action ends as soon \
         as the sync was accepted.",
    ),
];
