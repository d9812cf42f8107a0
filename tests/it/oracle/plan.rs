//! What core checks about a plan, and what it makes of one; knows nothing of applying it.
//!
//! Rules: `AssertPlanValid` in Terraform's `objchange` package, and `plan`, `planDestroy`, `getAction`,
//! `getRequiredReplaces` and `checkPlannedChange` in its `terraform` package.

use terraform_provider_intune::schema::{
    Attribute, Block, BlockNesting, NestedBlock, Schema, Shape,
};
use terraform_provider_intune::value::{Path, Step, Type, Value};

use super::compatible::assert_object_compatible;
use super::conformance::{implied_type, misfits};
use super::level::{
    Repetition, complaint, echoed_write_only, element, elements, fields, member, objects,
    same_unrefined, write_only_places,
};

/// What core is going to do with one resource instance.
///
/// Applying a [`Action::Replace`] is applying a [`Action::Delete`] and then a [`Action::Create`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    NoOp,
    Create,
    Update,
    Replace,
    Delete,
}

/// A change as it stands in a plan: what to do, and the planned state it leads to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedChange {
    pub(crate) action: Action,
    pub(crate) after: Value,
}

/// "Provider produced invalid plan": complaints about a planned state.
///
/// `config` is what was sent to the provider; `prior` is null on create.
pub(crate) fn assert_plan_valid(
    schema: &Schema,
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Vec<String> {
    let malformed = assert_replacement_plan(schema, planned);
    if !malformed.is_empty() {
        return malformed;
    }
    let mut complaints = Vec::new();
    check_block(&schema.block, prior, config, planned, &Path::root(), &mut complaints);
    complaints
}

/// "Provider produced invalid plan" for the second plan of a replacement, the one with a null prior
/// state: of it, core checks the type and write-only attributes only.
///
/// [`assert_plan_valid`] is stricter, and a provider that plans well passes it here too.
pub(crate) fn assert_replacement_plan(schema: &Schema, planned: &Value) -> Vec<String> {
    let misfits = misfits(&implied_type(schema), planned);
    if misfits.is_empty() { echoed_write_only((&schema.block).into(), planned) } else { misfits }
}

/// "Provider produced invalid plan" for a destroy: the planned state must be null.
///
/// Core plans a destroy only with a provider that has the `plan_destroy` capability.
pub(crate) fn assert_destroy_plan(planned: &Value) -> Vec<String> {
    if planned.is_null() {
        Vec::new()
    } else {
        vec![complaint(&Path::root(), "a destroy must be planned as null")]
    }
}

/// Whether a plan that names these paths is a replacement, or complaints about paths that lead nowhere.
///
/// A path counts only when its value changes or it is write-only, and never on create.
pub(crate) fn check_requires_replace(
    schema: &Schema,
    paths: &[Path],
    prior: &Value,
    planned: &Value,
) -> Result<bool, Vec<String>> {
    if prior.is_null() {
        return Ok(false);
    }
    let type_ = implied_type(schema);
    let write_only = write_only_places((&schema.block).into(), planned, &Path::root());
    let mut replace = false;
    let mut complaints = Vec::new();
    for path in paths {
        let before = value_at(&type_, prior, path.steps());
        let after = value_at(&type_, planned, path.steps());
        if before.is_none() && after.is_none() {
            complaints.push(complaint(path, "forces a replacement, but there is no such path"));
            continue;
        }
        let changed = before.unwrap_or(Value::Null) != after.unwrap_or(Value::Null);
        replace |= changed || write_only.iter().any(|(place, _)| place == path);
    }
    if complaints.is_empty() { Ok(replace) } else { Err(complaints) }
}

/// What core does after a valid plan; the prior state is wholly known, as every state is.
///
/// A tainted object is planned with a null prior state, and the resulting [`Action::Create`] is then
/// turned into a [`Action::Replace`] by core.
pub(crate) fn planned_action(prior: &Value, planned: &Value, replace: bool) -> Action {
    if prior.is_null() {
        Action::Create
    } else if replace {
        Action::Replace
    } else if planned == prior {
        Action::NoOp
    } else {
        Action::Update
    }
}

/// "Provider produced inconsistent final plan": complaints about the plan made anew at apply time, when
/// the whole configuration is known, against the one that the user approved.
pub(crate) fn assert_final_plan(
    schema: &Schema,
    initial: &PlannedChange,
    last: &PlannedChange,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let expected = match (initial.action, last.action) {
        // Once the old object is deleted, planning anew looks like planning a create.
        (Action::Replace, Action::Create) | (Action::Update, Action::NoOp) => true,
        (before, after) => before == after,
    };
    if !expected {
        let reason =
            format!("the planned action changed from {:?} to {:?}", initial.action, last.action);
        complaints.push(complaint(&Path::root(), reason));
    }
    complaints.extend(assert_object_compatible(schema, &initial.after, &last.after));
    complaints
}

fn check_block(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    complaints: &mut Vec<String>,
) {
    if let Some(reason) = existence_differs(config, planned) {
        complaints.push(complaint(path, reason));
        return;
    }
    if planned.is_null() {
        return;
    }
    check_attributes(&block.attributes, prior, config, planned, path, complaints);
    for nested in &block.blocks {
        let name = &nested.type_name;
        check_nested_block(
            nested,
            member(prior, name),
            member(config, name),
            member(planned, name),
            &path.then_attribute(name),
            complaints,
        );
    }
}

fn existence_differs(config: &Value, planned: &Value) -> Option<&'static str> {
    match (config.is_null(), planned.is_null()) {
        (false, true) => Some("is configured, so the plan must not leave it out"),
        (true, false) => Some("is not configured, so the plan must leave it out"),
        _ => None,
    }
}

