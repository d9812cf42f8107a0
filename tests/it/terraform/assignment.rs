//! Which profile devices get: given, seen, taken back and imported.

use std::path::Path;

use serde_json::{Value, json};

use super::Stage;
use super::stage::unframed;
use crate::emulator::{Effect, Fault, Options};

const ADDRESS: &str = "intune_dep_device_assignment.this";

/// A stage whose token has devices with these serial numbers and two profiles that nobody manages.
struct Fleet {
    stage: Stage,
    profile: String,
    other: String,
}

impl Fleet {
    async fn new(serial_numbers: &[&str]) -> Self {
        let stage = Stage::new().await;
        let put =
            |name: &str| stage.emulator.put_profile(&stage.token, json!({ "displayName": name }));
        let (profile, other) = (put("Kiosk"), put("Standard"));
        for serial_number in serial_numbers {
            assert!(stage.emulator.add_device(&stage.token, serial_number));
        }
        stage.init().await;
        Self { stage, profile, other }
    }

    /// Writes the one assignment of these devices, with these lines.
    fn assign(&self, serial_numbers: &[&str], lines: &str) {
        self.stage.main(&self.block("this", &self.profile, serial_numbers, lines));
    }

    fn block(&self, name: &str, profile: &str, serial_numbers: &[&str], lines: &str) -> String {
        format!(
            "resource \"intune_dep_device_assignment\" {name:?} {{\n  dep_onboarding_setting_id = {:?}\n  \
             enrollment_profile_id = {profile:?}\n  serial_numbers = {serial_numbers:?}\n{lines}\n}}\n",
            self.stage.token
        )
    }

    fn fallback(&self) -> String {
        format!("fallback_enrollment_profile_id = {:?}", self.other)
    }

    async fn serial_numbers(&self) -> Value {
        self.stage.state_of(ADDRESS).await["serial_numbers"].clone()
    }

    /// Gives a device a profile behind Terraform's back.
    fn edit(&self, serial_number: &str, profile: &str) {
        assert!(self.stage.emulator.edit_device(&self.stage.token, serial_number, profile));
    }

