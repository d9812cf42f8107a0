//! Rows and rules that several types of enrollment profile have in common, each declared once; must not
//! know which.
//!
//! Graph's types inherit from each other, and beyond that repeat properties under the same name. A table
//! takes the rows it has by name, in the order in which they are to be shown.
//!
//! A label here is one that the admin center has for every type with the row; where its forms differ, the
//! tables say it. All are from Microsoft's guides for iOS/iPadOS and for macOS, and from the one for
//! accounts on Macs: <https://learn.microsoft.com/intune/device-security/laps/setup-macos>.

use crate::diagnostics::Severity;
use crate::entity::{
    Origin, Property, Rule, certificate, choice, flag, guids, integer, is_false, is_true, objects,
    text, thumbprint,
};
use crate::value::Value;

// Graph's `enrollmentProfile`, from which all others derive.

pub(super) const ID: Property =
    text("id", "id", "Id that Microsoft Graph gave the profile, `{token id}_{GUID}`.").computed();

pub(super) const DISPLAY_NAME: Property =
    text("display_name", "displayName", "Name of the profile.")
        .labelled("Name")
        .required()
        .length(1, 125);

pub(super) const DESCRIPTION: Property =
    text("description", "description", "Description of the profile.").labelled("Description");

pub(super) const REQUIRES_USER_AUTHENTICATION: Property = flag(
    "requires_user_authentication",
    "requiresUserAuthentication",
    "Enrolls with user affinity: a user signs in during Setup Assistant.",
)
.labelled("User affinity");

pub(super) const CONFIGURATION_ENDPOINT_URL: Property = text(
    "configuration_endpoint_url",
    "configurationEndpointUrl",
    "URL that devices enroll at. Intune sets it; a value given here is sent, but Intune may keep its \
     own.",
)
.suggested();

pub(super) const ENABLE_AUTHENTICATION_VIA_COMPANY_PORTAL: Property = flag(
    "enable_authentication_via_company_portal",
    "enableAuthenticationViaCompanyPortal",
    "Lets users authenticate with the Company Portal app instead of Apple's Setup Assistant. \
     Microsoft's own description of the property reads the other way round.",
);

pub(super) const REQUIRE_COMPANY_PORTAL_ON_SETUP_ASSISTANT_ENROLLED_DEVICES: Property = flag(
    "require_company_portal_on_setup_assistant_enrolled_devices",
    "requireCompanyPortalOnSetupAssistantEnrolledDevices",
    "Requires the Company Portal app on devices that enrolled through Setup Assistant.",
);

// Graph's `depEnrollmentBaseProfile`, and with the same names the older `depEnrollmentProfile`.

pub(super) const IS_DEFAULT: Property = flag(
    "is_default",
    "isDefault",
    "Makes this the profile that newly synced devices get. Reached with Graph's `setDefaultProfile`; it \
     ends only when another profile of the token becomes the default.",
)
.labelled("Set Default Profile")
.turned_on_by("setDefaultProfile");

pub(super) const SUPERVISED_MODE_ENABLED: Property =
    flag("supervised_mode_enabled", "supervisedModeEnabled", "Puts devices in supervised mode.");

pub(super) const IS_MANDATORY: Property = flag(
    "is_mandatory",
    "isMandatory",
    "Makes enrollment mandatory: Setup Assistant does not go on without it.",
);

pub(super) const PROFILE_REMOVAL_DISABLED: Property = flag(
    "profile_removal_disabled",
    "profileRemovalDisabled",
    "Locked enrollment: users cannot remove the management profile. Needs `supervised_mode_enabled`.",
)
.labelled("Locked enrollment");

pub(super) const SUPPORT_DEPARTMENT: Property = text(
    "support_department",
    "supportDepartment",
    "Department that users are told to ask for support.",
)
.length(1, 125);

