//! The attributes of a schema as the section of a page; knows no page.

use std::fmt::Write as _;

use crate::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use crate::proto::tfplugin6::schema::object::NestingMode;
use crate::proto::tfplugin6::schema::{Attribute, Block, NestedBlock, Object};

/// The section `## Schema`, with a part of its own for each nested attribute.
pub(super) fn of(block: &Block) -> String {
    let level = Level { attributes: &block.attributes, blocks: &block.block_types };
    let mut text = format!("{MARK}\n## Schema\n{}", level.groups("### ", ""));
    level.nested(&mut text, "", "");
    text
}

/// Told to whoever looks at the file, as tfplugindocs does.
const MARK: &str = "<!-- schema made of the provider's declarations -->";

/// What stands side by side at one depth.
struct Level<'a> {
    attributes: &'a [Attribute],
    blocks: &'a [NestedBlock],
}

impl Level<'_> {
    /// The attributes by who sets them.
    fn groups(&self, heading: &str, path: &str) -> String {
        let colon = if heading.is_empty() { ":" } else { "" };
        let mut text = String::new();
        for (title, wanted) in [
            ("Required", (|one: &Attribute| one.required) as fn(&Attribute) -> bool),
            ("Optional", |one| one.optional),
            ("Read-Only", |one| one.computed && !one.optional),
        ] {
            let mut lines: Vec<_> = self
                .attributes
                .iter()
                .filter(|attribute| wanted(attribute))
                .map(|attribute| line(attribute, path))
                .collect();
            let blocks = self
                .blocks
                .iter()
                .filter(|block| title == if block.min_items > 0 { "Required" } else { "Optional" });
            lines.extend(blocks.map(|block| block_line(block, path)));
            if !lines.is_empty() {
                let _ = write!(text, "\n{heading}{title}{colon}\n\n{}", lines.concat());
            }
        }
        text
    }

    fn nested(&self, text: &mut String, path: &str, anchor: &str) {
        for attribute in self.attributes {
            if let Some(object) = &attribute.nested_type {
                let level = Level { attributes: &object.attributes, blocks: &[] };
                level.part(text, "nestedatt", path, anchor, &attribute.name);
            }
        }
        for block in self.blocks {
            let Some(inner) = &block.block else { continue };
            let level = Level { attributes: &inner.attributes, blocks: &inner.block_types };
            level.part(text, "nestedblock", path, anchor, &block.type_name);
        }
    }

    fn part(&self, text: &mut String, kind: &str, path: &str, anchor: &str, name: &str) {
        let (path, anchor) = (joined(path, ".", name), joined(anchor, "--", name));
        let _ = write!(
            text,
            "\n<a id=\"{kind}--{anchor}\"></a>\n### Nested Schema for `{path}`\n{}",
            self.groups("", &anchor)
        );
        self.nested(text, &path, &anchor);
    }
}

fn joined(before: &str, between: &str, name: &str) -> String {
    if before.is_empty() { name.to_owned() } else { format!("{before}{between}{name}") }
}

fn line(attribute: &Attribute, path: &str) -> String {
    let mut marks = vec![match &attribute.nested_type {
        Some(object) => object_name(object).to_owned(),
        None => type_name(&attribute.r#type),
    }];
    let noted = [
        (attribute.sensitive, "Sensitive"),
        (attribute.write_only, "Write-only"),
        (attribute.deprecated, "Deprecated"),
    ];
    marks.extend(noted.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark.to_owned()));
    let mut text = attribute.description.replace("\n\n", " ").replace('\n', " ");
    if !attribute.deprecation_message.is_empty() {
        let _ = write!(text, " Deprecated: {}", attribute.deprecation_message);
    }
    if attribute.nested_type.is_some() {
        let anchor = joined(path, "--", &attribute.name);
        let _ = write!(text, " (see [below for nested schema](#nestedatt--{anchor}))");
    }
    format!("- `{}` ({}) {}\n", attribute.name, marks.join(", "), text.trim_end())
}

fn block_line(block: &NestedBlock, path: &str) -> String {
    let kind = match block.nesting() {
        BlockNesting::List => "Block List",
        BlockNesting::Set => "Block Set",
        BlockNesting::Map => "Block Map",
        BlockNesting::Invalid | BlockNesting::Single | BlockNesting::Group => "Block",
    };
    let text = block.block.as_ref().map(|block| block.description.clone()).unwrap_or_default();
    let anchor = joined(path, "--", &block.type_name);
    format!(
        "- `{}` ({kind}) {text} (see [below for nested schema](#nestedblock--{anchor}))\n",
        block.type_name
    )
}

fn object_name(object: &Object) -> &'static str {
    match object.nesting() {
        NestingMode::List => "Attributes List",
        NestingMode::Set => "Attributes Set",
        NestingMode::Map => "Attributes Map",
        NestingMode::Invalid | NestingMode::Single => "Attributes",
    }
}

/// A type as people say it, from its JSON form.
pub(super) fn type_name(json: &[u8]) -> String {
    serde_json::from_slice(json).map_or_else(|_| "Dynamic".to_owned(), |json| in_words(&json))
}

fn in_words(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::String(name) => match name.as_str() {
            "string" => "String",
            "bool" => "Boolean",
            "number" => "Number",
            _ => "Dynamic",
        }
        .to_owned(),
        serde_json::Value::Array(parts) => {
            let of = |name: &str| match parts.get(1) {
                Some(inner) => format!("{name} of {}", in_words(inner)),
                None => name.to_owned(),
            };
            match parts.first().and_then(serde_json::Value::as_str) {
                Some("list") => of("List"),
                Some("set") => of("Set"),
                Some("map") => of("Map"),
                Some("tuple") => "Tuple".to_owned(),
                _ => "Object".to_owned(),
            }
        }
        _ => "Dynamic".to_owned(),
    }
}
