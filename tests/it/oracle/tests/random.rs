//! The checks on random configurations: a provider that follows the rules passes all of them, and the
//! strategies draw what a schema allows.

use proptest::prelude::*;
use terraform_provider_intune::schema::{BlockNesting, Nesting, Schema, Shape};
use terraform_provider_intune::value::{Path, Type, Value};

use super::*;
use crate::oracle::level::map_objects;
use crate::oracle::{
    Action, PlannedChange, arbitrary, assert_applied, assert_final_plan, assert_plan_valid,
    assert_read, implied_type, misfits, planned_action, proposed_new, saved_after_apply,
};

const NONE: Vec<String> = Vec::new();

/// Everything that a schema can have, two levels deep.
fn rich_schema() -> Schema {
    let typed = |name: &str, type_| optional(name, Shape::Type(type_));
    let content = || [required(text("a")), computed(text("c")), typed("flag", Type::Bool)];
    let deep = || {
        let inner = nested("inner", Nesting::List, content());
        [text("key"), inner, typed("tags", Type::Set(Box::new(Type::String)))]
    };
    schema(
        [
            computed(text("id")),
            required(text("name")),
            optional_computed(text("note")),
            write_only(text("password")),
            sensitive(typed("count", Type::Number)),
            typed("any", Type::Dynamic),
            typed("labels", Type::Map(Box::new(Type::String))),
            nested("single", Nesting::Single, content()),
            nested("list", Nesting::List, deep()),
            nested("set", Nesting::Set, content()),
            nested("map", Nesting::Map, content()),
            optional_computed(nested("made", Nesting::Single, [optional_computed(text("a"))])),
        ],
        [
            blocks("block", BlockNesting::Single, content()),
            blocks("blocks", BlockNesting::List, deep()),
            blocks("labelled", BlockNesting::Map, content()),
            blocks("grouped", BlockNesting::Group, [text("a"), computed(text("c"))]),
        ],
    )
}

/// A provider that does as it should: write-only values to null, and what it decides itself unknown.
fn plan(attributes: &[Attribute], nested_blocks: &[NestedBlock], proposed: &Value) -> Value {
    let Value::Object(fields) = proposed else { return proposed.clone() };
    let planned = fields.iter().map(|(name, value)| {
        let attribute = attributes.iter().find(|attribute| attribute.name == *name);
        let planned = match attribute {
            Some(attribute) if attribute.write_only => Value::Null,
            Some(attribute) if attribute.computed && value.is_null() => Value::unknown(),
            Some(Attribute { shape: Shape::Nested(_, nested), .. }) => {
                plan_each(nested, &[], value)
            }
            Some(_) => value.clone(),
            None => match nested_blocks.iter().find(|nested| nested.type_name == *name) {
                Some(nested) => plan_each(&nested.block.attributes, &nested.block.blocks, value),
                None => value.clone(),
            },
        };
        (name.clone(), planned)
    });
    Value::Object(planned.collect())
}

fn plan_each(attributes: &[Attribute], nested_blocks: &[NestedBlock], value: &Value) -> Value {
    map_objects(value, |object| plan(attributes, nested_blocks, object))
}

fn planned(schema: &Schema, prior: &Value, config: &Value) -> Value {
    let proposed = proposed_new(schema, prior, config);
    plan(&schema.block.attributes, &schema.block.blocks, &proposed)
}

/// The provider's answers to what it planned as unknown.
fn decided(planned: &Value) -> Value {
    crate::oracle::level::replace_unknowns(planned, &Value::Null)
}

fn any_state() -> BoxedStrategy<Value> {
    arbitrary::state(&rich_schema(), &arbitrary::unhinted)
}

fn any_config() -> BoxedStrategy<(Value, Value)> {
    arbitrary::config_before_and_after(&rich_schema(), &arbitrary::unhinted)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn random_values_are_of_the_type_of_the_schema((masked, known) in any_config(), state in any_state()) {
        let type_ = implied_type(&rich_schema());
        prop_assert_eq!(misfits(&type_, &masked), NONE);
        prop_assert_eq!(misfits(&type_, &known), NONE);
        prop_assert!(known.is_wholly_known());
        prop_assert_eq!(assert_read(&rich_schema(), &state), NONE);
    }

    #[test]
    fn an_honest_provider_passes_from_plan_to_state(
        (masked, known) in any_config(),
        prior in prop_oneof![Just(Value::Null), any_state()],
    ) {
        let schema = rich_schema();
        let first = planned(&schema, &prior, &masked);
        prop_assert_eq!(assert_plan_valid(&schema, &prior, &masked, &first), NONE);
        let last = planned(&schema, &prior, &known);
        prop_assert_eq!(assert_plan_valid(&schema, &prior, &known, &last), NONE);
        let action = planned_action(&prior, &first, false);
        let change = |after: &Value| PlannedChange { action, after: after.clone() };
        prop_assert_eq!(assert_final_plan(&schema, &change(&first), &change(&last)), NONE);
        let state = decided(&last);
        prop_assert_eq!(assert_applied(&schema, &last, &state, false, action), NONE);
        let saved = saved_after_apply(&schema, None, &last, &state, false, Action::Create);
        prop_assert_eq!(saved.map(|saved| saved.value), Some(state));
    }

    #[test]
    fn what_was_configured_so_already_is_proposed_unchanged(state in any_state()) {
        let schema = rich_schema();
        let config = arbitrary::config_of(&schema, &state);
        let proposed = proposed_new(&schema, &state, &config);
        prop_assert_eq!(planned_action(&state, &proposed, false), Action::NoOp);
    }

    #[test]
    fn hints_decide_what_is_drawn(config in arbitrary::config(&profile_schema(), &hinted_name)) {
        prop_assert_eq!(config.field("name"), &Value::text("hinted"));
        prop_assert!(config.field("id").is_null());
    }
}

fn hinted_name(path: &Path) -> Option<BoxedStrategy<Value>> {
    (*path == Path::attribute("name")).then(|| Just(Value::text("hinted")).boxed())
}
