//! Which properties an object of a type shows when it is read alone; knows no requests.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::graph::Object;

/// Property names by type, as single reads have shown them.
///
/// A listing may leave out what a read of one object shows. Such an element is no answer, since what
/// it lacks would look unchanged for ever.
#[derive(Debug, Default)]
pub(super) struct Shapes(HashMap<String, HashSet<String>>);

impl Shapes {
    /// Takes note of an object that was read alone.
    pub(super) fn learn(&mut self, object: &Object) {
        let known = self.0.entry(type_of(object)).or_default();
        for name in object.keys().filter(|name| is_property(name)) {
            if !known.contains(name) {
                known.insert(name.clone());
            }
        }
    }

    /// Whether a listed element shows all that a read of one object of its type would.
    pub(super) fn is_whole(&self, element: &Object) -> bool {
        let known = self.0.get(&type_of(element));
        known.is_none_or(|known| known.iter().all(|name| element.contains_key(name)))
    }
}

/// A base type comes without `@odata.type`.
fn type_of(object: &Object) -> String {
    object.get("@odata.type").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Annotations differ between a listing and a read, and mean nothing.
fn is_property(name: &str) -> bool {
    !name.contains('@')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::json;

    use super::*;

    #[test]
    fn an_element_must_show_what_a_read_of_its_type_has_shown() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut shapes = Shapes::default();
        shapes.learn(&object(
            json!({"@odata.type": "#a", "@odata.context": "c", "id": 1, "x": null}),
        ));
        assert!(shapes.is_whole(&object(json!({"@odata.type": "#a", "id": 2, "x": 1, "y": 1}))));
        assert!(!shapes.is_whole(&object(json!({"@odata.type": "#a", "id": 2}))));
        assert!(shapes.is_whole(&object(json!({"@odata.type": "#b", "id": 2}))));
        assert!(shapes.is_whole(&object(json!({"id": 2}))));
    }
}
