//! The faults of a schedule: every kind that the emulator knows, where Graph could show it; knows no
//! provider.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::chance::Chance;
use crate::emulator::{Effect, Fault};

/// A fault, and when the gates that it names are opened.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) fault: Fault,
    /// The gate that requests wait at, and how long after the first of them came it opens.
    pub(super) gate: Option<(String, Duration)>,
}

/// The seconds for which a listing may lag without anything being lost: less than is looked for an
/// object whose answer was lost.
const LAG: usize = 50;

/// One fault somewhere. `name` is for its gate, and unlike all others.
pub(super) fn trouble(chance: &mut Chance, name: &str) -> Trouble {
    let mut gate = None;
    let mut hold = |chance: &mut Chance| {
        gate = Some((name.to_owned(), chance.seconds(200)));
        name.to_owned()
    };
    let (method, target, effect) = match chance.below(20) {
        0..10 => ("POST", "/enrollmentProfiles", of_create(chance, &mut hold)),
        10..14 => ("GET", *chance.pick(&GETS), of_read(chance, &mut hold)),
        14..16 => ("PATCH", "", of_update(chance, &mut hold)),
        16..18 => ("DELETE", "", of_delete(chance, &mut hold)),
        18 => ("POST", "/oauth2/", of_sign_in(chance, &mut hold)),
        _ => ("*", *chance.pick(&["", "/beta"]), anywhere(chance)),
    };
    // What is not there twice, seconds apart, is gone for everybody who asks.
    let is_denial = method == "DELETE" && matches!(effect, Effect::Status { code: 404, .. });
    let fault = Fault::new(method, target, effect);
    let times = if chance.once_in(4) && !is_denial { chance.between(2, 6) } else { 1 };
    let after = chance.below(12);
    Trouble { fault: fault.times(times).after(after), gate }
}

const GETS: [&str; 3] = ["", "/enrollmentProfiles", "/enrollmentProfiles/"];

fn of_create(chance: &mut Chance, hold: &mut impl FnMut(&mut Chance) -> String) -> Effect {
    match chance.below(16) {
        0 => refusal(chance),
        1 => failure(chance, &[409, 400, 403]),
        2 => Effect::NotFoundAfterCreate { reads: chance.between(1, 3) },
        3 => Effect::UnlistedFor { seconds: lag(chance) },
        4 => Effect::ForeignTwin { changes: twin_changes(chance) },
        5 => Effect::SetProperty { name: "displayName".to_owned(), value: json!("normalised") },
        6 => Effect::HoldBeforeCommit { gate: hold(chance) },
        7 => Effect::DropBeforeCommit,
        8 => failure(chance, &FAILURES),
        9 => {
            let answered = lost(chance, hold);
            both(Effect::UnlistedFor { seconds: lag(chance) }, answered)
        }
        10 => {
            let answered = lost(chance, hold);
            both(Effect::NotFoundAfterCreate { reads: chance.between(1, 3) }, answered)
        }
        11 => {
            let answered = lost(chance, hold);
            both(Effect::ForeignTwin { changes: twin_changes(chance) }, answered)
        }
        12 => {
            // Who gets a good answer has no reason to look whether there are two.
            let answered = lost_for_good(chance);
            both(Effect::CommitTwice, answered)
        }
        _ => lost(chance, hold),
    }
}

/// It is done, and the answer comes late, if at all, or is of no use.
fn lost(chance: &mut Chance, hold: &mut impl FnMut(&mut Chance) -> String) -> Effect {
    match chance.below(8) {
        0 => Effect::CommitThenHold { gate: hold(chance) },
        1 => Effect::Stall { bytes: chance.below(300), gate: hold(chance) },
        _ => lost_for_good(chance),
    }
}

fn lost_for_good(chance: &mut Chance) -> Effect {
    match chance.below(6) {
        0 => Effect::CommitThenDrop,
        1 => Effect::OmitProperty { name: "id".to_owned() },
        2 => Effect::SetProperty { name: "id".to_owned(), value: Json::Null },
        3 => html(),
        4 => Effect::Truncate { bytes: chance.below(300) },
        _ => {
            let code = *chance.pick(&FAILURES);
            Effect::CommitThenStatus { code, headers: Vec::new(), body: Json::Null }
        }
    }
}

