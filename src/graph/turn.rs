//! Who may send next: a fair queue for each class of requests of a tenant; knows no requests.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, sleep};

use super::pace::{Class, Experience, Pace};

/// The queues of one tenant and what they wait for.
#[derive(Debug)]
pub(crate) struct Turns {
    pace: Mutex<Pace>,
    /// First come, first served: whoever holds the lock is at the head of the queue.
    reads: tokio::sync::Mutex<()>,
    writes: tokio::sync::Mutex<()>,
    under_way: Semaphore,
    /// Tells all who wait that the pace has changed.
    changed: watch::Sender<()>,
}

/// The permission to send one request; others wait for its end.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    class: Class,
    sent: Instant,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Turn<'_> {
    /// When it was taken.
    pub(crate) const fn sent(&self) -> Instant {
        self.sent
    }
}

/// The service asked to wait beyond the deadline, by this much from now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooLong(pub(crate) Duration);

/// How many requests of a tenant are under way at a time.
const UNDER_WAY: usize = 20;

impl Default for Turns {
    fn default() -> Self {
        Self {
            pace: Mutex::new(Pace::new(Instant::now())),
            reads: tokio::sync::Mutex::default(),
            writes: tokio::sync::Mutex::default(),
            under_way: Semaphore::new(UNDER_WAY),
            changed: watch::Sender::new(()),
        }
    }
}

impl Turns {
    /// Waits for a turn. May be dropped at any time; the place in the queue is then free.
    pub(crate) async fn take(
        &self,
        class: Class,
        urgent: bool,
        deadline: Instant,
    ) -> Result<Turn<'_>, TooLong> {
        // What is urgent looks for something that may be lost, and queues behind nobody.
        let _head = match urgent {
            true => None,
            false => Some(self.head(class, deadline).await?),
        };
        loop {
            let mut changes = self.changed.subscribe();
            let permit = match urgent {
                true => None,
                // Never closed, so that an error cannot be.
                false => self.under_way.acquire().await.ok(),
            };
            let now = Instant::now();
            let hold = match self.pace().go(class, urgent, now) {
                Ok(()) => return Ok(Turn { class, sent: now, _permit: permit }),
                Err(hold) => hold,
            };
            drop(permit);
            if hold.asked {
                in_time(hold.wait, now, deadline)?;
            }
            tokio::select! {
                () = sleep(hold.wait) => {}
                _ = changes.changed() => {}
            }
        }
    }

    /// Waits for the head of the queue, unless the service asks meanwhile to wait for longer than there is
    /// time: those ahead may have more.
    async fn head(
        &self,
        class: Class,
        deadline: Instant,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, TooLong> {
        let mut head = pin!(match class {
            Class::Read => self.reads.lock(),
            Class::Write => self.writes.lock(),
        });
        loop {
            let mut changes = self.changed.subscribe();
            let now = Instant::now();
            if let Some(wait) = self.pace().closed_for(class, now) {
                in_time(wait, now, deadline)?;
            }
            tokio::select! {
                biased;
                head = &mut head => return Ok(head),
                _ = changes.changed() => {}
            }
        }
    }

    /// Counts so many requests beside the one that a turn was taken for.
    pub(crate) fn charge(&self, class: Class, beside: u16) {
        self.pace().charge(class, beside);
    }

    /// Takes note of how it went, for everybody.
    pub(crate) fn learn(&self, turn: &Turn<'_>, seen: Experience) {
        self.learn_of(turn.class, seen, turn.sent);
    }

    /// Takes note of how something went that travelled with a request of this time.
    pub(crate) fn learn_of(&self, class: Class, seen: Experience, sent: Instant) {
        let was_broken = self.pace().is_broken();
        self.pace().learn(class, seen, sent, Instant::now());
        let is_closed = matches!(seen, Experience::Throttled { .. } | Experience::Closed { .. });
        if is_closed || was_broken && !self.pace().is_broken() {
            self.changed.send_replace(());
        }
    }

    /// Whether a service that worked is taken to be down, and only probes go out.
    pub(crate) fn is_outage(&self) -> bool {
        self.pace().is_outage()
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a wait that the service asked for ends before the deadline.
fn in_time(wait: Duration, now: Instant, deadline: Instant) -> Result<(), TooLong> {
    match now.checked_add(wait) {
        Some(until) if until < deadline => Ok(()),
        _ => Err(TooLong(wait)),
    }
}
