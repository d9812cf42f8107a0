//! Finds enrollment program tokens; never takes Apple Configurator's for one of Apple's.

use futures_util::future::BoxFuture;

use super::{Asking, Found, candidates, text_of};
use crate::data_sources::dep_onboarding_setting::{CONFIGURATOR, NAVIGATIONS, is_apples};
use crate::diagnostics::Diagnostic;
use crate::entity::{Entity, ID, Json};
use crate::graph::{Address, Error, Kind, Object};
use crate::provider::address;

/// The attributes by which a token is chosen from the listing, with their properties.
const CHOSEN_BY: [(&str, &str); 3] = [
    ("token_name", "tokenName"),
    ("apple_identifier", "appleIdentifier"),
    ("token_type", "tokenType"),
];

impl Asking<'_> {
    /// The one token that configuration means.
    pub(super) async fn token(&self) -> Result<Found, Diagnostic> {
        if self.text("token_type") == Some(CONFIGURATOR) {
            return self.configurators().await;
        }
        let id = match self.text(ID) {
            Some(id) => id.to_owned(),
            None => self.chosen().await?,
        };
        let get = |address| self.get(address);
        let asked = with_defaults(address::token(&id), get).await;
        let (token, doubt) = asked.map_err(|error| self.failed(ID, &error))?;
        let mut found = self.one(&token, "")?;
        found.diagnostics.extend(doubt);
        found.diagnostics.extend(self.provider.expiry_warning(&token));
        Ok(found)
    }

    /// All tokens that pass the filters.
    pub(super) async fn tokens(&self) -> Result<Found, Diagnostic> {
        let list = |address| -> Answering<'_, Vec<Object>> {
            Box::pin(async move { self.list(&address).await })
        };
        let asked = with_defaults(address::tokens(), list).await;
        let (tokens, doubt) = asked.map_err(|error| self.failed("", &error))?;
        let kept: Vec<_> = tokens.iter().filter(|token| self.is_chosen(token)).collect();
        let mut found = self.many(kept.iter().copied(), "")?;
        found.diagnostics.extend(doubt);
        let warnings = kept.iter().filter_map(|token| self.provider.expiry_warning(token));
        found.diagnostics.extend(warnings);
        Ok(found)
    }

    /// Apple Configurator's, which listings leave out: its id is that of the tenant's Intune account.
    async fn configurators(&self) -> Result<Found, Diagnostic> {
        let ask = |error: Error| self.failed("token_type", &error);
        let account = self.client.get(&address::account(), self.deadline).await.map_err(ask)?;
        let Some(id) = text_of(&account, address::ACCOUNT_ID) else {
            return Err(self.undecided(
                "token_type",
                "Apple Configurator's token not found",
                "Microsoft Graph does not tell the id of the tenant's Intune account, which is the id of \
                 this token. The tenant may not be set up for Intune yet."
                    .to_owned(),
            ));
        };
        let get = |address| self.get(address);
        match with_defaults(address::token(&id), get).await {
            Ok((token, _)) => self.one(&token, ""),
            // Profiles can be below it all the same, and its id is what they need.
            Err(error) if error.is_not_found() => {
                let known = [("id", &*id), ("tokenType", CONFIGURATOR)];
                let known = known.map(|(name, text)| (name.to_owned(), text.into()));
                self.one(&Json::from_iter(known), "")
            }
            Err(error) => Err(ask(error)),
        }
    }

    fn get(&self, address: Address) -> Answering<'_, Object> {
        Box::pin(async move { self.client.get(&address, self.deadline).await })
    }

    /// The id of the only token that fits.
    async fn chosen(&self) -> Result<String, Diagnostic> {
        let tokens =
            self.list(&address::tokens()).await.map_err(|error| self.failed("", &error))?;
        let tokens: Vec<_> = tokens.into_iter().filter(is_apples).collect();
        let fitting: Vec<_> = tokens.iter().filter(|token| self.is_chosen(token)).collect();
        match fitting.as_slice() {
            [only] => match Entity::id_of(only) {
                Some(id) => Ok(id.to_owned()),
                None => Err(self.none(&tokens)),
            },
            [] => Err(self.none(&tokens)),
            several => Err(self.several(several)),
        }
    }

    fn is_chosen(&self, token: &Json) -> bool {
        CHOSEN_BY.iter().all(|(attribute, property)| match self.text(attribute) {
            // Apple Accounts are addresses, which nobody spells by case.
            Some(wanted) if *attribute == "apple_identifier" => {
                text_of(token, property).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
            }
            Some(wanted) => text_of(token, property).as_deref() == Some(wanted),
            None => true,
        })
    }

    fn none(&self, tokens: &[Json]) -> Diagnostic {
        let there = match candidates(tokens.iter().map(described), "") {
            none if none.is_empty() => "The tenant has none of Apple's: add one in the Intune admin \
                                        center under Devices, Enrollment, Apple, Enrollment program \
                                        tokens."
                .to_owned(),
            there => format!(
                "There is {there}. Names are compared letter by letter; check the spelling, and that the \
                 provider is signed in to the right tenant."
            ),
        };
        self.undecided(
            self.blamed(),
            "Enrollment program token not found",
            format!("The tenant has no enrollment program token {}. {there}", self.wanted()),
        )
    }

    fn several(&self, tokens: &[&Json]) -> Diagnostic {
        let there = candidates(tokens.iter().map(|token| described(token)), "");
        self.undecided(
            self.blamed(),
            "More than one enrollment program token",
            format!(
                "The tenant has more than one enrollment program token {}: {there}. Say which one by \
                 `id`, `token_name` or `apple_identifier`.",
                self.wanted()
            ),
        )
    }

    /// What was asked for, in words.
    fn wanted(&self) -> String {
        let given = CHOSEN_BY.iter().filter_map(|(attribute, _)| {
            let value = self.text(attribute)?;
            Some(format!("`{attribute} = \"{value}\"`"))
        });
        match given.collect::<Vec<_>>().join(" and ") {
            nothing if nothing.is_empty() => "of Apple's".to_owned(),
            given => format!("with {given}"),
        }
    }

    /// The first attribute that narrows the choice, or the one that would.
    fn blamed(&self) -> &'static str {
        let mut given = CHOSEN_BY.iter().map(|(attribute, _)| *attribute);
        given.find(|attribute| self.text(attribute).is_some()).unwrap_or(ID)
    }
}

