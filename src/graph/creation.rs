//! A create that is neither lost nor doubled; knows what was sent, but not what it means.
//!
//! Graph chooses the id of what it creates and takes no key by which it would notice a second request
//! for the same thing. When the answer is lost, the only trace of the object is that it was not in its
//! collection before and is afterwards. So the collection is read before the create is sent, and when
//! the outcome is in doubt it is read again, before anything is sent a second time.
//!
//! What this cannot do: tell our object from an identical one that somebody else makes between the two
//! readings, at most two minutes apart; find what is listed later than a minute after it was made; save
//! anything when the process is killed. In the last two cases the next create finds it and stops. It
//! looks for identical objects only, so whoever changes what is to be created in between is told of a
//! namesake at most. Equal creates whose answers are all lost share what appears: where the service also
//! made one of them twice and lists another late, that one is nobody's until somebody looks, as they are
//! told to. A marker in the object would prove more, but cost a second write and be seen; a journal on
//! disk would be lost with the machines that pipelines run on.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::info;

use super::error::Doubt;
use super::exchange::{Call, Exchange};
use super::judge::Expected;
use super::ledger::{Claim, Entry};
use super::listing::{self, Snapshot};
use super::retry::Repetition;
use super::transport::Request;
use super::{Address, Error, Kind, Object, Sent};

/// Something to create, and how to recognise it.
#[derive(Clone, Copy)]
pub struct Creation<'a> {
    /// The collection that it will be in.
    pub collection: &'a Address,
    /// What is sent.
    pub body: Sent<'a>,
    /// How like an object of the collection is to what is sent. Objects are shown as a listing or a
    /// read answers them.
    pub likeness: &'a (dyn Fn(&Object) -> Likeness + Send + Sync),
}

/// How like an object is to what was or will be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Likeness {
    /// In everything that is sent, and nothing else is set.
    Identical,
    /// In its name only.
    Namesake,
    /// In nothing that people would confuse.
    Different,
}

/// An object that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// As the service answered it, with a string `id`.
    pub object: Object,
    /// How it is known to be what was created.
    pub witness: Witness,
    /// The ids of others of the same name that were there before.
    pub namesakes: Vec<String>,
    /// The ids of newcomers of the same name beside it: what may have become of a create that was repeated,
    /// by us or by the service. None where that could not be looked for.
    pub twins: Option<Vec<String>>,
}

/// What tells that an object is the one that was created.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Witness {
    /// The answer to the create.
    Answer,
    /// The place that an answer named which could not be read otherwise.
    Location,
    /// Its look: the answer was lost.
    Look,
}

impl fmt::Debug for Creation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Creation").field("collection", self.collection).finish_non_exhaustive()
    }
}

/// Creates it once, or says what is known.
pub(crate) async fn run(
    exchange: &Exchange,
    creation: &Creation<'_>,
    call: &Call,
) -> Result<Created, Error> {
    // The monotonic clock may be younger than a minute.
    let not_before = call.started.checked_sub(FRESH).unwrap_or(call.started);
    let before = listing::since(exchange, creation.collection, not_before, call).await?;
    let namesakes = preflight(exchange, creation, &before, call).await?;
    let key = format!("{}\n{}", creation.collection, Value::Object(creation.body.open.clone()));
    let entry = exchange.shared.ledger.enter(key);
    let known = Course { exchange, creation, call, before, namesakes, entry };
    known.run().await
}

/// Sends a create, once.
pub(crate) async fn post(
    exchange: &Exchange,
    collection: &Address,
    body: Sent<'_>,
    call: &Call,
) -> Result<Object, Error> {
    let url = exchange.settings.graph.join(collection.path());
    let request = Request::new(Method::POST, &exchange.settings.graph, url, OBJECT)
        .with_body("application/json", body.bytes());
    let sent = exchange.run(&request, Repetition::Creates, Expected::Identified, call).await;
    sent.map(|success| success.object).map_err(|error| body.redacted(error))
}

/// The most bytes of one object.
pub(crate) const OBJECT: usize = 8 * 1024 * 1024;

