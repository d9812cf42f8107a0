//! The devices Apple reported for a token and which profile each will get; must not know connections.

use serde_json::{Map, Value, json};

use super::graph::{self, Service};
use super::message::{Answer, Request};
use super::metadata::{Kind, Property};
use super::problem::Problem;
use super::query::Query;
use super::store::{Device, Store, Token};
use super::validation;

/// `GET …/importedAppleDeviceIdentities`.
pub(crate) fn list(
    service: &Service<'_>,
    store: &Store,
    token_id: &str,
    request: &Request,
) -> Result<Answer, Problem> {
    let query = Query::of(request, &["$top", "$skiptoken", "$count", "$filter"])?;
    let filter = Filter::read(query.filter.as_deref().unwrap_or_default())?;
    let token = store.token(token_id).ok_or_else(|| graph::no_token(token_id))?;
    let matching: Vec<Map<String, Value>> = token
        .devices
        .iter()
        .map(|(serial, device)| entity(serial, device))
        .filter(|entity| filter.accepts(entity))
        .collect();
    let total = matching.len();
    let from = usize::try_from(query.from).unwrap_or(usize::MAX);
    let elements = (query.from..).zip(matching.into_iter().skip(from).map(Value::Object));
    let (answer, _) = graph::page(service, request, &query, &context(token), total, elements);
    Ok(answer)
}

/// `GET …/importedAppleDeviceIdentities/{id}`.
pub(crate) fn read(
    service: &Service<'_>,
    store: &Store,
    token_id: &str,
    id: &str,
) -> Result<Answer, Problem> {
    let token = store.token(token_id).ok_or_else(|| graph::no_token(token_id))?;
    let (serial, device) = token
        .devices
        .iter()
        .find(|(_, device)| device.id == id)
        .ok_or_else(|| Problem::DeviceMissing(id.to_owned()))?;
    Ok(service.entity(200, &format!("{}/$entity", context(token)), entity(serial, device)))
}

/// `POST …/enrollmentProfiles/{id}/updateDeviceProfileAssignment`, whose `deviceIds` are serial numbers.
pub(crate) fn assign(
    service: &Service<'_>,
    store: &mut Store,
    token_id: &str,
    profile_id: &str,
    body: Value,
) -> Result<Answer, Problem> {
    let serials = Kind::Collection(Box::new(Kind::Text));
    let declared = [("deviceIds", Property { kind: serials, nullable: false })];
    let parameters = validation::parameters(service.metadata, &declared, body)?;
    let serials: Vec<&str> = parameters
        .get("deviceIds")
        .and_then(Value::as_array)
        .map(|serials| serials.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let limit = service.rules.assignment_limit;
    if serials.len() > limit {
        return Err(Problem::Rule(format!("No more than {limit} devices can be assigned at once")));
    }
    let profile_id =
        store.find(profile_id).map_or(profile_id, |(_, profile)| &profile.id).to_owned();
    let token = store.token_mut(token_id).ok_or_else(|| graph::no_token(token_id))?;
    if let Some(unknown) = serials.iter().find(|serial| !token.devices.contains_key(**serial)) {
        return Err(Problem::Rule(format!("The token has no device '{unknown}'")));
    }
    for serial in serials {
        if let Some(device) = token.devices.get_mut(serial) {
            device.profile_id = Some(profile_id.clone());
        }
    }
    Ok(Answer::empty(204))
}

fn context(token: &Token) -> String {
    format!("deviceManagement/depOnboardingSettings('{}')/importedAppleDeviceIdentities", token.id)
}

fn entity(serial: &str, device: &Device) -> Map<String, Value> {
    // The portal asks for devices of a profile by the part of its id behind the token's id.
    let profile = device.profile_id.as_deref().map(|id| id.split_once('_').map_or(id, |(_, p)| p));
    let moment = profile.map(|_| "2026-01-06T08:00:00Z");
    let entity = json!({
        "id": device.id,
        "createdDateTime": "2026-01-05T08:00:00Z",
        "description": null,
        "discoverySource": "deviceEnrollmentProgram",
        "enrollmentState": "notContacted",
        "isDeleted": false,
        "isSupervised": true,
        "lastContactedDateTime": "0001-01-01T00:00:00Z",
        "platform": device.platform,
        "requestedEnrollmentProfileAssignmentDateTime": moment,
        "requestedEnrollmentProfileId": profile,
        "serialNumber": serial,
    });
    let mut entity = match entity {
        Value::Object(entity) => entity,
        _ => Map::new(),
    };
    entity.extend(device.given.clone());
    entity
}

/// The filters that clients are known to use here: conditions joined by `and`.
struct Filter {
    conditions: Vec<Condition>,
}

struct Condition {
    property: String,
    value: String,
    is_exact: bool,
}

impl Filter {
    fn read(text: &str) -> Result<Self, Problem> {
        let refused =
            || Problem::Query(format!("The filter '{text}' is not supported on this collection."));
        let conditions = if text.trim().is_empty() {
            Vec::new()
        } else {
            text.split(" and ")
                .map(|part| Condition::read(part.trim()).ok_or_else(refused))
                .collect::<Result<_, _>>()?
        };
        Ok(Self { conditions })
    }

    fn accepts(&self, entity: &Map<String, Value>) -> bool {
        self.conditions.iter().all(|condition| {
            let value = entity.get(&condition.property).and_then(Value::as_str).unwrap_or_default();
            if condition.is_exact {
                value.eq_ignore_ascii_case(&condition.value)
            } else {
                value.contains(&condition.value)
            }
        })
    }
}

impl Condition {
    fn read(text: &str) -> Option<Self> {
        let (property, literal, is_exact) =
            match text.strip_prefix("contains(").and_then(|rest| rest.strip_suffix(')')) {
                Some(arguments) => {
                    let (property, literal) = arguments.split_once(',')?;
                    (property.trim(), literal.trim(), false)
                }
                None => {
                    let (property, literal) = text.split_once(" eq ")?;
                    (property.trim(), literal.trim(), true)
                }
            };
        let value = literal.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
        let is_possible = match property {
            "serialNumber" => !is_exact,
            "discoverySource" | "requestedEnrollmentProfileId" => is_exact,
            _ => false,
        };
        is_possible.then(|| Self { property: property.to_owned(), value, is_exact })
    }
}
