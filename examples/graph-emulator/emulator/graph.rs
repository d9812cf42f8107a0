//! The Graph paths below `/beta` and what each of them does; must not know connections, tokens of access or faults.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use super::access::Caller;
use super::devices;
use super::distinct::Distinct;
use super::message::{Answer, Request};
use super::metadata::Metadata;
use super::panes::SkipKeys;
use super::path::{self, Resource};
use super::problem::Problem;
use super::query::Query;
use super::store::{ACCOUNT_ID, Profile, Store, Token};
use super::validation;

/// What the paths need to know of the service around them.
pub(crate) struct Service<'a> {
    pub(crate) metadata: &'a Metadata,
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: &'a str,
    pub(crate) rules: &'a Rules,
}

/// Behaviour that nobody could establish for the real service, or that a test wants to be different.
pub(crate) struct Rules {
    /// Elements on a page of a listing.
    pub(crate) page_size: usize,
    /// The most elements on a page that a client may prefer; 0 for a service that ignores what is preferred.
    pub(crate) largest_page: AtomicUsize,
    /// Update answers 200 with the entity, as the documentation says, instead of 204, as clients see it.
    pub(crate) patch_answers_body: bool,
    /// Profiles a token can hold.
    pub(crate) profile_limit: usize,
    /// Whether the default profile of a platform can be deleted.
    pub(crate) default_is_deletable: bool,
    /// Whether a profile that devices are to get can be deleted.
    pub(crate) assigned_is_deletable: bool,
    /// Devices that one request can give a profile.
    pub(crate) assignment_limit: usize,
    /// What becomes of the keys of skipped panes.
    pub(crate) skip_keys: SkipKeys,
    /// Whether the groups that devices join are answered again.
    pub(crate) groups_are_echoed: bool,
}

impl Rules {
    /// How large a page is preferred, as far as this service follows.
    fn preferred(&self, request: &Request) -> Option<usize> {
        let largest = self.largest_page.load(Ordering::Relaxed);
        request.preferred_page().map(|size| size.min(largest)).filter(|size| *size > 0)
    }

    /// Changes the properties of a profile to what is stored.
    fn settle(&self, properties: &mut Map<String, Value>) {
        self.skip_keys.settle(properties);
        let groups = properties.get_mut("enrollmentTimeAzureAdGroupIds");
        if let Some(groups) = groups.filter(|_| !self.groups_are_echoed) {
            *groups = Value::Array(Vec::new());
        }
    }
}

/// Does what an authenticated request asks.
pub(crate) fn answer(
    service: &Service<'_>,
    store: &mut Store,
    caller: &Caller,
    request: &Request,
) -> Result<Answer, Problem> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let resource = Resource::at(&segments)?;
    if !resource.allows(&request.method) {
        return Err(Problem::MethodNotAllowed(request.method.clone()));
    }
    authorize(caller, &request.method)?;
    let call = Call { service, caller, request };
    match (resource, request.method.as_str()) {
        (Resource::Account, _) => call.account(),
        (Resource::Tokens, _) => call.list_tokens(store),
        (Resource::Token(token), _) => call.token(store, token),
        (Resource::Default(token, type_name), _) => call.default_profile(store, token, type_name),
        (Resource::Profiles(token), "GET") => call.list_profiles(store, token),
        (Resource::Profiles(token), _) => call.create(store, token),
        (Resource::Profile(token, id), "GET") => call.read(store, token, id),
        (Resource::Profile(token, id), "PATCH") => call.update(store, token, id),
        (Resource::Profile(token, id), _) => call.delete(store, token, id),
        (Resource::SetDefault(token, id), _) => call.set_default(store, token, id),
        (Resource::Export(token, id), _) => call.export(store, token, id),
        (Resource::Assign(token, id), _) => {
            addressable(store, token, id)?;
            devices::assign(service, store, token, id, json_body(request)?)
        }
        (Resource::Devices(token), _) => devices::list(service, store, token, request),
        (Resource::Device(token, id), _) => devices::read(service, store, token, id),
        (Resource::Sync(token), _) => {
            let token = store.token_mut(token).ok_or_else(|| no_token(token))?;
            if token.syncs.start() {
                Ok(Answer::empty(204))
            } else {
                Err(Problem::Rule("A sync was requested less than 15 minutes ago".to_owned()))
            }
        }
    }
}

/// The JSON a request brought.
pub(crate) fn json_body(request: &Request) -> Result<Value, Problem> {
    if request.media_type().as_deref() != Some("application/json") {
        return Err(Problem::NotJson);
    }
    let malformed = |error: serde_json::Error| Problem::Malformed(error.to_string());
    serde_json::from_slice::<Distinct>(&request.body).map_err(malformed)?;
    serde_json::from_slice(&request.body).map_err(malformed)
}

