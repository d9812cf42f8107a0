//! What a failed request means to the person who ran Terraform; sends nothing, decides nothing.
//!
//! Every text says what happened, why, and what to do next, and ends with the ids that Microsoft's
//! support asks for.

pub(super) mod assignment;
pub(super) mod creation;
pub(super) mod errand;
pub(super) mod listing;
pub(super) mod lookup;
mod sign_in;

use std::fmt::Write;

use super::default::Obstacles;
use super::permission;
use crate::diagnostics::Diagnostic;
use crate::entity::{Difference, Entity, ID, Parent, WrongAnswer};
use crate::graph::{Error, Kind};
use crate::resources::dep_device_assignment;
use crate::value::Value;

/// What was to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    Create,
    Read,
    Update,
    Delete,
    Import,
    /// As `Read`, of what is not managed.
    LookUp,
    /// As `LookUp`, of what is not stored.
    Open,
    /// An action is taken.
    Invoke,
    /// As `LookUp`, of whatever a query finds.
    List,
}

impl Verb {
    const fn participle(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Read | Self::LookUp => "read",
            Self::Open => "opened",
            Self::Invoke => "invoked",
            Self::Update => "updated",
            Self::Delete => "deleted",
            Self::Import => "imported",
            Self::List => "listed",
        }
    }
}

/// A request that failed, told as what did not happen.
pub(super) fn failure(entity: &Entity, verb: Verb, state: &Value, error: &Error) -> Diagnostic {
    match error.kind() {
        Kind::AmbiguousCreate(doubt) => creation::outcome_unknown(entity, state, doubt, error),
        Kind::TwinExists { ids, identical } => {
            creation::twin_exists(entity, state, ids, *identical, error)
        }
        _ => {
            let (noun, parent) = (entity.noun, entity.parent);
            failed(&Subject { noun, parent, label: label(entity, state) }, verb, error)
        }
    }
}

/// What a failure is told of.
struct Subject {
    noun: &'static str,
    parent: &'static Parent,
    /// Which one it is.
    label: String,
}

fn failed(subject: &Subject, verb: Verb, error: &Error) -> Diagnostic {
    let noun = capitalized(subject.noun);
    let step = next_step(subject.noun, subject.parent, verb, error);
    let summary = format!("{noun} not {}", verb.participle());
    not_done(summary, &format!("{noun} {}", subject.label), &step, error)
}

/// A request that failed: what did not happen, why, and what to do. A sign-in that failed has a story of its
/// own, whatever was to be done.
fn not_done(summary: String, what: &str, step: &str, error: &Error) -> Diagnostic {
    match error.sign_in_failure() {
        Some(failure) => Diagnostic::error(
            "Signing in to Microsoft Graph failed",
            sign_in::failed(failure) + &ids(error),
        ),
        None => {
            let said = said(error);
            Diagnostic::error(summary, format!("{what}: {said} {step}{}", ids(error)))
        }
    }
}

/// A request that a person made outside of any run of Terraform: what came of it, and what to do.
pub(crate) fn by_hand(entity: &Entity, error: &Error) -> (String, String) {
    let next = match error.kind() {
        Kind::SignIn(failure) => sign_in::advice(failure.blame).to_owned(),
        Kind::Throttled { .. } | Kind::Interrupted | Kind::OutOfTime | Kind::Stopped => {
            "Run it again later.".to_owned()
        }
        _ => next_step(entity.noun, entity.parent, Verb::Read, error),
    };
    (said(error) + &ids(error), next)
}

/// A profile that exists, but that an action could not be taken on.
pub(super) fn not_turned_on(
    entity: &Entity,
    attribute: &str,
    state: &Value,
    error: &Error,
) -> Diagnostic {
    Diagnostic::warning(
        format!("{} created, but `{attribute}` not reached", capitalized(entity.noun)),
        format!(
            "{} {} exists and is recorded, but it could not be given `{attribute} = true`: {} The next \
             plan will show it, and `terraform apply` will try again.{}",
            capitalized(entity.noun),
            label(entity, state),
            said(error),
            ids(error),
        ),
    )
}

