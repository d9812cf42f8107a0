//! `skip_keys` and `skip_panes`: the panes of Setup Assistant as Booleans and as Apple's keys; must not
//! know which panes there are. The rows of the resources say that.

use super::{Function, Mistake, Parameter, text};
use crate::entity::{Entity, Pane};
use crate::resources::{dep_ios_enrollment_profile, dep_macos_enrollment_profile};
use crate::value::{Fields, Type, Value};

/// The function `skip_keys`.
pub const SKIP_KEYS: Function = Function {
    name: "skip_keys",
    summary: "Apple's skip keys for panes given as Booleans",
    description: "Turns the Booleans that skip panes of Setup Assistant into Apple's skip keys, as \
                  `enabled_skip_keys` takes them. Panes that are `false` or null are left out, and so are \
                  keys that Microsoft Graph is reported to refuse, for which only the Boolean is safe.",
    parameters: &[
        PLATFORM,
        Parameter {
            name: "panes",
            type_: || Type::map(Type::Bool),
            nullable: false,
            description: "Whether each pane is skipped, by the name of its attribute, such as \
                          `siri_disabled`.",
        },
    ],
    returns: || Type::set(Type::String),
    body: |arguments| keys(platform(arguments)?, arguments),
};

/// The function `skip_panes`.
pub const SKIP_PANES: Function = Function {
    name: "skip_panes",
    summary: "The panes that Apple's skip keys stand for, as Booleans",
    description: "Turns Apple's skip keys into the Booleans that skip panes of Setup Assistant. The \
                  result is an object: `panes` holds every Boolean of the platform by the name of its \
                  attribute, `true` where one of the keys stands for it; `other_keys` holds the keys that \
                  no Boolean stands for, which may be newer than this version of the provider.",
    parameters: &[
        PLATFORM,
        Parameter {
            name: "keys",
            type_: || Type::set(Type::String),
            nullable: false,
            description: "Apple's skip keys, such as `Siri`.",
        },
    ],
    returns: || {
        Type::object([(PANES, Type::map(Type::Bool)), (OTHER_KEYS, Type::set(Type::String))])
    },
    body: |arguments| panes(platform(arguments)?, arguments),
};

const PLATFORM: Parameter = Parameter {
    name: "platform",
    type_: || Type::String,
    nullable: false,
    description: "`ios`, for iPhones and iPads, or `macos`.",
};

const PANES: &str = "panes";
const OTHER_KEYS: &str = "other_keys";

/// The resource whose rows know the panes of a platform.
fn platform(arguments: &[Value]) -> Result<&'static Entity, Mistake> {
    match text(arguments, 0) {
        "ios" => Ok(&dep_ios_enrollment_profile::ENTITY),
        "macos" => Ok(&dep_macos_enrollment_profile::ENTITY),
        other => Err(Mistake::of(0, format!("`platform` is `ios` or `macos`, not {other:?}"))),
    }
}

fn keys(entity: &Entity, arguments: &[Value]) -> Result<Value, Mistake> {
    let given = arguments.get(1).and_then(Value::as_fields).into_iter().flatten();
    let mut keys = Vec::new();
    for (name, is_skipped) in given {
        let pane = entity.panes().find(|pane| pane.attribute == name);
        let pane = pane.ok_or_else(|| no_pane(entity, name))?;
        if is_skipped.as_bool() == Some(true) && !pane.key.doubtful {
            keys.push(Value::text(pane.key.name));
        }
    }
    Ok(Value::set(keys))
}

