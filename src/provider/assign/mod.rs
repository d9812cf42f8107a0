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
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value as Json;
use tokio::time::Instant;
use uuid::Uuid;

pub(super) use devices::Devices;
use devices::{OfToken, View};

use super::apply::act_once_found;
use super::explain::Verb;
use super::explain::assignment::{self as explain, Partly};
use super::looks::SECOND_LOOK;
use super::{Known, Outcome, Private, Provider, address};
use crate::diagnostics::Diagnostic;
use crate::entity::{Operation, Timeouts, id_key};
use crate::graph::{Address, Client, Error, Object, in_time};
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
        let deadline = Instant::now() + Timeouts::of(&planned, Operation::Create);
        let private = Private::default().told_apart();
        let work = Work::new(self, &client, &planned, &private, deadline);
        let (state, diagnostics) = work.change(&Value::Null, &planned, Verb::Create).await;
        let private = private.seen_in(&client);
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
        let private = private.told_apart();
        let work = Work::new(self, &client, &planned, &private, deadline);
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
        let work = Work::new(self, &client, &prior, &private, deadline);
        match work.empty(fallback, &prior).await {
            // By now it is known which tenant this is.
            Ok(None) => match private.same_tenant(&client, || explain::label(&prior)) {
                Ok(()) => nothing(),
                Err(why) => Outcome::unchanged(prior, private, why),
            },
            Ok(Some(taken)) => match &taken.given.failure {
                None => nothing(),
                Some(error) => {
                    let state = only(&prior, &prior, &taken.left(&prior));
                    let why = taken.given.partly(Verb::Delete, &prior, &state, error).not_moved();
                    Outcome::unchanged(state, private, why)
                }
            },
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

impl Private {
    /// The same, with a name for the assignment that no other one has.
    fn told_apart(self) -> Self {
        let name = || Uuid::new_v4().simple().to_string();
        Self { assignment: self.assignment.or_else(|| Some(name())), ..self }
    }
}

/// One change of the devices of a token.
struct Work<'a> {
    client: &'a Client,
    devices: Arc<OfToken>,
    token: &'a str,
    /// What tells the assignment from every other one.
    owner: Option<&'a str>,
    started: Instant,
    deadline: Instant,
}

/// What is there after devices were taken away.
struct Cleared {
    state: Value,
    told: Vec<Diagnostic>,
    /// Whether all were taken that had to be.
    is_whole: bool,
}

/// What became of an attempt to give devices a profile.
struct Given {
    /// The keys of those that have it.
    done: BTreeSet<String>,
    /// How many were to get it.
    asked: usize,
    /// The serial numbers of those that may have it, and that nobody could look at.
    unseen: Vec<String>,
    /// Why the others may not have it.
    failure: Option<Error>,
}

/// What became of an attempt to take a profile from devices.
struct Taken {
    /// With the profile that takes its place.
    given: Given,
    /// The keys of those from which there was nothing to take: they have another profile, or have it from
    /// another assignment.
    gone: BTreeSet<String>,
}

impl Taken {
    /// The keys of the devices of a state that are in it still.
    fn left(&self, prior: &Value) -> BTreeSet<String> {
        let is_left = |key: &String| !self.given.done.contains(key) && !self.gone.contains(key);
        keys(prior).into_iter().filter(is_left).collect()
    }
}

impl Given {
    /// So many are to be given a profile, and none was.
    const fn asked(asked: usize) -> Self {
        Self { done: BTreeSet::new(), asked, unseen: Vec::new(), failure: None }
    }

    /// Nobody was given anything, for this reason.
    fn none(asked: usize, why: Error) -> Self {
        Self { failure: Some(why), ..Self::asked(asked) }
    }

    /// What there is to tell of it, when this is what is recorded.
    fn partly<'a>(
        &'a self,
        verb: Verb,
        object: &'a Value,
        state: &'a Value,
        error: &'a Error,
    ) -> Partly<'a> {
        let progress = (self.done.len(), self.asked);
        Partly { verb, object, state, progress, unseen: &self.unseen, error }
    }
}

impl<'a> Work<'a> {
    fn new(
        provider: &Provider,
        client: &'a Client,
        object: &'a Value,
        private: &'a Private,
        deadline: Instant,
    ) -> Self {
        let token = object.field(TOKEN_ID).as_text().unwrap_or_default();
        let devices = provider.devices.of(token);
        let owner = private.assignment.as_deref();
        Self { client, devices, token, owner, started: Instant::now(), deadline }
    }

