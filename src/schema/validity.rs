//! The rules Terraform itself holds a schema against; knows no resource.
//!
//! Terraform refuses to start with a provider that breaks one of them, so the tests hold every
//! declaration against them first. They are those of `InternalValidate` in Terraform's `configschema`,
//! and a few that Terraform leaves to the conventions of providers: names that can be written in
//! configuration, no name twice, and no write-only attribute that the provider would compute.

use std::collections::BTreeSet;

use super::{Attribute, Block, BlockNesting, NestedBlock, Nesting, Schema, Shape};

impl Schema {
    /// Checks the schema against the rules of Terraform.
    ///
    /// # Errors
    ///
    /// One sentence for each broken rule, with the path of the attribute or block it is about.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut problems = Problems::default();
        problems.unless(self.version >= 0, "the schema", "the version is negative");
        check_block(&self.block, "", &mut problems);
        if problems.0.is_empty() { Ok(()) } else { Err(problems.0) }
    }
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn unless(&mut self, sound: bool, place: &str, problem: &str) {
        if !sound {
            self.0.push(format!("{place}: {problem}"));
        }
    }
}

fn check_block(block: &Block, prefix: &str, problems: &mut Problems) {
    check_attributes(&block.attributes, prefix, problems);
    let mut names: BTreeSet<&str> = block.attributes.iter().map(|one| one.name.as_str()).collect();
    for nested in &block.blocks {
        let place = format!("{prefix}{}", nested.type_name);
        problems.unless(names.insert(&nested.type_name), &place, "the name is there twice");
        check_nested_block(nested, &place, problems);
    }
}

fn check_attributes(attributes: &[Attribute], prefix: &str, problems: &mut Problems) {
    let mut names = BTreeSet::new();
    for attribute in attributes {
        let place = format!("{prefix}{}", attribute.name);
        problems.unless(names.insert(&attribute.name), &place, "the name is there twice");
        check_attribute(attribute, &place, problems);
    }
}

fn check_attribute(attribute: &Attribute, place: &str, problems: &mut Problems) {
    let Attribute { required, optional, computed, write_only, .. } = *attribute;
    check_name(&attribute.name, place, problems);
    problems.unless(
        required || optional || computed,
        place,
        "it is neither required nor optional nor computed",
    );
    problems.unless(!(required && optional), place, "it is both required and optional");
    problems.unless(!(required && computed), place, "it is both required and computed");
    problems.unless(!(write_only && computed), place, "it is both write-only and computed");
    if let Shape::Nested(nesting, attributes) = &attribute.shape {
        if *nesting == Nesting::Set {
            let dynamic = attribute.implied_type().has_dynamic();
            problems.unless(!dynamic, place, "a set cannot hold a dynamic type");
            let write_only = attributes.iter().any(holds_write_only);
            problems.unless(!write_only, place, "a set cannot hold a write-only attribute");
        }
        check_attributes(attributes, &format!("{place}."), problems);
    }
}

fn check_nested_block(nested: &NestedBlock, place: &str, problems: &mut Problems) {
    let (min, max) = (nested.min_items, nested.max_items);
    check_name(&nested.type_name, place, problems);
    problems.unless(min >= 0 && max >= 0, place, "the number of blocks is negative");
    match nested.nesting {
        BlockNesting::Single => problems.unless(
            min == max && min <= 1,
            place,
            "the least and greatest number of a single block are both 0 or both 1",
        ),
        BlockNesting::Group | BlockNesting::Map => problems.unless(
            min == 0 && max == 0,
            place,
            "the number of blocks of a group or map cannot be limited",
        ),
        BlockNesting::List | BlockNesting::Set => problems.unless(
            min <= max || max == 0,
            place,
            "the least number of blocks is above the greatest",
        ),
    }
    if nested.nesting == BlockNesting::Set {
        let dynamic = nested.block.implied_type().has_dynamic();
        problems.unless(!dynamic, place, "a set cannot hold a dynamic type");
        let write_only = block_holds_write_only(&nested.block);
        problems.unless(!write_only, place, "a set cannot hold a write-only attribute");
    }
    check_block(&nested.block, &format!("{place}."), problems);
}

/// Terraform demands this of blocks only, and of attributes not any more because early providers
/// already broke it; a name that is not of this form can hardly be written in configuration.
fn check_name(name: &str, place: &str, problems: &mut Problems) {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts_with_letter = name.starts_with(|first: char| first.is_ascii_lowercase());
    problems.unless(
        starts_with_letter && name.bytes().all(sound),
        place,
        "a name starts with a lowercase letter and goes on with such letters, digits and underscores",
    );
}

fn holds_write_only(attribute: &Attribute) -> bool {
    attribute.write_only
        || matches!(&attribute.shape, Shape::Nested(_, inner) if inner.iter().any(holds_write_only))
}

