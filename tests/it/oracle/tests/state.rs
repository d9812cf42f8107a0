//! Examples of states that a provider returns, and of what core writes down.

use terraform_provider_intune::value::{Type, Value};

use super::*;
use crate::oracle::{
    Action, Imported, Saved, assert_applied, assert_data_read, assert_identity, assert_import,
    assert_imported_read, assert_read, assert_upgraded, saved_after_apply,
};

fn planned() -> Value {
    profile(Value::unknown_not_null(), "n", Value::Null)
}

fn created() -> Value {
    profile(Value::text("1"), "n", Value::Null)
}

fn with_password(password: &str) -> Value {
    object([
        ("id", Value::text("1")),
        ("name", Value::text("n")),
        ("note", Value::Null),
        ("password", Value::text(password)),
    ])
}

fn healthy(value: Value) -> Saved {
    Saved { value, tainted: false }
}

fn applied(new_state: &Value, had_error: bool, action: Action) -> Vec<String> {
    let planned = if action == Action::Delete { Value::Null } else { planned() };
    assert_applied(&profile_schema(), &planned, new_state, had_error, action)
}

fn saved(
    prior: Option<&Saved>,
    new_state: &Value,
    had_error: bool,
    action: Action,
) -> Option<Saved> {
    let planned = if action == Action::Delete { Value::Null } else { planned() };
    saved_after_apply(&profile_schema(), prior, &planned, new_state, had_error, action)
}

#[test]
fn an_applied_state_completes_the_plan() {
    assert_accepted(&applied(&created(), false, Action::Create));
    let renamed = profile(Value::text("1"), "m", Value::Null);
    assert_refused(&applied(&renamed, false, Action::Create), "name", "was planned as");
    let without_id = profile(Value::Null, "n", Value::Null);
    assert_refused(&applied(&without_id, false, Action::Create), "id", "promise");
}

#[test]
fn an_error_explains_a_state_that_differs_from_the_plan() {
    let renamed = profile(Value::text("1"), "m", Value::Null);
    assert_accepted(&applied(&renamed, true, Action::Create));
    assert_accepted(&applied(&Value::Null, true, Action::Create));
}

#[test]
fn an_applied_state_is_wholly_known_even_after_an_error() {
    let undecided = profile(Value::unknown(), "n", Value::Null);
    assert_refused(&applied(&undecided, false, Action::Create), "id", "is unknown");
    assert_refused(&applied(&undecided, true, Action::Create), "id", "is unknown");
}

#[test]
fn an_applied_state_has_no_write_only_value() {
    assert_refused(&applied(&with_password("x"), false, Action::Create), "password", "write-only");
    assert_refused(&applied(&with_password("x"), true, Action::Create), "password", "write-only");
}

