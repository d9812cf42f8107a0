//! What the service makes of `enabledSkipKeys`, which nobody could establish; must not know a request.

use std::str::FromStr;

use serde_json::{Map, Value};

/// How the keys of skipped panes are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SkipKeys {
    /// As they are sent.
    Echoed,
    /// Not at all: the Booleans alone are.
    Dropped,
    /// As they follow from the Booleans, whatever was sent.
    Derived,
}

impl SkipKeys {
    /// Changes the properties of a profile to what is stored.
    pub(crate) fn settle(self, properties: &mut Map<String, Value>) {
        let Some(keys) = properties.get("enabledSkipKeys") else { return };
        let kept = match self {
            Self::Echoed => keys.clone(),
            Self::Dropped => Value::Array(Vec::new()),
            Self::Derived => KEYS
                .iter()
                .filter(|(name, _)| properties.get(*name) == Some(&Value::Bool(true)))
                .map(|(_, key)| Value::from(*key))
                .collect(),
        };
        properties.insert("enabledSkipKeys".to_owned(), kept);
    }
}

/// As the command line names it.
impl FromStr for SkipKeys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "echoed" => Ok(Self::Echoed),
            "dropped" => Ok(Self::Dropped),
            "derived" => Ok(Self::Derived),
            _ => Err("skip keys are echoed, dropped or derived".to_owned()),
        }
    }
}

/// Some of Apple's keys, by the property that stands for each.
/// <https://developer.apple.com/documentation/devicemanagement/skipkeys>
const KEYS: &[(&str, &str)] = &[
    ("appleIdDisabled", "AppleID"),
    ("applePayDisabled", "Payment"),
    ("diagnosticsDisabled", "Diagnostics"),
    ("fileVaultDisabled", "FileVault"),
    ("locationDisabled", "Location"),
    ("privacyPaneDisabled", "Privacy"),
    ("restoreBlocked", "Restore"),
    ("screenTimeScreenDisabled", "ScreenTime"),
    ("siriDisabled", "Siri"),
    ("termsAndConditionsDisabled", "TOS"),
    ("touchIdDisabled", "Biometric"),
    ("zoomDisabled", "Zoom"),
];
