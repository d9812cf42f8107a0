//! Graph's `depEnrollmentProfile`: the rows of Microsoft's "Create depEnrollmentProfile" page, in the
//! page's order; must not know another resource.

use super::TOKEN;
use crate::diagnostics::Severity;
use crate::entity::{
    Entity, Property, Rule, certificate, choice, flag, integer, is_false, is_true, objects, text,
    thumbprint,
};
use crate::value::Value;

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
    name: "displayName",
    properties: PROPERTIES,
    rules: RULES,
};

const PROPERTIES: &[Property] = &[
    text("id", "id", "Id that Microsoft Graph gave the profile, `{token id}_{GUID}`.").computed(),
    text("display_name", "displayName", "Name of the profile.").required().length(1, 125),
    text("description", "description", "Description of the profile."),
    flag(
        "requires_user_authentication",
        "requiresUserAuthentication",
        "Enrolls with user affinity: a user signs in during Setup Assistant.",
    ),
    text(
        "configuration_endpoint_url",
        "configurationEndpointUrl",
        "URL that devices enroll at. Intune sets it; a value given here is sent, but Intune may keep \
         its own.",
    )
    .suggested(),
    flag(
        "enable_authentication_via_company_portal",
        "enableAuthenticationViaCompanyPortal",
        "Lets users authenticate with the Company Portal app instead of Apple's Setup Assistant. \
         Microsoft's own description of the property reads the other way round.",
    ),
    flag(
        "require_company_portal_on_setup_assistant_enrolled_devices",
        "requireCompanyPortalOnSetupAssistantEnrolledDevices",
        "Requires the Company Portal app on devices that enrolled through Setup Assistant.",
    ),
    flag(
        "is_default",
        "isDefault",
        "Makes this the profile that newly synced devices get. Reached with Graph's \
         `setDefaultProfile`; it ends only when another profile of the token becomes the default.",
    )
    .turned_on_by("setDefaultProfile"),
    flag("supervised_mode_enabled", "supervisedModeEnabled", "Puts devices in supervised mode."),
    text(
        "support_department",
        "supportDepartment",
        "Department that users are told to ask for support.",
    )
    .length(1, 125),
    flag("pass_code_disabled", "passCodeDisabled", "Skips the passcode pane of Setup Assistant."),
    flag(
        "is_mandatory",
        "isMandatory",
        "Makes enrollment mandatory: Setup Assistant does not go on without it.",
    ),
    flag(
        "location_disabled",
        "locationDisabled",
        "Skips the Location Services pane of Setup Assistant.",
    ),
    text("support_phone_number", "supportPhoneNumber", "Phone number that users are told to call.")
        .length(1, 50),
    choice(
        "itunes_pairing_mode",
        "iTunesPairingMode",
        &["disallow", "allow", "requiresCertificate"],
        "disallow",
        "Whether a device may pair with computers; with `requiresCertificate`, only with those that \
         hold one of `management_certificates`.",
    ),
    flag(
        "profile_removal_disabled",
        "profileRemovalDisabled",
        "Locked enrollment: users cannot remove the management profile. Needs \
         `supervised_mode_enabled`.",
    ),
    objects(
        "management_certificates",
        "managementCertificates",
        CERTIFICATE,
        "Certificates of the computers that a device may pair with.",
    )
    .length(0, 10),
    flag("restore_blocked", "restoreBlocked", "Skips the Restore pane of Setup Assistant."),
    flag(
        "restore_from_android_disabled",
        "restoreFromAndroidDisabled",
        "Leaves out \"Move Data from Android\" of the Restore pane.",
    ),
    flag("apple_id_disabled", "appleIdDisabled", "Skips the Apple ID pane of Setup Assistant."),
    flag(
        "terms_and_conditions_disabled",
        "termsAndConditionsDisabled",
        "Skips the Terms and Conditions pane of Setup Assistant.",
    ),
    flag("touch_id_disabled", "touchIdDisabled", "Skips the Touch ID pane of Setup Assistant."),
    flag("apple_pay_disabled", "applePayDisabled", "Skips the Apple Pay pane of Setup Assistant."),
    flag("zoom_disabled", "zoomDisabled", "Skips the Display Zoom pane of Setup Assistant."),
    flag("siri_disabled", "siriDisabled", "Skips the Siri pane of Setup Assistant."),
    flag(
        "diagnostics_disabled",
        "diagnosticsDisabled",
        "Skips the Diagnostics pane of Setup Assistant.",
    ),
    flag(
        "macos_registration_disabled",
        "macOSRegistrationDisabled",
        "Skips the Registration pane of Setup Assistant on a Mac.",
    ),
    flag(
        "macos_file_vault_disabled",
        "macOSFileVaultDisabled",
        "Skips the FileVault pane of Setup Assistant on a Mac.",
    ),
    flag(
        "await_device_configured_confirmation",
        "awaitDeviceConfiguredConfirmation",
        "Holds the device in Setup Assistant until Intune confirms that it is configured.",
    ),
    integer(
        "shared_ipad_maximum_user_count",
        "sharedIPadMaximumUserCount",
        0,
        "How many users a shared iPad may hold. Only matters with `enable_shared_ipad`.",
    )
    .at_least(0),
    flag(
        "enable_shared_ipad",
        "enableSharedIPad",
        "Enrolls iPads as shared iPads. Wants `supervised_mode_enabled` and no user affinity.",
    ),
];

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

