//! Random configurations, priors and unknowns for any schema; knows what a schema allows and nothing of
//! what a provider accepts.
//!
//! What a provider accepts is told by [`Hints`]: a closure that names, for the path of an attribute, the
//! values to draw. Hinted paths consist of attribute and block names alone, because the same hint serves
//! every element of a collection.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use terraform_provider_intune::schema::{
    Attribute, BlockNesting, NestedBlock, Nesting, Schema, Shape,
};
use terraform_provider_intune::value::{Fields, Number, Path, Refinement, Type, Value};

use super::level::{Level, Repetition, fields, map_objects, member};

/// Which values to draw for an attribute, or `None` for any of its type. Null need not be among them: it
/// is drawn besides wherever the attribute may be absent.
pub(crate) type Hints<'hint> = &'hint dyn Fn(&Path) -> Option<BoxedStrategy<Value>>;

/// For [`config`] and [`state`], when any value of the right type will do.
pub(crate) fn unhinted(_: &Path) -> Option<BoxedStrategy<Value>> {
    None
}

/// Wholly known configurations: required attributes are set, optional ones set or null, computed-only
/// ones null, and there are as many blocks as the schema allows.
pub(crate) fn config(schema: &Schema, hints: Hints<'_>) -> BoxedStrategy<Value> {
    object((&schema.block).into(), Source::Config, hints, &Path::root())
}

/// Wholly known states, as a refresh would leave them: like configurations, but computed attributes may
/// be set and write-only ones never are.
pub(crate) fn state(schema: &Schema, hints: Hints<'_>) -> BoxedStrategy<Value> {
    object((&schema.block).into(), Source::State, hints, &Path::root())
}

/// The configuration that leads to this state: every attribute that can be set is set as it is there, and
/// what is computed only is left out. Planning it must change nothing.
///
/// Write-only attributes stay null, for a state does not tell what they were.
pub(crate) fn config_of(schema: &Schema, state: &Value) -> Value {
    configured((&schema.block).into(), state)
}

/// The configuration as it may look while parts of it are not known yet.
///
/// Unknown may be any attribute that configuration can set, anything inside a collection, or, as with a
/// dynamic block, all blocks of a type. The given configuration keeps every promise that is drawn.
pub(crate) fn with_unknowns(schema: &Schema, config: &Value) -> BoxedStrategy<Value> {
    masked_object((&schema.block).into(), config)
}

/// A configuration at plan time and the same at apply time, when everything is known.
pub(crate) fn config_before_and_after(
    schema: &Schema,
    hints: Hints<'_>,
) -> BoxedStrategy<(Value, Value)> {
    let schema = schema.clone();
    config(&schema, hints)
        .prop_flat_map(move |known| (with_unknowns(&schema, &known), Just(known)))
        .boxed()
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Config,
    State,
}

const MOST_ELEMENTS: usize = 3;

fn object(level: Level<'_>, source: Source, hints: Hints<'_>, path: &Path) -> BoxedStrategy<Value> {
    let attributes = level.attributes.iter().map(|attribute| {
        let here = path.then_attribute(&attribute.name);
        named(&attribute.name, attribute_value(attribute, source, hints, &here))
    });
    let blocks = level.blocks.iter().map(|nested| {
        let here = path.then_attribute(&nested.type_name);
        named(&nested.type_name, blocks_value(nested, source, hints, &here))
    });
    object_of(attributes.chain(blocks).collect())
}

fn attribute_value(
    attribute: &Attribute,
    source: Source,
    hints: Hints<'_>,
    path: &Path,
) -> BoxedStrategy<Value> {
    let settable = attribute.required || attribute.optional;
    let present = match source {
        Source::Config => settable,
        Source::State => !attribute.write_only,
    };
    if !present {
        return Just(Value::Null).boxed();
    }
    let value = hints(path).unwrap_or_else(|| match &attribute.shape {
        Shape::Type(type_) => any_of(type_),
        Shape::Nested(nesting, nested) => {
            let inner = object(nested.as_slice().into(), source, hints, path);
            match nesting {
                Nesting::Single => inner,
                Nesting::List => list_of(inner, 0, MOST_ELEMENTS),
                Nesting::Set => distinct_set_of(nested.as_slice().into(), inner, 0, MOST_ELEMENTS),
                Nesting::Map => map_of(inner),
            }
        }
    });
    if attribute.required { value } else { nullable(value) }
}

