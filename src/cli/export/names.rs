//! Names for what is exported: valid in Terraform's language and each given once; knows no object.

use std::collections::BTreeSet;

/// The names that were given.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A name that reminds of `text` and was not given before; `otherwise` where nothing of it is left.
    pub(super) fn give(&mut self, text: &str, otherwise: &str) -> String {
        let name = name_of(text, otherwise);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free =
            std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let free = free.unwrap_or(name);
        self.0.insert(free.clone());
        free
    }
}

/// Longer names make no plan easier to read.
const LONGEST: usize = 60;

/// ASCII alone, as every shell and every reader can type it.
fn name_of(text: &str, otherwise: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    name.truncate(LONGEST);
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => otherwise.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{otherwise}_{name}"),
        Some(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_valid_and_given_once() {
        let mut names = Names::default();
        for (text, expected) in [
            ("Corporate iPads", "corporate_ipads"),
            ("corporate-ipads", "corporate_ipads_2"),
            ("Corporate iPads!", "corporate_ipads_3"),
            ("Corporate iPads 2", "corporate_ipads_2_2"),
            ("2026 Macs", "profile_2026_macs"),
            ("日本", "profile"),
            ("", "profile_2"),
            ("${x} \"y\"\n", "x_y"),
            ("é", "profile_3"),
        ] {
            assert_eq!(names.give(text, "profile"), expected, "{text}");
        }
        assert_eq!(names.give(&"x ".repeat(100), "profile").len(), 59);
    }
}
