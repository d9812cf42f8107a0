//! Assignments whose answers are lost, late or wrong.

mod missing;
mod waits;

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;

use super::*;

const TYPE_NAME: &str = "intune_dep_device_assignment";

/// Devices `A0`, `A1`, ... without a profile, and two profiles to give.
struct Fleet {
    tenant: Tenant,
    profile: String,
    fallback: String,
    /// Takes the place of the first one.
    next: String,
    /// What is kept beside the state of the assignment that was created last.
    private: RefCell<Private>,
}

impl Fleet {
    async fn of(devices: usize) -> Self {
        let tenant = Tenant::start().await;
        for number in 0..devices {
            assert!(tenant.emulator.add_device(&tenant.token, &format!("A{number}")));
        }
        let put =
            |name: &str| tenant.emulator.put_profile(&tenant.token, json!({ "displayName": name }));
        let (profile, fallback, next) = (put("Kiosk"), put("Standard"), put("Next"));
        Self { tenant, profile, fallback, next, private: RefCell::default() }
    }

    /// With two devices that have their profile, and that are listed anew in more than half a minute.
    async fn with_slow_listing() -> (Self, Value) {
        let (fleet, state) = Self::with_two().await;
        let throttled = status(429, &[("Retry-After", "40")]);
        fleet.tenant.emulator.fault(Fault::new("GET", "importedAppleDeviceIdentities", throttled));
        (fleet, state)
    }

    fn resource(&self) -> &Resource {
        self.tenant.provider.resource(TYPE_NAME).unwrap()
    }

    /// What a plan makes of an assignment of the first so many devices.
    fn planned(&self, prior: &Value, devices: usize) -> Value {
        self.planned_with(&self.profile, prior, devices)
    }

    fn planned_with(&self, profile: &str, prior: &Value, devices: usize) -> Value {
        let serial_numbers = (0..devices).map(|number| Value::text(format!("A{number}")));
        let config = self.tenant.config(
            &self.resource().described.schema,
            &[
                ("enrollment_profile_id", Value::text(profile)),
                ("serial_numbers", Value::set(serial_numbers.collect())),
                ("fallback_enrollment_profile_id", Value::text(&self.fallback)),
            ],
        );
        let provider = &self.tenant.provider;
        provider.plan(self.resource(), prior, &config, &config, Private::default()).state
    }

    async fn create(&self, devices: usize) -> Outcome {
        let planned = self.planned(&Value::Null, devices);
        let provider = &self.tenant.provider;
        let known = Known::default();
        let outcome = provider.create(self.resource(), planned, &Value::Null, known).await;
        self.private.replace(outcome.private.clone());
        outcome
    }

    fn private(&self) -> Private {
        self.private.borrow().clone()
    }

    async fn created(&self, devices: usize) -> Value {
        let outcome = self.create(devices).await;
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        outcome.state
    }

    async fn update(&self, prior: &Value, devices: usize) -> Outcome {
        self.update_to(&self.profile, prior, devices).await
    }

    /// Refreshes, plans and applies the other profile for the first so many devices.
    async fn switch(&self, prior: &Value, devices: usize) -> Outcome {
        let read = self.read(prior).await;
        assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
        self.update_to(&self.next, &read.state, devices).await
    }

    async fn update_to(&self, profile: &str, prior: &Value, devices: usize) -> Outcome {
        let planned = self.planned_with(profile, prior, devices);
        let provider = &self.tenant.provider;
        let private = self.private();
        provider.update(self.resource(), prior.clone(), planned, &Value::Null, private).await
    }

    async fn delete(&self, state: &Value) -> Outcome {
        self.delete_with(state, self.private()).await
    }

    async fn delete_with(&self, state: &Value, private: Private) -> Outcome {
        let provider = &self.tenant.provider;
        provider.delete(self.resource(), state.clone(), private).await
    }

