//! Graph's `depMacOSEnrollmentProfile`, for Macs; must not know another resource.

use super::{TOKEN, rows};
use crate::diagnostics::Severity;
use crate::entity::{
    Entity, Origin, Property, Rule, flag, is_false, is_true, nested, number, secret, skip_keys,
    text,
};
use crate::value::Value;

/// The resource `intune_dep_macos_enrollment_profile`.
pub const ENTITY: Entity = Entity {
    type_name: "intune_dep_macos_enrollment_profile",
    noun: "macOS enrollment profile",
    description: "An enrollment profile of Apple's Automated Device Enrollment for Macs: what Setup \
                  Assistant shows, which accounts it makes, and how a Mac is managed once it is enrolled \
                  in Microsoft Intune. It stands for `depMacOSEnrollmentProfile` in Microsoft Graph \
                  (beta).\n\n\
                  A changed setting reaches a Mac when it is next wiped and enrolled.",
    graph_type: "#microsoft.graph.depMacOSEnrollmentProfile",
    parent: &TOKEN,
    default_navigation: Some("defaultMacOsEnrollmentProfile"),
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
    rows::SUPERVISED_MODE_ENABLED,
    rows::IS_MANDATORY,
    rows::PROFILE_REMOVAL_DISABLED,
    rows::REQUIRES_USER_AUTHENTICATION,
    rows::CONFIGURATION_WEB_URL,
    rows::ENABLE_AUTHENTICATION_VIA_COMPANY_PORTAL,
    rows::REQUIRE_COMPANY_PORTAL_ON_SETUP_ASSISTANT_ENROLLED_DEVICES,
    flag(
        "use_platform_sso_during_setup_assistant",
        "usePlatformSSODuringSetupAssistant",
        "Registers Platform SSO during Setup Assistant. Excludes `configuration_web_url`.",
    ),
    rows::WAIT_FOR_DEVICE_CONFIGURED_CONFIRMATION.labelled("Await final configuration"),
    flag(
        "auto_advance_setup_enabled",
        "autoAdvanceSetupEnabled",
        "Lets Setup Assistant go through its panes by itself on a wired network.",
    ),
    flag(
        "request_requires_network_tether",
        "requestRequiresNetworkTether",
        "Carries commands out only while the Mac is tethered to a network.",
    ),
    rows::DEVICE_NAME_TEMPLATE,
    rows::SUPPORT_DEPARTMENT.labelled("Department Name"),
    rows::SUPPORT_PHONE_NUMBER,
    rows::ENROLLMENT_TIME_AZURE_AD_GROUP_IDS,
    rows::CONFIGURATION_ENDPOINT_URL,
    flag(
        "skip_primary_setup_account_creation",
        "skipPrimarySetupAccountCreation",
        "Makes no primary account in Setup Assistant.",
    ),
    flag(
        "set_primary_setup_account_as_regular_user",
        "setPrimarySetupAccountAsRegularUser",
        "Makes the primary account one of a regular user instead of an administrator.",
    ),
    text(
        "primary_account_full_name",
        "primaryAccountFullName",
        "Full name of the primary account.",
    )
    .labelled("Primary account full name"),
    text(
        "primary_account_user_name",
        "primaryAccountUserName",
        "User name of the primary account.",
    )
    .labelled("Primary account name"),
    flag(
        "dont_auto_populate_primary_account_info",
        "dontAutoPopulatePrimaryAccountInfo",
        "Leaves the names of the primary account for the user to fill in.",
    ),
    flag(
        "enable_restrict_editing",
        "enableRestrictEditing",
        "Keeps the user from changing the names of the primary account.",
    )
    .labelled("Restrict editing"),
    text(
        "admin_account_full_name",
        "adminAccountFullName",
        "Full name of the local administrator that Setup Assistant makes.",
    )
    .labelled("Admin account full name"),
    text(
        "admin_account_user_name",
        "adminAccountUserName",
        "User name of the local administrator that Setup Assistant makes.",
    )
    .labelled("Admin account username"),
    secret(
        "admin_account_password",
        "adminAccountPassword",
        "admin_account_password_wo_version",
        "Password of that local administrator. It is sent when the profile is created and whenever \
         `admin_account_password_wo_version` changes, and kept neither in a plan nor in a state; without \
         a line, the one that was sent before stays. Needs Terraform 1.11.",
    ),
    flag("hide_admin_account", "hideAdminAccount", "Hides that local administrator from users.")
        .labelled("Hide in Users & Groups"),
    nested(
        "dep_profile_admin_account_password_rotation_setting",
        "depProfileAdminAccountPasswordRotationSetting",
        ROTATION,
        "How Intune changes the password of that local administrator by itself.",
    ),
    skip_keys(
        "enabled_skip_keys",
        "enabledSkipKeys",
        OTHER_SKIP_KEYS,
        "Panes of Setup Assistant that are skipped, as Apple's keys. A key and the Boolean of its pane are \
         two spellings of the same; give either, or both where they agree. A key that this version of \
         the provider does not know is sent with a warning. Sources disagree on whether Graph takes \
         `Privacy`, `Registration` and `Zoom` for a Mac: they are sent where they are written here, and \
         their Booleans alone are sent otherwise.",
    ),
    flag(
        "accessibility_screen_disabled",
        "accessibilityScreenDisabled",
        "Skips the Accessibility pane of Setup Assistant.",
    )
    .labelled("Accessibility")
    .skips("Accessibility"),
    rows::APPLE_ID_DISABLED,
    rows::APPLE_PAY_DISABLED,
    flag(
        "auto_unlock_with_watch_disabled",
        "autoUnlockWithWatchDisabled",
        "Skips the pane of Setup Assistant that lets an Apple Watch unlock the Mac.",
    )
    .labelled("Auto unlock with Apple Watch")
    .skips("UnlockWithWatch"),
    flag(
        "choose_your_lock_screen_disabled",
        "chooseYourLockScreenDisabled",
        "Skips the wallpaper pane of Setup Assistant.",
    )
    .labelled("Wallpaper")
    .skips("Wallpaper"),
    rows::DIAGNOSTICS_DISABLED,
    rows::DISPLAY_TONE_SETUP_DISABLED,
    flag(
        "file_vault_disabled",
        "fileVaultDisabled",
        "Skips the FileVault pane of Setup Assistant.",
    )
    .labelled("FileVault")
    .skips("FileVault"),
    flag(
        "icloud_diagnostics_disabled",
        "iCloudDiagnosticsDisabled",
        "Skips the iCloud Analytics pane of Setup Assistant.",
    )
    .labelled("iCloud Diagnostics")
    .skips("iCloudDiagnostics"),
    flag(
        "icloud_storage_disabled",
        "iCloudStorageDisabled",
        "Skips the iCloud Documents and Desktop pane of Setup Assistant.",
    )
    .labelled("iCloud Storage")
    .skips("iCloudStorage"),
    rows::LOCATION_DISABLED,
    rows::PASS_CODE_DISABLED,
    rows::PRIVACY_PANE_DISABLED.skips_doubtfully("Privacy"),
    flag(
        "registration_disabled",
        "registrationDisabled",
        "Skips the Registration pane of Setup Assistant.",
    )
    .labelled("Registration")
    .skips_doubtfully("Registration"),
    rows::RESTORE_BLOCKED,
    rows::SCREEN_TIME_SCREEN_DISABLED,
    rows::SIRI_DISABLED,
    rows::TERMS_AND_CONDITIONS_DISABLED,
    rows::TOUCH_ID_DISABLED,
    // Apple lists the key for iOS only.
    rows::ZOOM_DISABLED.skips_doubtfully("Zoom"),
];

