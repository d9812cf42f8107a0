//! How fast a tenant may be asked, as numbers over time; waits for nobody and sends nothing.
//!
//! Intune's enrollment endpoints are documented to take 100 writes and 1,000 requests of one
//! application and tenant in 20 seconds (Microsoft Graph, "Service-specific throttling limits"). Four
//! fifths of that are used, as the portal and other runs draw on the same quota.

use std::time::Duration;

use tokio::time::Instant;

/// What a request counts as: writes can be throttled while reads pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    Read,
    Write,
}

/// How a request went, as far as pace is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Experience {
    /// An answer that shows the service at work, whatever it says.
    Answered,
    /// Throttled, until this much later.
    Throttled { wait: Duration },
    /// Unavailable, for this much longer; the service's trouble, not ours.
    Closed { wait: Duration },
    /// 5xx.
    Failed,
    /// The request was sent, and no answer came.
    Silent,
    /// There was no connection: nobody had any trouble with it, but it is a strong sign.
    Unreachable,
}

/// The pace of one tenant.
#[derive(Debug)]
pub(crate) struct Pace {
    reads: Lane,
    writes: Lane,
    breaker: Breaker,
    /// Whether the service has ever answered.
    reached: bool,
}

/// Why a request may not go out now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hold {
    pub(crate) wait: Duration,
    /// Whether the service itself asked for it: then it is of no use to wait beyond a deadline.
    pub(crate) asked: bool,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            reads: Lane::new(40.0, 100.0, now),
            writes: Lane::new(4.0, 20.0, now),
            breaker: Breaker { credit: CAPACITY, next_probe: None },
            reached: false,
        }
    }

    /// Lets a request go, or says what it has to wait for. An urgent one waits for nothing but what the
    /// service asked for, and those behind it pay, for a burst of them at most.
    pub(crate) fn go(&mut self, class: Class, urgent: bool, now: Instant) -> Result<(), Hold> {
        let probing = self.breaker.hold(now);
        let lane = self.lane(class);
        lane.refill(now);
        if let Some(wait) = lane.closed_for(now) {
            return Err(Hold { wait, asked: true });
        }
        let wait = if urgent { None } else { lane.empty_for().max(probing) };
        if let Some(wait) = wait {
            return Err(Hold { wait, asked: false });
        }
        lane.tokens = (lane.tokens - 1.0).max(-lane.burst);
        self.breaker.sent(now);
        Ok(())
    }

    /// For how long the service asked to send nothing of this class.
    pub(crate) fn closed_for(&mut self, class: Class, now: Instant) -> Option<Duration> {
        self.lane(class).closed_for(now)
    }

    /// Counts what travels with a request that was let go: Graph counts each request of a batch. Those who
    /// come next wait for it.
    pub(crate) fn charge(&mut self, class: Class, beside: u16) {
        self.lane(class).tokens -= f64::from(beside);
    }

    /// Takes note of what came of a request that was sent at `sent`.
    pub(crate) fn learn(&mut self, class: Class, seen: Experience, sent: Instant, now: Instant) {
        self.reached |= !matches!(seen, Experience::Silent | Experience::Unreachable);
        match seen {
            Experience::Answered => self.breaker.succeeded(),
            Experience::Failed => self.breaker.failed(5.0, now),
            Experience::Silent => self.breaker.failed(10.0, now),
            Experience::Unreachable => self.breaker.failed(20.0, now),
            Experience::Throttled { wait } => {
                let lane = self.lane(class);
                lane.slow_down(sent, now);
                lane.close(now, wait);
            }
            Experience::Closed { wait } => {
                self.lane(class).close(now, wait);
                self.breaker.failed(5.0, now);
            }
        }
    }

    /// Whether only probes go out.
    pub(crate) fn is_broken(&self) -> bool {
        self.breaker.next_probe.is_some()
    }

    /// Whether a service that worked is down, which is worth waiting for. What never answered may be a
    /// wrong address or proxy, and waiting would only hide that.
    pub(crate) fn is_outage(&self) -> bool {
        self.reached && self.is_broken()
    }

    fn lane(&mut self, class: Class) -> &mut Lane {
        match class {
            Class::Read => &mut self.reads,
            Class::Write => &mut self.writes,
        }
    }
}

