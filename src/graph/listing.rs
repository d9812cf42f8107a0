//! Collections as they were a moment ago, read once for all who ask at the same time; judges nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::{Instant, timeout_at};

use super::exchange::{Call, Exchange};
use super::judge::Setback;
use super::{Address, Error, Kind, Object, page};

/// The last snapshot of each collection, by path.
#[derive(Debug, Default)]
pub(crate) struct Listings(Mutex<HashMap<String, Arc<Listing>>>);

/// All objects of a collection, in the service's order.
pub(crate) type Snapshot = Arc<Vec<Object>>;

/// Reads a collection, unless somebody did so after `not_before` or is just doing it.
pub(crate) async fn since(
    exchange: &Exchange,
    collection: &Address,
    not_before: Instant,
    call: &Call,
) -> Result<Snapshot, Error> {
    let asked = Instant::now();
    let path = collection.path();
    let listing = exchange.shared.listings.of(path);
    let refused = |setback: Box<Setback>| Error::unsent(setback.kind, "GET", path);
    let mut last = tokio::select! {
        biased;
        () = call.stopped() => return Err(refused(Setback::of_ours(Kind::Stopped))),
        last = timeout_at(call.deadline, listing.lock()) => match last {
            Ok(last) => last,
            Err(_) => return Err(refused(Setback::of_ours(Kind::OutOfTime))),
        },
    };
    if let Some(last) = &*last
        && let Some(shared) = last.for_who_asked(asked, not_before)
    {
        return shared;
    }
    let started = Instant::now();
    let url = exchange.settings.graph.join(path);
    let result = page::all(exchange, url, call).await.map(Arc::new);
    *last = Some(Last { started, ended: Instant::now(), result: result.clone() });
    result
}

impl Listings {
    fn of(&self, path: &str) -> Arc<Listing> {
        let mut listings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(listings.entry(path.to_owned()).or_default())
    }
}

/// Locked while the collection is read: those who wait for the lock share what comes of it.
type Listing = tokio::sync::Mutex<Option<Last>>;

#[derive(Debug)]
struct Last {
    started: Instant,
    ended: Instant,
    result: Result<Snapshot, Error>,
}

impl Last {
    /// A failure is shared only with those who waited for it, and not when it is the reader's own.
    fn for_who_asked(
        &self,
        asked: Instant,
        not_before: Instant,
    ) -> Option<Result<Snapshot, Error>> {
        let is_shared = match &self.result {
            Ok(_) => self.started > not_before,
            Err(error) => {
                asked < self.ended && !matches!(error.kind(), Kind::Stopped | Kind::OutOfTime)
            }
        };
        is_shared.then(|| self.result.as_ref().map(Arc::clone).map_err(Error::retold))
    }
}
