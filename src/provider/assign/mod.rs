//! Create, update and delete of a device assignment: gives profiles to devices, and never says of one that
//! it has a profile when it may not; knows no other resource.
//!
//! Graph takes a list of serial numbers and answers for all of them at once. Long lists go out in pieces,
//! side by side, at the pace that the client keeps. What failed is told, and the state holds what was done.

mod devices;
mod read;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::Value as Json;
use tokio::time::Instant;

pub(super) use devices::Devices;
use devices::{OfToken, View};

use super::apply::{act_once_found, leaves_open};
use super::explain::{Verb, assignment as explain};
use super::{Known, Outcome, Private, Provider, address};
use crate::diagnostics::Diagnostic;
use crate::entity::{Operation, Timeouts, id_key};
use crate::graph::{Client, Error, Object};
use crate::resources::dep_device_assignment::{
    AUTHORITATIVE, FALLBACK_ID, PROFILE_ID, SERIAL_NUMBERS, TOKEN_ID, key, keys, serial_numbers,
};
use crate::value::Value;

/// How many serial numbers go into one request. Graph documents no limit; Apple, to whom they go on, asks
/// for no more than this in one call.
const PIECE: usize = 1000;

/// The devices of a token, with the profile that each is to get, for whoever looks once.
pub(crate) async fn devices_under(
    client: &Client,
    token: &str,
    deadline: Instant,
) -> Result<View, Error> {
    Devices::default().of(token).look(client, token, None, deadline).await
}

impl Provider {
    /// Gives the devices their profile.
    pub(super) async fn assign(&self, planned: Value, known: Known) -> Outcome {
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(Value::Null, Private::default(), why),
        };
        let private = Private::default().seen_in(&client);
        let deadline = Instant::now() + Timeouts::of(&planned, Operation::Create);
        let work = Work::new(self, &client, &planned, deadline);
        let (state, diagnostics) = work.change(&Value::Null, &planned, Verb::Create).await;
        known.record(state.clone(), private.clone());
        Outcome { state, private, diagnostics }
    }

    /// Gives devices that were added their profile, and devices that were removed another one.
    pub(super) async fn reassign(&self, prior: Value, planned: Value, private: Private) -> Outcome {
        let client = match self.client_for(&prior, &private) {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(prior, private, why),
        };
        let deadline = Instant::now() + Timeouts::of(&planned, Operation::Update);
        let work = Work::new(self, &client, &planned, deadline);
        let (state, diagnostics) = work.change(&prior, &planned, Verb::Update).await;
        Outcome { state, private, diagnostics }
    }

    /// Gives the devices another profile where there is one for them; otherwise forgets them, which the
    /// plan has said.
    pub(super) async fn unassign(&self, prior: Value, private: Private) -> Outcome {
        let client = match self.client_for(&prior, &private) {
            Ok(client) => client,
            Err(why) => return Outcome::unchanged(prior, private, why),
        };
        let nothing =
            || Outcome { state: Value::Null, private: Private::default(), diagnostics: Vec::new() };
        let Some(fallback) = prior.field(FALLBACK_ID).as_text() else { return nothing() };
        let deadline = Instant::now() + Timeouts::of(&prior, Operation::Delete);
        let work = Work::new(self, &client, &prior, deadline);
        match work.take_away(fallback, &prior, &Value::Null).await {
            Ok(taken) => match &taken.failure {
                None => nothing(),
                Some(error) => {
                    let why = explain::not_moved(Verb::Delete, &prior, taken.progress(), error);
                    let left: BTreeSet<_> = keys(&prior).difference(&taken.done).cloned().collect();
                    Outcome::unchanged(only(&prior, &prior, &left), private, why)
                }
            },
            // Without the token there is no device either.
            Err(error) if error.is_not_found() => nothing(),
            Err(error) => {
                let why = explain::failure(Verb::Delete, &prior, &error);
                Outcome::unchanged(prior, private, why)
            }
        }
    }

    /// The client, unless it is signed in to another tenant than that of this state.
    fn client_for(&self, state: &Value, private: &Private) -> Result<Client, Diagnostic> {
        let client = self.client()?;
        private.same_tenant(&client, || explain::label(state))?;
        Ok(client)
    }
}

