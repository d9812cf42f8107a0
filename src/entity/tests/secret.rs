//! Values that are sent and never kept.

use super::*;

const SAFE: Entity = Entity {
    type_name: "library_safe",
    noun: "safe",
    description: "A safe.",
    graph_type: "#library.safe",
    properties: &[
        text("id", "id", "Id.").computed(),
        secret("code", "code", "code_version", "Code."),
        text("code_version", "codeVersion", "Version."),
    ],
    rules: &[],
    ..BOOK
};

fn safe(code: Value, version: Value) -> Value {
    object(&[("id", Value::Null), ("code", code), ("code_version", version)])
}

fn sent(prior: &Value, config: &Value) -> Vec<String> {
    let planned = SAFE.plan(prior, config, config, &Suggestions::default()).state;
    assert_eq!(planned.field("code"), &Value::Null, "a plan keeps no secret");
    assert!(!json!(SAFE.create_body(&planned)).to_string().contains("1234"));
    let secrets = SAFE.secrets(prior, &planned, config);
    secrets.into_iter().map(|(property, value)| format!("{property} = {value}")).collect()
}

#[test]
fn a_secret_is_sent_with_a_create_and_with_a_change_of_its_version_alone() {
    let text = |text: &str| Value::text(text);
    let code = || text("1234");
    let with = |version: &str| safe(Value::Null, text(version));
    assert_eq!(sent(&Value::Null, &safe(code(), Value::Null)), ["code = 1234"]);
    assert_eq!(sent(&Value::Null, &safe(code(), text("1"))), ["code = 1234"]);
    assert_eq!(sent(&with("1"), &safe(code(), text("2"))), ["code = 1234"]);
    assert_eq!(sent(&safe(Value::Null, Value::Null), &safe(code(), text("1"))), ["code = 1234"]);
    let nothing: [&str; 0] = [];
    assert_eq!(sent(&with("1"), &safe(code(), text("1"))), nothing);
    assert_eq!(sent(&with("1"), &safe(Value::Null, text("2"))), nothing, "null would wipe it");
    assert_eq!(sent(&Value::Null, &safe(Value::Null, text("1"))), nothing);
}

#[test]
fn a_terraform_that_would_keep_a_secret_is_refused_for_each() {
    let refused = SAFE.refuse_secrets(&safe(Value::text("1234"), Value::Null));
    let [one] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(one.is_error() && one.detail.contains("Terraform 1.11"), "{one:?}");
    assert_eq!(one.path, Some(Path::attribute("code")));
    assert!(!one.detail.contains("1234"));
    let unknown = SAFE.refuse_secrets(&safe(Value::unknown(), Value::Null));
    assert_eq!(unknown.len(), 1, "it would be kept once it is known");
    assert!(SAFE.refuse_secrets(&safe(Value::Null, Value::text("1"))).is_empty());
}

#[test]
fn a_version_of_nothing_is_warned_of() {
    let told = SAFE.validate(&safe(Value::Null, Value::text("1")));
    let lonely = told.iter().find(|told| told.summary == "Version of nothing").unwrap();
    assert!(!lonely.is_error());
    assert_eq!(lonely.path, Some(Path::attribute("code_version")));
    for config in [
        safe(Value::text("1234"), Value::text("1")),
        safe(Value::unknown(), Value::text("1")),
        safe(Value::Null, Value::Null),
    ] {
        assert!(SAFE.validate(&config).iter().all(|told| told.summary != "Version of nothing"));
    }
}
