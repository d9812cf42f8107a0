//! Collections as they were a moment ago, read once for all who ask at the same time; judges nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::exchange::{Call, Exchange};
use super::latest::{Fresh, Latest};
use super::wait::in_time;
use super::{Address, Error, Object, page};

/// The last snapshot of each collection, by path. Looks that nothing may hold up have their own: they neither
/// wait for those who have time, nor tell them of a failure for want of it.
#[derive(Debug, Default)]
pub(crate) struct Listings(Mutex<HashMap<Key, Arc<Latest<Snapshot>>>>);

/// A path, and whether the look is urgent.
type Key = (String, bool);

/// All objects of a collection, in the service's order.
pub(crate) type Snapshot = Arc<Vec<Object>>;

/// Reads a collection, unless somebody did so after `not_before` or is just doing it.
pub(crate) async fn since(
    exchange: &Exchange,
    collection: &Address,
    not_before: Instant,
    call: &Call,
) -> Result<Snapshot, Error> {
    let path = collection.path();
    let latest = exchange.shared.listings.of(path, call.is_urgent());
    let place = in_time(latest.ask(), call.deadline, call.stopped()).await;
    let place = place.map_err(|kind| Error::unsent(kind, "GET", path))?;
    let list = async {
        let url = exchange.settings.graph.join(path);
        page::all(exchange, url, call).await.map(Arc::new)
    };
    place.get(Fresh::After(not_before), list).await.map(|(_, snapshot)| snapshot)
}

impl Listings {
    fn of(&self, path: &str, is_urgent: bool) -> Arc<Latest<Snapshot>> {
        let mut listings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(listings.entry((path.to_owned(), is_urgent)).or_default())
    }
}