    /// With two devices that have their profile, and whose listing is not young any more.
    async fn with_two() -> (Self, Value) {
        let fleet = Self::of(2).await;
        let state = fleet.created(2).await;
        tokio::time::advance(Duration::from_secs(60)).await;
        fleet.tenant.emulator.clear_requests();
        (fleet, state)
    }

    async fn read(&self, state: &Value) -> Outcome {
        let provider = &self.tenant.provider;
        provider.read(self.resource(), state.clone(), self.private()).await
    }

    /// Which profile a state names, for how many devices.
    fn named<'a>(&self, state: &'a Value) -> (&'a str, usize) {
        let in_state = state.field("serial_numbers").as_elements().unwrap_or_default().len();
        (state.field("enrollment_profile_id").as_text().unwrap_or_default(), in_state)
    }

    /// For whatever gives devices this profile.
    fn fault_of(&self, profile: &str, effect: Effect) -> Fault {
        Fault::new("POST", &format!("{profile}/updateDeviceProfileAssignment"), effect)
    }

    fn fault(&self, effect: Effect) -> Fault {
        Fault::new("POST", "/updateDeviceProfileAssignment", effect)
    }

    /// How many devices have the profile, in Graph and in a state.
    fn given(&self, state: &Value) -> (usize, usize) {
        let in_state = state.field("serial_numbers").as_elements().unwrap_or_default().len();
        (self.tenant.emulator.devices_of(&self.profile).len(), in_state)
    }
}

/// The state with another limit for this operation.
fn within(state: &Value, operation: &str, limit: &str) -> Value {
    let mut fields = state.as_fields().unwrap().clone();
    let limits = [(operation.to_owned(), Value::text(limit))];
    fields.insert("timeouts".to_owned(), Value::Object(limits.into()));
    Value::Object(fields)
}