    /// Makes `prior` into `planned`; answers what is there afterwards, and what to tell.
    ///
    /// A state names one profile. Devices that are to fall back are taken from the former one while the
    /// state still names it: what fails then stays in the state, and the next plan shows it.
    async fn change(&self, prior: &Value, planned: &Value, verb: Verb) -> (Value, Vec<Diagnostic>) {
        let held = held(prior, planned);
        let added: Vec<String> = keys(planned).difference(&held).cloned().collect();
        let added = match self.spelled(&added, planned, verb).await {
            Ok(added) => added,
            Err(why) => return (prior.clone(), vec![why]),
        };
        let mut cleared = self.clear(prior, planned, verb).await;
        if !cleared.is_whole {
            return (cleared.state, cleared.told);
        }
        let (state, why) = self.fill(&cleared.state, planned, added, verb).await;
        cleared.told.extend(why);
        (state, cleared.told)
    }

    /// Takes away the devices that are not wanted any more, where there is a profile for them.
    async fn clear(&self, prior: &Value, planned: &Value, verb: Verb) -> Cleared {
        let unchanged =
            |is_whole, told| Cleared { state: prior.clone(), told: Vec::from_iter(told), is_whole };
        let Some(fallback) = planned.field(FALLBACK_ID).as_text() else {
            return unchanged(true, None);
        };
        let taken = match self.take_away(fallback, prior, planned).await {
            Ok(taken) => taken,
            Err(error) => {
                return unchanged(false, Some(explain::not_listed(verb, planned, &error)));
            }
        };
        let listed = keys(prior);
        let strangers: Vec<_> = taken.given.done.difference(&listed).map(String::as_str).collect();
        let mut told = Vec::new();
        if !strangers.is_empty() {
            told.push(explain::others_moved(planned, &strangers));
        }
        let Some(error) = &taken.given.failure else {
            let left = listed.intersection(&keys(planned)).cloned().collect();
            return Cleared { state: only(prior, prior, &left), told, is_whole: true };
        };
        let state = only(prior, prior, &taken.left(prior));
        told.push(taken.given.partly(verb, planned, &state, error).not_moved());
        Cleared { state, told, is_whole: false }
    }

    /// Gives the profile to devices that do not have it.
    async fn fill(
        &self,
        prior: &Value,
        planned: &Value,
        added: Vec<String>,
        verb: Verb,
    ) -> (Value, Option<Diagnostic>) {
        if added.is_empty() {
            return (planned.clone(), None);
        }
        let profile = planned.field(PROFILE_ID).as_text().unwrap_or_default();
        let given = match self.turn(self.devices.moving.read(), profile).await {
            Ok(_giving) => self.give(profile, added, self.owner).await,
            Err(error) => Given::none(added.len(), error),
        };
        let Some(error) = &given.failure else { return (planned.clone(), None) };
        if given.done.is_empty() {
            let why = given.partly(verb, planned, prior, error).not_given(prior, &[]);
            return (prior.clone(), Some(why));
        }
        let mut held = held(prior, planned);
        held.extend(given.done.iter().cloned());
        let wanted = keys(planned);
        let unnamed: Vec<&str> = serial_numbers(prior)
            .filter(|one| wanted.contains(&key(one)) && !held.contains(&key(one)))
            .collect();
        let state = only(planned, prior, &held);
        let why = given.partly(verb, planned, &state, error).not_given(prior, &unnamed);
        (state, Some(why))
    }

    /// Takes away all devices; nothing when the token is gone, as without it there is no device either.
    async fn empty(&self, fallback: &str, prior: &Value) -> Result<Option<Taken>, Error> {
        let taken = self.take_away(fallback, prior, &Value::Null).await;
        let failure = match &taken {
            Ok(taken) => taken.given.failure.as_ref(),
            Err(error) => Some(error),
        };
        // What is not found is the token, a profile, or neither: the answer does not say which.
        let is_missing = failure.is_some_and(Error::is_not_found);
        if is_missing && self.token_is_gone().await {
            return Ok(None);
        }
        if is_missing && taken.is_err() {
            return self.take_away(fallback, prior, &Value::Null).await.map(Some);
        }
        taken.map(Some)
    }

