//! What a listing that failed means to the person who ran a query; sends nothing, decides nothing.

use super::{Verb, capitalized, ids, next_step, not_done};
use crate::diagnostics::Diagnostic;
use crate::entity::Entity;
use crate::graph::Error;
use crate::value::Path;

/// The parents could not be listed, so nothing can be looked for under them.
pub(in crate::provider) fn parents_not_listed(entity: &Entity, error: &Error) -> Diagnostic {
    let subject = format!("{}s", entity.parent.noun);
    failure(entity, &subject, &format!("The {subject}"), error)
}

/// What lives under one parent could not be listed.
pub(in crate::provider) fn not_listed(entity: &Entity, parent: &str, error: &Error) -> Diagnostic {
    let subject = format!("{}s", entity.noun);
    let whose = format!("The {subject} of the {} `{parent}`", entity.parent.noun);
    let failure = failure(entity, &subject, &whose, error);
    if error.is_not_found() {
        failure.at(Path::attribute(entity.parent.attribute))
    } else {
        failure
    }
}

/// One parent was listed and had gone when what lives under it was to be.
pub(in crate::provider) fn gone_meanwhile(
    entity: &Entity,
    parent: &str,
    error: &Error,
) -> Diagnostic {
    let (noun, above) = (entity.noun, entity.parent.noun);
    Diagnostic::warning(
        format!("{}s not listed", capitalized(noun)),
        format!(
            "The {above} `{parent}` was listed, and had gone when its {noun}s were to be. All others are \
             looked through. If it should still be there, look for it in the Intune admin center and run \
             the query again.{}",
            ids(error)
        ),
    )
}

fn failure(entity: &Entity, subject: &str, whose: &str, error: &Error) -> Diagnostic {
    let step = next_step(entity.noun, entity.parent, Verb::List, error);
    let summary = format!("{} not listed", capitalized(subject));
    not_done(summary, &format!("{whose} could not be listed"), &step, error)
}