/// A token bucket whose rate follows what the service bears, and a gate in front of it.
#[derive(Debug)]
struct Lane {
    /// Requests a second, at most and now.
    most: f64,
    rate: f64,
    burst: f64,
    tokens: f64,
    refilled: Instant,
    /// When it was slowed down or sped up last.
    changed: Instant,
    slowed: Option<Instant>,
    not_before: Option<Instant>,
}

const SLOWEST: f64 = 0.5;
const CLEAN: Duration = Duration::from_secs(20);

impl Lane {
    fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self {
            most: rate,
            rate,
            burst,
            tokens: burst,
            refilled: now,
            changed: now,
            slowed: None,
            not_before: None,
        }
    }

    fn refill(&mut self, now: Instant) {
        while self.rate < self.most && now >= self.changed + CLEAN {
            self.changed += CLEAN;
            self.rate = (self.rate + self.most / 10.0).min(self.most);
        }
        let passed = now.saturating_duration_since(self.refilled).as_secs_f64();
        // A slower lane has a smaller burst too: what was too much must not come at once.
        let full = (self.burst * self.rate / self.most).max(1.0);
        self.tokens = (self.tokens + passed * self.rate).min(full);
        self.refilled = now;
    }

    fn closed_for(&self, now: Instant) -> Option<Duration> {
        let wait = self.not_before?.saturating_duration_since(now);
        (!wait.is_zero()).then_some(wait)
    }

    fn empty_for(&self) -> Option<Duration> {
        let lacking = 1.0 - self.tokens;
        // A timer has a resolution of a millisecond, and so must the comparison have some slack.
        (lacking > 1e-6).then(|| Duration::from_secs_f64(lacking / self.rate))
    }

    /// Halves the rate, once for all requests that were under way together.
    fn slow_down(&mut self, sent: Instant, now: Instant) {
        if self.slowed.is_some_and(|slowed| sent <= slowed) {
            return;
        }
        self.refill(now);
        self.rate = (self.rate / 2.0).max(SLOWEST);
        self.tokens = self.tokens.min(0.0);
        self.changed = now;
        self.slowed = Some(now);
    }

    fn close(&mut self, now: Instant, wait: Duration) {
        // What cannot be added is further away than any deadline.
        let until = now.checked_add(wait).unwrap_or(now + FOREVER);
        self.not_before = self.not_before.max(Some(until));
        // The time behind a closed gate proves nothing about the rate.
        self.changed = self.changed.max(until.min(now + FOREVER));
    }
}

const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Credit that failures use up. Without any, one request at a time goes out to see whether the service
/// is back; the others wait, as people want their run to finish and not to fail.
#[derive(Debug)]
struct Breaker {
    credit: f64,
    next_probe: Option<Instant>,
}

const CAPACITY: f64 = 100.0;
const PROBE: Duration = Duration::from_secs(5);

impl Breaker {
    fn hold(&self, now: Instant) -> Option<Duration> {
        let wait = self.next_probe?.saturating_duration_since(now);
        (!wait.is_zero()).then_some(wait)
    }

    fn sent(&mut self, now: Instant) {
        if let Some(next) = &mut self.next_probe {
            *next = now + PROBE;
        }
    }

    fn succeeded(&mut self) {
        if self.next_probe.take().is_some() {
            // Half, so that a service that comes back only for a moment is not stormed again.
            self.credit = CAPACITY / 2.0;
        }
        self.credit = (self.credit + 1.0).min(CAPACITY);
    }

