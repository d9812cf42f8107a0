//! Graph's declared types, read from `metadata.json`; must not know what a request or a store is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The types this service declares, with inherited properties already merged into each.
pub(crate) struct Metadata {
    enums: BTreeMap<String, Vec<String>>,
    complex_types: BTreeMap<String, Type>,
    entity_types: BTreeMap<String, Type>,
}

impl Metadata {
    /// Reads the file that is compiled in. The error names the first thing in it that makes no sense.
    pub(crate) fn load() -> Result<Self, String> {
        let file: File =
            serde_json::from_str(include_str!("metadata.json")).map_err(|e| e.to_string())?;
        let mut metadata = Self {
            enums: file.enums.clone(),
            complex_types: BTreeMap::new(),
            entity_types: BTreeMap::new(),
        };
        for (name, declared) in &file.complex_types {
            metadata.complex_types.insert(name.clone(), Type::merged(name, declared, &file)?);
        }
        for (name, declared) in &file.entity_types {
            metadata.entity_types.insert(name.clone(), Type::merged(name, declared, &file)?);
        }
        Ok(metadata)
    }

    /// The entity type of this name (`depEnrollmentProfile`, without the namespace).
    pub(crate) fn entity(&self, name: &str) -> Option<&Type> {
        self.entity_types.get(name)
    }

    /// The complex type of this name.
    pub(crate) fn complex(&self, name: &str) -> Option<&Type> {
        self.complex_types.get(name)
    }

    /// The members of an enum type, the one with the value zero first; empty for an unknown enum.
    pub(crate) fn members(&self, name: &str) -> &[String] {
        self.enums.get(name).map_or(&[], Vec::as_slice)
    }

    /// What a property holds when nobody ever gave it a value.
    pub(crate) fn default_of(&self, property: &Property) -> Value {
        if property.nullable {
            return Value::Null;
        }
        match &property.kind {
            Kind::Boolean => Value::from(false),
            Kind::Int32 => Value::from(0),
            Kind::Text => Value::from(""),
            Kind::Guid => Value::from("00000000-0000-0000-0000-000000000000"),
            Kind::DateTimeOffset => Value::from("0001-01-01T00:00:00Z"),
            Kind::Enum(name) => {
                self.members(name).first().map_or(Value::Null, |m| m.as_str().into())
            }
            Kind::Complex(_) => Value::Null,
            Kind::Collection(_) => Value::Array(Vec::new()),
        }
    }
}

/// A structured type with every property it has, its own and its ancestors'.
pub(crate) struct Type {
    pub(crate) is_abstract: bool,
    pub(crate) properties: BTreeMap<String, Property>,
    /// From the direct base up to the root.
    ancestors: Vec<String>,
}

impl Type {
    /// Whether this type inherits, directly or not, from that one.
    pub(crate) fn derives_from(&self, ancestor: &str) -> bool {
        self.ancestors.iter().any(|name| name == ancestor)
    }

    fn merged(name: &str, declared: &FileType, file: &File) -> Result<Self, String> {
        let mut type_ = Self {
            is_abstract: declared.is_abstract,
            properties: BTreeMap::new(),
            ancestors: vec![],
        };
        let mut current = declared;
        loop {
            for (property, notation) in &current.properties {
                let parsed = Property::parse(notation, file).ok_or_else(|| {
                    format!("{name}.{property} has the unreadable type {notation}")
                })?;
                type_.properties.insert(property.clone(), parsed);
            }
            let Some(base) = &current.base else { return Ok(type_) };
            if type_.ancestors.contains(base) {
                return Err(format!("{name} inherits from itself"));
            }
            current = file
                .entity_types
                .get(base)
                .ok_or_else(|| format!("{name} has the unknown base {base}"))?;
            type_.ancestors.push(base.clone());
        }
    }
}

/// One declared property.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
}

impl Property {
    /// Reads the file's notation: the EDM type, and `?` after it when null is a value.
    fn parse(notation: &str, file: &File) -> Option<Self> {
        let (name, nullable) = match notation.strip_suffix('?') {
            Some(name) => (name, true),
            None => (notation, false),
        };
        Some(Self { kind: Kind::parse(name, file)?, nullable })
    }
}

/// The EDM types that occur here.
#[derive(Debug)]
pub(crate) enum Kind {
    Boolean,
    Int32,
    Text,
    Guid,
    DateTimeOffset,
    Enum(String),
    Complex(String),
    Collection(Box<Self>),
}

impl Kind {
    /// The name as OData writes it.
    pub(crate) fn edm_name(&self) -> String {
        match self {
            Self::Boolean => "Edm.Boolean".to_owned(),
            Self::Int32 => "Edm.Int32".to_owned(),
            Self::Text => "Edm.String".to_owned(),
            Self::Guid => "Edm.Guid".to_owned(),
            Self::DateTimeOffset => "Edm.DateTimeOffset".to_owned(),
            Self::Enum(name) | Self::Complex(name) => format!("microsoft.graph.{name}"),
            Self::Collection(element) => format!("Collection({})", element.edm_name()),
        }
    }

    fn parse(name: &str, file: &File) -> Option<Self> {
        if let Some(element) = name.strip_prefix("Collection(").and_then(|n| n.strip_suffix(')')) {
            return Some(Self::Collection(Box::new(Self::parse(element, file)?)));
        }
        if let Some(type_) = name.strip_prefix("graph.") {
            let owned = type_.to_owned();
            return if file.enums.contains_key(type_) {
                Some(Self::Enum(owned))
            } else {
                file.complex_types.contains_key(type_).then_some(Self::Complex(owned))
            };
        }
        match name {
            "Edm.Boolean" => Some(Self::Boolean),
            "Edm.Int32" => Some(Self::Int32),
            "Edm.String" => Some(Self::Text),
            "Edm.Guid" => Some(Self::Guid),
            "Edm.DateTimeOffset" => Some(Self::DateTimeOffset),
            _ => None,
        }
    }
}

/// The file as it is written: `"name": "Edm.String?"`, inherited properties only at their declaration.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    enums: BTreeMap<String, Vec<String>>,
    complex_types: BTreeMap<String, FileType>,
    entity_types: BTreeMap<String, FileType>,
}

#[derive(Deserialize)]
struct FileType {
    base: Option<String>,
    #[serde(default, rename = "abstract")]
    is_abstract: bool,
    properties: BTreeMap<String, String>,
}
