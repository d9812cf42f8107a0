//! Resources of other providers that stand for the same objects, so that a `moved` block can hand them
//! over; must not know how a state is taken over.

use crate::entity::{Form, Source};

/// Every one of them.
pub const SOURCES: &[Source] = &[
    // docs/resources/graph_beta_device_management_macos_dep_enrollment_profile.md of that provider, 0.56
    Source {
        provider: "deploymenttheory/microsoft365",
        type_name: "microsoft365_graph_beta_device_management_macos_dep_enrollment_profile",
        form: Form::Attributes {
            graph_type: "#microsoft.graph.depMacOSEnrollmentProfile",
            parent: "dep_onboarding_settings_id",
            renamed: &[("await_device_configured", "wait_for_device_configured_confirmation")],
        },
    },
    // docs/resources/resource.md of that provider
    Source {
        provider: "microsoft/msgraph",
        type_name: "msgraph_resource",
        form: Form::Untyped { url: "url", body: "body" },
    },
];
