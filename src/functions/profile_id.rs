//! `parse_profile_id` and `build_profile_id`: the ids that Graph gives enrollment profiles; must not know
//! any profile.
//!
//! Graph's id is `{token id}_{GUID}`. The default profile of a token can be an enrollment policy instead,
//! and is then shown as `ECV2_{token id}_{GUID}`, though every path takes the id without the prefix.

use super::{Function, Mistake, Parameter, text};
use crate::entity::is_guid;
use crate::value::{Fields, Type, Value};

/// The function `parse_profile_id`.
pub const PARSE_PROFILE_ID: Function = Function {
    name: "parse_profile_id",
    summary: "The parts of an enrollment profile's id",
    description: "Takes the id of an enrollment profile apart. An id is `{token id}_{GUID}`, as \
                  Microsoft Graph gives it, the same behind `ECV2_`, which marks an enrollment policy, \
                  or `{token id}/{GUID}`, as it is written for an import.\n\n\
                  The result is an object: `dep_onboarding_setting_id`, the token's id; `profile_id`, \
                  the GUID behind it, which the device lists of Intune know the profile by; `id`, the \
                  whole id as requests take it; and `is_policy`. Null gives null.",
    parameters: &[Parameter {
        name: "id",
        type_: || Type::String,
        nullable: true,
        description: "The id of an enrollment profile, such as the `id` of an \
                      `intune_dep_enrollment_profile`.",
    }],
    returns: || {
        Type::object([
            (TOKEN, Type::String),
            (PROFILE, Type::String),
            (ID, Type::String),
            (IS_POLICY, Type::Bool),
        ])
    },
    body: |arguments| parse(text(arguments, 0)).map(ProfileId::object).map_err(not_an_id),
};

/// The function `build_profile_id`.
pub const BUILD_PROFILE_ID: Function = Function {
    name: "build_profile_id",
    summary: "The id of an enrollment profile, from its parts",
    description: "Puts the id of an enrollment profile together, `{token id}_{GUID}`, as Microsoft Graph \
                  and this provider's imports take it.",
    parameters: &[
        Parameter {
            name: "dep_onboarding_setting_id",
            type_: || Type::String,
            nullable: false,
            description: "The id of the enrollment program token, a GUID.",
        },
        Parameter {
            name: "profile_id",
            type_: || Type::String,
            nullable: false,
            description: "The GUID of the profile. A whole id of a profile of that token is taken too.",
        },
    ],
    returns: || Type::String,
    body: |arguments| build(text(arguments, 0), text(arguments, 1)),
};

const TOKEN: &str = "dep_onboarding_setting_id";
const PROFILE: &str = "profile_id";
const ID: &str = "id";
const IS_POLICY: &str = "is_policy";

const POLICY_PREFIX: &str = "ECV2_";

/// An id in parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct ProfileId<'text> {
    token: &'text str,
    profile: &'text str,
    is_policy: bool,
}

impl ProfileId<'_> {
    fn whole(self) -> String {
        format!("{}_{}", self.token, self.profile)
    }

    fn object(self) -> Value {
        Value::Object(Fields::from([
            (TOKEN.to_owned(), Value::text(self.token)),
            (PROFILE.to_owned(), Value::text(self.profile)),
            (ID.to_owned(), Value::text(self.whole())),
            (IS_POLICY.to_owned(), Value::Bool(self.is_policy)),
        ]))
    }
}

fn parse(id: &str) -> Result<ProfileId<'_>, &str> {
    let (rest, is_policy) = match id.strip_prefix(POLICY_PREFIX) {
        Some(rest) => (rest, true),
        None => (id, false),
    };
    let (token, profile) = rest.split_once(['_', '/']).ok_or(id)?;
    let sound = is_guid(token) && is_guid(profile);
    if sound { Ok(ProfileId { token, profile, is_policy }) } else { Err(id) }
}

