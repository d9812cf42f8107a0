//! The pages, one for each thing that Terraform is told of; writes no file.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::examples::Examples;
use super::{Pages, identity, section};
use crate::diagnostics::Severity;
use crate::entity::{Origin, Rule};
use crate::proto::tfplugin6::Function;
use crate::proto::tfplugin6::Schema;
use crate::proto::tfplugin6::function::Parameter;
use crate::protocol::Told;
use crate::provider::{Catalog, permission};

/// A kind of thing that has pages of its own.
struct Kind {
    /// The directory of its pages and of its examples.
    directory: &'static str,
    /// As a title says it.
    title: &'static str,
    /// The file of its example, without its end.
    example: &'static str,
    /// What is done with it, and the permission that this needs.
    needs: &'static [(&'static str, &'static str)],
}

const RESOURCE: Kind = Kind {
    directory: "resources",
    title: "Resource",
    example: "resource",
    needs: &[
        ("plan, refresh, import", permission::READ),
        ("create, update, delete", permission::WRITE),
    ],
};
const DATA_SOURCE: Kind = Kind {
    directory: "data-sources",
    title: "Data Source",
    example: "data-source",
    needs: &[("read", permission::READ)],
};
const EPHEMERAL: Kind = Kind {
    directory: "ephemeral-resources",
    title: "Ephemeral Resource",
    example: "ephemeral-resource",
    needs: &[("open", permission::READ)],
};
const LIST: Kind = Kind {
    directory: "list-resources",
    title: "List Resource",
    example: "list-resource",
    needs: &[("list", permission::READ)],
};
const ACTION: Kind = Kind {
    directory: "actions",
    title: "Action",
    example: "action",
    needs: &[("invoke", permission::WRITE)],
};

/// Every page there is.
pub(super) fn all(told: &Told, examples: &Examples<'_>) -> Result<Pages, String> {
    let schemas = &told.schemas;
    let mut pages = Pages::new();
    pages.insert("index.md".to_owned(), index(schemas.provider.as_ref(), examples)?);
    let actions: HashMap<_, _> = schemas
        .action_schemas
        .iter()
        .filter_map(|(name, action)| Some((name.clone(), action.schema.clone()?)))
        .collect();
    for (kind, all) in [
        (&RESOURCE, &schemas.resource_schemas),
        (&DATA_SOURCE, &schemas.data_source_schemas),
        (&EPHEMERAL, &schemas.ephemeral_resource_schemas),
        (&LIST, &schemas.list_resource_schemas),
        (&ACTION, &actions),
    ] {
        for (name, schema) in all {
            let path = format!("{}/{}.md", kind.directory, short(name));
            pages.insert(path, kind.page(name, schema, told, examples)?);
        }
    }
    for (name, function) in &schemas.functions {
        pages.insert(format!("functions/{name}.md"), of_function(name, function, examples));
    }
    Ok(pages)
}

/// The Registry names pages without the provider's own name.
fn short(name: &str) -> &str {
    name.strip_prefix("intune_").unwrap_or(name)
}

impl Kind {
    fn page(
        &self,
        name: &str,
        schema: &Schema,
        told: &Told,
        examples: &Examples<'_>,
    ) -> Result<String, String> {
        let block = schema.block.as_ref().ok_or_else(|| format!("`{name}` has no schema."))?;
        let folder = format!("{}/{name}", self.directory);
        let example = examples.of(&folder, self.example, "terraform");
        let mut text = front(&format!("{name} {}", self.title), &block.description);
        let _ = write!(text, "\n# {name} ({})\n\n{}\n", self.title, block.description);
        if block.deprecated {
            let _ = write!(text, "\n~> **Deprecated:** {}\n", block.deprecation_message);
        }
        text += &usage(&example);
        text += &self.permissions();
        text += &rules(self.rules(name));
        let _ = write!(text, "\n{}", section::of(block));
        if self.directory == RESOURCE.directory {
            let identity = told.identities.identity_schemas.get(name);
            text += &identity::import(examples, &folder, identity);
        }
        Ok(text)
    }

    fn rules(&self, name: &str) -> &'static [Rule] {
        let (resources, sources) = (Catalog::ALL.resources, Catalog::ALL.data_sources);
        let found = if self.directory == RESOURCE.directory {
            resources.iter().find(|entity| entity.type_name == name).map(|entity| entity.rules)
        } else if self.directory == DATA_SOURCE.directory {
            sources.iter().find(|source| source.type_name == name).map(|source| source.rules)
        } else {
            None
        };
        found.unwrap_or_default()
    }

    fn permissions(&self) -> String {
        let rows =
            self.needs.iter().map(|(what, permission)| format!("| {what} | `{permission}` |\n"));
        format!(
            "\n## Permissions\n\nMicrosoft Graph permissions of type Application; an administrator has to consent. \
             A person who is signed in to the Azure CLI needs them as Delegated ones, [which is rarely \
             possible](../guides/azure_cli.md), and a role in Intune.\n\n| To | Permission \
             |\n|---|---|\n{}",
            rows.collect::<String>()
        )
    }
}

