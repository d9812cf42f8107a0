//! Which profile each device of a token has, listed once for all who ask at the same time; moves none.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use crate::entity::id_key;
use crate::graph::{Client, Error, Fresh, Latest, Object, in_time};
use crate::provider::address;
use crate::resources::dep_device_assignment::key;

/// How old a listing may be that had ended when somebody asked. Whatever Terraform asks for together is asked
/// for within moments.
const LIFE: Duration = Duration::from_secs(30);

/// How long a listing may go on showing what was there before a change.
const LAG: Duration = Duration::from_secs(90);

/// The devices of every token that was asked about.
#[derive(Debug, Default)]
pub(in crate::provider) struct Devices(Mutex<HashMap<String, Arc<OfToken>>>);

/// The devices of one token, as they were listed last, and what became of them here since.
#[derive(Debug, Default)]
pub(in crate::provider) struct OfToken {
    /// Held for reading while devices are given the profile they are to have, and for writing while they
    /// are taken from one: a device that goes from one assignment to another must not be taken from
    /// the one that has it already.
    pub(super) moving: tokio::sync::RwLock<()>,
    last: Latest<Arc<Listing>>,
    given: Mutex<Notes>,
}

/// By the key of the serial number.
type Notes = HashMap<String, Note>;

/// A profile that a device was given here.
#[derive(Clone, Debug)]
struct Note {
    /// Its key.
    profile: Arc<str>,
    /// The assignment that is to keep the device under it; none where the device fell back to it.
    owner: Option<Arc<str>>,
    when: Instant,
}

/// By the key of the serial number.
type Listing = BTreeMap<String, Device>;

#[derive(Debug)]
struct Device {
    serial_number: String,
    /// The key of its profile.
    profile: Option<Arc<str>>,
}

/// A listing, together with what was changed here since.
pub(crate) struct View {
    of_token: Arc<OfToken>,
    listing: Arc<Listing>,
    pub(super) started: Instant,
}

impl Devices {
    pub(in crate::provider) fn of(&self, token: &str) -> Arc<OfToken> {
        Arc::clone(self.tokens().entry(token.to_ascii_lowercase()).or_default())
    }

    /// Forgets everything: the next who asks may be somebody else.
    pub(in crate::provider) fn clear(&self) {
        self.tokens().clear();
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Arc<OfToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OfToken {
    /// All devices, from a listing that was begun after `not_before`, by whomever; without it, from one that
    /// is young, or that was under way when this was asked.
    pub(in crate::provider) async fn look(
        self: &Arc<Self>,
        client: &Client,
        token: &str,
        not_before: Option<Instant>,
        deadline: Instant,
    ) -> Result<View, Error> {
        let stop = client.stop_watch();
        let place = in_time(self.last.ask(), deadline, stop.stopped()).await;
        let devices = address::devices(token);
        let place = place.map_err(|kind| Error::unsent(kind, "GET", devices.path()))?;
        let fresh = not_before.map_or(Fresh::Within(LIFE), Fresh::After);
        let list = async { list(client, token, deadline).await.map(Arc::new) };
        let (started, listing) = place.get(fresh, list).await?;
        Ok(View { of_token: Arc::clone(self), listing, started })
    }

    /// Takes note that these devices now have this profile, for the assignment that `owner` names.
    pub(super) fn note(&self, serial_numbers: &[String], profile: &str, owner: Option<&str>) {
        let profile = Arc::from(id_key(profile));
        let note = Note { profile, owner: owner.map(Arc::from), when: Instant::now() };
        let noted = serial_numbers.iter().map(|one| (key(one), note.clone()));
        self.given().extend(noted);
    }

    /// Forgets what these devices were given: something was sent since that may have been done.
    pub(super) fn forget(&self, keys: &[String]) {
        let mut given = self.given();
        for key in keys {
            given.remove(key);
        }
    }

    /// Leaves out the devices that another assignment than `owner` was given this profile for. However old
    /// the note is: that they have the profile does not say for whom.
    pub(super) fn without_those_of_others(
        &self,
        mut keys: BTreeSet<String>,
        profile: &str,
        owner: Option<&str>,
    ) -> BTreeSet<String> {
        let (given, profile) = (self.given(), id_key(profile));
        let is_of_other = |note: &Note| {
            *note.profile == *profile && note.owner.is_some() && note.owner.as_deref() != owner
        };
        keys.retain(|key| !given.get(key).is_some_and(is_of_other));
        keys
    }

    fn given(&self) -> MutexGuard<'_, Notes> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    /// The serial number as Graph writes it; none of a device that the token does not have.
    pub(super) fn serial_number(&self, key: &str) -> Option<&str> {
        self.listing.get(key).map(|device| device.serial_number.as_str())
    }

    /// Those of these devices that have this profile.
    pub(super) fn having(
        &self,
        profile: &str,
        keys: impl IntoIterator<Item = String>,
    ) -> Vec<String> {
        let (given, profile) = (self.of_token.given(), id_key(profile));
        let has = |key: &String| {
            let device = self.listing.get(key);
            device.is_some_and(|device| self.profile_of(key, device, &given) == Some(&profile))
        };
        keys.into_iter().filter(has).collect()
    }

    /// The serial numbers of all devices that have this profile.
    pub(crate) fn all_having(&self, profile: &str) -> Vec<&str> {
        let (given, profile) = (self.of_token.given(), id_key(profile));
        self.listing
            .iter()
            .filter(|(key, device)| self.profile_of(key, device, &given) == Some(&profile))
            .map(|(_, device)| device.serial_number.as_str())
            .collect()
    }

    fn profile_of<'a>(&self, key: &str, device: &'a Device, given: &'a Notes) -> Option<&'a str> {
        match given.get(key) {
            Some(note) if note.when + LAG > self.started => Some(&note.profile),
            _ => device.profile.as_deref(),
        }
    }
}

async fn list(client: &Client, token: &str, deadline: Instant) -> Result<Listing, Error> {
    let mut listing = Listing::new();
    let mut profiles: HashSet<Arc<str>> = HashSet::new();
    let take = |device: Object| {
        let text =
            |name: &str| device.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
        let Some(serial_number) = text("serialNumber") else { return };
        if device.get("isDeleted") == Some(&Json::Bool(true)) {
            return;
        }
        // A hundred thousand devices have few profiles between them.
        let profile = text("requestedEnrollmentProfileId").map(id_key).map(|profile| {
            let known = profiles.get(profile.as_str()).cloned();
            known.unwrap_or_else(|| {
                let profile: Arc<str> = profile.into();
                profiles.insert(Arc::clone(&profile));
                profile
            })
        });
        let device = Device { serial_number: serial_number.to_owned(), profile };
        listing.insert(key(serial_number), device);
    };
    client.each(&address::devices(token), deadline, take).await?;
    tracing::debug!(token, devices = listing.len(), "listed the devices of a token");
    Ok(listing)
}
