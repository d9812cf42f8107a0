//! Collections as they were a moment ago, read once for all who ask at the same time; judges nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::exchange::{Call, Exchange};
use super::latest::{Fresh, Latest};
use super::wait::in_time;
use super::{Address, Error, Object, page};

/// The last snapshot of each collection, by path.
#[derive(Debug, Default)]
pub(crate) struct Listings(Mutex<HashMap<String, Arc<Latest<Snapshot>>>>);

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
    let latest = exchange.shared.listings.of(path);
    let place = in_time(latest.ask(), call.deadline, call.stopped()).await;
    let place = place.map_err(|kind| Error::unsent(kind, "GET", path))?;
    let list = async {
        let url = exchange.settings.graph.join(path);
        page::all(exchange, url, call).await.map(Arc::new)
    };
    place.get(Fresh::After(not_before), list).await.map(|(_, snapshot)| snapshot)
}

impl Listings {
    fn of(&self, path: &str) -> Arc<Latest<Snapshot>> {
        let mut listings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(listings.entry(path.to_owned()).or_default())
    }
}
