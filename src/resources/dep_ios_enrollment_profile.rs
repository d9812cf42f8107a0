//! Graph's `depIOSEnrollmentProfile`, for iPhones and iPads; must not know another resource.

use super::{TOKEN, rows};
use crate::diagnostics::Severity;
use crate::entity::{
    Entity, Origin, Property, Rule, flag, integer, is_false, is_true, number, skip_keys, text,
};
use crate::value::Value;

/// The resource `intune_dep_ios_enrollment_profile`.
pub const ENTITY: Entity = Entity {
    type_name: "intune_dep_ios_enrollment_profile",
    noun: "iOS enrollment profile",
    description: "An enrollment profile of Apple's Automated Device Enrollment for iPhones and iPads: \
                  what Setup Assistant shows and how a device is managed once it is enrolled in \
                  Microsoft Intune. It stands for `depIOSEnrollmentProfile` in Microsoft Graph \
                  (beta).\n\n\
                  A changed setting reaches a device when it is next wiped and enrolled.",
    graph_type: "#microsoft.graph.depIOSEnrollmentProfile",
    parent: &TOKEN,
    default_navigation: Some("defaultIosEnrollmentProfile"),
    lives_under_account: false,
    name: "displayName",
    properties: PROPERTIES,
    rules: RULES,
};

