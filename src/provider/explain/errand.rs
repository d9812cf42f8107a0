//! What there is to say of actions and ephemeral resources; sends nothing, decides nothing.

use super::{Verb, not_done, usual_step};
use crate::diagnostics::Diagnostic;
use crate::graph::{Error, Kind};
use crate::resources::TOKEN;
use crate::value::Path;

/// Nothing of this name is offered.
pub(in crate::provider) fn unknown(what: &str, type_name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {what}"),
        format!(
            "This version of the provider has no {what} `{type_name}`. Check the spelling, or the \
             provider's version."
        ),
    )
}

/// The token to sync could not be looked at.
pub(in crate::provider) fn token_not_read(id: &str, error: &Error) -> Diagnostic {
    let subject = format!("The enrollment program token `{id}` could not be read");
    let missing = "Check `dep_onboarding_setting_id`, and that the provider is signed in to the right \
                   tenant.";
    failure(Verb::Invoke, "Devices not synced", &subject, missing, error).at(token_path())
}

/// Apple Configurator's pseudo-token was to be synced.
pub(in crate::provider) fn nothing_to_sync(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Token without devices of Apple",
        format!(
            "`{id}` stands for Apple Configurator in this tenant: no Apple server is behind it, and \
             nothing can be synced. Give the id of an enrollment program token."
        ),
    )
    .at(token_path())
}

/// Intune would refuse a sync now; nothing was sent.
pub(in crate::provider) fn too_soon(token: &str, ago: i64, left: i64) -> Diagnostic {
    Diagnostic::error(
        "Synced a moment ago",
        format!(
            "A sync of the {} {token} was asked for {} ago. Intune accepts one every 15 minutes, so \
             nothing was sent. Run it again in {}; a sync every 12 hours happens by itself.",
            TOKEN.noun,
            in_minutes(ago),
            in_minutes(left),
        ),
    )
    .at(token_path())
}

/// The sync was refused, or never sent.
pub(in crate::provider) fn not_synced(id: &str, error: &Error) -> Diagnostic {
    let subject = format!("The devices of the {} `{id}` were not synced", TOKEN.noun);
    let missing = "Check `dep_onboarding_setting_id`: the token may have been deleted just now.";
    failure(Verb::Invoke, "Devices not synced", &subject, missing, error)
}

/// Apple refused.
pub(in crate::provider) fn sync_failed(id: &str, words: &str) -> Diagnostic {
    Diagnostic::error(
        "Sync failed",
        format!(
            "Apple answered the sync of the {} `{id}` with an error. {words} Intune tries again within \
             12 hours.",
            TOKEN.noun
        ),
    )
}

/// The sync ended, and the token shows an error all the same.
pub(in crate::provider) fn synced_with_error(id: &str, words: &str) -> Diagnostic {
    Diagnostic::warning(
        "Synced with an error",
        format!(
            "The sync of the {} `{id}` has ended, but the token shows an error. {words}",
            TOKEN.noun
        ),
    )
}

/// The wait was interrupted.
pub(in crate::provider) fn sync_left(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Sync not awaited",
        format!(
            "Terraform was interrupted while Intune synced the devices of the {} `{id}`. The sync goes \
             on by itself; how it ended, the data source `intune_dep_onboarding_setting` tells.",
            TOKEN.noun
        ),
    )
}

/// The time was over before the sync.
pub(in crate::provider) fn sync_unfinished(id: &str, words: Option<&str>) -> Diagnostic {
    let before = words.map_or_else(String::new, |words| {
        format!(" The token shows an error that was there before. {words}")
    });
    Diagnostic::error(
        "Sync not finished in time",
        format!(
            "Intune accepted the sync of the {} `{id}`, but it had not ended when the time was over. It \
             goes on by itself; raise `timeouts.invoke` to wait longer, or set `wait = false`.{before}",
            TOKEN.noun
        ),
    )
}

/// The sync was accepted, and its end could not be seen.
pub(in crate::provider) fn sync_unseen(id: &str, error: &Error) -> Diagnostic {
    let subject = format!(
        "Intune accepted the sync of the {} `{id}`, but the token could not be watched",
        TOKEN.noun
    );
    failure(
        Verb::Invoke,
        "Sync not awaited",
        &subject,
        "The token may have been deleted just now.",
        error,
    )
}

/// A profile could not be made the default.
pub(in crate::provider) fn default_not_set(token: &str, id: &str, error: &Error) -> Diagnostic {
    let subject = format!(
        "The enrollment profile `{id}` of the {} `{token}` was not made the default",
        TOKEN.noun
    );
    let missing = "Check `dep_onboarding_setting_id` and `profile_id`; a profile that was only just made \
                   may need some minutes to be known.";
    failure(Verb::Invoke, "Default profile not set", &subject, missing, error)
        .at(Path::attribute("profile_id"))
}

/// The document of a profile could not be fetched.
pub(in crate::provider) fn not_opened(noun: &str, id: &str, error: &Error) -> Diagnostic {
    let subject = format!("The {noun} of the enrollment profile `{id}` could not be fetched");
    let missing =
        "Check `enrollment_profile_id`, and that the provider is signed in to the right tenant.";
    failure(
        Verb::Open,
        &format!("{} not fetched", super::capitalized(noun)),
        &subject,
        missing,
        error,
    )
    .at(Path::attribute("enrollment_profile_id"))
}

/// An id from which the token cannot be told.
pub(in crate::provider) fn not_a_profile_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Not an id of an enrollment profile",
        format!(
            "`{id}` is not the id of an enrollment profile, which is `{{token id}}_{{GUID}}`. Give the \
             `id` of a profile; `provider::intune::build_profile_id` puts one together."
        ),
    )
    .at(Path::attribute("enrollment_profile_id"))
}

/// An answer in which there is no document.
pub(in crate::provider) fn no_document(noun: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        "Unexpected answer from Microsoft Graph",
        format!(
            "Microsoft Graph answered without the {noun} of the enrollment profile `{id}`. Run the \
             command again; if it stays, report it as a bug of the provider."
        ),
    )
}

fn failure(verb: Verb, summary: &str, what: &str, missing: &str, error: &Error) -> Diagnostic {
    let step = match error.kind() {
        Kind::NotFound | Kind::UnusableAddress => missing.to_owned(),
        _ => usual_step(verb, error),
    };
    not_done(summary.to_owned(), what, &step, error)
}

/// Rounded up, so that nobody comes back too early.
fn in_minutes(seconds: i64) -> String {
    match (seconds + 59) / 60 {
        0 | 1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

fn token_path() -> Path {
    Path::attribute(TOKEN.attribute)
}
