//! Types and values of those types for property tests; knows no encoding.

use proptest::prelude::*;
use proptest::sample::SizeRange;

use super::{Fields, Number, Refinement, Type, Value};

/// A type, at most three levels deep.
pub(crate) fn type_() -> BoxedStrategy<Type> {
    let leaf =
        prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool), Just(Type::Dynamic),];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Type::Tuple),
            prop::collection::vec(("[a-z]{1,3}", inner), 0..3).prop_map(Type::object),
        ]
    })
    .boxed()
}

/// A type and a value of it, which may be unknown in parts.
pub(crate) fn any_value() -> BoxedStrategy<(Type, Value)> {
    typed(true)
}

/// A type and a value of it, known throughout.
pub(crate) fn known() -> BoxedStrategy<(Type, Value)> {
    typed(false)
}

fn typed(unknowns: bool) -> BoxedStrategy<(Type, Value)> {
    type_().prop_flat_map(move |type_| (Just(type_.clone()), of_type(&type_, unknowns, 2))).boxed()
}

/// `dynamics` bounds how many values of a type of their own may lie within one another.
fn of_type(type_: &Type, unknowns: bool, dynamics: u32) -> BoxedStrategy<Value> {
    let element = |type_: &Type| of_type(type_, unknowns, dynamics);
    let few = SizeRange::from(0..4);
    let known = match type_ {
        Type::String => any::<String>().prop_map(Value::text).boxed(),
        Type::Number => number(unknowns).prop_map(Value::Number).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Dynamic if dynamics == 0 => Just(Value::Null).boxed(),
        Type::Dynamic => self::type_()
            .prop_flat_map(move |type_| {
                (Just(type_.clone()), of_type(&type_, unknowns, dynamics - 1))
            })
            .prop_map(|typed| Value::Dynamic(Box::new(typed)))
            .boxed(),
        Type::List(type_) => {
            prop::collection::vec(element(type_), few).prop_map(Value::List).boxed()
        }
        Type::Set(type_) => prop::collection::vec(element(type_), few).prop_map(Value::set).boxed(),
        Type::Map(type_) => {
            let key = any::<String>().prop_map(|key| super::normal_form(&key).into_owned());
            prop::collection::btree_map(key, element(type_), few).prop_map(Value::Map).boxed()
        }
        Type::Tuple(types) => {
            types.iter().map(element).collect::<Vec<_>>().prop_map(Value::Tuple).boxed()
        }
        Type::Object(attributes, _) => {
            let names: Vec<String> = attributes.keys().cloned().collect();
            let values: Vec<_> = attributes.values().map(element).collect();
            let fields = move |values: Vec<Value>| names.iter().cloned().zip(values).collect();
            values.prop_map(fields).prop_map(|fields: Fields| Value::Object(fields)).boxed()
        }
    };
    if unknowns {
        prop_oneof![6 => known, 1 => Just(Value::Null), 2 => unknown(type_)].boxed()
    } else {
        prop_oneof![6 => known, 1 => Just(Value::Null)].boxed()
    }
}

fn unknown(type_: &Type) -> BoxedStrategy<Value> {
    let type_ = type_.clone();
    let bound = || prop::option::of((number(true), any::<bool>()));
    (
        any::<Option<bool>>(),
        prop::option::of("[a-zé€]{0,80}"),
        bound(),
        bound(),
        any::<Option<i64>>(),
        any::<Option<i64>>(),
    )
        .prop_map(move |(null, prefix, lower, upper, length_min, length_max)| {
            let all = Refinement { null, prefix, lower, upper, length_min, length_max };
            Value::refined(all.for_type(&type_))
        })
        .boxed()
}

fn number(infinities: bool) -> BoxedStrategy<Number> {
    let finite = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-300i64..300).prop_map(Number::from),
        prop::num::f64::NORMAL.prop_filter_map("not NaN", Number::from_f64),
        "-?[0-9]{1,30}\\.[0-9]{1,30}".prop_filter_map("decimal", |text| Number::parse(&text)),
    ];
    if infinities {
        prop_oneof![
            20 => finite,
            1 => Just(Number::NegativeInfinity),
            1 => Just(Number::PositiveInfinity),
        ]
        .boxed()
    } else {
        finite.boxed()
    }
}
