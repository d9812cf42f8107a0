//! The form of every declaration, so that a new row or resource cannot be half-finished.

use std::collections::BTreeSet;
use std::path::Path;

use terraform_provider_intune::entity::{Entity, Kind, Origin, Presence, Property, Writing};
use terraform_provider_intune::{actions, ephemeral_resources, functions, resources};

/// The properties of Microsoft's page "Create depEnrollmentProfile", in the order of its table.
const PAGE: [&str; 31] = [
    "id",
    "displayName",
    "description",
    "requiresUserAuthentication",
    "configurationEndpointUrl",
    "enableAuthenticationViaCompanyPortal",
    "requireCompanyPortalOnSetupAssistantEnrolledDevices",
    "isDefault",
    "supervisedModeEnabled",
    "supportDepartment",
    "passCodeDisabled",
    "isMandatory",
    "locationDisabled",
    "supportPhoneNumber",
    "iTunesPairingMode",
    "profileRemovalDisabled",
    "managementCertificates",
    "restoreBlocked",
    "restoreFromAndroidDisabled",
    "appleIdDisabled",
    "termsAndConditionsDisabled",
    "touchIdDisabled",
    "applePayDisabled",
    "zoomDisabled",
    "siriDisabled",
    "diagnosticsDisabled",
    "macOSRegistrationDisabled",
    "macOSFileVaultDisabled",
    "awaitDeviceConfiguredConfirmation",
    "sharedIPadMaximumUserCount",
    "enableSharedIPad",
];

#[test]
fn attributes_and_graph_names_are_unique() {
    for_each_table(|entity, rows| {
        let attributes: BTreeSet<_> = rows.iter().map(|row| row.attribute).collect();
        let graph: BTreeSet<_> = rows.iter().map(|row| row.graph).collect();
        assert_eq!(attributes.len(), rows.len(), "{}", entity.type_name);
        assert_eq!(graph.len(), rows.len(), "{}", entity.type_name);
    });
}

#[test]
fn a_label_is_a_name_that_no_other_row_of_its_table_has() {
    for_each_table(|entity, rows| {
        let labels: Vec<_> = rows.iter().filter_map(|row| row.label).collect();
        let different: BTreeSet<_> = labels.iter().collect();
        assert_eq!(different.len(), labels.len(), "{}: {labels:?}", entity.type_name);
        for label in labels {
            let is_a_name = !label.is_empty() && label.trim() == label && !label.ends_with('.');
            assert!(is_a_name && !label.contains('*'), "{}: {label:?}", entity.type_name);
        }
    });
}

#[test]
fn a_rule_of_a_resource_says_where_it_comes_from() {
    const LIBRARIES: [&str; 2] =
        ["https://learn.microsoft.com/", "https://developer.apple.com/documentation/"];
    for entity in resources::ALL {
        for rule in entity.rules {
            let says = match rule.origin {
                Origin::Document { title, url } => {
                    !title.is_empty() && LIBRARIES.iter().any(|library| url.starts_with(library))
                }
                // A clause, which a page ends.
                Origin::Observed(what) => !what.is_empty() && !what.ends_with('.'),
                Origin::Own => false,
            };
            assert!(says, "{}: {}: {:?}", entity.type_name, rule.summary, rule.origin);
        }
    }
}

#[test]
fn attributes_are_graphs_names_in_snake_case() {
    for_each_table(|entity, rows| {
        for row in rows {
            let expected = snake_case(row.graph);
            assert_eq!(row.attribute, expected, "{} {}", entity.type_name, row.graph);
        }
    });
}

#[test]
fn descriptions_are_sentences() {
    for_each_table(|entity, rows| {
        for row in rows {
            let text = row.description;
            let sentence = text.ends_with('.') && text.starts_with(char::is_uppercase);
            assert!(sentence, "{}.{}: {text:?}", entity.type_name, row.attribute);
        }
    });
    for entity in resources::ALL {
        assert!(entity.description.ends_with('.'), "{}", entity.type_name);
        for rule in entity.rules {
            assert!(rule.detail.ends_with('.'), "{}", rule.summary);
            assert!(!rule.summary.ends_with('.'), "{}", rule.summary);
            assert!(entity.property(rule.attribute).is_some(), "{}", rule.summary);
        }
    }
}

#[test]
fn every_entity_has_an_id_and_the_name_people_know_it_by() {
    for entity in resources::ALL {
        let id = entity.property("id").expect(entity.type_name);
        assert!(matches!(id.presence, Presence::Computed), "{}", entity.type_name);
        assert_eq!(id.writing, Writing::Never, "{}", entity.type_name);
        let named = entity.properties.iter().any(|row| row.graph == entity.name);
        assert!(named, "{} has no {}", entity.type_name, entity.name);
        assert!(entity.type_name.starts_with("intune_"));
        assert!(entity.graph_type.starts_with("#microsoft.graph."));
    }
}

