//! A strict local Microsoft Graph with its token endpoint, for tests and trials; must not know the provider.
//!
//! It takes names and types from Graph's own metadata (`metadata.json`), so that a property the provider misspells is
//! refused here instead of agreeing with itself. What nobody could establish about the real service is a field of
//! [`Options`].

mod access;
mod assertion;
mod batch;
mod clock;
mod control;
mod devices;
mod distinct;
mod fault;
mod graph;
mod identity;
mod message;
mod metadata;
mod panes;
mod path;
mod problem;
mod query;
mod recording;
mod server;
mod store;
mod sync;
mod validation;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use self::graph::Rules;
use self::metadata::Metadata;
use self::store::Device;
use self::world::World;

pub(crate) use self::access::Credential;
pub(crate) use self::fault::{Effect, Fault};
pub(crate) use self::identity::Platform;
pub(crate) use self::panes::SkipKeys;
pub(crate) use self::recording::Recorded;
pub(crate) use self::sync::Course;

/// How the service behaves.
pub(crate) struct Options {
    /// A loopback address; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Elements on a page of a listing.
    pub(crate) page_size: usize,
    /// The most elements on a page that a client may prefer; 0 for a service that ignores what is preferred.
    pub(crate) largest_page: usize,
    /// Update answers 200 with the entity instead of 204.
    pub(crate) patch_answers_body: bool,
    /// Who may sign in.
    pub(crate) clients: Vec<Credential>,
    /// The token services of a pipeline and of a machine.
    pub(crate) platform: Platform,
    /// How long an access token is good; sent in whole seconds.
    pub(crate) access_token_lifetime: Duration,
    /// Profiles a token can hold. Documented as 1,000.
    pub(crate) profile_limit: usize,
    /// Whether the default profile of a platform can be deleted.
    pub(crate) default_is_deletable: bool,
    /// Whether a profile that devices are to get can be deleted.
    pub(crate) assigned_is_deletable: bool,
    /// Devices that one request can give a profile. Nothing is documented; Apple asks for no more than 1,000.
    pub(crate) assignment_limit: usize,
    /// What becomes of the keys of skipped panes.
    pub(crate) skip_keys: SkipKeys,
    /// Whether the groups that devices join are answered again.
    pub(crate) groups_are_echoed: bool,
    /// Bytes a request's body may have.
    pub(crate) body_limit: usize,
    /// The names of the enrollment program tokens that are there from the start.
    pub(crate) tokens: Vec<String>,
    /// How many profiles the first of those tokens holds from the start.
    pub(crate) seed_profiles: usize,
    /// How long every request waits before it is looked at, as on a long way. For measurements only: no test waits.
    pub(crate) latency: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            page_size: 100,
            largest_page: 0,
            patch_answers_body: false,
            clients: vec![Credential::default()],
            platform: Platform::default(),
            access_token_lifetime: Duration::from_secs(3599),
            profile_limit: 1000,
            default_is_deletable: false,
            assigned_is_deletable: true,
            assignment_limit: 1000,
            skip_keys: SkipKeys::Echoed,
            groups_are_echoed: true,
            body_limit: 1024 * 1024,
            tokens: vec!["Contoso ABM".to_owned()],
            seed_profiles: 0,
            latency: Duration::ZERO,
        }
    }
}

/// A running service; dropping it closes the listener and every connection.
pub(crate) struct Emulator {
    world: Arc<World>,
    serving: Option<AbortHandle>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(task) = &self.serving {
            task.abort();
        }
    }
}

