//! What there is to say of devices and their profiles; sends nothing, decides nothing.

use serde_json::Value as Json;

use super::{Subject, Verb, capitalized, ids};
use crate::actions::dep_sync;
use crate::diagnostics::Diagnostic;
use crate::entity::sync_error;
use crate::graph::{Error, Object};
use crate::resources::TOKEN;
use crate::resources::dep_device_assignment::{
    FALLBACK_ID, NOUN, PROFILE_ID, SERIAL_NUMBERS, TOKEN_ID, some,
};
use crate::value::{Path, Value};

/// A request about a device assignment that failed, told as what did not happen.
pub(in crate::provider) fn failure(verb: Verb, object: &Value, error: &Error) -> Diagnostic {
    if error.is_not_found() && verb != Verb::Create {
        return not_found(verb, object, error);
    }
    super::failed(&Subject { noun: NOUN, parent: &TOKEN, label: subject(object) }, verb, error)
}

/// A listing of the devices that failed, and with it the change that needs it.
pub(in crate::provider) fn not_listed(verb: Verb, object: &Value, error: &Error) -> Diagnostic {
    match error.is_not_found() && verb == Verb::Update {
        true => token_gone(object),
        false => failure(verb, object, error),
    }
}

/// Graph keeps no assignments, so none can have been deleted.
fn not_found(verb: Verb, object: &Value, error: &Error) -> Diagnostic {
    let noun = capitalized(NOUN);
    let step = format!(
        "The devices of the {} `{}` were not found, though it is not known to be gone itself. Run the \
         command again in some minutes.",
        TOKEN.noun,
        object.field(TOKEN_ID).as_text().unwrap_or_default(),
    );
    let summary = format!("{noun} not {}", verb.participle());
    super::not_done(summary, &format!("{noun} {}", subject(object)), &step, error)
}

/// What a state is about, with its noun.
pub(in crate::provider) fn label(object: &Value) -> String {
    format!("{NOUN} {}", subject(object))
}

/// A change that came to its end for some devices only.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Partly<'a> {
    pub(in crate::provider) verb: Verb,
    /// What was to be, or to be no more.
    pub(in crate::provider) object: &'a Value,
    /// What is recorded now.
    pub(in crate::provider) state: &'a Value,
    /// How many devices have the profile that they were to get, and how many were to get it.
    pub(in crate::provider) progress: (usize, usize),
    /// Devices that may have it too, and that nobody could look at.
    pub(in crate::provider) unseen: &'a [String],
    pub(in crate::provider) error: &'a Error,
}

impl Partly<'_> {
    /// Some devices could not be given the profile.
    ///
    /// The state names it once a device has it. Those of `unnamed` are not in it, and may have the `former`
    /// one.
    pub(in crate::provider) fn not_given(&self, former: &Value, unnamed: &[&str]) -> Diagnostic {
        let mut open = self.unseen();
        if !unnamed.is_empty() {
            open += &self.unnamed(former, unnamed);
        }
        if !open.is_empty() {
            open += &self.keep_listed();
        }
        self.told(PROFILE_ID, &open)
    }

    /// Some devices could not be given the profile to fall back to.
    pub(in crate::provider) fn not_moved(&self) -> Diagnostic {
        let mut open = self.unseen();
        if !open.is_empty() {
            open += "The next plan shows which of them do not. ";
        }
        self.told(FALLBACK_ID, &open)
    }

    fn told(&self, attribute: &'static str, open: &str) -> Diagnostic {
        let profile = self.object.field(attribute).as_text().unwrap_or_default();
        let why = match self.error.is_not_found() {
            true => self.no_profile(attribute, profile),
            false => failure(self.verb, self.object, self.error),
        };
        let (done, asked) = self.progress;
        let at_least = if self.unseen.is_empty() { "" } else { "At least " };
        let is_recorded = !self.state.is_null();
        let recorded = if done > 0 && is_recorded { ", as the state records" } else { "" };
        let tainted = if self.verb == Verb::Create && is_recorded { UNTAINT } else { "" };
        let detail = format!(
            "{at_least}{done} of {asked} devices have the profile `{profile}` now{recorded}. {tainted}{open}{}",
            why.detail
        );
        Diagnostic { detail, ..why }.at(Path::attribute(attribute))
    }

    fn no_profile(&self, attribute: &str, profile: &str) -> Diagnostic {
        let step = match self.verb {
            Verb::Delete => format!(
                "The state names it, so it has to be changed before this is destroyed: set `{attribute}` to \
                 another profile, or remove the line so that the devices keep the profile that they have; \
                 apply that, and destroy then."
            ),
            _ => format!(
                "Check `{attribute}`; a profile that was only just made may need some minutes to be known."
            ),
        };
        Diagnostic::error(
            format!("{} not {}", capitalized(NOUN), self.verb.participle()),
            format!(
                "There is no enrollment profile `{profile}` under the {} `{}`. {step}{}",
                TOKEN.noun,
                self.object.field(TOKEN_ID).as_text().unwrap_or_default(),
                ids(self.error),
            ),
        )
    }

    fn unnamed(&self, former: &Value, serial_numbers: &[&str]) -> String {
        format!(
            "A state names one profile: {} devices that may still have `{}` are not in it any more: {}. ",
            serial_numbers.len(),
            former.field(PROFILE_ID).as_text().unwrap_or_default(),
            some(serial_numbers),
        )
    }

    fn unseen(&self) -> String {
        let unseen: Vec<&str> = self.unseen.iter().map(String::as_str).collect();
        match unseen.len() {
            0 => String::new(),
            more => format!(
                "{more} more may have it, which could not be looked up: {}. ",
                some(&unseen),
            ),
        }
    }

    fn keep_listed(&self) -> String {
        format!(
            "Keep them listed until an apply has given them `{}`; a device that is removed before that \
             keeps the profile that it has. ",
            self.object.field(PROFILE_ID).as_text().unwrap_or_default(),
        )
    }
}