/// How old the snapshot before a create may be. Creates of one run share it, and whatever somebody else
/// makes in the meantime counts as new.
const FRESH: Duration = Duration::from_secs(60);
/// The pauses before each look for a lost object: a minute in all, which is outside of the deadline, as
/// the object may be there whether or not there is time left. A service that says itself that it failed
/// gets no less: it may have done what was asked, and list that as late as any other.
const LOOKS: [u64; 7] = [1, 2, 4, 8, 15, 15, 15];
/// When the last of them begins.
pub(crate) const ALL_LOOKS: Duration = Duration::from_secs(60);
/// How long one look may take beyond its pause, and the last one after a stop.
const ONE_LOOK: Duration = Duration::from_secs(10);
/// Between the two reads that tell an object from a ghost.
const SECOND_READ: Duration = Duration::from_secs(2);

/// What there is beside an object that nobody had to look for, or that is the only newcomer.
const NO_TWINS: Option<Vec<String>> = Some(Vec::new());

/// Refuses to make a second of what is there already, and answers the ids of namesakes.
///
/// An identical object is what a create leaves behind whose process was killed.
async fn preflight(
    exchange: &Exchange,
    creation: &Creation<'_>,
    before: &Snapshot,
    call: &Call,
) -> Result<Vec<String>, Error> {
    let alike = alike(exchange, creation, before.iter(), call).await?;
    if alike.identical.is_empty() {
        return Ok(alike.namesakes);
    }
    let kind = Kind::TwinExists { ids: alike.identical, identical: true };
    Err(Error::unsent(kind, "POST", creation.collection.path()))
}

/// The ids of objects that are not accounted for, by their likeness.
#[derive(Default)]
struct Alike {
    identical: Vec<String>,
    namesakes: Vec<String>,
}

async fn alike(
    exchange: &Exchange,
    creation: &Creation<'_>,
    objects: impl Iterator<Item = &Object>,
    call: &Call,
) -> Result<Alike, Error> {
    let mut alike = Alike::default();
    for object in objects {
        let likeness = (creation.likeness)(object);
        if likeness == Likeness::Different {
            continue;
        }
        let Some(id) = id_of(object).filter(|id| !exchange.shared.ledger.knows(id)) else {
            continue;
        };
        let is_listed_in_part = likeness == Likeness::Namesake && !creation.is_whole(object);
        let likeness = match is_listed_in_part {
            true => read_likeness(exchange, creation, id, call).await?,
            false => likeness,
        };
        match likeness {
            Likeness::Identical => alike.identical.push(id.to_owned()),
            Likeness::Namesake => alike.namesakes.push(id.to_owned()),
            Likeness::Different => {}
        }
    }
    Ok(alike)
}

/// The likeness of an object whose listing leaves out what is to be compared. One that is listed and not found
/// may yet be: it has the name.
async fn read_likeness(
    exchange: &Exchange,
    creation: &Creation<'_>,
    id: &str,
    call: &Call,
) -> Result<Likeness, Error> {
    match exchange.read(&creation.item(id), call).await {
        Ok(object) => Ok((creation.likeness)(&object)),
        Err(error) if error.is_not_found() => Ok(Likeness::Namesake),
        Err(error) => Err(error),
    }
}

impl Creation<'_> {
    /// Whether an object shows all that is sent.
    fn is_whole(&self, object: &Object) -> bool {
        let mut sent = self.body.open.keys().filter(|name| !name.contains('@'));
        sent.all(|name| object.contains_key(name))
    }

    fn item(&self, id: &str) -> Address {
        self.collection.clone().segment(id)
    }
}

/// One create on its way.
struct Course<'a> {
    exchange: &'a Exchange,
    creation: &'a Creation<'a>,
    call: &'a Call,
    before: Snapshot,
    namesakes: Vec<String>,
    entry: Entry<'a>,
}

/// What a series of looks found.
enum Sight {
    /// The object, as a create has it.
    Found(Created),
    /// Nothing that could be taken; what is known stands in the doubt.
    Nothing(Doubt),
}

