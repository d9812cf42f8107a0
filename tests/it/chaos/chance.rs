//! Chance that can be repeated: everything random in a schedule comes from its seed; knows no schedule.

use std::cell::Cell;
use std::time::Duration;

/// A generator of the "SplitMix" family (Steele, Lea and Flood 2014): small, and good enough to choose by.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is not nought.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Up to so many seconds, more often few than many.
    pub(super) fn seconds(&mut self, most: usize) -> Duration {
        let range = 1 + self.below(most);
        Duration::from_millis(u64::try_from(self.below(range * 1000)).unwrap())
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// From 0 up to but not including 1.
    fn fraction(&mut self) -> f64 {
        // 53 bits fit an f64 exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

thread_local! {
    static SPREAD: Cell<u64> = const { Cell::new(0) };
}

/// Starts what [`spread`] draws on this thread anew.
pub(super) fn seed_spread(seed: u64) {
    SPREAD.set(!seed);
}

/// The provider's own chance on this thread, which is where all of a schedule happens.
pub(super) fn spread() -> f64 {
    let mut chance = Chance::new(SPREAD.get());
    let fraction = chance.fraction();
    SPREAD.set(chance.0);
    fraction
}
