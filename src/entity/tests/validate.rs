//! What is wrong with a configuration of the small declaration; asks no service.

use super::*;

#[test]
fn every_rule_of_a_row_is_checked_with_its_path() {
    let check = |name: &str, value: Value, path: Option<&str>| {
        let found = BOOK.validate(&config(&[(name, value.clone())]));
        let paths: Vec<_> =
            found.iter().map(|told| told.path.as_ref().unwrap().to_string()).collect();
        assert_eq!(paths, path.into_iter().collect::<Vec<_>>(), "{name} = {value:?}: {found:?}");
    };
    let number = |number: i64| Value::Number(Number::from(number));
    check("id", Value::text("mine"), Some("id"));
    check("title", Value::text(""), Some("title"));
    check("title", Value::text("ééééé"), None);
    check("title", Value::text("sixsix"), Some("title"));
    check("pages", number(-1), Some("pages"));
    check("pages", number(i64::from(i32::MAX)), None);
    check("pages", number(i64::from(i32::MAX) + 1), Some("pages"));
    check("pages", Value::Number(Number::parse("1.5").unwrap()), Some("pages"));
    check("cover", Value::text("Hard"), Some("cover"));
    check("cover", Value::text("hard"), None);
    check("shelf_id", Value::text(""), Some("shelf_id"));
    check("stamps", Value::List(vec![]), None);
    let stamp = stamps(&[(Value::Null, CERTIFICATE)]).as_elements().unwrap()[0].clone();
    check("stamps", Value::List(vec![stamp; 3]), Some("stamps"));
    check("stamps", stamps(&[(Value::Null, "nonsense!")]), Some("stamps[0].certificate"));
    for thumbprint in ["00", ""] {
        let stamps = stamps(&[(Value::text(thumbprint), CERTIFICATE)]);
        check("stamps", stamps, Some("stamps[0].thumbprint"));
    }
    let limits = object(&[("create", Value::text("soon"))]);
    check("timeouts", limits, Some("timeouts.create"));
}

/// Terraform only sees to it that the line is there: <https://github.com/hashicorp/terraform/issues/30669>.
#[test]
fn what_is_required_is_not_null() {
    for name in ["shelf_id", "title"] {
        let found = BOOK.validate(&config(&[(name, Value::Null)]));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0].path, Some(Path::attribute(name)));
        assert!(found[0].is_error());
    }
    let stamp = object(&[("thumbprint", Value::Null), ("certificate", Value::Null)]);
    for (stamp, path) in [(stamp, "stamps[0].certificate"), (Value::Null, "stamps[0]")] {
        let found = BOOK.validate(&config(&[("stamps", Value::List(vec![stamp]))]));
        let paths: Vec<_> =
            found.iter().map(|told| told.path.as_ref().unwrap().to_string()).collect();
        assert_eq!(paths, [path]);
    }
}

#[test]
fn an_unknown_value_never_fails_a_check() {
    let names = BOOK.schema().block.attributes.into_iter().map(|attribute| attribute.name);
    for name in names {
        let config = config(&[("on_loan", Value::Bool(true)), (&name, Value::unknown())]);
        assert_eq!(BOOK.validate(&config), [], "{name}");
    }
    let unknown_stamp = config(&[("stamps", Value::List(vec![Value::unknown()]))]);
    assert_eq!(BOOK.validate(&unknown_stamp), []);
}

#[test]
fn a_rule_between_attributes_points_at_one_of_them() {
    let both = config(&[("on_loan", Value::Bool(true)), ("featured", Value::Bool(true))]);
    let found = BOOK.validate(&both);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, Some(Path::attribute("on_loan")));
}

#[test]
fn a_rule_takes_a_line_that_was_left_out_for_off_and_an_unknown_value_for_neither() {
    for (value, on, off) in [
        (Value::Bool(true), true, false),
        (Value::Bool(false), false, true),
        (Value::Null, false, true),
        (Value::unknown(), false, false),
    ] {
        let config = config(&[("on_loan", value)]);
        assert_eq!((is_true(&config, "on_loan"), is_false(&config, "on_loan")), (on, off));
    }
}

#[test]
fn every_operation_has_a_time_limit_of_its_own() {
    let limits = object(&[("create", Value::text("1m")), ("delete", Value::text("2m"))]);
    let limited = config(&[("timeouts", limits)]);
    let minutes = |operation| Timeouts::of(&limited, operation).as_secs() / 60;
    assert_eq!(minutes(Operation::Create), 1);
    assert_eq!(minutes(Operation::Read), 5);
    assert_eq!(minutes(Operation::Update), 10);
    assert_eq!(minutes(Operation::Delete), 2);
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_precisely() {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode("-----BEGIN CERTIFICATE-----");
    for (text, word) in [
        ("\n-----BEGIN CERTIFICATE-----", "PEM text"),
        ("&&&", "not standard base64"),
        (encoded.as_str(), "base64 of PEM"),
        ("AAAA", "not a DER-encoded"),
    ] {
        let found = BOOK.validate(&config(&[("stamps", stamps(&[(Value::Null, text)]))]));
        assert!(found[0].detail.contains(word), "{text}: {}", found[0].detail);
        assert!(!found[0].detail.contains(text) || text == "&&&", "the value is not repeated");
    }
}