    fn failed(&mut self, cost: f64, now: Instant) {
        self.credit = (self.credit - cost).max(0.0);
        if self.credit <= 0.0 && self.next_probe.is_none() {
            self.next_probe = Some(now + PROBE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    /// How many requests go out in so many seconds, when somebody always wants one.
    fn sent_within(pace: &mut Pace, class: Class, from: Instant, seconds: f64) -> usize {
        let mut now = from;
        let mut count = 0;
        while now <= second(from, seconds) {
            match pace.go(class, false, now) {
                Ok(()) => count += 1,
                Err(hold) => now += hold.wait.max(Duration::from_millis(1)),
            }
        }
        count
    }

    const THROTTLED: Experience = Experience::Throttled { wait: Duration::from_secs(1) };

    #[test]
    fn a_burst_and_then_four_fifths_of_the_quota() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert_eq!(sent_within(&mut pace, Class::Write, start, 20.0), 20 + 80);
        assert_eq!(sent_within(&mut pace, Class::Read, start, 20.0), 100 + 800);
    }

    #[test]
    fn throttling_halves_the_rate_once_for_all_that_were_under_way() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..5 {
            pace.learn(Class::Write, THROTTLED, start, second(start, 0.5));
        }
        assert!((pace.writes.rate - 2.0).abs() < 1e-9);
        assert!((pace.reads.rate - 40.0).abs() < 1e-9, "reads pass");
        pace.learn(Class::Write, THROTTLED, second(start, 2.0), second(start, 2.1));
        assert!((pace.writes.rate - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_rate_has_a_floor_and_recovers_by_a_tenth_per_clean_twenty_seconds() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut now = start;
        for _ in 0..10 {
            now += Duration::from_secs(2);
            pace.learn(Class::Write, THROTTLED, now, now);
        }
        assert!((pace.writes.rate - SLOWEST).abs() < 1e-9);
        // The clean time starts when the gate opens, a second later.
        pace.writes.refill(second(now, 20.9));
        assert!((pace.writes.rate - 0.5).abs() < 1e-9);
        pace.writes.refill(second(now, 21.1));
        assert!((pace.writes.rate - 0.9).abs() < 1e-9);
        pace.writes.refill(second(now, 1000.0));
        assert!((pace.writes.rate - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_closed_gate_holds_its_class_and_even_what_is_urgent() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let wait = Duration::from_secs(30);
        pace.learn(Class::Write, Experience::Throttled { wait }, start, start);
        for urgent in [false, true] {
            let held = pace.go(Class::Write, urgent, start);
            assert_eq!(held, Err(Hold { wait, asked: true }));
        }
        assert_eq!(pace.go(Class::Read, false, start), Ok(()));
        assert_eq!(pace.go(Class::Write, true, start + wait), Ok(()));
    }

    #[test]
    fn what_is_urgent_goes_first_and_the_others_pay() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        while pace.go(Class::Read, false, start).is_ok() {}
        assert_eq!(pace.go(Class::Read, true, start), Ok(()));
        let hold = pace.go(Class::Read, false, start);
        let owed = Duration::from_millis(50);
        assert!(hold.is_err_and(|hold| hold.wait >= owed), "two requests at forty a second");
    }

    #[test]
    fn what_is_urgent_costs_the_others_no_more_than_a_burst() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..10_000 {
            assert_eq!(pace.go(Class::Read, true, start), Ok(()));
        }
        let hold = pace.go(Class::Read, false, start);
        let owed = Duration::from_secs(3);
        assert!(hold.is_err_and(|hold| hold.wait <= owed), "a hundred at forty a second: {hold:?}");
    }

    #[test]
    fn a_batch_counts_as_all_that_it_carries() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..5 {
            assert_eq!(pace.go(Class::Read, false, start), Ok(()));
            pace.charge(Class::Read, 19);
        }
        let hold = pace.go(Class::Read, false, start);
        assert!(hold.is_err_and(|hold| !hold.asked), "a hundred were sent at once");
        assert_eq!(pace.go(Class::Write, false, start), Ok(()));
        assert_eq!(pace.go(Class::Read, false, second(start, 0.025)), Ok(()));
    }

    #[test]
    fn an_outage_of_a_minute_costs_a_dozen_probes() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..10 {
            pace.learn(Class::Read, Experience::Silent, start, start);
        }
        assert!(pace.is_broken());
        let mut probes = 0;
        for tenth in 0..600 {
            let now = second(start, f64::from(tenth) / 10.0);
            for class in [Class::Read, Class::Write] {
                if pace.go(class, false, now).is_ok() {
                    probes += 1;
                    pace.learn(class, Experience::Silent, now, now);
                }
            }
        }
        assert_eq!(probes, 11);
        pace.learn(Class::Read, Experience::Answered, start, second(start, 60.0));
        assert!(!pace.is_broken());
    }

    #[test]
    fn failures_between_successes_break_nothing() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..1000 {
            pace.learn(Class::Read, Experience::Failed, start, start);
            for _ in 0..5 {
                pace.learn(Class::Read, Experience::Answered, start, start);
            }
        }
        assert!(!pace.is_broken());
    }

    #[test]
    fn the_longest_wait_there_is_overflows_nothing() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let wait = Duration::MAX;
        pace.learn(Class::Read, Experience::Throttled { wait }, start, start);
        assert!(pace.go(Class::Read, true, start).is_err_and(|hold| hold.asked));
    }
}
