//! What the tenant holds: enrollment program tokens, their profiles and devices; must not know HTTP.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::metadata::Metadata;
use super::sync::Syncs;

/// Every token of the tenant with all that hangs below it. Profiles are found by id in one look-up and kept in the
/// order of their making, so that a page is a range and not a scan.
pub(crate) struct Store {
    tokens: Vec<Token>,
    token_places: HashMap<String, usize>,
    profile_places: HashMap<String, (usize, u64)>,
}

impl Store {
    /// Holds only the pseudo token of Apple Configurator, whose id is the tenant's Intune account.
    pub(crate) fn new() -> Self {
        let mut store = Self {
            tokens: Vec::new(),
            token_places: HashMap::new(),
            profile_places: HashMap::new(),
        };
        store.add(Token::new(ACCOUNT_ID.to_owned(), "", "none"));
        store
    }

    /// Adds an Apple Business Manager token; answers its id.
    pub(crate) fn add_token(&mut self, name: &str) -> String {
        let id = Uuid::new_v4().to_string();
        self.add(Token::new(id.clone(), name, "dep"));
        id
    }

    fn add(&mut self, token: Token) {
        self.token_places.insert(key(&token.id), self.tokens.len());
        self.tokens.push(token);
    }

    /// The tokens a listing shows, oldest first: all but the pseudo token.
    pub(crate) fn listed_tokens(&self) -> &[Token] {
        self.tokens.get(1..).unwrap_or_default()
    }

    pub(crate) fn token(&self, id: &str) -> Option<&Token> {
        self.tokens.get(*self.token_places.get(&key(id))?)
    }

    pub(crate) fn token_mut(&mut self, id: &str) -> Option<&mut Token> {
        self.tokens.get_mut(*self.token_places.get(&key(id))?)
    }

    /// Stores a profile of this type, with a fresh id below the token; answers the id.
    pub(crate) fn insert(
        &mut self,
        metadata: &Metadata,
        token_id: &str,
        type_name: &str,
        given: Map<String, Value>,
    ) -> Option<String> {
        let place = *self.token_places.get(&key(token_id))?;
        let token = self.tokens.get_mut(place)?;
        let id = format!("{}_{}", token.id, Uuid::new_v4());
        let number = token.next_number;
        token.next_number += 1;
        let mut properties = Map::new();
        if let Some(type_) = metadata.entity(type_name) {
            for (name, property) in &type_.properties {
                properties.insert(name.clone(), metadata.default_of(property));
            }
        }
        properties.extend(given);
        properties.remove("id");
        let profile = Profile {
            id: id.clone(),
            number,
            type_name: type_name.to_owned(),
            properties,
            is_foreign: false,
            lag: Lag::default(),
        };
        token.profiles.insert(number, profile);
        self.profile_places.insert(key(&id), (place, number));
        Some(id)
    }

    /// The token and the profile of this id.
    pub(crate) fn find(&self, profile_id: &str) -> Option<(&Token, &Profile)> {
        let (place, number) = self.profile_places.get(&key(profile_id))?;
        let token = self.tokens.get(*place)?;
        Some((token, token.profiles.get(number)?))
    }

    pub(crate) fn find_mut(&mut self, profile_id: &str) -> Option<&mut Profile> {
        let (place, number) = self.profile_places.get(&key(profile_id))?;
        self.tokens.get_mut(*place)?.profiles.get_mut(number)
    }

    /// Removes a profile at once; answers whether it was there.
    pub(crate) fn remove(&mut self, profile_id: &str) -> bool {
        let Some((place, number)) = self.profile_places.remove(&key(profile_id)) else {
            return false;
        };
        let Some(token) = self.tokens.get_mut(place) else { return false };
        let removed = token.profiles.remove(&number);
        token.defaults.retain(|_, default| key(default) != key(profile_id));
        removed.is_some()
    }

    /// Ends every lag: from now on readers see what is stored, and nothing else.
    pub(crate) fn catch_up(&mut self) {
        let profiles = self.tokens.iter_mut().flat_map(|token| token.profiles.values_mut());
        let mut gone = Vec::new();
        for profile in profiles {
            if std::mem::take(&mut profile.lag).lingering.is_some() {
                gone.push(profile.id.clone());
            }
        }
        for id in gone {
            self.remove(&id);
        }
    }

