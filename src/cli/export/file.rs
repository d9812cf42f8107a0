//! The files of an export; reads nothing and writes none.

use std::collections::BTreeMap;

use super::Files;
use super::hcl::{attributes, comment, expression, quoted};
use super::names::Names;
use super::walk::{Found, LeftOut, Token};
use crate::resources::dep_device_assignment;
use crate::value::Value;

/// What is needed once only.
pub(super) const IMPORTS: &str = "imports.tf";
const PROVIDER: &str = "provider.tf";

/// A file for each token, one for all imports, and one for the provider.
pub(super) fn of(tokens: &[Token]) -> Files {
    let mut of_tokens = Names::default();
    let mut of_types: BTreeMap<&str, Names> = BTreeMap::new();
    let mut imports = String::from(
        "# Takes the objects into state. Needed once: delete this file after `terraform apply`.\n",
    );
    let mut files = Files::from([(PROVIDER.to_owned(), provider())]);
    for token in tokens {
        let mut text = format!(
            "# Enrollment program token \"{}\" ({}).\n",
            comment(&token.name),
            comment(&token.id)
        );
        let mut names = Vec::with_capacity(token.objects.len());
        for object in &token.objects {
            let type_name = object.entity.type_name;
            let name = of_types.entry(type_name).or_default().give(&object.name, "profile");
            text += &resource(object, &name);
            imports += &import(type_name, &name, &object.id);
            names.push(name);
        }
        for (object, name) in
            token.objects.iter().zip(&names).filter(|(one, _)| !one.devices.is_empty())
        {
            let of_type = of_types.entry(dep_device_assignment::TYPE_NAME).or_default();
            let own = of_type.give(&object.name, "profile");
            text += &assignment(object, name, &own, &token.id);
            let id = format!("{}/{}", token.id, object.id);
            imports += &import(dep_device_assignment::TYPE_NAME, &own, &id);
        }
        for left_out in &token.left_out {
            text += &remark(left_out);
        }
        let name = of_tokens.give(&token.name, "token");
        // A file of that name would take the place of another one.
        files.insert(format!("token_{name}.tf"), text);
    }
    files.insert(IMPORTS.to_owned(), imports);
    files
}

fn provider() -> String {
    "terraform {\n  required_providers {\n    intune = {\n      source = \
     \"intune-rs/intune\"\n    }\n  }\n}\n\n# Signs in with the same environment \
     variables as the export did.\nprovider \"intune\" {}\n"
        .to_owned()
}

/// The attributes in the order in which they are declared, as a person reads them.
fn resource(object: &Found, name: &str) -> String {
    let parent = object.entity.parent.attribute;
    let rows = object.entity.properties.iter().map(|property| property.attribute);
    let rows = rows.map(|attribute| (attribute, object.configuration.field(attribute)));
    let lines = attributes(rows, 1).into_iter().map(|line| format!("  {line}\n"));
    let lines: String = lines.collect();
    format!(
        "\nresource \"{}\" \"{name}\" {{\n  {parent} = {}\n\n{lines}}}\n",
        object.entity.type_name,
        expression(object.configuration.field(parent), 1)
    )
}

/// The devices of a profile, without a claim to all that it will ever have.
fn assignment(object: &Found, profile: &str, name: &str, token: &str) -> String {
    let serial_numbers = Value::List(object.devices.iter().map(Value::text).collect());
    let width = dep_device_assignment::TOKEN_ID.len();
    format!(
        "\nresource \"{}\" \"{name}\" {{\n  {} = {}\n  {:width$} = {}.{profile}.id\n  {} = {}\n}}\n",
        dep_device_assignment::TYPE_NAME,
        dep_device_assignment::TOKEN_ID,
        quoted(token),
        dep_device_assignment::PROFILE_ID,
        object.entity.type_name,
        dep_device_assignment::SERIAL_NUMBERS,
        expression(&serial_numbers, 1),
    )
}

fn import(type_name: &str, name: &str, id: &str) -> String {
    format!("\nimport {{\n  to = {type_name}.{name}\n  id = {}\n}}\n", quoted(id))
}

fn remark(left_out: &LeftOut) -> String {
    format!(
        "\n# Left out: \"{}\" ({}), because {}.\n",
        comment(&left_out.name),
        comment(&left_out.id),
        comment(left_out.why.trim_end_matches('.'))
    )
}
