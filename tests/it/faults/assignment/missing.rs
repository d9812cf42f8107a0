//! Assignments whose token, profile or devices are not found, for a moment or for good.

use super::*;

#[tokio::test(start_paused = true)]
async fn h15_a_profile_that_was_only_just_made_is_waited_for() {
    let fleet = Fleet::of(3).await;
    let unknown = json!({"error": {"code": "ResourceNotFound", "message": "No."}});
    let unknown = Effect::Status { code: 404, headers: Vec::new(), body: unknown };
    fleet.tenant.emulator.fault(fleet.fault(unknown.clone()).times(4));
    assert_eq!(fleet.given(&fleet.created(3).await), (3, 3));

    let fleet = Fleet::of(3).await;
    fleet.tenant.emulator.fault(fleet.fault(unknown).times(usize::MAX));
    let told = error(&fleet.create(3).await);
    assert!(told.contains("There is no enrollment profile"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn h15_a_token_that_is_missing_for_a_moment_does_not_lose_its_devices() {
    for times in [1, 2] {
        let (fleet, state) = Fleet::with_two().await;
        let missing = Fault::new("GET", "/depOnboardingSettings/", status(404, &[]));
        fleet.tenant.emulator.fault(missing.times(times));
        let outcome = fleet.delete(&state).await;
        assert!(outcome.diagnostics.is_empty(), "{times}: {:?}", outcome.diagnostics);
        assert!(outcome.state.is_null(), "{times}: {outcome:?}");
        assert_eq!(fleet.tenant.emulator.devices_of(&fleet.fallback), ["A0", "A1"], "{times}");
    }
}

#[tokio::test(start_paused = true)]
async fn h15_an_assignment_of_a_token_that_is_gone_is_forgotten() {
    let (fleet, state) = Fleet::with_two().await;
    let missing = Fault::new("*", "/depOnboardingSettings/", status(404, &[]));
    fleet.tenant.emulator.fault(missing.clone().times(usize::MAX));
    let started = Instant::now();
    let outcome = fleet.delete(&state).await;
    assert!(outcome.state.is_null() && outcome.diagnostics.is_empty(), "{outcome:?}");
    assert_eq!((fleet.tenant.sent("GET"), fleet.tenant.sent("POST")), (3, 0));
    assert_eq!(started.elapsed().as_secs(), 2);

    // The same, when the devices were listed just before.
    let fleet = Fleet::of(2).await;
    let state = fleet.created(2).await;
    fleet.tenant.emulator.fault(missing.times(usize::MAX));
    let outcome = fleet.delete(&state).await;
    assert!(outcome.state.is_null() && outcome.diagnostics.is_empty(), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn h15_a_stop_between_two_looks_at_a_token_keeps_the_state() {
    let (fleet, state) = Fleet::with_two().await;
    let missing = Fault::new("GET", "/depOnboardingSettings/", status(404, &[]));
    fleet.tenant.emulator.fault(missing.times(usize::MAX));
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        fleet.tenant.provider.stop();
    };
    let (outcome, ()) = tokio::join!(fleet.delete(&state), stop);
    assert!(error(&outcome).contains("Terraform was interrupted"), "{outcome:?}");
    assert_eq!(outcome.state, state);
}

#[tokio::test(start_paused = true)]
async fn a_destroy_without_the_profile_to_fall_back_to_keeps_the_state_and_says_what_to_do() {
    // The token is there, though a replica may not know it for a moment.
    for times in [0, 1] {
        let (fleet, state) = Fleet::with_two().await;
        assert!(fleet.tenant.emulator.remove_profile(&fleet.fallback));
        let missing = Fault::new("GET", "/depOnboardingSettings/", status(404, &[]));
        fleet.tenant.emulator.fault(missing.after(1).times(times));
        let outcome = fleet.delete(&state).await;
        let told = error(&outcome);
        let gone = format!("There is no enrollment profile `{}`", fleet.fallback);
        assert!(told.contains(&gone) && told.contains("apply that, and destroy then"), "{told}");
        assert_eq!(fleet.given(&outcome.state), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn h15_devices_that_are_not_found_are_not_told_as_an_assignment_that_was_deleted() {
    let missing = Fault::new("GET", "importedAppleDeviceIdentities", status(404, &[]));
    for devices in [1, 3] {
        let (fleet, state) = Fleet::with_two().await;
        fleet.tenant.emulator.fault(missing.clone().times(usize::MAX));
        let outcome = fleet.update(&state, devices).await;
        let told = error(&outcome);
        assert!(told.contains("does not know the enrollment program token"), "{devices}: {told}");
        assert!(!told.contains("deleted outside"), "{devices}: {told}");
        assert_eq!(outcome.state, state);
    }
    // A destroy has looked whether the token is there.
    let (fleet, state) = Fleet::with_two().await;
    fleet.tenant.emulator.fault(missing.times(usize::MAX));
    let outcome = fleet.delete(&state).await;
    let told = error(&outcome);
    assert!(told.contains("not known to be gone itself"), "{told}");
    assert!(!told.contains("deleted outside") && !told.contains("state rm"), "{told}");
    assert_eq!(outcome.state, state);
}
