//! Who may send next: a fair queue for each class of requests of a tenant; knows no requests.

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
    /// Tells the heads of the queues that the pace has changed.
    changed: watch::Sender<()>,
}

/// The permission to send one request; others wait for its end.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    class: Class,
    sent: Instant,
    _permit: Option<SemaphorePermit<'a>>,
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
        // What is urgent looks for something that may be lost, and does so alone: no place is needed.
        let _head = match (urgent, class) {
            (true, _) => None,
            (false, Class::Read) => Some(self.reads.lock().await),
            (false, Class::Write) => Some(self.writes.lock().await),
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
            if hold.asked && now.checked_add(hold.wait).is_none_or(|until| until >= deadline) {
                return Err(TooLong(hold.wait));
            }
            tokio::select! {
                () = sleep(hold.wait) => {}
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
        let was_broken = self.pace().is_broken();
        self.pace().learn(turn.class, seen, turn.sent, Instant::now());
        if was_broken && !self.pace().is_broken() {
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
