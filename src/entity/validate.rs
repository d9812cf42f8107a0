//! Whether a configuration can be right, by the rows and rules alone; must not ask the service, and
//! must let pass whatever is not known yet.

use super::certificate;
use super::property::GREATEST;
use super::timeouts::Timeouts;
use super::{Entity, Kind, Presence, Property, is_guid};
use crate::diagnostics::Diagnostic;
use crate::value::{Number, Path, Value};

impl Entity {
    /// Everything that is wrong or doubtful about a configuration, each with its attribute's path.
    pub fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        found.extend(self.no_parent(config));
        for property in self.properties {
            let path = Path::attribute(property.attribute);
            found.extend(property.validate(config.field(property.attribute), &path));
        }
        found.extend(self.validate_panes(config));
        found.extend(self.validate_secrets(config));
        found.extend(self.rules.iter().filter_map(|rule| rule.check(config)));
        found.extend(Timeouts::validate(config));
        found
    }

    fn no_parent(&self, config: &Value) -> Option<Diagnostic> {
        let (attribute, noun) = (self.parent.attribute, self.parent.noun);
        let given = config.field(attribute);
        let detail = || {
            format!(
                "Set `{attribute}` to the id of the {noun}: the provider has a data source that finds it."
            )
        };
        (given.is_null() || given.as_text() == Some("")).then(|| {
            Diagnostic::error(format!("`{attribute}` is empty"), detail())
                .at(Path::attribute(attribute))
        })
    }
}

impl Property {
    /// Each finding names the attribute in its text too: Terraform does not show where inside a nested
    /// attribute a diagnostic points.
    pub(super) fn validate(&self, value: &Value, path: &Path) -> Vec<Diagnostic> {
        if matches!(self.presence, Presence::Computed) {
            return set_by_the_service(value, path).into_iter().collect();
        }
        if matches!(self.presence, Presence::Required) && value.is_null() {
            return vec![missing(path)];
        }
        match (&self.kind, value) {
            (Kind::Integer, Value::Number(number)) => self
                .number_out_of_range(number, path)
                .or_else(|| self.unadvised(number, path))
                .into_iter()
                .collect(),
            (Kind::Text | Kind::Secret(_), Value::Text(text)) => {
                self.wrong_length(text.chars().count(), path).into_iter().collect()
            }
            (Kind::Choice(members), Value::Text(text)) => {
                unknown_choice(members, text, path).into_iter().collect()
            }
            (Kind::Certificate, Value::Text(text)) => {
                not_a_certificate(text, path).into_iter().collect()
            }
            (Kind::Thumbprint, Value::Text(text)) => {
                empty_thumbprint(text, path).into_iter().collect()
            }
            (Kind::Guids, Value::Set(elements)) => {
                elements.iter().filter_map(|element| not_a_guid(element, path)).collect()
            }
            (Kind::SkipKeys(_), Value::Set(elements)) => {
                elements.iter().filter_map(|element| not_a_key(element, path)).collect()
            }
            (Kind::Object(properties), Value::Object(_)) => {
                validate_object(properties, value, path)
            }
            (Kind::Objects(properties), Value::List(elements)) => {
                let mut found: Vec<_> =
                    self.wrong_length(elements.len(), path).into_iter().collect();
                for (index, object) in elements.iter().enumerate() {
                    found.extend(validate_object(properties, object, &path.then_index(index)));
                }
                found
            }
            // Unknown passes, null where nothing is required too, and Terraform has already checked the type.
            (
                Kind::Flag
                | Kind::Integer
                | Kind::Text
                | Kind::Moment
                | Kind::Texts
                | Kind::Choice(_)
                | Kind::Certificate
                | Kind::Thumbprint
                | Kind::Guids
                | Kind::SkipKeys(_)
                | Kind::Object(_)
                | Kind::Objects(_)
                | Kind::Secret(_),
                _,
            ) => Vec::new(),
        }
    }

    fn number_out_of_range(&self, number: &Number, path: &Path) -> Option<Diagnostic> {
        let whole = i64::from(i32::MIN)..=GREATEST;
        let range = self.range.as_ref().unwrap_or(&whole);
        let allowed = number.as_i64().is_some_and(|number| range.contains(&number));
        let detail = || {
            let (least, most) = (range.start(), range.end());
            format!(
                "`{path}` is a whole number from {least} to {most}, not {number}. Give one of these."
            )
        };
        (!allowed).then(|| Diagnostic::error("Number out of range", detail()).at(path.clone()))
    }

    /// Sources differ on what else is accepted, so it is no error.
    fn unadvised(&self, number: &Number, path: &Path) -> Option<Diagnostic> {
        let known = number.as_i64().is_some_and(|number| self.advised.contains(&number));
        let detail = || {
            let advised: Vec<_> = self.advised.iter().map(i64::to_string).collect();
            format!(
                "`{path}` is {number}. Microsoft documents {}; another number may be refused, or taken \
                 for one of these. Give one of them, unless you know that yours works.",
                advised.join(", ")
            )
        };
        (!self.advised.is_empty() && !known)
            .then(|| Diagnostic::warning("Number that may not work", detail()).at(path.clone()))
    }