impl Emulator {
    /// Binds and serves on the current tokio runtime. An address that other machines could reach is refused: the
    /// service hands its content to whoever asks under `/_emulator`.
    pub(crate) async fn start(options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is not a loopback address", options.listen),
            ));
        }
        let metadata = Metadata::load().map_err(io::Error::other)?;
        let listener = TcpListener::bind(options.listen).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let rules = Rules {
            page_size: options.page_size,
            largest_page: options.largest_page.into(),
            patch_answers_body: options.patch_answers_body,
            profile_limit: options.profile_limit,
            default_is_deletable: options.default_is_deletable,
            assigned_is_deletable: options.assigned_is_deletable,
            assignment_limit: options.assignment_limit,
            skip_keys: options.skip_keys,
            groups_are_echoed: options.groups_are_echoed,
        };
        let world = Arc::new(World::new(
            origin,
            metadata,
            options.clients,
            options.platform,
            options.access_token_lifetime,
            options.body_limit,
            rules,
        ));
        for name in &options.tokens {
            world.store().add_token(name);
        }
        let mut emulator = Self { world, serving: None };
        if let Some((token, _)) = emulator.tokens().first() {
            for number in 1..=options.seed_profiles {
                let name = format!("Seeded profile {number:05}");
                emulator.put_profile(token, json!({ "displayName": name }));
            }
        }
        let task = tokio::spawn(server::serve(listener, emulator.handle(), options.latency));
        emulator.serving = Some(task.abort_handle());
        Ok(emulator)
    }

    /// `http://127.0.0.1:PORT`: Graph is below `/beta`, the token endpoint at `/{tenant}/oauth2/v2.0/token`.
    pub(crate) fn url(&self) -> &str {
        &self.world.origin
    }

    /// From now on, clients may prefer so many elements on a page; 0 for none of their business.
    pub(crate) fn let_prefer(&self, largest_page: usize) {
        self.world.let_prefer(largest_page);
    }

    /// Adds an enrollment program token (`depOnboardingSetting`); answers its id.
    pub(crate) fn add_token(&self, name: &str) -> String {
        self.world.store().add_token(name)
    }

    /// Id and name of every enrollment program token, oldest first.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        let store = self.world.store();
        store.listed_tokens().iter().map(|token| (token.id.clone(), token.name.clone())).collect()
    }

    /// Gives a token other properties, which its type must declare; answers whether there is such a token and every
    /// property fits.
    pub(crate) fn edit_token(&self, token_id: &str, changes: Value) -> bool {
        let checked = validation::properties(&self.world.metadata, "depOnboardingSetting", changes);
        let mut store = self.world.store();
        let (Ok(changes), Some(token)) = (checked, store.token_mut(token_id)) else { return false };
        token.given.extend(changes);
        true
    }

    /// Makes an enrollment policy the default where a profile of this type could be; answers its id.
    pub(crate) fn set_default_policy(&self, token_id: &str, type_name: &str) -> Option<String> {
        self.world.store().token_mut(token_id)?.set_default_policy(type_name)
    }

    /// Gives a device other properties, which its type must declare; answers whether there is such a device and every
    /// property fits.
    pub(crate) fn describe_device(
        &self,
        token_id: &str,
        serial_number: &str,
        changes: Value,
    ) -> bool {
        let checked =
            validation::properties(&self.world.metadata, "importedAppleDeviceIdentity", changes);
        let mut store = self.world.store();
        let device = store.token_mut(token_id).and_then(|t| t.devices.get_mut(serial_number));
        let (Ok(changes), Some(device)) = (checked, device) else { return false };
        device.given.extend(changes);
        true
    }

    /// Adds a device, as if Apple had reported it; answers whether there is such a token.
    pub(crate) fn add_device(&self, token_id: &str, serial_number: &str) -> bool {
        let mut store = self.world.store();
        let Some(token) = store.token_mut(token_id) else { return false };
        let device = Device {
            id: uuid::Uuid::new_v4().to_string(),
            platform: "ios".to_owned(),
            profile_id: None,
            given: Map::new(),
        };
        token.devices.insert(serial_number.to_owned(), device);
        true
    }

    /// Lets the syncs of a token go like this from now on; answers whether there is such a token.
    pub(crate) fn let_sync(&self, token_id: &str, course: Course) -> bool {
        let mut store = self.world.store();
        store.token_mut(token_id).map(|token| token.syncs.go(course)).is_some()
    }

    /// Lets the last sync of a token lie so far back; answers whether there is such a token.
    pub(crate) fn was_synced(&self, token_id: &str, ago: Duration) -> bool {
        let mut store = self.world.store();
        store.token_mut(token_id).map(|token| token.syncs.lie_back(ago)).is_some()
    }

    /// Gives a device a profile as somebody in the portal would, beside Terraform; answers whether there is such a
    /// device.
    pub(crate) fn edit_device(
        &self,
        token_id: &str,
        serial_number: &str,
        profile_id: &str,
    ) -> bool {
        let mut store = self.world.store();
        let devices = store.token_mut(token_id).map(|token| &mut token.devices);
        let Some(device) = devices.and_then(|devices| devices.get_mut(serial_number)) else {
            return false;
        };
        device.profile_id = Some(profile_id.to_owned());
        true
    }

    /// Takes a device from its token, as if it was given away in Apple's portal; answers whether it was there.
    pub(crate) fn remove_device(&self, token_id: &str, serial_number: &str) -> bool {
        let mut store = self.world.store();
        let devices = store.token_mut(token_id).map(|token| &mut token.devices);
        devices.is_some_and(|devices| devices.remove(serial_number).is_some())
    }

    /// The serial numbers of the devices that are to get this profile, in alphabetical order.
    pub(crate) fn devices_of(&self, profile_id: &str) -> Vec<String> {
        let store = self.world.store();
        let Some((token, _)) = store.find(profile_id) else { return Vec::new() };
        let assigned = token.devices.iter().filter(|(_, device)| device.is_to_get(profile_id));
        assigned.map(|(serial_number, _)| serial_number.clone()).collect()
    }

    /// Every request since the start or the last clearing, oldest first.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.world.recording().entries().to_vec()
    }

    /// Forgets the requests.
    pub(crate) fn clear_requests(&self) {
        self.world.recording().clear();
    }

    /// The profiles of a token as they are stored, oldest first, with what no request would show.
    pub(crate) fn profiles(&self, token_id: &str) -> Vec<Value> {
        let store = self.world.store();
        let token = store.token(token_id);
        token
            .into_iter()
            .flat_map(|token| token.profiles_from(0).map(move |profile| (token, profile)))
            .filter(|(_, profile)| profile.lag.lingering.is_none())
            .map(|(token, profile)| Value::Object(token.entity(profile)))
            .collect()
    }

    /// Whether somebody else than a client of this service made the profile: a test, or a twin that a fault made.
    pub(crate) fn is_foreign(&self, profile_id: &str) -> bool {
        self.world.store().find(profile_id).is_some_and(|(_, profile)| profile.is_foreign)
    }

    /// Ends every lag of what is stored.
    pub(crate) fn catch_up(&self) {
        self.world.store().catch_up();
    }

    /// Makes a profile as somebody in the portal would, beside Terraform; answers its id. Without `@odata.type` it is a
    /// `depEnrollmentProfile`. Nothing is checked: so a test can make what no present client could.
    ///
    /// # Panics
    ///
    /// When there is no such token, which is a mistake in the test.
    pub(crate) fn put_profile(&self, token_id: &str, properties: Value) -> String {
        self.try_put_profile(token_id, properties)
            .unwrap_or_else(|| panic!("the emulator has no token {token_id}"))
    }

    fn try_put_profile(&self, token_id: &str, properties: Value) -> Option<String> {
        let mut properties = object(properties);
        let type_name = properties
            .remove("@odata.type")
            .as_ref()
            .and_then(Value::as_str)
            .map(|name| name.trim_start_matches("#microsoft.graph.").to_owned())
            .unwrap_or_else(|| "depEnrollmentProfile".to_owned());
        let is_default = properties.remove("isDefault") == Some(Value::Bool(true));
        properties
            .entry("configurationEndpointUrl")
            .or_insert_with(|| graph::endpoint_url(token_id, &self.world.tenant_id).into());
        let mut store = self.world.store();
        let id = store.insert(&self.world.metadata, token_id, &type_name, properties)?;
        if let Some(profile) = store.find_mut(&id) {
            profile.is_foreign = true;
        }
        if is_default {
            store.set_default(&id);
        }
        Some(id)
    }

    /// Changes a profile behind Terraform's back, unchecked; answers whether there is such a profile.
    pub(crate) fn edit_profile(&self, profile_id: &str, changes: Value) -> bool {
        let mut changes = object(changes);
        let is_default = changes.remove("isDefault");
        let mut store = self.world.store();
        let Some(profile) = store.find_mut(profile_id) else { return false };
        profile.properties.extend(changes);
        match is_default {
            Some(Value::Bool(true)) => {
                store.set_default(profile_id);
            }
            Some(_) => store.unset_default(profile_id),
            None => {}
        }
        true
    }

    /// Deletes a profile behind Terraform's back; answers whether there was such a profile.
    pub(crate) fn remove_profile(&self, profile_id: &str) -> bool {
        self.world.store().remove(profile_id)
    }

    /// Queues a fault. Of several that are for a request the oldest happens.
    pub(crate) fn fault(&self, fault: Fault) {
        self.world.faults().push(fault);
    }

    /// Forgets the faults that have not happened.
    pub(crate) fn clear_faults(&self) {
        self.world.faults().clear();
    }

    /// Lets go what waits at the gate of a fault, and what will come to it.
    pub(crate) fn open_gate(&self, gate: &str) {
        self.world.gates.open(gate);
    }

    /// Lets go whatever waits at any gate.
    pub(crate) fn open_every_gate(&self) {
        self.world.gates.open_all();
    }

    /// Waits until so many requests have come to the gate.
    pub(crate) async fn arrivals(&self, gate: &str, count: usize) {
        self.world.gates.arrivals(gate, count).await;
    }

    /// Makes every access token that is out worthless.
    pub(crate) fn revoke_access_tokens(&self) {
        self.world.access().revoke();
    }

    /// From now on Graph demands these claims of a token, and says so to whoever understands (continuous access
    /// evaluation).
    pub(crate) fn demand_claims(&self, claims: Value) {
        self.world.access().demand(claims);
    }

    /// Replaces what a client may do from its next access token on; answers whether there is such a client.
    pub(crate) fn set_roles(&self, client_id: &str, roles: &[String]) -> bool {
        self.world.access().set_roles(client_id, roles)
    }

    /// The same service without the duty to end it.
    pub(crate) fn handle(&self) -> Self {
        Self { world: self.world.clone(), serving: None }
    }

    fn world(&self) -> &Arc<World> {
        &self.world
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