/// One page of a listing, and the number of the next page's first element. `elements` start at the page's first and
/// come with their numbers.
pub(crate) fn page(
    service: &Service<'_>,
    request: &Request,
    query: &Query,
    context: &str,
    total: usize,
    elements: impl Iterator<Item = (u64, Value)>,
) -> (Answer, Option<u64>) {
    let preferred = service.rules.preferred(request);
    // Graph takes $top for the size of a page and goes on linking.
    let most = preferred.unwrap_or(service.rules.page_size.max(1));
    let size = query.top.unwrap_or(usize::MAX).min(most);
    let mut values = Vec::new();
    let mut next = None;
    for (number, element) in elements {
        if values.len() == size {
            next = Some(number);
            break;
        }
        values.push(element);
    }
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), service.context(context).into());
    if query.count {
        body.insert("@odata.count".to_owned(), total.into());
    }
    if let Some(number) = next {
        let link = Query::next_link(service.origin, request, number);
        body.insert("@odata.nextLink".to_owned(), link.into());
    }
    body.insert("value".to_owned(), Value::Array(values));
    let mut answer = Answer::json(200, &Value::Object(body));
    if let Some(size) = preferred {
        answer = answer.with("preference-applied", format!("odata.maxpagesize={size}"));
    }
    (answer, next)
}

pub(crate) fn no_token(id: &str) -> Problem {
    Problem::TokenMissing(id.to_owned())
}

impl Service<'_> {
    /// The `@odata.context` of an answer.
    pub(crate) fn context(&self, of: &str) -> String {
        format!("{}/beta/$metadata#{of}", self.origin)
    }

    /// An entity with its context.
    pub(crate) fn entity(&self, status: u16, context: &str, entity: Map<String, Value>) -> Answer {
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), self.context(context).into());
        body.extend(entity);
        Answer::json(status, &Value::Object(body))
    }
}

fn authorize(caller: &Caller, method: &str) -> Result<(), Problem> {
    if method == "GET" && !caller.may_read() {
        return Err(Problem::Forbidden {
            needed: "DeviceManagementServiceConfig.Read.All, \
                     DeviceManagementServiceConfig.ReadWrite.All",
        });
    }
    if method != "GET" && !caller.may_write() {
        return Err(Problem::Forbidden { needed: "DeviceManagementServiceConfig.ReadWrite.All" });
    }
    Ok(())
}

/// Checks that the profile hangs below this token and can be seen by a request for its id.
fn addressable(store: &mut Store, token: &str, id: &str) -> Result<(), Problem> {
    let missing = || Problem::ProfileMissing(id.to_owned());
    store.token(token).ok_or_else(|| no_token(token))?;
    let is_below = store.find(id).is_some_and(|(parent, _)| parent.id.eq_ignore_ascii_case(token));
    let profile = store.find_mut(id).filter(|_| is_below).ok_or_else(missing)?;
    if profile.lag.unreadable > 0 {
        profile.lag.unreadable -= 1;
        return Err(missing());
    }
    Ok(())
}

/// Counts a read of a profile and lets go of one that was only an afterglow.
fn count_read(store: &mut Store, id: &str) {
    let Some(profile) = store.find_mut(id) else { return };
    profile.was_read();
    if profile.is_gone() {
        store.remove(id);
    }
}

fn profiles_context(token: &str) -> String {
    format!("deviceManagement/depOnboardingSettings('{token}')/enrollmentProfiles")
}

/// One authorized request.
struct Call<'a> {
    service: &'a Service<'a>,
    caller: &'a Caller,
    request: &'a Request,
}

