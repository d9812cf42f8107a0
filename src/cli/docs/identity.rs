//! How an object is imported, as the section of a page; imports nothing.

use std::fmt::Write as _;

use super::examples::Examples;
use super::section::type_name;
use crate::proto::tfplugin6::ResourceIdentitySchema;

/// The section `## Import` of a resource, made of the examples that there are for it; empty where there
/// are none.
pub(super) fn import(
    examples: &Examples<'_>,
    folder: &str,
    identity: Option<&ResourceIdentitySchema>,
) -> String {
    let mut text = String::new();
    if let Some(example) = examples.one(folder, "import-by-identity.tf", "terraform") {
        let _ = write!(
            text,
            "\nIn Terraform 1.12 and later, an `import` block can name the object by its identity:\n\n\
             {example}"
        );
        text += &identity.map(attributes).unwrap_or_default();
    }
    if let Some(example) = examples.one(folder, "import-by-string-id.tf", "terraform") {
        let _ = write!(
            text,
            "\nIn Terraform 1.5 and later and in OpenTofu, an `import` block can name it by an id:\n\n\
             {example}"
        );
    }
    if let Some(example) = examples.one(folder, "import.sh", "shell") {
        let _ = write!(text, "\nThe command `terraform import` takes the same ids:\n\n{example}");
    }
    if text.is_empty() { text } else { format!("\n## Import\n{text}") }
}

fn attributes(identity: &ResourceIdentitySchema) -> String {
    let mut text = "\n### Identity Schema\n".to_owned();
    for (title, required) in [("Required", true), ("Optional", false)] {
        let wanted = identity
            .identity_attributes
            .iter()
            .filter(|attribute| attribute.required_for_import == required);
        let lines: String = wanted
            .map(|one| {
                format!("- `{}` ({}) {}\n", one.name, type_name(&one.r#type), one.description)
            })
            .collect();
        if !lines.is_empty() {
            let _ = write!(text, "\n#### {title}\n\n{lines}");
        }
    }
    text
}