fn index(schema: Option<&Schema>, examples: &Examples<'_>) -> Result<String, String> {
    let block = schema.and_then(|schema| schema.block.as_ref());
    let block = block.ok_or("The provider has no schema.")?;
    let example = examples.of("provider", "provider", "terraform");
    let mut text = front("Provider: Intune", &block.description);
    let _ = write!(
        text,
        "\n# Intune Provider\n\n{}\n\n## Example Usage\n\n{example}\n{SIGNING_IN}\n{}",
        block.description,
        section::of(block)
    );
    Ok(text)
}

/// What a newcomer looks for first.
const SIGNING_IN: &str = "\
## Signing in

The application that signs in needs the Microsoft Graph permission `DeviceManagementServiceConfig.ReadWrite.All`
(`DeviceManagementServiceConfig.Read.All` for plans) with admin consent, and the tenant an Intune licence. The first of
these that is set is used, in the provider block before the environment, and no other is tried:
[client certificate](guides/service_principal_client_certificate.md),
[client secret](guides/service_principal_client_secret.md), [OIDC](guides/service_principal_oidc.md),
[AKS workload identity](guides/aks_workload_identity.md), [managed identity](guides/managed_service_identity.md),
[Azure CLI](guides/azure_cli.md).

Terraform 1.5 or OpenTofu 1.6 and later will do; [some features need more](guides/terraform-versions.md). Begin with
[First profile in ten minutes](guides/first-profile.md).
";

fn of_function(name: &str, function: &Function, examples: &Examples<'_>) -> String {
    let example = examples.of(&format!("functions/{name}"), "function", "terraform");
    let returned = function.r#return.as_ref().map(|value| section::type_name(&value.r#type));
    let parameters = function.parameters.iter().map(|one| (one, ""));
    let parameters: Vec<_> =
        parameters.chain(function.variadic_parameter.iter().map(|one| (one, "..."))).collect();
    let signature = parameters
        .iter()
        .map(|(one, dots)| format!("{} {}{dots}", one.name, word(&one.r#type)))
        .collect::<Vec<_>>()
        .join(", ");
    let mut text = front(&format!("{name} function"), &function.summary);
    let _ = write!(
        text,
        "\n# function: {name}\n\n{}\n{}\n## Signature\n\n```text\n\
         {name}({signature}) {}\n```\n\n## Arguments\n\n",
        function.description,
        usage(&example),
        returned.unwrap_or_default().to_lowercase(),
    );
    for (number, (one, dots)) in parameters.iter().enumerate() {
        text += &argument(number + 1, one, !dots.is_empty());
    }
    text
}

fn usage(example: &str) -> String {
    if example.is_empty() { String::new() } else { format!("\n## Example Usage\n\n{example}") }
}

fn word(type_: &[u8]) -> String {
    section::type_name(type_).to_lowercase()
}

fn argument(number: usize, one: &Parameter, is_variadic: bool) -> String {
    let mut marks = vec![section::type_name(&one.r#type)];
    marks.extend(is_variadic.then(|| "Variadic".to_owned()));
    marks.extend(one.allow_null_value.then(|| "Nullable".to_owned()));
    format!("{number}. `{}` ({}) {}\n", one.name, marks.join(", "), one.description)
}

/// What the Registry reads of a page before it shows it.
fn front(title: &str, description: &str) -> String {
    let first = description.split("\n\n").next().unwrap_or_default();
    let plain = first.replace('`', "").replace('\n', " ");
    format!(
        "---\npage_title: \"{title} - terraform-provider-intune\"\nsubcategory: \"\"\ndescription: |-\n  \
         {plain}\n---\n"
    )
}

/// What configuration is held against before anything is sent.
fn rules(rules: &[Rule]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let lines = rules.iter().map(|rule| {
        let severity = match rule.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        let (attribute, summary, detail) = (rule.attribute, rule.summary, rule.detail);
        format!("- {severity}, `{attribute}`: **{summary}.** {detail}{}\n", origin(rule.origin))
    });
    format!(
        "\n## Rules\n\nChecked by `terraform validate` and `terraform plan`, before anything is sent:\n\n{}",
        lines.collect::<String>()
    )
}

/// A sentence more, where somebody else says so.
fn origin(origin: Origin) -> String {
    match origin {
        Origin::Document { title, url } => format!(" Source: [{title}]({url})."),
        Origin::Observed(what) => format!(" Source: no document; {what}."),
        Origin::Own => String::new(),
    }
}
