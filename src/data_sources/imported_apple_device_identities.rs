//! Graph's `importedAppleDeviceIdentity`: a device that Apple reported for a token, or that somebody
//! imported; must not know another data source.

use super::TOKEN_ID;
use crate::entity::{
    DataSource, Derived, Facts, Property, Question, Told, bare_id, choice, flag, moment, text,
    texts, whole_id,
};
use crate::value::{Type, Value};

/// The data source `intune_imported_apple_device_identities`.
pub const ALL: DataSource = DataSource {
    type_name: "intune_imported_apple_device_identities",
    noun: "imported devices",
    description: "The devices of an enrollment program token, as Apple reported them or somebody \
                  imported them: `importedAppleDeviceIdentity` in Microsoft Graph (beta). Filters are \
                  combined: a device has to pass all that are given.",
    question: Question::Devices,
    selectors: &[],
    arguments: &[
        text(
            TOKEN_ID,
            TOKEN_ID,
            "Id of the enrollment program token (Graph's `depOnboardingSetting`).",
        )
        .required(),
        text(
            "enrollment_profile_id",
            "enrollmentProfileId",
            "Only devices to which this enrollment profile is assigned: its `id`, or the GUID in it.",
        ),
        texts(
            "serial_numbers",
            "serialNumbers",
            "Only devices with one of these serial numbers, in either case.",
        ),
        choice(
            "enrollment_state",
            "enrollmentState",
            ENROLLMENT_STATES,
            "unknown",
            "Only devices in this state.",
        )
        .optional(),
        choice("platform", "platform", PLATFORMS, "unknown", "Only devices of this platform.")
            .optional(),
        choice(
            "discovery_source",
            "discoverySource",
            DISCOVERY_SOURCES,
            "unknown",
            "Only devices that came this way.",
        )
        .optional(),
    ],
    told: Told::Many {
        attribute: "devices",
        description: "The devices, in Graph's order.",
        facts: Facts { rows: ROWS, derived: DERIVED },
    },
    rules: &[],
};

const DISCOVERY_SOURCES: &[&str] = &["unknown", "adminImport", "deviceEnrollmentProgram"];

const ENROLLMENT_STATES: &[&str] =
    &["unknown", "enrolled", "pendingReset", "failed", "notContacted", "blocked"];

const PLATFORMS: &[&str] = &[
    "unknown",
    "ios",
    "android",
    "windows",
    "windowsMobile",
    "macOS",
    "visionOS",
    "tvOS",
    "unknownFutureValue",
];

const ROWS: &[Property] = &[
    text("id", "id", "Id of the device among those of the token.").computed(),
    text("serial_number", "serialNumber", "Serial number.").computed(),
    text(
        "requested_enrollment_profile_id",
        "requestedEnrollmentProfileId",
        "Id of the assigned enrollment profile as Graph gives it: usually without the token's id.",
    )
    .computed(),
    moment(
        "requested_enrollment_profile_assignment_date_time",
        "requestedEnrollmentProfileAssignmentDateTime",
        "When that profile was assigned.",
    ),
    flag("is_supervised", "isSupervised", "Whether the device is supervised.").computed(),
    choice(
        "discovery_source",
        "discoverySource",
        DISCOVERY_SOURCES,
        "unknown",
        "How Intune came to know the device.",
    )
    .computed(),
    flag("is_deleted", "isDeleted", "Whether Apple has reported that the device was removed.")
        .computed(),
    moment("created_date_time", "createdDateTime", "When Intune came to know the device."),
    moment(
        "last_contacted_date_time",
        "lastContactedDateTime",
        "When the device was last in contact. Null when it never was.",
    ),
    text("description", "description", "Description of the device.").computed(),
    choice(
        "enrollment_state",
        "enrollmentState",
        ENROLLMENT_STATES,
        "unknown",
        "How far the device is enrolled.",
    )
    .computed(),
    choice("platform", "platform", PLATFORMS, "unknown", "Platform of the device.").computed(),
];

const DERIVED: &[Derived] = &[Derived {
    attribute: "enrollment_profile_id",
    type_: Type::String,
    sensitive: false,
    description: "Whole id of the assigned enrollment profile, `{token id}_{GUID}`, as profiles have it; \
                  null when none is assigned.",
    value: |device, setting| {
        let assigned = device.get("requestedEnrollmentProfileId").and_then(|id| id.as_str());
        let assigned = assigned.filter(|id| !id.is_empty());
        assigned.map_or(Value::Null, |id| Value::text(whole_id(setting.parent, bare_id(id))))
    },
}];