fn block_holds_write_only(block: &Block) -> bool {
    block.attributes.iter().any(holds_write_only)
        || block.blocks.iter().any(|nested| block_holds_write_only(&nested.block))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{attribute, block, nested_attribute, nested_block, schema};
    use super::*;
    use crate::value::Type;

    fn problems(attributes: Vec<Attribute>, blocks: Vec<NestedBlock>) -> Vec<String> {
        schema(attributes, blocks).check().err().unwrap_or_default()
    }

    #[test]
    fn a_sound_schema_passes() {
        let mut items = nested_block("item", BlockNesting::List, block(vec![attribute("value")]));
        (items.min_items, items.max_items) = (1, 2);
        let attributes = vec![attribute("name"), nested_attribute("tags", Nesting::Set, vec![])];
        assert_eq!(schema(attributes, vec![items]).check(), Ok(()));
    }

    #[test]
    fn the_version_is_not_negative() {
        let schema = Schema { version: -1, ..schema(vec![], vec![]) };
        assert_eq!(schema.check(), Err(vec!["the schema: the version is negative".into()]));
    }

    #[test]
    fn an_attribute_is_required_or_optional_or_computed() {
        let none = Attribute { optional: false, ..attribute("a") };
        let both = Attribute { required: true, ..attribute("b") };
        let odd = Attribute { required: true, optional: false, computed: true, ..attribute("c") };
        assert_eq!(
            problems(vec![none, both, odd], vec![]),
            [
                "a: it is neither required nor optional nor computed",
                "b: it is both required and optional",
                "c: it is both required and computed",
            ]
        );
    }

    #[test]
    fn a_write_only_attribute_is_not_computed() {
        let one = Attribute { write_only: true, computed: true, ..attribute("a") };
        assert_eq!(problems(vec![one], vec![]), ["a: it is both write-only and computed"]);
    }

    #[test]
    fn names_can_be_written_in_configuration() {
        for name in ["", "Name", "na-me", "1st", "na me", "é"] {
            assert_eq!(problems(vec![attribute(name)], vec![]).len(), 1, "attribute {name:?}");
            let nested = nested_block(name, BlockNesting::Group, block(vec![]));
            assert_eq!(problems(vec![], vec![nested]).len(), 1, "block {name:?}");
        }
    }

    #[test]
    fn no_name_is_there_twice() {
        let twice = problems(
            vec![attribute("a"), attribute("a"), attribute("b")],
            vec![nested_block("b", BlockNesting::Group, block(vec![]))],
        );
        assert_eq!(twice, ["a: the name is there twice", "b: the name is there twice"]);
    }

    #[test]
    fn the_number_of_blocks_suits_their_nesting() {
        for (nesting, min, max, sound) in [
            (BlockNesting::Single, 0, 0, true),
            (BlockNesting::Single, 1, 1, true),
            (BlockNesting::Single, 0, 1, false),
            (BlockNesting::Single, 2, 2, false),
            (BlockNesting::Group, 0, 0, true),
            (BlockNesting::Group, 0, 1, false),
            (BlockNesting::Map, 1, 0, false),
            (BlockNesting::List, 2, 0, true),
            (BlockNesting::List, 2, 1, false),
            (BlockNesting::Set, 1, 2, true),
            (BlockNesting::Set, -1, 0, false),
        ] {
            let mut nested = nested_block("item", nesting, block(vec![]));
            (nested.min_items, nested.max_items) = (min, max);
            assert_eq!(problems(vec![], vec![nested]).is_empty(), sound, "{nesting:?} {min} {max}");
        }
    }

    #[test]
    fn a_set_holds_neither_dynamic_types_nor_write_only_attributes() {
        let dynamic = Attribute { shape: Shape::Type(Type::Dynamic), ..attribute("any") };
        let secret = Attribute { write_only: true, ..attribute("secret") };
        let inner = nested_attribute("inner", Nesting::List, vec![dynamic, secret]);
        let expected = |name: &str| {
            vec![
                format!("{name}: a set cannot hold a dynamic type"),
                format!("{name}: a set cannot hold a write-only attribute"),
            ]
        };
        let set = nested_attribute("tags", Nesting::Set, vec![inner.clone()]);
        assert_eq!(problems(vec![set], vec![]), expected("tags"));
        let outer = nested_block("outer", BlockNesting::List, block(vec![inner.clone()]));
        let set =
            nested_block("item", BlockNesting::Set, Block { blocks: vec![outer], ..block(vec![]) });
        assert_eq!(problems(vec![], vec![set]), expected("item"));
        let list = nested_attribute("tags", Nesting::List, vec![inner]);
        assert_eq!(problems(vec![list], vec![]), Vec::<String>::new());
    }

    #[test]
    fn a_problem_deep_inside_is_named_by_its_path() {
        let bad = Attribute { optional: false, ..attribute("c") };
        let inner = nested_attribute("b", Nesting::Single, vec![bad]);
        let outer = nested_block("a", BlockNesting::Single, block(vec![inner]));
        assert_eq!(
            problems(vec![], vec![outer]),
            ["a.b.c: it is neither required nor optional nor computed"]
        );
    }
}
