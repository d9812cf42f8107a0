//! The ids that Graph gives, which are made of GUIDs: their parts and their spelling; knows nothing that
//! has one.
//!
//! What lives below a parent has the id `{parent id}_{GUID}`. Newer kinds of policies put a mark before it,
//! `ECV2_{parent id}_{GUID}`, and other objects may name it by the GUID alone.

use std::borrow::Cow;

use uuid::Uuid;

use crate::value::Value;

/// Whether a text is a GUID in Graph's form, in capitals or small letters.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Whether two ids are the same. Graph takes the GUIDs in them in capitals and in small letters.
pub fn is_same_id(one: &str, other: &str) -> bool {
    one.split('_').map(folded).eq(other.split('_').map(folded))
}

/// The planned id: as it was spelled before, where both are the same, which Terraform lets a plan keep.
pub fn kept_id<'value>(prior: &'value Value, config: &'value Value) -> &'value Value {
    match (prior.as_text(), config.as_text()) {
        (Some(before), Some(now)) if is_same_id(before, now) => prior,
        _ => config,
    }
}

/// The id of the parent that an id begins with.
pub fn parent_of(id: &str) -> Option<&str> {
    id.split_once('_').map(|(parent, _)| parent).filter(|parent| is_guid(parent))
}

/// The GUID that an id ends with.
pub fn bare_id(id: &str) -> &str {
    id.rsplit_once('_').map_or(id, |(_, guid)| guid)
}

/// What all ids of one object have in common, whatever stands before the GUID and however it is spelled.
pub fn id_key(id: &str) -> String {
    bare_id(id).to_ascii_lowercase()
}

/// The id of what lives below this parent, where a GUID may stand for it.
pub fn whole_id(parent: &str, id: &str) -> String {
    if is_guid(id) { format!("{parent}_{id}") } else { id.to_owned() }
}

fn folded(part: &str) -> Cow<'_, str> {
    if is_guid(part) { part.to_ascii_lowercase().into() } else { part.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "54fac284-7866-43e5-860a-9c8e10fa3d7d";
    const BARE: &str = "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a";

    #[test]
    fn ids_differ_in_more_than_the_case_of_their_guids() {
        let capitals = TOKEN.to_uppercase();
        for (one, other, same) in [
            (TOKEN.to_owned(), capitals.clone(), true),
            (format!("{TOKEN}_{BARE}"), format!("{capitals}_{BARE}"), true),
            (format!("ECV2_{TOKEN}_{BARE}"), format!("ECV2_{capitals}_{BARE}"), true),
            (format!("{TOKEN}_a"), format!("{capitals}_a"), true),
            (format!("{TOKEN}_a"), format!("{TOKEN}_A"), false),
            (TOKEN.to_owned(), BARE.to_owned(), false),
            (format!("{TOKEN}_{BARE}"), BARE.to_owned(), false),
            (format!("ECV2_{TOKEN}_{BARE}"), format!("{TOKEN}_{BARE}"), false),
        ] {
            assert_eq!(is_same_id(&one, &other), same, "{one} {other}");
            assert_eq!(is_same_id(&other, &one), same, "{other} {one}");
        }
    }

    #[test]
    fn a_plan_keeps_the_spelling_of_the_same_id_only() {
        let (old, capitals) = (Value::text(TOKEN), Value::text(TOKEN.to_uppercase()));
        assert_eq!(kept_id(&old, &capitals), &old);
        for other in [Value::text(BARE), Value::Null, Value::unknown()] {
            assert_eq!(kept_id(&old, &other), &other);
        }
        assert_eq!(kept_id(&Value::Null, &capitals), &capitals);
    }

    #[test]
    fn every_id_of_an_object_has_the_same_key() {
        let whole = format!("{TOKEN}_{BARE}");
        for id in [BARE.to_owned(), BARE.to_uppercase(), whole.clone(), format!("ECV2_{whole}")] {
            assert_eq!(id_key(&id), BARE, "{id}");
        }
    }

    #[test]
    fn a_guid_alone_is_completed_and_nothing_else() {
        let whole = format!("{TOKEN}_{BARE}");
        assert_eq!(whole_id(TOKEN, BARE), whole);
        for id in [whole.as_str(), "Lab", "ECV2_a_b"] {
            assert_eq!(whole_id(TOKEN, id), id);
        }
    }

    #[test]
    fn a_parent_is_named_by_the_beginning_of_an_id_or_not_at_all() {
        assert_eq!(parent_of(&format!("{TOKEN}_{BARE}")), Some(TOKEN));
        for id in [BARE.to_owned(), format!("a_{BARE}"), format!("ECV2_{TOKEN}_{BARE}")] {
            assert_eq!(parent_of(&id), None, "{id}");
        }
    }
}
