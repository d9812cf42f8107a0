//! What the checks share: one level of a schema, and looking into values that may be null, unknown or
//! carried with their own type; knows no rule of the contract.

use std::sync::LazyLock;

use terraform_provider_intune::schema::{
    Attribute, Block, BlockNesting, NestedBlock, Nesting, Shape,
};
use terraform_provider_intune::value::{Fields, Path, Value};

/// The attributes and blocks of one object; nested attributes have no blocks.
#[derive(Clone, Copy)]
pub(super) struct Level<'schema> {
    pub(super) attributes: &'schema [Attribute],
    pub(super) blocks: &'schema [NestedBlock],
}

impl<'schema> From<&'schema Block> for Level<'schema> {
    fn from(block: &'schema Block) -> Self {
        Self { attributes: &block.attributes, blocks: &block.blocks }
    }
}

impl<'schema> From<&'schema [Attribute]> for Level<'schema> {
    fn from(attributes: &'schema [Attribute]) -> Self {
        Self { attributes, blocks: &[] }
    }
}

/// How the objects of a nested attribute or block are held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repetition {
    One,
    List,
    Set,
    Map,
}

impl From<Nesting> for Repetition {
    fn from(nesting: Nesting) -> Self {
        match nesting {
            Nesting::Single => Self::One,
            Nesting::List => Self::List,
            Nesting::Set => Self::Set,
            Nesting::Map => Self::Map,
        }
    }
}

impl From<BlockNesting> for Repetition {
    fn from(nesting: BlockNesting) -> Self {
        match nesting {
            BlockNesting::Single | BlockNesting::Group => Self::One,
            BlockNesting::List => Self::List,
            BlockNesting::Set => Self::Set,
            BlockNesting::Map => Self::Map,
        }
    }
}

static NULL: Value = Value::Null;
static UNKNOWN: LazyLock<Value> = LazyLock::new(Value::unknown);

/// The value without the type it may be carried with.
pub(super) fn bare(value: &Value) -> &Value {
    match value {
        Value::Dynamic(typed) => &typed.1,
        _ => value,
    }
}

/// A field of an object or map: null within null, unknown within unknown.
pub(super) fn member<'value>(parent: &'value Value, name: &str) -> &'value Value {
    match bare(parent) {
        Value::Unknown(_) => &UNKNOWN,
        known => known.as_fields().and_then(|fields| fields.get(name)).unwrap_or(&NULL),
    }
}

/// An element of a list or tuple: null past its end, unknown within unknown.
pub(super) fn element(parent: &Value, index: usize) -> &Value {
    match bare(parent) {
        Value::Unknown(_) => &UNKNOWN,
        known => known.as_elements().and_then(|elements| elements.get(index)).unwrap_or(&NULL),
    }
}

/// The elements of a list, set or tuple; none when it is null or unknown.
pub(super) fn elements(value: &Value) -> &[Value] {
    bare(value).as_elements().unwrap_or_default()
}

/// The fields of a map or object; `None` when it is null or unknown.
pub(super) fn fields(value: &Value) -> Option<&Fields> {
    bare(value).as_fields()
}

/// The objects that a nested attribute or block holds, with their paths.
///
/// Elements of a set have no address, so theirs is the path of the set.
pub(super) fn objects<'value>(
    repetition: Repetition,
    value: &'value Value,
    path: &Path,
) -> Vec<(Path, &'value Value)> {
    match repetition {
        Repetition::One => vec![(path.clone(), bare(value))],
        Repetition::List => elements(value)
            .iter()
            .enumerate()
            .map(|(index, element)| (path.then_index(index), element))
            .collect(),
        Repetition::Set => elements(value).iter().map(|element| (path.clone(), element)).collect(),
        Repetition::Map => fields(value)
            .into_iter()
            .flatten()
            .map(|(key, element)| (path.then_key(key), element))
            .collect(),
    }
}