fn check_nested_block(
    nested: &NestedBlock,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    complaints: &mut Vec<String>,
) {
    if nested.nesting != BlockNesting::Single && planned.is_null() {
        complaints.push(complaint(path, "no blocks must be planned as empty, not as null"));
        return;
    }
    if planned == config {
        return;
    }
    // Only a dynamic block whose `for_each` is unknown makes blocks unknown, and it is core's alone.
    if config.is_unknown() {
        complaints.push(complaint(path, "planned something else for an unknown dynamic block"));
        return;
    }
    if planned.is_unknown() {
        complaints.push(complaint(path, "blocks must not be unknown as a whole"));
        return;
    }
    let repetition = Repetition::from(nested.nesting);
    let unknown_objects = objects(repetition, planned, path)
        .into_iter()
        .filter(|(_, object)| object.is_unknown())
        .map(|(place, _)| complaint(&place, "a block must not be unknown itself"));
    complaints.extend(unknown_objects);
    match repetition {
        Repetition::One => check_block(&nested.block, prior, config, planned, path, complaints),
        Repetition::List => {
            if let Some(reason) = counts_differ(elements(config).len(), elements(planned).len()) {
                complaints.push(complaint(path, reason));
                return;
            }
            for (index, object) in elements(planned).iter().enumerate() {
                if !object.is_unknown() {
                    let (prior, config) = (element(prior, index), element(config, index));
                    let here = path.then_index(index);
                    check_block(&nested.block, prior, config, object, &here, complaints);
                }
            }
        }
        Repetition::Map => {
            complaints.extend(keys_differ(config, planned, path));
            for (key, object) in fields(planned).into_iter().flatten() {
                if has_key(config, key) && !object.is_unknown() {
                    let (prior, config) = (member(prior, key), member(config, key));
                    let here = path.then_key(key);
                    check_block(&nested.block, prior, config, object, &here, complaints);
                }
            }
        }
        // Planned elements of a set may mix prior and config, so core cannot tell which is which.
        Repetition::Set => {}
    }
}

fn check_attributes(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    complaints: &mut Vec<String>,
) {
    for attribute in attributes {
        let name = &attribute.name;
        check_attribute(
            attribute,
            member(prior, name),
            member(config, name),
            member(planned, name),
            &path.then_attribute(name),
            complaints,
        );
    }
}

fn check_attribute(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    complaints: &mut Vec<String>,
) {
    let as_configured = same_unrefined(planned, config);
    // A provider may keep the prior value where it means the same as the configured one.
    let as_before = same_unrefined(planned, prior) && !prior.is_null() && !config.is_null();
    if as_configured || as_before {
        return;
    }
    if attribute.write_only {
        if !planned.is_null() {
            complaints.push(complaint(path, "a write-only attribute must be planned as null"));
        }
        return;
    }
    let provider_decides = attribute.computed && (!attribute.optional || config.is_null());
    if provider_decides {
        return;
    }
    if config.is_null() {
        let reason = if attribute.sensitive {
            "a sensitive attribute that is neither configured nor computed has a planned value"
                .to_owned()
        } else {
            format!("is neither configured nor computed, yet planned as {planned:?}")
        };
        complaints.push(complaint(path, reason));
        return;
    }
    if let Shape::Nested(nesting, nested) = &attribute.shape {
        let repetition = Repetition::from(*nesting);
        check_nested(repetition, nested, [prior, config, planned], path, complaints);
        return;
    }
    complaints.push(complaint(path, mismatch(attribute, prior, config, planned)));
}