/// Graph's metadata gives the ranges.
const ROTATION: &[Property] = &[
    number(
        "auto_rotation_period_in_days",
        "autoRotationPeriodInDays",
        "Days after which the password is changed.",
    )
    .labelled("Admin account password rotation period (days)")
    .required()
    .between(1, 180),
    nested(
        "dep_profile_delay_auto_rotation_setting",
        "depProfileDelayAutoRotationSetting",
        DELAY,
        "What happens once somebody has looked at the password.",
    ),
];

const DELAY: &[Property] = &[
    flag(
        "on_retrieval_auto_rotate_password_enabled",
        "onRetrievalAutoRotatePasswordEnabled",
        "Changes the password after an administrator has looked at it.",
    )
    .required(),
    number(
        "on_retrieval_delay_auto_rotate_password_in_hours",
        "onRetrievalDelayAutoRotatePasswordInHours",
        "Hours between the look and the change.",
    )
    .required()
    .between(1, 24),
];

/// <https://developer.apple.com/documentation/devicemanagement/skipkeys>, those for macOS that no property
/// of Graph stands for.
const OTHER_SKIP_KEYS: &[&str] = &[
    "AdditionalPrivacySettings",
    "AppStore",
    "Appearance",
    "EnableLockdownMode",
    "Intelligence",
    "SoftwareUpdate",
    "TermsOfAddress",
    "Welcome",
];

