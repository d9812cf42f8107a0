//! Holds a request body against the declared types; must not know what is stored already.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::metadata::{Kind, Metadata, Property, Type};
use super::problem::Problem;

/// The body of a create, found to be good.
#[derive(Debug)]
pub(crate) struct Creation {
    /// Without the namespace: `depEnrollmentProfile`.
    pub(crate) type_name: String,
    /// What was sent, without `id` and annotations.
    pub(crate) properties: Map<String, Value>,
}

/// Checks the body of a `POST` to the collection of enrollment profiles.
pub(crate) fn creation(metadata: &Metadata, body: Value) -> Result<Creation, Problem> {
    let mut properties = object(body)?;
    let annotation = properties
        .remove(ODATA_TYPE)
        .ok_or_else(|| invalid("The annotation '@odata.type' is required to create a profile."))?;
    let type_name = annotated_type(&annotation)?;
    let type_ = profile_type(metadata, &type_name)?;
    // Published scripts send an empty id with a create; any other id would be the client's own.
    match properties.remove("id") {
        None => {}
        Some(Value::String(id)) if id.is_empty() => {}
        Some(_) => return Err(invalid("The property 'id' is set by the service.")),
    }
    check_properties(metadata, &type_name, type_, &properties)?;
    Ok(Creation { type_name, properties })
}

/// Checks the body of a `PATCH` to the profile of this id and type; answers the changed properties.
pub(crate) fn change(
    metadata: &Metadata,
    type_name: &str,
    id: &str,
    body: Value,
) -> Result<Map<String, Value>, Problem> {
    let mut properties = object(body)?;
    if let Some(annotation) = properties.remove(ODATA_TYPE)
        && annotated_type(&annotation)? != type_name
    {
        return Err(invalid(format!("The profile is of the type microsoft.graph.{type_name}.")));
    }
    if let Some(sent) = properties.remove("id")
        && sent != id
    {
        return Err(invalid("The property 'id' does not agree with the address."));
    }
    check_properties(metadata, type_name, profile_type(metadata, type_name)?, &properties)?;
    Ok(properties)
}

/// Checks properties of an entity of this type that no request changes; answers them.
pub(crate) fn properties(
    metadata: &Metadata,
    type_name: &str,
    body: Value,
) -> Result<Map<String, Value>, Problem> {
    let properties = object(body)?;
    let unknown = || invalid(format!("There is no type 'microsoft.graph.{type_name}'."));
    let type_ = metadata.entity(type_name).ok_or_else(unknown)?;
    check_properties(metadata, type_name, type_, &properties)?;
    Ok(properties)
}

/// Checks the rules Intune adds to the types, on the profile as it would be stored.
pub(crate) fn rules(properties: &Map<String, Value>) -> Result<(), Problem> {
    let is = |name: &str| properties.get(name) == Some(&Value::Bool(true));
    // Apple answers FLAGS_INVALID to a profile that cannot be removed from an unsupervised device.
    if is("profileRemovalDisabled") && !is("supervisedModeEnabled") {
        return Err(Problem::Rule(
            "A profile can only be locked when supervisedModeEnabled is true".to_owned(),
        ));
    }
    // The metadata itself says that this value cannot be TRUE then.
    if is("usePlatformSSODuringSetupAssistant") && is("configurationWebUrl") {
        return Err(Problem::Rule(
            "usePlatformSSODuringSetupAssistant cannot be true when configurationWebUrl is true"
                .to_owned(),
        ));
    }
    rotation(properties.get("depProfileAdminAccountPasswordRotationSetting"))
}

/// The ranges that the metadata gives.
fn rotation(setting: Option<&Value>) -> Result<(), Problem> {
    let Some(setting) = setting else { return Ok(()) };
    let ranges = [
        ("/autoRotationPeriodInDays", 1..=180),
        ("/depProfileDelayAutoRotationSetting/onRetrievalDelayAutoRotatePasswordInHours", 1..=24),
    ];
    for (place, range) in ranges {
        let number = setting.pointer(place).and_then(Value::as_i64);
        if number.is_some_and(|number| !range.contains(&number)) {
            let (least, most) = (range.start(), range.end());
            return Err(Problem::Rule(format!("{place} must be from {least} to {most}")));
        }
    }
    Ok(())
}

/// Checks the body of an action: every parameter declared here must be there, and nothing else.
pub(crate) fn parameters(
    metadata: &Metadata,
    declared: &[(&str, Property)],
    body: Value,
) -> Result<Map<String, Value>, Problem> {
    let parameters = object(body)?;
    for name in parameters.keys() {
        if !declared.iter().any(|(known, _)| known == name) {
            return Err(invalid(format!("The action has no parameter '{name}'.")));
        }
    }
    for (name, property) in declared {
        let value = parameters
            .get(*name)
            .ok_or_else(|| invalid(format!("The action requires the parameter '{name}'.")))?;
        check_value(metadata, name, property, value)?;
    }
    Ok(parameters)
}

const ODATA_TYPE: &str = "@odata.type";