pub(super) const SUPPORT_PHONE_NUMBER: Property =
    text("support_phone_number", "supportPhoneNumber", "Phone number that users are told to call.")
        .labelled("Department Phone")
        .length(1, 50);

pub(super) const APPLE_ID_DISABLED: Property =
    flag("apple_id_disabled", "appleIdDisabled", "Skips the Apple ID pane of Setup Assistant.")
        .labelled("Apple ID")
        .skips("AppleID");

pub(super) const APPLE_PAY_DISABLED: Property =
    flag("apple_pay_disabled", "applePayDisabled", "Skips the Apple Pay pane of Setup Assistant.")
        .labelled("Apple Pay")
        .skips("Payment");

pub(super) const DIAGNOSTICS_DISABLED: Property = flag(
    "diagnostics_disabled",
    "diagnosticsDisabled",
    "Skips the Diagnostics pane of Setup Assistant.",
)
.labelled("Diagnostics Data")
.skips("Diagnostics");

pub(super) const LOCATION_DISABLED: Property = flag(
    "location_disabled",
    "locationDisabled",
    "Skips the Location Services pane of Setup Assistant.",
)
.labelled("Location Services")
.skips("Location");

pub(super) const RESTORE_BLOCKED: Property =
    flag("restore_blocked", "restoreBlocked", "Skips the Restore pane of Setup Assistant.")
        .labelled("Restore")
        .skips("Restore");

pub(super) const SIRI_DISABLED: Property =
    flag("siri_disabled", "siriDisabled", "Skips the Siri pane of Setup Assistant.")
        .labelled("Siri")
        .skips("Siri");

pub(super) const TERMS_AND_CONDITIONS_DISABLED: Property = flag(
    "terms_and_conditions_disabled",
    "termsAndConditionsDisabled",
    "Skips the Terms and Conditions pane of Setup Assistant.",
)
.labelled("Terms and conditions")
.skips("TOS");

pub(super) const TOUCH_ID_DISABLED: Property =
    flag("touch_id_disabled", "touchIdDisabled", "Skips the Touch ID pane of Setup Assistant.")
        .labelled("Touch ID and Face ID")
        .skips("Biometric");

// Graph's `depEnrollmentBaseProfile` alone.

pub(super) const CONFIGURATION_WEB_URL: Property = flag(
    "configuration_web_url",
    "configurationWebUrl",
    "Signs users in at Microsoft's web page in Setup Assistant (modern authentication). A Boolean in \
     Graph, despite its name.",
);

pub(super) const DEVICE_NAME_TEMPLATE: Property = text(
    "device_name_template",
    "deviceNameTemplate",
    "Name that devices get, with `{{SERIAL}}` and `{{DEVICETYPE}}` in it. Of all settings this one also \
     reaches devices that are enrolled already.",
)
.length(1, 63);

pub(super) const DISPLAY_TONE_SETUP_DISABLED: Property = flag(
    "display_tone_setup_disabled",
    "displayToneSetupDisabled",
    "Skips the True Tone pane of Setup Assistant.",
)
.labelled("Display Tone")
.skips("DisplayTone");

pub(super) const PRIVACY_PANE_DISABLED: Property = flag(
    "privacy_pane_disabled",
    "privacyPaneDisabled",
    "Skips the Privacy pane of Setup Assistant.",
)
.labelled("Privacy")
.skips("Privacy");

pub(super) const SCREEN_TIME_SCREEN_DISABLED: Property = flag(
    "screen_time_screen_disabled",
    "screenTimeScreenDisabled",
    "Skips the Screen Time pane of Setup Assistant.",
)
.labelled("Screen Time")
.skips("ScreenTime");

pub(super) const WAIT_FOR_DEVICE_CONFIGURED_CONFIRMATION: Property = flag(
    "wait_for_device_configured_confirmation",
    "waitForDeviceConfiguredConfirmation",
    "Holds the device in Setup Assistant until Intune confirms that it is configured.",
);

