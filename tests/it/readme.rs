//! The README and the table of faults tell the truth: its tables are those of the declarations, its examples those that the
//! demonstration applies. With `README_UPDATE=1` the tables are written anew.

use std::path::Path;

use terraform_provider_intune::provider::{Catalog, Environment, Provider};
use terraform_provider_intune::resources::dep_device_assignment::TYPE_NAME;
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;

#[test]
fn its_tables_are_those_of_the_declarations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let provider = Provider::new(Catalog::ALL, Environment::default());
    let profile = provider.resource(ENTITY.type_name).unwrap();
    let assignment = provider.resource(TYPE_NAME).unwrap();
    let sections = [
        ("provider arguments", &provider.settings().schema),
        ("resource attributes", &profile.described.schema),
        ("device assignment attributes", &assignment.described.schema),
    ];
    let current = sections.into_iter().fold(written.clone(), |text, (name, schema)| {
        with_section(&text, name, &schema.block.attribute_table())
    });
    let functions = provider.functions().map(|function| {
        let names = function.parameters.iter().map(|parameter| parameter.name);
        let call = format!("{}({})", function.name, names.collect::<Vec<_>>().join(", "));
        format!("| `{call}` | {} |\n", function.summary)
    });
    let table = format!("| Function | Gives |\n|---|---|\n{}", functions.collect::<String>());
    let current = with_section(&current, "functions", &table);
    if std::env::var_os("README_UPDATE").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    assert!(written == current, "README.md is behind; run with README_UPDATE=1 and commit it");
}

fn with_section(text: &str, name: &str, table: &str) -> String {
    let start = format!("<!-- {name} -->\n");
    let (before, rest) = text.split_once(&start).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{start}{table}<!-- end -->{after}")
}

#[test]
fn its_example_is_a_configuration_of_this_provider() {
    let readme = include_str!("../../README.md");
    let attributes = readme.lines().filter_map(|line| line.trim().split_once(" = "));
    let in_example = attributes
        .map(|(name, _)| name.trim())
        .skip_while(|name| *name != "dep_onboarding_setting_id")
        // There the provider block for the local Graph begins.
        .take_while(|name| *name != "tenant_id");
    let mut seen = 0;
    for name in in_example {
        assert!(
            name == ENTITY.parent.attribute || ENTITY.property(name).is_some(),
            "the README's example has no attribute `{name}`"
        );
        seen += 1;
    }
    assert!(seen >= 5);
}

#[test]
fn every_test_that_the_table_of_faults_names_is_there() {
    let table = include_str!("../../docs/faults.md");
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut named = 0;
    let sources = crate::architecture::code_of(&["src", "tests"]);
    for row in rows {
        for test in row.split('`').skip(1).step_by(2) {
            assert!(sources.contains(&format!("fn {test}(")), "there is no test `{test}`");
            named += 1;
        }
    }
    assert!(named >= 49, "a row without a test");
}
