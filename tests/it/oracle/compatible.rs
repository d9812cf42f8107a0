//! Whether a value is a completion of one that was partly unknown; knows neither plan nor apply.
//!
//! Rules: `AssertObjectCompatible` in Terraform's `objchange` package and `ValueRange.Includes` in
//! go-cty. What was known stays as it is, and what was unknown keeps the promises made about it.

use terraform_provider_intune::schema::{Block, NestedBlock, Schema};
use terraform_provider_intune::value::{Number, Path, Refinement, Type, Value};

use super::conformance::{attribute_type, misfits};
use super::level::{Repetition, complaint, element, elements, fields, member};

/// Complaints about an actual value that does not complete the planned one.
pub(crate) fn assert_object_compatible(
    schema: &Schema,
    planned: &Value,
    actual: &Value,
) -> Vec<String> {
    compare_blocks(&schema.block, planned, actual, &Path::root())
}

fn compare_blocks(block: &Block, planned: &Value, actual: &Value, path: &Path) -> Vec<String> {
    match (planned.is_null(), actual.is_null()) {
        (true, true) => return Vec::new(),
        (true, false) => return vec![complaint(path, "was planned as absent and is there")],
        (false, true) => return vec![complaint(path, "was planned and is not there")],
        (false, false) => {}
    }
    let mut complaints = Vec::new();
    for attribute in &block.attributes {
        let name = &attribute.name;
        let here = path.then_attribute(name);
        let type_ = attribute_type(attribute);
        let found = compare_values(&type_, member(planned, name), member(actual, name), &here);
        if attribute.sensitive && !found.is_empty() {
            complaints.push(complaint(&here, "a sensitive attribute differs from its plan"));
        } else {
            complaints.extend(found);
        }
    }
    for nested in &block.blocks {
        let name = &nested.type_name;
        let here = path.then_attribute(name);
        complaints.extend(compare_nested(
            nested,
            member(planned, name),
            member(actual, name),
            &here,
        ));
    }
    complaints
}

fn compare_nested(
    nested: &NestedBlock,
    planned: &Value,
    actual: &Value,
    path: &Path,
) -> Vec<String> {
    let block = &nested.block;
    let repetition = Repetition::from(nested.nesting);
    if repetition == Repetition::One {
        // An unknown dynamic block may have turned out to be no block at all.
        if planned.is_unknown() && actual.is_null() {
            return Vec::new();
        }
        return compare_blocks(block, planned, actual, path);
    }
    let uncountable = |value: &Value| value.is_unknown() || value.is_null();
    if uncountable(planned) || uncountable(actual) {
        return Vec::new();
    }
    match repetition {
        Repetition::One => Vec::new(),
        Repetition::List => {
            let (before, after) = (elements(planned), elements(actual));
            if before.len() != after.len() {
                let reason =
                    format!("{} blocks were planned, there are {}", before.len(), after.len());
                return vec![complaint(path, reason)];
            }
            let pairs = before.iter().zip(after).enumerate();
            pairs
                .flat_map(|(at, (p, a))| compare_blocks(block, p, a, &path.then_index(at)))
                .collect()
        }
        Repetition::Map => compare_keyed(planned, actual, path, |planned, actual, here| {
            compare_blocks(block, planned, actual, here)
        }),
        Repetition::Set => compare_sets(planned, actual, path, |planned, actual| {
            compare_blocks(block, planned, actual, path).is_empty()
        }),
    }
}

fn compare_values(type_: &Type, planned: &Value, actual: &Value, path: &Path) -> Vec<String> {
    // A null or unknown of any type leaves the type open, and so everything else.
    if type_ == &Type::Dynamic && (planned.is_null() || planned.is_unknown()) {
        return Vec::new();
    }
    if !misfits(type_, actual).is_empty() {
        return vec![complaint(path, "is of another type than planned")];
    }
    match (planned, actual) {
        (Value::Unknown(promise), _) => promise_broken(promise, actual)
            .map(|reason| complaint(path, format!("final value breaks a promise: {reason}")))
            .into_iter()
            .collect(),
        (Value::Null, Value::Null) => Vec::new(),
        (_, Value::Null) => {
            vec![complaint(path, format!("was planned as {planned:?} and is null"))]
        }
        (Value::Null, _) => vec![complaint(path, format!("was planned as null and is {actual:?}"))],
        (_, Value::Unknown(_)) => vec![complaint(path, "was planned as known and is unknown")],
        _ => compare_known(type_, planned, actual, path),
    }
}

fn compare_known(type_: &Type, planned: &Value, actual: &Value, path: &Path) -> Vec<String> {
    match (type_, planned, actual) {
        (Type::Dynamic, Value::Dynamic(before), Value::Dynamic(after)) => {
            if before.0 == after.0 {
                compare_values(&before.0, &before.1, &after.1, path)
            } else {
                vec![complaint(path, "is of another type than planned")]
            }
        }
        (Type::List(inner), ..) => compare_indexed(planned, actual, path, |_| Some(inner)),
        (Type::Tuple(types), ..) => compare_indexed(planned, actual, path, |at| types.get(at)),
        (Type::Map(inner), ..) => compare_keyed(planned, actual, path, |planned, actual, here| {
            compare_values(inner, planned, actual, here)
        }),
        (Type::Object(types, _), ..) => types
            .iter()
            .flat_map(|(name, type_)| {
                let here = path.then_attribute(name);
                compare_values(type_, member(planned, name), member(actual, name), &here)
            })
            .collect(),
        (Type::Set(inner), ..) => compare_sets(planned, actual, path, |planned, actual| {
            compare_values(inner, planned, actual, path).is_empty()
        }),
        _ if planned == actual => Vec::new(),
        _ => vec![complaint(path, format!("was planned as {planned:?} and is {actual:?}"))],
    }
}

