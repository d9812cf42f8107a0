//! Read and import of a device assignment: which devices have the profile; moves none.

use tokio::time::Instant;

use crate::diagnostics::Diagnostic;
use crate::entity::{ID, Operation, Timeouts, bare_id, is_guid, whole_id};
use crate::provider::explain::{Verb, assignment as explain};
use crate::provider::{Outcome, Private, Provider, Sought, address};
use crate::resources::dep_device_assignment::{
    self as declared, AUTHORITATIVE, PROFILE_ID, SERIAL_NUMBERS, TOKEN_ID, key, keys,
    serial_numbers,
};
use crate::value::{Fields, Value};

impl Provider {
    /// Refreshes a state: of the devices in it, or of all where no other device may have the profile, those
    /// that have it.
    pub(in crate::provider) async fn read_assignment(
        &self,
        state: Value,
        private: Private,
    ) -> Outcome {
        let client = match self.client_for(&state, &private) {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(state, private, why),
        };
        let deadline = Instant::now() + Timeouts::of(&state, Operation::Read);
        let token = state.field(TOKEN_ID).as_text().unwrap_or_default();
        let profile = state.field(PROFILE_ID).as_text().unwrap_or_default();
        let view = match self.devices.of(token).look(&client, token, None, deadline).await {
            Ok(view) => view,
            Err(error) if error.is_not_found() => {
                let why = explain::token_gone(&state);
                return Outcome::unchanged(state, private, why);
            }
            Err(error) => {
                let why = explain::failure(Verb::Read, &state, &error);
                return Outcome::unchanged(state, private, why);
            }
        };
        let mut having = view.having(profile, keys(&state));
        having.sort_unstable();
        let kept = |one: &&str| having.binary_search(&key(one)).is_ok();
        let mut written: Vec<Value> =
            serial_numbers(&state).filter(kept).map(Value::text).collect();
        if state.field(AUTHORITATIVE).as_bool() == Some(true) {
            let others = view.all_having(profile).into_iter();
            let others = others.filter(|one| having.binary_search(&key(one)).is_err());
            written.extend(others.map(Value::text));
        }
        let mut fields = state.as_fields().cloned().unwrap_or_default();
        fields.insert(SERIAL_NUMBERS.to_owned(), Value::set(written));
        let state = Value::Object(fields);
        Outcome { state, private: private.seen_in(&client), diagnostics: Vec::new() }
    }

    /// All devices that have a profile, by `{token id}/{profile id}` or by their ids.
    ///
    /// # Errors
    ///
    /// When the id has another form, or there is no such profile.
    pub(in crate::provider) async fn import_assignment(
        &self,
        sought: &Sought,
    ) -> Result<Outcome, Diagnostic> {
        let id = match sought {
            Sought::Id(id) => id.clone(),
            Sought::Identity(identity) => {
                let text = |name: &str| identity.field(name).as_text().unwrap_or_default();
                format!("{}/{}", text(TOKEN_ID), text(PROFILE_ID))
            }
        };
        let (token, profile) = parts(&id).ok_or_else(|| explain::malformed_id(&id))?;
        let client = self.client()?;
        let deadline = Instant::now() + Timeouts::of(&Value::Null, Operation::Read);
        let mut fields = Fields::from([
            (ID.to_owned(), declared::id(&Value::text(&token), &Value::text(&profile))),
            (TOKEN_ID.to_owned(), Value::text(&token)),
            (PROFILE_ID.to_owned(), Value::text(&profile)),
            (AUTHORITATIVE.to_owned(), Value::Bool(false)),
        ]);
        for attribute in declared::schema().block.attributes {
            fields.entry(attribute.name).or_insert(Value::Null);
        }
        let sought = Value::Object(fields.clone());
        let failed = |error| explain::failure(Verb::Import, &sought, &error);
        match client.get(&address::profile(&token, &profile), deadline).await {
            Err(error) if error.is_not_found() => return Err(explain::no_profile(&sought)),
            answer => answer.map_err(failed)?,
        };
        let look = self.devices.of(&token).look(&client, &token, None, deadline).await;
        let view = look.map_err(failed)?;
        let having = view.all_having(&profile).into_iter().map(Value::text).collect();
        fields.insert(SERIAL_NUMBERS.to_owned(), Value::set(having));
        let private = Private::default().told_apart().seen_in(&client);
        Ok(Outcome { state: Value::Object(fields), private, diagnostics: Vec::new() })
    }
}

/// The token's and the profile's id. The latter may be without the token's before it, as the portal shows it.
fn parts(id: &str) -> Option<(String, String)> {
    let (token, profile) = id.split_once('/')?;
    let are_ids = is_guid(token) && is_guid(bare_id(profile));
    are_ids.then(|| (token.to_owned(), whole_id(token, profile)))
}
