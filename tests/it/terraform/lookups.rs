//! Data sources through the command line: every example, and what a plan warns of.

use std::fs;
use std::path::Path;

use serde_json::json;
use terraform_provider_intune::{data_sources, resources};

use super::Stage;
use super::stage::unframed;
use crate::ACCOUNT;

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_data_source_applies_and_plans_nothing_afterwards() {
    let stage = Stage::new().await;
    for entity in resources::ALL {
        let profile =
            json!({ "@odata.type": entity.graph_type, "displayName": "Corporate devices" });
        let is_configurators = entity.type_name == "intune_apple_configurator_enrollment_profile";
        let token = if is_configurators { ACCOUNT } else { &stage.token };
        stage.emulator.put_profile(token, profile);
    }
    assert!(stage.emulator.add_device(&stage.token, "C02XYZ"));
    stage.main("");
    stage.init().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data-sources");
    for source in data_sources::ALL {
        let file = root.join(source.type_name).join("data-source.tf");
        let text = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}", file.display()));
        assert!(text.contains(&format!("data \"{}\" ", source.type_name)), "{}", source.type_name);
        stage.main(&text);
        stage.apply().await;
        stage.converged().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiring_token_is_warned_of_once_in_a_plan() {
    let stage = Stage::new().await;
    let expired = json!({ "tokenExpirationDateTime": "2020-01-01T00:00:00Z" });
    assert!(stage.emulator.edit_token(&stage.token, expired));
    let one = "data \"intune_dep_onboarding_setting\" \"one\" {}\n";
    stage.main(&(one.to_owned() + &one.replace("\"one\"", "\"two\"")));
    stage.init().await;
    let told = unframed(&stage.ends(0, &["plan"]).await.output);
    let warning = "Warning: Enrollment program token has expired";
    assert_eq!(told.matches(warning).count(), 1, "{told}");
    stage.provider("token_expiry_warning_days = 0");
    assert!(!stage.ends(0, &["plan"]).await.output.contains("expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_can_be_made_under_a_token_that_is_looked_up() {
    let stage = Stage::new().await;
    let block = stage
        .profile_block("")
        .replace(&format!("{:?}", stage.token), "data.intune_dep_onboarding_setting.only.id");
    stage.main(&("data \"intune_dep_onboarding_setting\" \"only\" {}\n".to_owned() + &block));
    stage.init().await;
    stage.apply().await;
    stage.converged().await;
    assert!(stage.only_id().starts_with(&stage.token));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_between_two_tokens_is_left_to_the_person() {
    let stage = Stage::new().await;
    stage.emulator.add_token("Fabrikam ABM");
    stage.main("data \"intune_dep_onboarding_setting\" \"only\" {}");
    stage.init().await;
    let told = stage.fails(&["plan"]).await;
    assert!(told.contains("Error: More than one enrollment program token"), "{told}");
    assert!(told.contains("Contoso ABM") && told.contains("Fabrikam ABM"), "{told}");
}