type Answering<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// Asks for what leads to the default profiles too. Clouds that lag behind do not know those of the
/// later platforms and refuse the whole request for their sake.
async fn with_defaults<'a, T>(
    address: Address,
    ask: impl Fn(Address) -> Answering<'a, T>,
) -> Result<(T, Option<Diagnostic>), Error> {
    for navigations in [NAVIGATIONS.as_slice(), EARLY_NAVIGATIONS] {
        match ask(address.clone().expand(navigations)).await {
            Err(error) if *error.kind() == Kind::BadRequest => {}
            answer => return answer.map(|answer| (answer, None)),
        }
    }
    ask(address).await.map(|answer| (answer, Some(defaults_not_shown())))
}

const EARLY_NAVIGATIONS: &[&str] = NAVIGATIONS.split_at(2).0;

fn defaults_not_shown() -> Diagnostic {
    Diagnostic::warning(
        "Default profiles not shown",
        "Microsoft Graph refused to tell the default profiles of enrollment program tokens, so that \
         those attributes are null. Everything else was read. Clouds that lag behind do not know them: \
         do without these attributes there, and elsewhere run it again.",
    )
}

/// A token for a person to recognize.
fn described(token: &Object) -> String {
    let text = |property| text_of(token, property).unwrap_or_default();
    format!(
        "\"{}\" (`{}`, {}, {})",
        text("tokenName"),
        text("id"),
        text("tokenType"),
        text("appleIdentifier")
    )
}
