//! Reads that cost next to nothing when many are made together; knows neither what an object means nor
//! how a request is retried.
//!
//! # The rule
//!
//! A collection that is read *k* times, and whose listing has *P* pages, could be read with
//! `min(k, P)` requests by somebody who knew both numbers beforehand. Nobody does: other people's objects
//! are in the listing too, and reads come one by one. So a read and a page are bought in turn, as skis are
//! rented until they would have been paid for:
//!
//! 1. The first read of a collection is a GET of its own, sent at once. A lone read is one request.
//! 2. Every later read is answered from the pages that are here already, without a request, if it can be.
//!    Otherwise it waits, and pays for one page. Pages are fetched one after the other, once for
//!    everybody, and only while somebody waits.
//! 3. A page answers all who wait for something on it. When all that was paid for has been fetched, those
//!    who still wait go their own way with a GET each; when nobody waits any more, what is left of their
//!    payments is forgotten. After the last page everybody left asks alone: only an answer to a GET says
//!    that an object is gone.
//! 4. Pages come one after the other, and whoever waits for the last one keeps the caller's other reads waiting
//!    too. So a page after the first takes company: GETs for those who have waited longest, nineteen at most,
//!    travel with it in one `$batch`. A listing takes forty along and no more. What they bring is an answer;
//!    whoever is brought nothing goes on waiting. Where there are no batches, pages travel alone.
//! 5. When four collections were begun with a GET within a burst, reads are spread over many, and each
//!    further collection begins with its first page instead.
//!
//! # Why this is never more than twice the optimum
//!
//! Count the HTTP requests for reads of objects that the listing holds, in one collection and one burst,
//! while nothing fails and nothing is written. A page with its company is one request.
//!
//! *Pages.* Each is paid for by one read, and no read pays twice, so there are at most *k* pages; none is
//! fetched twice, so there are at most *P*. The first read of (1.) pays for none.
//!
//! *GETs.* Each is sent for another read, so there are at most *k*. All but that of (1.) belong to reads that
//! had paid. When they are sent, every payment up to then was either fetched for or forgotten, and
//! what is forgotten was paid by reads that got their answer from a page or with one. So the GETs of (3.)
//! are never more than the pages fetched until then, and the last of all *P* pages is followed by none, for
//! it leaves nobody without an answer: at most *P* − 1. Company (4.) changes when a read is answered, not
//! what was paid: it can only leave fewer for (3.).
//!
//! With (1.) there are at most min(*k*, *P*) GETs and min(*k* − 1, *P*) pages, with (5.) at most
//! min(*k*, *P* − 1) GETs and min(*k*, *P*) pages. Together:
//!
//! ```text
//! requests ≤ 2 · min(k, P),   and with (1.) exactly 1 for k = 1
//! ```
//!
//! Throttling counts each request of a batch for itself. Counted so, the forty of (4.) come on top, once for
//! each listing of more than one page: a sixteenth of what is documented for 20 seconds at four fifths, and
//! none for a listing of one page. They are counted in [`pace`](super::pace) too.
//!
//! One more GET is spent on each object that the listing does not hold: it is new and the listing lags,
//! it is gone, or the element lacks a property that a read of its type has shown. The price in time: as
//! long as its listing is of no use, a read waits for as many pages as reads wait beside it, and one GET.
//! Where it is of use, the reads that go on pay for it, up to the last page.
//!
//! Requests that are ready at the same moment (GETs and first pages, also of several collections)
//! travel in one `$batch` of up to twenty too. That divides the number of requests further and changes
//! nothing of the above; a service that offers no batches is noticed once.
//!
//! # Why an answer is never stale
//!
//! * A listing answers for thirty seconds from its start, so that only reads of the same burst share it,
//!   and each element answers one read.
//! * Every write that this client sends below the collection, or above it, gives the listing up when
//!   it starts and again when its answer is here. A read that begins after a write is therefore answered by
//!   a request that was sent after that write. Replicas that lag show the old in listings for longer
//!   than in reads, so that for ninety seconds after a write nothing of the collection is listed, nor of a
//!   collection that is read for the first time.
//! * A page that fails, leads astray or grows the listing beyond its limit ends the listing. Those who
//!   waited ask alone, and hear of their own trouble and no other. One that is slow is not waited for.