#[test]
fn an_applied_state_is_of_the_type_of_the_schema() {
    let found = applied(&object([("id", Value::text("1"))]), true, Action::Create);
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn only_a_destroy_ends_in_null() {
    assert_accepted(&applied(&Value::Null, false, Action::Delete));
    assert_refused(&applied(&created(), false, Action::Delete), "root object", "still there");
    assert_accepted(&applied(&created(), true, Action::Delete));
    assert_refused(&applied(&Value::Null, false, Action::Update), "root object", "is not there");
}

#[test]
fn a_successful_apply_is_saved() {
    let prior = Saved { value: profile(Value::text("1"), "old", Value::Null), tainted: true };
    let expected = Some(healthy(created()));
    assert_eq!(saved(None, &created(), false, Action::Create), expected);
    assert_eq!(saved(Some(&prior), &created(), false, Action::Update), expected);
    assert_eq!(saved(Some(&prior), &Value::Null, false, Action::Delete), None);
    assert_eq!(saved(Some(&prior), &Value::Null, false, Action::NoOp), Some(prior));
}

#[test]
fn a_failed_create_with_a_state_is_saved_as_tainted() {
    let expected = Some(Saved { value: created(), tainted: true });
    assert_eq!(saved(None, &created(), true, Action::Create), expected);
    let replaced = healthy(profile(Value::text("0"), "old", Value::Null));
    assert_eq!(saved(Some(&replaced), &created(), true, Action::Replace), expected);
}

#[test]
fn a_failed_create_without_a_state_is_lost() {
    assert_eq!(saved(None, &Value::Null, true, Action::Create), None);
    let replaced = healthy(created());
    assert_eq!(saved(Some(&replaced), &Value::Null, true, Action::Replace), None);
}

#[test]
fn a_failed_update_saves_what_it_returns_or_keeps_the_prior_state() {
    let prior = healthy(profile(Value::text("1"), "old", Value::Null));
    let halfway = profile(Value::text("1"), "old", Value::text("new"));
    let expected = Some(healthy(halfway.clone()));
    assert_eq!(saved(Some(&prior), &halfway, true, Action::Update), expected);
    assert_eq!(saved(Some(&prior), &Value::Null, true, Action::Update), Some(prior));
}

#[test]
fn a_failed_delete_keeps_the_object_and_its_taint() {
    let tainted = Saved { value: created(), tainted: true };
    assert_eq!(saved(Some(&tainted), &created(), true, Action::Delete), Some(tainted.clone()));
    assert_eq!(saved(Some(&tainted), &Value::Null, true, Action::Delete), Some(tainted));
}

#[test]
fn an_object_left_over_by_a_successful_delete_is_still_saved() {
    let prior = healthy(created());
    assert_eq!(saved(Some(&prior), &created(), false, Action::Delete), Some(prior.clone()));
}

#[test]
fn a_broken_contract_counts_as_an_error() {
    let renamed = profile(Value::text("1"), "m", Value::Null);
    let expected = Some(Saved { value: renamed.clone(), tainted: true });
    assert_eq!(saved(None, &renamed, false, Action::Create), expected);
    let undecided = profile(Value::unknown(), "n", Value::Null);
    let without_id = profile(Value::Null, "n", Value::Null);
    let expected = Some(Saved { value: without_id, tainted: true });
    assert_eq!(saved(None, &undecided, false, Action::Create), expected);
}

#[test]
fn what_cannot_be_stored_is_dropped() {
    let prior = healthy(created());
    let malformed = object([("id", Value::text("1"))]);
    for unstorable in [malformed, with_password("x")] {
        assert_eq!(saved(Some(&prior), &unstorable, false, Action::Update), Some(prior.clone()));
        assert_eq!(saved(None, &unstorable, true, Action::Create), None);
    }
}

#[test]
fn a_read_is_known_well_typed_and_free_of_write_only_values() {
    let schema = profile_schema();
    assert_accepted(&assert_read(&schema, &created()));
    assert_accepted(&assert_read(&schema, &Value::Null));
    let undecided = profile(Value::unknown(), "n", Value::Null);
    assert_refused(&assert_read(&schema, &undecided), "id", "is unknown");
    assert_refused(&assert_read(&schema, &with_password("x")), "password", "write-only");
    let untyped = profile(Value::Bool(true), "n", Value::Null);
    assert_refused(&assert_read(&schema, &untyped), "id", "a bool");
}

#[test]
fn an_upgrade_ends_in_an_object() {
    let schema = profile_schema();
    assert_accepted(&assert_upgraded(&schema, &created()));
    assert_refused(&assert_upgraded(&schema, &Value::Null), "root object", "to nothing");
    let undecided = profile(Value::unknown(), "n", Value::Null);
    assert_refused(&assert_upgraded(&schema, &undecided), "id", "is unknown");
}

#[test]
fn a_data_source_reads_a_known_object() {
    let schema = profile_schema();
    assert_accepted(&assert_data_read(&schema, &created()));
    assert_refused(&assert_data_read(&schema, &Value::Null), "root object", "read null");
    let undecided = profile(Value::unknown(), "n", Value::Null);
    assert_refused(&assert_data_read(&schema, &undecided), "id", "is unknown");
    let untyped = profile(Value::Bool(true), "n", Value::Null);
    assert_refused(&assert_data_read(&schema, &untyped), "id", "a bool");
}

#[test]
fn an_import_is_one_object_of_the_type_asked_for() {
    let schema = profile_schema();
    let of = |type_name: &str, state, identity| Imported {
        type_name: type_name.to_owned(),
        state,
        identity,
    };
    let check = |by_identity, imported: &[Imported]| {
        assert_import(&schema, "profile", by_identity, imported)
    };
    let good = of("profile", created(), None);
    assert_accepted(&check(false, std::slice::from_ref(&good)));
    assert_refused(&check(false, &[]), "root object", "returned 0 objects");
    assert_refused(&check(false, &[good.clone(), good.clone()]), "root object", "2 objects");
    let other = of("token", created(), None);
    assert_refused(&check(false, &[other]), "root object", "\"token\"");
    let nothing = of("profile", Value::Null, None);
    assert_refused(&check(false, &[nothing]), "root object", "no state");
    let secret = of("profile", with_password("x"), None);
    assert_refused(&check(false, &[secret]), "password", "write-only");
    assert_refused(&check(true, &[good]), "root object", "no identity");
    let identified = of("profile", Value::Null, Some(Value::text("1")));
    assert_accepted(&check(true, &[identified]));
}

#[test]
fn what_is_imported_exists() {
    let schema = profile_schema();
    assert_accepted(&assert_imported_read(&schema, &created()));
    let found = assert_imported_read(&schema, &Value::Null);
    assert_refused(&found, "root object", "does not exist");
}

#[test]
fn an_identity_is_known_once_the_object_exists() {
    let type_ = Type::Object([("id".to_owned(), Type::String)].into(), Default::default());
    let identity = |id| object([("id", id)]);
    assert_accepted(&assert_identity(&type_, &identity(Value::text("1")), false));
    assert_accepted(&assert_identity(&type_, &identity(Value::unknown()), true));
    let found = assert_identity(&type_, &identity(Value::unknown()), false);
    assert_refused(&found, "id", "is unknown");
    let found = assert_identity(&type_, &identity(Value::Bool(true)), true);
    assert_refused(&found, "id", "a bool");
}
