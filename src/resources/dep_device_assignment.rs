//! Which enrollment profile the devices of a token get: the attributes, what they demand of each other, and
//! the plan; must not know how devices are found and moved, nor another resource.
//!
//! This is no entity: Graph keeps no object of this kind. What stands for it is a property of each device,
//! so that it is declared by itself instead of by rows.

use std::collections::BTreeSet;

use super::TOKEN;
use crate::diagnostics::Diagnostic;
use crate::entity::{ID, Operation, Planned, Timeouts, is_guid, is_same_id, kept_id, whole_id};
use crate::schema::{Attribute, Block, IdentityAttribute, IdentitySchema, Schema};
use crate::value::{Path, Type, Value};

/// The resource's name in configuration.
pub const TYPE_NAME: &str = "intune_dep_device_assignment";
/// What people call it.
pub const NOUN: &str = "device assignment";

/// The attribute that names the token the devices belong to.
pub const TOKEN_ID: &str = TOKEN.attribute;
/// The attribute that names the profile the devices get.
pub const PROFILE_ID: &str = "enrollment_profile_id";
/// The attribute that names the devices.
pub const SERIAL_NUMBERS: &str = "serial_numbers";
/// The attribute that says whether no other device may have the profile.
pub const AUTHORITATIVE: &str = "authoritative";
/// The attribute that names the profile that devices get which are taken away.
pub const FALLBACK_ID: &str = "fallback_enrollment_profile_id";

/// The resource's schema.
pub fn schema() -> Schema {
    let text = |name, description| Attribute::of_type(name, Type::String, description);
    let attributes = vec![
        Attribute {
            required: true,
            ..text(
                TOKEN_ID,
                "Id of the enrollment program token (Graph's `depOnboardingSetting`) that the devices \
                 belong to. A change replaces the assignment.",
            )
        },
        Attribute { computed: true, ..text(ID, "`{token id}/{profile id}`.") },
        Attribute {
            required: true,
            ..text(
                PROFILE_ID,
                "Id of the enrollment profile that the devices get when they are next enrolled: the \
                 `id` of one of the profile resources or data sources.",
            )
        },
        Attribute {
            required: true,
            ..Attribute::of_type(
                SERIAL_NUMBERS,
                Type::Set(Box::new(Type::String)),
                "Serial numbers of the devices, in upper or lower case. Each must have come from Apple \
                 with the token's last sync.",
            )
        },
        Attribute {
            optional: true,
            computed: true,
            ..Attribute::of_type(
                AUTHORITATIVE,
                Type::Bool,
                "Whether no other device of the token may have the profile: the others get \
                 `fallback_enrollment_profile_id`, which is needed then. Otherwise only the listed \
                 devices are looked at. Defaults to `false`.",
            )
        },
        Attribute {
            optional: true,
            ..text(
                FALLBACK_ID,
                "Id of the enrollment profile that a device gets when its serial number is removed, or \
                 when this is destroyed. Microsoft Graph can only give a device another profile, and not \
                 none: without this line such a device keeps the profile that it has.",
            )
        },
        Timeouts::attribute_schema(&Operation::ALL),
    ];
    let description = "Gives enrollment profiles to devices of Apple's Automated Device Enrollment, by \
                       serial number (Graph's `updateDeviceProfileAssignment`). A device gets the profile \
                       when it is next wiped and enrolled.";
    let block = Block { attributes, description: description.to_owned(), ..Block::default() };
    Schema { version: 0, block }
}

/// The schema of its identity.
pub fn identity_schema() -> IdentitySchema {
    let attribute = |name: &str, description: &str| IdentityAttribute {
        name: name.to_owned(),
        description: description.to_owned(),
        required_for_import: true,
    };
    let attributes = vec![
        attribute(TOKEN_ID, "Id of the enrollment program token that the devices belong to."),
        attribute(PROFILE_ID, "Id of the enrollment profile that the devices get."),
    ];
    IdentitySchema { version: 0, attributes }
}

/// The identity of what a state or plan stands for; null when it stands for nothing.
pub fn identity(state: &Value) -> Value {
    if state.is_null() {
        return Value::Null;
    }
    let attributes = [TOKEN_ID, PROFILE_ID].map(|name| {
        let value = state.field(name);
        let value = if value.is_unknown() { Value::unknown() } else { value.clone() };
        (name.to_owned(), value)
    });
    Value::Object(attributes.into())
}

