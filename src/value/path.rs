//! Where in a value something is; knows no schema.

use std::fmt;

/// The way from the root of a value to one place inside it.
///
/// Elements of a set have no address: a path ends at the set.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// An attribute of an object.
    Attribute(String),
    /// An element of a map.
    Key(String),
    /// An element of a list or tuple.
    Index(usize),
}

impl Path {
    /// The value itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The attribute of the root object.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self::root().then_attribute(name)
    }

    /// This path and then an attribute.
    #[must_use]
    pub fn then_attribute(&self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// This path and then an element of a map.
    #[must_use]
    pub fn then_key(&self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// This path and then an element of a list or tuple.
    #[must_use]
    pub fn then_index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// The steps, from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// This path, seen from one level further out.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// Written as in Terraform's language: `management_certificates[0].certificate`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_in_the_language() {
        let path = Path::attribute("certificates").then_index(0).then_attribute("tags");
        assert_eq!(path.then_key("a\"b").to_string(), r#"certificates[0].tags["a\"b"]"#);
        assert_eq!(Path::root().to_string(), "");
    }

    #[test]
    fn a_path_grows_outwards_too() {
        let inside = Path::root().within(Step::Index(1)).within(Step::Attribute("list".into()));
        assert_eq!(inside, Path::attribute("list").then_index(1));
    }
}
