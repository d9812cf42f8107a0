//! A Terraform that does not know write-only attributes must not be given any.

use serde_json::json;
use terraform_provider_intune::proto::tfplugin6 as wire;

use super::Stage;
use crate::core::{dynamic, said};
use crate::emulator::Options;
use crate::samples::PASSWORD;

const MACOS: &str = "intune_dep_macos_enrollment_profile";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_refused_to_a_terraform_that_would_keep_it() {
    let stage = Stage::unconfigured(Options::default()).await;
    let described = stage.core.described(MACOS);
    let old = Some(wire::ClientCapabilities { deferral_allowed: true, ..Default::default() });
    for (password, refused) in [(json!(PASSWORD), true), (json!(null), false)] {
        for client_capabilities in [None, old] {
            let config = json!({
                "dep_onboarding_setting_id": "t", "display_name": "Mac",
                "wait_for_device_configured_confirmation": true,
                "admin_account_user_name": "admin", "admin_account_password": password,
            });
            let request = wire::validate_resource_config::Request {
                type_name: MACOS.to_owned(),
                config: Some(dynamic(&described.value(&config), &described.type_)),
                client_capabilities,
            };
            let answer = stage.core.provider().validate_resource_config(request).await.unwrap();
            let told = said(&answer.into_inner().diagnostics);
            assert!(!told.to_string().contains(PASSWORD), "{told}");
            if !refused {
                assert!(!told.failed(), "{told}");
                continue;
            }
            let why = told.error(&["too old for a write-only attribute", "Terraform 1.11"]);
            assert_eq!(why.path.as_ref().unwrap().to_string(), "admin_account_password");
        }
    }
}
