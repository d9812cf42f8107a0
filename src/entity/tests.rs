//! The walks over a small declaration of every kind; asks no service.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod identity;
mod panes;
mod secret;
mod validate;

use serde_json::json;

use super::*;
use crate::diagnostics::Severity;
use crate::value::{Number, Path, Value};

const SHELF: Parent = Parent {
    noun: "shelf",
    attribute: "shelf_id",
    description: "Id of the shelf.",
    collection: &["shelves"],
    name: "shelfName",
    children: "books",
    child_type: "#library.item",
    child_id: "book_id",
};

const BOOK: Entity = Entity {
    type_name: "library_book",
    noun: "book",
    description: "A book.",
    graph_type: "#library.book",
    parent: &SHELF,
    default_navigation: None,
    lives_under_account: false,
    name: "title",
    properties: &[
        text("id", "id", "Id.").computed(),
        text("title", "title", "Title.").required().length(1, 5),
        text("blurb", "blurb", "Blurb."),
        text("place", "place", "Place.").suggested(),
        flag("on_loan", "onLoan", "On loan."),
        flag("featured", "featured", "Featured.").turned_on_by("feature"),
        integer("pages", "pages", 7, "Pages.").at_least(0),
        choice("cover", "cover", &["soft", "hard"], "soft", "Cover."),
        objects("stamps", "stamps", STAMP, "Stamps.").length(0, 2),
    ],
    rules: &[Rule {
        severity: Severity::Error,
        attribute: "on_loan",
        summary: "Featured books stay here",
        detail: "Turn one of them off.",
        origin: Origin::Own,
        broken: |book| is_true(book, "on_loan") && is_true(book, "featured"),
    }],
};

const STAMP: &[Property] = &[
    thumbprint("thumbprint", "thumbprint", "Thumbprint."),
    certificate("certificate", "certificate", "Certificate."),
];

/// A self-signed certificate with `CN=test`, and its SHA-1 thumbprint as `openssl x509` prints it.
const CERTIFICATE: &str = include_str!("certificate.b64");
const THUMBPRINT: &str = include_str!("certificate.sha1");

