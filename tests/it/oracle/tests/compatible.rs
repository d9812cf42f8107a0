//! Examples of completions, good and bad, of what was planned.

use terraform_provider_intune::schema::{BlockNesting, Shape};
use terraform_provider_intune::value::{Number, Refinement, Type, Value};

use super::*;
use crate::oracle::assert_object_compatible;

fn known(text: &str) -> Value {
    Value::text(text)
}

fn number(value: i64) -> Value {
    Value::Number(Number::Finite(value.into()))
}

fn completed(type_: Type, planned: Value, actual: Value) -> Vec<String> {
    let schema = schema([optional("v", Shape::Type(type_))], []);
    assert_object_compatible(&schema, &object([("v", planned)]), &object([("v", actual)]))
}

fn completed_blocks(nesting: BlockNesting, planned: Value, actual: Value) -> Vec<String> {
    let schema = schema([], [blocks("b", nesting, [text("a")])]);
    assert_object_compatible(&schema, &object([("b", planned)]), &object([("b", actual)]))
}

fn strings() -> Box<Type> {
    Box::new(Type::String)
}

fn one(a: Value) -> Value {
    object([("a", a)])
}

#[test]
fn what_was_known_stays() {
    assert_accepted(&completed(Type::String, known("x"), known("x")));
    assert_refused(&completed(Type::String, known("x"), known("y")), "v", "was planned as");
    assert_refused(&completed(Type::String, known("x"), Value::Null), "v", "and is null");
    assert_refused(&completed(Type::String, Value::Null, known("x")), "v", "planned as null");
    let found = completed(Type::String, known("x"), Value::unknown());
    assert_refused(&found, "v", "known and is unknown");
}

#[test]
fn what_was_unknown_may_become_anything_of_its_type() {
    assert_accepted(&completed(Type::String, Value::unknown(), known("x")));
    assert_accepted(&completed(Type::String, Value::unknown(), Value::Null));
    assert_accepted(&completed(Type::String, Value::unknown(), Value::unknown()));
    let found = completed(Type::String, Value::unknown(), Value::Bool(true));
    assert_refused(&found, "v", "is of another type than planned");
}

#[test]
fn promises_about_an_unknown_are_kept() {
    let promised = Value::refined;
    let not_null = Value::unknown_not_null();
    assert_accepted(&completed(Type::String, not_null.clone(), known("x")));
    let found = completed(Type::String, not_null, Value::Null);
    assert_refused(&found, "v", "should not have been null");

    let prefixed = promised(Refinement { prefix: Some("ab".to_owned()), ..Refinement::default() });
    assert_accepted(&completed(Type::String, prefixed.clone(), known("abc")));
    assert_refused(&completed(Type::String, prefixed, known("acb")), "v", "begun otherwise");

    let Value::Number(two) = number(2) else { unreachable!() };
    let bounded = promised(Refinement {
        lower: Some((two.clone(), false)),
        upper: Some((Number::PositiveInfinity, true)),
        ..Refinement::default()
    });
    assert_accepted(&completed(Type::Number, bounded.clone(), number(3)));
    assert_refused(&completed(Type::Number, bounded, number(2)), "v", "less than");
    let at_most = promised(Refinement { upper: Some((two, true)), ..Refinement::default() });
    assert_accepted(&completed(Type::Number, at_most.clone(), number(2)));
    assert_refused(&completed(Type::Number, at_most, number(3)), "v", "more than");

    let counted =
        promised(Refinement { length_min: Some(1), length_max: Some(2), ..Refinement::default() });
    let of = |elements: Vec<Value>| {
        completed(Type::List(strings()), counted.clone(), Value::List(elements))
    };
    assert_accepted(&of(vec![known("x")]));
    assert_refused(&of(vec![]), "v", "fewer");
    assert_refused(&of(vec![known("x"), known("y"), known("z")]), "v", "more elements");
}

#[test]
fn lists_keep_their_length_and_known_elements() {
    let check = |planned, actual| completed(Type::List(strings()), planned, actual);
    let planned = || list([known("x"), Value::unknown()]);
    assert_accepted(&check(planned(), list([known("x"), known("y")])));
    assert_refused(&check(planned(), list([known("z"), known("y")])), "v[0]", "was planned as");
    assert_refused(&check(planned(), list([known("x")])), "v[1]", "is missing");
    let longer = list([known("x"), known("y"), known("z")]);
    assert_refused(&check(planned(), longer), "v[2]", "was not planned");
}

