//! Whether a configuration can be right, by the rows and rules alone; must not ask the service, and
//! must let pass whatever is not known yet.

use super::certificate;
use super::timeouts::Timeouts;
use super::{Entity, Kind, Property};
use crate::diagnostics::Diagnostic;
use crate::value::{Number, Path, Value};

/// The greatest `Edm.Int32`.
const GREATEST: i64 = i32::MAX as i64;

impl Entity {
    /// Everything that is wrong or doubtful about a configuration, each with its attribute's path.
    pub fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let parent = self.parent.attribute;
        let mut found = Vec::new();
        if config.field(parent).as_text() == Some("") {
            found.push(empty(parent, self.parent.noun));
        }
        for property in self.properties {
            let path = Path::attribute(property.attribute);
            found.extend(property.validate(config.field(property.attribute), &path));
        }
        found.extend(self.rules.iter().filter_map(|rule| rule.check(config)));
        found.extend(Timeouts::validate(config));
        found
    }
}

impl Property {
    fn validate(&self, value: &Value, path: &Path) -> Vec<Diagnostic> {
        let found = match (&self.kind, value) {
            (_, Value::Null | Value::Unknown(_)) => Vec::new(),
            (Kind::Integer, Value::Number(number)) => self.validate_number(number),
            (Kind::Text, Value::Text(text)) => self.validate_length(text.chars().count()),
            (Kind::Choice(members), Value::Text(text)) => validate_choice(members, text),
            (Kind::Certificate, Value::Text(text)) => validate_certificate(text),
            (Kind::Thumbprint, Value::Text(text)) => validate_thumbprint(text),
            (Kind::Objects(properties), Value::List(elements)) => {
                let objects = elements.iter().enumerate();
                let inside = objects
                    .flat_map(|(index, object)| {
                        validate_object(properties, object, &path.then_index(index))
                    })
                    .collect();
                return [self.validate_length(elements.len()), inside]
                    .concat()
                    .into_iter()
                    .map(|diagnostic| placed(diagnostic, path))
                    .collect();
            }
            (Kind::Flag, _) => Vec::new(),
            // Terraform has already checked the type.
            _ => Vec::new(),
        };
        found.into_iter().map(|diagnostic| placed(diagnostic, path)).collect()
    }

    fn validate_number(&self, number: &Number) -> Vec<Diagnostic> {
        let least = self.minimum.unwrap_or(i64::from(i32::MIN));
        let allowed = number.as_i64().is_some_and(|number| (least..=GREATEST).contains(&number));
        if allowed {
            return Vec::new();
        }
        vec![Diagnostic::error(
            "Number out of range",
            format!(
                "`{}` is a whole number from {least} to {GREATEST}, not {number}.",
                self.attribute
            ),
        )]
    }

    fn validate_length(&self, length: usize) -> Vec<Diagnostic> {
        let Some(allowed) = self.length.as_ref().filter(|allowed| !allowed.contains(&length))
        else {
            return Vec::new();
        };
        let (least, most) = (allowed.start(), allowed.end());
        let (summary, unit) = match self.kind {
            Kind::Objects(_) => ("Wrong number of elements", "elements"),
            _ => ("Text too long or too short", "characters"),
        };
        let advice = if length < *least { " Remove the line to leave it unset." } else { "" };
        vec![Diagnostic::error(
            summary,
            format!(
                "`{}` holds {least} to {most} {unit}, but this one has {length}.{advice}",
                self.attribute
            ),
        )]
    }
}

fn validate_object(properties: &[Property], object: &Value, path: &Path) -> Vec<Diagnostic> {
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
    (certificate::thumbprint_digits(given) != computed).then(|| {
        Diagnostic::warning(
            "Thumbprint of another certificate",
            format!(
                "The certificate beside this thumbprint has the SHA-1 thumbprint {computed}. Correct \
                 the thumbprint, or remove the line to have it computed."
            ),
        )
        .at(path.then_attribute(attribute))
    })
}

fn validate_choice(members: &[&str], text: &str) -> Vec<Diagnostic> {
    if members.contains(&text) {
        return Vec::new();
    }
    let listed: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
    let mut detail = format!("It is one of {}.", listed.join(", "));
    if let Some(meant) = members.iter().find(|member| member.eq_ignore_ascii_case(text)) {
        detail.push_str(&format!(" Did you mean `{meant}`? Upper and lower case matter."));
    }
    vec![Diagnostic::error("Unknown choice", detail)]
}

fn validate_certificate(text: &str) -> Vec<Diagnostic> {
    let Err(problem) = certificate::decode(text) else { return Vec::new() };
    vec![Diagnostic::error(
        "Not a certificate",
        format!(
            "A certificate is the base64 form of a DER-encoded X.509 certificate, but {problem}. For a \
             DER file (`.cer`), write `filebase64(\"certificate.cer\")`; a PEM file is turned into one \
             with `openssl x509 -outform der`."
        ),
    )]
}

fn validate_thumbprint(text: &str) -> Vec<Diagnostic> {
    if !text.is_empty() {
        return Vec::new();
    }
    vec![Diagnostic::error(
        "Empty thumbprint",
        "A thumbprint is the SHA-1 hash of the certificate in hexadecimal digits. Remove the line to \
         have it computed.",
    )]
}

fn empty(attribute: &str, noun: &str) -> Diagnostic {
    Diagnostic::error(
        format!("`{attribute}` is empty"),
        format!(
            "Set it to the id of the {noun}, as Microsoft Graph or the Intune portal shows it."
        ),
    )
    .at(Path::attribute(attribute))
}

fn placed(diagnostic: Diagnostic, path: &Path) -> Diagnostic {
    if diagnostic.path.is_some() { diagnostic } else { diagnostic.at(path.clone()) }
}
