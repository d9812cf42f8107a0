//! The form of a declaration: one row for one property; knows values and schemas, but no resource in
//! particular.
//!
//! A row names the attribute as Terraform users write it, the property as Graph spells it, and what may
//! stand in it. Everything else (schema, JSON both ways, plan, reference page) is a walk over rows, and
//! [`Kind`] is an enum so that every walk must say what it does with each kind.

use std::ops::RangeInclusive;

/// One property of a Graph entity and the attribute that stands for it.
#[derive(Clone, Debug)]
pub struct Property {
    /// The attribute's name in configuration, in snake case.
    pub attribute: &'static str,
    /// The property's name in Graph's metadata.
    pub graph: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who sets it, and what an absent line means.
    pub presence: Presence,
    /// How a new value reaches the service.
    pub writing: Writing,
    /// What it is for, in Markdown, in full sentences.
    pub description: &'static str,
    /// What the Intune admin center calls it, where Microsoft documents that.
    pub label: Option<&'static str>,
    /// How many characters or elements it may hold.
    pub length: Option<RangeInclusive<usize>>,
    /// The numbers it may hold.
    pub range: Option<RangeInclusive<i64>>,
    /// The numbers that are known to work; another one is a doubt, not a mistake.
    pub advised: &'static [i64],
    /// Apple's key for the pane of Setup Assistant that it skips.
    pub skips: Option<SkipKey>,
    /// Whether the service answers with nothing although it holds something: nothing is no answer then.
    pub unechoed: bool,
}

/// What a property holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `Edm.Boolean`.
    Flag,
    /// `Edm.Int32`.
    Integer,
    /// `Edm.String`.
    Text,
    /// `Edm.DateTimeOffset`.
    Moment,
    /// An enumeration with these members.
    Choice(&'static [&'static str]),
    /// `Edm.String` that holds the base64 form of a DER-encoded X.509 certificate.
    Certificate,
    /// `Edm.String` that holds the SHA-1 thumbprint of the certificate beside it.
    Thumbprint,
    /// A collection of `Edm.String`, in which neither order nor repetition matters.
    Texts,
    /// A collection of `Edm.Guid`, in which neither order nor repetition matters.
    Guids,
    /// A collection of `Edm.String` that holds Apple's keys for the panes that are skipped: those of the
    /// panes that have a row of their own, and these.
    SkipKeys(&'static [&'static str]),
    /// A complex type with these properties.
    Object(&'static [Property]),
    /// A collection of a complex type with these properties.
    Objects(&'static [Property]),
    /// `Edm.String` that is sent and never comes back. Terraform keeps it nowhere, so a change of it is
    /// told by a number beside it, in an attribute of this name.
    Secret(&'static str),
}

/// Apple's key for a pane of Setup Assistant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SkipKey {
    /// As Apple spells it: `AppleID`.
    pub name: &'static str,
    /// Whether sources disagree on what the service makes of the key on this platform. Such a key is
    /// taken where a person writes it, and never sent otherwise: the Boolean alone says the same.
    pub doubtful: bool,
}

/// Who sets a property, and what an absent line in configuration means.
#[derive(Clone, Debug)]
pub enum Presence {
    /// Configuration must set it.
    Required,
    /// Configuration may set it; absent means null.
    Optional,
    /// Configuration may set it; absent means this value.
    Default(Literal),
    /// Configuration may set it; absent means whatever the service says.
    OptionalComputed,
    /// Only the service sets it.
    Computed,
}

/// A default, written down in a row.
#[derive(Clone, Copy, Debug)]
pub enum Literal {
    /// A Boolean.
    Flag(bool),
    /// A number.
    Integer(i64),
    /// Text.
    Text(&'static str),
}

/// How a new value of a property reaches the service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Writing {
    /// In the body of the create, and of an update when it changed.
    Body,
    /// As [`Writing::Body`], but the service may put a value of its own in its place.
    Suggested,
    /// Never: the service makes it.
    Never,
    /// Turned on by this action on the entity, and never off again.
    Action(&'static str),
}

/// The greatest `Edm.Int32`.
pub(super) const GREATEST: i64 = i32::MAX as i64;

/// A Boolean, `false` unless configuration says otherwise.
pub const fn flag(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Flag, Presence::Default(Literal::Flag(false)), description)
}

/// Optional text.
pub const fn text(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Text, Presence::Optional, description)
}

/// A moment that the service notes.
pub const fn moment(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Moment, Presence::Optional, description).computed()
}

/// An optional set of texts.
pub const fn texts(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Texts, Presence::Optional, description)
}

/// A 32-bit number, `default` unless configuration says otherwise.
pub const fn integer(
    attribute: &'static str,
    graph: &'static str,
    default: i64,
    description: &'static str,
) -> Property {
    let presence = Presence::Default(Literal::Integer(default));
    property(attribute, graph, Kind::Integer, presence, description)
}

