//! The state that core proposes to a provider before it plans; knows no check.
//!
//! Rules: `ProposedNew` in Terraform's `objchange` package. A computed attribute that the configuration
//! leaves out keeps its prior value; everything else is as configured. On create, computed attributes
//! are null, not unknown: making them unknown is the provider's part.

use terraform_provider_intune::schema::{
    Attribute, Block, BlockNesting, NestedBlock, Schema, Shape,
};
use terraform_provider_intune::value::{Fields, Path, Type, Value};

use super::conformance::nested_block_type;
use super::level::{
    Level, Repetition, bare, element, elements, fields, member, objects, same_unrefined,
};

/// What core proposes for this prior state (null on create) and configuration.
///
/// Core does not propose anything for a destroy: it sends null.
pub(crate) fn proposed_new(schema: &Schema, prior: &Value, config: &Value) -> Value {
    proposed_block(&schema.block, prior, config)
}

/// What is inside one nested attribute or block; the two are merged by slightly different rules.
#[derive(Clone, Copy)]
enum Content<'schema> {
    Block(&'schema Block),
    Attributes(&'schema [Attribute]),
}

impl<'schema> Content<'schema> {
    fn level(self) -> Level<'schema> {
        match self {
            Self::Block(block) => block.into(),
            Self::Attributes(attributes) => attributes.into(),
        }
    }

    fn proposed(self, prior: &Value, config: &Value) -> Value {
        match self {
            Self::Block(block) => proposed_block(block, prior, config),
            Self::Attributes(_) if config.is_null() => Value::Null,
            Self::Attributes(attributes) => {
                Value::Object(proposed_attributes(attributes, prior, config))
            }
        }
    }
}

fn proposed_block(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() && prior.is_null() {
        return Value::Null;
    }
    let empty;
    let prior = if prior.is_null() {
        empty = empty_block(block);
        &empty
    } else {
        prior
    };
    if config.is_null() || config.is_unknown() {
        return prior.clone();
    }
    let mut merged = proposed_attributes(&block.attributes, prior, config);
    for nested in &block.blocks {
        let name = &nested.type_name;
        let value = proposed_nested_block(nested, member(prior, name), member(config, name));
        merged.insert(name.clone(), value);
    }
    Value::Object(merged)
}

/// What an empty block in the configuration decodes to, with no regard to what is required.
fn empty_block(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null));
    let blocks =
        block.blocks.iter().map(|nested| (nested.type_name.clone(), empty_nested_block(nested)));
    Value::Object(attributes.chain(blocks).collect())
}

fn empty_nested_block(nested: &NestedBlock) -> Value {
    let open = nested_block_type(nested.nesting, &nested.block) == Type::Dynamic;
    let typed = |type_, value| Value::Dynamic(Box::new((type_, value)));
    match nested.nesting {
        BlockNesting::Single => Value::Null,
        BlockNesting::Group => empty_block(&nested.block),
        BlockNesting::List if open => typed(Type::Tuple(Vec::new()), Value::Tuple(Vec::new())),
        BlockNesting::Map if open => typed(
            Type::Object(Default::default(), Default::default()),
            Value::Object(Fields::new()),
        ),
        BlockNesting::List => Value::List(Vec::new()),
        BlockNesting::Set => Value::Set(Vec::new()),
        BlockNesting::Map => Value::Map(Fields::new()),
    }
}

fn proposed_nested_block(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    let absent = nested.nesting == BlockNesting::Single && config.is_null();
    if config.is_unknown() || absent {
        return config.clone();
    }
    proposed_repeated(nested.nesting.into(), Content::Block(&nested.block), prior, config)
}

fn proposed_attributes(attributes: &[Attribute], prior: &Value, config: &Value) -> Fields {
    attributes
        .iter()
        .map(|attribute| {
            let name = &attribute.name;
            let value = proposed_attribute(attribute, member(prior, name), member(config, name));
            (name.clone(), value)
        })
        .collect()
}

fn proposed_attribute(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    if attribute.computed && config.is_null() {
        return if must_have_been_configured(attribute, prior) {
            Value::Null
        } else {
            prior.clone()
        };
    }
    match &attribute.shape {
        Shape::Nested(nesting, nested) if !config.is_unknown() && !config.is_null() => {
            proposed_repeated((*nesting).into(), Content::Attributes(nested), prior, config)
        }
        _ => config.clone(),
    }
}

/// Whether a prior value of an optional attribute holds something that only configuration can have
/// put there, so that its absence from the configuration now means its removal.
fn must_have_been_configured(attribute: &Attribute, prior: &Value) -> bool {
    match &attribute.shape {
        Shape::Nested(nesting, nested) if attribute.optional => {
            holds_configured((*nesting).into(), nested, prior)
        }
        _ => false,
    }
}