/// One change of the devices of a token.
struct Work<'a> {
    client: &'a Client,
    devices: Arc<OfToken>,
    token: &'a str,
    started: Instant,
    deadline: Instant,
}

/// What became of an attempt to give devices a profile.
struct Given {
    /// The keys of those that have it.
    done: BTreeSet<String>,
    /// How many were to get it.
    asked: usize,
    /// Why the others may not have it.
    failure: Option<Error>,
}

impl Given {
    fn progress(&self) -> (usize, usize) {
        (self.done.len(), self.asked)
    }
}

impl<'a> Work<'a> {
    fn new(provider: &Provider, client: &'a Client, object: &'a Value, deadline: Instant) -> Self {
        let token = object.field(TOKEN_ID).as_text().unwrap_or_default();
        let devices = provider.devices.of(token);
        Self { client, devices, token, started: Instant::now(), deadline }
    }

    /// Makes `prior` into `planned`; answers what is there afterwards, and what to tell.
    async fn change(&self, prior: &Value, planned: &Value, verb: Verb) -> (Value, Vec<Diagnostic>) {
        let profile = planned.field(PROFILE_ID).as_text().unwrap_or_default();
        let wanted = keys(planned);
        let mut held = match is_of_profile(prior, profile) {
            true => keys(prior),
            false => BTreeSet::new(),
        };
        let added: Vec<String> = wanted.difference(&held).cloned().collect();
        let added = match self.spelled(&added, planned, verb).await {
            Ok(added) => added,
            Err(why) => return (prior.clone(), vec![why]),
        };
        let given = {
            let _adding = self.devices.moving.read().await;
            self.give(profile, added).await
        };
        let nothing_done = given.done.is_empty();
        held.extend(given.done.iter().cloned());
        if let Some(error) = &given.failure {
            let why = explain::not_given(verb, planned, given.progress(), error);
            let state = if nothing_done { prior.clone() } else { only(planned, prior, &held) };
            return (state, vec![why]);
        }
        let Some(fallback) = planned.field(FALLBACK_ID).as_text() else {
            return (planned.clone(), Vec::new());
        };
        match self.take_away(fallback, prior, planned).await {
            Ok(taken) if taken.failure.is_none() => {
                let known = keys(prior);
                let unlisted: Vec<_> = taken
                    .done
                    .iter()
                    .filter(|key| !known.contains(*key))
                    .map(String::as_str)
                    .collect();
                let told =
                    (!unlisted.is_empty()).then(|| explain::others_moved(planned, &unlisted));
                (planned.clone(), told.into_iter().collect())
            }
            Ok(taken) => {
                held.retain(|key| !taken.done.contains(key));
                let why = taken
                    .failure
                    .as_ref()
                    .map(|error| explain::not_moved(verb, planned, taken.progress(), error));
                (only(planned, prior, &held), why.into_iter().collect())
            }
            Err(error) => {
                (only(planned, prior, &held), vec![explain::failure(verb, planned, &error)])
            }
        }
    }