/// A 32-bit number or null.
pub const fn number(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Integer, Presence::Optional, description)
}

/// A member of an enumeration, `default` unless configuration says otherwise.
pub const fn choice(
    attribute: &'static str,
    graph: &'static str,
    members: &'static [&'static str],
    default: &'static str,
    description: &'static str,
) -> Property {
    let presence = Presence::Default(Literal::Text(default));
    property(attribute, graph, Kind::Choice(members), presence, description)
}

/// The base64 form of an X.509 certificate.
pub const fn certificate(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Certificate, Presence::Required, description)
}

/// The thumbprint of the certificate beside it, computed when configuration leaves it out.
pub const fn thumbprint(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Thumbprint, Presence::OptionalComputed, description)
}

/// An optional set of GUIDs.
pub const fn guids(
    attribute: &'static str,
    graph: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Guids, Presence::Optional, description)
}

/// The set of Apple's keys for the panes that are skipped: those of the rows with
/// [`skips`](Property::skips), and these, which no row stands for.
pub const fn skip_keys(
    attribute: &'static str,
    graph: &'static str,
    others: &'static [&'static str],
    description: &'static str,
) -> Property {
    let keys = Kind::SkipKeys(others);
    property(attribute, graph, keys, Presence::OptionalComputed, description).chosen()
}

/// Text that is sent and never kept: a change of it is told by a change of `version`, the attribute
/// beside it.
pub const fn secret(
    attribute: &'static str,
    graph: &'static str,
    version: &'static str,
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Secret(version), Presence::Optional, description)
}

/// An optional object.
pub const fn nested(
    attribute: &'static str,
    graph: &'static str,
    properties: &'static [Property],
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Object(properties), Presence::Optional, description)
}

/// An optional list of objects.
pub const fn objects(
    attribute: &'static str,
    graph: &'static str,
    properties: &'static [Property],
    description: &'static str,
) -> Property {
    property(attribute, graph, Kind::Objects(properties), Presence::Optional, description)
}

const fn property(
    attribute: &'static str,
    graph: &'static str,
    kind: Kind,
    presence: Presence,
    description: &'static str,
) -> Property {
    Property {
        attribute,
        graph,
        kind,
        presence,
        writing: Writing::Body,
        description,
        label: None,
        length: None,
        range: None,
        advised: &[],
        skips: None,
        unechoed: false,
    }
}

/// What a row may add, each readable as a word after the row.
impl Property {
    /// Configuration must set it.
    pub const fn required(self) -> Self {
        self.with_presence(Presence::Required)
    }

    /// Configuration may set it; absent means null.
    pub const fn optional(self) -> Self {
        self.with_presence(Presence::Optional)
    }

    /// Only the service sets it.
    pub const fn computed(self) -> Self {
        Self { writing: Writing::Never, ..self.with_presence(Presence::Computed) }
    }

    /// Configuration may set it, but the service may put a value of its own in its place.
    pub const fn suggested(self) -> Self {
        self.with_presence(Presence::OptionalComputed).chosen()
    }

    /// Turned on by this action of Graph, and never off again.
    pub const fn turned_on_by(self, action: &'static str) -> Self {
        Self { writing: Writing::Action(action), ..self.with_presence(Presence::OptionalComputed) }
    }

    /// What the Intune admin center calls it.
    pub const fn labelled(self, label: &'static str) -> Self {
        Self { label: Some(label), ..self }
    }

    /// How many characters or elements it may hold.
    pub const fn length(self, least: usize, most: usize) -> Self {
        Self { length: Some(RangeInclusive::new(least, most)), ..self }
    }

    /// The least number it may hold.
    pub const fn at_least(self, least: i64) -> Self {
        self.between(least, GREATEST)
    }

    /// The least and the greatest number it may hold.
    pub const fn between(self, least: i64, most: i64) -> Self {
        Self { range: Some(RangeInclusive::new(least, most)), ..self }
    }

    /// The numbers that are known to work; another one is a doubt, not a mistake.
    pub const fn advised(self, numbers: &'static [i64]) -> Self {
        Self { advised: numbers, ..self }
    }

    /// It skips the pane of Setup Assistant that Apple knows by this key.
    pub const fn skips(self, key: &'static str) -> Self {
        Self { skips: Some(SkipKey { name: key, doubtful: false }), ..self }
    }

    /// As [`skips`](Self::skips), where sources disagree on what the service makes of the key.
    pub const fn skips_doubtfully(self, key: &'static str) -> Self {
        Self { skips: Some(SkipKey { name: key, doubtful: true }), ..self }
    }

    /// The service may answer with nothing although it holds something.
    pub const fn unechoed(self) -> Self {
        Self { unechoed: true, ..self }
    }

    const fn chosen(self) -> Self {
        Self { writing: Writing::Suggested, ..self }
    }

    const fn with_presence(self, presence: Presence) -> Self {
        Self { presence, ..self }
    }
}