mod collection;
mod join;
mod shape;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::address::encode_segment;
use super::creation::OBJECT;
use super::exchange::{Call, Exchange};
use super::page::{self, Page};
use super::transport::Request;
use super::{Error, Object};
use crate::graph::judge::Expected;
use crate::graph::retry::Repetition;
use collection::{Burst, Collection, Fetch, LIFE, Listed, Step};
use join::Join;
use shape::Shapes;

/// How long a read waits for an answer that it shares with others.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all clones of a client know of the collections they read.
pub(crate) struct Gather {
    exchange: Arc<Exchange>,
    join: Arc<Join>,
    known: Mutex<Known>,
    shapes: Mutex<Shapes>,
}

#[derive(Default)]
struct Known {
    /// By path, so that what lies below a path lies together. One for each parent that is read.
    collections: BTreeMap<String, Collection>,
    burst: Burst,
    /// When a write of ours last started or ended, anywhere. A collection that was never read has no place to
    /// note it.
    written: Option<Instant>,
}

/// One read: whose object, and for whom.
pub(crate) struct Read<'a> {
    /// The collection's path from `/beta` on.
    pub(crate) collection: &'a str,
    /// The object's id as the listing shows it.
    pub(crate) id: &'a str,
    /// The GET that reads the object alone.
    pub(crate) request: Request,
    pub(crate) call: Call,
}

/// A write that is under way, until it is dropped. What was listed before or meanwhile is given up.
pub(crate) struct Writing {
    gather: Arc<Gather>,
    path: String,
}

impl Gather {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Arc<Self> {
        let join = Join::new(Arc::clone(&exchange));
        Arc::new(Self { exchange, join, known: Mutex::default(), shapes: Mutex::default() })
    }

    /// Reads one object as cheaply as the reads around it allow.
    ///
    /// # Errors
    ///
    /// As the GET in `read` would fail alone.
    pub(crate) async fn read(self: &Arc<Self>, read: Read<'_>) -> Result<Object, Error> {
        let first = self.exchange.settings.graph.join(read.collection);
        let step = {
            let Known { collections, burst, written } = &mut *self.known();
            let collection = collections
                .entry(read.collection.to_owned())
                .or_insert_with(|| Collection::known_after(*written));
            collection.begin(read.id, &first, burst, Instant::now())
        };
        let element = match step {
            Step::Found(element) => Some(element),
            Step::Ask => None,
            Step::Wait(receiver, fetch) => {
                if let Some(fetch) = fetch {
                    let gather = Arc::clone(self);
                    tokio::spawn(gather.walk(read.collection.to_owned(), fetch));
                }
                element_of_a_page(receiver, &read.call).await
            }
        };
        match element.as_deref().map(serde_json::from_str) {
            Some(Ok(object)) => Ok(object),
            _ => self.ask(&read).await,
        }
    }

    /// Says that a write to this path, from `/beta` on, is about to be sent.
    pub(crate) fn write(self: &Arc<Self>, path: &str) -> Writing {
        self.written(path);
        Writing { gather: Arc::clone(self), path: path.to_owned() }
    }

    async fn ask(&self, read: &Read<'_>) -> Result<Object, Error> {
        let object = self.join.get(&read.request, &read.call).await?;
        self.shapes().learn(&object);
        Ok(object)
    }

    /// Fetches pages for as long as somebody waits for them. Runs as a task of its own, since the read that
    /// started it may be cancelled while others wait too.
    async fn walk(self: Arc<Self>, collection: String, first: Fetch) {
        let mut next = Some(first);
        while let Some(fetch) = next {
            let mut page = Box::pin(self.page(&collection, &fetch));
            let listed = match timeout(PATIENCE, &mut page).await {
                Ok(listed) => listed,
                Err(_) => {
                    self.with(&collection, |collection| collection.overdue(&fetch));
                    page.await
                }
            };
            let arrived = |collection: &mut Collection| collection.arrived(&fetch, listed);
            next = self.with(&collection, arrived).flatten();
        }
    }

