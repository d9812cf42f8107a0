//! What core checks about states that a provider returns, and what it then writes down; knows nothing
//! of planning.
//!
//! Rules: `apply`, `refresh`, `readDataSource`, `validateIdentity`, `importState` and
//! `upgradeResourceState` in Terraform's `terraform` package.

use terraform_provider_intune::schema::Schema;
use terraform_provider_intune::value::{Path, Type, Value};

use super::compatible::assert_object_compatible;
use super::conformance::{implied_type, misfits};
use super::level::{complaint, echoed_write_only, replace_unknowns, unknowns};
use super::plan::Action;

/// What Terraform's state holds for a resource instance; a tainted one is replaced by the next plan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Saved {
    pub(crate) value: Value,
    pub(crate) tainted: bool,
}

/// What a provider answers to an import.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Imported {
    pub(crate) type_name: String,
    pub(crate) state: Value,
    pub(crate) identity: Option<Value>,
}

/// "Provider produced inconsistent result after apply" and "Provider produced invalid object":
/// complaints about the state that a provider returned from an apply.
///
/// `planned` is null for a delete. A state that is left out of the response is null.
pub(crate) fn assert_applied(
    schema: &Schema,
    planned: &Value,
    new_state: &Value,
    had_error: bool,
    action: Action,
) -> Vec<String> {
    judge_applied(schema, planned, new_state, had_error, action).complaints
}

/// What core's state holds after an apply, `None` when it holds nothing.
///
/// `prior` is what it held before: for a create, also for the create half of a replacement, nothing,
/// whatever is passed. A failed create whose state is null is lost to core: whatever it made is orphaned.
pub(crate) fn saved_after_apply(
    schema: &Schema,
    prior: Option<&Saved>,
    planned: &Value,
    new_state: &Value,
    had_error: bool,
    action: Action,
) -> Option<Saved> {
    let creates = matches!(action, Action::Create | Action::Replace);
    let prior = if creates { None } else { prior };
    if action == Action::NoOp {
        return prior.cloned();
    }
    let judged = judge_applied(schema, planned, new_state, had_error, action);
    let failed = had_error || !judged.complaints.is_empty();
    match judged.storable {
        Some(value) if !value.is_null() => {
            let tainted = failed && (creates || prior.is_some_and(|prior| prior.tainted));
            Some(Saved { value, tainted })
        }
        _ if failed => prior.cloned(),
        _ => None,
    }
}

/// "Provider produced invalid object": complaints about a refreshed state; null says it is gone.
pub(crate) fn assert_read(schema: &Schema, new_state: &Value) -> Vec<String> {
    let mut complaints = unknowns(new_state);
    complaints.extend(misfits(&implied_type(schema), new_state));
    if complaints.is_empty() {
        echoed_write_only((&schema.block).into(), new_state)
    } else {
        complaints
    }
}

/// "Provider produced null object" and "Provider produced invalid object": complaints about what a data
/// source read.
pub(crate) fn assert_data_read(schema: &Schema, state: &Value) -> Vec<String> {
    let misfits = misfits(&implied_type(schema), state);
    if !misfits.is_empty() {
        return misfits;
    }
    if state.is_null() {
        return vec![complaint(&Path::root(), "a data source read null")];
    }
    unknowns(state)
}

/// Complaints about the answer to an import of this type, before the read that always follows it.
///
/// Stricter than core in one thing: another type than the one asked for is refused here, while core would
/// only fail to decode it.
pub(crate) fn assert_import(
    schema: &Schema,
    type_name: &str,
    by_identity: bool,
    imported: &[Imported],
) -> Vec<String> {
    let [only] = imported else {
        let reason = format!("import returned {} objects where one is wanted", imported.len());
        return vec![complaint(&Path::root(), reason)];
    };
    let mut complaints = Vec::new();
    if only.type_name != type_name {
        let reason = format!("import returned type {:?}, not {type_name:?}", only.type_name);
        complaints.push(complaint(&Path::root(), reason));
    }
    let without_identity = only.identity.as_ref().is_none_or(Value::is_null);
    if by_identity && without_identity {
        complaints.push(complaint(&Path::root(), "import by identity returned no identity"));
    }
    if !by_identity && only.state.is_null() {
        complaints.push(complaint(&Path::root(), "import returned an object with no state"));
    }
    let misfits = misfits(&implied_type(schema), &only.state);
    if misfits.is_empty() {
        complaints.extend(echoed_write_only((&schema.block).into(), &only.state));
    }
    complaints.extend(misfits);
    complaints
}

/// Complaints about the read that follows an import: the object must exist.
pub(crate) fn assert_imported_read(schema: &Schema, new_state: &Value) -> Vec<String> {
    if new_state.is_null() {
        return vec![complaint(&Path::root(), "the imported object does not exist")];
    }
    assert_read(schema, new_state)
}

/// "Invalid resource state upgrade": complaints about an upgraded state.
///
/// Stricter than core in one thing: core takes a null for an object that is gone, and an upgrade, which
/// must not look at anything remote, cannot know that.
pub(crate) fn assert_upgraded(schema: &Schema, upgraded: &Value) -> Vec<String> {
    if upgraded.is_null() {
        return vec![complaint(&Path::root(), "a state was upgraded to nothing")];
    }
    assert_read(schema, upgraded)
}

/// "Provider produced invalid identity": complaints about a resource identity, which may have unknowns
/// only in the plan of a create or a replacement.
pub(crate) fn assert_identity(type_: &Type, identity: &Value, may_be_unknown: bool) -> Vec<String> {
    let mut complaints = misfits(type_, identity);
    if !may_be_unknown {
        complaints.extend(unknowns(identity));
    }
    complaints
}

struct Judged {
    complaints: Vec<String>,
    /// What can be written down of the new state; `None` when it is dropped altogether.
    storable: Option<Value>,
}

fn judge_applied(
    schema: &Schema,
    planned: &Value,
    new_state: &Value,
    had_error: bool,
    action: Action,
) -> Judged {
    let mut complaints = misfits(&implied_type(schema), new_state);
    if complaints.is_empty() {
        complaints = echoed_write_only((&schema.block).into(), new_state);
    }
    if !complaints.is_empty() {
        return Judged { complaints, storable: None };
    }
    complaints = unknowns(new_state);
    let known = replace_unknowns(new_state, &Value::Null);
    // An error of the provider's own is usually why the rest does not fit, so core stops asking.
    let mut failed = had_error || !complaints.is_empty();
    if action != Action::Delete && !failed {
        complaints.extend(assert_object_compatible(schema, planned, &known));
        failed = !complaints.is_empty();
    }
    if !failed {
        complaints.extend(wrong_existence(action, &known));
    }
    Judged { complaints, storable: Some(known) }
}

fn wrong_existence(action: Action, new_state: &Value) -> Option<String> {
    match (action == Action::Delete, new_state.is_null()) {
        (true, false) => Some(complaint(&Path::root(), "is still there after a destroy")),
        (false, true) => {
            Some(complaint(&Path::root(), "is null after an apply that is no destroy"))
        }
        _ => None,
    }
}
