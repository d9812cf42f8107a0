//! Which profile is the default, what two claimants, a demoted neighbour and a deletion are told, and when
//! a token expires.

use serde_json::{Value, json};

use super::Stage;
use super::stage::unframed;
use crate::emulator::{Effect, Fault, Options};

/// Profiles of this type, by name, with these lines.
fn profiles(stage: &Stage, type_: &str, wanted: &[(&str, &str)]) {
    let block = |(name, lines): &(&str, &str)| {
        format!(
            "resource \"intune_dep_{type_}enrollment_profile\" {name:?} {{\n  \
             dep_onboarding_setting_id = {:?}\n  display_name = {name:?}\n  {lines}\n}}\n",
            stage.token
        )
    };
    stage.main(&wanted.iter().map(block).collect::<String>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demoted_neighbour_shows_no_change_and_no_drift() {
    let stage = Stage::new().await;
    profiles(&stage, "ios_", &[("a", "is_default = true"), ("b", "")]);
    stage.init().await;
    stage.apply().await;
    profiles(&stage, "ios_", &[("a", ""), ("b", "is_default = true")]);
    let run = stage.apply().await;
    assert!(run.output.contains("0 added, 1 changed, 0 destroyed"), "{}", run.output);
    let run = stage.ends(0, &["plan", "-detailed-exitcode"]).await;
    let told = unframed(&run.output);
    assert!(told.contains("No changes."), "{told}");
    assert!(!told.contains("changed outside of Terraform"), "{told}");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_claimants_of_one_platform_are_refused_while_planning() {
    let stage = Stage::new().await;
    let both = [("a", "is_default = true"), ("b", "is_default = true")];
    profiles(&stage, "ios_", &both);
    stage.init().await;
    let told = stage.fails(&["plan"]).await;
    assert!(told.contains("`is_default = true` under the enrollment program token"), "{told}");

    // The legacy type serves every platform: two may be right.
    profiles(&stage, "", &both);
    let told = unframed(&stage.ends(0, &["plan"]).await.output);
    assert!(told.contains("Warning: Two enrollment profiles with `is_default = true`"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_planned_twice_is_no_rival_of_itself() {
    let stage = Stage::new().await;
    profiles(&stage, "ios_", &[("a", "is_default = true"), ("b", "")]);
    stage.init().await;
    stage.apply().await;
    let replace = "-replace=intune_dep_ios_enrollment_profile.a";
    stage.ends(0, &["plan", replace]).await;
    let moved = stage.emulator.add_token("Fabrikam ABM");
    let path = stage.workspace.run(["show", "-no-color"]).await.unwrap();
    assert!(path.stdout.contains("is_default"), "{}", path.stdout);
    let text = format!(
        "resource \"intune_dep_ios_enrollment_profile\" \"a\" {{\n  dep_onboarding_setting_id = {moved:?}\n  \
         display_name = \"a\"\n  is_default = true\n}}\n"
    );
    stage.main(&text);
    stage.ends(0, &["plan"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_decides_when_a_promoted_profile_denies_to_be_the_default() {
    let stage = Stage::new().await;
    let denies = Effect::SetProperty { name: "isDefault".to_owned(), value: json!(false) };
    let fault = Fault::new("GET", "/enrollmentProfiles", denies).times(usize::MAX);
    stage.emulator.fault(fault);
    profiles(&stage, "ios_", &[("a", "is_default = true")]);
    stage.init().await;
    let told = unframed(&stage.apply().await.output);
    assert!(!told.contains("Warning"), "{told}");
    stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_that_stands_in_the_way_of_a_destroy_is_named() {
    let stage = Stage::new().await;
    profiles(&stage, "ios_", &[("a", "is_default = true")]);
    stage.init().await;
    stage.apply().await;
    let told = stage.fails(&["destroy", "-auto-approve"]).await;
    assert!(told.contains("It is the default of its platform"), "{told}");
    assert!(told.contains("set `is_default = true` on another"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_stand_in_the_way_of_a_destroy_are_named() {
    let stage = Stage::with(Options { assigned_is_deletable: false, ..Options::default() }).await;
    stage.profile("");
    stage.init().await;
    stage.apply().await;
    let id = stage.only_id();
    for serial_number in ["A1", "A2", "B3"] {
        stage.emulator.add_device(&stage.token, serial_number);
    }
    for serial_number in ["A1", "A2"] {
        stage.emulator.edit_device(&stage.token, serial_number, &id);
    }
    let told = stage.fails(&["destroy", "-auto-approve"]).await;
    assert!(told.contains("2 devices are to get it: `A1`, `A2`."), "{told}");
    assert!(told.contains("`intune_dep_device_assignment`"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_soon_is_told_of_once() {
    let stage = Stage::new().await;
    profiles(&stage, "ios_", &[("a", ""), ("b", ""), ("c", "")]);
    stage.init().await;
    stage.apply().await;
    let expired = json!("2026-01-01T00:00:00Z");
    let expires =
        Effect::SetProperty { name: "tokenExpirationDateTime".to_owned(), value: expired };
    let fault = Fault::new("GET", "/depOnboardingSettings", expires);
    stage.emulator.fault(fault.times(usize::MAX));
    let looks = || {
        let all = stage.emulator.requests();
        all.iter().filter(|one| one.path.ends_with("/depOnboardingSettings")).count()
    };
    stage.emulator.clear_requests();
    let told = unframed(&stage.ends(0, &["plan"]).await.output);
    assert_eq!(told.matches("Enrollment program token has expired").count(), 1, "{told}");
    assert_eq!(looks(), 1);

    stage.provider("token_expiry_warning_days = 0");
    stage.emulator.clear_requests();
    let told = unframed(&stage.ends(0, &["plan"]).await.output);
    assert!(!told.contains("has expired"), "{told}");
    assert_eq!(looks(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_the_tokens_that_fails_is_not_told_of() {
    let stage = Stage::new().await;
    profiles(&stage, "ios_", &[("a", "")]);
    stage.init().await;
    stage.apply().await;
    let refused = Effect::Status { code: 403, headers: Vec::new(), body: Value::Null };
    stage.emulator.fault(Fault::new("GET", "/depOnboardingSettings", refused).times(1).after(1));
    stage.converged().await;
}
