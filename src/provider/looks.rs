//! How often and for how long the provider looks whether what it did shows; sends nothing.

use std::time::Duration;

/// How long Graph may take to find an object that it has just made.
pub(super) const SETTLING: Duration = Duration::from_secs(90);

/// Between the two answers that tell that something is gone: a single 404 may come from a replica that lags
/// behind.
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(2);

/// How long a look may take that is not part of the operation's time.
pub(super) const ONE_LOOK: Duration = Duration::from_secs(10);

/// How long a look may take that only finds words for an error.
pub(super) const LOOK_FOR_WORDS: Duration = Duration::from_secs(30);

/// The pauses between looks: 1, 2, 4, 8, 15, 15, ... seconds.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    (0_u32..).map(|step| Duration::from_secs((1 << step.min(4)).min(15)))
}