#[test]
fn maps_keep_their_keys() {
    let check = |planned, actual| completed(Type::Map(strings()), planned, actual);
    let planned = || map([("k", Value::unknown())]);
    assert_accepted(&check(planned(), map([("k", known("x"))])));
    assert_refused(&check(planned(), map([])), "v[\"k\"]", "is missing");
    let more = map([("j", known("x")), ("k", known("x"))]);
    assert_refused(&check(planned(), more), "v[\"j\"]", "was not planned");
}

#[test]
fn set_elements_find_their_counterparts() {
    let check = |planned, actual| completed(Type::Set(strings()), planned, actual);
    let planned = || set([known("x"), Value::unknown()]);
    assert_accepted(&check(planned(), set([known("x"), known("y")])));
    assert_accepted(&check(planned(), set([known("x")])));
    let found = check(planned(), set([known("y"), known("z")]));
    assert_refused(&found, "v", "planned set element has no counterpart");
    let found = check(planned(), set([known("x"), known("y"), known("z")]));
    assert_refused(&found, "v", "2 set elements were planned, there are 3");
    let found = check(set([known("x")]), set([known("x"), known("y")]));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn attributes_inside_objects_are_compared() {
    let type_ = Type::Object([("a".to_owned(), Type::String)].into(), Default::default());
    assert_accepted(&completed(type_.clone(), one(Value::unknown()), one(known("x"))));
    let found = completed(type_, one(known("x")), one(known("y")));
    assert_refused(&found, "v.a", "was planned as");
}

#[test]
fn a_value_of_any_type_keeps_the_type_it_was_planned_with() {
    let carried = |type_, value| Value::Dynamic(Box::new((type_, value)));
    let text = |value: &str| carried(Type::String, known(value));
    assert_accepted(&completed(Type::Dynamic, Value::unknown(), text("x")));
    assert_accepted(&completed(Type::Dynamic, Value::Null, text("x")));
    assert_accepted(&completed(Type::Dynamic, text("x"), text("x")));
    assert_refused(&completed(Type::Dynamic, text("x"), text("y")), "v", "was planned as");
    let flag = carried(Type::Bool, Value::Bool(true));
    assert_refused(
        &completed(Type::Dynamic, text("x"), flag),
        "v",
        "is of another type than planned",
    );
}

#[test]
fn an_object_neither_appears_nor_vanishes() {
    let schema = schema([text("a")], []);
    let found = assert_object_compatible(&schema, &Value::Null, &one(known("x")));
    assert_refused(&found, "root object", "absent and is there");
    let found = assert_object_compatible(&schema, &one(known("x")), &Value::Null);
    assert_refused(&found, "root object", "is not there");
    assert_accepted(&assert_object_compatible(&schema, &Value::Null, &Value::Null));
}

#[test]
fn a_sensitive_value_is_never_in_a_complaint() {
    let schema = schema([sensitive(text("a"))], []);
    let found = assert_object_compatible(&schema, &one(known("hush")), &one(known("secret")));
    assert_refused(&found, "a", "a sensitive attribute differs from its plan");
    assert!(!found[0].contains("hush") && !found[0].contains("secret"), "{found:?}");
}

#[test]
fn the_number_of_blocks_stays() {
    let x = || one(known("x"));
    let undecided = || one(Value::unknown());
    let check = completed_blocks;
    assert_accepted(&check(BlockNesting::List, list([undecided()]), list([x()])));
    let found = check(BlockNesting::List, list([x()]), list([x(), x()]));
    assert_refused(&found, "b", "1 blocks were planned, there are 2");
    let found = check(BlockNesting::List, list([x()]), list([one(known("y"))]));
    assert_refused(&found, "b[0].a", "was planned as");
    let found = check(BlockNesting::Map, map([("k", x())]), map([]));
    assert_refused(&found, "b[\"k\"]", "is missing");
    let found = check(BlockNesting::Set, set([x()]), set([one(known("y"))]));
    assert_refused(&found, "b", "no counterpart");
    assert_accepted(&check(BlockNesting::Set, set([undecided()]), set([x()])));
    let found = check(BlockNesting::Single, x(), Value::Null);
    assert_refused(&found, "b", "is not there");
    let found = check(BlockNesting::Group, x(), one(known("y")));
    assert_refused(&found, "b.a", "was planned as");
}

#[test]
fn an_unknown_dynamic_block_may_become_any_number_of_blocks() {
    let x = || one(known("x"));
    let check = |nesting, actual| completed_blocks(nesting, Value::unknown(), actual);
    assert_accepted(&check(BlockNesting::List, list([x(), x()])));
    assert_accepted(&check(BlockNesting::Set, set([])));
    assert_accepted(&check(BlockNesting::Map, map([("k", x())])));
    assert_accepted(&check(BlockNesting::Single, Value::Null));
    assert_accepted(&check(BlockNesting::Single, x()));
}