    /// The serial numbers as Graph writes them, or why nothing can be sent.
    async fn spelled(
        &self,
        wanted: &[String],
        planned: &Value,
        verb: Verb,
    ) -> Result<Vec<String>, Diagnostic> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |error: Error| explain::failure(verb, planned, &error);
        let mut view = self.look(None).await.map_err(failed)?;
        let unknown = |view: &View| wanted.iter().any(|key| view.serial_number(key).is_none());
        // Devices may have come since somebody else asked.
        if unknown(&view) && view.started < self.started {
            view = self.look(Some(self.started)).await.map_err(failed)?;
        }
        let (known, missing): (Vec<_>, Vec<_>) = wanted
            .iter()
            .map(|key| view.serial_number(key).ok_or(key.as_str()))
            .partition(Result::is_ok);
        let missing: Vec<&str> = missing.into_iter().filter_map(Result::err).collect();
        if missing.is_empty() {
            return Ok(known.into_iter().flatten().map(str::to_owned).collect());
        }
        let token = self.client.get(&address::token(self.token), self.deadline).await;
        Err(explain::unknown_devices(planned, &missing, token.ok().as_ref()))
    }

    /// Gives the fallback to devices that are not wanted any more, but only to those that still have the
    /// profile: another assignment may have them by now.
    async fn take_away(
        &self,
        fallback: &str,
        prior: &Value,
        planned: &Value,
    ) -> Result<Given, Error> {
        let wanted = keys(planned);
        let leaving: Vec<String> = keys(prior).difference(&wanted).cloned().collect();
        let authoritative = planned.field(AUTHORITATIVE).as_bool() == Some(true);
        if leaving.is_empty() && !authoritative {
            return Ok(Given { done: BTreeSet::new(), asked: 0, failure: None });
        }
        let _taking = self.devices.moving.write().await;
        let view = self.look(None).await?;
        let before = prior.field(PROFILE_ID).as_text().unwrap_or_default();
        let mut away: BTreeSet<String> = view.having(before, leaving).into_iter().collect();
        if authoritative {
            let profile = planned.field(PROFILE_ID).as_text().unwrap_or_default();
            let others = view.all_having(profile).into_iter().map(key);
            away.extend(others.filter(|key| !wanted.contains(key)));
        }
        let spelled = away.iter().filter_map(|key| view.serial_number(key)).map(str::to_owned);
        Ok(self.give(fallback, spelled.collect()).await)
    }

    async fn look(&self, not_before: Option<Instant>) -> Result<View, Error> {
        self.devices.look(self.client, self.token, not_before, self.deadline).await
    }

    /// Gives devices a profile, a thousand to a request and the requests side by side.
    async fn give(&self, profile: &str, serial_numbers: Vec<String>) -> Given {
        let action = address::profile(self.token, profile).segment("updateDeviceProfileAssignment");
        let (total, done) = (serial_numbers.len(), AtomicUsize::new(0));
        let pieces = serial_numbers.chunks(PIECE).map(|piece| {
            let (action, done) = (&action, &done);
            async move {
                let ids = piece.iter().map(|one| Json::from(one.as_str())).collect();
                let parameters = Object::from_iter([("deviceIds".to_owned(), Json::Array(ids))]);
                act_once_found(self.client, action, Some(&parameters), self.deadline).await?;
                self.devices.note(piece, profile);
                let done = done.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
                tracing::info!(profile, done, total, "gave {done} of {total} devices a profile");
                Ok::<(), Error>(())
            }
        });
        let answers = join_all(pieces).await;
        let mut given = Given { done: BTreeSet::new(), asked: total, failure: None };
        let mut open = Vec::new();
        for (piece, answer) in serial_numbers.chunks(PIECE).zip(answers) {
            match answer {
                Ok(()) => given.done.extend(piece.iter().map(|one| key(one))),
                Err(error) => {
                    if leaves_open(&error) {
                        open.extend(piece.iter().map(|one| key(one)));
                    }
                    given.failure.get_or_insert(error);
                }
            }
        }
        if !open.is_empty() {
            given.done.extend(self.done_after_all(profile, open).await);
        }
        if given.done.len() == total {
            given.failure = None;
        }
        given
    }

    /// Those of these devices that have the profile although no answer said so.
    async fn done_after_all(&self, profile: &str, keys: Vec<String>) -> Vec<String> {
        let now = Instant::now();
        let look = self.devices.look(self.client, self.token, Some(now), now + LAST_LOOK);
        look.await.map_or_else(|_| Vec::new(), |view| view.having(profile, keys))
    }
}

/// How long the look may take that is not part of the operation's time.
const LAST_LOOK: std::time::Duration = std::time::Duration::from_secs(60);

/// Whether a state is about this profile.
fn is_of_profile(state: &Value, profile: &str) -> bool {
    let of_state = state.field(PROFILE_ID).as_text();
    of_state.is_some_and(|of_state| id_key(of_state) == id_key(profile))
}

/// The planned state with these devices only, as they are written there or else in the prior state.
fn only(planned: &Value, prior: &Value, held: &BTreeSet<String>) -> Value {
    let mut fields = planned.as_fields().cloned().unwrap_or_default();
    let mut left = held.clone();
    let written: Vec<Value> = serial_numbers(planned)
        .chain(serial_numbers(prior))
        .filter(|one| left.remove(&key(one)))
        .map(Value::text)
        .collect();
    fields.insert(SERIAL_NUMBERS.to_owned(), Value::set(written));
    Value::Object(fields)
}
