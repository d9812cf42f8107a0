//! Everything the service knows, and the way of one request through it up to a whole answer; must not know sockets.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::access::{Access, Caller, Credential};
use super::batch;
use super::fault::{Effect, Faults, Gates, Origin};
use super::graph::{self, Rules, Service};
use super::identity::{Platform, claims_challenge};
use super::message::{Answer, Request};
use super::metadata::Metadata;
use super::problem::{self, Problem, RequestIds};
use super::recording::Recording;
use super::store::{Profile, Store};

/// The state shared by all connections. Each part has its own lock, held for one step and never across a wait.
pub(crate) struct World {
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
    /// The tenant that what is made without a caller belongs to.
    pub(crate) tenant_id: String,
    pub(crate) gates: Gates,
    pub(crate) metadata: Metadata,
    pub(crate) started: Instant,
    pub(crate) body_limit: usize,
    rules: Rules,
    platform: Platform,
    access: Mutex<Access>,
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    recording: Mutex<Recording>,
}

impl World {
    pub(crate) fn new(
        origin: String,
        metadata: Metadata,
        clients: Vec<Credential>,
        platform: Platform,
        token_lifetime: Duration,
        body_limit: usize,
        rules: Rules,
    ) -> Self {
        Self {
            tenant_id: clients.first().map(|c| c.tenant_id.clone()).unwrap_or_default(),
            gates: Gates::new(),
            metadata,
            started: Instant::now(),
            body_limit,
            rules,
            platform,
            access: Mutex::new(Access::new(clients, token_lifetime, &origin)),
            store: Mutex::new(Store::new()),
            faults: Mutex::default(),
            recording: Mutex::default(),
            origin,
        }
    }

    /// From now on, clients may prefer so many elements on a page.
    pub(crate) fn let_prefer(&self, largest_page: usize) {
        self.rules.largest_page.store(largest_page, Ordering::Relaxed);
    }