#[tokio::test(start_paused = true)]
async fn t3_an_assignment_whose_answers_are_all_lost_is_judged_by_what_is_there() {
    let fleet = Fleet::of(3).await;
    fleet.tenant.emulator.fault(fleet.fault(Effect::CommitThenDrop).times(usize::MAX));
    assert_eq!(fleet.given(&fleet.created(3).await), (3, 3));

    let fleet = Fleet::of(3).await;
    fleet.tenant.emulator.fault(fleet.fault(Effect::DropBeforeCommit).times(usize::MAX));
    let outcome = fleet.create(3).await;
    assert!(error(&outcome).contains(": 0 of 3 devices have the profile"), "{outcome:?}");
    assert!(outcome.state.is_null(), "nothing is recorded of what never was: {outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn h1_a_throttled_assignment_waits_and_is_sent_again() {
    let fleet = Fleet::of(3).await;
    let throttled = status(429, &[("Retry-After", "20")]);
    fleet.tenant.emulator.fault(fleet.fault(throttled).times(2));
    assert_eq!(fleet.given(&fleet.created(3).await), (3, 3));
    assert_eq!(fleet.tenant.sent("POST"), 3);
}

#[tokio::test(start_paused = true)]
async fn h14_a_listing_that_lags_does_not_undo_what_was_given() {
    let fleet = Fleet::of(2).await;
    let state = fleet.created(2).await;
    let old = set("requestedEnrollmentProfileId", Json::Null);
    let lagging = Fault::new("GET", "importedAppleDeviceIdentities", old);
    fleet.tenant.emulator.fault(lagging.times(usize::MAX));
    for (seconds, kept) in [(60, 2), (60, 0)] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        let read = fleet.read(&state).await;
        assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
        assert_eq!(fleet.given(&read.state), (2, kept), "after another {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_failed_leaves_the_others_in_the_state() {
    let fleet = Fleet::of(1500).await;
    fleet.tenant.emulator.fault(fleet.fault(status(403, &[])).after(1));
    let outcome = fleet.create(1500).await;
    let told = error(&outcome);
    let (given, in_state) = fleet.given(&outcome.state);
    assert!([500, 1000].contains(&given) && given == in_state, "{given} and {in_state}");
    assert!(told.contains(&format!("{given} of 1500 devices have the profile")), "{told}");
    assert!(told.contains("terraform untaint"), "{told}");
    // Without the mark that Terraform sets, only the rest is given, and none falls back in between.
    let read = fleet.read(&outcome.state).await;
    fleet.tenant.emulator.clear_requests();
    let outcome = fleet.update(&read.state, 1500).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(fleet.given(&outcome.state), (1500, 1500));
    assert_eq!(fleet.tenant.sent("POST"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_is_said_to_be_tainted_when_it_leaves_a_state_and_only_then() {
    for (wanted, others, leaves_state) in [(1, 1500, false), (1500, 1, true)] {
        let fleet = Fleet::of(wanted + others).await;
        let (token, emulator) = (&fleet.tenant.token, &fleet.tenant.emulator);
        for number in wanted..wanted + others {
            assert!(emulator.edit_device(token, &format!("A{number}"), &fleet.profile));
        }
        let failing = if leaves_state { &fleet.profile } else { &fleet.fallback };
        emulator.fault(fleet.fault_of(failing, status(403, &[])).after(1));
        let planned = fleet.planned(&Value::Null, wanted);
        let mut planned = planned.as_fields().unwrap().clone();
        planned.insert("authoritative".to_owned(), Value::Bool(true));
        let (provider, planned) = (&fleet.tenant.provider, Value::Object(planned));
        let known = Known::default();
        let outcome = provider.create(fleet.resource(), planned, &Value::Null, known).await;
        let told: Vec<_> = outcome.diagnostics.iter().map(|told| told.detail.as_str()).collect();
        let told = told.join("\n");
        assert_eq!(!outcome.state.is_null(), leaves_state, "{told}");
        assert!(told.contains("of 1500 devices have the profile"), "{told}");
        assert_eq!(told.contains("terraform untaint"), leaves_state, "{told}");
        assert_eq!(told.contains("as the state records"), leaves_state, "{told}");
        assert!(told.contains("They now have"), "others that lost the profile are told: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn t3_devices_whose_fallback_may_not_have_arrived_stay_in_the_state() {
    let fleet = Fleet::of(3).await;
    let state = fleet.created(3).await;
    fleet.tenant.emulator.fault(fleet.fault(Effect::DropBeforeCommit).times(usize::MAX));
    let outcome = fleet.update(&state, 1).await;
    assert!(error(&outcome).contains("0 of 2 devices have the profile"), "{outcome:?}");
    assert_eq!(fleet.given(&outcome.state), (3, 3));
    fleet.tenant.emulator.clear_faults();
    fleet.tenant.emulator.fault(fleet.fault(Effect::CommitThenDrop).times(usize::MAX));
    let outcome = fleet.update(&state, 1).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(fleet.given(&outcome.state), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_could_not_fall_back_from_a_former_profile_does_so_at_the_next_apply() {
    for effect in [status(403, &[]), Effect::DropBeforeCommit] {
        let fleet = Fleet::of(3).await;
        let state = fleet.created(3).await;
        fleet.tenant.emulator.fault(fleet.fault_of(&fleet.fallback, effect).times(6));
        let outcome = fleet.switch(&state, 1).await;
        assert!(error(&outcome).contains("0 of 2 devices have the profile"), "{outcome:?}");
        assert_eq!(fleet.named(&outcome.state), (fleet.profile.as_str(), 3));
        fleet.tenant.emulator.clear_faults();
        let outcome = fleet.switch(&outcome.state, 1).await;
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        assert_eq!(fleet.named(&outcome.state), (fleet.next.as_str(), 1));
        assert_eq!(fleet.tenant.emulator.devices_of(&fleet.next), ["A0"]);
        assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback), ["A1", "A2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn devices_that_fell_back_are_in_no_state_when_the_other_profile_cannot_be_given() {
    let fleet = Fleet::of(3).await;
    let state = fleet.created(3).await;
    fleet.tenant.emulator.fault(fleet.fault_of(&fleet.next, status(403, &[])));
    let outcome = fleet.switch(&state, 2).await;
    assert!(error(&outcome).contains("0 of 2 devices have the profile"), "{outcome:?}");
    assert_eq!(fleet.named(&outcome.state), (fleet.profile.as_str(), 2));
    assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback), ["A2"]);
    let outcome = fleet.switch(&outcome.state, 2).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(fleet.named(&outcome.state), (fleet.next.as_str(), 2));
}

#[tokio::test(start_paused = true)]
async fn devices_that_keep_a_former_profile_are_named_where_the_state_cannot() {
    let fleet = Fleet::of(1502).await;
    let state = fleet.created(1502).await;
    fleet.tenant.emulator.fault(fleet.fault_of(&fleet.next, status(403, &[])).after(1));
    let outcome = fleet.switch(&state, 1500).await;
    let given = fleet.tenant.emulator.devices_of(&fleet.next).len();
    assert_eq!(fleet.named(&outcome.state), (fleet.next.as_str(), given));
    let told = error(&outcome);
    let kept = fleet.tenant.emulator.devices_of(&fleet.profile);
    assert!([500, 1000].contains(&kept.len()), "{}", kept.len());
    let named = format!("{} devices that may still have `{}`", kept.len(), fleet.profile);
    assert!(told.contains(&named), "{told}");
    assert!(told.contains(&format!("`{}` and {} more", kept[9], kept.len() - 10)), "{told}");
    let outcome = fleet.switch(&outcome.state, 1500).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(fleet.named(&outcome.state), (fleet.next.as_str(), 1500));
    assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn t3_a_lost_answer_is_settled_by_the_look_and_not_by_what_was_given_before() {
    let fleet = Fleet::of(2).await;
    let state = fleet.created(2).await;
    let outcome = fleet.update(&state, 1).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback), ["A1"]);
    let next = fleet.fault_of(&fleet.next, Effect::CommitThenDrop).times(usize::MAX);
    fleet.tenant.emulator.fault(next);
    let planned = fleet.planned_with(&fleet.next, &Value::Null, 2);
    let (provider, known) = (&fleet.tenant.provider, Known::default());
    let outcome = provider.create(fleet.resource(), planned, &Value::Null, known).await;
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(fleet.named(&outcome.state), (fleet.next.as_str(), 2));
    assert_eq!(fleet.tenant.emulator.devices_of(&fleet.next), ["A0", "A1"]);
}

#[tokio::test(start_paused = true)]
async fn t3_what_a_look_found_after_a_lost_answer_outlives_a_listing_that_lags() {
    let fleet = Fleet::of(2).await;
    fleet.tenant.emulator.fault(fleet.fault(Effect::CommitThenDrop).times(usize::MAX));
    let state = fleet.created(2).await;
    let old = set("requestedEnrollmentProfileId", Json::Null);
    let lagging = Fault::new("GET", "importedAppleDeviceIdentities", old);
    fleet.tenant.emulator.fault(lagging.times(usize::MAX));
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(fleet.given(&fleet.read(&state).await.state), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_device_is_not_taken_from_the_assignment_that_has_it_now_under_the_same_profile() {
    for (seconds, is_named) in [(0, true), (0, false), (600, true)] {
        let fleet = Fleet::of(3).await;
        let former = fleet.created(3).await;
        let private = if is_named { fleet.private() } else { Private::default() };
        let latter = fleet.created(2).await;
        tokio::time::advance(Duration::from_secs(seconds)).await;
        let outcome = fleet.delete_with(&former, private).await;
        assert!(outcome.state.is_null() && outcome.diagnostics.is_empty(), "{outcome:?}");
        let (kept, fallen): (&[&str], &[&str]) = match is_named {
            true => (&["A0", "A1"], &["A2"]),
            false => (&["A0", "A1", "A2"], &[]),
        };
        assert_eq!(fleet.tenant.emulator.devices_of(&fleet.profile), kept, "{seconds}");
        assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback), fallen, "{seconds}");
        assert_eq!(fleet.named(&fleet.read(&latter).await.state).1, 2, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_assignment_takes_what_it_gave_itself_after_an_update_too() {
    let fleet = Fleet::of(3).await;
    let state = fleet.created(2).await;
    let (named, private) = (fleet.private(), Private::default());
    for private in [named, private] {
        fleet.private.replace(private);
        let planned = fleet.planned(&state, 3);
        let provider = &fleet.tenant.provider;
        let (state, private) = (state.clone(), fleet.private());
        let more = provider.update(fleet.resource(), state, planned, &Value::Null, private).await;
        fleet.private.replace(more.private.clone());
        let outcome = fleet.update(&more.state, 2).await;
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback), ["A2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_was_seen_with_another_profile_is_in_no_state_when_the_others_cannot_fall_back()
 {
    for destroys in [false, true] {
        let fleet = Fleet::of(3).await;
        let state = fleet.created(3).await;
        tokio::time::advance(Duration::from_secs(100)).await;
        let emulator = &fleet.tenant.emulator;
        assert!(emulator.edit_device(&fleet.tenant.token, "A2", &fleet.next));
        emulator.fault(fleet.fault_of(&fleet.fallback, status(403, &[])));
        let outcome = match destroys {
            true => fleet.delete(&state).await,
            false => fleet.update(&state, 1).await,
        };
        assert!(error(&outcome).contains("0 of "), "{outcome:?}");
        let listed: Vec<_> = outcome.state.field("serial_numbers").as_elements().unwrap().to_vec();
        assert_eq!(listed, [Value::text("A0"), Value::text("A1")], "{destroys}");
    }
}

/// Loses every answer about devices, and what would show from now on what became of them.
fn lose_all(fleet: &Fleet, listings_before: usize) {
    let emulator = &fleet.tenant.emulator;
    emulator.fault(fleet.fault(Effect::CommitThenDrop).times(usize::MAX));
    let unlisted = Fault::new("GET", "importedAppleDeviceIdentities", status(403, &[]));
    emulator.fault(unlisted.after(listings_before).times(usize::MAX));
}

#[tokio::test(start_paused = true)]
async fn t3_devices_that_nobody_could_look_at_are_named_and_not_counted_out() {
    let fleet = Fleet::of(3).await;
    lose_all(&fleet, 1);
    let outcome = fleet.create(3).await;
    let told = error(&outcome);
    assert!(told.contains(": At least 0 of 3 devices have the profile"), "{told}");
    assert!(told.contains("could not be looked up: `A0`, `A1`, `A2`. Keep them listed"), "{told}");
    assert!(outcome.state.is_null(), "{outcome:?}");

    // The state still names the former profile.
    let (fleet, state) = Fleet::with_two().await;
    lose_all(&fleet, 1);
    let outcome = fleet.update_to(&fleet.next, &state, 2).await;
    let told = error(&outcome);
    let keep =
        format!("`A0`, `A1`. Keep them listed until an apply has given them `{}`", fleet.next);
    assert!(told.contains(": At least 0 of 2 devices") && told.contains(&keep), "{told}");
    assert_eq!(fleet.named(&outcome.state), (fleet.profile.as_str(), 2));

    for destroys in [false, true] {
        let (fleet, state) = Fleet::with_two().await;
        lose_all(&fleet, 1);
        let outcome = match destroys {
            true => fleet.delete(&state).await,
            false => fleet.update(&state, 1).await,
        };
        let told = error(&outcome);
        assert!(told.contains(": At least 0 of "), "{told}");
        assert!(told.contains("`A1`. The next plan shows which of them do not."), "{told}");
        assert_eq!(fleet.named(&outcome.state).1, 2, "they stay in the state");
    }
}