/// As [`not_turned_on`], for an object that existed before.
pub(super) fn action_failed(
    entity: &Entity,
    attribute: &str,
    state: &Value,
    error: &Error,
) -> Diagnostic {
    Diagnostic::error(
        format!("`{attribute}` not reached"),
        format!(
            "{} {} could not be given `{attribute} = true`: {} Every other change was made. {}{}",
            capitalized(entity.noun),
            label(entity, state),
            said(error),
            next_step(entity.noun, entity.parent, Verb::Update, error),
            ids(error),
        ),
    )
    .at(crate::value::Path::attribute(attribute))
}

/// An action that was accepted, but whose effect was not seen.
pub(super) fn turned_on_unseen(entity: &Entity, attribute: &str, state: &Value) -> Diagnostic {
    Diagnostic::warning(
        format!("`{attribute}` accepted, but not seen"),
        format!(
            "Microsoft Graph accepted `{attribute} = true` for the {}, but neither this nor the {} shows \
             it. The planned value is recorded; the next plan shows whether it took effect. If it does \
             not after some minutes, look in the Intune admin center which {} is the default.",
            named(entity, state),
            entity.parent.noun,
            entity.noun,
        ),
    )
}

/// A delete that was refused, with what stood in its way.
pub(super) fn not_deleted(
    entity: &Entity,
    state: &Value,
    obstacles: &Obstacles,
    error: &Error,
) -> Diagnostic {
    let refused = failure(entity, Verb::Delete, state, error);
    let (noun, above) = (entity.noun, entity.parent.noun);
    let mut in_the_way = String::new();
    if obstacles.is_default {
        let _ = write!(
            in_the_way,
            "It is the default of its platform, and stays so until another one takes its place: set \
             `is_default = true` on another {noun} of the same {above} (or choose one in the Intune \
             admin center) and apply that first. "
        );
    }
    if !obstacles.devices.is_empty() {
        let devices: Vec<_> = obstacles.devices.iter().map(String::as_str).collect();
        let _ = write!(
            in_the_way,
            "{} devices are to get it: {}. Give them another {noun} first, with `{}` or in the Intune \
             admin center. ",
            devices.len(),
            dep_device_assignment::some(&devices),
            dep_device_assignment::TYPE_NAME,
        );
    }
    Diagnostic { detail: in_the_way + &refused.detail, ..refused }
}

/// An update that was accepted, but not seen.
pub(super) fn not_read_back(entity: &Entity, state: &Value, error: &Error) -> Diagnostic {
    Diagnostic::warning(
        format!("{} updated, but not read back", capitalized(entity.noun)),
        format!(
            "Microsoft Graph accepted the change of {} {}, but it could not be read afterwards: {} The \
             planned values are recorded; the next plan shows whether they differ.{}",
            entity.noun,
            label(entity, state),
            said(error),
            ids(error),
        ),
    )
}

/// A delete that was accepted, of an object that did not go.
pub(super) fn still_there(entity: &Entity, state: &Value) -> Diagnostic {
    let noun = entity.noun;
    Diagnostic::error(
        format!("{} not deleted yet", capitalized(noun)),
        format!(
            "Microsoft Graph accepted the deletion of {noun} {}, but it can still be read. It is kept in \
             state. Run `terraform apply` or `terraform destroy` again; if it stays, look for it in the \
             Intune admin center.",
            label(entity, state),
        ),
    )
}

/// A property that the service did not store as it was sent.
pub(super) fn stored_otherwise(entity: &Entity, difference: &Difference) -> Diagnostic {
    let (summary, advice) = if difference.suggested {
        (
            "The service keeps its own value",
            "Terraform keeps the configured value and shows no difference as long as the service does \
             not change its own. Remove the line to see the service's value.",
        )
    } else {
        (
            "The service stored another value",
            "The planned value is recorded; the next plan shows what the service has instead. Change \
             the configuration to that value, or find out what else changes it.",
        )
    };
    Diagnostic::warning(
        summary,
        format!(
            "Microsoft Graph accepted `{}` of this {}, but answered with another value. {advice}",
            difference.attribute, entity.noun
        ),
    )
    .at(crate::value::Path::attribute(difference.attribute))
}

