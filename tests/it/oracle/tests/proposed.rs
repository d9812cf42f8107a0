//! Examples of what core proposes.

use terraform_provider_intune::schema::{BlockNesting, Nesting};
use terraform_provider_intune::value::Value;

use super::*;
use crate::oracle::proposed_new;

fn pair(a: &str, c: Value) -> Value {
    object([("a", Value::text(a)), ("c", c)])
}

fn content() -> [Attribute; 2] {
    [required(text("a")), computed(text("c"))]
}

/// What is proposed for one nested attribute and for one kind of block, which must agree.
fn proposed_nested(
    nesting: Nesting,
    block_nesting: BlockNesting,
    prior: &Value,
    config: &Value,
) -> Value {
    let attributes = schema([nested("n", nesting, content())], []);
    let as_blocks = schema([], [blocks("n", block_nesting, content())]);
    let whole = |value: &Value| object([("n", value.clone())]);
    let proposed = proposed_new(&attributes, &whole(prior), &whole(config));
    assert_eq!(proposed_new(&as_blocks, &whole(prior), &whole(config)), proposed);
    proposed.field("n").clone()
}

#[test]
fn a_create_proposes_the_configuration_with_computed_values_null() {
    let config = profile(Value::Null, "n", Value::Null);
    assert_eq!(proposed_new(&profile_schema(), &Value::Null, &config), config);
}

#[test]
fn computed_values_that_are_not_configured_are_kept() {
    let prior = profile(Value::text("1"), "old", Value::text("noted"));
    let config = profile(Value::Null, "new", Value::Null);
    let expected = profile(Value::text("1"), "new", Value::text("noted"));
    assert_eq!(proposed_new(&profile_schema(), &prior, &config), expected);
    let config = profile(Value::Null, "new", Value::text("mine"));
    let expected = profile(Value::text("1"), "new", Value::text("mine"));
    assert_eq!(proposed_new(&profile_schema(), &prior, &config), expected);
}

#[test]
fn an_unknown_configured_value_is_proposed_as_unknown() {
    let prior = profile(Value::text("1"), "old", Value::text("noted"));
    let config = profile(Value::Null, "old", Value::unknown());
    let expected = profile(Value::text("1"), "old", Value::unknown());
    assert_eq!(proposed_new(&profile_schema(), &prior, &config), expected);
}

#[test]
fn a_removed_optional_value_is_proposed_as_null() {
    let schema = schema([text("a")], []);
    let prior = object([("a", Value::text("old"))]);
    let config = object([("a", Value::Null)]);
    assert_eq!(proposed_new(&schema, &prior, &config), config);
}

#[test]
fn a_write_only_value_is_proposed_as_configured() {
    let schema = schema([write_only(text("s"))], []);
    let config = object([("s", Value::text("secret"))]);
    assert_eq!(proposed_new(&schema, &object([("s", Value::Null)]), &config), config);
}

#[test]
fn nothing_is_proposed_for_nothing() {
    assert_eq!(proposed_new(&profile_schema(), &Value::Null, &Value::Null), Value::Null);
}

#[test]
fn single_objects_are_merged() {
    let merge = |prior: &Value, config: &Value| {
        proposed_nested(Nesting::Single, BlockNesting::Single, prior, config)
    };
    let kept = pair("x", Value::text("1"));
    assert_eq!(merge(&kept, &pair("y", Value::Null)), pair("y", Value::text("1")));
    assert_eq!(merge(&Value::Null, &pair("y", Value::Null)), pair("y", Value::Null));
    assert_eq!(merge(&kept, &Value::Null), Value::Null);
    assert_eq!(merge(&kept, &Value::unknown()), Value::unknown());
}

#[test]
fn lists_are_merged_by_position() {
    let merge = |prior: Value, config: Value| {
        proposed_nested(Nesting::List, BlockNesting::List, &prior, &config)
    };
    let prior = list([pair("x", Value::text("1")), pair("y", Value::text("2"))]);
    let swapped = list([pair("y", Value::Null), pair("x", Value::Null), pair("z", Value::Null)]);
    let expected =
        list([pair("y", Value::text("1")), pair("x", Value::text("2")), pair("z", Value::Null)]);
    assert_eq!(merge(prior.clone(), swapped), expected);
    assert_eq!(merge(prior.clone(), list([])), list([]));
    assert_eq!(merge(prior, Value::unknown()), Value::unknown());
}

#[test]
fn maps_are_merged_by_key() {
    let prior = map([("k", pair("x", Value::text("1"))), ("l", pair("y", Value::text("2")))]);
    let config = map([("l", pair("z", Value::Null)), ("m", pair("x", Value::Null))]);
    let expected = map([("l", pair("z", Value::text("2"))), ("m", pair("x", Value::Null))]);
    assert_eq!(proposed_nested(Nesting::Map, BlockNesting::Map, &prior, &config), expected);
}

#[test]
fn sets_are_merged_by_what_is_configured() {
    let prior = set([pair("x", Value::text("1")), pair("y", Value::text("2"))]);
    let config = set([pair("y", Value::Null), pair("z", Value::Null)]);
    let expected = set([pair("y", Value::text("2")), pair("z", Value::Null)]);
    assert_eq!(proposed_nested(Nesting::Set, BlockNesting::Set, &prior, &config), expected);
}

#[test]
fn a_set_element_with_another_configured_value_is_another_element() {
    let content = [computed(text("id")), required(text("a")), optional_computed(text("c"))];
    let schema = schema([nested("s", Nesting::Set, content)], []);
    let whole =
        |id, c| object([("s", set([object([("id", id), ("a", Value::text("x")), ("c", c)])]))]);
    let prior = whole(Value::text("1"), Value::text("old"));
    let other = whole(Value::Null, Value::text("new"));
    assert_eq!(proposed_new(&schema, &prior, &other), other);
    let unset = whole(Value::Null, Value::Null);
    assert_eq!(proposed_new(&schema, &prior, &unset), prior);
}

#[test]
fn a_group_is_never_absent() {
    let schema = schema([], [blocks("g", BlockNesting::Group, content())]);
    let config = object([("g", object([("a", Value::Null), ("c", Value::Null)]))]);
    assert_eq!(proposed_new(&schema, &Value::Null, &config), config);
}

#[test]
fn an_optional_computed_object_goes_when_it_was_configured_before() {
    let attribute = |inner: [Attribute; 2]| optional_computed(nested("o", Nesting::Single, inner));
    let prior = object([("o", pair("x", Value::text("1")))]);
    let config = object([("o", Value::Null)]);
    let configured = schema([attribute(content())], []);
    assert_eq!(proposed_new(&configured, &prior, &config), config);
    let invented = schema([attribute([optional_computed(text("a")), computed(text("c"))])], []);
    assert_eq!(proposed_new(&invented, &prior, &config), prior);
}

#[test]
fn a_set_element_is_recognised_by_the_objects_inside_it() {
    let inner = nested("deep", Nesting::List, content());
    let schema = schema([nested("s", Nesting::Set, [text("key"), inner])], []);
    let element = |key: &str, deep: Value| object([("key", Value::text(key)), ("deep", deep)]);
    let whole = |element: Value| object([("s", set([element]))]);
    let prior = whole(element("k", list([pair("x", Value::text("1"))])));
    let same = whole(element("k", list([pair("x", Value::Null)])));
    assert_eq!(proposed_new(&schema, &prior, &same), prior);
    let other = whole(element("k", list([pair("y", Value::Null)])));
    assert_eq!(proposed_new(&schema, &prior, &other), other);
}