fn of_read(chance: &mut Chance, hold: &mut impl FnMut(&mut Chance) -> String) -> Effect {
    match chance.below(9) {
        0 => refusal(chance),
        1 => failure(chance, &[404]),
        2 => Effect::DropBeforeCommit,
        3 => html(),
        4 => Effect::Truncate { bytes: chance.below(300) },
        5 => Effect::Stall { bytes: chance.below(300), gate: hold(chance) },
        6 => Effect::HoldBeforeCommit { gate: hold(chance) },
        7 => Effect::ReplaceBody { bytes: Vec::new(), content_type: "application/json".to_owned() },
        _ => failure(chance, &FAILURES),
    }
}

fn of_update(chance: &mut Chance, hold: &mut impl FnMut(&mut Chance) -> String) -> Effect {
    match chance.below(7) {
        0 => refusal(chance),
        1 => failure(chance, &[400, 403, 404, 409, 412, 423]),
        2 => Effect::StaleReads { reads: chance.between(1, 12) },
        3 => Effect::DropBeforeCommit,
        4 => Effect::HoldBeforeCommit { gate: hold(chance) },
        5 => failure(chance, &FAILURES),
        _ => lost(chance, hold),
    }
}

fn of_delete(chance: &mut Chance, hold: &mut impl FnMut(&mut Chance) -> String) -> Effect {
    match chance.below(7) {
        0 => refusal(chance),
        1 => failure(chance, &[400, 403, 404, 409, 423]),
        2 => Effect::LingerAfterDelete { reads: chance.between(1, 6) },
        3 => Effect::DropBeforeCommit,
        4 => Effect::HoldBeforeCommit { gate: hold(chance) },
        5 => failure(chance, &FAILURES),
        _ => lost(chance, hold),
    }
}

fn of_sign_in(chance: &mut Chance, hold: &mut impl FnMut(&mut Chance) -> String) -> Effect {
    match chance.below(4) {
        0 => Effect::DropBeforeCommit,
        1 => html(),
        2 => Effect::CommitThenHold { gate: hold(chance) },
        _ => failure(chance, &[429, 500, 503]),
    }
}

fn anywhere(chance: &mut Chance) -> Effect {
    match chance.below(3) {
        0 => Effect::DropBeforeCommit,
        1 => failure(chance, &FAILURES),
        _ => refusal(chance),
    }
}

/// What says that nothing was done: too much was asked, or a token is not good.
fn refusal(chance: &mut Chance) -> Effect {
    let (code, headers) = match chance.below(5) {
        0 => (401, None),
        1 => (429, None),
        2 => (429, Some("2.128".to_owned())),
        3 => (503, Some(chance.between(1, 20).to_string())),
        _ => (429, Some(chance.between(1, 90).to_string())),
    };
    let headers = headers.map(|wait| ("Retry-After".to_owned(), wait)).into_iter().collect();
    Effect::Status { code, headers, body: Json::Null }
}

fn failure(chance: &mut Chance, codes: &[u16]) -> Effect {
    Effect::Status { code: *chance.pick(codes), headers: Vec::new(), body: Json::Null }
}

const FAILURES: [u16; 6] = [500, 502, 503, 504, 408, 302];

fn html() -> Effect {
    let bytes = b"<!doctype html><title>Sign in to the network</title>".to_vec();
    Effect::ReplaceBody { bytes, content_type: "text/html".to_owned() }
}

fn both(stored: Effect, answered: Effect) -> Effect {
    Effect::Both { stored: Box::new(stored), answered: Box::new(answered) }
}

fn lag(chance: &mut Chance) -> u64 {
    u64::try_from(chance.between(1, LAG)).unwrap()
}

/// Somebody else's profile is the same, or of the same name.
fn twin_changes(chance: &mut Chance) -> Json {
    if chance.once_in(2) { json!({}) } else { json!({ "description": "somebody else's" }) }
}
