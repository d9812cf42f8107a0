//! The document that enrolls a device by hand (`exportMobileConfig`); must not know another data source.

use crate::entity::{DataSource, Derived, Facts, Question, Told, text};
use crate::value::{Type, Value};

/// The data source `intune_dep_mobile_config`.
pub const DOCUMENT: DataSource = DataSource {
    type_name: "intune_dep_mobile_config",
    noun: "enrollment document",
    description: "The configuration profile (`.mobileconfig`) that enrolls a device with an enrollment \
                  profile, as `exportMobileConfig` of Microsoft Graph (beta) makes it. Whoever has it \
                  can enroll devices, so it is sensitive; Terraform stores it in the state. Microsoft \
                  documents it as valid for two weeks, and for profiles without user affinity.",
    question: Question::MobileConfig,
    selectors: &[],
    arguments: &[text(
        "enrollment_profile_id",
        "enrollmentProfileId",
        "Id of the enrollment profile, `{token id}_{GUID}`.",
    )
    .required()],
    told: Told::One(Facts {
        rows: &[],
        derived: &[Derived {
            attribute: "mobile_config",
            type_: Type::String,
            sensitive: true,
            description: "The document: a property list in XML.",
            value: |answer, _| {
                answer.get("value").and_then(|text| text.as_str()).map_or(Value::Null, Value::text)
            },
        }],
    }),
    rules: &[],
};
