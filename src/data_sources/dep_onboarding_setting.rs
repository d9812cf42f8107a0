//! Graph's `depOnboardingSetting`: the token that ties Intune to an Apple Business or School Manager
//! server; must not know another data source.

use crate::diagnostics::Severity;
use crate::entity::{
    DataSource, Derived, Facts, Json, Moment, Origin, Property, Question, Rule, Setting, Told,
    choice, flag, integer, is_given, moment, sync_error, text, texts,
};
use crate::value::{Number, Type, Value};

/// The data source `intune_dep_onboarding_setting`.
pub const ONE: DataSource = DataSource {
    type_name: "intune_dep_onboarding_setting",
    noun: "enrollment program token",
    description: "An enrollment program token, which ties Intune to a server of Apple Business Manager \
                  or Apple School Manager: `depOnboardingSetting` in Microsoft Graph (beta).\n\n\
                  It is found by its `id`, by any of `token_name`, `apple_identifier` and `token_type`, \
                  or, when nothing is given, because the tenant has no other. `token_type = \"none\"` \
                  finds the tenant's own pseudo-token, under which the profiles for Apple Configurator \
                  lie; nothing else does.",
    question: Question::Token,
    selectors: &["id", "token_name", "apple_identifier", "token_type"],
    arguments: &[],
    told: Told::One(FACTS),
    rules: RULES,
};

/// The data source `intune_dep_onboarding_settings`.
pub const ALL: DataSource = DataSource {
    type_name: "intune_dep_onboarding_settings",
    noun: "enrollment program tokens",
    description: "The enrollment program tokens of the tenant, which tie Intune to servers of Apple \
                  Business Manager or Apple School Manager: `depOnboardingSetting` in Microsoft Graph \
                  (beta). Apple Configurator's pseudo-token is only among them if Graph lists it; \
                  `intune_dep_onboarding_setting` with `token_type = \"none\"` finds it.",
    question: Question::Tokens,
    selectors: &[],
    arguments: &[
        TOKEN_TYPE,
        text("apple_identifier", "appleIdentifier", "Only tokens of this Apple Account."),
    ],
    told: Told::Many {
        attribute: "tokens",
        description: "The tokens, in Graph's order.",
        facts: FACTS,
    },
    rules: &[],
};

/// The member of `tokenType` that stands for Apple Configurator.
pub const CONFIGURATOR: &str = "none";

/// The types of a token that Apple knows.
const APPLE: [&str; 2] = ["dep", "appleSchoolManager"];

/// Whether a token is one of Apple's, and not a pseudo-token.
pub fn is_apples(token: &Json) -> bool {
    token
        .get("tokenType")
        .and_then(|found| found.as_str())
        .is_some_and(|found| APPLE.contains(&found))
}

/// The properties of a token that lead to its default profile, one for each platform. Older clouds lack
/// the later two.
pub const NAVIGATIONS: [&str; 4] = [
    "defaultIosEnrollmentProfile",
    "defaultMacOsEnrollmentProfile",
    "defaultTvOSEnrollmentProfile",
    "defaultVisionOSEnrollmentProfile",
];

const FACTS: Facts = Facts { rows: ROWS, derived: DERIVED };

const TOKEN_TYPE: Property =
    choice("token_type", "tokenType", TYPES, "dep", "Only tokens of this type.").optional();

const TYPES: &[&str] = &["none", "dep", "appleSchoolManager"];