const RULES: &[Rule] = &[
    // Apple answers FLAGS_INVALID: is_mdm_removable can be false only if is_supervised is true.
    // https://developer.apple.com/documentation/devicemanagement/define-profile
    Rule {
        severity: Severity::Error,
        attribute: "profile_removal_disabled",
        summary: "Locked enrollment needs supervision",
        detail: "Apple refuses a profile that users cannot remove unless the device is supervised. Set \
                 `supervised_mode_enabled = true`, or leave `profile_removal_disabled` at `false`.",
        broken: |profile| {
            is_true(profile, "profile_removal_disabled")
                && is_false(profile, "supervised_mode_enabled")
        },
    },
    // https://learn.microsoft.com/intune/intune-service/enrollment/device-enrollment-program-enroll-ios
    Rule {
        severity: Severity::Error,
        attribute: "management_certificates",
        summary: "Pairing by certificate needs a certificate",
        detail: "With `itunes_pairing_mode = \"requiresCertificate\"`, `management_certificates` holds \
                 1 to 10 certificates of the computers that may pair. Add one, or choose `\"allow\"` or \
                 `\"disallow\"`.",
        broken: |profile| {
            profile.field("itunes_pairing_mode").as_text() == Some("requiresCertificate")
                && has_no_certificate(profile)
        },
    },
    // The same page asks for this, but Microsoft's example of the create breaks it, so it is advice.
    Rule {
        severity: Severity::Warning,
        attribute: "enable_shared_ipad",
        summary: "Shared iPad without supervision",
        detail: "Microsoft's guidance for shared iPads asks for supervised devices. Set \
                 `supervised_mode_enabled = true`, unless you know that your devices are supervised \
                 otherwise.",
        broken: |profile| {
            is_true(profile, "enable_shared_ipad") && is_false(profile, "supervised_mode_enabled")
        },
    },
    Rule {
        severity: Severity::Warning,
        attribute: "enable_shared_ipad",
        summary: "Shared iPad with user affinity",
        detail: "Microsoft's guidance for shared iPads asks for enrollment without user affinity. Set \
                 `requires_user_authentication = false`, or devices may not become shared iPads.",
        broken: |profile| {
            is_true(profile, "enable_shared_ipad")
                && is_true(profile, "requires_user_authentication")
        },
    },
];

fn has_no_certificate(profile: &Value) -> bool {
    let certificates = profile.field("management_certificates");
    certificates.is_null() || certificates.as_elements().is_some_and(<[Value]>::is_empty)
}