    fn wrong_length(&self, length: usize, path: &Path) -> Option<Diagnostic> {
        let allowed = self.length.as_ref().filter(|allowed| !allowed.contains(&length))?;
        let (least, most) = (allowed.start(), allowed.end());
        let (summary, unit) = match self.kind {
            Kind::Objects(_) => ("Wrong number of elements", "elements"),
            _ => ("Text too long or too short", "characters"),
        };
        let is_required = matches!(self.presence, Presence::Required);
        let advice = match (length < *least, is_required) {
            (true, true) => "Give a longer one.",
            (true, false) => "Remove the line to leave it unset.",
            (false, _) => "Leave out what is too much.",
        };
        let detail =
            format!("`{path}` holds {least} to {most} {unit}, but this one has {length}. {advice}");
        Some(Diagnostic::error(summary, detail).at(path.clone()))
    }
}

fn validate_object(properties: &[Property], object: &Value, path: &Path) -> Vec<Diagnostic> {
    if object.is_null() {
        return vec![missing(path)];
    }
    if object.is_unknown() {
        return Vec::new();
    }
    let mut found: Vec<_> = properties
        .iter()
        .flat_map(|property| {
            let path = path.then_attribute(property.attribute);
            property.validate(object.field(property.attribute), &path)
        })
        .collect();
    found.extend(mismatched_thumbprint(properties, object, path));
    found
}

/// A thumbprint that does not match is only a warning: Microsoft's own example shows one, and what the
/// service makes of it is not documented.
fn mismatched_thumbprint(
    properties: &[Property],
    object: &Value,
    path: &Path,
) -> Option<Diagnostic> {
    let text = |wanted: fn(&Kind) -> bool| {
        let row = properties.iter().find(|row| wanted(&row.kind))?;
        Some((row.attribute, object.field(row.attribute).as_text()?))
    };
    let (_, encoded) = text(|kind| matches!(kind, Kind::Certificate))?;
    let (attribute, given) = text(|kind| matches!(kind, Kind::Thumbprint))?;
    let computed = certificate::thumbprint(encoded).ok()?;
    let differs = !given.is_empty() && certificate::thumbprint_digits(given) != computed;
    differs.then(|| {
        let path = path.then_attribute(attribute);
        let detail = format!(
            "`{path}` does not belong to the certificate beside it, whose SHA-1 thumbprint is \
             {computed}. Correct the line, or remove it to have the thumbprint computed."
        );
        Diagnostic::warning("Thumbprint of another certificate", detail).at(path)
    })
}

fn not_a_guid(element: &Value, path: &Path) -> Option<Diagnostic> {
    let shown = match element {
        Value::Unknown(_) => return None,
        Value::Text(text) if is_guid(text) => return None,
        Value::Text(text) => format!("\"{text}\""),
        _ => "null".to_owned(),
    };
    let detail = format!(
        "`{path}` holds GUIDs, such as `54fac284-7866-43e5-860a-9c8e10fa3d7d`, but one of its elements is \
         {shown}. Give the object's id, not its name."
    );
    Some(Diagnostic::error("Not a GUID", detail).at(path.clone()))
}

fn not_a_key(element: &Value, path: &Path) -> Option<Diagnostic> {
    let empty = element.is_null() || element.as_text() == Some("");
    let detail =
        || format!("`{path}` holds Apple's keys, but one of its elements is empty. Remove it.");
    empty.then(|| Diagnostic::error("Empty skip key", detail()).at(path.clone()))
}

fn unknown_choice(members: &[&str], text: &str, path: &Path) -> Option<Diagnostic> {
    if members.contains(&text) {
        return None;
    }
    let listed: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
    let advice = match members.iter().find(|member| member.eq_ignore_ascii_case(text)) {
        Some(meant) => format!("Did you mean `{meant}`? Upper and lower case matter."),
        None => format!("Choose one of them in the place of `{text}`."),
    };
    let detail = format!("`{path}` is one of {}. {advice}", listed.join(", "));
    Some(Diagnostic::error("Unknown choice", detail).at(path.clone()))
}

fn not_a_certificate(text: &str, path: &Path) -> Option<Diagnostic> {
    let problem = certificate::decode(text).err()?;
    let detail = format!(
        "`{path}` is the base64 form of a DER-encoded X.509 certificate, but {problem}. For a DER file \
         (`.cer`), write `filebase64(\"certificate.cer\")`; `openssl x509 -outform der` turns a PEM \
         file into one."
    );
    Some(Diagnostic::error("Not a certificate", detail).at(path.clone()))
}

fn empty_thumbprint(text: &str, path: &Path) -> Option<Diagnostic> {
    let detail = || {
        format!(
            "`{path}` is the SHA-1 hash of the certificate in hexadecimal digits. Remove the line to \
             have it computed."
        )
    };
    text.is_empty().then(|| Diagnostic::error("Empty thumbprint", detail()).at(path.clone()))
}

/// Terraform leaves it to the provider to refuse this.
fn set_by_the_service(value: &Value, path: &Path) -> Option<Diagnostic> {
    let detail = || format!("`{path}` is set by Microsoft Graph. Remove the line.");
    let configured = !value.is_null() && !value.is_unknown();
    configured.then(|| Diagnostic::error("Read-only attribute", detail()).at(path.clone()))
}

/// Terraform sees to it that a required line is there, but not that its value is one
/// (<https://github.com/hashicorp/terraform/issues/30669>).
fn missing(path: &Path) -> Diagnostic {
    let detail = format!(
        "`{path}` is null, but a value is required. A variable or another resource's attribute may be \
         empty: look where the value comes from."
    );
    Diagnostic::error(format!("`{path}` is missing"), detail).at(path.clone())
}