/// An answer that does not fit Graph's own metadata.
pub(super) fn wrong_answer(entity: &Entity, wrong: &WrongAnswer) -> Diagnostic {
    Diagnostic::error(
        "Unexpected answer from Microsoft Graph",
        format!(
            "The answer about this {} does not fit: {wrong}. The state was kept. Run the command \
             again; if it stays, report it as a bug of the provider.",
            entity.noun,
        ),
    )
    .at(wrong.path.clone())
}

/// What an object is, with its name and id as far as a state or plan knows them.
pub(super) fn named(entity: &Entity, state: &Value) -> String {
    format!("{} {}", entity.noun, label(entity, state))
}

/// Name and id of an object, as far as a state or plan knows them.
pub(super) fn label(entity: &Entity, state: &Value) -> String {
    let name = entity
        .properties
        .iter()
        .find(|property| property.graph == entity.name)
        .and_then(|property| state.field(property.attribute).as_text());
    match (name, state.field(ID).as_text()) {
        (Some(name), Some(id)) => format!("\"{name}\" (`{id}`)"),
        (Some(name), None) => format!("\"{name}\""),
        (None, Some(id)) => format!("`{id}`"),
        (None, None) => "without a name".to_owned(),
    }
}

/// The text with a capital first letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The failure and what the service said of it, in sentences.
fn said(error: &Error) -> String {
    let mut said = sentence(&what_happened(error));
    if let Some(message) = error.message() {
        let _ = write!(said, " Microsoft Graph said: {}", sentence(message));
    }
    said
}

fn what_happened(error: &Error) -> String {
    let mut text = error.happened();
    if let Some(detail) = error.detail() {
        let _ = write!(text, " ({detail})");
    }
    if error.attempts() > 1 {
        let seconds = error.elapsed().as_secs_f64();
        let _ = write!(text, ", after {} attempts in {seconds:.0} s", error.attempts());
    }
    text
}

fn next_step(noun: &str, above: &Parent, verb: Verb, error: &Error) -> String {
    let parent = above.noun;
    match error.kind() {
        Kind::NotFound if matches!(verb, Verb::Create | Verb::List) => format!(
            "Check `{}`: there is no {parent} with this id in the tenant that the provider is signed \
             in to.",
            above.attribute
        ),
        Kind::NotFound => format!(
            "The {noun} was deleted outside of Terraform. Run `terraform plan` to see what is left to \
             do."
        ),
        Kind::UnusableAddress => format!(
            "Check `{}` and `{ID}`: Microsoft Graph cannot be asked for an empty one.",
            above.attribute
        ),
        _ => usual_step(verb, error),
    }
}

