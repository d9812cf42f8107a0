//! How a data source is declared, and the walks over such a declaration: schema, validation and what is
//! told. Must not know whom to ask, nor how.

use std::time::SystemTime;

use super::timeouts::{Operation, Timeouts};
use super::{Entity, Json, Kind, Presence, Property, Rule, WrongAnswer};
use crate::diagnostics::Diagnostic;
use crate::schema::{Attribute, Block, Nesting, Schema, Shape};
use crate::value::{Fields, Path, Type, Value};

/// A thing that Graph keeps and Terraform only looks up.
#[derive(Clone, Copy, Debug)]
pub struct DataSource {
    /// Its name in configuration.
    pub type_name: &'static str,
    /// What is looked up, in lower case: `enrollment program token`.
    pub noun: &'static str,
    /// What it is and what it is for, in Markdown.
    pub description: &'static str,
    /// What is asked.
    pub question: Question,
    /// Which of the told attributes configuration may say, to choose by them.
    pub selectors: &'static [&'static str],
    /// What else configuration says.
    pub arguments: &'static [Property],
    /// What is told.
    pub told: Told,
    /// What the arguments and selectors demand of each other.
    pub rules: &'static [Rule],
}

/// What a data source asks.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// Which enrollment program token this is.
    Token,
    /// Which enrollment program tokens there are.
    Tokens,
    /// What an entity that is managed elsewhere is like.
    Entity(&'static Entity),
    /// Which enrollment profiles, of whatever type, a token has.
    Profiles,
    /// Which devices a token has.
    Devices,
    /// The document that enrolls a device with a profile.
    MobileConfig,
}

/// What a data source tells.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// One object, whose attributes are the data source's own.
    One(Facts),
    /// Any number of objects.
    Many {
        /// The attribute that holds them.
        attribute: &'static str,
        /// What it is for, in Markdown.
        description: &'static str,
        /// What is told of each.
        facts: Facts,
    },
}

/// What is told of one object.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its properties.
    pub rows: &'static [Property],
    /// What follows from them.
    pub derived: &'static [Derived],
}

/// An attribute that stands for no property of Graph's, but follows from some.
#[derive(Debug)]
pub struct Derived {
    /// The attribute's name.
    pub attribute: &'static str,
    /// Its values' type.
    pub type_: Type,
    /// Whether it is hidden in output.
    pub sensitive: bool,
    /// What it is for, in Markdown, in full sentences.
    pub description: &'static str,
    /// Its value, which conforms to the type.
    pub value: fn(&Json, &Setting<'_>) -> Value,
}

/// What a derived attribute may depend on beside the object.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The present moment.
    pub now: SystemTime,
    /// The id of what the object lives under; empty when it lives under nothing.
    pub parent: &'a str,
}

impl DataSource {
    /// The data source's schema.
    pub fn schema(&self) -> Schema {
        let mut attributes: Vec<_> =
            self.arguments.iter().map(Property::attribute_schema).collect();
        match self.told {
            Told::One(facts) => attributes.extend(facts.attributes().map(|told| Attribute {
                optional: self.selectors.contains(&told.name.as_str()),
                ..told
            })),
            Told::Many { attribute, description, facts } => attributes.push(Attribute {
                shape: Shape::Nested(Nesting::List, facts.attributes().collect()),
                computed: true,
                ..Attribute::of_type(attribute, Type::Dynamic, description)
            }),
        }
        attributes.push(Timeouts::attribute_schema(&[Operation::Read]));
        let block =
            Block { attributes, description: self.description.to_owned(), ..Block::default() };
        Schema { version: 0, block }
    }

