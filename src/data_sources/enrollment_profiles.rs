//! The enrollment profiles of a token, of whatever type, by the properties of Graph's `enrollmentProfile`,
//! which all of them have; must not know another data source.

use super::TOKEN_ID;
use crate::entity::{DataSource, Derived, Facts, Json, Property, Question, Told, flag, text};
use crate::resources;
use crate::value::{Type, Value};

/// The data source `intune_dep_enrollment_profiles`.
pub const ALL: DataSource = DataSource {
    type_name: "intune_dep_enrollment_profiles",
    noun: "enrollment profiles",
    description: "The enrollment profiles of an enrollment program token, of every type that Graph \
                  lists, among them those that this provider does not manage: `enrollmentProfile` in \
                  Microsoft Graph (beta).",
    question: Question::Profiles,
    selectors: &[],
    arguments: &[
        text(
            TOKEN_ID,
            TOKEN_ID,
            "Id of the enrollment program token (Graph's `depOnboardingSetting`).",
        )
        .required(),
        text(
            "type",
            "type",
            "Only profiles of this type of Graph's, such as `depEnrollmentProfile`.",
        ),
        text("display_name", "displayName", "Only profiles of this name, letter by letter."),
        text(
            "display_name_contains",
            "displayNameContains",
            "Only profiles whose name holds this text; upper and lower case matter.",
        ),
    ],
    told: Told::Many {
        attribute: "profiles",
        description: "The profiles, in Graph's order.",
        facts: Facts { rows: ROWS, derived: DERIVED },
    },
    rules: &[],
};

/// The type of a profile as Graph names it, without its namespace. Graph leaves it out where it is the
/// one that the collection declares.
pub fn type_of(profile: &Json) -> &str {
    let annotation = profile.get("@odata.type").and_then(|name| name.as_str());
    annotation.map_or("enrollmentProfile", bare)
}

fn bare(type_: &str) -> &str {
    type_.trim_start_matches("#microsoft.graph.")
}

const ROWS: &[Property] = &[
    text("id", "id", "Id of the profile, `{token id}_{GUID}`.").computed(),
    text("display_name", "displayName", "Name of the profile.").computed(),
    text("description", "description", "Description of the profile.").computed(),
    flag(
        "is_default",
        "isDefault",
        "Whether newly synced devices get it. Null where its type has no default.",
    )
    .computed(),
    flag(
        "requires_user_authentication",
        "requiresUserAuthentication",
        "Whether it enrolls with user affinity.",
    )
    .computed(),
    text("configuration_endpoint_url", "configurationEndpointUrl", "URL that devices enroll at.")
        .computed(),
    flag(
        "enable_authentication_via_company_portal",
        "enableAuthenticationViaCompanyPortal",
        "Whether users authenticate with the Company Portal app.",
    )
    .computed(),
    flag(
        "require_company_portal_on_setup_assistant_enrolled_devices",
        "requireCompanyPortalOnSetupAssistantEnrolledDevices",
        "Whether devices that enrolled through Setup Assistant need the Company Portal app.",
    )
    .computed(),
];

const DERIVED: &[Derived] = &[
    Derived {
        attribute: "type",
        type_: Type::String,
        sensitive: false,
        description: "Graph's type of the profile, such as `depEnrollmentProfile`.",
        value: |profile, _| Value::text(type_of(profile)),
    },
    Derived {
        attribute: "resource_type",
        type_: Type::String,
        sensitive: false,
        description: "The resource of this provider that manages such a profile, null where there is \
                      none.",
        value: |profile, _| {
            let type_ = type_of(profile);
            let managed = resources::ALL.iter().find(|entity| bare(entity.graph_type) == type_);
            managed.map_or(Value::Null, |entity| Value::text(entity.type_name))
        },
    },
];