    /// Whether Graph says twice that there is no such token. A single 404 may come from a replica that lags
    /// behind.
    async fn token_is_gone(&self) -> bool {
        let token = address::token(self.token);
        let look = || self.client.get(&token, self.deadline);
        let is_missing = |look: Result<Object, Error>| look.is_err_and(|why| why.is_not_found());
        is_missing(look().await) && self.client.pause(SECOND_LOOK).await && is_missing(look().await)
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
        let failed = |error: Error| explain::not_listed(verb, planned, &error);
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
    /// profile, and have it from this assignment: another one may have them by now, under the same profile
    /// too, as after a replacement that is made before the old one is destroyed.
    async fn take_away(
        &self,
        fallback: &str,
        prior: &Value,
        planned: &Value,
    ) -> Result<Taken, Error> {
        let wanted = keys(planned);
        let leaving: BTreeSet<String> = keys(prior).difference(&wanted).cloned().collect();
        let authoritative = planned.field(AUTHORITATIVE).as_bool() == Some(true);
        if leaving.is_empty() && !authoritative {
            return Ok(Taken { given: Given::asked(0), gone: leaving });
        }
        let _taking = self.turn(self.devices.moving.write(), fallback).await?;
        let view = self.look(None).await?;
        let before = prior.field(PROFILE_ID).as_text().unwrap_or_default();
        let ours = self.devices.without_those_of_others(leaving.clone(), before, self.owner);
        let mut away: BTreeSet<String> = view.having(before, ours).into_iter().collect();
        let gone = leaving.difference(&away).cloned().collect();
        if authoritative {
            let profile = planned.field(PROFILE_ID).as_text().unwrap_or_default();
            let others = view.all_having(profile).into_iter().map(key);
            away.extend(others.filter(|key| !wanted.contains(key)));
        }
        let spelled = away.iter().filter_map(|key| view.serial_number(key)).map(str::to_owned);
        let given = self.give(fallback, spelled.collect(), None).await;
        Ok(Taken { given, gone })
    }

    /// Waits until others under this token leave devices alone, so that this may give them that profile.
    async fn turn<T>(&self, lock: impl Future<Output = T>, profile: &str) -> Result<T, Error> {
        let stop = self.client.stop_watch();
        let turn = in_time(lock, self.deadline, stop.stopped()).await;
        turn.map_err(|kind| Error::unsent(kind, "POST", self.action(profile).path()))
    }

    /// What gives devices this profile.
    fn action(&self, profile: &str) -> Address {
        address::profile(self.token, profile).segment("updateDeviceProfileAssignment")
    }

    async fn look(&self, not_before: Option<Instant>) -> Result<View, Error> {
        self.devices.look(self.client, self.token, not_before, self.deadline).await
    }

    /// Gives devices a profile, a thousand to a request and the requests side by side. The `owner` is to keep
    /// them under it.
    async fn give(&self, profile: &str, serial_numbers: Vec<String>, owner: Option<&str>) -> Given {
        let action = self.action(profile);
        let (total, done) = (serial_numbers.len(), AtomicUsize::new(0));
        let pieces = serial_numbers.chunks(PIECE).map(|piece| {
            let (action, done) = (&action, &done);
            async move {
                let ids = piece.iter().map(|one| Json::from(one.as_str())).collect();
                let parameters = Object::from_iter([("deviceIds".to_owned(), Json::Array(ids))]);
                act_once_found(self.client, action, Some(&parameters), self.deadline).await?;
                self.devices.note(piece, profile, owner);
                let done = done.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
                tracing::info!(profile, done, total, "gave {done} of {total} devices a profile");
                Ok::<(), Error>(())
            }
        });
        let answers = join_all(pieces).await;
        let mut given = Given::asked(total);
        let mut open = Vec::new();
        for (piece, answer) in serial_numbers.chunks(PIECE).zip(answers) {
            match answer {
                Ok(()) => given.done.extend(piece.iter().map(|one| key(one))),
                Err(error) => {
                    if error.may_have_been_done() {
                        open.extend(piece.iter().cloned());
                    }
                    given.failure.get_or_insert(error);
                }
            }
        }
        if !open.is_empty() {
            match self.done_after_all(profile, &open, owner).await {
                Some(found) => given.done.extend(found),
                None => given.unseen = open,
            }
        }
        if given.done.len() == total {
            given.failure = None;
        }
        given
    }

    /// The keys of those of these devices that have the profile although no answer said so; none when nobody
    /// can look. This is looked at after a stop too.
    async fn done_after_all(
        &self,
        profile: &str,
        serial_numbers: &[String],
        owner: Option<&str>,
    ) -> Option<Vec<String>> {
        let keys: Vec<String> = serial_numbers.iter().map(|one| key(one)).collect();
        // What was given before would outvote the look.
        self.devices.forget(&keys);
        let now = Instant::now();
        let client = self.client.operating();
        let look = self.devices.look(&client, self.token, Some(now), now + LAST_LOOK);
        let found = look.await.ok()?.having(profile, keys);
        self.devices.note(&found, profile, owner);
        Some(found)
    }
}

/// How long the look may take that is not part of the operation's time.
const LAST_LOOK: Duration = Duration::from_secs(60);

/// The keys of the devices of a state that have the planned profile, as far as it says.
fn held(state: &Value, planned: &Value) -> BTreeSet<String> {
    let profile = |object: &Value| object.field(PROFILE_ID).as_text().map(id_key);
    if profile(state) == profile(planned) { keys(state) } else { BTreeSet::new() }
}

/// The planned state with these devices only, as they are written there or else in the prior state; nothing of
/// nothing.
fn only(planned: &Value, prior: &Value, held: &BTreeSet<String>) -> Value {
    let Some(mut fields) = planned.as_fields().cloned() else { return planned.clone() };
    let mut left = held.clone();
    let written: Vec<Value> = serial_numbers(planned)
        .chain(serial_numbers(prior))
        .filter(|one| left.remove(&key(one)))
        .map(Value::text)
        .collect();
    fields.insert(SERIAL_NUMBERS.to_owned(), Value::set(written));
    Value::Object(fields)
}