fn object(fields: &[(&str, Value)]) -> Value {
    Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// A whole configuration: these fields, everything else null.
fn config(fields: &[(&str, Value)]) -> Value {
    let names = BOOK.schema().block.attributes.into_iter().map(|attribute| attribute.name);
    let mut all: crate::value::Fields = names.map(|name| (name, Value::Null)).collect();
    all.insert("shelf_id".to_owned(), Value::text("s1"));
    all.insert("title".to_owned(), Value::text("Ada"));
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(all)
}

/// Terraform proposes the configured value, or for computed attributes the prior one.
fn plan(prior: &Value, config: &Value) -> Planned {
    BOOK.plan(prior, config, config, &Suggestions::default())
}

fn stamps(stamps: &[(Value, &str)]) -> Value {
    let stamp = |(thumbprint, certificate): &(Value, &str)| {
        object(&[("thumbprint", thumbprint.clone()), ("certificate", Value::text(certificate))])
    };
    Value::List(stamps.iter().map(stamp).collect())
}

fn answer(value: serde_json::Value) -> Json {
    value.as_object().unwrap().clone()
}

/// The state after a create that the service answered with exactly what was sent.
fn made(fields: &[(&str, Value)]) -> Value {
    let planned = plan(&Value::Null, &config(fields)).state;
    let mut body = BOOK.create_body(&planned);
    body.insert("id".to_owned(), "b1".into());
    BOOK.settle(&planned, &body).state
}

#[test]
fn a_create_plans_defaults_and_leaves_to_the_service_what_only_it_can_say() {
    let planned = plan(&Value::Null, &config(&[])).state;
    assert_eq!(planned.field("on_loan"), &Value::Bool(false));
    assert_eq!(planned.field("pages"), &Value::Number(Number::from(7_i64)));
    assert_eq!(planned.field("cover"), &Value::text("soft"));
    assert_eq!(planned.field("blurb"), &Value::Null);
    assert_eq!(planned.field("id"), &Value::unknown_not_null());
    assert_eq!(planned.field("featured"), &Value::unknown_not_null());
    assert_eq!(planned.field("place"), &Value::unknown());
}

#[test]
fn an_unknown_value_stays_unknown_instead_of_becoming_the_default() {
    let planned = plan(&Value::Null, &config(&[("on_loan", Value::unknown())])).state;
    assert_eq!(planned.field("on_loan"), &Value::unknown());
}

#[test]
fn a_removed_line_resets_the_value() {
    let prior = made(&[("on_loan", Value::Bool(true)), ("blurb", Value::text("x"))]);
    let planned = plan(&prior, &config(&[])).state;
    assert_eq!(planned.field("on_loan"), &Value::Bool(false));
    let body = BOOK.update_body(&prior, &planned).unwrap();
    assert_eq!(
        json!(body),
        json!({"@odata.type": "#library.book", "onLoan": false, "blurb": null})
    );
}

#[test]
fn what_the_service_said_before_stays_even_where_it_said_nothing() {
    let prior = made(&[]);
    assert_eq!(prior.field("place"), &Value::Null);
    assert_eq!(plan(&prior, &config(&[])).state, prior);
}

#[test]
fn another_parent_means_another_object() {
    let prior = made(&[]);
    let planned = plan(&prior, &config(&[("shelf_id", Value::text("s2"))]));
    assert_eq!(planned.requires_replace, [Path::attribute("shelf_id")]);
    assert!(plan(&prior, &config(&[])).requires_replace.is_empty());
    assert!(plan(&Value::Null, &config(&[])).requires_replace.is_empty());
}

#[test]
fn what_an_action_turned_on_cannot_be_planned_off() {
    let on = made(&[("featured", Value::Bool(true))]);
    let check = |prior: &Value, value: Value, errors: usize| {
        let found = plan(prior, &config(&[("featured", value)])).diagnostics;
        assert_eq!(found.len(), errors, "{found:?}");
        assert!(found.iter().all(|told| told.path == Some(Path::attribute("featured"))));
    };
    check(&on, Value::Bool(false), 1);
    check(&on, Value::Bool(true), 0);
    check(&on, Value::Null, 0);
    check(&on, Value::unknown(), 0);
    check(&made(&[]), Value::Bool(false), 0);
}

#[test]
fn what_an_action_turned_on_may_be_off_in_the_object_that_takes_its_place() {
    let on = made(&[("featured", Value::Bool(true))]);
    for shelf in [Value::text("s2"), Value::unknown()] {
        let elsewhere = config(&[("featured", Value::Bool(false)), ("shelf_id", shelf)]);
        assert_eq!(plan(&on, &elsewhere).diagnostics, []);
    }
}

#[test]
fn a_wrong_thumbprint_that_is_removed_is_computed_and_a_right_one_keeps_its_spelling() {
    let planned = |thumbprint: &str| {
        let prior = made(&[("stamps", stamps(&[(Value::text(thumbprint), CERTIFICATE)]))]);
        let config = config(&[("stamps", stamps(&[(Value::Null, CERTIFICATE)]))]);
        let planned = plan(&prior, &config).state;
        planned.field("stamps").as_elements().unwrap()[0].field("thumbprint").clone()
    };
    assert_eq!(planned("00"), Value::text(THUMBPRINT.trim()));
    let lower = THUMBPRINT.trim().to_ascii_lowercase();
    assert_eq!(planned(&lower), Value::text(&lower));
}

#[test]
fn a_thumbprint_left_out_is_computed_as_soon_as_the_certificate_is_known() {
    let planned = plan(&Value::Null, &config(&[("stamps", stamps(&[(Value::Null, CERTIFICATE)]))]));
    let stamp = &planned.state.field("stamps").as_elements().unwrap()[0];
    assert_eq!(stamp.field("thumbprint"), &Value::text(THUMBPRINT.trim()));

    let open = Value::List(vec![object(&[
        ("thumbprint", Value::Null),
        ("certificate", Value::unknown()),
    ])]);
    let planned = plan(&Value::Null, &config(&[("stamps", open)])).state;
    let stamp = &planned.field("stamps").as_elements().unwrap()[0];
    assert_eq!(stamp.field("thumbprint"), &Value::unknown());
}

#[test]
fn a_create_sends_every_flag_number_and_choice_and_no_null() {
    let planned = plan(&Value::Null, &config(&[])).state;
    assert_eq!(
        json!(BOOK.create_body(&planned)),
        json!({
            "@odata.type": "#library.book", "title": "Ada", "onLoan": false, "featured": false,
            "pages": 7, "cover": "soft"
        })
    );
    assert!(!BOOK.create_body(&made(&[])).contains_key("id"), "the service gives it");
}

#[test]
fn an_update_without_a_change_for_the_service_has_no_body() {
    let prior = made(&[]);
    assert_eq!(BOOK.update_body(&prior, &prior), None);
}

#[test]
fn an_update_sends_a_changed_suggestion_and_nothing_that_is_not_known() {
    let prior = made(&[("place", Value::text("attic"))]);
    let planned = plan(&prior, &config(&[("place", Value::text("loft"))])).state;
    let body = BOOK.update_body(&prior, &planned).unwrap();
    assert_eq!(json!(body), json!({"@odata.type": "#library.book", "place": "loft"}));
    let open = plan(&prior, &config(&[("place", Value::unknown())])).state;
    assert_eq!(BOOK.update_body(&prior, &open), None);
}

#[test]
fn a_certificate_is_sent_without_the_breaks_between_its_lines() {
    let broken = format!("{}\n", CERTIFICATE.trim().replace("MII", "MII\n"));
    assert_ne!(broken.trim(), CERTIFICATE.trim());
    let planned = plan(&Value::Null, &config(&[("stamps", stamps(&[(Value::Null, &broken)]))]));
    let body = BOOK.create_body(&planned.state);
    assert_eq!(body["stamps"][0]["certificate"], CERTIFICATE.trim());
}

#[test]
fn removing_the_last_object_empties_the_collection() {
    let prior = made(&[("stamps", stamps(&[(Value::Null, CERTIFICATE)]))]);
    let planned = plan(&prior, &config(&[])).state;
    let body = BOOK.update_body(&prior, &planned).unwrap();
    assert_eq!(body["stamps"], json!([]));
}

#[test]
fn an_action_is_called_only_to_turn_something_on() {
    let on = config(&[("featured", Value::Bool(true))]);
    let off = config(&[("featured", Value::Bool(false))]);
    assert_eq!(BOOK.actions(&Value::Null, &on), [("featured", "feature")]);
    assert_eq!(BOOK.actions(&off, &on), [("featured", "feature")]);
    assert_eq!(BOOK.actions(&on, &on), []);
    assert_eq!(BOOK.actions(&on, &off), []);
}

#[test]
fn a_property_that_an_answer_lacks_keeps_its_value_and_null_does_not() {
    let prior = made(&[("blurb", Value::text("x")), ("on_loan", Value::Bool(true))]);
    let read = BOOK.read(&answer(json!({"blurb": null})), &prior).unwrap();
    assert_eq!(read.field("on_loan"), &Value::Bool(true));
    assert_eq!(read.field("blurb"), &Value::Null);
}

/// Without its id an object could never be asked for again.
#[test]
fn no_answer_takes_the_id_from_an_object_that_has_one() {
    let prior = made(&[]);
    for id in [json!(null), json!(""), json!("B1"), json!("b2")] {
        let read = BOOK.read(&answer(json!({ "id": id })), &prior).unwrap();
        assert_eq!(read.field("id"), &Value::text("b1"), "{id}");
    }
    let imported = BOOK.read(&answer(json!({"id": "b2"})), &config(&[])).unwrap();
    assert_eq!(imported.field("id"), &Value::text("b2"));
}

#[test]
fn a_difference_in_spelling_alone_is_no_drift() {
    let lines = CERTIFICATE.trim().as_bytes().chunks(60).map(|line| str::from_utf8(line).unwrap());
    let broken = lines.collect::<Vec<_>>().join("\n");
    let prior = made(&[
        ("blurb", Value::text("")),
        ("stamps", stamps(&[(Value::text(THUMBPRINT.trim()), &broken)])),
    ]);
    let digits = THUMBPRINT.trim().to_ascii_lowercase();
    let answer = answer(json!({
        "blurb": null,
        "stamps": [{"thumbprint": digits, "certificate": CERTIFICATE.trim(), "@odata.type": "x"}]
    }));
    assert_eq!(BOOK.read(&answer, &prior).unwrap(), prior);
}

#[test]
fn a_collection_in_another_order_is_no_drift_and_another_object_is() {
    let other = include_str!("certificate2.b64").trim();
    let certificate = CERTIFICATE.trim();
    let prior = made(&[("stamps", stamps(&[(Value::Null, certificate), (Value::Null, other)]))]);
    let read = |stamps: serde_json::Value| {
        BOOK.read(&answer(json!({ "stamps": stamps })), &prior).unwrap()
    };
    let swapped = json!([{"certificate": other}, {"certificate": certificate}]);
    assert_eq!(read(swapped), prior);
    let one = read(json!([{"certificate": certificate}]));
    assert_eq!(one.field("stamps").as_elements().unwrap().len(), 1);
    let twice = read(json!([{"certificate": other}, {"certificate": other}]));
    assert_ne!(twice, prior);
}

#[test]
fn an_empty_collection_is_as_good_as_none() {
    let empty = answer(json!({"stamps": []}));
    for stamps in [Value::Null, Value::List(Vec::new())] {
        let prior = made(&[("stamps", stamps.clone())]);
        assert_eq!(BOOK.read(&empty, &prior).unwrap().field("stamps"), &stamps);
    }
}

#[test]
fn a_service_that_keeps_no_thumbprint_is_helped_out() {
    let read = BOOK.read(
        &answer(json!({"id": "b1", "stamps": [{"certificate": CERTIFICATE.trim()}]})),
        &config(&[]),
    );
    let stamp = read.unwrap().field("stamps").as_elements().unwrap()[0].clone();
    assert_eq!(stamp.field("thumbprint"), &Value::text(THUMBPRINT.trim()));
}

#[test]
fn an_answer_of_the_wrong_type_is_refused_with_its_attribute() {
    let prior = made(&[]);
    for (body, path) in [
        (json!({"onLoan": "true"}), "on_loan"),
        (json!({"pages": 1.5}), "pages"),
        (json!({"title": 3}), "title"),
        (json!({"stamps": {}}), "stamps"),
        (json!({"stamps": [1]}), "stamps[0]"),
        (json!({"stamps": [{"certificate": false}]}), "stamps[0].certificate"),
    ] {
        let wrong = BOOK.read(&answer(body), &prior).unwrap_err();
        assert_eq!(wrong.path.to_string(), path);
    }
}

#[test]
fn an_unknown_member_of_an_enumeration_is_read_as_it_is() {
    let read = BOOK.read(&answer(json!({"cover": "velvet"})), &made(&[])).unwrap();
    assert_eq!(read.field("cover"), &Value::text("velvet"));
}

#[test]
fn settling_keeps_the_plan_and_reports_what_the_service_made_of_it() {
    let planned = plan(&Value::Null, &config(&[("place", Value::text("attic"))])).state;
    let answered = answer(json!({
        "id": "b1", "title": "ADA", "place": "cellar", "onLoan": false, "featured": false,
        "pages": 7, "cover": "soft"
    }));
    let settled = BOOK.settle(&planned, &answered);
    assert_eq!(settled.state.field("id"), &Value::text("b1"));
    assert_eq!(settled.state.field("title"), &Value::text("Ada"));
    assert_eq!(settled.state.field("place"), &Value::text("attic"));
    assert_eq!(settled.state.field("featured"), &Value::Bool(false));
    assert!(settled.state.is_wholly_known());
    let differences: Vec<_> = settled
        .differences
        .iter()
        .map(|difference| (difference.attribute.to_owned(), difference.suggested))
        .collect();
    assert_eq!(differences, [("title".to_owned(), false), ("place".to_owned(), true)]);
}

#[test]
fn settling_takes_what_was_left_open_inside_an_object_from_the_service() {
    let certificate = Value::text(CERTIFICATE.trim());
    let open = object(&[("thumbprint", Value::unknown()), ("certificate", certificate.clone())]);
    let mut planned = made(&[]);
    if let Value::Object(fields) = &mut planned {
        fields.insert("stamps".to_owned(), Value::List(vec![open]));
    }
    let answer =
        answer(json!({"stamps": [{"thumbprint": "AB CD", "certificate": certificate.as_text()}]}));
    let settled = BOOK.settle(&planned, &answer);
    let stamp = object(&[("thumbprint", Value::text("AB CD")), ("certificate", certificate)]);
    assert_eq!(settled.state.field("stamps"), &Value::List(vec![stamp]));
}

/// The action that turns it on is called only after the answer.
#[test]
fn a_flag_that_an_action_will_turn_on_is_no_difference_yet() {
    let planned = plan(&Value::Null, &config(&[("featured", Value::Bool(true))])).state;
    let settled = BOOK.settle(&planned, &answer(json!({"id": "b1", "featured": false})));
    assert_eq!(settled.differences, []);
    let off = plan(&Value::Null, &config(&[("featured", Value::Bool(false))])).state;
    let settled = BOOK.settle(&off, &answer(json!({"id": "b1", "featured": true})));
    assert_eq!(settled.differences.len(), 1);
}

#[test]
fn settling_resolves_everything_even_from_an_empty_answer() {
    let stamp = object(&[("thumbprint", Value::unknown()), ("certificate", Value::text("AA=="))]);
    let planned = plan(&Value::Null, &config(&[("stamps", Value::List(vec![stamp]))])).state;
    for empty in [json!({}), json!({"stamps": []})] {
        let settled = BOOK.settle(&planned, &answer(empty));
        assert!(settled.state.is_wholly_known(), "{:?}", settled.state);
        assert!(settled.differences.is_empty());
        let stamps = settled.state.field("stamps").as_elements().unwrap();
        assert_eq!(stamps.len(), 1, "Terraform holds the apply to what was planned");
    }
}

/// Terraform holds an apply to what a plan promised of an unknown value, and replaces what breaks it.
#[test]
fn a_flag_that_was_promised_not_to_be_null_is_off_when_the_service_says_null() {
    let planned = plan(&Value::Null, &config(&[])).state;
    assert_eq!(planned.field("featured"), &Value::unknown_not_null());
    let settled = BOOK.settle(&planned, &answer(json!({"id": "b1", "featured": null})));
    assert_eq!(settled.state.field("featured"), &Value::Bool(false));
}

#[test]
fn a_value_that_the_service_replaced_shows_no_drift_until_the_service_changes_it() {
    let planned = plan(&Value::Null, &config(&[("place", Value::text("attic"))])).state;
    let settled = BOOK.settle(&planned, &answer(json!({"id": "b1", "place": "cellar"})));
    let refresh = |place: &str| {
        let answer = answer(json!({"id": "b1", "place": place}));
        BOOK.refresh(&answer, &settled.state, &settled.suggestions).unwrap()
    };
    assert_eq!(refresh("cellar"), settled.state);
    assert_eq!(refresh("garage").field("place"), &Value::text("garage"));
}

#[test]
fn what_was_noted_of_one_suggestion_explains_no_other() {
    let settle = |place: &str, stored: &str| {
        let planned = plan(&Value::Null, &config(&[("place", Value::text(place))])).state;
        BOOK.settle(&planned, &answer(json!({"id": "b1", "place": stored})))
    };
    let (attic, loft) = (settle("attic", "cellar"), settle("loft", "garage"));
    let place = |suggestions: &Suggestions, stored: &str| {
        let answer = answer(json!({"id": "b1", "place": stored}));
        BOOK.refresh(&answer, &loft.state, suggestions).unwrap().field("place").clone()
    };
    assert_eq!(place(&attic.suggestions, "cellar"), Value::text("cellar"));
    let newer = attic.suggestions.merged(loft.suggestions.clone());
    assert_eq!(place(&newer, "garage"), Value::text("loft"));
}

#[test]
fn without_its_line_a_replaced_value_gives_way_to_the_services_own() {
    let suggested = config(&[("place", Value::text("attic"))]);
    let planned = plan(&Value::Null, &suggested).state;
    let settled = BOOK.settle(&planned, &answer(json!({"id": "b1", "place": "cellar"})));
    let plain = config(&[]);
    let replanned = BOOK.plan(&settled.state, &plain, &plain, &settled.suggestions).state;
    assert_eq!(replanned.field("place"), &Value::text("cellar"));
    let kept = BOOK.plan(&settled.state, &suggested, &suggested, &settled.suggestions).state;
    assert_eq!(kept, settled.state);
}

#[test]
fn a_suggestion_that_is_taken_after_all_forgets_that_it_was_not() {
    let planned = plan(&Value::Null, &config(&[("place", Value::text("attic"))])).state;
    let replaced = BOOK.settle(&planned, &answer(json!({"id": "b1", "place": "cellar"})));
    let taken = BOOK.settle(&planned, &answer(json!({"id": "b1", "place": "attic"})));
    let known = replaced.suggestions.merged(taken.suggestions);
    let moved = answer(json!({"id": "b1", "place": "cellar"}));
    let refreshed = BOOK.refresh(&moved, &taken.state, &known).unwrap();
    assert_eq!(refreshed.field("place"), &Value::text("cellar"));
}

#[test]
fn a_suggestion_that_the_service_drops_shows_no_drift_either() {
    let planned = plan(&Value::Null, &config(&[("place", Value::text("attic"))])).state;
    let dropped = answer(json!({"id": "b1", "place": null}));
    let settled = BOOK.settle(&planned, &dropped);
    let refreshed = BOOK.refresh(&dropped, &settled.state, &settled.suggestions).unwrap();
    assert_eq!(refreshed, settled.state);
    let kept: Suggestions =
        serde_json::from_value(serde_json::to_value(&settled.suggestions).unwrap()).unwrap();
    assert_eq!(kept, settled.suggestions);
}

#[test]
fn another_type_is_told_apart() {
    let type_of = |value: serde_json::Value| BOOK.other_type(&answer(value)).map(str::to_owned);
    assert_eq!(type_of(json!({"@odata.type": "#library.book"})), None);
    assert_eq!(type_of(json!({"@odata.type": "library.book"})), None);
    assert_eq!(type_of(json!({})), Some("#library.item".to_owned()));
    assert_eq!(type_of(json!({"@odata.type": "#library.map"})), Some("#library.map".to_owned()));
}
