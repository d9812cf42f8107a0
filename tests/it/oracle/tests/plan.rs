//! Examples of good and bad plans.

use terraform_provider_intune::schema::{BlockNesting, Nesting, Schema, Shape};
use terraform_provider_intune::value::{Path, Refinement, Type, Value};

use super::*;
use crate::oracle::{
    Action, PlannedChange, assert_destroy_plan, assert_final_plan, assert_plan_valid,
    assert_replacement_plan, check_requires_replace, planned_action,
};

fn known(text: &str) -> Value {
    Value::text(text)
}

/// A schema of one attribute, and the complaints about planning it so on update.
fn planned_attribute(attribute: &Attribute, [prior, config, planned]: [Value; 3]) -> Vec<String> {
    let schema = schema([attribute.clone()], []);
    let whole = |value| object([(attribute.name.as_str(), value)]);
    assert_plan_valid(&schema, &whole(prior), &whole(config), &whole(planned))
}

fn planned_blocks(nesting: BlockNesting, [prior, config, planned]: [Value; 3]) -> Vec<String> {
    let schema = schema([], [blocks("b", nesting, [required(text("a")), computed(text("c"))])]);
    let whole = |value| object([("b", value)]);
    assert_plan_valid(&schema, &whole(prior), &whole(config), &whole(planned))
}

fn pair(a: Value, c: Value) -> Value {
    object([("a", a), ("c", c)])
}

#[test]
fn a_create_may_leave_computed_attributes_unknown() {
    let config = profile(Value::Null, "n", Value::Null);
    let planned = profile(Value::unknown_not_null(), "n", Value::unknown());
    assert_accepted(&assert_plan_valid(&profile_schema(), &Value::Null, &config, &planned));
}

#[test]
fn a_configured_value_cannot_be_changed() {
    let config = profile(Value::Null, "n", Value::Null);
    let planned = profile(Value::unknown(), "N", Value::Null);
    let found = assert_plan_valid(&profile_schema(), &Value::Null, &config, &planned);
    assert_refused(&found, "name", "but configured as");
}

#[test]
fn a_configured_computed_value_cannot_be_changed() {
    let config = profile(Value::Null, "n", known("mine"));
    let planned = profile(Value::unknown(), "n", known("yours"));
    let found = assert_plan_valid(&profile_schema(), &Value::Null, &config, &planned);
    assert_refused(&found, "note", "but configured as");
}

#[test]
fn a_non_computed_attribute_stays_null_when_it_is_not_configured() {
    let found = planned_attribute(&text("a"), [Value::Null, Value::Null, known("default")]);
    assert_refused(&found, "a", "neither configured nor computed");
    let found = planned_attribute(&text("a"), [Value::Null, Value::Null, Value::unknown()]);
    assert_refused(&found, "a", "neither configured nor computed");
}

#[test]
fn a_prior_value_may_stay_where_it_means_the_same() {
    let keep = [known("a B"), known("a b"), known("a B")];
    assert_accepted(&planned_attribute(&text("a"), keep));
    let other = [known("a B"), known("a b"), known("A B")];
    assert_refused(&planned_attribute(&text("a"), other), "a", "before");
}

#[test]
fn a_prior_value_may_not_stay_once_it_is_no_longer_configured() {
    let found = planned_attribute(&text("a"), [known("old"), Value::Null, known("old")]);
    assert_refused(&found, "a", "neither configured nor computed");
    let found =
        planned_attribute(&optional_computed(text("a")), [known("old"), Value::Null, known("old")]);
    assert_accepted(&found);
}

#[test]
fn promises_about_an_unknown_may_be_added_or_lost() {
    let promised = Value::refined(Refinement {
        null: Some(false),
        prefix: Some("p".to_owned()),
        ..Refinement::default()
    });
    let attribute = text("a");
    let added = [Value::Null, Value::unknown(), promised.clone()];
    assert_accepted(&planned_attribute(&attribute, added));
    let lost = [Value::Null, promised, Value::unknown()];
    assert_accepted(&planned_attribute(&attribute, lost));
}

#[test]
fn an_unknown_configured_value_cannot_be_made_known() {
    let found = planned_attribute(&text("a"), [Value::Null, Value::unknown(), known("guess")]);
    assert_refused(&found, "a", "but configured as");
    let found = planned_attribute(
        &optional_computed(text("a")),
        [Value::Null, Value::unknown(), known("guess")],
    );
    assert_refused(&found, "a", "but configured as");
}