const METADATA: Origin = Origin::Document {
    title: "depMacOSEnrollmentProfile resource type",
    url: "https://learn.microsoft.com/graph/api/resources/intune-enrollment-depmacosenrollmentprofile",
};

const GUIDE: Origin = Origin::Document {
    title: "Set up automated device enrollment (ADE) for macOS",
    url: "https://learn.microsoft.com/intune/device-enrollment/apple/setup-automated-macos",
};

const RULES: &[Rule] = &[
    rows::LOCKED_NEEDS_SUPERVISION,
    rows::ONE_WAY_TO_THE_COMPANY_PORTAL,
    // Graph's metadata: "This value cannot be TRUE when configurationWebUrl is TRUE."
    Rule {
        severity: Severity::Error,
        attribute: "use_platform_sso_during_setup_assistant",
        summary: "Platform SSO excludes the web page",
        detail: "Microsoft Graph takes `use_platform_sso_during_setup_assistant = true` only while \
                 `configuration_web_url` is `false`. Turn one of them off.",
        origin: METADATA,
        broken: |profile| {
            is_true(profile, "use_platform_sso_during_setup_assistant")
                && is_true(profile, "configuration_web_url")
        },
    },
    // Another client of Graph says that it answers 400 to this; no document does.
    Rule {
        severity: Severity::Warning,
        attribute: "is_mandatory",
        summary: "Enrollment may have to be mandatory",
        detail: "Microsoft Graph is reported to refuse a macOS profile that is not mandatory when it has \
                 no user affinity or advances by itself. Set `is_mandatory = true`, or \
                 `requires_user_authentication = true` and `auto_advance_setup_enabled = false`.",
        origin: Origin::Observed("another client of Graph says that Graph answers 400"),
        broken: |profile| {
            is_false(profile, "is_mandatory")
                && (is_false(profile, "requires_user_authentication")
                    || is_true(profile, "auto_advance_setup_enabled"))
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "wait_for_device_configured_confirmation",
        summary: "Accounts want a Mac that waits",
        detail: "Microsoft's guidance: Setup Assistant makes the accounts of a profile only with user \
                 affinity (`requires_user_authentication = true`), and holds the Mac until it is \
                 configured; Intune turns `wait_for_device_configured_confirmation` on by itself then. \
                 Set both to `true`.",
        origin: GUIDE,
        broken: |profile| {
            has_accounts(profile)
                && (is_false(profile, "requires_user_authentication")
                    || is_false(profile, "wait_for_device_configured_confirmation"))
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "admin_account_user_name",
        summary: "Local administrator without a name",
        detail: "`admin_account_password` is the password of the local administrator that \
                 `admin_account_user_name` names. Set both.",
        origin: METADATA,
        broken: |profile| {
            let is_null = |attribute| profile.field(attribute).is_null();
            !is_null("admin_account_password") && is_null("admin_account_user_name")
        },
    },
];

fn has_accounts(profile: &Value) -> bool {
    ["primary_account_user_name", "admin_account_user_name"]
        .iter()
        .any(|attribute| profile.field(attribute).as_text().is_some_and(|name| !name.is_empty()))
}
