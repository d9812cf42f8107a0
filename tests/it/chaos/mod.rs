//! Random schedules of faults against the provider in this process, and what must hold after every one of
//! them; must not know how the provider does it.
//!
//! I1: whatever we made is in state, or its id was told. I2: there is one object to a resource, unless the
//! others were named. I3: nothing of somebody else's is ever taken, but for an identical object that was
//! made at the same time. I4: whoever does what was told comes to an empty plan.
//!
//! `CHAOS_SCHEDULES=2000` runs more of them, `CHAOS_SEED=17` that one only.

pub(crate) mod chance;
mod found;
mod person;
mod schedule;
mod terraform;
mod weather;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use schedule::{Report, Schedule};

/// How many are run when nobody asks for another number.
const SCHEDULES: u64 = 200;

#[test]
fn nothing_is_lost_doubled_or_stolen_in_any_schedule_of_faults() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let ended = Mutex::new(Vec::new());
    let work = || {
        while let seed = next.fetch_add(1, Ordering::Relaxed)
            && seed < seeds.end
        {
            let outcome = played(seed);
            ended.lock().unwrap().push((seed, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(work);
        }
    });
    let mut all = Report::default();
    let mut broken = Vec::new();
    for (seed, outcome) in ended.into_inner().unwrap() {
        match outcome {
            Ok(report) => all = all.and(report),
            Err(why) => broken.push(format!("CHAOS_SEED={seed}: {why}")),
        }
    }
    assert!(broken.is_empty(), "{} schedules failed\n\n{}", broken.len(), broken.join("\n\n"));
    // A calm in which nothing happens would prove nothing.
    let count = usize::try_from(seeds.end - seeds.start).unwrap();
    assert!(count < 20 || all.objects > 10 * count, "{all:?}");
    assert!(count < 20 || all.errors > count && all.warnings > count, "{all:?}");
    assert!(count < 20 || all.imports > count / 2, "{all:?}");
    assert!(all.taken * 20 <= all.objects, "{all:?}");
}

#[test]
fn a_schedule_is_the_same_whenever_it_is_played() {
    for seed in 0..3 {
        assert_eq!(played(seed), played(seed), "{seed}");
    }
}

/// One schedule on a clock of its own, that jumps ahead whenever everybody waits.
fn played(seed: u64) -> Result<Report, String> {
    chance::seed_spread(seed);
    let run = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async { Schedule::start(seed).await.run().await })
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("a panic, told above".to_owned()))
}

fn seeds() -> Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("CHAOS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHAOS_SCHEDULES").unwrap_or(SCHEDULES),
    }
}