/// What to do about trouble that has nothing to do with what was asked for.
fn usual_step(verb: Verb, error: &Error) -> String {
    match error.kind() {
        Kind::Forbidden => grant(verb.permission()),
        // Intune answers 401 to a token that lacks a permission, and says so inside.
        Kind::Unauthorized if error.code() == Some("Forbidden") => grant(verb.permission()),
        Kind::Unauthorized => "Check `tenant_id`, `client_id` and the clock of this machine, and that the \
                               application still exists."
            .to_owned(),
        Kind::BadRequest => match verb {
            Verb::Create | Verb::Update => "Correct the configuration and apply again.",
            Verb::Delete => "Remove the reason and apply again.",
            Verb::Invoke => "Remove the reason and run it again.",
            Verb::Read | Verb::Import | Verb::LookUp | Verb::Open | Verb::List => {
                "Run it again; if it stays, report it as a bug of the provider."
            }
        }
        .to_owned(),
        Kind::Conflict if verb == Verb::Invoke => {
            "Somebody else is changing the same thing. Run it again in some minutes.".to_owned()
        }
        Kind::Conflict => {
            "Somebody else is changing the same thing. Run `terraform apply` again.".to_owned()
        }
        Kind::Throttled { .. } | Kind::Interrupted | Kind::OutOfTime if verb == Verb::List => {
            "Run the query again later.".to_owned()
        }
        Kind::Throttled { .. } => format!(
            "Somebody else uses up what Microsoft Graph allows this application in this tenant. Run it again \
             later, give each pipeline or script an application of its own, or raise `timeouts.{}`.",
            verb.operation()
        ),
        Kind::Unavailable => "Microsoft's service is in trouble: run the command again in some minutes. If \
                              it stays, look at the service health in the Microsoft 365 admin center, or \
                              give the ids below to Microsoft's support."
            .to_owned(),
        Kind::Interrupted => format!(
            "The network or a proxy broke the connection. {} if it happens again, check the proxy \
             (`HTTPS_PROXY`, `NO_PROXY`).",
            if verb.leaves_nothing() {
                "Run it again later;"
            } else {
                "Run `terraform plan` to see what is left to do;"
            }
        ),
        Kind::OutOfTime if verb.leaves_nothing() => format!(
            "Run it again later; if it happens again, raise `timeouts.{}`.",
            verb.operation()
        ),
        Kind::OutOfTime => format!(
            "Run `terraform plan` to see what is left to do; if it happens again, raise `timeouts.{}`.",
            verb.operation()
        ),
        Kind::Unreachable => "Check the network, the proxy (`HTTPS_PROXY`, `NO_PROXY`) and the \
                              certificates that this machine trusts."
            .to_owned(),
        Kind::UnreadableAnswer
        | Kind::AnswerTooLarge
        | Kind::UnexpectedRedirect
        | Kind::RefusedLink => "A proxy or captive portal may stand between this machine and \
                                Microsoft Graph; check `graph_endpoint` and the network."
            .to_owned(),
        // The former two are told as a whole, in `creation`, the latter by whoever knows what they mean.
        Kind::AmbiguousCreate(_)
        | Kind::TwinExists { .. }
        | Kind::NotFound
        | Kind::UnusableAddress => String::new(),
        Kind::Stopped if error.may_have_been_done() => {
            "Terraform was interrupted before it was sent again, and whether it was done the first time is not \
             known. Run `terraform plan` to see what is left to do."
                .to_owned()
        }
        Kind::Stopped if error.attempts() > 0 => {
            "Terraform was interrupted before Microsoft Graph was asked again. Run it again.".to_owned()
        }
        Kind::Stopped => "Terraform was interrupted before this was sent. Run it again.".to_owned(),
        Kind::SignIn(failure) => sign_in::failed(failure),
    }
}

/// How a permission is given that is lacking.
pub(crate) fn grant(permission: &str) -> String {
    format!(
        "Grant the application that signs in the Microsoft Graph permission {permission} (type Application; \
         for a person, type Delegated and a role in Intune) and give admin consent; it can take some \
         minutes to take effect. An Intune licence in the tenant is needed too."
    )
}

impl Verb {
    /// The permission that it needs.
    const fn permission(self) -> &'static str {
        match self {
            Self::Read | Self::Import | Self::LookUp | Self::Open | Self::List => permission::READ,
            Self::Create | Self::Update | Self::Delete | Self::Invoke => permission::WRITE,
        }
    }

    /// Whether no plan shows afterwards what became of it.
    const fn leaves_nothing(self) -> bool {
        matches!(self, Self::LookUp | Self::Open | Self::Invoke)
    }

    const fn operation(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read | Self::Import | Self::LookUp | Self::List => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Open => "open",
            Self::Invoke => "invoke",
        }
    }
}

/// What Microsoft's support asks for.
fn ids(error: &Error) -> String {
    let known: Vec<_> = [
        ("status", error.status().map(|status| status.to_string())),
        ("code", error.code().map(str::to_owned)),
        ("request-id", error.request_id().map(str::to_owned)),
        ("client-request-id", error.client_request_id().map(str::to_owned)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
    .collect();
    if known.is_empty() { String::new() } else { format!("\n\n{}", known.join(", ")) }
}

/// The text as one or more sentences: a capital first letter and a final stop.
fn sentence(text: &str) -> String {
    let text = capitalized(text.trim());
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}