/// Everything that is wrong with a configuration. Values that are not known yet pass.
pub fn validate(config: &Value) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    found.extend([TOKEN_ID, PROFILE_ID, FALLBACK_ID].iter().filter_map(|name| empty(config, name)));
    found
        .extend([PROFILE_ID, FALLBACK_ID].iter().filter_map(|name| of_another_token(config, name)));
    found.extend(wrong_serial_numbers(config));
    let fallback = config.field(FALLBACK_ID);
    if config.field(AUTHORITATIVE).as_bool() == Some(true) && fallback.is_null() {
        found.push(at(
            FALLBACK_ID,
            "No profile for the other devices",
            format!(
                "With `{AUTHORITATIVE} = true`, devices that are not listed lose the profile, and \
                 Microsoft Graph can only give them another one. Set `{FALLBACK_ID}` to the profile that \
                 they are to get."
            ),
        ));
    }
    if is_same_profile(config, FALLBACK_ID, PROFILE_ID) {
        found.push(at(
            FALLBACK_ID,
            "Devices would fall back to the same profile",
            format!(
                "`{FALLBACK_ID}` must be another profile than `{PROFILE_ID}`. Give another one, or \
                 remove the line."
            ),
        ));
    }
    found.extend(Timeouts::validate(config));
    found
}

/// Plans a create (`prior` is null) or an update.
pub fn plan(prior: &Value, proposed: &Value, config: &Value) -> Planned {
    let mut fields = proposed.as_fields().cloned().unwrap_or_default();
    let kept = |name: &str| kept_id(prior.field(name), config.field(name)).clone();
    for name in [TOKEN_ID, PROFILE_ID, FALLBACK_ID] {
        fields.insert(name.to_owned(), kept(name));
    }
    fields.insert(ID.to_owned(), id(&kept(TOKEN_ID), &kept(PROFILE_ID)));
    let serial_numbers =
        match same_devices(prior.field(SERIAL_NUMBERS), config.field(SERIAL_NUMBERS)) {
            // Terraform lets a plan keep the prior spelling where both mean the same.
            true => prior.field(SERIAL_NUMBERS),
            false => config.field(SERIAL_NUMBERS),
        };
    fields.insert(SERIAL_NUMBERS.to_owned(), serial_numbers.clone());
    let authoritative = match config.field(AUTHORITATIVE) {
        Value::Null => Value::Bool(false),
        given => given.clone(),
    };
    fields.insert(AUTHORITATIVE.to_owned(), authoritative);
    let state = Value::Object(fields);
    let moved = !prior.is_null() && prior.field(TOKEN_ID) != state.field(TOKEN_ID);
    Planned {
        requires_replace: if moved { vec![Path::attribute(TOKEN_ID)] } else { Vec::new() },
        diagnostics: forgotten(prior, &state).into_iter().collect(),
        state,
    }
}

/// What to know before this is destroyed: devices without a profile to fall back to keep the one they have.
pub fn plan_destroy(prior: &Value) -> Vec<Diagnostic> {
    forgotten(prior, &Value::Null).into_iter().collect()
}

/// The id of the assignment of this profile under this token.
pub fn id(token: &Value, profile: &Value) -> Value {
    match (token.as_text(), profile.as_text()) {
        (Some(token), Some(profile)) => Value::text(format!("{token}/{profile}")),
        _ => Value::unknown_not_null(),
    }
}

/// The known serial numbers of a state or plan, as they are written there.
pub fn serial_numbers(object: &Value) -> impl Iterator<Item = &str> {
    let elements = object.field(SERIAL_NUMBERS).as_elements().unwrap_or_default();
    elements.iter().filter_map(Value::as_text)
}

/// The form in which serial numbers are compared. Apple writes them in capitals and digits.
pub fn key(serial_number: &str) -> String {
    serial_number.to_ascii_uppercase()
}

/// The serial numbers of a state or plan in the form in which they are compared.
pub fn keys(object: &Value) -> BTreeSet<String> {
    serial_numbers(object).map(key).collect()
}