    /// Everything that is wrong with a configuration. Values that are not known yet pass.
    pub fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for row in self.arguments {
            let path = Path::attribute(row.attribute);
            found.extend(row.validate(config.field(row.attribute), &path));
        }
        for row in self.told.facts().rows.iter().filter(|row| self.is_selector(row)) {
            let path = Path::attribute(row.attribute);
            let asked = Property { presence: Presence::Optional, ..row.clone() };
            let value = config.field(row.attribute);
            // An empty text has a word of its own below.
            if value.as_text() != Some("") {
                found.extend(asked.validate(value, &path));
            }
        }
        let arguments = self.arguments.iter().map(|row| row.attribute);
        let empty =
            |name: &&str| config.field(name).as_text().is_some_and(|text| text.trim().is_empty());
        found.extend(self.selectors.iter().copied().chain(arguments).filter(empty).map(|name| {
            let detail = format!(
                "Nothing can be found by an empty `{name}`. Give it a value, or `null` to choose \
                 without it."
            );
            Diagnostic::error(format!("`{name}` is empty"), detail).at(Path::attribute(name))
        }));
        found.extend(self.rules.iter().filter_map(|rule| rule.check(config)));
        found.extend(Timeouts::validate(config));
        found
    }

    /// What is told of one object. What configuration says stays as it is written there.
    ///
    /// # Errors
    ///
    /// When a property has not the type that Graph's metadata declares.
    pub fn tell_one(
        &self,
        config: &Value,
        object: &Json,
        setting: &Setting<'_>,
    ) -> Result<Value, WrongAnswer> {
        Ok(with_config(self.told.facts().tell(object, setting)?, config))
    }

    /// What is told of these objects, in their order.
    ///
    /// # Errors
    ///
    /// As for [`tell_one`](Self::tell_one).
    pub fn tell_many<'object>(
        &self,
        config: &Value,
        objects: impl IntoIterator<Item = &'object Json>,
        setting: &Setting<'_>,
    ) -> Result<Value, WrongAnswer> {
        let (attribute, facts) = match self.told {
            Told::Many { attribute, facts, .. } => (attribute, facts),
            Told::One(facts) => ("", facts),
        };
        let told = objects.into_iter().map(|one| facts.tell(one, setting).map(Value::Object));
        let list = Value::List(told.collect::<Result<_, _>>()?);
        Ok(with_config([(attribute.to_owned(), list)].into(), config))
    }

    fn is_selector(&self, row: &Property) -> bool {
        self.selectors.contains(&row.attribute)
    }
}

impl Told {
    /// What is told of one object.
    pub const fn facts(&self) -> Facts {
        match self {
            Self::One(facts) | Self::Many { facts, .. } => *facts,
        }
    }
}

/// What configuration says comes before what was found: Terraform expects to see it again.
fn with_config(mut told: Fields, config: &Value) -> Value {
    for (name, value) in config.as_fields().into_iter().flatten() {
        if !value.is_null() || !told.contains_key(name) {
            told.insert(name.clone(), value.clone());
        }
    }
    Value::Object(told)
}

impl Facts {
    /// The rows whose value a service ever tells.
    pub fn told_rows(&self) -> impl Iterator<Item = &'static Property> {
        self.rows.iter().filter(|row| row.kind.is_told())
    }

    fn attributes(&self) -> impl Iterator<Item = Attribute> {
        let rows = self.told_rows().map(Property::told_schema);
        let derived = self.derived.iter().map(|one| Attribute {
            computed: true,
            sensitive: one.sensitive,
            ..Attribute::of_type(one.attribute, one.type_.clone(), one.description)
        });
        rows.chain(derived)
    }

    fn tell(&self, object: &Json, setting: &Setting<'_>) -> Result<Fields, WrongAnswer> {
        let rows = self.told_rows().map(|row| {
            let path = Path::attribute(row.attribute);
            Ok((row.attribute.to_owned(), row.told(object, &path)?))
        });
        let mut fields: Fields = rows.collect::<Result<_, _>>()?;
        for one in self.derived {
            fields.insert(one.attribute.to_owned(), (one.value)(object, setting));
        }
        Ok(fields)
    }
}

impl Property {
    /// As it is told of something that is only looked up.
    fn told_schema(&self) -> Attribute {
        let shape = match self.kind.shape() {
            Shape::Nested(nesting, _) => {
                let inner = self.kind.properties().iter().map(Self::told_schema).collect();
                Shape::Nested(nesting, inner)
            }
            shape @ Shape::Type(_) => shape,
        };
        let told = Self { presence: Presence::Computed, length: None, ..self.clone() };
        Attribute {
            shape,
            computed: true,
            ..Attribute::of_type(self.attribute, Type::Dynamic, &told.markdown())
        }
    }

    /// The value in an object; a property that is not there is null, a collection without elements is
    /// empty.
    fn told(&self, object: &Json, path: &Path) -> Result<Value, WrongAnswer> {
        let answer = object.get(self.graph);
        // Graph writes the year 1 where there was no such moment.
        let never = |text: &str| text.starts_with("0001-01-01");
        if matches!(self.kind, Kind::Moment)
            && answer.and_then(serde_json::Value::as_str).is_some_and(never)
        {
            return Ok(Value::Null);
        }
        match (self.kind.shape(), answer.and_then(serde_json::Value::as_array)) {
            (Shape::Type(Type::Set(_)), Some(none)) if none.is_empty() => Ok(Value::Set(vec![])),
            (Shape::Nested(..), Some(none)) if none.is_empty() => Ok(Value::List(vec![])),
            _ => self.read(answer, &Value::Null, path),
        }
    }
}

impl Kind {
    /// Whether the service ever tells a value of this kind.
    const fn is_told(&self) -> bool {
        !matches!(self, Self::Secret(_))
    }

    /// The properties inside.
    const fn properties(&self) -> &'static [Property] {
        match self {
            Self::Object(properties) | Self::Objects(properties) => properties,
            _ => &[],
        }
    }
}
