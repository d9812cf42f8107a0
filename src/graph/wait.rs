//! A wait for somebody else in this process, which a deadline or a stop ends; knows not what is waited for.

use tokio::time::{Instant, timeout_at};

use super::Kind;

/// What comes of a wait, or as which kind of failure it ended before.
pub(crate) async fn in_time<T>(
    wait: impl Future<Output = T>,
    deadline: Instant,
    stopped: impl Future<Output = ()>,
) -> Result<T, Kind> {
    tokio::select! {
        biased;
        () = stopped => Err(Kind::Stopped),
        done = timeout_at(deadline, wait) => done.map_err(|_| Kind::OutOfTime),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_a_stop_or_at_its_deadline_and_says_which() {
        let started = Instant::now();
        let deadline = started + Duration::from_secs(5);
        assert_eq!(in_time(ready(7), deadline, pending()).await, Ok(7));
        assert_eq!(in_time(pending::<()>(), deadline, ready(())).await, Err(Kind::Stopped));
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert_eq!(in_time(pending::<()>(), deadline, pending()).await, Err(Kind::OutOfTime));
        assert_eq!(started.elapsed(), Duration::from_secs(5));
    }
}