    /// One page; nothing when it cannot be had. Those who travel with it are answered meanwhile.
    async fn page(&self, collection: &str, fetch: &Fetch) -> Option<Listed> {
        let page = match self.page_in_company(collection, fetch).await {
            Some(page) => page,
            None => self.page_alone(fetch).await?,
        };
        let page = Page::read(page, &self.exchange.settings.graph).ok()?;
        Some(self.listed(page))
    }

    async fn page_in_company(&self, collection: &str, fetch: &Fetch) -> Option<Object> {
        if fetch.company.is_empty() {
            return None;
        }
        let graph = &self.exchange.settings.graph;
        let address = |id| graph.join(&format!("{collection}/{}", encode_segment(id)));
        let company =
            fetch.company.iter().map(|id| Request::new(Method::GET, graph, address(id), OBJECT));
        let together = std::iter::once(page::request(graph, fetch.url.clone())).chain(company);
        let mut answers = self.join.together(together).await.into_iter();
        let page = answers.next()?;
        // Whoever is not answered goes on waiting for a page: only a GET of its own brings bad news.
        let answered = fetch.company.iter().zip(answers).filter_map(|(id, object)| {
            let object = object?;
            self.shapes().learn(&object);
            Some((id.clone(), text_of(object)))
        });
        let answered = answered.collect();
        self.with(collection, |collection| collection.answered(fetch, answered));
        page
    }

    async fn page_alone(&self, fetch: &Fetch) -> Option<Object> {
        let graph = &self.exchange.settings.graph;
        let request = page::request(graph, fetch.url.clone());
        let call = self.exchange.call(Instant::now() + LIFE);
        if fetch.is_first {
            self.join.get(&request, &call).await.ok()
        } else {
            let run = self.exchange.run(&request, Repetition::Harmless, Expected::Object, &call);
            run.await.ok().map(|success| success.object)
        }
    }

    /// The page's elements in the form in which they are kept: text, as parsed objects are three times larger.
    fn listed(&self, page: Page) -> Listed {
        let count = page.elements.len();
        let shapes = self.shapes();
        let whole = page.elements.into_iter().filter(|element| shapes.is_whole(element));
        let elements: Vec<_> = whole.filter_map(identified).collect();
        // A listing that shows less than reads do would cost a page and a GET for every read.
        let next = page.next.filter(|_| elements.len() == count);
        Listed { elements, next }
    }

    fn written(&self, path: &str) {
        let now = Instant::now();
        let Known { collections, written, .. } = &mut *self.known();
        *written = Some(now);
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for above in ends.filter_map(|end| path.get(..end)) {
            if let Some(collection) = collections.get_mut(above) {
                collection.written(now);
            }
        }
        let below = format!("{path}/");
        let from = (Bound::Excluded(below.as_str()), Bound::Unbounded);
        for (_, collection) in
            collections.range_mut::<str, _>(from).take_while(|(path, _)| path.starts_with(&below))
        {
            collection.written(now);
        }
    }

    fn with<T>(&self, collection: &str, act: impl FnOnce(&mut Collection) -> T) -> Option<T> {
        self.known().collections.get_mut(collection).map(act)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shapes(&self) -> MutexGuard<'_, Shapes> {
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.gather.written(&self.path);
    }
}

/// Bodies are never logged, so they are not printed either.
impl fmt::Debug for Gather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").finish_non_exhaustive()
    }
}

/// What a page brings for this read; nothing when the read has to go its own way.
async fn element_of_a_page(receiver: oneshot::Receiver<Box<str>>, call: &Call) -> Option<Box<str>> {
    tokio::select! {
        biased;
        () = call.stopped() => None,
        element = receiver => element.ok(),
        () = tokio::time::sleep_until(call.deadline) => None,
    }
}

fn identified(element: Object) -> Option<(String, Box<str>)> {
    let id = element.get("id").and_then(Value::as_str)?.to_owned();
    Some((id, text_of(element)))
}

/// The form in which elements are kept and handed out.
fn text_of(object: Object) -> Box<str> {
    Value::Object(object).to_string().into_boxed_str()
}

#[cfg(test)]
mod tests;