fn holds_configured(repetition: Repetition, nested: &[Attribute], value: &Value) -> bool {
    objects(repetition, value, &Path::root()).into_iter().any(|(_, object)| {
        nested.iter().any(|attribute| {
            let field = member(object, &attribute.name);
            let inside = |shape: &Shape| match shape {
                Shape::Nested(nesting, inner) => holds_configured((*nesting).into(), inner, field),
                Shape::Type(_) => false,
            };
            !field.is_null() && (!attribute.computed || inside(&attribute.shape))
        })
    })
}

fn proposed_repeated(
    repetition: Repetition,
    content: Content<'_>,
    prior: &Value,
    config: &Value,
) -> Value {
    match repetition {
        Repetition::One => content.proposed(prior, config),
        Repetition::List => with_elements(config, |configured| {
            configured
                .iter()
                .enumerate()
                .map(|(index, wanted)| {
                    let has_prior = prior.is_unknown() || index < elements(prior).len();
                    if has_prior {
                        content.proposed(element(prior, index), wanted)
                    } else {
                        wanted.clone()
                    }
                })
                .collect()
        }),
        Repetition::Set => {
            with_elements(config, |configured| proposed_set(content, elements(prior), configured))
        }
        Repetition::Map => proposed_map(content, prior, config),
    }
}

/// Each configured element takes the first prior element that could have come from it.
fn proposed_set(content: Content<'_>, prior: &[Value], configured: &[Value]) -> Vec<Value> {
    let mut left: Vec<&Value> = prior.iter().collect();
    configured
        .iter()
        .map(|wanted| {
            let found = left
                .iter()
                .position(|candidate| could_come_from(content.level(), candidate, wanted));
            let matching = found.map_or(&Value::Null, |position| left.remove(position));
            content.proposed(matching, wanted)
        })
        .collect()
}

fn proposed_map(content: Content<'_>, prior: &Value, config: &Value) -> Value {
    let Some(configured) = fields(config) else { return config.clone() };
    let merged: Fields = configured
        .iter()
        .map(|(key, wanted)| (key.clone(), content.proposed(member(prior, key), wanted)))
        .collect();
    rebuilt(config, |inner| match inner {
        Value::Map(_) => Value::Map(merged),
        _ => Value::Object(merged),
    })
}

fn with_elements(config: &Value, merge: impl FnOnce(&[Value]) -> Vec<Value>) -> Value {
    let merged = merge(elements(config));
    rebuilt(config, |inner| match inner {
        Value::List(_) => Value::List(merged),
        Value::Set(_) => Value::set(merged),
        Value::Tuple(_) => Value::Tuple(merged),
        _ => inner.clone(),
    })
}

/// Changes the bare value and keeps the type that it is carried with.
fn rebuilt(config: &Value, change: impl FnOnce(&Value) -> Value) -> Value {
    let changed = change(bare(config));
    match config {
        Value::Dynamic(typed) => Value::Dynamic(Box::new((typed.0.clone(), changed))),
        _ => changed,
    }
}

/// Whether a prior element of a set is what this configured element became: they differ only where an
/// attribute is computed and not configured.
fn could_come_from(level: Level<'_>, prior: &Value, config: &Value) -> bool {
    if same_unrefined(prior, config) || fields(prior).is_none() {
        return true;
    }
    if config.is_null() {
        return false;
    }
    level.attributes.iter().all(|attribute| {
        let (prior, config) = (member(prior, &attribute.name), member(config, &attribute.name));
        if same_unrefined(prior, config) {
            return true;
        }
        match &attribute.shape {
            Shape::Type(Type::Set(_)) => false,
            Shape::Type(_) => attribute.computed && config.is_null(),
            Shape::Nested(nesting, nested) => {
                objects_could_come_from((*nesting).into(), nested.as_slice().into(), prior, config)
            }
        }
    }) && level.blocks.iter().all(|block| {
        let (prior, config) = (member(prior, &block.type_name), member(config, &block.type_name));
        same_unrefined(prior, config)
            || objects_could_come_from(block.nesting.into(), (&block.block).into(), prior, config)
    })
}

/// As core does, this follows the prior objects only: configured objects beyond them are not looked at.
fn objects_could_come_from(
    repetition: Repetition,
    level: Level<'_>,
    prior: &Value,
    config: &Value,
) -> bool {
    match repetition {
        // What lies in a set cannot be found again without knowing what it became.
        Repetition::Set => false,
        Repetition::One => could_come_from(level, prior, config),
        Repetition::List => elements(prior).iter().enumerate().all(|(index, object)| {
            let reachable = config.is_unknown() || index < elements(config).len();
            reachable && could_come_from(level, object, element(config, index))
        }),
        Repetition::Map => fields(prior).into_iter().flatten().all(|(key, object)| {
            let reachable =
                config.is_unknown() || fields(config).is_some_and(|known| known.contains_key(key));
            reachable && could_come_from(level, object, member(config, key))
        }),
    }
}
