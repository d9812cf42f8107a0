//! What was read last, for all who ask at the same time: one reads, and the others wait and share it; knows
//! not what is read.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::{Error, Kind};

/// Something that takes long to read. The lock is held while it is read: whoever waits for the lock
/// shares what comes of it.
#[derive(Debug)]
pub(crate) struct Latest<T>(Mutex<Option<Reading<T>>>);

/// How recent a reading has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fresh {
    /// It was begun later than this.
    After(Instant),
    /// It had ended no longer ago than this when somebody asked, or was still under way: nobody gains by reading
    /// again at once what takes long to read.
    Within(Duration),
}

/// The place of somebody who asked, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Place<'a, T> {
    asked: Instant,
    last: MutexGuard<'a, Option<Reading<T>>>,
}

#[derive(Debug)]
struct Reading<T> {
    started: Instant,
    ended: Instant,
    result: Result<T, Error>,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Latest<T> {
    /// Asks, and waits for whoever is just reading. May be dropped at any time.
    pub(crate) async fn ask(&self) -> Place<'_, T> {
        let asked = Instant::now();
        Place { asked, last: self.0.lock().await }
    }
}

impl<T: Clone> Place<'_, T> {
    /// What was read last if that is recent enough, or what `read` brings now; and when that was begun.
    pub(crate) async fn get(
        mut self,
        fresh: Fresh,
        read: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Instant, T), Error> {
        if let Some(last) = &*self.last
            && last.is_for(self.asked, fresh)
        {
            return last.told();
        }
        let started = Instant::now();
        let result = read.await;
        *self.last = Some(Reading { started, ended: Instant::now(), result: result.clone() });
        result.map(|read| (started, read))
    }
}

impl<T: Clone> Reading<T> {
    fn is_for(&self, asked: Instant, fresh: Fresh) -> bool {
        let was_awaited = asked < self.ended;
        match &self.result {
            Ok(_) => match fresh {
                Fresh::After(moment) => self.started > moment,
                Fresh::Within(age) => asked < self.ended + age,
            },
            Err(error) => was_awaited && !is_the_readers_own(error),
        }
    }

    fn told(&self) -> Result<(Instant, T), Error> {
        self.result.as_ref().map(|read| (self.started, read.clone())).map_err(Error::retold)
    }
}

/// Whether somebody with more time, or whom nobody stopped, might have got an answer.
fn is_the_readers_own(error: &Error) -> bool {
    matches!(error.kind(), Kind::Stopped | Kind::OutOfTime | Kind::Throttled { .. })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::cell::Cell;

    use tokio::time::sleep;

    use super::*;

    /// Something whose every reading takes a while, and is the number of that reading.
    struct Slow {
        latest: Latest<u32>,
        readings: Cell<u32>,
        takes: Duration,
        fails: Option<Kind>,
    }

    impl Slow {
        fn new(takes: u64) -> Self {
            let (latest, readings) = (Latest::default(), Cell::new(0));
            Self { latest, readings, takes: seconds(takes), fails: None }
        }

        fn failing(kind: Kind) -> Self {
            Self { fails: Some(kind), ..Self::new(1) }
        }

        /// What somebody gets who asks after so many seconds.
        async fn asked(&self, after: u64, fresh: Fresh) -> Result<u32, Error> {
            sleep(seconds(after)).await;
            let read = async {
                self.readings.set(self.readings.get() + 1);
                sleep(self.takes).await;
                let failure = self.fails.clone().map(|kind| Error::unsent(kind, "GET", "/"));
                failure.map_or(Ok(self.readings.get()), Err)
            };
            self.latest.ask().await.get(fresh, read).await.map(|(_, read)| read)
        }
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const YOUNG: Fresh = Fresh::Within(seconds(30));

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_while_it_is_read_shares_it_however_long_that_takes() {
        let slow = Slow::new(100);
        let asked = [0, 1, 50, 99].map(|after| slow.asked(after, YOUNG));
        let [first, second, third, last] = asked;
        let read = tokio::join!(first, second, third, last);
        let read = [read.0, read.1, read.2, read.3].map(Result::unwrap);
        assert_eq!((read, slow.readings.get()), ([1; 4], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_later_shares_it_while_it_is_young() {
        let slow = Slow::new(1);
        assert_eq!(slow.asked(0, YOUNG).await.unwrap(), 1);
        assert_eq!(slow.asked(29, YOUNG).await.unwrap(), 1, "it ended 29 seconds ago");
        assert_eq!(slow.asked(1, YOUNG).await.unwrap(), 2, "it ended 30 seconds ago");
    }

    #[tokio::test(start_paused = true)]
    async fn who_wants_what_was_begun_later_does_not_get_what_is_under_way() {
        let slow = Slow::new(100);
        let now = Instant::now();
        let late = || slow.asked(50, Fresh::After(now + seconds(50)));
        let (early, one, other) = tokio::join!(slow.asked(0, YOUNG), late(), late());
        assert_eq!([early, one, other].map(Result::unwrap), [1, 2, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_to_who_waited_and_to_nobody_later() {
        let slow = Slow::failing(Kind::Forbidden);
        let (one, other) = tokio::join!(slow.asked(0, YOUNG), slow.asked(0, YOUNG));
        for told in [one, other] {
            assert_eq!(told.unwrap_err().kind(), &Kind::Forbidden);
        }
        assert_eq!(slow.readings.get(), 1);
        slow.asked(0, YOUNG).await.unwrap_err();
        assert_eq!(slow.readings.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_for_want_of_time_is_the_readers_own() {
        let throttled = Kind::Throttled { asked: Some(seconds(60)), left: seconds(5) };
        for kind in [Kind::Stopped, Kind::OutOfTime, throttled] {
            let slow = Slow::failing(kind.clone());
            let (one, other) = tokio::join!(slow.asked(0, YOUNG), slow.asked(0, YOUNG));
            assert!(one.is_err() && other.is_err());
            assert_eq!(slow.readings.get(), 2, "{kind}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_while_reading_leaves_the_turn_to_the_next() {
        let slow = Slow::new(10);
        let leaves = async {
            tokio::select! {
                _ = slow.asked(0, YOUNG) => false,
                () = sleep(seconds(5)) => true,
            }
        };
        let (has_left, other) = tokio::join!(leaves, slow.asked(1, YOUNG));
        assert_eq!((has_left, other.unwrap()), (true, 2));
    }
}
