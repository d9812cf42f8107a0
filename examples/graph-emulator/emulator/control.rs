//! What tests do with the service from another process, as JSON below `/_emulator`; adds nothing of its own.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{Answer, Request};
use super::{Course, Effect, Emulator, Fault};

/// Where these paths start; Graph has nothing there.
pub(crate) const PREFIX: &str = "/_emulator/";

/// Answers a request below the prefix: 200 with a result, 204 without, 400 to what cannot be read, 404 to what is
/// not there.
pub(crate) async fn answer(emulator: &Emulator, request: &Request) -> Answer {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    match (request.method.as_str(), &segments[..]) {
        ("GET", ["requests"]) => Answer::json(200, &json!(emulator.requests())),
        ("POST", ["clear"]) => done(true, || emulator.clear_requests()),
        ("GET", ["tokens"]) => {
            let tokens = emulator.tokens();
            let tokens = tokens.iter().map(|(id, name)| json!({ "id": id, "name": name }));
            Answer::json(200, &tokens.collect())
        }
        ("POST", ["tokens"]) => match body.get("name").and_then(Value::as_str) {
            Some(name) => Answer::json(200, &json!({ "id": emulator.add_token(name) })),
            None => unreadable("a token needs a \"name\""),
        },
        ("PATCH", ["tokens", token]) => done(emulator.edit_token(token, body), || ()),
        ("POST", ["tokens", token, "policies", type_name]) => {
            match emulator.set_default_policy(token, type_name) {
                Some(id) => Answer::json(200, &json!({ "id": id })),
                None => Answer::empty(404),
            }
        }
        ("PUT", ["tokens", token, "devices", serial]) => {
            done(emulator.describe_device(token, serial, body), || ())
        }
        ("POST", ["tokens", token, "devices"]) => {
            match body.get("serial_number").and_then(Value::as_str) {
                Some(serial) => done(emulator.add_device(token, serial), || ()),
                None => unreadable("a device needs a \"serial_number\""),
            }
        }
        ("POST", ["tokens", token, "sync"]) => match serde_json::from_value::<Course>(body) {
            Ok(course) => done(emulator.let_sync(token, course), || ()),
            Err(error) => unreadable(&error.to_string()),
        },
        ("POST", ["tokens", token, "synced"]) => {
            match body.get("seconds_ago").and_then(Value::as_u64) {
                Some(seconds) => {
                    done(emulator.was_synced(token, Duration::from_secs(seconds)), || ())
                }
                None => unreadable("a sync that was needs its \"seconds_ago\""),
            }
        }
        ("PATCH", ["tokens", token, "devices", serial]) => {
            match body.get("profile_id").and_then(Value::as_str) {
                Some(profile) => done(emulator.edit_device(token, serial, profile), || ()),
                None => unreadable("a device is given a \"profile_id\""),
            }
        }
        ("DELETE", ["tokens", token, "devices", serial]) => {
            done(emulator.remove_device(token, serial), || ())
        }
        ("GET", ["profiles", id, "devices"]) => Answer::json(200, &json!(emulator.devices_of(id))),
        ("GET", ["tokens", token, "profiles"]) => {
            Answer::json(200, &json!(emulator.profiles(token)))
        }
        ("POST", ["tokens", token, "profiles"]) => match emulator.try_put_profile(token, body) {
            Some(id) => Answer::json(200, &json!({ "id": id })),
            None => Answer::empty(404),
        },
        ("PATCH", ["profiles", id]) => done(emulator.edit_profile(id, body), || ()),
        ("GET", ["profiles", id, "foreign"]) => {
            Answer::json(200, &json!({ "foreign": emulator.is_foreign(id) }))
        }
        ("PUT", ["largest_page"]) => match body.as_u64().and_then(|size| size.try_into().ok()) {
            Some(size) => done(true, || emulator.let_prefer(size)),
            None => unreadable("the largest page is a number"),
        },
        ("POST", ["catch_up"]) => done(true, || emulator.catch_up()),
        ("DELETE", ["profiles", id]) => done(emulator.remove_profile(id), || ()),
        ("POST", ["fault"]) => match serde_json::from_value::<FaultOrder>(body) {
            Ok(order) => done(true, || emulator.fault(order.fault())),
            Err(error) => unreadable(&error.to_string()),
        },
        ("DELETE", ["fault"]) => done(true, || emulator.clear_faults()),
        ("POST", ["gates", gate, "open"]) => done(true, || emulator.open_gate(gate)),
        ("POST", ["gates", "open"]) => done(true, || emulator.open_every_gate()),
        ("GET", ["gates", gate, "arrivals", count]) => match count.parse() {
            Ok(count) => {
                emulator.arrivals(gate, count).await;
                Answer::empty(204)
            }
            Err(_) => unreadable("the last segment must be a number"),
        },
        ("POST", ["revoke"]) => done(true, || emulator.revoke_access_tokens()),
        ("POST", ["claims"]) => done(true, || emulator.demand_claims(body)),
        ("PUT", ["clients", client, "roles"]) => {
            match serde_json::from_value::<Vec<String>>(body) {
                Ok(roles) => done(emulator.set_roles(client, &roles), || ()),
                Err(error) => unreadable(&error.to_string()),
            }
        }
        _ => Answer::empty(404),
    }
}

/// A fault as JSON: `{"method": "POST", "path": "/enrollmentProfiles", "effect": {"status": {"code": 503}}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultOrder {
    #[serde(default = "any_method")]
    method: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    after: usize,
    #[serde(default = "once")]
    times: usize,
    effect: Effect,
}

impl FaultOrder {
    fn fault(self) -> Fault {
        Fault::new(&self.method, &self.path, self.effect).after(self.after).times(self.times)
    }
}

fn any_method() -> String {
    "*".to_owned()
}

fn once() -> usize {
    1
}

fn done(is_found: bool, act: impl FnOnce()) -> Answer {
    act();
    Answer::empty(if is_found { 204 } else { 404 })
}

fn unreadable(reason: &str) -> Answer {
    Answer::json(400, &json!({ "error": reason }))
}