    fn having(&self, profile: &str) -> Vec<String> {
        self.stage.emulator.devices_of(profile)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_given_a_profile_and_two_plans_are_empty() {
    let fleet = Fleet::new(&["A1", "A2", "A3"]).await;
    fleet.assign(&["A1", "A2"], "");
    fleet.stage.apply().await;
    let posts = fleet.stage.sent("POST");
    assert_eq!(posts.len(), 1);
    assert!(posts[0].path.ends_with("/updateDeviceProfileAssignment"), "{}", posts[0].path);
    assert_eq!(posts[0].body, json!({ "deviceIds": ["A1", "A2"] }));
    assert_eq!(fleet.having(&fleet.profile), ["A1", "A2"]);
    let state = fleet.stage.state_of(ADDRESS).await;
    assert_eq!(state["id"], format!("{}/{}", fleet.stage.token, fleet.profile));
    assert_eq!(state["authoritative"], false);
    fleet.stage.converged().await;

    fleet.stage.emulator.clear_requests();
    fleet.assign(&["A1", "A2", "A3"], "");
    fleet.stage.apply().await;
    assert_eq!(fleet.stage.sent("POST")[0].body, json!({ "deviceIds": ["A3"] }));
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_in_small_letters_is_the_same_device() {
    let fleet = Fleet::new(&["AB1", "AB2"]).await;
    fleet.assign(&["ab1"], "");
    fleet.stage.apply().await;
    assert_eq!(fleet.having(&fleet.profile), ["AB1"]);
    fleet.stage.converged().await;
    fleet.assign(&["AB1"], "");
    fleet.stage.converged().await;
    fleet.assign(&["ab1", "AB1"], "");
    let told = fleet.stage.fails(&["plan"]).await;
    assert!(told.contains("is listed twice"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_capitals_are_the_same_assignment() {
    let fleet = Fleet::new(&["A1", "A2"]).await;
    let written = |fleet: &Fleet, serial_numbers: &[&str]| {
        fleet.block("this", &fleet.profile, serial_numbers, &fleet.fallback())
    };
    let in_capitals = |block: String| {
        let ids = [&fleet.profile, &fleet.other, &fleet.stage.token];
        ids.into_iter().fold(block, |block, id| block.replace(id.as_str(), &id.to_uppercase()))
    };
    fleet.stage.main(&written(&fleet, &["A1"]));
    fleet.stage.apply().await;
    fleet.stage.main(&in_capitals(written(&fleet, &["A1"])));
    fleet.stage.converged().await;

    fleet.stage.main(&in_capitals(written(&fleet, &["A2"])));
    let run = fleet.stage.apply().await;
    assert!(run.output.contains("0 added, 1 changed, 0 destroyed"), "{}", run.output);
    assert_eq!(
        (fleet.having(&fleet.profile), fleet.having(&fleet.other)),
        (vec!["A2".into()], vec!["A1".into()])
    );

    fleet.stage.ends(0, &["state", "rm", ADDRESS]).await;
    fleet.stage.main(&fleet.block("this", &fleet.profile, &["A2"], ""));
    let id = format!("{}/{}", fleet.stage.token, fleet.profile).to_uppercase();
    fleet.stage.ends(0, &["import", ADDRESS, &id]).await;
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_device_is_forgotten_with_a_warning_or_falls_back() {
    let fleet = Fleet::new(&["A1", "A2", "A3"]).await;
    fleet.assign(&["A1", "A2", "A3"], "");
    fleet.stage.apply().await;
    fleet.assign(&["A1", "A2"], "");
    let told = unframed(&fleet.stage.apply().await.output);
    assert!(told.contains("Warning: Devices keep their profile"), "{told}");
    assert!(told.contains("`A3`"), "{told}");
    assert_eq!(fleet.having(&fleet.profile), ["A1", "A2", "A3"], "Graph cannot take it away");
    fleet.stage.converged().await;

    fleet.assign(&["A1"], &fleet.fallback());
    let told = unframed(&fleet.stage.apply().await.output);
    assert!(!told.contains("Warning"), "{told}");
    assert_eq!(fleet.having(&fleet.other), ["A2"]);
    fleet.stage.converged().await;

    fleet.stage.ends(0, &["destroy", "-auto-approve"]).await;
    assert_eq!(fleet.having(&fleet.other), ["A1", "A2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_without_a_profile_to_fall_back_to_says_what_stays() {
    let fleet = Fleet::new(&["A1"]).await;
    fleet.assign(&["A1"], "");
    fleet.stage.apply().await;
    fleet.stage.emulator.clear_requests();
    let run = fleet.stage.ends(0, &["destroy", "-auto-approve"]).await;
    let told = unframed(&run.output);
    assert!(told.contains("Warning: Devices keep their profile"), "{told}");
    assert!(fleet.stage.sent("POST").is_empty());
    assert_eq!(fleet.having(&fleet.profile), ["A1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_another_profile_is_drift_and_is_given_back() {
    let fleet = Fleet::new(&["A1", "A2"]).await;
    fleet.assign(&["A1", "A2"], "");
    fleet.stage.apply().await;
    fleet.edit("A2", &fleet.other);
    let plan = fleet.stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    assert!(plan.output.contains("+ \"A2\""), "{}", plan.output);
    fleet.stage.apply().await;
    assert_eq!(fleet.having(&fleet.profile), ["A1", "A2"]);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_device_keeps_the_profile_of_an_authoritative_assignment() {
    let fleet = Fleet::new(&["A1", "A2", "A3", "A4"]).await;
    fleet.edit("A3", &fleet.profile);
    fleet.assign(&["A1", "A2"], "authoritative = true");
    let told = fleet.stage.fails(&["plan"]).await;
    assert!(told.contains("No profile for the other devices"), "{told}");

    let authoritative = format!("authoritative = true\n{}", fleet.fallback());
    fleet.assign(&["A1", "A2"], &authoritative);
    let told = unframed(&fleet.stage.apply().await.output);
    assert!(told.contains("Other devices lost the profile") && told.contains("`A3`"), "{told}");
    assert_eq!(fleet.having(&fleet.profile), ["A1", "A2"]);
    assert_eq!(fleet.having(&fleet.other), ["A3"]);
    fleet.stage.converged().await;

    fleet.edit("A4", &fleet.profile);
    let plan = fleet.stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    assert!(plan.output.contains("- \"A4\""), "{}", plan.output);
    let told = unframed(&fleet.stage.apply().await.output);
    assert!(!told.contains("Other devices lost"), "the plan has shown it: {told}");
    assert_eq!(fleet.having(&fleet.other), ["A3", "A4"]);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_devices_are_named_before_anything_is_sent() {
    let fleet = Fleet::new(&["A1"]).await;
    fleet.assign(&["A1", "Z8", "Z9"], "");
    let told = fleet.stage.fails(&["apply", "-auto-approve"]).await;
    for part in ["`Z8`, `Z9`", "last synced at 2026-01-05T08:00:00Z", "sync the token"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(fleet.stage.sent("POST").is_empty());
    assert_eq!(fleet.serial_numbers().await, Value::Null);

    fleet.assign(&["A1"], "");
    fleet.stage.apply().await;
    fleet.stage.emulator.clear_requests();
    fleet.assign(&["A1", "Z9"], "");
    fleet.stage.fails(&["apply", "-auto-approve"]).await;
    assert!(fleet.stage.sent("POST").is_empty());
    assert_eq!(fleet.serial_numbers().await, json!(["A1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_and_a_half_thousand_devices_are_three_requests() {
    let serial_numbers: Vec<_> = (0..2500).map(|number| format!("S{number:05}")).collect();
    let serial_numbers: Vec<_> = serial_numbers.iter().map(String::as_str).collect();
    let fleet = Fleet::new(&serial_numbers).await;
    fleet.assign(&serial_numbers, "");
    fleet.stage.apply().await;
    let posts = fleet.stage.sent("POST");
    let mut sizes: Vec<_> =
        posts.iter().map(|post| post.body["deviceIds"].as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [500, 1000, 1000]);
    assert_eq!(fleet.having(&fleet.profile).len(), 2500);
    fleet.stage.emulator.clear_requests();
    fleet.stage.ends(0, &["plan", "-detailed-exitcode"]).await;
    assert_eq!(fleet.stage.sent("GET").len(), 25, "one listing of a hundred to a page");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_before_a_failure_is_in_the_state() {
    let mut serial_numbers: Vec<_> = (0..1500).map(|number| format!("S{number:05}")).collect();
    serial_numbers.push("A1".to_owned());
    let serial_numbers: Vec<_> = serial_numbers.iter().map(String::as_str).collect();
    let fleet = Fleet::new(&serial_numbers).await;
    fleet.assign(&["A1"], "");
    fleet.stage.apply().await;
    let refused = Effect::Status { code: 403, headers: Vec::new(), body: Value::Null };
    let fault = Fault::new("POST", "/updateDeviceProfileAssignment", refused);
    fleet.stage.emulator.fault(fault.after(1));
    fleet.assign(&serial_numbers, "");
    let told = fleet.stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("of 1500 devices have the profile"), "{told}");
    assert!(told.contains("DeviceManagementServiceConfig.ReadWrite.All"), "{told}");
    let given = fleet.having(&fleet.profile);
    assert!([501, 1001].contains(&given.len()), "{}", given.len());
    assert_eq!(fleet.serial_numbers().await, json!(given));
    fleet.stage.apply().await;
    assert_eq!(fleet.having(&fleet.profile).len(), 1501);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_goes_from_one_assignment_to_another_in_either_order() {
    for (first, is_same) in [("this", false), ("that", false), ("this", true), ("that", true)] {
        let fleet = Fleet::new(&["A1", "A2", "A3"]).await;
        let profile = if is_same { &fleet.profile } else { &fleet.other };
        let third =
            fleet.stage.emulator.put_profile(&fleet.stage.token, json!({ "displayName": "T" }));
        let fallback = format!("fallback_enrollment_profile_id = {third:?}\n");
        let write = |this: &[&str], that: &[&str]| {
            let after = |name: &str| match name == first {
                true => fallback.clone(),
                false => format!("{fallback}depends_on = [intune_dep_device_assignment.{first}]"),
            };
            let this = fleet.block("this", &fleet.profile, this, &after("this"));
            let that = fleet.block("that", profile, that, &after("that"));
            fleet.stage.main(&format!("{this}{that}"));
        };
        write(&["A1", "A2"], &["A3"]);
        fleet.stage.apply().await;
        write(&["A1"], &["A2", "A3"]);
        fleet.stage.apply().await;
        match is_same {
            true => assert_eq!(fleet.having(profile), ["A1", "A2", "A3"], "{first} first"),
            false => {
                assert_eq!(fleet.having(&fleet.profile), ["A1"], "{first} first");
                assert_eq!(fleet.having(profile), ["A2", "A3"], "{first} first");
            }
        }
        fleet.stage.converged().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_keep_their_profile_when_their_assignment_is_replaced_before_it_is_destroyed() {
    let fleet = Fleet::new(&["A1", "A2"]).await;
    let lines = format!("{}\nlifecycle {{\n  create_before_destroy = true\n}}", fleet.fallback());
    fleet.assign(&["A1", "A2"], &lines);
    fleet.stage.apply().await;
    let replace = format!("-replace={ADDRESS}");
    let run = fleet.stage.ends(0, &["apply", "-auto-approve", &replace]).await;
    assert!(run.output.contains("1 added, 0 changed, 1 destroyed"), "{}", run.output);
    assert_eq!(fleet.having(&fleet.profile), ["A1", "A2"]);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_keep_their_profile_when_their_assignment_gets_another_name() {
    let fleet = Fleet::new(&["A1", "A2"]).await;
    fleet.assign(&["A1", "A2"], &fleet.fallback());
    fleet.stage.apply().await;
    let named = fleet.block("that", &fleet.profile, &["A1", "A2"], &fleet.fallback());
    fleet.stage.main(&named);
    fleet.stage.apply().await;
    assert_eq!(fleet.having(&fleet.profile), ["A1", "A2"]);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_profile_moves_the_same_devices_in_place() {
    let fleet = Fleet::new(&["A1", "A2"]).await;
    fleet.assign(&["A1", "A2"], "");
    fleet.stage.apply().await;
    let text = fleet.block("this", &fleet.other, &["A1", "A2"], "");
    fleet.stage.main(&text);
    let run = fleet.stage.apply().await;
    assert!(run.output.contains("0 added, 1 changed, 0 destroyed"), "{}", run.output);
    assert_eq!(fleet.having(&fleet.other), ["A1", "A2"]);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_could_not_fall_back_is_in_the_next_plan_after_another_profile_too() {
    let fleet = Fleet::new(&["A1", "A2"]).await;
    let third = fleet.stage.emulator.put_profile(&fleet.stage.token, json!({ "displayName": "T" }));
    fleet.assign(&["A1", "A2"], &fleet.fallback());
    fleet.stage.apply().await;
    let refused = Effect::Status { code: 403, headers: Vec::new(), body: Value::Null };
    let action = format!("{}/updateDeviceProfileAssignment", fleet.other);
    fleet.stage.emulator.fault(Fault::new("POST", &action, refused));
    fleet.stage.main(&fleet.block("this", &third, &["A1"], &fleet.fallback()));
    let told = fleet.stage.fails(&["apply", "-auto-approve"]).await;
    assert!(told.contains("0 of 1 devices have the profile"), "{told}");
    assert_eq!(fleet.serial_numbers().await, json!(["A1", "A2"]));
    let plan = fleet.stage.ends(2, &["plan", "-detailed-exitcode"]).await;
    assert!(plan.output.contains("- \"A2\""), "{}", plan.output);
    fleet.stage.apply().await;
    assert_eq!(fleet.having(&third), ["A1"]);
    assert_eq!(fleet.having(&fleet.other), ["A2"]);
    fleet.stage.converged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_devices_of_a_profile_are_imported_and_the_plan_is_empty() {
    let fleet = Fleet::new(&["A1", "A2", "A3"]).await;
    fleet.edit("A1", &fleet.profile);
    fleet.edit("A3", &fleet.profile);
    fleet.assign(&["A1", "A3"], "");
    let bare = fleet.profile.split_once('_').unwrap().1;
    for profile in [fleet.profile.as_str(), bare] {
        let id = format!("{}/{profile}", fleet.stage.token);
        fleet.stage.ends(0, &["import", ADDRESS, &id]).await;
        assert_eq!(fleet.serial_numbers().await, json!(["A1", "A3"]));
        fleet.stage.converged().await;
        fleet.stage.ends(0, &["state", "rm", ADDRESS]).await;
    }
    for (id, part) in [
        ("nonsense".to_owned(), "must be `{token id}/{profile id}`"),
        (format!("{0}/{0}", fleet.stage.token), "has no enrollment profile"),
    ] {
        let told = fleet.stage.fails(&["import", ADDRESS, &id]).await;
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_right_is_refused_while_planning() {
    let fleet = Fleet::new(&["A1"]).await;
    let elsewhere = fleet.stage.emulator.add_token("Fabrikam ABM");
    let foreign = fleet.stage.emulator.put_profile(&elsewhere, json!({ "displayName": "F" }));
    let same = format!("fallback_enrollment_profile_id = {:?}", fleet.profile);
    for (profile, serial, lines, part) in [
        (foreign.as_str(), "A1", "", "Profile of another token"),
        ("", "A1", "", "`enrollment_profile_id` is empty"),
        (fleet.profile.as_str(), "A 1", "", "Not a serial number"),
        (fleet.profile.as_str(), "A1", same.as_str(), "fall back to the same profile"),
    ] {
        fleet.stage.main(&fleet.block("this", profile, &[serial], lines));
        let told = fleet.stage.fails(&["plan"]).await;
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_applied_as_it_is() {
    let stage = Stage::with(Options::default()).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/resources/intune_dep_device_assignment");
    let example = std::fs::read_to_string(folder.join("resource.tf")).unwrap();
    stage.main(&example);
    let token = format!("dep_onboarding_setting_id = {:?}\n", stage.token);
    stage.workspace.write("terraform.tfvars", &token).unwrap();
    for serial_number in ["DMPXG1AAJF8J", "DMPXG1ABJF8J"] {
        stage.emulator.add_device(&stage.token, serial_number);
    }
    stage.init().await;
    stage.apply().await;
    stage.converged().await;
    stage.ends(0, &["destroy", "-auto-approve"]).await;
}
