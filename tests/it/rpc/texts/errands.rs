//! What is said of what leaves no profile: actions, documents, and the profiles of devices.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value as Json, json};
use terraform_provider_intune::value::Value;

use super::super::{ASSIGNMENT, GUID, Stage, merged, with};
use super::{Texts, lasting, limits, status};
use crate::ACCOUNT;
use crate::emulator::{Course, Effect, Fault};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_actions_and_documents() {
    let stage = Stage::new().await;
    let mut texts = Texts::new(&stage);
    let (sync, default) = ("intune_dep_sync", "intune_dep_set_default_profile");
    let wait = |changed: Json| {
        let least = json!({ "dep_onboarding_setting_id": stage.token, "wait": true });
        merged(least, changed)
    };
    let again = |course: Course| {
        stage.emulator.was_synced(&stage.token, Duration::from_secs(60 * 60));
        stage.emulator.let_sync(&stage.token, course);
    };
    let never = Course { reads: u32::MAX, code: 0, succeeds: true };
    let failed = Course { reads: 0, code: 3, succeeds: false };
    for (case, course) in [
        ("a sync that Apple refused", failed),
        ("a sync that ended with an error", Course { succeeds: true, code: 4, ..failed }),
    ] {
        again(course);
        texts.add(case, &stage.invoked(sync, &wait(json!({}))).await);
    }
    for (case, changed, fault) in [
        ("a sync of an empty token", json!({ "dep_onboarding_setting_id": "" }), None),
        ("a sync of a token that is not there", json!({ "dep_onboarding_setting_id": "x" }), None),
        ("a sync of Apple Configurator", json!({ "dep_onboarding_setting_id": ACCOUNT }), None),
        ("a sync that takes too long", json!({ "timeouts": { "invoke": "490ms" } }), None),
        ("a sync of a token that is forbidden", json!({}), Some(("GET", status(403), 0))),
        ("a sync that was refused", json!({}), Some(("POST", status(400), 0))),
        ("a sync in conflict", json!({}), Some(("POST", status(409), 0))),
        ("a sync that cannot be watched", json!({}), Some(("GET", status(403), 1))),
        (
            "a sync that failed",
            json!({ "timeouts": { "invoke": "490ms" } }),
            Some(("POST", status(500), 0)),
        ),
    ] {
        again(never);
        if let Some((method, effect, after)) = fault {
            let fault = Fault::new(method, "/depOnboardingSettings/", effect);
            stage.emulator.fault(fault.after(after));
        }
        texts.add(case, &stage.invoked(sync, &wait(changed)).await);
        stage.emulator.clear_faults();
    }
    stage.emulator.was_synced(&stage.token, Duration::from_secs(5 * 60));
    texts.add("a sync too soon", &stage.invoked(sync, &wait(json!({}))).await);
    let missing = json!({ "dep_onboarding_setting_id": stage.token, "profile_id": GUID });
    let impatient = merged(missing.clone(), json!({ "timeouts": { "invoke": "490ms" } }));
    texts.add("a default that is not there", &stage.invoked(default, &impatient).await);
    stage.emulator.fault(Fault::new("POST", "setDefaultProfile", status(403)));
    texts.add("a default that is forbidden", &stage.invoked(default, &missing).await);
    for (case, id, effect) in [
        ("a document by an id that is none", "nonsense".to_owned(), None),
        ("a document of no profile", format!("{}_{GUID}", stage.token), None),
        (
            "a document without a text",
            stage.emulator.put_profile(&stage.token, json!({ "displayName": "Lab" })),
            Some(Effect::SetProperty { name: "value".to_owned(), value: Json::Null }),
        ),
        ("a document that is forbidden", format!("{}_{GUID}", stage.token), Some(status(403))),
    ] {
        if let Some(effect) = effect {
            stage.emulator.fault(Fault::new("GET", "exportMobileConfig", effect));
        }
        let config = json!({ "enrollment_profile_id": id });
        texts.add(case, &stage.unopened(&config).await);
    }
    insta::assert_snapshot!(texts.whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_device_assignment() {
    let stage = Stage::new().await;
    for number in 0..1500 {
        assert!(stage.emulator.add_device(&stage.token, &format!("A{number:04}")));
    }
    let put = |name: &str| stage.emulator.put_profile(&stage.token, json!({ "displayName": name }));
    let (profile, fallback) = (put("Kiosk"), put("Standard"));
    let mut texts = Texts::new(&stage);
    let config = |changed: Json| {
        let least = json!({
            "dep_onboarding_setting_id": stage.token, "enrollment_profile_id": profile,
            "serial_numbers": ["A0000", "A0001"],
        });
        stage.core.described(ASSIGNMENT).value(&merged(least, changed))
    };
    let falling = |serial_numbers: Json| {
        config(json!({
            "serial_numbers": serial_numbers, "fallback_enrollment_profile_id": fallback,
        }))
    };
    let mut one = stage.core.instance(ASSIGNMENT);
    let elsewhere = format!("{GUID}_{GUID}");
    for (case, changed) in [
        ("without a profile", json!({ "enrollment_profile_id": "" })),
        ("of a profile of another token", json!({ "enrollment_profile_id": elsewhere })),
        ("of an empty serial number", json!({ "serial_numbers": [""] })),
        ("of a serial number in two forms", json!({ "serial_numbers": ["a0", "A0"] })),
        ("of all devices without a profile for others", json!({ "authoritative": true })),
        ("that falls back to itself", json!({ "fallback_enrollment_profile_id": profile })),
    ] {
        texts.add(case, &one.validate(&config(changed)).await);
    }
    let strangers: Vec<_> = (0..12).map(|number| format!("Z{number:02}")).collect();
    let strangers = config(json!({ "serial_numbers": strangers }));
    texts.add("of devices that are not there", &one.upsert(&strangers).await);
    let nowhere = format!("{}_{GUID}", stage.token);
    let nowhere = config(json!({ "enrollment_profile_id": nowhere }));
    let nowhere = with(&nowhere, "timeouts", limits(&stage, "create"));
    texts.add("of a profile that is not there", &one.upsert(&nowhere).await);
    for (case, effect) in [("refused", status(400)), ("forbidden", status(403))] {
        stage.emulator.fault(Fault::new("POST", "updateDeviceProfileAssignment", effect));
        texts.add(case, &one.upsert(&config(json!({}))).await);
    }
    // Both requests are the same size, whichever of them is refused.
    let many: Vec<_> = (0..1500).map(|number| format!("A{number:04}")).collect();
    let half = Fault::new("POST", "updateDeviceProfileAssignment", status(403)).after(1);
    stage.emulator.fault(half);
    let mut parts = stage.core.instance(ASSIGNMENT);
    let told = parts.upsert(&falling(json!(many))).await.to_string();
    let given = stage.emulator.devices_of(&profile).len();
    let told = told.replace(&format!("{given} of 1500"), "<some> of 1500");
    let _ = writeln!(texts.whole, "# given in part\n\n{}", lasting(&told));
    let mut one = stage.core.instance(ASSIGNMENT);
    one.upsert(&falling(json!(["A0000", "A0001"]))).await.success();
    stage.emulator.fault(Fault::new("POST", "updateDeviceProfileAssignment", status(403)));
    texts.add("taken from nobody", &one.upsert(&falling(json!(["A0000"]))).await);
    stage.emulator.fault(Fault::new("POST", "updateDeviceProfileAssignment", status(403)));
    texts.add("not destroyed", &one.destroy().await);
    let (kept, private) = (one.state().clone(), one.private().to_vec());
    let orphan = with(&kept, "fallback_enrollment_profile_id", Value::text(&elsewhere));
    one.edit(with(&orphan, "timeouts", limits(&stage, "delete")), &private);
    texts.add("not destroyed without the profile to fall back to", &one.destroy().await);
    let elsewhere = with(&kept, "dep_onboarding_setting_id", Value::text(GUID));
    one.edit(elsewhere, b"");
    texts.add("of a token that is gone", &one.refresh().await);
    for (case, id) in [
        ("imported by nonsense", "nonsense".to_owned()),
        ("imported with no profile", format!("{}/{GUID}", stage.token)),
    ] {
        texts.add(case, &stage.core.instance(ASSIGNMENT).import(&id).await);
    }
    insta::assert_snapshot!(texts.whole());
}
