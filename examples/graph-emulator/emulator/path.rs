//! Which Graph paths there are and which methods each takes; must not know what the methods do.

use super::problem::Problem;

/// A path of this service. Of each pair the first is the token's id.
pub(crate) enum Resource<'a> {
    Account,
    Tokens,
    Token(&'a str),
    Default(&'a str, &'static str),
    Profiles(&'a str),
    Profile(&'a str, &'a str),
    SetDefault(&'a str, &'a str),
    Export(&'a str, &'a str),
    Assign(&'a str, &'a str),
    Devices(&'a str),
    Device(&'a str, &'a str),
    Sync(&'a str),
}

impl<'a> Resource<'a> {
    /// The resource at these segments, the first of which is `beta`.
    pub(crate) fn at(segments: &[&'a str]) -> Result<Self, Problem> {
        let unknown = |segment: &str| Err(Problem::UnknownSegment(segment.to_owned()));
        let rest = match segments {
            ["beta", "deviceManagement"] => return Ok(Self::Account),
            ["beta", "deviceManagement", "depOnboardingSettings", rest @ ..] => rest,
            ["beta", "deviceManagement", segment, ..] | ["beta", segment, ..] => {
                return unknown(segment);
            }
            _ => return unknown(segments.first().copied().unwrap_or_default()),
        };
        match *rest {
            [] => Ok(Self::Tokens),
            [token] => Ok(Self::Token(token)),
            [token, "enrollmentProfiles"] => Ok(Self::Profiles(token)),
            [token, "enrollmentProfiles", id] => Ok(Self::Profile(token, id)),
            [token, "enrollmentProfiles", id, "setDefaultProfile"] => {
                Ok(Self::SetDefault(token, id))
            }
            [token, "enrollmentProfiles", id, "exportMobileConfig" | "exportMobileConfig()"] => {
                Ok(Self::Export(token, id))
            }
            [token, "enrollmentProfiles", id, "updateDeviceProfileAssignment"] => {
                Ok(Self::Assign(token, id))
            }
            [_, "enrollmentProfiles", _, segment, ..] => unknown(segment),
            [token, "importedAppleDeviceIdentities"] => Ok(Self::Devices(token)),
            [token, "importedAppleDeviceIdentities", id] => Ok(Self::Device(token, id)),
            [token, "syncWithAppleDeviceEnrollmentProgram"] => Ok(Self::Sync(token)),
            [token, segment] => match default_type(segment) {
                Some(type_name) => Ok(Self::Default(token, type_name)),
                None => unknown(segment),
            },
            [_, segment, ..] => unknown(segment),
        }
    }

    /// Whether the resource can be addressed with this method.
    pub(crate) fn allows(&self, method: &str) -> bool {
        match self {
            Self::Account
            | Self::Tokens
            | Self::Token(_)
            // The metadata declares the defaults as navigations that are not contained: they are read only.
            | Self::Default(..)
            | Self::Export(..)
            | Self::Devices(_)
            | Self::Device(..) => method == "GET",
            Self::Profiles(_) => matches!(method, "GET" | "POST"),
            Self::Profile(..) => matches!(method, "GET" | "PATCH" | "DELETE"),
            Self::SetDefault(..) | Self::Assign(..) | Self::Sync(_) => method == "POST",
        }
    }
}

/// The declared type of the default profile at this navigation property of a token.
pub(crate) fn default_type(navigation: &str) -> Option<&'static str> {
    DEFAULTS.iter().find(|(name, _)| *name == navigation).map(|(_, type_name)| *type_name)
}

/// The navigation properties of a token that lead to a default profile, with the type they are declared with.
const DEFAULTS: [(&str, &str); 4] = [
    ("defaultIosEnrollmentProfile", "depIOSEnrollmentProfile"),
    ("defaultMacOsEnrollmentProfile", "depMacOSEnrollmentProfile"),
    ("defaultTvOSEnrollmentProfile", "depTvOSEnrollmentProfile"),
    ("defaultVisionOSEnrollmentProfile", "depVisionOSEnrollmentProfile"),
];