impl Call<'_> {
    fn account(&self) -> Result<Answer, Problem> {
        let entity = json!({
            "id": ACCOUNT_ID,
            "intuneAccountId": ACCOUNT_ID,
            "maximumDepTokens": 100,
        });
        let entity = entity.as_object().cloned().unwrap_or_default();
        Ok(self.service.entity(200, "deviceManagement/$entity", entity))
    }

    fn list_tokens(&self, store: &Store) -> Result<Answer, Problem> {
        let query = self.query(&["$top", "$skiptoken", "$count", "$expand"])?;
        self.check_expand(&query)?;
        let tokens = store.listed_tokens();
        let from = usize::try_from(query.from).unwrap_or(usize::MAX);
        let elements = (query.from..)
            .zip(tokens.iter().skip(from))
            .map(|(number, token)| (number, self.setting(store, token, &query).into()));
        let context = "deviceManagement/depOnboardingSettings";
        let (answer, _) = page(self.service, self.request, &query, context, tokens.len(), elements);
        Ok(answer)
    }

    fn token(&self, store: &mut Store, token: &str) -> Result<Answer, Problem> {
        let query = self.query(&["$expand"])?;
        self.check_expand(&query)?;
        if let Some(token) = store.token_mut(token) {
            token.syncs.was_read();
        }
        let token = store.token(token).ok_or_else(|| no_token(token))?;
        let setting = self.setting(store, token, &query);
        Ok(self.service.entity(200, "deviceManagement/depOnboardingSettings/$entity", setting))
    }

    fn default_profile(
        &self,
        store: &Store,
        token: &str,
        type_name: &str,
    ) -> Result<Answer, Problem> {
        self.query(&[])?;
        let token = store.token(token).ok_or_else(|| no_token(token))?;
        let (_, profile) =
            token.default_of(type_name).and_then(|id| store.find(id)).ok_or(Problem::NoDefault)?;
        let context = format!("{}/$entity", profiles_context(&token.id));
        Ok(self.service.entity(200, &context, token.entity_as_read(profile)))
    }

    fn list_profiles(&self, store: &mut Store, token_id: &str) -> Result<Answer, Problem> {
        let query = self.query(&["$top", "$skiptoken", "$count", "$select"])?;
        // $select in a collection knows the properties of the declared element type, and those only.
        self.check_select(&query, "enrollmentProfile")?;
        let token = store.token(token_id).ok_or_else(|| no_token(token_id))?;
        let mut seen_late = Vec::new();
        let elements = token
            .profiles_from(query.from)
            .inspect(|profile| {
                if profile.lag.is_behind() {
                    seen_late.push((profile.number, profile.id.clone()));
                }
            })
            .filter(|profile| !profile.lag.is_unlisted())
            .map(|profile| (profile.number, selected(token.entity_as_read(profile), &query)));
        let context = profiles_context(token_id);
        let count = token.profile_count();
        let (answer, next) = page(self.service, self.request, &query, &context, count, elements);
        // The first element of the next page was looked at, but not shown.
        for (_, id) in seen_late.into_iter().filter(|(n, _)| next.is_none_or(|next| *n < next)) {
            if let Some(profile) = store.find_mut(&id) {
                profile.lag.unlisted = profile.lag.unlisted.saturating_sub(1);
            }
            count_read(store, &id);
        }
        Ok(answer)
    }

    fn create(&self, store: &mut Store, token_id: &str) -> Result<Answer, Problem> {
        self.query(&[])?;
        let token = store.token(token_id).ok_or_else(|| no_token(token_id))?;
        let mut creation = validation::creation(self.service.metadata, json_body(self.request)?)?;
        validation::rules(&creation.properties)?;
        let limit = self.service.rules.profile_limit;
        if token.profile_count() >= limit {
            return Err(Problem::Rule(format!("A token can hold no more than {limit} profiles")));
        }
        remove_service_properties(&mut creation.properties);
        self.service.rules.settle(&mut creation.properties);
        let endpoint = endpoint_url(token_id, &self.caller.tenant_id);
        creation.properties.insert("configurationEndpointUrl".to_owned(), endpoint.into());
        let id = store
            .insert(self.service.metadata, token_id, &creation.type_name, creation.properties)
            .ok_or_else(|| no_token(token_id))?;
        let address = format!("{}{}/{id}", self.service.origin, self.request.path);
        Ok(self.entity(store, 201, &id)?.with("location", address))
    }

    fn read(&self, store: &mut Store, token: &str, id: &str) -> Result<Answer, Problem> {
        let query = self.query(&["$select"])?;
        self.check_select(&query, "enrollmentProfile")?;
        addressable(store, token, id)?;
        let answer = self.entity(store, 200, id);
        count_read(store, id);
        answer
    }

    fn update(&self, store: &mut Store, token: &str, id: &str) -> Result<Answer, Problem> {
        self.query(&[])?;
        addressable(store, token, id)?;
        let missing = || Problem::ProfileMissing(id.to_owned());
        let profile = store.find_mut(id).ok_or_else(missing)?;
        let body = json_body(self.request)?;
        let mut changes = validation::change(self.service.metadata, &profile.type_name, id, body)?;
        remove_service_properties(&mut changes);
        let mut properties = profile.properties.clone();
        properties.extend(changes);
        validation::rules(&properties)?;
        self.service.rules.settle(&mut properties);
        profile.properties = properties;
        if self.service.rules.patch_answers_body {
            self.entity(store, 200, id)
        } else {
            Ok(Answer::empty(204))
        }
    }

    fn delete(&self, store: &mut Store, token: &str, id: &str) -> Result<Answer, Problem> {
        self.query(&[])?;
        addressable(store, token, id)?;
        let is_default = store.find(id).is_some_and(|(token, profile)| token.is_default(profile));
        if is_default && !self.service.rules.default_is_deletable {
            return Err(Problem::Rule(
                "The default profile of a token cannot be deleted. Make another profile the \
                 default first"
                    .to_owned(),
            ));
        }
        let is_assigned = store
            .find(id)
            .is_some_and(|(token, _)| token.devices.values().any(|device| device.is_to_get(id)));
        if is_assigned && !self.service.rules.assigned_is_deletable {
            let reason = "The profile is assigned to devices and cannot be deleted";
            return Err(Problem::Rule(reason.to_owned()));
        }
        store.remove(id);
        Ok(Answer::empty(204))
    }

    fn set_default(&self, store: &mut Store, token: &str, id: &str) -> Result<Answer, Problem> {
        addressable(store, token, id)?;
        if !store.set_default(id) {
            return Err(Problem::Rule("A profile of this type cannot be a default".to_owned()));
        }
        Ok(Answer::empty(204))
    }

    fn export(&self, store: &mut Store, token: &str, id: &str) -> Result<Answer, Problem> {
        addressable(store, token, id)?;
        let name = store
            .find(id)
            .and_then(|(_, profile)| profile.properties.get("displayName")?.as_str())
            .unwrap_or_default();
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let config = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>\
             <key>PayloadDisplayName</key><string>{escaped}</string>\
             <key>PayloadIdentifier</key><string>{id}</string></dict></plist>\n"
        );
        let body = json!({ "@odata.context": self.service.context("Edm.String"), "value": config });
        Ok(Answer::json(200, &body))
    }

    fn query(&self, allowed: &[&str]) -> Result<Query, Problem> {
        Query::of(self.request, allowed)
    }

    fn check_expand(&self, query: &Query) -> Result<(), Problem> {
        match query.expand.iter().find(|name| path::default_type(name).is_none()) {
            Some(name) => Err(unknown_property(name, "depOnboardingSetting")),
            None => Ok(()),
        }
    }

    fn check_select(&self, query: &Query, type_name: &str) -> Result<(), Problem> {
        let type_ = self.service.metadata.entity(type_name);
        let is_declared = |name: &str| type_.is_some_and(|t| t.properties.contains_key(name));
        match query.select.iter().find(|name| !is_declared(name)) {
            Some(name) => Err(unknown_property(name, type_name)),
            None => Ok(()),
        }
    }

    fn setting(&self, store: &Store, token: &Token, query: &Query) -> Map<String, Value> {
        let mut setting = token.setting();
        for navigation in &query.expand {
            let type_name = path::default_type(navigation);
            if let Some(policy) = type_name.and_then(|type_name| token.default_policy_of(type_name))
            {
                let annotation = format!("#microsoft.graph.{}", type_name.unwrap_or_default());
                setting
                    .insert(navigation.clone(), json!({ "@odata.type": annotation, "id": policy }));
                continue;
            }
            let profile = type_name
                .and_then(|type_name| token.default_of(type_name))
                .and_then(|id| store.find(id));
            let expanded = profile.map_or(Value::Null, |(token, p)| token.entity_as_read(p).into());
            setting.insert(navigation.clone(), expanded);
        }
        setting
    }

    fn entity(&self, store: &Store, status: u16, id: &str) -> Result<Answer, Problem> {
        let (token, profile): (&Token, &Profile) =
            store.find(id).ok_or_else(|| Problem::ProfileMissing(id.to_owned()))?;
        let query = self.query(&["$select"])?;
        let entity = selected(token.entity_as_read(profile), &query);
        let context = format!("{}/$entity", profiles_context(&token.id));
        Ok(self.service.entity(status, &context, entity.as_object().cloned().unwrap_or_default()))
    }
}

/// The address devices enrol at, in the form that was seen on profiles made for Apple Configurator.
pub(crate) fn endpoint_url(token_id: &str, tenant_id: &str) -> String {
    format!(
        "https://appleconfigurator2.manage.microsoft.com/EnrollmentServer/MDMServiceConfig\
         ?id={token_id}&AADTenantId={tenant_id}"
    )
}

/// Clients send both of these, and neither changes anything: only `setDefaultProfile` moves the default.
fn remove_service_properties(properties: &mut Map<String, Value>) {
    properties.remove("configurationEndpointUrl");
    properties.remove("isDefault");
}

fn unknown_property(name: &str, type_name: &str) -> Problem {
    Problem::Query(format!(
        "Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'."
    ))
}

fn selected(mut entity: Map<String, Value>, query: &Query) -> Value {
    if !query.select.is_empty() {
        entity.retain(|name, _| name == "@odata.type" || query.select.contains(name));
    }
    Value::Object(entity)
}
