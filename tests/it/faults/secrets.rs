//! An update that carries a password and fails: no answer tells whether the password arrived.

use super::*;
use crate::samples::PASSWORD;

const MACOS: &str = "intune_dep_macos_enrollment_profile";

impl Tenant {
    /// A profile for Macs whose password has this version: its state afterwards, and what was told.
    async fn mac(&self, prior: &Value, version: i64) -> Outcome {
        let resource = self.provider.resource(MACOS).unwrap();
        let config = self.config(
            &resource.described.schema,
            &[
                ("display_name", Value::text("Mac")),
                ("is_mandatory", Value::Bool(true)),
                ("requires_user_authentication", Value::Bool(true)),
                ("wait_for_device_configured_confirmation", Value::Bool(true)),
                ("admin_account_user_name", Value::text("admin")),
                ("admin_account_password", Value::text(PASSWORD)),
                (VERSION, Value::Number(version.into())),
            ],
        );
        let private = Private::default();
        let mut proposed = config.as_fields().unwrap().clone();
        proposed.insert("id".to_owned(), prior.field("id").clone());
        let proposed = Value::Object(proposed);
        let planned = self.provider.plan(resource, prior, &proposed, &config, private).state;
        assert_eq!(planned.field("admin_account_password"), &Value::Null);
        match prior.is_null() {
            true => self.provider.create(resource, planned, &config, Known::default()).await,
            false => {
                let private = Private::default();
                self.provider.update(resource, prior.clone(), planned, &config, private).await
            }
        }
    }
}

const VERSION: &str = "admin_account_password_wo_version";

#[tokio::test(start_paused = true)]
async fn t3_an_update_with_a_password_is_repeated_until_an_answer_comes() {
    for effect in [Effect::CommitThenDrop, Effect::DropBeforeCommit] {
        let tenant = Tenant::start().await;
        let made = tenant.mac(&Value::Null, 1).await;
        assert!(made.diagnostics.is_empty(), "{:?}", made.diagnostics);
        tenant.fault("PATCH", effect, usize::MAX);
        let failed = tenant.mac(&made.state, 2).await;
        let told = error(&failed);
        assert!(told.contains("not updated") && !told.contains(PASSWORD), "{told}");
        assert_eq!(failed.state.field(VERSION), made.state.field(VERSION), "it is not recorded");
        tenant.emulator.clear_faults();
        tenant.emulator.clear_requests();
        let repeated = tenant.mac(&failed.state, 2).await;
        assert!(repeated.diagnostics.is_empty(), "{:?}", repeated.diagnostics);
        assert_eq!(tenant.sent("PATCH"), 1);
        assert_eq!(tenant.emulator.profiles(&tenant.token)[0]["adminAccountPassword"], PASSWORD);
        for state in [&made.state, &failed.state, &repeated.state] {
            assert_eq!(state.field("admin_account_password"), &Value::Null);
        }
    }
}
