//! Finds enrollment profiles, by id, by name, or all of a token; changes none.

use super::{Asking, Found, TOKEN_ID, candidates, text_of};
use crate::data_sources::enrollment_profiles::type_of;
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, ID, Json};
use crate::graph::{Error, Object};
use crate::provider::address;
use crate::provider::looks::SECOND_LOOK;

/// The attribute that holds the name of every kind of profile.
const NAME: &str = "display_name";

impl Asking<'_> {
    /// The one profile of an entity's type that configuration means.
    pub(super) async fn profile(&self, entity: &Entity) -> Result<Found, Diagnostic> {
        match (self.text(ID), self.text(NAME)) {
            (Some(id), _) => {
                let token = self.text(TOKEN_ID).unwrap_or_else(|| address::token_of(id));
                let profile =
                    self.read(token, id).await.map_err(|error| self.failed(ID, &error))?;
                match is_of(entity, &profile) {
                    true => self.one(&profile, token),
                    false => Err(self.of_another_type(entity, &profile)),
                }
            }
            (None, name) => {
                let token = self.text(TOKEN_ID).unwrap_or_default();
                let profile = self.named(entity, token, name.unwrap_or_default()).await?;
                self.one(&profile, token)
            }
        }
    }

    /// All profiles of a token that pass the filters, whatever their types.
    pub(super) async fn profiles(&self) -> Result<Found, Diagnostic> {
        let token = self.text(TOKEN_ID).unwrap_or_default();
        let profiles = self.of_token(token).await?;
        let passes = |profile: &&Object| {
            let name = text_of(profile, "displayName").unwrap_or_default();
            self.text("type").is_none_or(|wanted| wanted == type_of(profile))
                && self.text(NAME).is_none_or(|wanted| wanted == name)
                && self.text("display_name_contains").is_none_or(|part| name.contains(part))
        };
        self.many(profiles.iter().filter(passes), token)
    }

    async fn of_token(&self, token: &str) -> Result<Vec<Object>, Diagnostic> {
        let listed = self.list(&address::profiles(token)).await;
        listed.map_err(|error| self.failed(TOKEN_ID, &error))
    }

    /// A profile that was made a moment ago may not be known everywhere yet.
    async fn read(&self, token: &str, id: &str) -> Result<Object, Error> {
        let profiles = address::profiles(token);
        match self.client.read(&profiles, id, self.deadline).await {
            Err(error) if error.is_not_found() && self.client.pause(SECOND_LOOK).await => {
                self.client.get(&profiles.segment(id), self.deadline).await
            }
            answer => answer,
        }
    }

    async fn named(&self, entity: &Entity, token: &str, name: &str) -> Result<Json, Diagnostic> {
        let profiles = self.of_token(token).await?;
        let (own, others): (Vec<_>, Vec<_>) =
            profiles.into_iter().partition(|profile| is_of(entity, profile));
        let is_named = |profile: &&Json| text_of(profile, "displayName").as_deref() == Some(name);
        let fitting: Vec<_> = own.iter().filter(is_named).collect();
        let problem = |summary: String, detail| self.undecided(NAME, &summary, detail);
        match fitting.as_slice() {
            [only] => Ok((*only).clone()),
            [] => {
                let there = candidates(own.iter().map(described), "none of this type");
                let other = others
                    .iter()
                    .find(|profile| is_named(profile))
                    .map(|profile| format!(" One of type `{}` has this name.", type_of(profile)));
                Err(problem(
                    format!("No {} of this name", entity.noun),
                    format!(
                        "The enrollment program token `{token}` has no {} named \"{name}\". There is \
                         {there}.{} Names are compared letter by letter; check the spelling and the token.",
                        entity.noun,
                        other.unwrap_or_default()
                    ),
                ))
            }
            several => Err(problem(
                format!("More than one {} of this name", entity.noun),
                format!(
                    "The enrollment program token `{token}` has more than one {} named \"{name}\": {}. \
                     Names need not be unique; say which one by `id`.",
                    entity.noun,
                    candidates(several.iter().map(|profile| described(profile)), "")
                ),
            )),
        }
    }

    fn of_another_type(&self, entity: &Entity, profile: &Json) -> Diagnostic {
        self.undecided(
            ID,
            "Profile of another type",
            format!(
                "The profile {} is of Graph's type `{}`, and `{}` reads `{}`. Use the data source of its \
                 own type, or `intune_dep_enrollment_profiles`, which tells profiles of every type.",
                described(profile),
                type_of(profile),
                entity.type_name,
                entity.graph_type.trim_start_matches("#microsoft.graph."),
            ),
        )
    }
}

fn is_of(entity: &Entity, profile: &Json) -> bool {
    type_of(profile) == entity.graph_type.trim_start_matches("#microsoft.graph.")
}

/// A profile for a person to recognize.
fn described(profile: &Json) -> String {
    let text = |property| text_of(profile, property).unwrap_or_default();
    format!("\"{}\" (`{}`)", text("displayName"), text("id"))
}