fn invalid(text: impl Into<String>) -> Problem {
    Problem::Invalid(text.into())
}

fn object(body: Value) -> Result<Map<String, Value>, Problem> {
    match body {
        Value::Object(properties) => Ok(properties),
        _ => Err(invalid("The body must be a JSON object.")),
    }
}

/// The type's name without `#` and namespace.
fn annotated_type(annotation: &Value) -> Result<String, Problem> {
    annotation
        .as_str()
        .and_then(|text| text.strip_prefix('#').unwrap_or(text).strip_prefix("microsoft.graph."))
        .map(str::to_owned)
        .ok_or_else(|| invalid("The annotation '@odata.type' must name a type of microsoft.graph."))
}

fn profile_type<'a>(metadata: &'a Metadata, name: &str) -> Result<&'a Type, Problem> {
    let type_ = metadata
        .entity(name)
        .filter(|type_| name == "enrollmentProfile" || type_.derives_from("enrollmentProfile"))
        .ok_or_else(|| {
            invalid(format!("The type 'microsoft.graph.{name}' is not an enrollmentProfile."))
        })?;
    if type_.is_abstract {
        return Err(invalid(format!("The type 'microsoft.graph.{name}' is abstract.")));
    }
    Ok(type_)
}

fn check_properties(
    metadata: &Metadata,
    type_name: &str,
    type_: &Type,
    properties: &Map<String, Value>,
) -> Result<(), Problem> {
    for (name, value) in properties {
        if name.contains('@') {
            return Err(invalid(format!("The annotation '{name}' is not supported here.")));
        }
        let property = type_.properties.get(name).ok_or_else(|| {
            invalid(format!(
                "The property '{name}' does not exist on type 'microsoft.graph.{type_name}'."
            ))
        })?;
        check_value(metadata, name, property, value)?;
    }
    Ok(())
}

fn check_value(
    metadata: &Metadata,
    name: &str,
    property: &Property,
    value: &Value,
) -> Result<(), Problem> {
    if value.is_null() {
        return if property.nullable {
            Ok(())
        } else {
            Err(invalid(format!("The property '{name}' cannot be null.")))
        };
    }
    check_kind(metadata, name, &property.kind, value)
}

fn check_kind(metadata: &Metadata, name: &str, kind: &Kind, value: &Value) -> Result<(), Problem> {
    let wrong = || {
        let wanted = kind.edm_name();
        invalid(format!("The value of the property '{name}' is not of the type '{wanted}'."))
    };
    match kind {
        Kind::Boolean => value.is_boolean().then_some(()).ok_or_else(wrong),
        Kind::Int32 => {
            value.as_i64().and_then(|n| i32::try_from(n).ok()).map(|_| ()).ok_or_else(wrong)
        }
        Kind::Text if name == "certificate" => {
            check_base64(name, value.as_str().ok_or_else(wrong)?)
        }
        Kind::Text => value.as_str().map(|_| ()).ok_or_else(wrong),
        Kind::Guid => {
            value.as_str().and_then(|v| Uuid::parse_str(v).ok()).map(|_| ()).ok_or_else(wrong)
        }
        Kind::DateTimeOffset => {
            value.as_str().filter(|text| is_moment(text)).map(|_| ()).ok_or_else(wrong)
        }
        Kind::Enum(type_) => value
            .as_str()
            .filter(|member| metadata.members(type_).iter().any(|known| known == member))
            .map(|_| ())
            .ok_or_else(wrong),
        Kind::Complex(type_) => {
            check_complex(metadata, type_, value.as_object().ok_or_else(wrong)?)
        }
        Kind::Collection(element) => value
            .as_array()
            .ok_or_else(wrong)?
            .iter()
            .try_for_each(|item| check_kind(metadata, name, element, item)),
    }
}

fn check_complex(
    metadata: &Metadata,
    type_name: &str,
    value: &Map<String, Value>,
) -> Result<(), Problem> {
    let type_ = metadata
        .complex(type_name)
        .ok_or_else(|| invalid(format!("The type '{type_name}' is not declared.")))?;
    let mut properties = value.clone();
    if let Some(annotation) = properties.remove(ODATA_TYPE)
        && annotated_type(&annotation)? != type_name
    {
        return Err(invalid(format!("The value must be of the type microsoft.graph.{type_name}.")));
    }
    check_properties(metadata, type_name, type_, &properties)
}

/// `managementCertificateWithThumbprint.certificate` is documented as a Base64 encoded certificate.
fn check_base64(name: &str, text: &str) -> Result<(), Problem> {
    STANDARD
        .decode(text)
        .map(|_| ())
        .map_err(|_| invalid(format!("The value of the property '{name}' is not Base64.")))
}

/// `2026-07-31T12:00:00Z`, as far as shape goes.
fn is_moment(text: &str) -> bool {
    text.len() >= 20
        && text.bytes().zip("0000-00-00T00:00:00".bytes()).all(|(found, wanted)| {
            if wanted == b'0' { found.is_ascii_digit() } else { found == wanted }
        })
}