#[test]
fn a_sensitive_value_is_never_in_a_complaint() {
    let values = [known("hush"), known("secret"), known("other")];
    let found = planned_attribute(&sensitive(text("a")), values);
    assert_refused(&found, "a", "sensitive attribute");
    let leaks = ["hush", "secret", "other"].iter().any(|value| found[0].contains(value));
    assert!(!leaks, "{found:?}");
}

#[test]
fn a_write_only_value_must_not_be_echoed() {
    let with_password = |password| {
        object([
            ("id", Value::Null),
            ("name", known("n")),
            ("note", Value::Null),
            ("password", password),
        ])
    };
    let config = with_password(known("secret"));
    let schema = profile_schema();
    let echoed = with_password(known("secret"));
    let found = assert_plan_valid(&schema, &Value::Null, &config, &echoed);
    assert_refused(&found, "password", "write-only");
    assert_refused(&assert_replacement_plan(&schema, &echoed), "password", "write-only");
    let unknown = with_password(Value::unknown());
    let found = assert_plan_valid(&schema, &Value::Null, &config, &unknown);
    assert_refused(&found, "password", "write-only");
    let left_out = with_password(Value::Null);
    assert_accepted(&assert_plan_valid(&schema, &Value::Null, &config, &left_out));
}

#[test]
fn a_write_only_value_is_found_inside_nested_attributes_and_blocks() {
    let secret = || [write_only(text("s"))];
    let schema = schema(
        [nested("list", Nesting::List, secret()), nested("map", Nesting::Map, secret())],
        [blocks("block", BlockNesting::List, secret())],
    );
    let inner = || object([("s", known("secret"))]);
    let empty = || object([("s", Value::Null)]);
    let whole =
        |a, b, c| object([("list", list([a])), ("map", map([("k", b)])), ("block", list([c]))]);
    let config = whole(inner(), inner(), inner());
    let check = |planned| assert_plan_valid(&schema, &Value::Null, &config, &planned);
    assert_accepted(&check(whole(empty(), empty(), empty())));
    assert_refused(&check(whole(inner(), empty(), empty())), "list[0].s", "write-only");
    assert_refused(&check(whole(empty(), inner(), empty())), "map[\"k\"].s", "write-only");
    assert_refused(&check(whole(empty(), empty(), inner())), "block[0].s", "write-only");
}

#[test]
fn a_plan_must_be_of_the_type_of_the_schema() {
    let schema = schema([text("a"), optional("n", Shape::Type(Type::Number))], []);
    let check = |planned| assert_plan_valid(&schema, &Value::Null, &planned, &planned);
    assert_accepted(&check(object([("a", known("x")), ("n", Value::Null)])));
    let found = check(object([("a", Value::Bool(true)), ("n", Value::Null)]));
    assert_refused(&found, "a", "a bool where a string is wanted");
    assert_refused(&check(object([("a", known("x"))])), "root object", "\"n\" is missing");
    let extra = object([("a", known("x")), ("n", Value::Null), ("z", Value::Null)]);
    assert_refused(&check(extra), "root object", "\"z\" is not in the schema");
}

#[test]
fn a_set_must_be_without_duplicates() {
    let schema = schema([optional("s", Shape::Type(Type::Set(Box::new(Type::String))))], []);
    let twice = object([("s", Value::Set(vec![known("x"), known("x")]))]);
    let found = assert_plan_valid(&schema, &Value::Null, &twice, &twice);
    assert_refused(&found, "s", "duplicates");
    let once = object([("s", set([known("x"), known("y")]))]);
    assert_accepted(&assert_plan_valid(&schema, &Value::Null, &once, &once));
}

#[test]
fn a_value_of_any_type_carries_its_type() {
    let schema = schema([optional("d", Shape::Type(Type::Dynamic))], []);
    let check = |value: Value| {
        let whole = object([("d", value)]);
        assert_plan_valid(&schema, &Value::Null, &whole, &whole)
    };
    let carried = |type_, value| Value::Dynamic(Box::new((type_, value)));
    assert_accepted(&check(carried(Type::String, known("x"))));
    assert_accepted(&check(Value::Null));
    assert_refused(&check(known("x")), "d", "a value with a type of its own is wanted");
    assert_refused(&check(carried(Type::Bool, known("x"))), "d", "a bool is wanted");
    assert_refused(&check(carried(Type::Dynamic, Value::Null)), "d", "no type of its own");
}

