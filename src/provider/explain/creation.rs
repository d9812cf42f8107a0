//! What is told of a create that found a twin, or whose answer was lost; sends nothing.

use std::fmt::Write;

use super::{Verb, capitalized, ids, label, not_done, said, sentence};
use crate::diagnostics::Diagnostic;
use crate::entity::Entity;
use crate::graph::{Doubt, Error};
use crate::provider::holder::Holder;
use crate::value::Value;

/// It was refused or got lost; `holders` have its name.
pub(in crate::provider) fn failure(
    entity: &Entity,
    planned: &Value,
    holders: &[Holder],
    error: &Error,
) -> Diagnostic {
    if holders.is_empty() {
        return super::failure(entity, Verb::Create, planned, error);
    }
    let noun = capitalized(entity.noun);
    let what = format!("{noun} {}", label(entity, planned));
    not_done(format!("{noun} not created"), &what, &name_is_taken(entity, planned, holders), error)
}

fn name_is_taken(entity: &Entity, planned: &Value, holders: &[Holder]) -> String {
    let shown: Vec<_> =
        holders.iter().map(|holder| format!("`{}` (`{}`)", holder.id, holder.type_)).collect();
    let mut step = format!(
        "Under {} this name belongs to what is of another type: {}. The type of an object never changes. \
         Give this one another name, or delete the other in the Intune admin center.",
        parent(entity, planned),
        shown.join(", "),
    );
    for Holder { id, resource, .. } in holders {
        if let Some(resource) = resource {
            let block = import_blocks(resource, std::slice::from_ref(id));
            let _ = write!(
                step,
                "\n\nIf `{id}` is the one that was meant, declare it as `{}` instead and add \
                 this:\n\n{block}",
                resource.type_name,
            );
        }
    }
    step
}

/// There is one already, so that none was made.
pub(in crate::provider) fn twin_exists(
    entity: &Entity,
    planned: &Value,
    twins: &[String],
    identical: bool,
    error: &Error,
) -> Diagnostic {
    let noun = entity.noun;
    let likeness = if identical {
        "with exactly these settings"
    } else {
        "of this name, with other settings,"
    };
    let mut detail = format!(
        "{} {} was not created: under {} there is one {likeness} already: {}. It may be what an \
         interrupted run left behind. To manage it with Terraform, add this and apply again:\n\n{}\n\nTo \
         have a second one, give it another name or description, or delete the first in the Intune admin \
         center. With `create_before_destroy`, change one of them too, or remove that line.",
        capitalized(noun),
        label(entity, planned),
        parent(entity, planned),
        listed(twins),
        import_blocks(entity, twins),
    );
    if let Some(message) = error.message() {
        let _ = write!(detail, " Microsoft Graph said: {}", sentence(message));
    }
    let summary = if identical { "Identical" } else { "Same-named" };
    Diagnostic::error(format!("{summary} {noun} exists already"), detail + &ids(error))
}

/// A create was sent, and nobody knows what came of it.
pub(in crate::provider) fn outcome_unknown(
    entity: &Entity,
    planned: &Value,
    doubt: &Doubt,
    error: &Error,
) -> Diagnostic {
    let noun = entity.noun;
    let mut detail = format!(
        "{} {} under {}: the request was sent at {}, but no answer with an id came back: {} ",
        capitalized(noun),
        label(entity, planned),
        parent(entity, planned),
        httpdate::fmt_http_date(doubt.sent),
        said(error),
    );
    if doubt.candidates.is_empty() && !doubt.namesakes.is_empty() {
        let _ = write!(
            detail,
            "Since then there is, but was not seen with exactly these settings: {}. It may be what was asked \
             for, if the service stored a setting in another form or does not show it yet, or somebody else's. \
             It was not taken, nothing was recorded in state, and another `terraform apply` would make one \
             more. {}If it is yours, add this before you apply again, and the plan shows what differs:\n\n{}\n\n\
             If it is not, apply again.",
            listed(&doubt.namesakes),
            if doubt.is_looked_into() { "" } else { PERHAPS_TWO },
            import_blocks(entity, &doubt.namesakes),
        );
    } else if doubt.candidates.is_empty() {
        let _ = write!(
            detail,
            "{} Nothing was recorded in state. Run `terraform apply` again: if the {noun} appears \
             later, the provider will stop and print its id for a `terraform import` instead of \
             creating a second one.",
            looked(noun, doubt),
        );
    } else {
        let _ = write!(
            detail,
            "Since then there appeared, with exactly these settings: {}. Which of them is the one that \
             was asked for cannot be told, so none was taken and nothing was recorded in state. Choose \
             one and add this, with its id, before you apply again:\n\n{}\n\nThe others, if nobody needs \
             them, can be deleted in the Intune admin center.",
            listed(&doubt.candidates),
            import_blocks(entity, &doubt.candidates),
        );
    }
    let summary = format!("{} may or may not have been created", capitalized(noun));
    Diagnostic::error(summary, detail + &ids(error))
}

