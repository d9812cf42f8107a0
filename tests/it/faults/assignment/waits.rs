//! Who waits for a listing of devices or for others who move them, and for how long.

use super::*;

#[tokio::test(start_paused = true)]
async fn h1_a_listing_that_takes_longer_than_it_lives_is_shared_by_all_who_waited() {
    let (fleet, state) = Fleet::with_slow_listing().await;
    let read = tokio::join!(fleet.read(&state), fleet.read(&state), fleet.read(&state));
    for read in [read.0, read.1, read.2] {
        assert_eq!(fleet.given(&read.state), (2, 2), "{read:?}");
    }
    assert_eq!(fleet.tenant.sent("GET"), 2, "one was throttled");
}

#[tokio::test(start_paused = true)]
async fn h1_a_listing_for_which_one_had_no_time_is_read_for_the_others() {
    let (fleet, state) = Fleet::with_slow_listing().await;
    fleet.tenant.emulator.clear_faults();
    for wait in ["2", "40"] {
        let throttled = status(429, &[("Retry-After", wait)]);
        fleet.tenant.emulator.fault(Fault::new("GET", "importedAppleDeviceIdentities", throttled));
    }
    let hurried = within(&state, "read", "5s");
    let (hurried, patient) = tokio::join!(fleet.read(&hurried), fleet.read(&state));
    assert!(error(&hurried).contains("timeouts.read"), "{hurried:?}");
    assert!(patient.diagnostics.is_empty(), "{:?}", patient.diagnostics);
}

#[tokio::test(start_paused = true)]
async fn h1_who_waits_for_a_listing_waits_no_longer_than_there_is_time() {
    let (fleet, state) = Fleet::with_slow_listing().await;
    let hurried = within(&state, "read", "5s");
    let hurried = async { (fleet.read(&hurried).await, Instant::now()) };
    let started = Instant::now();
    let (patient, (hurried, ended)) = tokio::join!(fleet.read(&state), hurried);
    assert!(error(&hurried).contains("timeouts.read"), "{hurried:?}");
    assert_eq!((ended - started).as_secs(), 5);
    assert!(patient.diagnostics.is_empty(), "{:?}", patient.diagnostics);
}

#[tokio::test(start_paused = true)]
async fn h1_a_stop_ends_the_wait_for_a_listing() {
    let (fleet, state) = Fleet::with_slow_listing().await;
    let started = Instant::now();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        fleet.tenant.provider.stop();
    };
    let (one, other, ()) = tokio::join!(fleet.read(&state), fleet.read(&state), stop);
    for stopped in [one, other] {
        assert!(error(&stopped).contains("Terraform was interrupted"), "{stopped:?}");
    }
    assert_eq!(started.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn h1_who_waits_for_others_to_leave_devices_alone_waits_no_longer_than_there_is_time() {
    for stops in [false, true] {
        let fleet = Fleet::of(3).await;
        let state = fleet.created(2).await;
        fleet.tenant.emulator.fault(fleet.fault(status(429, &[("Retry-After", "40")])));
        let started = Instant::now();
        let taking = fleet.update(&state, 1);
        let giving = async {
            let planned = within(&fleet.planned(&Value::Null, 3), "create", "5s");
            let provider = &fleet.tenant.provider;
            let known = Known::default();
            let outcome = provider.create(fleet.resource(), planned, &Value::Null, known).await;
            (outcome, started.elapsed().as_secs())
        };
        let stop = async {
            if stops {
                tokio::time::sleep(Duration::from_secs(2)).await;
                fleet.tenant.provider.stop();
            }
        };
        let (taken, (given, ended), ()) = tokio::join!(taking, giving, stop);
        let (expected, cause) = match stops {
            true => (2, "Terraform was interrupted"),
            false => (5, "timeouts.create"),
        };
        assert!(error(&given).contains(cause), "{given:?}");
        assert_eq!((ended, given.state.is_null()), (expected, true), "{given:?}");
        assert_eq!(taken.diagnostics.is_empty(), !stops, "{:?}", taken.diagnostics);
    }
}