    pub(crate) fn access(&self) -> MutexGuard<'_, Access> {
        lock(&self.access)
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn recording(&self) -> MutexGuard<'_, Recording> {
        lock(&self.recording)
    }

    /// Whether the request shows an access token that is good now.
    pub(crate) fn is_authorized(&self, request: &Request) -> bool {
        self.access().caller(request.header("authorization")).is_some()
    }

    /// Does what is asked and answers, with whatever of the effect can be done without a connection.
    pub(crate) fn perform(&self, request: &Request, effect: Option<&Effect>) -> Answer {
        match effect {
            Some(Effect::Status { code, headers, body }) => {
                return self.scripted(request, *code, headers, body);
            }
            Some(Effect::CommitThenStatus { code, headers, body }) => {
                self.commit(request);
                return self.scripted(request, *code, headers, body);
            }
            Some(Effect::Both { stored, answered }) => {
                let answer = self.perform(request, Some(stored));
                return match answered.answered() {
                    Effect::CommitThenStatus { code, headers, body } => {
                        self.scripted(request, *code, headers, body)
                    }
                    answered => reshape(answered, answer),
                };
            }
            _ => {}
        }
        let before = self.addressed_profile(request);
        if matches!(effect, Some(Effect::CommitTwice)) {
            self.commit(request);
        }
        let answer = self.commit(request);
        if let Some(effect) = effect
            && (200..300).contains(&answer.status)
        {
            self.fall_behind(effect, before, &answer);
            return reshape(effect, answer);
        }
        answer
    }

    /// Does what is asked, on the paths outside Graph too.
    fn commit(&self, request: &Request) -> Answer {
        if let [tenant, "oauth2", "v2.0", "token"] =
            request.segments().iter().map(String::as_str).collect::<Vec<_>>()[..]
            && request.method == "POST"
        {
            return self.access().token(tenant, request);
        }
        if let Some(answer) = self.platform.answer(&mut self.access(), request) {
            return answer;
        }
        let ids = RequestIds::of(request.header("client-request-id"));
        let answer = self.graph(request).unwrap_or_else(|problem| {
            let answer = refuse(&problem, request, &ids);
            match self.access().demanded_of(request.header("authorization")) {
                Some(demanded) => answer.with("www-authenticate", claims_challenge(demanded)),
                None => answer,
            }
        });
        with_ids(answer, &ids)
    }

    fn graph(&self, request: &Request) -> Result<Answer, Problem> {
        let caller: Caller = self
            .access()
            .caller(request.header("authorization"))
            .ok_or(Problem::Unauthenticated)?;
        if request.segments() == ["beta", "$batch"] {
            return batch::answer(self, request);
        }
        let service =
            Service { metadata: &self.metadata, origin: &self.origin, rules: &self.rules };
        graph::answer(&service, &mut self.store(), &caller, request)
    }

    /// Answers one request of a batch, which faults can be for as well.
    pub(crate) fn perform_in_batch(&self, request: &Request) -> Answer {
        let effect = self.faults().pick(&request.method, &request.target(), Origin::Batch);
        self.perform(request, effect.as_ref())
    }

    fn scripted(
        &self,
        request: &Request,
        code: u16,
        headers: &[(String, String)],
        body: &Value,
    ) -> Answer {
        let ids = RequestIds::of(request.header("client-request-id"));
        let answer = match body {
            Value::Null => Answer::json(code, &problem::body_for_status(code, &ids)),
            body => Answer::json(code, body),
        };
        let answer = with_ids(answer, &ids);
        headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// The profile the request's path ends in, as it is now.
    fn addressed_profile(&self, request: &Request) -> Option<Profile> {
        let segments = request.segments();
        let store = self.store();
        store.find(segments.last()?).map(|(_, profile)| profile.clone())
    }

    fn fall_behind(&self, effect: &Effect, before: Option<Profile>, answer: &Answer) {
        let mut store = self.store();
        let created = || answer.document()?.get("id")?.as_str().map(str::to_owned);
        match (effect, before) {
            (Effect::NotFoundAfterCreate { reads }, _) => {
                if let Some(profile) = created().and_then(|id| store.find_mut(&id)) {
                    profile.lag.unreadable = *reads;
                }
            }
            (Effect::UnlistedAfterCreate { lists }, _) => {
                if let Some(profile) = created().and_then(|id| store.find_mut(&id)) {
                    profile.lag.unlisted = *lists;
                }
            }
            (Effect::UnlistedFor { seconds }, _) => {
                if let Some(profile) = created().and_then(|id| store.find_mut(&id)) {
                    let until = Instant::now() + Duration::from_secs(*seconds);
                    profile.lag.unlisted_until = Some(until);
                }
            }
            (Effect::ForeignTwin { changes }, _) => {
                if let Some(id) = created() {
                    self.twin(&mut store, &id, changes);
                }
            }
            (Effect::StaleReads { reads }, Some(before)) if *reads > 0 => {
                if let Some(profile) = store.find_mut(&before.id) {
                    profile.lag.stale = Some((before.properties, *reads));
                }
            }
            (Effect::LingerAfterDelete { reads }, Some(mut before)) if *reads > 0 => {
                before.lag.lingering = Some(*reads);
                store.put_back(before);
            }
            _ => {}
        }
    }

    /// Makes the same again, as somebody else would, with these changes.
    fn twin(&self, store: &mut Store, id: &str, changes: &Value) {
        let Some((token, profile)) = store.find(id) else { return };
        let (token, type_name) = (token.id.clone(), profile.type_name.clone());
        let mut properties = profile.properties.clone();
        properties.extend(changes.as_object().cloned().unwrap_or_default());
        let twin = store.insert(&self.metadata, &token, &type_name, properties);
        if let Some(twin) = twin.and_then(|id| store.find_mut(&id)) {
            twin.is_foreign = true;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere is that test's failure and must not become this one's.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse(problem: &Problem, request: &Request, ids: &RequestIds) -> Answer {
    let answer = Answer::json(problem.status(), &problem.body(&request.path, ids));
    match problem {
        Problem::Unauthenticated => answer.with("www-authenticate", "Bearer realm=\"\""),
        _ => answer,
    }
}

/// The headers Graph puts on every answer for its support.
pub(crate) fn with_ids(answer: Answer, ids: &RequestIds) -> Answer {
    let diagnostic = json!({ "ServerInfo": {
        "DataCenter": "Loopback",
        "Slice": "E",
        "Ring": "0",
        "ScaleUnit": "000",
        "RoleInstance": "EMULATOR",
    }});
    answer
        .with("request-id", &ids.request)
        .with("client-request-id", &ids.client)
        .with("x-ms-ags-diagnostic", diagnostic.to_string())
}

/// Changes the answer's document as the effect says.
fn reshape(effect: &Effect, mut answer: Answer) -> Answer {
    let (name, value) = match effect {
        Effect::OmitProperty { name } => (name, None),
        Effect::SetProperty { name, value } => (name, Some(value)),
        _ => return answer,
    };
    let Some(mut document) = answer.document() else { return answer };
    let change = |object: &mut Map<String, Value>| match value {
        Some(value) => {
            object.insert(name.clone(), value.clone());
        }
        None => {
            object.remove(name);
        }
    };
    match document.get_mut("value").and_then(Value::as_array_mut) {
        Some(elements) => elements.iter_mut().filter_map(Value::as_object_mut).for_each(change),
        None => document.as_object_mut().into_iter().for_each(change),
    }
    answer.body = document.to_string().into();
    answer
}