/// The answer was lost, and the object found again.
pub(in crate::provider) fn adopted(entity: &Entity, state: &Value) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::warning(
        format!("{} created, but its answer was lost", capitalized(noun)),
        format!(
            "The answer to the create was lost. The {noun} {} then appeared under {} and matches every \
             setting that was sent; it was adopted. Should somebody else have made an identical one \
             within the same two minutes, this may be theirs: look in the Intune admin center whether there \
             are two.",
            label(entity, state),
            parent(entity, state),
        ),
    )
}

/// The answer was unreadable, but said where the object is.
pub(in crate::provider) fn located(entity: &Entity, state: &Value) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::warning(
        format!("{} created, but its answer could not be read", capitalized(noun)),
        format!(
            "The answer to the create could not be read, but named the place of the {noun} {} under {}, which \
             is recorded. A service or a proxy that answers so may have passed the create on twice: look in \
             the Intune admin center whether there are two.",
            label(entity, state),
            parent(entity, state),
        ),
    )
}

/// Others have the same name, which is allowed.
pub(in crate::provider) fn namesakes(
    entity: &Entity,
    state: &Value,
    namesakes: &[String],
) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::warning(
        format!("Another {noun} of this name"),
        format!(
            "{} {} was created. Under {} others of the same name were there before: {}. If one of them \
             was meant, import it and destroy this one.",
            capitalized(noun),
            label(entity, state),
            parent(entity, state),
            listed(namesakes),
        ),
    )
}

/// A create that did not go smoothly may have made two.
pub(in crate::provider) fn twins(entity: &Entity, state: &Value, twins: &[String]) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::warning(
        format!("A second {noun} may have been created"),
        format!(
            "The create of {noun} {} was not answered as it should be. Beside it there appeared, of \
             the same name: {}. The service may have made more than one, or somebody else did. If nobody \
             needs them, delete them in the Intune admin center.",
            label(entity, state),
            listed(twins),
        ),
    )
}

/// A create that did not go smoothly may have made two, and nobody could look.
pub(in crate::provider) fn perhaps_twins(entity: &Entity, state: &Value) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::warning(
        format!("A second {noun} may have been created"),
        format!(
            "The create of {noun} {} was not answered as it should be, and what there is under {} could \
             not be listed in the minute after it. The service may have made a second one with the same \
             settings: look in the Intune admin center, and delete it if nobody needs it.",
            label(entity, state),
            parent(entity, state),
        ),
    )
}

const PERHAPS_TWO: &str = "What there is now could not be listed in the minute after it, or not to its end: \
                           look in the Intune admin center whether there are two. ";

fn looked(noun: &str, doubt: &Doubt) -> String {
    match doubt.looked {
        Some(time) => {
            format!("No new matching {noun} was listed in the {} s after it.", time.as_secs())
        }
        None => "Nor could it be listed afterwards what there is now.".to_owned(),
    }
}

fn parent(entity: &Entity, state: &Value) -> String {
    let id = state.field(entity.parent.attribute).as_text().unwrap_or_default();
    format!("{} `{id}`", entity.parent.noun)
}

fn listed(ids: &[String]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

/// Ready to paste but for the resource's own name, which no provider is told. Indented lines are not
/// wrapped by the command line.
fn import_blocks(entity: &Entity, ids: &[String]) -> String {
    let block = |id: &String| {
        format!("  import {{\n    to = {}.NAME\n    id = \"{id}\"\n  }}", entity.type_name)
    };
    let blocks: Vec<_> = ids.iter().map(block).collect();
    blocks.join("\n\n") + "\n\n  (NAME is the resource's own name in your configuration.)"
}
