//! Panes given as Booleans, as keys or as both, against every service that there may be.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value as JsonValue;

use super::*;
use crate::value::Fields;

const ROOM: Entity = Entity {
    type_name: "library_room",
    noun: "room",
    description: "A room.",
    graph_type: "#library.room",
    properties: &[
        text("id", "id", "Id.").computed(),
        flag("siri_disabled", "siriDisabled", "Siri.").skips("Siri"),
        flag("zoom_disabled", "zoomDisabled", "Zoom.").skips("Zoom"),
        flag("privacy_disabled", "privacyDisabled", "Privacy.").skips_doubtfully("Privacy"),
        skip_keys("keys", "keys", &["Welcome"], "Keys."),
    ],
    rules: &[],
    ..BOOK
};

const KEYS: [&str; 5] = ["Siri", "Zoom", "Privacy", "Welcome", "FromTheFuture"];

/// What a service makes of the keys that it is sent.
#[derive(Clone, Copy, Debug)]
enum Service {
    Echoing,
    Dropping,
    Deriving,
}

impl Service {
    /// Takes a request; answers what a read then tells.
    fn store(self, stored: &mut Json, body: Json) {
        stored.extend(body);
        let keys = match self {
            Self::Echoing => return,
            Self::Dropping => Vec::new(),
            Self::Deriving => {
                let on = |pane: &Pane| {
                    let row = ROOM.property(pane.attribute).unwrap();
                    stored.get(row.graph) == Some(&JsonValue::Bool(true))
                };
                ROOM.panes().filter(on).map(|pane| JsonValue::from(pane.key.name)).collect()
            }
        };
        stored.insert("keys".to_owned(), JsonValue::Array(keys));
    }
}

/// A configuration that validation lets pass.
fn any_room() -> impl Strategy<Value = Value> {
    let flag = || prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool)];
    let keys = prop::sample::subsequence(KEYS.to_vec(), 0..=KEYS.len());
    let keys = prop::option::of(keys).prop_map(|keys| {
        let keys = keys.map(|keys| keys.into_iter().map(Value::text).collect());
        keys.map_or(Value::Null, Value::set)
    });
    let room = (flag(), flag(), flag(), keys).prop_map(|(siri, zoom, privacy, keys)| {
        object(&[
            ("shelf_id", Value::text("s1")),
            ("id", Value::Null),
            ("siri_disabled", siri),
            ("zoom_disabled", zoom),
            ("privacy_disabled", privacy),
            ("keys", keys),
        ])
    });
    room.prop_filter("a pane both shown and skipped", |room| {
        ROOM.validate_panes(room).iter().all(|told| !told.is_error())
    })
}

/// The panes that a configuration skips.
fn meant(room: &Value) -> BTreeSet<&'static str> {
    let keys = room.field("keys").as_elements().unwrap_or_default();
    let is_meant = |pane: &Pane| match room.field(pane.attribute) {
        Value::Bool(on) => *on,
        _ => keys.iter().any(|key| key.as_text() == Some(pane.key.name)),
    };
    ROOM.panes().filter(is_meant).map(|pane| pane.attribute).collect()
}

fn skipped(stored: &Json) -> BTreeSet<&'static str> {
    let is_on =
        |pane: &Pane| stored[ROOM.property(pane.attribute).unwrap().graph] == JsonValue::Bool(true);
    ROOM.panes().filter(is_on).map(|pane| pane.attribute).collect()
}

proptest! {
    #[test]
    fn every_change_of_panes_is_made_and_the_next_plan_is_empty(
        rooms in prop::collection::vec(any_room(), 1..4),
        service in prop_oneof![
            Just(Service::Echoing), Just(Service::Dropping), Just(Service::Deriving)
        ],
    ) {
        let (mut state, mut stored) = (Value::Null, Json::new());
        let mut suggestions = Suggestions::default();
        for room in &rooms {
            let planned = ROOM.plan(&state, room, room, &suggestions).state;
            let body = match state.is_null() {
                true => Some(ROOM.create_body(&planned)),
                false => ROOM.update_body(&state, &planned),
            };
            if let Some(body) = body {
                service.store(&mut stored, body);
                stored.insert("id".to_owned(), "r1".into());
                let settled = ROOM.settle(&planned, &stored);
                state = settled.state;
                suggestions = suggestions.merged(settled.suggestions);
            } else {
                state = planned;
            }
            prop_assert_eq!(skipped(&stored), meant(room), "{:?}", stored);
            if let Service::Dropping = service {
                let unaided = ROOM.read(&stored, &state).unwrap();
                prop_assert_eq!(unaided.field("keys"), state.field("keys"), "no keys say nothing");
            }
            for _ in 0..2 {
                state = ROOM.refresh(&stored, &state, &suggestions).unwrap();
                let parent = Fields::from([("shelf_id".to_owned(), Value::text("s1"))]);
                let Value::Object(mut fields) = state else { panic!("no state") };
                fields.extend(parent);
                state = Value::Object(fields);
                let again = ROOM.plan(&state, room, room, &suggestions).state;
                prop_assert_eq!(&again, &state, "a change that nobody made");
            }
        }
    }

    #[test]
    fn a_room_that_is_imported_is_planned_by_its_own_booleans(
        room in any_room(),
        service in prop_oneof![
            Just(Service::Echoing), Just(Service::Dropping), Just(Service::Deriving)
        ],
    ) {
        let planned = ROOM.plan(&Value::Null, &room, &room, &Suggestions::default()).state;
        let mut stored = Json::new();
        service.store(&mut stored, ROOM.create_body(&planned));
        stored.insert("id".to_owned(), "r1".into());
        let imported = ROOM.read(&stored, &Value::Null).unwrap();
        let flag = |name: &'static str| (name, imported.field(name).clone());
        let booleans = object(&[
            ("id", Value::Null), ("keys", Value::Null), flag("siri_disabled"),
            flag("zoom_disabled"), flag("privacy_disabled"),
        ]);
        let again = ROOM.plan(&imported, &booleans, &booleans, &Suggestions::default()).state;
        for pane in ROOM.panes() {
            prop_assert_eq!(again.field(pane.attribute), imported.field(pane.attribute));
        }
    }
}
