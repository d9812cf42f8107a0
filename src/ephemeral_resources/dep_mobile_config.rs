//! The document that enrolls a device by hand (`exportMobileConfig`); must not know another ephemeral
//! resource.

use crate::entity::{Content, Ephemeral, Property, text};

/// The ephemeral resource `intune_dep_mobile_config`.
pub const DOCUMENT: Ephemeral = Ephemeral {
    type_name: "intune_dep_mobile_config",
    noun: "enrollment document",
    description: "The configuration profile (`.mobileconfig`) that enrolls a device with an enrollment \
                  profile, as `exportMobileConfig` of Microsoft Graph (beta) makes it. Whoever has it \
                  can enroll devices. It is fetched anew in each plan and apply, and never stored: hand \
                  it on to a write-only argument or to another provider's configuration. Microsoft documents it \
                  as valid for two weeks, and for profiles without user affinity.",
    arguments: ARGUMENTS,
    result: ("mobile_config", "The document: a property list in XML."),
    content: Content::MobileConfig,
};

/// The argument that names the profile.
pub const PROFILE_ID: &str = "enrollment_profile_id";

const ARGUMENTS: &[Property] = &[text(
    PROFILE_ID,
    "enrollmentProfileId",
    "Id of the enrollment profile, `{token id}_{GUID}`.",
)
.required()
.length(1, 255)];