#[test]
fn a_destroy_is_planned_as_null() {
    let schema = profile_schema();
    let prior = profile(known("1"), "n", Value::Null);
    assert_accepted(&assert_destroy_plan(&Value::Null));
    assert_accepted(&assert_plan_valid(&schema, &prior, &Value::Null, &Value::Null));
    assert_refused(&assert_destroy_plan(&prior), "root object", "destroy must be planned as null");
    let found = assert_plan_valid(&schema, &prior, &Value::Null, &prior);
    assert_refused(&found, "root object", "must leave it out");
}

#[test]
fn what_is_configured_cannot_be_planned_away() {
    let config = profile(Value::Null, "n", Value::Null);
    let found = assert_plan_valid(&profile_schema(), &Value::Null, &config, &Value::Null);
    assert_refused(&found, "root object", "must not leave it out");
}

#[test]
fn nested_attributes_are_held_to_their_own_rules() {
    let attribute = nested("o", Nesting::Single, [text("a"), computed(text("c"))]);
    let config = pair(known("x"), Value::Null);
    let filled = [Value::Null, config.clone(), pair(known("x"), Value::unknown())];
    assert_accepted(&planned_attribute(&attribute, filled));
    let changed = [Value::Null, config.clone(), pair(known("y"), Value::Null)];
    assert_refused(&planned_attribute(&attribute, changed), "o.a", "but configured as");
    let unknown = [Value::Null, config.clone(), Value::unknown()];
    assert_refused(&planned_attribute(&attribute, unknown), "o", "unknown as a whole");
    let gone = [Value::Null, config, Value::Null];
    assert_refused(&planned_attribute(&attribute, gone), "o", "must not leave it out");
}

#[test]
fn a_nested_list_keeps_its_count_and_order() {
    let attribute = nested("l", Nesting::List, [text("a"), computed(text("c"))]);
    let one = pair(known("x"), Value::Null);
    let two = pair(known("y"), Value::Null);
    let config = list([one.clone(), two.clone()]);
    let filled = list([pair(known("x"), known("1")), pair(known("y"), Value::unknown())]);
    assert_accepted(&planned_attribute(&attribute, [Value::Null, config.clone(), filled]));
    let fewer = [Value::Null, config.clone(), list([one.clone()])];
    assert_refused(&planned_attribute(&attribute, fewer), "l", "1 planned");
    let swapped = planned_attribute(&attribute, [Value::Null, config, list([two, one])]);
    assert_eq!(swapped.len(), 2, "{swapped:?}");
}

#[test]
fn a_nested_map_keeps_its_keys() {
    let attribute = nested("m", Nesting::Map, [text("a"), computed(text("c"))]);
    let entry = || pair(known("x"), Value::Null);
    let config = map([("k", entry())]);
    let filled = [Value::Null, config.clone(), map([("k", pair(known("x"), Value::unknown()))])];
    assert_accepted(&planned_attribute(&attribute, filled));
    let renamed =
        planned_attribute(&attribute, [Value::Null, config.clone(), map([("j", entry())])]);
    assert_eq!(renamed.len(), 2, "{renamed:?}");
    let grown = [Value::Null, config.clone(), map([("j", entry()), ("k", entry())])];
    assert_refused(&planned_attribute(&attribute, grown), "m", "\"j\" is planned");
    let changed = [Value::Null, config, map([("k", pair(known("y"), Value::Null))])];
    assert_refused(&planned_attribute(&attribute, changed), "m[\"k\"].a", "but configured as");
}

#[test]
fn a_nested_set_is_only_counted() {
    let attribute = nested("s", Nesting::Set, [text("a"), computed(text("c"))]);
    let element = |a: &str| pair(known(a), Value::Null);
    let config = set([element("x"), element("y")]);
    let others = [Value::Null, config.clone(), set([element("p"), element("q")])];
    assert_accepted(&planned_attribute(&attribute, others));
    let fewer = [Value::Null, config.clone(), set([element("x")])];
    assert_refused(&planned_attribute(&attribute, fewer), "s", "1 planned");
    let more = set([element("x"), element("y"), element("z")]);
    let found = planned_attribute(&attribute, [Value::Null, config.clone(), more]);
    assert_refused(&found, "s", "3 planned");
    let undecided =
        |count: usize| Value::set((0..count).map(|_| pair(known("x"), Value::unknown())).collect());
    let may_coalesce = [Value::Null, config.clone(), undecided(3)];
    assert_accepted(&planned_attribute(&attribute, may_coalesce));
    let cannot_grow = [Value::Null, config, undecided(1)];
    assert_refused(&planned_attribute(&attribute, cannot_grow), "s", "1 planned");
}

