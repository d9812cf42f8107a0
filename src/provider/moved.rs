//! MoveResourceState: the state of another resource as one of ours; asks nobody, and never gives up an
//! object.

use super::{Outcome, Private, Provider, Resource};
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, Json, Moved};
use crate::resources::SOURCES;

/// Where a state comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'origin> {
    /// The provider's address: `registry.terraform.io/microsoft/msgraph`.
    pub provider: &'origin str,
    /// The resource's name in configuration.
    pub type_name: &'origin str,
}

/// Namespace and type of this provider, as every registry knows it.
const OURSELVES: &str = "intune-rs/intune";

impl Provider {
    /// Takes over a stored state.
    ///
    /// # Errors
    ///
    /// When nothing is known of such a state, or it stands for something else.
    pub fn take_over(
        &self,
        resource: &Resource,
        origin: Origin<'_>,
        stored: &[u8],
    ) -> Result<Outcome, Diagnostic> {
        let refuse = |reason: &str| refused(resource, origin, reason);
        let stored: Json =
            serde_json::from_slice(stored).map_err(|_| refuse("it is not sound JSON"))?;
        let ours = self.resources.get(origin.type_name).filter(|_| origin.is(OURSELVES));
        let entity = resource.entity()?;
        let moved = match ours {
            Some(other) => entity.redeclared(other.entity()?, &stored),
            None => {
                let mut known = SOURCES.iter().filter(|one| one.type_name == origin.type_name);
                let Some(source) = known.find(|one| origin.is(one.provider)) else {
                    return Err(refuse("this version of the provider does not know that resource"));
                };
                entity.moved_from(source, &stored)
            }
        };
        let Moved { state, is_certain } = moved.map_err(|reason| refuse(&reason))?;
        let private = Private { unseen: !is_certain, ..Private::default() };
        Ok(Outcome { state, private, diagnostics: Vec::new() })
    }
}

impl Private {
    /// What is known of an object after a look at it: that it is of the type that a `moved` block said.
    pub(super) fn looked_at(&self, entity: &Entity, answer: &Json) -> Result<Self, Diagnostic> {
        match entity.other_type(answer).filter(|_| self.unseen) {
            None => Ok(Self { unseen: false, ..self.clone() }),
            Some(found) => Err(Diagnostic::error(
                "Moved to the wrong resource type",
                format!(
                    "A `moved` block made a `{}` of an object that is `{found}` in Microsoft Graph, and \
                     the type of an object never changes. Nothing was changed. Move it to the resource of \
                     its own type.",
                    entity.type_name
                ),
            )),
        }
    }

    /// Refuses to write to an object of which nobody knows whether it is what a `moved` block said.
    pub(super) fn was_looked_at(&self, entity: &Entity) -> Result<(), Diagnostic> {
        if !self.unseen {
            return Ok(());
        }
        Err(Diagnostic::error(
            "Moved and not looked at yet",
            format!(
                "This {} was moved here, and whether it is one has not been looked up. Nothing was \
                 changed. Apply once without `-refresh=false`.",
                entity.noun
            ),
        ))
    }
}

impl Origin<'_> {
    /// Whether the state comes from the provider with this namespace and type, whatever the registry.
    fn is(self, provider: &str) -> bool {
        self.provider.split_once('/').is_some_and(|(_, rest)| rest == provider)
    }
}

fn refused(resource: &Resource, origin: Origin<'_>, reason: &str) -> Diagnostic {
    let name = resource.type_name();
    let known: Vec<_> =
        SOURCES.iter().map(|one| format!("`{}` ({})", one.type_name, one.provider)).collect();
    Diagnostic::error(
        "State cannot be moved",
        format!(
            "The state of the `{}` of the provider `{}` cannot become that of a `{name}`: {reason}. \
             Nothing was changed. What can be moved is a profile of another type of this provider, or \
             what one of these stands for: {}. Otherwise let go of the old resource \
             (`removed` with `destroy = false`, or `terraform state rm`) and import the object at its \
             new address.",
            origin.type_name,
            origin.provider,
            known.join(", "),
        ),
    )
}