fn blocks_value(
    nested: &NestedBlock,
    source: Source,
    hints: Hints<'_>,
    path: &Path,
) -> BoxedStrategy<Value> {
    let inner = object((&nested.block).into(), source, hints, path);
    let least = usize::try_from(nested.min_items).unwrap_or_default();
    let most = match usize::try_from(nested.max_items).unwrap_or_default() {
        0 => least + MOST_ELEMENTS,
        limit => limit.min(least + MOST_ELEMENTS),
    };
    match nested.nesting {
        BlockNesting::Group => inner,
        BlockNesting::Single if least > 0 => inner,
        BlockNesting::Single => nullable(inner),
        BlockNesting::List => list_of(inner, least, most),
        BlockNesting::Set => distinct_set_of((&nested.block).into(), inner, least, most),
        BlockNesting::Map => map_of(inner),
    }
}

fn any_of(type_: &Type) -> BoxedStrategy<Value> {
    match type_ {
        Type::String => any_text(),
        Type::Number => any_number(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Dynamic => prop_oneof![
            any_text().prop_map(|text| Value::Dynamic(Box::new((Type::String, text)))),
            any_number().prop_map(|number| Value::Dynamic(Box::new((Type::Number, number)))),
        ]
        .boxed(),
        Type::List(inner) => list_of(any_of(inner), 0, MOST_ELEMENTS),
        Type::Set(inner) => set_of(any_of(inner), 0, MOST_ELEMENTS),
        Type::Map(inner) => map_of(any_of(inner)),
        Type::Tuple(types) => {
            types.iter().map(any_of).collect::<Vec<_>>().prop_map(Value::Tuple).boxed()
        }
        Type::Object(types, optional) => object_of(
            types
                .iter()
                .map(|(name, type_)| {
                    let value = any_of(type_);
                    named(name, if optional.contains(name) { nullable(value) } else { value })
                })
                .collect(),
        ),
    }
}

fn any_text() -> BoxedStrategy<Value> {
    prop_oneof![
        1 => Just(Value::text("")),
        4 => "[a-z]{1,8}".prop_map(Value::text),
        2 => "\\PC{0,8}".prop_map(Value::text),
    ]
    .boxed()
}

fn any_number() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => (-100_i64..100).prop_map(|whole| decimal(whole, 0)),
        2 => any::<i64>().prop_map(|whole| decimal(whole, 0)),
        1 => (any::<i64>(), 1_u32..12).prop_map(|(digits, places)| decimal(digits, places)),
    ]
    .boxed()
}

fn decimal(digits: i64, places: u32) -> Value {
    Value::Number(Number::Finite(bigdecimal::BigDecimal::new(digits.into(), places.into())))
}

fn nullable(value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 2 => value].boxed()
}

fn list_of(inner: BoxedStrategy<Value>, least: usize, most: usize) -> BoxedStrategy<Value> {
    vec(inner, least..=most).prop_map(Value::List).boxed()
}

/// Equal elements become one, so that there may be fewer than `least`.
fn set_of(inner: BoxedStrategy<Value>, least: usize, most: usize) -> BoxedStrategy<Value> {
    vec(inner, least..=most).prop_map(Value::set).boxed()
}

/// No two elements that come from the same configuration, because they would have been one element there.
fn distinct_set_of(
    level: Level<'_>,
    inner: BoxedStrategy<Value>,
    least: usize,
    most: usize,
) -> BoxedStrategy<Value> {
    let (attributes, blocks) = (level.attributes.to_vec(), level.blocks.to_vec());
    vec(inner, least..=most)
        .prop_map(move |elements| {
            let level = Level { attributes: &attributes, blocks: &blocks };
            let distinct: BTreeMap<Value, Value> = elements
                .into_iter()
                .map(|element| (configured(level, &element), element))
                .collect();
            Value::set(distinct.into_values().collect())
        })
        .boxed()
}

fn map_of(inner: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    btree_map("[a-z]{1,4}", inner, 0..=MOST_ELEMENTS).prop_map(Value::Map).boxed()
}

fn named(name: &str, value: BoxedStrategy<Value>) -> BoxedStrategy<(String, Value)> {
    (Just(name.to_owned()), value).boxed()
}

fn object_of(fields: Vec<BoxedStrategy<(String, Value)>>) -> BoxedStrategy<Value> {
    fields.prop_map(|fields| Value::Object(fields.into_iter().collect())).boxed()
}