#[test]
fn a_collection_of_unknown_count_cannot_be_counted_by_the_plan() {
    for nesting in [Nesting::List, Nesting::Set, Nesting::Map] {
        let attribute = nested("n", nesting, [text("a"), computed(text("c"))]);
        let known_count = match nesting {
            Nesting::Map => map([]),
            Nesting::Set => set([]),
            _ => list([]),
        };
        let guessed = [Value::Null, Value::unknown(), known_count];
        assert_refused(&planned_attribute(&attribute, guessed), "n", "known count");
        let kept = [Value::Null, Value::unknown(), Value::unknown()];
        assert_accepted(&planned_attribute(&attribute, kept));
    }
}

#[test]
fn absent_blocks_are_empty_and_not_null() {
    let null = || [Value::Null, list([]), Value::Null];
    assert_refused(&planned_blocks(BlockNesting::List, null()), "b", "not as null");
    assert_accepted(&planned_blocks(BlockNesting::List, [Value::Null, list([]), list([])]));
    let group = [Value::Null, pair(Value::Null, Value::Null), Value::Null];
    assert_refused(&planned_blocks(BlockNesting::Group, group), "b", "not as null");
    let single = [Value::Null, Value::Null, Value::Null];
    assert_accepted(&planned_blocks(BlockNesting::Single, single));
}

#[test]
fn as_many_blocks_are_planned_as_configured() {
    let one = || pair(known("x"), Value::Null);
    let filled = list([pair(known("x"), Value::unknown())]);
    let good = [list([]), list([one()]), filled];
    assert_accepted(&planned_blocks(BlockNesting::List, good));
    let more = [list([]), list([one()]), list([one(), one()])];
    assert_refused(&planned_blocks(BlockNesting::List, more), "b", "2 planned");
    let changed = [list([]), list([one()]), list([pair(known("y"), Value::Null)])];
    assert_refused(&planned_blocks(BlockNesting::List, changed), "b[0].a", "but configured as");
    let renamed = [map([]), map([("k", one())]), map([("j", one()), ("k", one())])];
    assert_refused(&planned_blocks(BlockNesting::Map, renamed), "b", "\"j\" is planned");
    let vanished = [Value::Null, one(), Value::Null];
    assert_refused(&planned_blocks(BlockNesting::Single, vanished), "b", "must not leave it out");
}

#[test]
fn a_block_is_never_unknown_itself() {
    let one = || pair(known("x"), Value::Null);
    let element = [list([]), list([one()]), list([Value::unknown()])];
    assert_refused(&planned_blocks(BlockNesting::List, element), "b[0]", "not be unknown itself");
    let in_set = [set([]), set([one()]), set([Value::unknown()])];
    assert_refused(&planned_blocks(BlockNesting::Set, in_set), "b", "not be unknown itself");
    let whole = [list([]), list([one()]), Value::unknown()];
    assert_refused(&planned_blocks(BlockNesting::List, whole), "b", "unknown as a whole");
}

#[test]
fn an_unknown_dynamic_block_is_returned_as_it_is() {
    let kept = [list([]), Value::unknown(), Value::unknown()];
    assert_accepted(&planned_blocks(BlockNesting::List, kept));
    let decided = [list([]), Value::unknown(), list([])];
    assert_refused(&planned_blocks(BlockNesting::List, decided), "b", "unknown dynamic block");
}

fn replaces(
    schema: &Schema,
    path: Path,
    prior: &Value,
    planned: &Value,
) -> Result<bool, Vec<String>> {
    check_requires_replace(schema, &[path], prior, planned)
}

