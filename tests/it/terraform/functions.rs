//! The functions, called by the real command line: their examples give what the examples say.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use terraform_provider_intune::functions;

use super::Stage;
use super::feature::FUNCTIONS;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/functions").join(name)
}

/// What the example says that each of its outputs is: a comment above it starts with the value as JSON.
fn expected(text: &str) -> Vec<(String, Value)> {
    let lines: Vec<_> = text.lines().collect();
    let pairs = lines.windows(2).filter_map(|pair| {
        let name = pair[1].strip_prefix("output \"")?.split('"').next()?;
        let comment = pair[0].strip_prefix("# ").unwrap_or_else(|| panic!("{name} is not told"));
        let mut values = serde_json::Deserializer::from_str(comment).into_iter::<Value>();
        Some((name.to_owned(), values.next()?.unwrap()))
    });
    pairs.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_gives_what_it_says() {
    if !FUNCTIONS.is_here() {
        return;
    }
    for function in functions::ALL {
        let stage = Stage::new().await;
        for file in fs::read_dir(example(function.name)).unwrap() {
            let file = file.unwrap();
            let target = stage.workspace.directory().join(file.file_name());
            fs::copy(file.path(), target).unwrap();
        }
        stage.init().await;
        stage.apply().await;
        let told = stage.ends(0, &["output", "-json"]).await.stdout;
        let told: Value = serde_json::from_str(&told).unwrap();
        let text = fs::read_to_string(example(function.name).join("function.tf")).unwrap();
        let expected = expected(&text);
        assert!(!expected.is_empty(), "{}", function.name);
        for (output, value) in expected {
            assert_eq!(told[&output]["value"], value, "{} {output}", function.name);
        }
        assert_eq!(stage.emulator.requests().len(), 0, "a function asks nobody");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_names_the_argument_and_what_to_give() {
    if !FUNCTIONS.is_here() {
        return;
    }
    let stage = Stage::new().await;
    stage.main("output \"id\" {\n  value = provider::intune::parse_profile_id(\"iPads\").id\n}\n");
    stage.init().await;
    let text = stage.fails(&["plan"]).await;
    assert!(text.contains("Invalid value for \"id\" parameter"), "{text}");
    assert!(text.contains("It is `{token id}_{GUID}`, as Microsoft Graph gives it"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_of_what_is_not_known_yet_is_known_after_the_apply() {
    if !FUNCTIONS.is_here() {
        return;
    }
    let stage = Stage::new().await;
    let output = "output \"token\" {\n  value = provider::intune::parse_profile_id(\
                  intune_dep_enrollment_profile.this.id).dep_onboarding_setting_id\n}\n\
                  output \"nothing\" {\n  value = provider::intune::parse_profile_id(null) == null\n}\n";
    stage.main(&format!("{}{output}", stage.profile_block("")));
    stage.init().await;
    stage.apply().await;
    let token = stage.ends(0, &["output", "-raw", "token"]).await.stdout;
    assert_eq!(token.trim(), stage.token);
    assert_eq!(stage.ends(0, &["output", "-raw", "nothing"]).await.stdout.trim(), "true");
    stage.converged().await;
}