fn not_an_id(given: &str) -> Mistake {
    let text = format!(
        "{given:?} is not the id of an enrollment profile. It is `{{token id}}_{{GUID}}`, as Microsoft \
         Graph gives it, or `{{token id}}/{{GUID}}`; a name cannot be taken apart"
    );
    Mistake::of(0, text)
}

fn build(token: &str, profile: &str) -> Result<Value, Mistake> {
    if !is_guid(token) {
        let text = format!(
            "{token:?} is not the id of an enrollment program token, which is a GUID such as \
             `54fac284-7866-43e5-860a-9c8e10fa3d7d`"
        );
        return Err(Mistake::of(0, text));
    }
    if is_guid(profile) {
        let id = ProfileId { token, profile, is_policy: false };
        return Ok(Value::text(id.whole()));
    }
    match parse(profile) {
        Ok(id) if id.token.eq_ignore_ascii_case(token) => Ok(Value::text(id.whole())),
        Ok(id) => {
            let text = format!(
                "{profile:?} is a profile of another enrollment program token, {:?}. Give a profile of \
                 {token:?}, or its own token",
                id.token
            );
            Err(Mistake::of(1, text))
        }
        Err(given) => {
            let text = format!(
                "{given:?} is not the GUID of an enrollment profile, nor a whole id \
                 `{{token id}}_{{GUID}}`"
            );
            Err(Mistake::of(1, text))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const T: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d";
    const P: &str = "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a";

    fn parsed(id: &str) -> Result<Value, Mistake> {
        PARSE_PROFILE_ID.call(&[Value::text(id)])
    }

    #[test]
    fn every_form_of_an_id_has_the_same_parts() {
        for (id, is_policy) in [
            (format!("{T}_{P}"), false),
            (format!("{T}/{P}"), false),
            (format!("ECV2_{T}_{P}"), true),
        ] {
            let parts = parsed(&id).unwrap();
            assert_eq!(parts.field(TOKEN), &Value::text(T), "{id}");
            assert_eq!(parts.field(PROFILE), &Value::text(P), "{id}");
            assert_eq!(parts.field(ID), &Value::text(format!("{T}_{P}")), "{id}");
            assert_eq!(parts.field(IS_POLICY), &Value::Bool(is_policy), "{id}");
            assert_eq!(parts.conforms(&(PARSE_PROFILE_ID.returns)()), Ok(()));
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_forms_that_are_known() {
        let bare = T.replace('-', "");
        for id in [
            "",
            P,
            "ECV2_",
            "Contoso ABM/iPads",
            &format!("{T}_"),
            &format!("_{P}"),
            &format!("{T}_{P}_{P}"),
            &format!("{T} _{P}"),
            &format!("{bare}_{P}"),
            &format!("{{{T}}}_{P}"),
        ] {
            let mistake = parsed(id).unwrap_err();
            assert_eq!(mistake.argument, Some(0), "{id}");
            assert!(mistake.text.contains("`{token id}_{GUID}`"), "{}", mistake.text);
            assert!(!mistake.text.ends_with('.'), "{}", mistake.text);
        }
    }

    #[test]
    fn an_id_is_built_of_what_taking_it_apart_gives() {
        let built = |token: &str, profile: &str| {
            BUILD_PROFILE_ID.call(&[Value::text(token), Value::text(profile)])
        };
        let whole = Value::text(format!("{T}_{P}"));
        for profile in
            [P.to_owned(), format!("{T}_{P}"), format!("{T}/{P}"), format!("ECV2_{T}_{P}")]
        {
            assert_eq!(built(T, &profile), Ok(whole.clone()), "{profile}");
        }
        assert_eq!(built("Contoso ABM", P).unwrap_err().argument, Some(0));
        assert_eq!(built(T, "iPads").unwrap_err().argument, Some(1));
        let foreign = built(T, &format!("{P}_{T}")).unwrap_err();
        assert_eq!(foreign.argument, Some(1));
        assert!(foreign.text.contains("another enrollment program token"), "{}", foreign.text);
    }
}