/// A few serial numbers in words, and how many more there are.
pub fn some(serial_numbers: &[&str]) -> String {
    let shown: Vec<_> = serial_numbers.iter().take(SHOWN).map(|one| format!("`{one}`")).collect();
    match serial_numbers.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// As many as a person can look up by hand.
const SHOWN: usize = 10;

/// What no profile was given for that takes its place.
fn forgotten(prior: &Value, planned: &Value) -> Option<Diagnostic> {
    let target = if planned.is_null() { prior } else { planned };
    if !target.field(FALLBACK_ID).is_null() || !planned.field(SERIAL_NUMBERS).is_wholly_known() {
        return None;
    }
    let kept = keys(planned);
    let left: Vec<_> =
        serial_numbers(prior).filter(|serial| !kept.contains(&key(serial))).collect();
    (!left.is_empty()).then(|| {
        Diagnostic::warning(
            "Devices keep their profile",
            format!(
                "Microsoft Graph can only give a device another profile, and not none, and \
                 `{FALLBACK_ID}` is not set: Terraform will forget these devices, and they keep the \
                 profile `{}`: {}. Set `{FALLBACK_ID}` and apply before you remove them, or list them \
                 in another `{TYPE_NAME}`.",
                prior.field(PROFILE_ID).as_text().unwrap_or_default(),
                some(&left),
            ),
        )
    })
}

/// Whether both name the same devices, in whatever spelling.
fn same_devices(one: &Value, other: &Value) -> bool {
    let known = |set: &Value| !set.is_null() && set.is_wholly_known();
    let names = |set: &Value| -> BTreeSet<String> {
        set.as_elements().unwrap_or_default().iter().filter_map(Value::as_text).map(key).collect()
    };
    known(one) && known(other) && names(one) == names(other)
}

fn empty(config: &Value, attribute: &str) -> Option<Diagnostic> {
    let is_empty = config.field(attribute).as_text().is_some_and(|text| text.trim().is_empty());
    is_empty.then(|| {
        at(
            attribute,
            &format!("`{attribute}` is empty"),
            format!("Set `{attribute}` to an id as Microsoft Graph or the Intune portal shows it."),
        )
    })
}

/// A profile can only be given to devices of its own token, whose id its own starts with. Newer kinds of
/// policies put something before both.
fn of_another_token(config: &Value, attribute: &str) -> Option<Diagnostic> {
    let token = config.field(TOKEN_ID).as_text()?;
    let profile = config.field(attribute).as_text()?;
    let (above, _) = profile.split_once('_')?;
    (is_guid(token) && is_guid(above) && !above.eq_ignore_ascii_case(token)).then(|| {
        at(
            attribute,
            "Profile of another token",
            format!(
                "`{attribute}` is `{profile}`, a profile of the enrollment program token `{above}`, and \
                 the devices belong to `{token}`. A device can only get a profile of its own token. \
                 Correct one of the two ids."
            ),
        )
    })
}

/// Whether both attributes name the same profile, with or without the token's id before it.
fn is_same_profile(config: &Value, one: &str, other: &str) -> bool {
    let token = config.field(TOKEN_ID).as_text().unwrap_or_default();
    let whole = |name: &str| config.field(name).as_text().map(|id| whole_id(token, id));
    whole(one).zip(whole(other)).is_some_and(|(one, other)| is_same_id(&one, &other))
}

fn wrong_serial_numbers(config: &Value) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let elements = config.field(SERIAL_NUMBERS).as_elements().unwrap_or_default();
    let wrong = elements.iter().filter_map(|element| match element {
        Value::Null => Some("It holds a null. Remove it.".to_owned()),
        Value::Text(serial) if serial.is_empty() || serial.contains(char::is_whitespace) => {
            Some(format!("\"{serial}\" is empty or holds white space. Write it as Apple does."))
        }
        Value::Text(serial) if !seen.insert(key(serial)) => Some(format!(
            "`{serial}` is listed twice, in capitals and in small letters. Apple writes capitals; \
             remove the other one."
        )),
        _ => None,
    });
    wrong.map(|detail| at(SERIAL_NUMBERS, "Not a serial number", detail)).collect()
}

fn at(attribute: &str, summary: &str, detail: String) -> Diagnostic {
    Diagnostic::error(summary, detail).at(Path::attribute(attribute))
}

#[cfg(test)]
mod tests;