fn mismatch(attribute: &Attribute, prior: &Value, config: &Value, planned: &Value) -> String {
    match (attribute.sensitive, prior.is_null()) {
        (true, true) => "a sensitive attribute is not planned as configured".to_owned(),
        (true, false) => {
            "a sensitive attribute is planned as neither configured nor before".to_owned()
        }
        (false, true) => {
            format!("planned as {planned:?}, but configured as {config:?}")
        }
        (false, false) => {
            format!("planned as {planned:?}, configured as {config:?} and was {prior:?} before")
        }
    }
}

fn check_nested(
    repetition: Repetition,
    nested: &[Attribute],
    [prior, config, planned]: [&Value; 3],
    path: &Path,
    complaints: &mut Vec<String>,
) {
    if let Some(reason) = existence_differs(config, planned) {
        complaints.push(complaint(path, reason));
        return;
    }
    if planned.is_unknown() {
        complaints.push(complaint(path, "is configured, so it must not be unknown as a whole"));
        return;
    }
    match repetition {
        Repetition::One => check_attributes(nested, prior, config, planned, path, complaints),
        _ if config.is_unknown() => {
            complaints.push(complaint(path, "planned a known count where config has none yet"));
        }
        Repetition::List => {
            if let Some(reason) = counts_differ(elements(config).len(), elements(planned).len()) {
                complaints.push(complaint(path, reason));
                return;
            }
            for (index, object) in elements(planned).iter().enumerate() {
                let (prior, config) = (element(prior, index), element(config, index));
                check_attributes(
                    nested,
                    prior,
                    config,
                    object,
                    &path.then_index(index),
                    complaints,
                );
            }
        }
        Repetition::Map => {
            complaints.extend(keys_differ(config, planned, path));
            for (key, object) in fields(planned).into_iter().flatten() {
                if has_key(config, key) {
                    let (prior, config) = (member(prior, key), member(config, key));
                    check_attributes(
                        nested,
                        prior,
                        config,
                        object,
                        &path.then_key(key),
                        complaints,
                    );
                }
            }
        }
        Repetition::Set => {
            let ((wanted_least, wanted_most), (least, most)) =
                (set_count(config), set_count(planned));
            if most < wanted_least || wanted_most < least {
                let reason = format!("{most} planned where {wanted_most} are configured");
                complaints.push(complaint(path, reason));
            }
        }
    }
}

/// The least and greatest number of elements: those not known yet may turn out to be equal.
fn set_count(set: &Value) -> (usize, usize) {
    let stored = elements(set).len();
    if stored > 1 && !set.is_wholly_known() { (1, stored) } else { (stored, stored) }
}

fn counts_differ(config: usize, planned: usize) -> Option<String> {
    (config != planned).then(|| format!("{planned} planned where {config} are configured"))
}

fn keys_differ(config: &Value, planned: &Value, path: &Path) -> Vec<String> {
    let missing_from = |of: &Value, from: &Value, reason: &str| -> Vec<String> {
        fields(of)
            .into_iter()
            .flat_map(|known| known.keys())
            .filter(|key| !has_key(from, key))
            .map(|key| complaint(path, format!("key {key:?} {reason}")))
            .collect()
    };
    let mut complaints = missing_from(planned, config, "is planned but not configured");
    complaints.extend(missing_from(config, planned, "is configured but not planned"));
    complaints
}

fn has_key(value: &Value, key: &str) -> bool {
    fields(value).is_some_and(|known| known.contains_key(key))
}

/// What a path leads to, as HCL's `ApplyPath` sees it: `None` when it leads nowhere, unknown inside an
/// unknown of a type that has such a place.
fn value_at(type_: &Type, value: &Value, steps: &[Step]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    if let (Type::Dynamic, Value::Dynamic(typed)) = (type_, value) {
        return value_at(&typed.0, &typed.1, steps);
    }
    if type_ == &Type::Dynamic && value.is_unknown() {
        return Some(value.clone());
    }
    if value.is_null() {
        return None;
    }
    let (inner, found) = match (type_, step) {
        (Type::Object(types, _), Step::Attribute(name) | Step::Key(name)) => {
            (types.get(name)?, member(value, name))
        }
        (Type::Map(element), Step::Attribute(key) | Step::Key(key)) => {
            let present = value.is_unknown() || has_key(value, key);
            (present.then_some(&**element)?, member(value, key))
        }
        (Type::List(inner), Step::Index(index)) => {
            let present = value.is_unknown() || *index < elements(value).len();
            (present.then_some(&**inner)?, element(value, *index))
        }
        (Type::Tuple(types), Step::Index(index)) => (types.get(*index)?, element(value, *index)),
        // Elements of a set have no address.
        _ => return None,
    };
    value_at(inner, found, rest)
}
