//! What an identity names, written in full and abbreviated.

use super::*;

const SHELF_ID: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d";
const GUID: &str = "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a";

fn written(shelf: Option<&str>, book: &str) -> Result<(String, String), String> {
    let shelf = shelf.map_or(Value::Null, Value::text);
    let identity = object(&[("shelf_id", shelf), ("book_id", Value::text(book))]);
    BOOK.named_by(&identity).map(|named| (named.parent_id, named.id))
}

#[test]
fn an_identity_follows_from_the_state() {
    let state = |id: Value| object(&[("shelf_id", Value::text("s")), ("id", id)]);
    let identity = BOOK.identity(&state(Value::text("s_1")));
    assert_eq!(
        identity,
        object(&[("shelf_id", Value::text("s")), ("book_id", Value::text("s_1"))])
    );
    let planned = BOOK.identity(&state(Value::unknown_not_null()));
    assert!(planned.field("book_id").is_unknown(), "Graph gives the id");
    for nothing in [Value::Null, state(Value::Null)] {
        assert_eq!(BOOK.identity(&nothing), Value::Null);
    }
}

#[test]
fn every_way_to_write_an_identity_names_the_same_object() {
    let id = format!("{SHELF_ID}_{GUID}");
    let whole = Ok((SHELF_ID.to_owned(), id.clone()));
    assert_eq!(written(Some(SHELF_ID), &id), whole);
    assert_eq!(written(None, &id), whole);
    assert_eq!(written(Some(SHELF_ID), GUID), whole);
    assert_eq!(written(Some(""), &id), whole);
    let other = format!("ECV2_{id}");
    assert_eq!(written(Some(SHELF_ID), &other), Ok((SHELF_ID.to_owned(), other)));
}

#[test]
fn an_identity_that_names_nothing_is_explained() {
    let refused = |shelf, book: &str, part: &str| {
        let reason = written(shelf, book).unwrap_err();
        assert!(reason.contains(part), "{reason}");
    };
    refused(None, GUID, "`shelf_id` must be given too");
    refused(None, "nonsense", "`shelf_id` must be given too");
    refused(Some(SHELF_ID), "", "`book_id` is empty");
    refused(Some(GUID), &format!("{SHELF_ID}_{GUID}"), "another shelf than `shelf_id`");
}