const PROPERTIES: &[Property] = &[
    rows::ID,
    rows::DISPLAY_NAME,
    rows::DESCRIPTION,
    rows::IS_DEFAULT,
    rows::SUPERVISED_MODE_ENABLED.labelled("Supervised"),
    rows::IS_MANDATORY,
    rows::PROFILE_REMOVAL_DISABLED,
    rows::REQUIRES_USER_AUTHENTICATION,
    rows::CONFIGURATION_WEB_URL,
    rows::ENABLE_AUTHENTICATION_VIA_COMPANY_PORTAL,
    rows::REQUIRE_COMPANY_PORTAL_ON_SETUP_ASSISTANT_ENROLLED_DEVICES
        .labelled("Install Company Portal"),
    text(
        "company_portal_vpp_token_id",
        "companyPortalVppTokenId",
        "Id of the volume purchase token whose licences the Company Portal app is installed with. Graph's \
         metadata asks for `enable_authentication_via_company_portal` beside it, but profiles without \
         that are in use.",
    )
    .labelled("Install Company Portal with VPP"),
    flag(
        "enable_single_app_enrollment_mode",
        "enableSingleAppEnrollmentMode",
        "Locks the device to the Company Portal app until the user has signed in there. Wants \
         `enable_authentication_via_company_portal` and `company_portal_vpp_token_id`.",
    )
    .labelled("Run Company Portal in Single App Mode until authentication"),
    flag(
        "userless_shared_aad_mode_enabled",
        "userlessSharedAadModeEnabled",
        "Enrolls for Microsoft Entra shared device mode, which is not the same as a shared iPad.",
    )
    .labelled("Enroll with Microsoft Entra ID shared mode"),
    rows::AWAIT_DEVICE_CONFIGURED_CONFIRMATION,
    rows::WAIT_FOR_DEVICE_CONFIGURED_CONFIRMATION,
    rows::DEVICE_NAME_TEMPLATE.labelled("Device Name Template"),
    rows::SUPPORT_DEPARTMENT.labelled("Department"),
    rows::SUPPORT_PHONE_NUMBER,
    rows::ENROLLMENT_TIME_AZURE_AD_GROUP_IDS,
    text(
        "carrier_activation_url",
        "carrierActivationUrl",
        "URL of the carrier at which the device activates its eSIM.",
    ),
    rows::CONFIGURATION_ENDPOINT_URL,
    rows::ITUNES_PAIRING_MODE,
    rows::MANAGEMENT_CERTIFICATES,
    rows::ENABLE_SHARED_IPAD,
    rows::SHARED_IPAD_MAXIMUM_USER_COUNT,
    number(
        "passcode_lock_grace_period_in_seconds",
        "passcodeLockGracePeriodInSeconds",
        "How long a locked shared iPad can be unlocked without a passcode.",
    )
    .labelled("Maximum seconds after screen lock before password is required")
    .at_least(0)
    .advised(&[0, 60, 300, 900, 3600, 14400]),
    integer(
        "user_session_timeout_in_seconds",
        "userSessionTimeoutInSeconds",
        0,
        "After how long without activity a user's session on a shared iPad ends; `0` is never.",
    )
    .labelled("Maximum seconds of inactivity until user session logs out")
    .at_least(0),
    flag(
        "force_temporary_session",
        "forceTemporarySession",
        "Lets shared iPads be used without an account only, in temporary sessions.",
    )
    .labelled("Require Shared iPad temporary session only"),
    integer(
        "temporary_session_timeout_in_seconds",
        "temporarySessionTimeoutInSeconds",
        0,
        "After how long without activity a temporary session ends; `0` is never.",
    )
    .labelled("Maximum seconds of inactivity until temporary session logs out")
    .at_least(0),
    skip_keys("enabled_skip_keys", "enabledSkipKeys", OTHER_SKIP_KEYS, rows::SKIP_KEYS),
    flag(
        "appearance_screen_disabled",
        "appearanceScreenDisabled",
        "Skips the Appearance pane of Setup Assistant.",
    )
    .labelled("Appearance")
    .skips("Appearance"),
    rows::APPLE_ID_DISABLED,
    rows::APPLE_PAY_DISABLED,
    flag(
        "device_to_device_migration_disabled",
        "deviceToDeviceMigrationDisabled",
        "Skips the pane of Setup Assistant that takes over the data of another device.",
    )
    .labelled("Device to Device Migration")
    .skips("DeviceToDeviceMigration"),
    rows::DIAGNOSTICS_DISABLED,
    rows::DISPLAY_TONE_SETUP_DISABLED,
    flag(
        "express_language_screen_disabled",
        "expressLanguageScreenDisabled",
        "Skips the Express Language pane of Setup Assistant.",
    ),
    flag(
        "home_button_screen_disabled",
        "homeButtonScreenDisabled",
        "Skips the Home Button pane of Setup Assistant.",
    )
    .skips("HomeButtonSensitivity"),
    flag(
        "imessage_and_face_time_screen_disabled",
        "iMessageAndFaceTimeScreenDisabled",
        "Skips the iMessage and FaceTime pane of Setup Assistant.",
    )
    .labelled("iMessage & FaceTime")
    .skips("iMessageAndFaceTime"),
    rows::LOCATION_DISABLED,
    flag(
        "on_boarding_screen_disabled",
        "onBoardingScreenDisabled",
        "Skips the panes of Setup Assistant that introduce the system.",
    )
    .labelled("Onboarding")
    .skips("OnBoarding"),
    rows::PASS_CODE_DISABLED.labelled("Passcode"),
    flag(
        "preferred_language_screen_disabled",
        "preferredLanguageScreenDisabled",
        "Skips the Preferred Language pane of Setup Assistant.",
    ),
    rows::PRIVACY_PANE_DISABLED,
    rows::RESTORE_BLOCKED,
    flag(
        "restore_completed_screen_disabled",
        "restoreCompletedScreenDisabled",
        "Skips the Restore Completed pane of Setup Assistant.",
    )
    .labelled("Restore Completed")
    .skips("RestoreCompleted"),
    rows::RESTORE_FROM_ANDROID_DISABLED,
    rows::SCREEN_TIME_SCREEN_DISABLED,
    flag(
        "sim_setup_screen_disabled",
        "simSetupScreenDisabled",
        "Skips the pane of Setup Assistant that adds a cellular plan.",
    )
    .labelled("SIM Setup")
    .skips("SIMSetup"),
    rows::SIRI_DISABLED,
    flag(
        "software_update_screen_disabled",
        "softwareUpdateScreenDisabled",
        "Skips the Software Update pane of Setup Assistant.",
    )
    .labelled("Software Update")
    .skips("SoftwareUpdate"),
    rows::TERMS_AND_CONDITIONS_DISABLED,
    rows::TOUCH_ID_DISABLED,
    flag(
        "update_complete_screen_disabled",
        "updateCompleteScreenDisabled",
        "Skips the Update Completed pane of Setup Assistant.",
    )
    .labelled("Software Update Completed")
    .skips("UpdateCompleted"),
    flag(
        "watch_migration_screen_disabled",
        "watchMigrationScreenDisabled",
        "Skips the Apple Watch Migration pane of Setup Assistant.",
    )
    .labelled("Watch Migration")
    .skips("WatchMigration"),
    flag(
        "welcome_screen_disabled",
        "welcomeScreenDisabled",
        "Skips the Get Started pane of Setup Assistant.",
    )
    .labelled("Get Started")
    .skips("Welcome"),
    rows::ZOOM_DISABLED.labelled("Zoom"),
];

/// <https://developer.apple.com/documentation/devicemanagement/skipkeys>, those for iOS that no property
/// of Graph stands for.
const OTHER_SKIP_KEYS: &[&str] = &[
    "ActionButton",
    "AppStore",
    "CameraButton",
    "EnableLockdownMode",
    "Intelligence",
    "Keyboard",
    "MessagingActivationUsingPhoneNumber",
    "Multitasking",
    "OSShowcase",
    "Safety",
    "SafetyAndHandling",
    "SpokenLanguage",
    "TermsOfAddress",
    "WebContentFiltering",
];