const ROWS: &[Property] = &[
    text("id", "id", "Id of the token in Microsoft Graph.").computed(),
    text("token_name", "tokenName", "Name of the token.").computed(),
    text("apple_identifier", "appleIdentifier", "Apple Account that the token was downloaded with.")
        .computed(),
    choice(
        "token_type",
        "tokenType",
        TYPES,
        "dep",
        "What is behind the token: Apple Business Manager (`dep`), Apple School Manager, or nothing of \
         Apple's (`none`, for Apple Configurator).",
    )
    .computed(),
    moment(
        "token_expiration_date_time",
        "tokenExpirationDateTime",
        "When the token expires, as Graph writes it.",
    ),
    moment(
        "last_modified_date_time",
        "lastModifiedDateTime",
        "When the token was last changed or renewed.",
    ),
    moment(
        "last_successful_sync_date_time",
        "lastSuccessfulSyncDateTime",
        "When Intune last synchronized with Apple successfully.",
    ),
    moment(
        "last_sync_triggered_date_time",
        "lastSyncTriggeredDateTime",
        "When a synchronization with Apple was last asked for.",
    ),
    integer(
        "last_sync_error_code",
        "lastSyncErrorCode",
        0,
        "Error that Apple reported at the last synchronization, 0 for none.",
    )
    .computed(),
    integer("synced_device_count", "syncedDeviceCount", 0, "How many devices Apple reported.")
        .computed(),
    flag(
        "share_token_with_school_data_sync_service",
        "shareTokenWithSchoolDataSyncService",
        "Whether School Data Sync may use the token.",
    )
    .computed(),
    flag(
        "data_sharing_consent_granted",
        "dataSharingConsentGranted",
        "Whether somebody consented to sharing data with Apple.",
    )
    .computed(),
    texts(
        "role_scope_tag_ids",
        "roleScopeTagIds",
        "Ids of the scope tags of the token, which its profiles inherit.",
    )
    .computed(),
];

const DERIVED: &[Derived] = &[
    Derived {
        attribute: "days_until_expiration",
        type_: Type::Number,
        sensitive: false,
        description: "Whole days until the token expires, rounded down: 0 on the last day, negative \
                      once it has expired. Null where there is no such date.",
        value: days_until_expiration,
    },
    Derived {
        attribute: "last_sync_error",
        type_: Type::String,
        sensitive: false,
        description: "What `last_sync_error_code` means in words, null when there was no error. \
                      Microsoft documents no meanings: these are what others have observed.",
        value: |token, _| {
            let code = token.get("lastSyncErrorCode").and_then(|code| code.as_i64());
            code.and_then(sync_error).map_or(Value::Null, Value::text)
        },
    },
    default_profile(
        "default_ios_enrollment_profile_id",
        "Id of the default profile for iPhones and iPads, null when there is none. Graph marks an \
         enrollment policy in its place by `ECV2_` in front, which is left out here.",
        default_id::<0>,
    ),
    default_profile("default_macos_enrollment_profile_id", "The same for Macs.", default_id::<1>),
    default_profile(
        "default_tvos_enrollment_profile_id",
        "The same for Apple TVs.",
        default_id::<2>,
    ),
    default_profile(
        "default_visionos_enrollment_profile_id",
        "The same for Apple Vision Pro.",
        default_id::<3>,
    ),
];

const fn default_profile(
    attribute: &'static str,
    description: &'static str,
    value: fn(&Json, &Setting<'_>) -> Value,
) -> Derived {
    Derived { attribute, type_: Type::String, sensitive: false, description, value }
}

fn default_id<const PLATFORM: usize>(token: &Json, _: &Setting<'_>) -> Value {
    let id = NAVIGATIONS.get(PLATFORM).and_then(|name| token.get(*name)?.get("id")?.as_str());
    id.map_or(Value::Null, |id| Value::text(id.strip_prefix(POLICY).unwrap_or(id)))
}

/// What stands before the id of an enrollment policy where a profile's is expected.
const POLICY: &str = "ECV2_";

const RULES: &[Rule] = &[
    Rule {
        severity: Severity::Error,
        attribute: "id",
        summary: "Two ways to find a token",
        detail: "`id` already says which token is meant. Remove it, or `token_name`, `apple_identifier` \
                 and `token_type`.",
        origin: Origin::Own,
        broken: |config| {
            let others = ["token_name", "apple_identifier", "token_type"];
            is_given(config, "id") && others.iter().any(|other| is_given(config, other))
        },
    },
    Rule {
        severity: Severity::Error,
        attribute: "token_type",
        summary: "Apple Configurator's token has no name",
        detail: "`token_type = \"none\"` already says which token is meant: a tenant has one. Remove \
                 `token_name` and `apple_identifier`.",
        origin: Origin::Own,
        broken: |config| {
            config.field("token_type").as_text() == Some(CONFIGURATOR)
                && (is_given(config, "token_name") || is_given(config, "apple_identifier"))
        },
    },
];

fn days_until_expiration(token: &Json, setting: &Setting<'_>) -> Value {
    let end = token.get("tokenExpirationDateTime").and_then(|end| Moment::parse(end.as_str()?));
    end.map_or(Value::Null, |end| Value::Number(Number::from(end.days_after(setting.now))))
}