fn compare_indexed<'schema>(
    planned: &Value,
    actual: &Value,
    path: &Path,
    type_at: impl Fn(usize) -> Option<&'schema Type>,
) -> Vec<String> {
    let (before, after) = (elements(planned).len(), elements(actual).len());
    let mut complaints = Vec::new();
    for index in 0..before.max(after) {
        let here = path.then_index(index);
        if index >= after {
            complaints.push(complaint(&here, "was planned and is missing"));
        } else if index >= before {
            complaints.push(complaint(&here, "was not planned"));
        } else if let Some(type_) = type_at(index) {
            let (planned, actual) = (element(planned, index), element(actual, index));
            complaints.extend(compare_values(type_, planned, actual, &here));
        }
    }
    complaints
}

fn compare_keyed(
    planned: &Value,
    actual: &Value,
    path: &Path,
    compare: impl Fn(&Value, &Value, &Path) -> Vec<String>,
) -> Vec<String> {
    let (Some(before), Some(after)) = (fields(planned), fields(actual)) else { return Vec::new() };
    let mut complaints = Vec::new();
    for (key, planned) in before {
        let here = path.then_key(key);
        match after.get(key) {
            Some(actual) => complaints.extend(compare(planned, actual, &here)),
            None => complaints.push(complaint(&here, "was planned and is missing")),
        }
    }
    for key in after.keys().filter(|key| !before.contains_key(*key)) {
        complaints.push(complaint(&path.then_key(key), "was not planned"));
    }
    complaints
}

/// Every element needs a counterpart on the other side, and there may be fewer than planned, because
/// unknown elements may turn out to be equal, but never more.
fn compare_sets(
    planned: &Value,
    actual: &Value,
    path: &Path,
    correlate: impl Fn(&Value, &Value) -> bool,
) -> Vec<String> {
    let (before, after) = (elements(planned), elements(actual));
    let lonely = before
        .iter()
        .filter(|planned| !after.iter().any(|actual| correlate(planned, actual)))
        .map(|_| complaint(path, "a planned set element has no counterpart in the actual set"));
    let mut complaints: Vec<String> = lonely.collect();
    if complaints.is_empty() {
        let unplanned = after
            .iter()
            .filter(|actual| !before.iter().any(|planned| correlate(planned, actual)))
            .map(|_| {
                complaint(path, "an actual set element has no counterpart in the planned set")
            });
        complaints.extend(unplanned);
    }
    if before.len() < after.len() {
        let reason =
            format!("{} set elements were planned, there are {}", before.len(), after.len());
        complaints.push(complaint(path, reason));
    }
    complaints
}

/// Which promise about an unknown value the value that took its place certainly breaks.
fn promise_broken(promise: &Refinement, actual: &Value) -> Option<&'static str> {
    match (promise.null, actual) {
        (Some(true), Value::Null) => return None,
        (Some(true), _) => return Some("it should have been null"),
        (Some(false), Value::Null) => return Some("it should not have been null"),
        (None, Value::Null) => return None,
        _ => {}
    }
    match actual {
        Value::Unknown(later) => unknown_promise_broken(promise, later),
        Value::Text(text) => {
            let broken = promise.prefix.as_ref().is_some_and(|prefix| !text.starts_with(prefix));
            broken.then_some("it should have begun otherwise")
        }
        Value::Number(number) => number_out_of_bounds(promise, number),
        Value::List(_) | Value::Set(_) | Value::Map(_) => length_out_of_bounds(promise, actual),
        Value::Dynamic(typed) => promise_broken(promise, &typed.1),
        Value::Null | Value::Bool(_) | Value::Tuple(_) | Value::Object(_) => None,
    }
}

/// An unknown in place of an unknown is wrong only when no value could keep both promises.
fn unknown_promise_broken(promise: &Refinement, later: &Refinement) -> Option<&'static str> {
    if promise.null == Some(false) && later.null == Some(true) {
        return Some("it should not have been null");
    }
    let apart = |low: &Option<(Number, bool)>, high: &Option<(Number, bool)>| match (low, high) {
        (Some((low, _)), Some((high, _))) => low > high,
        _ => false,
    };
    let shorter = |least: Option<i64>, most: Option<i64>| {
        least.zip(most).is_some_and(|(least, most)| least > most)
    };
    let disjoint = apart(&promise.lower, &later.upper)
        || apart(&later.lower, &promise.upper)
        || shorter(promise.length_min, later.length_max)
        || shorter(later.length_min, promise.length_max);
    disjoint.then_some("its bounds exclude the promised ones")
}

fn number_out_of_bounds(promise: &Refinement, number: &Number) -> Option<&'static str> {
    let below = promise
        .lower
        .as_ref()
        .is_some_and(|(bound, inclusive)| number < bound || (number == bound && !inclusive));
    let above = promise
        .upper
        .as_ref()
        .is_some_and(|(bound, inclusive)| number > bound || (number == bound && !inclusive));
    if below {
        Some("it is less than the least it could be")
    } else {
        above.then_some("it is more than the most it could be")
    }
}

fn length_out_of_bounds(promise: &Refinement, collection: &Value) -> Option<&'static str> {
    let stored = match collection {
        Value::Map(fields) => fields.len(),
        _ => elements(collection).len(),
    };
    // Unknown elements of a set may turn out to be equal, so its count has only a greatest value.
    let least = match collection {
        Value::Set(_) if stored > 1 && !collection.is_wholly_known() => 1,
        _ => stored,
    };
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let short = promise.length_min.is_some_and(|bound| count(stored) < bound);
    let long = promise.length_max.is_some_and(|bound| count(least) > bound);
    if short {
        Some("it has fewer elements than promised")
    } else {
        long.then_some("it has more elements than promised")
    }
}