impl Course<'_> {
    async fn run(mut self) -> Result<Created, Error> {
        let error = match self.post().await {
            Ok(object) => return Ok(self.created(object, Witness::Answer, NO_TWINS)),
            Err(error) => error,
        };
        let doubt = match self.resolve(&error).await? {
            Sight::Found(created) => return Ok(created),
            Sight::Nothing(doubt) => doubt,
        };
        if !self.may_repeat(&error, &doubt) {
            return Err(error.with_kind(Kind::AmbiguousCreate(doubt)));
        }
        info!(
            path = self.creation.collection.path(),
            "a failed create left no trace; sending again"
        );
        self.entry.send_again();
        let error = match self.post().await {
            Ok(object) => return Ok(self.answered_so_badly(object, Witness::Answer).await),
            // What is in doubt is the first one still.
            Err(unsent) if unsent.attempts() == 0 => {
                return Err(error.with_kind(Kind::AmbiguousCreate(doubt)));
            }
            Err(error) => error,
        };
        match self.resolve(&error).await? {
            Sight::Found(created) => Ok(created),
            Sight::Nothing(doubt) => Err(error.with_kind(Kind::AmbiguousCreate(doubt))),
        }
    }

    async fn post(&self) -> Result<Object, Error> {
        let Creation { collection, body, .. } = self.creation;
        let object = post(self.exchange, collection, *body, self.call).await?;
        // Before anything else happens: from here on nobody else may take it for theirs.
        if let Some(id) = id_of(&object) {
            self.exchange.shared.ledger.note(id);
        }
        Ok(object)
    }

    fn created(&mut self, object: Object, witness: Witness, twins: Option<Vec<String>>) -> Created {
        Created { object, witness, namesakes: std::mem::take(&mut self.namesakes), twins }
    }

    /// The object that the service named in the end. It may have made another before that, or repeated its own
    /// write.
    async fn answered_so_badly(&mut self, object: Object, witness: Witness) -> Created {
        self.entry.settle();
        let twins = self.twins().await;
        self.created(object, witness, twins)
    }

    /// Looks for the object of a create whose outcome is in doubt; every other failure stays one.
    async fn resolve(&mut self, error: &Error) -> Result<Sight, Error> {
        if *error.kind() == Kind::Conflict {
            return Err(self.conflict(error.clone()).await);
        }
        let Kind::AmbiguousCreate(doubt) = error.kind() else { return Err(error.clone()) };
        self.entry.doubt();
        let located = self.located(error);
        if let Some(object) = self.at(located.as_deref()).await {
            return Ok(Sight::Found(self.answered_so_badly(object, Witness::Location).await));
        }
        let mut sight = self.look(doubt.sent, located.as_deref()).await;
        let Some(id) = located else { return Ok(sight) };
        // Whatever else was found, the service named this one.
        let beside = match &mut sight {
            Sight::Found(created) if id_of(&created.object) == Some(&id) => return Ok(sight),
            Sight::Found(created) => created.twins.get_or_insert_default(),
            Sight::Nothing(doubt) => &mut doubt.namesakes,
        };
        self.exchange.shared.ledger.release(&id);
        beside.push(id);
        Ok(sight)
    }

    /// Whatever the create collided with is named, if it can be found.
    async fn conflict(&self, error: Error) -> Error {
        let call = self.one_look();
        let Ok(now) = self.list(Instant::now(), &call).await else { return error };
        let alike = alike(self.exchange, self.creation, now.iter(), &call).await;
        let Ok(alike) = alike else { return error };
        let kind = match (alike.identical.is_empty(), alike.namesakes.is_empty()) {
            (false, _) => Kind::TwinExists { ids: alike.identical, identical: true },
            (true, false) => Kind::TwinExists { ids: alike.namesakes, identical: false },
            (true, true) => return error,
        };
        error.with_kind(kind)
    }

    /// The id that an unreadable answer names in its `Location` header, taken before it is read: meanwhile
    /// an equal create may look, and would take the object for its own.
    fn located(&self, error: &Error) -> Option<String> {
        let below = error.location()?.strip_prefix(self.creation.collection.path())?;
        let id = percent_decode_str(below.strip_prefix('/')?).decode_utf8().ok()?;
        let is_new = !self.before.iter().any(|object| id_of(object) == Some(id.as_ref()));
        let is_ours = is_new && !id.contains('/') && self.exchange.shared.ledger.take(&id);
        is_ours.then(|| id.into_owned())
    }

    /// The object of this id. Its values may be others than were sent: the service itself named it.
    async fn at(&self, located: Option<&str>) -> Option<Object> {
        let id = located?;
        self.read(id).await.ok().filter(|object| id_of(object) == Some(id))
    }

    /// Looks until something is found or the pauses are over. A stop allows one look more.
    async fn look(&mut self, sent: SystemTime, located: Option<&str>) -> Sight {
        let started = Instant::now();
        let mut doubt = Doubt::of(sent);
        for pause in LOOKS {
            let pause = Duration::from_secs(pause);
            let stopped = !self.call.pause(pause).await;
            if let Some(object) = self.at(located).await {
                return Sight::Found(self.answered_so_badly(object, Witness::Location).await);
            }
            let now = Instant::now();
            let call = self.one_look();
            // Those who look at the same time share what they see.
            let not_before = if stopped { now } else { now - pause / 2 };
            if let Ok(Alike { identical, namesakes }) = self.newcomers(not_before, &call).await {
                doubt.looked = Some(started.elapsed());
                doubt.namesakes = namesakes;
                match self.entry.claim(&identical) {
                    Claim::Mine(id) => match self.confirm(&id).await {
                        Some(object) => {
                            return Sight::Found(self.created(object, Witness::Look, NO_TWINS));
                        }
                        None => {
                            self.entry.unclaim(&id);
                            doubt.candidates = vec![id];
                        }
                    },
                    Claim::TooMany(ids) => {
                        doubt.candidates = ids;
                        return Sight::Nothing(doubt);
                    }
                    Claim::NotYet => doubt.candidates = identical,
                    Claim::None => doubt.candidates.clear(),
                }
            }
            if stopped {
                break;
            }
        }
        Sight::Nothing(doubt)
    }

    /// Objects alike that were not there before and that no create here can have made, but this one.
    async fn twins(&self) -> Option<Vec<String>> {
        for pause in LOOKS {
            let call = self.one_look();
            if let Ok(newcomers) = self.newcomers(Instant::now(), &call).await {
                let Alike { identical, mut namesakes } = newcomers;
                let mut twins = self.entry.left_over(&identical);
                twins.append(&mut namesakes);
                return Some(twins);
            }
            // A service that has just failed may fail at this too.
            if !self.call.pause(Duration::from_secs(pause)).await {
                break;
            }
        }
        None
    }

    /// What is there now and was not before.
    async fn newcomers(&self, not_before: Instant, call: &Call) -> Result<Alike, Error> {
        let seen = self.list(not_before, call).await?;
        let before: HashSet<&str> = self.before.iter().filter_map(id_of).collect();
        let is_new = |object: &&Object| id_of(object).is_some_and(|id| !before.contains(id));
        alike(self.exchange, self.creation, seen.iter().filter(is_new), call).await
    }

    /// A listing may show what was never kept: two reads tell, a moment apart.
    async fn confirm(&self, id: &str) -> Option<Object> {
        self.read(id).await.ok()?;
        sleep(SECOND_READ).await;
        let object = self.read(id).await.ok()?;
        ((self.creation.likeness)(&object) == Likeness::Identical).then_some(object)
    }

    async fn read(&self, id: &str) -> Result<Object, Error> {
        self.exchange.read(&self.creation.item(id), &self.one_look()).await
    }

    fn one_look(&self) -> Call {
        self.call.urgent(Instant::now() + ONE_LOOK)
    }

    async fn list(&self, not_before: Instant, call: &Call) -> Result<Snapshot, Error> {
        listing::since(self.exchange, self.creation.collection, not_before, call).await
    }

    /// Whether a second create cannot be the second of two: the service said itself that the first one
    /// failed, the collection was seen at the end of the looks without anything new that may be it, and there
    /// is time for the answer.
    fn may_repeat(&self, error: &Error, doubt: &Doubt) -> bool {
        failed_by_itself(error)
            && doubt.is_looked_into()
            && doubt.candidates.is_empty()
            && doubt.namesakes.is_empty()
            && self.call.may_still_create()
    }
}

/// Whether the service had finished when it answered; a gateway's 504 says only that it did not wait.
fn failed_by_itself(error: &Error) -> bool {
    matches!(error.status(), Some(500 | 502 | 503))
}

fn id_of(object: &Object) -> Option<&str> {
    object.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests;
