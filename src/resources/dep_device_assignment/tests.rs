//! What a configuration of an assignment may say, and what is planned from it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::value::Fields;

const TOKEN_A: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d";
const TOKEN_B: &str = "64fac284-7866-43e5-860a-9c8e10fa3d7d";

/// A configuration with these lines beside a token, a profile and one device.
fn config(lines: &[(&str, Value)]) -> Value {
    let names = schema().block.attributes.into_iter().map(|attribute| attribute.name);
    let mut fields: Fields = names.map(|name| (name, Value::Null)).collect();
    fields.insert(TOKEN_ID.to_owned(), Value::text(TOKEN_A));
    fields.insert(PROFILE_ID.to_owned(), Value::text(format!("{TOKEN_A}_p")));
    fields.insert(SERIAL_NUMBERS.to_owned(), set(&["A1"]));
    fields.extend(lines.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(fields)
}

fn set(serial_numbers: &[&str]) -> Value {
    Value::set(serial_numbers.iter().map(Value::text).collect())
}

fn planned(prior: &Value, config: &Value) -> Planned {
    plan(prior, config, config)
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let text = |id: &str| Value::text(id);
    let of_b = format!("{TOKEN_B}_p");
    for (lines, attribute, part) in [
        (vec![(PROFILE_ID, text(" "))], PROFILE_ID, "is empty"),
        (vec![(TOKEN_ID, text(""))], TOKEN_ID, "is empty"),
        (vec![(PROFILE_ID, text(&of_b))], PROFILE_ID, "Profile of another token"),
        (vec![(FALLBACK_ID, text(&of_b))], FALLBACK_ID, "Profile of another token"),
        (
            vec![(FALLBACK_ID, text(&format!("{TOKEN_A}_p")))],
            FALLBACK_ID,
            "fall back to the same profile",
        ),
        (
            vec![
                (PROFILE_ID, text(&format!("{TOKEN_A}_{TOKEN_B}"))),
                (FALLBACK_ID, text(&TOKEN_B.to_uppercase())),
            ],
            FALLBACK_ID,
            "fall back to the same profile",
        ),
        (vec![(AUTHORITATIVE, Value::Bool(true))], FALLBACK_ID, "No profile for the other"),
        (vec![(SERIAL_NUMBERS, set(&["A1", "a1"]))], SERIAL_NUMBERS, "Not a serial number"),
        (vec![(SERIAL_NUMBERS, set(&[""]))], SERIAL_NUMBERS, "Not a serial number"),
        (vec![(SERIAL_NUMBERS, set(&["A\u{a0}1"]))], SERIAL_NUMBERS, "Not a serial number"),
        (
            vec![(SERIAL_NUMBERS, Value::set(vec![Value::Null]))],
            SERIAL_NUMBERS,
            "Not a serial number",
        ),
    ] {
        let found = validate(&config(&lines));
        let [one] = found.as_slice() else { panic!("{lines:?}: {found:?}") };
        assert!(one.is_error() && one.summary.contains(part), "{lines:?}: {one:?}");
        assert_eq!(one.path, Some(Path::attribute(attribute)), "{lines:?}");
    }
}

#[test]
fn what_may_be_right_passes() {
    let text = |id: &str| Value::text(id);
    for lines in [
        vec![],
        vec![(TOKEN_ID, text(&TOKEN_A.to_uppercase()))],
        vec![(PROFILE_ID, text("7b0f8a2e-3d9f-4eb6-aac3-bab920178f4a"))],
        vec![(PROFILE_ID, text(&format!("ECV2_{TOKEN_A}_p")))],
        vec![(PROFILE_ID, Value::unknown())],
        vec![(TOKEN_ID, Value::unknown()), (SERIAL_NUMBERS, Value::unknown())],
        vec![(AUTHORITATIVE, Value::Bool(true)), (FALLBACK_ID, Value::unknown())],
        vec![(AUTHORITATIVE, Value::unknown())],
        vec![(SERIAL_NUMBERS, Value::set(vec![text("A1"), Value::unknown()]))],
        vec![(SERIAL_NUMBERS, set(&[]))],
    ] {
        assert_eq!(validate(&config(&lines)), [], "{lines:?}");
    }
}

#[test]
fn a_create_plans_all_that_can_be_known() {
    let new = planned(&Value::Null, &config(&[])).state;
    assert_eq!(new.field(ID), &Value::text(format!("{TOKEN_A}/{TOKEN_A}_p")));
    assert_eq!(new.field(AUTHORITATIVE), &Value::Bool(false));
    let later = planned(&Value::Null, &config(&[(PROFILE_ID, Value::unknown())])).state;
    assert_eq!(later.field(ID), &Value::unknown_not_null());
}

#[test]
fn the_same_devices_in_another_spelling_are_no_change() {
    let prior = planned(&Value::Null, &config(&[(SERIAL_NUMBERS, set(&["A1", "B2"]))])).state;
    for (serial_numbers, kept) in [
        (set(&["a1", "b2"]), set(&["A1", "B2"])),
        (set(&["a1", "B2", "c3"]), set(&["a1", "B2", "c3"])),
        (Value::unknown(), Value::unknown()),
    ] {
        let next = planned(&prior, &config(&[(SERIAL_NUMBERS, serial_numbers)]));
        assert_eq!(next.state.field(SERIAL_NUMBERS), &kept);
        assert!(next.requires_replace.is_empty() && next.diagnostics.is_empty(), "{next:?}");
    }
}

#[test]
fn another_token_replaces_and_another_profile_does_not() {
    let prior = planned(&Value::Null, &config(&[])).state;
    let moved = planned(&prior, &config(&[(TOKEN_ID, Value::text(TOKEN_B))]));
    assert_eq!(moved.requires_replace, [Path::attribute(TOKEN_ID)]);
    let unknown = planned(&prior, &config(&[(TOKEN_ID, Value::unknown())]));
    assert_eq!(unknown.requires_replace, [Path::attribute(TOKEN_ID)]);
    let other = planned(&prior, &config(&[(PROFILE_ID, Value::text(format!("{TOKEN_A}_q")))]));
    assert!(other.requires_replace.is_empty());
}

#[test]
fn the_same_ids_in_other_letters_are_no_change() {
    let guid = "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a";
    let written = |token: &str| {
        let text = |id: String| Value::text(id);
        config(&[
            (TOKEN_ID, text(token.to_owned())),
            (PROFILE_ID, text(format!("{token}_{guid}"))),
            (FALLBACK_ID, text(format!("{token}_f"))),
        ])
    };
    let prior = planned(&Value::Null, &written(TOKEN_A)).state;
    let next = planned(&prior, &written(&TOKEN_A.to_uppercase()));
    assert_eq!((next.state, next.requires_replace), (prior, Vec::new()));
}

#[test]
fn devices_that_keep_their_profile_are_named_and_others_are_not() {
    let both = [(SERIAL_NUMBERS, set(&["A1", "B2"]))];
    let prior = planned(&Value::Null, &config(&both)).state;
    let told = planned(&prior, &config(&[(SERIAL_NUMBERS, set(&["a1"]))])).diagnostics;
    let [one] = told.as_slice() else { panic!("{told:?}") };
    assert!(one.detail.contains("`B2`") && !one.detail.contains("`A1`"), "{}", one.detail);
    assert!(plan_destroy(&prior).first().unwrap().detail.contains("`A1`, `B2`"));

    let fallback = (FALLBACK_ID, Value::text(format!("{TOKEN_A}_f")));
    let fewer = config(&[(SERIAL_NUMBERS, set(&["A1"])), fallback.clone()]);
    assert_eq!(planned(&prior, &fewer).diagnostics, []);
    let falling = planned(&Value::Null, &config(&[both[0].clone(), fallback])).state;
    assert_eq!(plan_destroy(&falling), []);
    let gone = planned(&falling, &config(&[(SERIAL_NUMBERS, set(&["A1"]))])).diagnostics;
    assert_eq!(gone.len(), 1, "the line of the fallback went with the device");
}

#[test]
fn a_few_of_many_serial_numbers_are_shown() {
    let all: Vec<_> = (0..12).map(|number| number.to_string()).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_eq!(some(&all[..2]), "`0`, `1`");
    assert!(some(&all[..10]).ends_with("`9`"));
    assert!(some(&all).ends_with("`9` and 2 more"));
}