fn configured(level: Level<'_>, state: &Value) -> Value {
    if fields(state).is_none() {
        return state.clone();
    }
    let attributes = level.attributes.iter().map(|attribute| {
        let value = member(state, &attribute.name);
        let inner = match &attribute.shape {
            _ if attribute.computed && !attribute.optional => Value::Null,
            Shape::Type(_) => value.clone(),
            Shape::Nested(_, nested) => configured_objects(nested.as_slice().into(), value),
        };
        (attribute.name.clone(), inner)
    });
    let blocks = level.blocks.iter().map(|nested| {
        let value = member(state, &nested.type_name);
        (nested.type_name.clone(), configured_objects((&nested.block).into(), value))
    });
    Value::Object(attributes.chain(blocks).collect())
}

fn configured_objects(level: Level<'_>, value: &Value) -> Value {
    map_objects(value, |object| configured(level, object))
}

fn masked_object(level: Level<'_>, config: &Value) -> BoxedStrategy<Value> {
    if fields(config).is_none() {
        return Just(config.clone()).boxed();
    }
    let attributes = level.attributes.iter().map(|attribute| {
        let value = member(config, &attribute.name);
        let settable = attribute.required || attribute.optional;
        let masked = match &attribute.shape {
            _ if !settable => Just(value.clone()).boxed(),
            Shape::Type(_) => maybe_unknown(value, masked_inside(value)),
            Shape::Nested(nesting, nested) => {
                let inside =
                    masked_objects((*nesting).into(), nested.as_slice().into(), value, true);
                maybe_unknown(value, inside)
            }
        };
        named(&attribute.name, masked)
    });
    let blocks = level.blocks.iter().map(|nested| {
        let value = member(config, &nested.type_name);
        let inside = masked_objects(nested.nesting.into(), (&nested.block).into(), value, false);
        // A dynamic block with an unknown `for_each` is a collection of blocks that is unknown.
        let masked = match nested.nesting {
            BlockNesting::Single | BlockNesting::Group => inside,
            BlockNesting::List | BlockNesting::Set | BlockNesting::Map => {
                prop_oneof![9 => inside, 1 => Just(Value::unknown())].boxed()
            }
        };
        named(&nested.type_name, masked)
    });
    object_of(attributes.chain(blocks).collect())
}

/// Elements of nested attributes may be unknown as a whole; those of blocks never are.
fn masked_objects(
    repetition: Repetition,
    level: Level<'_>,
    value: &Value,
    whole: bool,
) -> BoxedStrategy<Value> {
    let each = |object: &Value| {
        let inside = masked_object(level, object);
        let unknown_element = whole && repetition != Repetition::One;
        if unknown_element { maybe_unknown(object, inside) } else { inside }
    };
    match value {
        Value::List(elements) => {
            elements.iter().map(each).collect::<Vec<_>>().prop_map(Value::List).boxed()
        }
        Value::Set(elements) => {
            elements.iter().map(each).collect::<Vec<_>>().prop_map(Value::set).boxed()
        }
        Value::Map(fields) => masked_map(fields, each),
        _ => masked_object(level, value),
    }
}

fn masked_inside(value: &Value) -> BoxedStrategy<Value> {
    let each = |element: &Value| maybe_unknown(element, masked_inside(element));
    match value {
        Value::List(elements) => {
            elements.iter().map(each).collect::<Vec<_>>().prop_map(Value::List).boxed()
        }
        Value::Set(elements) => {
            elements.iter().map(each).collect::<Vec<_>>().prop_map(Value::set).boxed()
        }
        Value::Tuple(elements) => {
            elements.iter().map(each).collect::<Vec<_>>().prop_map(Value::Tuple).boxed()
        }
        Value::Map(fields) => masked_map(fields, each),
        Value::Object(fields) => {
            object_of(fields.iter().map(|(name, field)| named(name, each(field))).collect())
        }
        _ => Just(value.clone()).boxed(),
    }
}

fn masked_map(
    fields: &Fields,
    each: impl Fn(&Value) -> BoxedStrategy<Value>,
) -> BoxedStrategy<Value> {
    let entries: Vec<_> = fields.iter().map(|(key, value)| named(key, each(value))).collect();
    entries.prop_map(|entries| Value::Map(entries.into_iter().collect())).boxed()
}

/// Mostly what is inside, sometimes an unknown that may promise what is true of the known value.
fn maybe_unknown(known: &Value, inside: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let promise = match known {
        Value::Null => Refinement::default(),
        Value::Text(text) => Refinement {
            null: Some(false),
            prefix: text.chars().next().map(String::from),
            ..Refinement::default()
        },
        _ => Refinement { null: Some(false), ..Refinement::default() },
    };
    let promised = Just(Value::refined(promise));
    prop_oneof![8 => inside, 1 => Just(Value::unknown()), 1 => promised].boxed()
}
