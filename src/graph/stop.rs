//! A stop signal that re-arms itself; knows nothing of what it ends.

use std::time::Duration;

use tokio::sync::watch;

/// The sending side: each [`send`](Self::send) ends what watches now, and nothing that starts later.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<()>);

/// The receiving side, taken when a call starts.
#[derive(Clone, Debug)]
pub(crate) struct StopWatch(watch::Receiver<()>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    pub(crate) fn send(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn watch(&self) -> StopWatch {
        StopWatch(self.0.subscribe())
    }
}

impl StopWatch {
    /// Whether a stop was sent since this watch was taken. A client that is gone has stopped too.
    pub(crate) fn is_stopped(&self) -> bool {
        self.0.has_changed().unwrap_or(true)
    }

    /// Returns once a stop was sent since this watch was taken.
    pub(crate) async fn stopped(&self) {
        // A clone, so that the change stays unseen here and `is_stopped` remains true.
        let _ = self.0.clone().changed().await;
    }

    /// Waits; answers whether the time passed, and no stop was sent since this watch was taken.
    pub(crate) async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.stopped() => false,
            () = tokio::time::sleep(time) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_ends_what_watches_and_nothing_later() {
        let stop = Stop::new();
        let early = stop.watch();
        assert!(!early.is_stopped());
        stop.send();
        early.stopped().await;
        assert!(early.is_stopped(), "it stays stopped after it was noticed");
        assert!(!stop.watch().is_stopped());
    }
}