#[test]
fn terraform_would_accept_every_schema() {
    for entity in resources::ALL {
        let problems = entity.schema().check();
        assert!(problems.is_ok(), "{}: {problems:?}", entity.type_name);
        let problems = entity.identity_schema().check();
        assert!(problems.is_ok(), "{}: {problems:?}", entity.type_name);
    }
}

#[test]
fn every_resource_has_an_example_and_a_way_to_import() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/resources");
    for entity in resources::ALL {
        for file in ["resource.tf", "import.sh"] {
            let path = root.join(entity.type_name).join(file);
            assert!(path.is_file(), "{}", path.display());
        }
    }
}

#[test]
fn every_action_and_ephemeral_resource_is_told_in_full_and_has_an_example() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let actions = actions::ALL.iter().map(|action| {
        let file = examples.join("actions").join(action.type_name).join("action.tf");
        (action.type_name, action.description, action.arguments, action.schema(), file)
    });
    let ephemeral = ephemeral_resources::ALL.iter().map(|one| {
        let place = examples.join("ephemeral-resources").join(one.type_name);
        let file = place.join("ephemeral-resource.tf");
        assert!(one.result.1.ends_with('.'), "{}", one.type_name);
        (one.type_name, one.description, one.arguments, one.schema(), file)
    });
    for (name, description, rows, schema, example) in actions.chain(ephemeral) {
        assert!(name.starts_with("intune_"), "{name}");
        assert!(description.ends_with('.'), "{name}");
        assert!(rows.iter().all(|row| row.description.ends_with('.')), "{name}");
        assert_eq!(schema.check(), Ok(()), "{name}");
        let text = std::fs::read_to_string(&example).expect(name);
        assert!(text.contains(&format!("\"{name}\"")), "{}", example.display());
    }
}

/// Terraform refuses names that are no identifiers, and a name that is there twice.
#[test]
fn every_function_is_told_in_full_and_has_an_example() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/functions");
    let names: BTreeSet<_> = functions::ALL.iter().map(|function| function.name).collect();
    assert_eq!(names.len(), functions::ALL.len());
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    for function in functions::ALL {
        let name = function.name;
        assert!(is_name(name), "{name}");
        assert!(!function.summary.ends_with('.') && !function.summary.contains('\n'), "{name}");
        assert!(function.description.ends_with('.'), "{name}");
        let parameters: BTreeSet<_> = function.parameters.iter().map(|one| one.name).collect();
        assert_eq!(parameters.len(), function.parameters.len(), "{name}");
        for parameter in function.parameters {
            assert!(is_name(parameter.name), "{name}.{}", parameter.name);
            assert!(parameter.description.ends_with('.'), "{name}.{}", parameter.name);
        }
        let path = examples.join(name).join("function.tf");
        assert!(path.is_file(), "{}", path.display());
    }
}

/// <https://learn.microsoft.com/graph/api/intune-enrollment-depenrollmentprofile-create?view=graph-rest-beta>
#[test]
fn the_rows_are_those_of_the_page_in_its_order() {
    let entity = &resources::dep_enrollment_profile::ENTITY;
    let declared: Vec<_> = entity.properties.iter().map(|row| row.graph).collect();
    assert_eq!(declared, PAGE);
}

/// Calls `check` for every table of every entity, the nested ones too.
fn for_each_table(check: impl Fn(&Entity, &[Property])) {
    for entity in resources::ALL {
        let mut waiting = vec![entity.properties];
        while let Some(rows) = waiting.pop() {
            check(entity, rows);
            waiting.extend(rows.iter().filter_map(|row| match row.kind {
                Kind::Object(rows) | Kind::Objects(rows) => Some(rows),
                _ => None,
            }));
        }
    }
}

/// Graph's camel case in snake case, with Apple's product names and acronyms as one word.
fn snake_case(graph: &str) -> String {
    let products = ["iTunes", "macOS", "iPad", "IPad", "iOS", "iMessage", "iCloud"];
    let mut name = graph.to_owned();
    for product in products {
        let mut word = product.to_lowercase();
        word.get_mut(..1).unwrap().make_ascii_uppercase();
        name = name.replace(product, &word);
    }
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let after_small = place > 0 && !letters[place - 1].is_uppercase();
        let before_small = letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && place > 0 && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[test]
fn names_with_acronyms_and_products_are_taken_apart_at_the_right_places() {
    for (graph, attribute) in [
        ("iTunesPairingMode", "itunes_pairing_mode"),
        ("enableSharedIPad", "enable_shared_ipad"),
        ("macOSFileVaultDisabled", "macos_file_vault_disabled"),
        ("usePlatformSSODuringSetupAssistant", "use_platform_sso_during_setup_assistant"),
        ("iMessageAndFaceTimeScreenDisabled", "imessage_and_face_time_screen_disabled"),
        ("userlessSharedAadModeEnabled", "userless_shared_aad_mode_enabled"),
    ] {
        assert_eq!(snake_case(graph), attribute);
    }
}
