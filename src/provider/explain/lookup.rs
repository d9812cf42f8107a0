//! What a failed question of a data source means; asks nothing.

use super::{Verb, capitalized, not_done, usual_step};
use crate::diagnostics::Diagnostic;
use crate::entity::{DataSource, WrongAnswer};
use crate::graph::{Error, Kind};
use crate::value::Path;

/// A request that failed. `place` is the attribute that was asked by, whose value is `asked`.
pub(in crate::provider) fn failure(
    source: &DataSource,
    place: &'static str,
    asked: Option<&str>,
    error: &Error,
) -> Diagnostic {
    let noun = capitalized(source.noun);
    let place = Some(place).filter(|_| asked.is_some());
    let by = match (place, asked) {
        (Some(place), Some(asked)) => format!(" for `{place} = \"{asked}\"`"),
        _ => String::new(),
    };
    let summary = format!("{noun} not read");
    let told = not_done(summary, &format!("{noun}{by}"), &next_step(place, error), error);
    match (place, error.kind()) {
        (Some(place), Kind::NotFound | Kind::UnusableAddress) => told.at(Path::attribute(place)),
        _ => told,
    }
}

/// An answer that does not fit Graph's own metadata.
pub(in crate::provider) fn wrong_answer(source: &DataSource, wrong: &WrongAnswer) -> Diagnostic {
    Diagnostic::error(
        "Unexpected answer from Microsoft Graph",
        format!(
            "The answer about the {} does not fit: {wrong}. Run the command again; if it stays, report \
             it as a bug of the provider.",
            source.noun,
        ),
    )
}

fn next_step(place: Option<&str>, error: &Error) -> String {
    let place = place.unwrap_or("the configuration");
    match error.kind() {
        Kind::NotFound => format!(
            "Check `{place}`: nothing has this id in the tenant that the provider is signed in to, or \
             this application may not see it."
        ),
        Kind::UnusableAddress => format!(
            "Check `{place}`: it is not an id of Microsoft Graph's. That of an enrollment profile is \
             `{{token id}}_{{GUID}}`."
        ),
        _ => usual_step(Verb::LookUp, error),
    }
}