#[test]
fn only_a_path_that_changes_forces_a_replacement() {
    let schema = profile_schema();
    let prior = profile(known("1"), "old", Value::Null);
    let planned = profile(known("1"), "new", Value::Null);
    assert_eq!(replaces(&schema, Path::attribute("name"), &prior, &planned), Ok(true));
    assert_eq!(replaces(&schema, Path::attribute("id"), &prior, &planned), Ok(false));
    assert_eq!(check_requires_replace(&schema, &[], &prior, &planned), Ok(false));
    let undecided = profile(Value::unknown(), "new", Value::Null);
    assert_eq!(replaces(&schema, Path::attribute("id"), &prior, &undecided), Ok(true));
}

#[test]
fn a_create_is_never_a_replacement() {
    let planned = profile(Value::unknown(), "new", Value::Null);
    let absent = Path::attribute("nonsense");
    assert_eq!(replaces(&profile_schema(), absent, &Value::Null, &planned), Ok(false));
}

#[test]
fn a_write_only_path_always_forces_a_replacement() {
    let state = profile(known("1"), "n", Value::Null);
    let path = Path::attribute("password");
    assert_eq!(replaces(&profile_schema(), path, &state, &state), Ok(true));
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    let schema = schema(
        [
            nested("l", Nesting::List, [text("a")]),
            nested("m", Nesting::Map, [text("a")]),
            nested("s", Nesting::Set, [text("a")]),
        ],
        [],
    );
    let inner = || object([("a", known("x"))]);
    let state =
        object([("l", list([inner()])), ("m", map([("k", inner())])), ("s", set([inner()]))]);
    let l = Path::attribute("l");
    let m = Path::attribute("m");
    for path in [l.then_index(0).then_attribute("a"), m.then_key("k").then_attribute("a")] {
        assert_eq!(replaces(&schema, path, &state, &state), Ok(false));
    }
    for path in [
        Path::attribute("nonsense"),
        l.then_index(1),
        l.then_attribute("a"),
        m.then_key("j"),
        Path::attribute("s").then_index(0),
    ] {
        let found = replaces(&schema, path.clone(), &state, &state).unwrap_err();
        assert_refused(&found, &path.to_string(), "no such path");
    }
}

#[test]
fn a_path_that_only_the_plan_has_counts_as_changed() {
    let schema = schema([nested("l", Nesting::List, [text("a")])], []);
    let prior = object([("l", list([]))]);
    let planned = object([("l", list([object([("a", known("x"))])]))]);
    let path = Path::attribute("l").then_index(0).then_attribute("a");
    assert_eq!(replaces(&schema, path, &prior, &planned), Ok(true));
}

#[test]
fn the_action_follows_from_prior_and_plan() {
    let prior = profile(known("1"), "old", Value::Null);
    let changed = profile(known("1"), "new", Value::Null);
    let undecided = profile(Value::unknown(), "old", Value::Null);
    assert_eq!(planned_action(&Value::Null, &changed, false), Action::Create);
    assert_eq!(planned_action(&prior, &prior, false), Action::NoOp);
    assert_eq!(planned_action(&prior, &changed, false), Action::Update);
    assert_eq!(planned_action(&prior, &undecided, false), Action::Update);
    assert_eq!(planned_action(&prior, &changed, true), Action::Replace);
}

#[test]
fn a_final_plan_may_only_fill_in_unknowns() {
    let schema = profile_schema();
    let change = |action, note| PlannedChange { action, after: profile(known("1"), "n", note) };
    let initial = change(Action::Update, Value::unknown());
    let check = |last| assert_final_plan(&schema, &initial, &last);
    assert_accepted(&check(change(Action::Update, known("x"))));
    assert_accepted(&check(change(Action::NoOp, known("x"))));
    assert_refused(&check(change(Action::Replace, known("x"))), "root object", "to Replace");
    let renamed =
        PlannedChange { action: Action::Update, after: profile(known("1"), "m", Value::unknown()) };
    assert_refused(&check(renamed), "name", "was planned as");
}

#[test]
fn a_replacement_is_planned_anew_as_a_create() {
    let schema = profile_schema();
    let after = || profile(Value::unknown(), "n", Value::Null);
    let change = |action| PlannedChange { action, after: after() };
    let check = |initial, last| assert_final_plan(&schema, &change(initial), &change(last));
    assert_accepted(&check(Action::Replace, Action::Create));
    assert_refused(&check(Action::Create, Action::Replace), "root object", "changed from Create");
    assert_refused(&check(Action::NoOp, Action::Update), "root object", "changed from NoOp");
}