pub(super) const ENROLLMENT_TIME_AZURE_AD_GROUP_IDS: Property = guids(
    "enrollment_time_azure_ad_group_ids",
    "enrollmentTimeAzureAdGroupIds",
    "Ids of the Microsoft Entra groups that devices join when they enroll. Graph does not reliably \
     answer with them: an answer without groups is taken for none, and the configured ones stay in \
     state. Other groups than the configured ones are shown as drift.",
)
.unechoed();

/// How the keys and the Booleans go together, for the description of every `enabled_skip_keys`.
pub(super) const SKIP_KEYS: &str = "Panes of Setup Assistant that are skipped, as Apple's keys. A key and the Boolean of its pane are \
     two spellings of the same; give either, or both where they agree. A key that this version of the \
     provider does not know is sent with a warning.";

// Properties that types repeat without inheriting them.

pub(super) const PASS_CODE_DISABLED: Property =
    flag("pass_code_disabled", "passCodeDisabled", "Skips the passcode pane of Setup Assistant.")
        .skips("Passcode");

pub(super) const ZOOM_DISABLED: Property =
    flag("zoom_disabled", "zoomDisabled", "Skips the Display Zoom pane of Setup Assistant.")
        .skips("Zoom");

pub(super) const RESTORE_FROM_ANDROID_DISABLED: Property = flag(
    "restore_from_android_disabled",
    "restoreFromAndroidDisabled",
    "Leaves out \"Move Data from Android\" of the Restore pane.",
)
.labelled("Android Migration")
.skips("Android");

pub(super) const AWAIT_DEVICE_CONFIGURED_CONFIRMATION: Property = flag(
    "await_device_configured_confirmation",
    "awaitDeviceConfiguredConfirmation",
    "Holds the device in Setup Assistant until Intune confirms that it is configured.",
)
.labelled("Await final configuration");

pub(super) const SHARED_IPAD_MAXIMUM_USER_COUNT: Property = integer(
    "shared_ipad_maximum_user_count",
    "sharedIPadMaximumUserCount",
    0,
    "How many users a shared iPad may hold. Only matters with `enable_shared_ipad`.",
)
.labelled("Maximum cached users")
.at_least(0);

pub(super) const ENABLE_SHARED_IPAD: Property = flag(
    "enable_shared_ipad",
    "enableSharedIPad",
    "Enrolls iPads as shared iPads. Wants `supervised_mode_enabled` and no user affinity.",
)
.labelled("Shared iPad");

pub(super) const ITUNES_PAIRING_MODE: Property = choice(
    "itunes_pairing_mode",
    "iTunesPairingMode",
    &["disallow", "allow", "requiresCertificate"],
    "disallow",
    "Whether a device may pair with computers; with `requiresCertificate`, only with those that hold one \
     of `management_certificates`.",
)
.labelled("Sync with computers");

pub(super) const MANAGEMENT_CERTIFICATES: Property = objects(
    "management_certificates",
    "managementCertificates",
    CERTIFICATE,
    "Certificates of the computers that a device may pair with.",
)
.labelled("Apple Configurator Certificates")
.length(0, 10);

const CERTIFICATE: &[Property] = &[
    thumbprint(
        "thumbprint",
        "thumbprint",
        "SHA-1 thumbprint of the certificate in hexadecimal digits. Computed when left out.",
    ),
    certificate(
        "certificate",
        "certificate",
        "The certificate: base64 of its DER form, for example `filebase64(\"certificate.cer\")`.",
    ),
];

// Rules.

/// Microsoft's guide for iPhones and iPads, as the origin of rules.
pub(super) const IOS_GUIDE: Origin = Origin::Document {
    title: "Set up automated device enrollment (ADE) for iOS/iPadOS",
    url: "https://learn.microsoft.com/intune/intune-service/enrollment/device-enrollment-program-enroll-ios",
};