/// Visits this value and every value inside it, outermost first.
pub(super) fn walk(value: &Value, path: &Path, visit: &mut impl FnMut(&Path, &Value)) {
    visit(path, value);
    match value {
        Value::List(elements) | Value::Tuple(elements) => {
            for (index, element) in elements.iter().enumerate() {
                walk(element, &path.then_index(index), visit);
            }
        }
        Value::Set(elements) => elements.iter().for_each(|element| walk(element, path, visit)),
        Value::Map(fields) => {
            fields.iter().for_each(|(key, element)| walk(element, &path.then_key(key), visit));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                walk(field, &path.then_attribute(name), visit);
            }
        }
        Value::Dynamic(typed) => walk(&typed.1, path, visit),
        Value::Null | Value::Unknown(_) | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// Rebuilds what a nested attribute or block holds, one object at a time.
pub(super) fn map_objects(value: &Value, each: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::List(elements) => Value::List(elements.iter().map(each).collect()),
        Value::Set(elements) => Value::set(elements.iter().map(each).collect()),
        Value::Map(fields) => {
            Value::Map(fields.iter().map(|(key, element)| (key.clone(), each(element))).collect())
        }
        _ => each(value),
    }
}

/// Rebuilds a value with every unknown in it replaced.
pub(super) fn replace_unknowns(value: &Value, replacement: &Value) -> Value {
    let each = |values: &[Value]| -> Vec<Value> {
        values.iter().map(|element| replace_unknowns(element, replacement)).collect()
    };
    let each_field = |fields: &Fields| -> Fields {
        fields
            .iter()
            .map(|(name, field)| (name.clone(), replace_unknowns(field, replacement)))
            .collect()
    };
    match value {
        Value::Unknown(_) => replacement.clone(),
        Value::List(elements) => Value::List(each(elements)),
        Value::Set(elements) => Value::set(each(elements)),
        Value::Tuple(elements) => Value::Tuple(each(elements)),
        Value::Map(fields) => Value::Map(each_field(fields)),
        Value::Object(fields) => Value::Object(each_field(fields)),
        Value::Dynamic(typed) => {
            let inner = replace_unknowns(&typed.1, replacement);
            Value::Dynamic(Box::new((typed.0.clone(), inner)))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => value.clone(),
    }
}

/// Whether two values are the same when promises about unknowns are left aside.
pub(super) fn same_unrefined(left: &Value, right: &Value) -> bool {
    replace_unknowns(left, &UNKNOWN) == replace_unknowns(right, &UNKNOWN)
}

/// The places at which the schema has a write-only attribute, with what is there.
pub(super) fn write_only_places<'value>(
    level: Level<'_>,
    value: &'value Value,
    path: &Path,
) -> Vec<(Path, &'value Value)> {
    if fields(value).is_none() {
        return Vec::new();
    }
    let mut places = Vec::new();
    for attribute in level.attributes {
        let here = path.then_attribute(&attribute.name);
        let field = member(value, &attribute.name);
        if attribute.write_only {
            places.push((here.clone(), field));
        }
        if let Shape::Nested(nesting, nested) = &attribute.shape {
            for (inner, object) in objects((*nesting).into(), field, &here) {
                places.extend(write_only_places(nested.as_slice().into(), object, &inner));
            }
        }
    }
    for block in level.blocks {
        let here = path.then_attribute(&block.type_name);
        for (inner, object) in objects(block.nesting.into(), member(value, &block.type_name), &here)
        {
            places.extend(write_only_places((&block.block).into(), object, &inner));
        }
    }
    places
}

/// A complaint about one place.
pub(super) fn complaint(path: &Path, reason: impl AsRef<str>) -> String {
    if path.steps().is_empty() {
        format!("root object: {}", reason.as_ref())
    } else {
        format!("{path}: {}", reason.as_ref())
    }
}

/// Complaints about write-only attributes that are not null where core stores values.
///
/// Write-only values are never stored (Terraform 1.11 and later), so a provider that echoes one leaks it.
pub(super) fn echoed_write_only(level: Level<'_>, value: &Value) -> Vec<String> {
    write_only_places(level, value, &Path::root())
        .into_iter()
        .filter(|(_, found)| !found.is_null())
        .map(|(path, _)| complaint(&path, "returned a value for a write-only attribute"))
        .collect()
}

/// Complaints about every unknown inside a value that has to be wholly known.
pub(super) fn unknowns(value: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    walk(value, &Path::root(), &mut |path, inner| {
        if inner.is_unknown() {
            complaints.push(complaint(path, "is unknown where every value must be known"));
        }
    });
    complaints
}