    /// Takes a removed profile back to its old place.
    pub(crate) fn put_back(&mut self, profile: Profile) {
        let Some((token_id, _)) = profile.id.split_once('_') else { return };
        let Some(place) = self.token_places.get(&key(token_id)).copied() else { return };
        let Some(token) = self.tokens.get_mut(place) else { return };
        self.profile_places.insert(key(&profile.id), (place, profile.number));
        token.profiles.insert(profile.number, profile);
    }

    /// Promotes a profile, which demotes the other default of its platform under the same token. Answers whether the
    /// profile is there and of a type that can be a default.
    pub(crate) fn set_default(&mut self, profile_id: &str) -> bool {
        let Some((place, number)) = self.profile_places.get(&key(profile_id)) else { return false };
        let Some(token) = self.tokens.get_mut(*place) else { return false };
        let Some(slot) = token.profiles.get(number).and_then(|p| default_slot(&p.type_name)) else {
            return false;
        };
        token.defaults.insert(slot, key(profile_id));
        true
    }

    /// Takes the default away from a profile: no request can do that, only a test that makes drift.
    pub(crate) fn unset_default(&mut self, profile_id: &str) {
        for token in &mut self.tokens {
            token.defaults.retain(|_, default| key(default) != key(profile_id));
        }
    }
}

/// Ids are GUIDs, which are found in capitals too.
fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// One `depOnboardingSetting`.
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A member of `depTokenType`.
    kind: &'static str,
    profiles: BTreeMap<u64, Profile>,
    next_number: u64,
    defaults: HashMap<&'static str, String>,
    /// Enrollment policies that are the default of a platform in place of a profile, by the same places.
    policies: HashMap<&'static str, String>,
    /// Properties that a test gave the token.
    pub(crate) given: Map<String, Value>,
    /// By serial number.
    pub(crate) devices: BTreeMap<String, Device>,
    /// How it stands with Apple.
    pub(crate) syncs: Syncs,
}

impl Token {
    fn new(id: String, name: &str, kind: &'static str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            kind,
            profiles: BTreeMap::new(),
            next_number: 1,
            defaults: HashMap::new(),
            policies: HashMap::new(),
            given: Map::new(),
            devices: BTreeMap::new(),
            syncs: Syncs::default(),
        }
    }

    /// The profiles whose number is at least this, in the order of their making.
    pub(crate) fn profiles_from(&self, number: u64) -> impl Iterator<Item = &Profile> {
        self.profiles.range(number..).map(|(_, profile)| profile)
    }

    pub(crate) fn profile_count(&self) -> usize {
        self.profiles.len()
    }

    /// Whether this is the default of its platform.
    pub(crate) fn is_default(&self, profile: &Profile) -> bool {
        default_slot(&profile.type_name).and_then(|slot| self.defaults.get(slot))
            == Some(&profile.id)
    }

    /// The id of the default profile of this type.
    pub(crate) fn default_of(&self, type_name: &str) -> Option<&str> {
        self.defaults.get(default_slot(type_name)?).map(String::as_str)
    }

    /// Makes an enrollment policy the default where a profile of this type could be; answers its id. A policy lies
    /// elsewhere in Graph, which marks its id here.
    pub(crate) fn set_default_policy(&mut self, type_name: &str) -> Option<String> {
        let id = format!("ECV2_{}_{}", self.id, Uuid::new_v4());
        self.policies.insert(default_slot(type_name)?, id.clone());
        Some(id)
    }

    /// The id of the enrollment policy that is the default in place of a profile of this type.
    pub(crate) fn default_policy_of(&self, type_name: &str) -> Option<&str> {
        self.policies.get(default_slot(type_name)?).map(String::as_str)
    }

    /// The profile as a JSON entity with everything that is stored.
    pub(crate) fn entity(&self, profile: &Profile) -> Map<String, Value> {
        self.entity_with(profile, profile.properties.clone())
    }

    /// The profile as a reader sees it, who may be served an older version of it.
    pub(crate) fn entity_as_read(&self, profile: &Profile) -> Map<String, Value> {
        let properties = match &profile.lag.stale {
            Some((old, _)) => old.clone(),
            None => profile.properties.clone(),
        };
        let mut entity = self.entity_with(profile, properties);
        // Intune takes the password of the local administrator and never gives it back.
        if let Some(password) = entity.get_mut("adminAccountPassword") {
            *password = Value::Null;
        }
        entity
    }

    fn entity_with(&self, profile: &Profile, mut entity: Map<String, Value>) -> Map<String, Value> {
        // The base type of the collection comes without the annotation; only derived types need it.
        if profile.type_name != "enrollmentProfile" {
            let annotation = format!("#microsoft.graph.{}", profile.type_name);
            entity.insert("@odata.type".to_owned(), annotation.into());
        }
        entity.insert("id".to_owned(), profile.id.as_str().into());
        if default_slot(&profile.type_name).is_some() {
            entity.insert("isDefault".to_owned(), self.is_default(profile).into());
        }
        entity
    }

    /// The token itself as a JSON entity. Dates are constants unless it was synced: an equal answer to an equal
    /// question is worth more. A test that needs others gives them.
    pub(crate) fn setting(&self) -> Map<String, Value> {
        let setting = json!({
            "id": self.id,
            "appleIdentifier": "administrator@contoso.example",
            "dataSharingConsentGranted": true,
            "lastModifiedDateTime": "2026-01-05T08:00:00Z",
            "roleScopeTagIds": ["0"],
            "shareTokenWithSchoolDataSyncService": false,
            "syncedDeviceCount": self.devices.len(),
            "tokenExpirationDateTime": "2099-01-05T08:00:00Z",
            "tokenName": self.name,
            "tokenType": self.kind,
        });
        let mut properties = self.syncs.properties();
        properties.extend(setting.as_object().cloned().unwrap_or_default());
        properties.extend(self.given.clone());
        properties
    }
}