const METADATA: Origin = Origin::Document {
    title: "depIOSEnrollmentProfile resource type",
    url: "https://learn.microsoft.com/graph/api/resources/intune-enrollment-depiosenrollmentprofile",
};

const RULES: &[Rule] = &[
    rows::LOCKED_NEEDS_SUPERVISION,
    rows::PAIRING_NEEDS_CERTIFICATE,
    rows::SHARED_IPAD_WANTS_SUPERVISION,
    rows::SHARED_IPAD_WANTS_NO_USER,
    rows::ONE_WAY_TO_THE_COMPANY_PORTAL,
    // Graph's metadata asks for this; published profiles that Intune took do without.
    Rule {
        severity: Severity::Warning,
        attribute: "company_portal_vpp_token_id",
        summary: "Company Portal token without Company Portal",
        detail: "Graph's metadata says that `company_portal_vpp_token_id` needs \
                 `enable_authentication_via_company_portal = true`. Profiles without it are in use, so \
                 this may be as you want it; if the Company Portal app is not installed, set it.",
        origin: METADATA,
        broken: |profile| {
            is_set(profile, "company_portal_vpp_token_id")
                && is_false(profile, "enable_authentication_via_company_portal")
        },
    },
    // The same source, with the same doubt.
    Rule {
        severity: Severity::Warning,
        attribute: "enable_single_app_enrollment_mode",
        summary: "Single app mode without its app",
        detail: "Graph's metadata says that `enable_single_app_enrollment_mode` needs \
                 `enable_authentication_via_company_portal = true` and `company_portal_vpp_token_id`. \
                 Set both, or Intune may refuse or ignore it.",
        origin: METADATA,
        broken: |profile| {
            is_true(profile, "enable_single_app_enrollment_mode")
                && (is_false(profile, "enable_authentication_via_company_portal")
                    || profile.field("company_portal_vpp_token_id").is_null())
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "await_device_configured_confirmation",
        summary: "Shared iPads do not wait",
        detail: "Microsoft's guidance: awaiting the final configuration is not available for shared iPads \
                 without user affinity. Set `await_device_configured_confirmation = false`.",
        origin: rows::IOS_GUIDE,
        broken: |profile| {
            is_true(profile, "await_device_configured_confirmation")
                && is_true(profile, "enable_shared_ipad")
                && is_false(profile, "requires_user_authentication")
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "force_temporary_session",
        summary: "Temporary sessions only",
        detail: "With `force_temporary_session = true`, Intune sets `shared_ipad_maximum_user_count`, \
                 `passcode_lock_grace_period_in_seconds` and `user_session_timeout_in_seconds` aside. \
                 Remove these lines.",
        origin: rows::IOS_GUIDE,
        broken: |profile| {
            is_true(profile, "force_temporary_session")
                && (is_set(profile, "shared_ipad_maximum_user_count")
                    || is_set(profile, "passcode_lock_grace_period_in_seconds")
                    || is_set(profile, "user_session_timeout_in_seconds"))
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "temporary_session_timeout_in_seconds",
        summary: "Timeout of sessions that there are not",
        detail: "`temporary_session_timeout_in_seconds` only matters with \
                 `force_temporary_session = true`. Set that, or remove the line.",
        origin: rows::IOS_GUIDE,
        broken: |profile| {
            is_set(profile, "temporary_session_timeout_in_seconds")
                && is_false(profile, "force_temporary_session")
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "temporary_session_timeout_in_seconds",
        summary: "Timeout too short",
        detail: "Microsoft documents `temporary_session_timeout_in_seconds` as `0` (never) or at least \
                 30. Intune may refuse or raise a shorter one; set one of these.",
        origin: rows::IOS_GUIDE,
        broken: |profile| is_too_short(profile, "temporary_session_timeout_in_seconds"),
    },
    Rule {
        severity: Severity::Warning,
        attribute: "user_session_timeout_in_seconds",
        summary: "Timeout too short",
        detail: "Microsoft documents `user_session_timeout_in_seconds` as `0` (never) or at least 30. \
                 Intune may refuse or raise a shorter one; set one of these.",
        origin: rows::IOS_GUIDE,
        broken: |profile| is_too_short(profile, "user_session_timeout_in_seconds"),
    },
];

/// Whether a line gives it another value than none, zero or nothing.
fn is_set(profile: &Value, attribute: &str) -> bool {
    match profile.field(attribute) {
        Value::Number(number) => number.as_i64() != Some(0),
        value => value.as_text().is_some_and(|text| !text.is_empty()),
    }
}

fn is_too_short(profile: &Value, attribute: &str) -> bool {
    let seconds = profile.field(attribute).as_number().and_then(crate::value::Number::as_i64);
    seconds.is_some_and(|seconds| (1..30).contains(&seconds))
}
