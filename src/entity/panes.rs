//! The panes of Setup Assistant that are skipped, given as Booleans, as Apple's keys, or as both; must
//! not know any key.
//!
//! A pane is skipped when its Boolean is on. A key that stands for a pane is another way to write that
//! Boolean, and every other key stands for itself. So two sets of keys mean the same, beside the same
//! Booleans, when they hold the same other keys: that is the one normal form, and what is only spelled
//! differently is no change. What is sent are all Booleans, and all keys: those that were written and
//! those of the panes that are on.

use std::collections::BTreeSet;

use serde_json::Value as JsonValue;

use super::{Entity, Json, Kind, Property, SkipKey};
use crate::diagnostics::Diagnostic;
use crate::value::{Fields, Path, Value};

/// A pane of Setup Assistant that an entity can skip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pane {
    /// The Boolean that skips it.
    pub attribute: &'static str,
    /// Apple's key for it.
    pub key: SkipKey,
}

impl Entity {
    /// The panes that have a Boolean and a key, in the order of the rows.
    pub fn panes(&self) -> impl Iterator<Item = Pane> + use<> {
        self.properties
            .iter()
            .filter_map(|row| Some(Pane { attribute: row.attribute, key: row.skips? }))
    }

    /// Apple's keys that no Boolean stands for; empty where panes cannot be given as keys.
    pub fn other_skip_keys(&self) -> &'static [&'static str] {
        self.properties
            .iter()
            .find_map(|row| match row.kind {
                Kind::SkipKeys(others) => Some(others),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Plans the keys, and the Booleans that were left out beside keys that were written.
    pub(super) fn plan_panes(&self, prior: &Value, config: &Value, fields: &mut Fields) {
        let Some(row) = self.keys_row() else { return };
        let given = config.field(row.attribute);
        if given.is_null() {
            fields.insert(row.attribute.to_owned(), self.keys_of_panes(fields));
            return;
        }
        for pane in self.panes().filter(|pane| config.field(pane.attribute).is_null()) {
            fields.insert(pane.attribute.to_owned(), holds(given, pane.key.name));
        }
        let before = prior.field(row.attribute);
        let same = self.means_the_same(prior, before, given, fields);
        let planned = if same { before } else { given };
        fields.insert(row.attribute.to_owned(), planned.clone());
    }

    /// Whether these keys beside the planned Booleans are what there was before, in other words.
    fn means_the_same(
        &self,
        prior: &Value,
        before: &Value,
        given: &Value,
        fields: &Fields,
    ) -> bool {
        let of_panes: BTreeSet<_> = self.panes().map(|pane| pane.key.name).collect();
        let others =
            |keys| texts(keys).filter(|key| !of_panes.contains(key)).collect::<BTreeSet<_>>();
        let kept = self.panes().all(|pane| {
            let was = prior.field(pane.attribute);
            let denied = texts(before).any(|key| key == pane.key.name) && *was != Value::Bool(true);
            !denied && fields.get(pane.attribute) == Some(was)
        });
        !before.is_null() && given.is_wholly_known() && kept && others(before) == others(given)
    }

    /// The keys of an answer beside its Booleans, which stand in `fields` already: those of `prior` where
    /// both mean the same. No keys at all say nothing, as services answer so that keep none.
    pub(super) fn read_panes(&self, answer: &Json, prior: &Value, fields: &mut Fields) {
        let Some(row) = self.keys_row() else { return };
        let before = prior.field(row.attribute);
        let answered = answer.get(row.graph).and_then(JsonValue::as_array).into_iter().flatten();
        let answered: BTreeSet<&str> = answered.filter_map(JsonValue::as_str).collect();
        let kept: BTreeSet<&str> = texts(before).collect();
        let said = if answered.is_empty() { &kept } else { &answered };
        let is_off = |key: &str| {
            let pane = self.panes().find(|pane| pane.key.name == key);
            pane.map(|pane| fields.get(pane.attribute) != Some(&Value::Bool(true)))
        };
        let others = |keys: &BTreeSet<&str>| -> BTreeSet<String> {
            keys.iter().filter(|key| is_off(key).is_none()).map(|key| (*key).to_owned()).collect()
        };
        let contradicts = |keys: &BTreeSet<&str>| keys.iter().any(|key| is_off(key) == Some(true));
        if !before.is_null()
            && others(said) == others(&kept)
            && !contradicts(&answered)
            && !contradicts(&kept)
        {
            fields.insert(row.attribute.to_owned(), before.clone());
            return;
        }
        // Keys that the Booleans deny are shown as they are: the next apply makes both agree.
        let shown = answered.iter().filter(|key| is_off(key) == Some(true)).map(Value::text);
        let shown = shown.chain(others(said).into_iter().map(Value::text));
        let shown: Vec<_> =
            shown.chain(texts(&self.keys_of_panes(fields)).map(Value::text)).collect();
        fields.insert(row.attribute.to_owned(), Value::set(shown));
    }

    /// Every key that is sent for this state: those that stand in it, and those of the panes that are
    /// on. None as long as something of it is not known.
    pub(super) fn sent_keys(&self, state: &Value) -> Option<Value> {
        let row = self.keys_row()?;
        let written = state.field(row.attribute);
        let of_panes = state.as_fields().map(|fields| self.keys_of_panes(fields))?;
        if !written.is_wholly_known() || !of_panes.is_wholly_known() {
            return None;
        }
        Some(Value::set(texts(written).chain(texts(&of_panes)).map(Value::text).collect()))
    }

    /// What is wrong or doubtful about the keys of a configuration.
    pub(super) fn validate_panes(&self, config: &Value) -> Vec<Diagnostic> {
        let Some(row) = self.keys_row() else { return Vec::new() };
        let given: Vec<&str> = texts(config.field(row.attribute)).collect();
        // An empty one is an error of its own.
        let keys = given.iter().filter(|key| !key.is_empty());
        let mut found: Vec<_> = keys.filter_map(|key| self.doubt(row.attribute, key)).collect();
        found.extend(
            self.panes()
                .filter(|pane| config.field(pane.attribute).as_bool() == Some(false))
                .filter(|pane| given.contains(&pane.key.name))
                .map(|pane| contradiction(row.attribute, pane)),
        );
        found
    }

    fn doubt(&self, attribute: &str, key: &str) -> Option<Diagnostic> {
        let path = Path::attribute(attribute);
        if let Some(pane) = self.panes().find(|pane| pane.key.name == key) {
            let detail = || {
                format!(
                    "`{attribute}` holds `{key}`. Some who use Microsoft Graph report that it refuses \
                     this key on this platform, others send it. It is sent; if it is refused, write \
                     `{} = true` in its place, which is the same pane.",
                    pane.attribute
                )
            };
            let doubtful = pane.key.doubtful;
            return doubtful.then(|| Diagnostic::warning("Doubtful skip key", detail()).at(path));
        }
        let known: Vec<_> = self.other_skip_keys().to_vec();
        if known.contains(&key) {
            return None;
        }
        let mut every = self.panes().map(|pane| pane.key.name).chain(known);
        let meant = every.find(|name| name.eq_ignore_ascii_case(key));
        let advice = match meant {
            Some(meant) => format!("Did you mean `{meant}`? Upper and lower case matter."),
            None => {
                "Check the spelling; a key that is newer than this version of the provider is all \
                     right."
                    .to_owned()
            }
        };
        let detail = format!(
            "`{attribute}` holds `{key}`, which is none of the keys that Apple is known to have for this \
             platform. It is sent as it is. {advice}"
        );
        Some(Diagnostic::warning("Unknown skip key", detail).at(path))
    }

    /// The keys of the panes that are on, unknown as long as one of them is.
    fn keys_of_panes(&self, fields: &Fields) -> Value {
        let mut keys = Vec::new();
        for pane in self.panes().filter(|pane| !pane.key.doubtful) {
            match fields.get(pane.attribute) {
                Some(Value::Bool(true)) => keys.push(Value::text(pane.key.name)),
                Some(Value::Unknown(_)) => return Value::unknown(),
                _ => {}
            }
        }
        Value::set(keys)
    }

    pub(super) fn keys_row(&self) -> Option<&'static Property> {
        self.properties.iter().find(|row| matches!(row.kind, Kind::SkipKeys(_)))
    }
}

fn contradiction(attribute: &str, pane: Pane) -> Diagnostic {
    let Pane { attribute: flag, key } = pane;
    let detail = format!(
        "`{flag} = false` shows the pane that `{}` in `{attribute}` skips. Remove one of the two.",
        key.name
    );
    Diagnostic::error("Pane both shown and skipped", detail).at(Path::attribute(flag))
}

/// Whether the keys hold this one, as far as they are known.
fn holds(keys: &Value, key: &str) -> Value {
    match texts(keys).any(|text| text == key) {
        true => Value::Bool(true),
        false if keys.is_wholly_known() => Value::Bool(false),
        false => Value::unknown_not_null(),
    }
}

fn texts(keys: &Value) -> impl Iterator<Item = &str> {
    keys.as_elements().unwrap_or_default().iter().filter_map(Value::as_text)
}