/// One enrollment profile.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) id: String,
    /// Its place in the listing.
    pub(crate) number: u64,
    pub(crate) type_name: String,
    /// Every declared property, and whatever a test put beside them.
    pub(crate) properties: Map<String, Value>,
    /// Whether somebody else than a client of this service made it.
    pub(crate) is_foreign: bool,
    pub(crate) lag: Lag,
}

/// How far readers are behind what is stored. Each counter goes down by one with each read it spoiled.
#[derive(Clone, Default)]
pub(crate) struct Lag {
    /// Requests for the id that still answer 404.
    pub(crate) unreadable: usize,
    /// Listings that still leave the profile out.
    pub(crate) unlisted: usize,
    /// Until then no listing shows the profile.
    pub(crate) unlisted_until: Option<Instant>,
    /// The older version, and how many reads still see it.
    pub(crate) stale: Option<(Map<String, Value>, usize)>,
    /// Set on a deleted profile that is still readable so many times.
    pub(crate) lingering: Option<usize>,
}

impl Lag {
    /// Whether a listing of this moment leaves the profile out.
    pub(crate) fn is_unlisted(&self) -> bool {
        self.unlisted > 0 || self.unlisted_until.is_some_and(|until| Instant::now() < until)
    }

    /// Whether a listing has to count its readers.
    pub(crate) fn is_behind(&self) -> bool {
        self.unlisted > 0 || self.stale.is_some() || self.lingering.is_some()
    }
}

impl Profile {
    /// Counts a read of this profile; the older version ends with its last reader.
    pub(crate) fn was_read(&mut self) {
        if let Some((_, reads)) = &mut self.lag.stale {
            *reads = reads.saturating_sub(1);
            if *reads == 0 {
                self.lag.stale = None;
            }
        }
        if let Some(reads) = &mut self.lag.lingering {
            *reads = reads.saturating_sub(1);
        }
    }

    /// Whether this is only the afterglow of a deleted profile, and has been seen for the last time.
    pub(crate) fn is_gone(&self) -> bool {
        self.lag.lingering == Some(0)
    }
}

/// One `importedAppleDeviceIdentity`.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) id: String,
    /// A member of `platform`.
    pub(crate) platform: String,
    /// The assigned profile's whole id.
    pub(crate) profile_id: Option<String>,
    /// Properties that a test gave the device.
    pub(crate) given: Map<String, Value>,
}

impl Device {
    pub(crate) fn is_to_get(&self, profile_id: &str) -> bool {
        self.profile_id.as_deref() == Some(profile_id)
    }
}

/// The tenant's Intune account, which is also the id of Apple Configurator's pseudo token.
pub(crate) const ACCOUNT_ID: &str = "54a0cc00-0000-4000-8000-0000000000ac";

/// Each platform has one default per token. The legacy type serves both platforms, so it has a place of its own.
fn default_slot(type_name: &str) -> Option<&'static str> {
    match type_name {
        "depEnrollmentProfile" => Some("legacy"),
        "depIOSEnrollmentProfile" => Some("ios"),
        "depMacOSEnrollmentProfile" => Some("macOS"),
        "depTvOSEnrollmentProfile" => Some("tvOS"),
        "depVisionOSEnrollmentProfile" => Some("visionOS"),
        _ => None,
    }
}