fn panes(entity: &Entity, arguments: &[Value]) -> Result<Value, Mistake> {
    let given = arguments.get(1).and_then(Value::as_elements).unwrap_or_default();
    let given: Vec<&str> = given.iter().filter_map(Value::as_text).collect();
    let stands_for = |pane: &Pane, key: &str| pane.key.name == key;
    let mut others = Vec::new();
    for key in &given {
        if entity.panes().any(|pane| stands_for(&pane, key)) {
            continue;
        }
        let mut every = entity
            .panes()
            .map(|pane| pane.key.name)
            .chain(entity.other_skip_keys().iter().copied());
        if let Some(meant) = every.find(|known| known != key && known.eq_ignore_ascii_case(key)) {
            let text = format!("{key:?} is no skip key. Did you mean `{meant}`? Case matters");
            return Err(Mistake::of(1, text));
        }
        others.push(Value::text(key));
    }
    let panes = entity.panes().map(|pane| {
        let is_skipped = given.iter().any(|key| stands_for(&pane, key));
        (pane.attribute.to_owned(), Value::Bool(is_skipped))
    });
    Ok(Value::Object(Fields::from([
        (PANES.to_owned(), Value::Map(panes.collect())),
        (OTHER_KEYS.to_owned(), Value::set(others)),
    ])))
}

fn no_pane(entity: &Entity, name: &str) -> Mistake {
    let known: Vec<_> = entity.panes().map(|pane| format!("`{}`", pane.attribute)).collect();
    let text = format!(
        "{name:?} is no pane of `{}` that a key stands for. There are {}",
        entity.type_name,
        known.join(", ")
    );
    Mistake::of(1, text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn called(function: &Function, platform: &str, argument: Value) -> Result<Value, Mistake> {
        function.call(&[Value::text(platform), argument]).inspect(|value| conforms(function, value))
    }

    fn conforms(function: &Function, value: &Value) {
        assert_eq!(value.conforms(&(function.returns)()), Ok(()));
    }

    fn map(panes: &[(&str, Value)]) -> Value {
        Value::Map(panes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn set(keys: &[&str]) -> Value {
        Value::set(keys.iter().map(Value::text).collect())
    }

    #[test]
    fn every_key_comes_back_from_its_pane() {
        for platform in ["ios", "macos"] {
            let entity = super::platform(&[Value::text(platform)]).unwrap();
            assert!(entity.panes().count() > 5, "{platform}");
            for pane in entity.panes().filter(|pane| !pane.key.doubtful) {
                let keys = set(&[pane.key.name]);
                let skipped = called(&SKIP_PANES, platform, keys.clone()).unwrap();
                let panes = skipped.field(PANES);
                assert_eq!(panes.field(pane.attribute), &Value::Bool(true), "{}", pane.attribute);
                assert_eq!(skipped.field(OTHER_KEYS), &set(&[]), "{}", pane.attribute);
                assert_eq!(called(&SKIP_KEYS, platform, panes.clone()), Ok(keys));
            }
        }
    }

    #[test]
    fn what_is_not_skipped_has_no_key_and_what_is_no_pane_is_refused() {
        let off = map(&[("siri_disabled", Value::Bool(false)), ("zoom_disabled", Value::Null)]);
        assert_eq!(called(&SKIP_KEYS, "ios", off), Ok(set(&[])));
        let wrong = called(&SKIP_KEYS, "ios", map(&[("siri", Value::Bool(true))])).unwrap_err();
        assert_eq!(wrong.argument, Some(1));
        assert!(wrong.text.contains("`siri_disabled`"), "{}", wrong.text);
        let wrong = called(&SKIP_KEYS, "tvos", map(&[])).unwrap_err();
        assert_eq!((wrong.argument, wrong.text.contains("`macos`")), (Some(0), true));
    }

    #[test]
    fn a_key_without_a_boolean_is_kept_and_a_misspelt_one_refused() {
        let skipped = called(&SKIP_PANES, "ios", set(&["Siri", "FromTheFuture"])).unwrap();
        assert_eq!(skipped.field(OTHER_KEYS), &set(&["FromTheFuture"]));
        let wrong = called(&SKIP_PANES, "ios", set(&["siri"])).unwrap_err();
        assert!(wrong.text.contains("Did you mean `Siri`?"), "{}", wrong.text);
    }
}
