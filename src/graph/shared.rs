//! What all clients of one tenant share in this process; knows no requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::client::Settings;
use super::ledger::Ledger;
use super::listing::Listings;
use super::turn::Turns;

/// One tenant, seen from one process: however often it is configured, its quota is one, and so are the
/// ids in it.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) ledger: Ledger,
    pub(crate) listings: Listings,
    pub(crate) turns: Turns,
}

impl Shared {
    /// What the clients of this tenant share already, or a fresh one for the first of them.
    pub(crate) fn of(settings: &Settings) -> Arc<Self> {
        static TENANTS: OnceLock<Mutex<HashMap<Key, Weak<Shared>>>> = OnceLock::new();
        let key = [
            settings.authority.to_string(),
            // A machine's identity needs no tenant; this machine has one.
            settings.tenant_id.as_deref().unwrap_or_default().to_ascii_lowercase(),
            settings.graph.to_string(),
        ];
        let tenants = TENANTS.get_or_init(Mutex::default);
        let mut tenants = tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.retain(|_, shared| shared.strong_count() > 0);
        if let Some(shared) = tenants.get(&key).and_then(Weak::upgrade) {
            return shared;
        }
        let shared = Arc::new(Self::default());
        tenants.insert(key, Arc::downgrade(&shared));
        shared
    }
}

/// Authority, tenant and Graph.
type Key = [String; 3];