const APPLE_PROFILE: Origin = Origin::Document {
    title: "Define a Profile",
    url: "https://developer.apple.com/documentation/devicemanagement/define-profile",
};

/// Apple answers `FLAGS_INVALID`: `is_mdm_removable` can be false only if `is_supervised` is true.
pub(super) const LOCKED_NEEDS_SUPERVISION: Rule = Rule {
    severity: Severity::Error,
    attribute: "profile_removal_disabled",
    summary: "Locked enrollment needs supervision",
    detail: "Apple refuses a profile that users cannot remove unless the device is supervised. Set \
             `supervised_mode_enabled = true`, or leave `profile_removal_disabled` at `false`.",
    origin: APPLE_PROFILE,
    broken: |profile| {
        is_true(profile, "profile_removal_disabled") && is_false(profile, "supervised_mode_enabled")
    },
};

pub(super) const PAIRING_NEEDS_CERTIFICATE: Rule = Rule {
    severity: Severity::Error,
    attribute: "management_certificates",
    summary: "Pairing by certificate needs a certificate",
    detail: "With `itunes_pairing_mode = \"requiresCertificate\"`, `management_certificates` holds 1 to \
             10 certificates of the computers that may pair. Add one, or choose `\"allow\"` or \
             `\"disallow\"`.",
    origin: IOS_GUIDE,
    broken: |profile| {
        profile.field("itunes_pairing_mode").as_text() == Some("requiresCertificate")
            && has_no_certificate(profile)
    },
};

/// The guide asks for this, but Microsoft's example of the create breaks it, so it is advice.
pub(super) const SHARED_IPAD_WANTS_SUPERVISION: Rule = Rule {
    severity: Severity::Warning,
    attribute: "enable_shared_ipad",
    summary: "Shared iPad without supervision",
    detail: "Microsoft's guidance for shared iPads asks for supervised devices. Set \
             `supervised_mode_enabled = true`, unless you know that your devices are supervised \
             otherwise.",
    origin: IOS_GUIDE,
    broken: |profile| {
        is_true(profile, "enable_shared_ipad") && is_false(profile, "supervised_mode_enabled")
    },
};

/// As [`SHARED_IPAD_WANTS_SUPERVISION`].
pub(super) const SHARED_IPAD_WANTS_NO_USER: Rule = Rule {
    severity: Severity::Warning,
    attribute: "enable_shared_ipad",
    summary: "Shared iPad with user affinity",
    detail: "Microsoft's guidance for shared iPads asks for enrollment without user affinity. Set \
             `requires_user_authentication = false`, or devices may not become shared iPads.",
    origin: IOS_GUIDE,
    broken: |profile| {
        is_true(profile, "enable_shared_ipad") && is_true(profile, "requires_user_authentication")
    },
};

/// Another client of Graph refuses both at once and the portal never sends both; Microsoft's example of
/// a create does.
pub(super) const ONE_WAY_TO_THE_COMPANY_PORTAL: Rule = Rule {
    severity: Severity::Warning,
    attribute: "enable_authentication_via_company_portal",
    summary: "Two ways to the Company Portal",
    detail: "Users authenticate either in the Company Portal app \
             (`enable_authentication_via_company_portal`) or in Setup Assistant with the Company Portal \
             afterwards (`require_company_portal_on_setup_assistant_enrolled_devices`); the Intune admin \
             center never sets both. Turn one of them off, unless you know that Intune takes both.",
    origin: Origin::Observed(
        "another client of Graph refuses both at once, and the admin center never sends both",
    ),
    broken: |profile| {
        is_true(profile, "enable_authentication_via_company_portal")
            && is_true(profile, "require_company_portal_on_setup_assistant_enrolled_devices")
    },
};

fn has_no_certificate(profile: &Value) -> bool {
    let certificates = profile.field("management_certificates");
    certificates.is_null() || certificates.as_elements().is_some_and(<[Value]>::is_empty)
}