/// Terraform marks whatever a create leaves that ended in an error, and would replace it: what was given would be taken away
/// and given again.
const UNTAINT: &str = "Terraform marks the assignment as tainted: run `terraform untaint` with its address before \
                       you apply again, and only the rest is given. Otherwise it is replaced, and devices \
                       for which there is a profile to fall back to get that one in between. ";

/// Devices that lost the profile although they stood in no state.
pub(in crate::provider) fn others_moved(planned: &Value, serial_numbers: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Other devices lost the profile",
        format!(
            "The assignment is authoritative, and devices that it does not list had the profile `{}`: {}. \
             They now have `{}`. To give it back to one of them, list it and apply again.",
            planned.field(PROFILE_ID).as_text().unwrap_or_default(),
            some(serial_numbers),
            planned.field(FALLBACK_ID).as_text().unwrap_or_default(),
        ),
    )
}

/// Devices that the token does not have. Nothing was sent.
pub(in crate::provider) fn unknown_devices(
    planned: &Value,
    serial_numbers: &[&str],
    token: Option<&Object>,
) -> Diagnostic {
    let text = |name: &str| token?.get(name)?.as_str();
    let synced = match (text("lastSuccessfulSyncDateTime"), token) {
        (Some(moment), _) if !moment.starts_with("0001-") => {
            format!("It was last synced at {moment}.")
        }
        (_, Some(_)) => "It was never synced.".to_owned(),
        (_, None) => "When it was last synced could not be read.".to_owned(),
    };
    let error = token.and_then(|token| token.get("lastSyncErrorCode")).and_then(Json::as_i64);
    let error = error.and_then(sync_error);
    let error =
        error.map_or_else(String::new, |words| format!(" The token shows an error. {words}"));
    Diagnostic::error(
        "Devices are not known",
        format!(
            "{} of these devices are not known under the {} `{}`: {}. {synced}{error} Nothing was changed. \
             Check the serial numbers and that the devices are assigned to this token's server in Apple \
             Business Manager or Apple School Manager; then sync the token (with the action `{}` or in \
             the Intune admin center, at most every 15 minutes; it syncs by itself every 12 hours) and \
             apply again.",
            serial_numbers.len(),
            TOKEN.noun,
            planned.field(TOKEN_ID).as_text().unwrap_or_default(),
            some(serial_numbers),
            dep_sync::ACTION.type_name,
        ),
    )
    .at(Path::attribute(SERIAL_NUMBERS))
}

/// The token cannot be found, and with it no device.
pub(in crate::provider) fn token_gone(state: &Value) -> Diagnostic {
    Diagnostic::error(
        format!("{} not found", capitalized(TOKEN.noun)),
        format!(
            "Microsoft Graph does not know the {} `{}` of the {}. This can also mean that the provider is \
             signed in to another tenant, so the state was kept. Check `tenant_id`; if the token was \
             really deleted, remove this with `terraform state rm`.",
            TOKEN.noun,
            state.field(TOKEN_ID).as_text().unwrap_or_default(),
            label(state),
        ),
    )
}

/// An import id of no known form.
pub(in crate::provider) fn malformed_id(id: &str) -> Diagnostic {
    let shown: String = id.chars().take(200).collect();
    not_imported(format!(
        "The import id must be `{{token id}}/{{profile id}}`, where the profile's id can be without the \
         token's before it. The import id was `{shown}`."
    ))
}

/// An import of devices whose profile is not there.
pub(in crate::provider) fn no_profile(sought: &Value) -> Diagnostic {
    not_imported(format!(
        "Microsoft Graph has no enrollment profile `{}` under the {} `{}`. Check the ids, and that the \
         provider is signed in to the right tenant.",
        sought.field(PROFILE_ID).as_text().unwrap_or_default(),
        TOKEN.noun,
        sought.field(TOKEN_ID).as_text().unwrap_or_default(),
    ))
}

fn not_imported(detail: String) -> Diagnostic {
    Diagnostic::error(format!("{} not imported", capitalized(NOUN)), detail)
}

fn subject(object: &Value) -> String {
    format!("of the profile `{}`", object.field(PROFILE_ID).as_text().unwrap_or_default())
}
