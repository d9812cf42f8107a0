//! Whether and when a request is sent again: the only retry layer. Knows no sockets and no bodies.

use std::time::Duration;

use tokio::time::Instant;

/// What sending a request twice would mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repetition {
    /// Nothing: it only reads.
    Harmless,
    /// The same as sending it once: PATCH, DELETE, an action that is idempotent by value.
    Repeatable,
    /// A second object. Graph offers no key by which it would notice.
    Creates,
}

/// How one attempt failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// The service answered this status, and maybe how long to wait.
    Status { status: u16, asked: Option<Duration> },
    /// Nothing was sent; a lasting reason, such as a bad certificate, will be there next time too.
    NotSent { lasting: bool },
    /// The connection broke, or time ran out, after something may have been sent.
    Interrupted,
    /// A success by its status, whose body is not what it has to be.
    Unreadable,
    /// A success by its status, whose body is larger than we hold.
    TooLarge,
}

impl Outcome {
    /// Whether the service may have done what was asked for.
    pub(crate) const fn leaves_open(self) -> bool {
        match self {
            Self::Interrupted | Self::Unreadable | Self::TooLarge => true,
            Self::Status { status, .. } => matches!(status, 408 | 500..=599) && status != 509,
            Self::NotSent { .. } => false,
        }
    }
}

/// What to do about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Decision {
    /// Send again after this wait, which ends before the deadline.
    Resend { wait: Duration },
    /// Send again at once with a new token.
    RenewToken,
    /// Fail with what happened last.
    GiveUp,
    /// Fail, as the service wants us to wait for longer than there is time.
    Throttled { asked: Option<Duration>, left: Duration },
    /// Fail: the service may have created the object.
    Ambiguous,
}

/// A source of chance: a number from 0 up to but not including 1. Tests pass a constant.
pub(crate) type Jitter = fn() -> f64;

/// Chance from the operating system.
pub(crate) fn random() -> f64 {
    let (_, low) = uuid::Uuid::new_v4().as_u64_pair();
    // The low 53 bits are random in a version 4 UUID, and fit an f64 exactly.
    let bits = low & ((1 << 53) - 1);
    bits as f64 / (1_u64 << 53) as f64
}

/// The course of one request over its attempts.
#[derive(Debug)]
pub(crate) struct Policy {
    repetition: Repetition,
    deadline: Instant,
    jitter: Jitter,
    failures: u32,
    server_failures: u32,
    unreadable: u32,
    throttled: u32,
    unreachable_since: Option<Instant>,
    refused_tokens: u32,
}

impl Policy {
    pub(crate) fn new(repetition: Repetition, deadline: Instant, jitter: Jitter) -> Self {
        Self {
            repetition,
            deadline,
            jitter,
            failures: 0,
            server_failures: 0,
            unreadable: 0,
            throttled: 0,
            unreachable_since: None,
            refused_tokens: 0,
        }
    }

    /// Takes note of a failed attempt that ended now, and decides what follows.
    pub(crate) fn next(&mut self, outcome: Outcome, now: Instant) -> Decision {
        if !matches!(outcome, Outcome::NotSent { .. }) {
            self.unreachable_since = None;
        }
        match (self.repetition, outcome) {
            (_, Outcome::NotSent { lasting: true }) => Decision::GiveUp,
            (_, Outcome::NotSent { lasting: false }) => self.after_no_connection(now),
            (Repetition::Creates, Outcome::Status { status, asked }) => {
                self.after_create(status, asked, now)
            }
            (Repetition::Creates, _) => Decision::Ambiguous,
            (_, Outcome::Status { status, asked }) => self.after_status(status, asked, now),
            (_, Outcome::Interrupted) => self.after_failure(now),
            (_, Outcome::Unreadable) => self.after_unreadable(now),
            (_, Outcome::TooLarge) => Decision::GiveUp,
        }
    }

    /// A create goes out again only after an answer that says that nothing was made.
    fn after_create(&mut self, status: u16, asked: Option<Duration>, now: Instant) -> Decision {
        match status {
            429 => self.after_throttling(asked, now),
            401 => self.after_refused_token(now),
            408 => Decision::Ambiguous,
            400..=499 => Decision::GiveUp,
            _ => Decision::Ambiguous,
        }
    }

    fn after_status(&mut self, status: u16, asked: Option<Duration>, now: Instant) -> Decision {
        match status {
            // Graph's list of errors calls 509 a bandwidth limit, which is throttling as well.
            429 | 509 => self.after_throttling(asked, now),
            503 if asked.is_some() => self.after_throttling(asked, now),
            401 => self.after_refused_token(now),
            // RFC 4918, section 11.3: locked, for as long as somebody else's change takes.
            423 | 408 | 500 | 502 | 503 | 504 => self.after_server_failure(now),
            _ => Decision::GiveUp,
        }
    }

    /// A token may have expired or been revoked. Intune also answers 401 to good ones now and then, so
    /// a fresh one is tried twice more.
    fn after_refused_token(&mut self, now: Instant) -> Decision {
        self.refused_tokens += 1;
        match self.refused_tokens {
            1 => Decision::RenewToken,
            2..=3 => self.after_failure(now),
            _ => Decision::GiveUp,
        }
    }

    /// Throttling is no failure of the request: only the deadline bounds it.
    fn after_throttling(&mut self, asked: Option<Duration>, now: Instant) -> Decision {
        let wait = match asked {
            // Those throttled together must not come back together.
            Some(asked) => {
                asked.saturating_add((asked / 10).max(LEAST_SPREAD).mul_f64(self.chance()))
            }
            None => self.backoff(FIRST_THROTTLED_WAIT, self.throttled),
        };
        self.throttled += 1;
        let left = self.deadline.saturating_duration_since(now);
        if wait < left { Decision::Resend { wait } } else { Decision::Throttled { asked, left } }
    }

    /// Some 500s of Graph never go away, so they get fewer attempts than a bad connection.
    fn after_server_failure(&mut self, now: Instant) -> Decision {
        self.server_failures += 1;
        if self.server_failures < SERVER_FAILURES {
            self.after_failure(now)
        } else {
            Decision::GiveUp
        }
    }

    fn after_unreadable(&mut self, now: Instant) -> Decision {
        self.unreadable += 1;
        if self.unreadable < UNREADABLE_ANSWERS {
            self.after_failure(now)
        } else {
            Decision::GiveUp
        }
    }

    /// A refused connection is either over soon or a wrong address or proxy, which waiting hides.
    fn after_no_connection(&mut self, now: Instant) -> Decision {
        let since = *self.unreachable_since.get_or_insert(now);
        let decision = self.after_failure(now);
        match decision {
            Decision::Resend { wait } if now + wait > since + UNREACHABLE_FOR => Decision::GiveUp,
            decision => decision,
        }
    }

    fn after_failure(&mut self, now: Instant) -> Decision {
        let wait = self.backoff(FIRST_WAIT, self.failures);
        self.failures += 1;
        let most = match self.repetition {
            Repetition::Harmless => READS,
            Repetition::Repeatable | Repetition::Creates => WRITES,
        };
        let in_time = wait < self.deadline.saturating_duration_since(now);
        if self.failures < most && in_time { Decision::Resend { wait } } else { Decision::GiveUp }
    }

    /// Doubles from the first wait up to the longest; half of it is chance ("equal jitter").
    fn backoff(&self, first: Duration, doublings: u32) -> Duration {
        let factor = 2_u32.saturating_pow(doublings);
        let full = first.saturating_mul(factor).min(LONGEST_WAIT);
        full / 2 + (full / 2).mul_f64(self.chance())
    }

    /// A faulty source must not make a duration negative or endless.
    fn chance(&self) -> f64 {
        let chance = (self.jitter)();
        if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 }
    }
}

const READS: u32 = 8;
const WRITES: u32 = 6;
const SERVER_FAILURES: u32 = 5;
const UNREADABLE_ANSWERS: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const FIRST_THROTTLED_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const LEAST_SPREAD: Duration = Duration::from_millis(250);
const UNREACHABLE_FOR: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn status(status: u16) -> Outcome {
        Outcome::Status { status, asked: None }
    }

    fn throttled(status: u16, seconds: f64) -> Outcome {
        Outcome::Status { status, asked: Some(Duration::from_secs_f64(seconds)) }
    }

    /// The waits in seconds until the policy does anything but send again, and what it does then.
    fn course(
        repetition: Repetition,
        outcome: Outcome,
        budget: Duration,
        jitter: Jitter,
    ) -> (Vec<f64>, Decision) {
        let mut now = Instant::now();
        let mut policy = Policy::new(repetition, now + budget, jitter);
        let mut waits = Vec::new();
        loop {
            match policy.next(outcome, now) {
                Decision::Resend { wait } => {
                    now += wait;
                    waits.push(wait.as_secs_f64());
                }
                decision => return (waits, decision),
            }
        }
    }

    #[test]
    fn a_failing_service_is_asked_five_times() {
        for code in [408, 500, 502, 503, 504] {
            for repetition in [Repetition::Harmless, Repetition::Repeatable] {
                let (waits, decision) = course(repetition, status(code), LONG, || 1.0);
                assert_eq!(waits, [1.0, 2.0, 4.0, 8.0], "{code} {repetition:?}");
                assert_eq!(decision, Decision::GiveUp);
            }
        }
    }

    #[test]
    fn a_breaking_connection_is_tried_more_often_for_reads_than_for_writes() {
        let (reads, _) = course(Repetition::Harmless, Outcome::Interrupted, LONG, || 1.0);
        assert_eq!(reads, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        let (writes, _) = course(Repetition::Repeatable, Outcome::Interrupted, LONG, || 1.0);
        assert_eq!(writes, [1.0, 2.0, 4.0, 8.0, 16.0]);
    }

    #[test]
    fn chance_takes_up_to_half_of_a_backoff_away() {
        let (least, _) = course(Repetition::Harmless, status(500), LONG, || 0.0);
        assert_eq!(least, [0.5, 1.0, 2.0, 4.0]);
        let (middle, _) = course(Repetition::Harmless, status(500), LONG, || 0.5);
        assert_eq!(middle, [0.75, 1.5, 3.0, 6.0]);
    }

    #[test]
    fn faulty_chance_does_no_harm() {
        let (waits, _) = course(Repetition::Harmless, status(500), LONG, || f64::NAN);
        assert_eq!(waits, [0.75, 1.5, 3.0, 6.0]);
        let (waits, _) = course(Repetition::Harmless, status(500), LONG, || -1e300);
        assert_eq!(waits, [0.5, 1.0, 2.0, 4.0]);
    }

    #[test]
    fn random_numbers_lie_between_nought_and_one_and_differ() {
        let numbers: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < 0.5));
        assert!(numbers.iter().any(|number| *number >= 0.5));
    }

    #[test]
    fn throttling_waits_what_was_asked_and_up_to_a_tenth_more() {
        for (jitter, expected) in [((|| 0.0) as Jitter, 100.0), (|| 1.0, 110.0)] {
            let start = Instant::now();
            let mut policy = Policy::new(Repetition::Harmless, start + LONG, jitter);
            for code in [429, 503, 509] {
                let wait = Duration::from_secs_f64(expected);
                assert_eq!(policy.next(throttled(code, 100.0), start), Decision::Resend { wait });
            }
        }
    }

    #[test]
    fn a_short_wait_is_spread_over_a_quarter_of_a_second() {
        let start = Instant::now();
        let mut policy = Policy::new(Repetition::Harmless, start + LONG, || 1.0);
        let wait = Duration::from_millis(2250);
        assert_eq!(policy.next(throttled(429, 2.0), start), Decision::Resend { wait });
    }

    #[test]
    fn throttling_is_no_attempt_and_only_the_deadline_ends_it() {
        let (waits, decision) = course(Repetition::Creates, throttled(429, 10.0), LONG, || 0.0);
        assert_eq!(waits.len(), 59);
        let asked = Some(Duration::from_secs(10));
        assert_eq!(decision, Decision::Throttled { asked, left: Duration::from_secs(10) });
    }

    #[test]
    fn throttling_without_a_number_starts_at_five_seconds() {
        let budget = Duration::from_secs(60);
        let (waits, decision) = course(Repetition::Creates, status(429), budget, || 1.0);
        assert_eq!(waits, [5.0, 10.0, 20.0]);
        assert_eq!(decision, Decision::Throttled { asked: None, left: Duration::from_secs(25) });
    }

    #[test]
    fn a_wait_longer_than_the_time_left_fails_at_once_and_names_both() {
        let budget = Duration::from_secs(290);
        let (waits, decision) =
            course(Repetition::Harmless, throttled(429, 3600.0), budget, || 0.0);
        assert_eq!(waits, [] as [f64; 0]);
        let asked = Some(Duration::from_secs(3600));
        assert_eq!(decision, Decision::Throttled { asked, left: budget });
    }

    #[test]
    fn the_longest_wait_there_is_overflows_nothing() {
        let asked = Some(Duration::MAX);
        let outcome = Outcome::Status { status: 429, asked };
        let (_, decision) = course(Repetition::Harmless, outcome, LONG, || 1.0);
        assert_eq!(decision, Decision::Throttled { asked, left: LONG });
    }

    #[test]
    fn no_backoff_outlives_the_deadline() {
        let budget = Duration::from_secs(4);
        let (waits, decision) = course(Repetition::Harmless, Outcome::Interrupted, budget, || 1.0);
        assert_eq!(waits, [1.0, 2.0]);
        assert_eq!(decision, Decision::GiveUp);
    }

    #[test]
    fn a_create_is_never_sent_again_once_it_may_have_arrived() {
        let asked = Some(Duration::from_secs(2));
        let mut outcomes = vec![
            Outcome::Interrupted,
            Outcome::Unreadable,
            Outcome::TooLarge,
            Outcome::Status { status: 503, asked },
        ];
        outcomes.extend([302, 408, 500, 501, 502, 503, 504, 507, 509, 599, 600].map(status));
        for outcome in outcomes {
            let (waits, decision) = course(Repetition::Creates, outcome, LONG, || 0.0);
            assert_eq!((waits.len(), decision), (0, Decision::Ambiguous), "{outcome:?}");
        }
    }

    #[test]
    fn a_rejected_create_is_not_sent_again() {
        for code in [400, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423] {
            let (waits, decision) = course(Repetition::Creates, status(code), LONG, || 0.0);
            assert_eq!((waits.len(), decision), (0, Decision::GiveUp), "{code}");
        }
    }

    #[test]
    fn what_was_not_sent_goes_out_again_for_half_a_minute() {
        let outcome = Outcome::NotSent { lasting: false };
        for repetition in [Repetition::Harmless, Repetition::Repeatable, Repetition::Creates] {
            let (waits, decision) = course(repetition, outcome, LONG, || 1.0);
            assert_eq!(waits, [1.0, 2.0, 4.0, 8.0], "{repetition:?}");
            assert_eq!(decision, Decision::GiveUp);
        }
        let (waits, _) =
            course(Repetition::Harmless, Outcome::NotSent { lasting: true }, LONG, || 1.0);
        assert_eq!(waits, [] as [f64; 0], "a bad certificate stays bad");
    }

    #[test]
    fn permanent_answers_are_taken_at_their_word() {
        for code in [302, 400, 403, 404, 405, 409, 410, 422, 501, 505, 507, 600] {
            let (waits, decision) = course(Repetition::Harmless, status(code), LONG, || 0.0);
            assert_eq!((waits.len(), decision), (0, Decision::GiveUp), "{code}");
        }
    }

    #[test]
    fn a_refused_token_is_renewed_once_and_the_fresh_one_tried_twice_more() {
        for repetition in [Repetition::Harmless, Repetition::Repeatable, Repetition::Creates] {
            let now = Instant::now();
            let mut policy = Policy::new(repetition, now + LONG, || 1.0);
            assert_eq!(policy.next(status(401), now), Decision::RenewToken);
            for seconds in [1, 2] {
                let wait = Duration::from_secs(seconds);
                assert_eq!(policy.next(status(401), now), Decision::Resend { wait });
            }
            assert_eq!(policy.next(status(401), now), Decision::GiveUp);
        }
    }

    #[test]
    fn what_is_locked_is_tried_again_unless_it_creates() {
        let (waits, _) = course(Repetition::Repeatable, status(423), LONG, || 1.0);
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0]);
    }

    #[test]
    fn an_unreadable_answer_is_asked_for_three_times() {
        let (waits, decision) = course(Repetition::Harmless, Outcome::Unreadable, LONG, || 1.0);
        assert_eq!((waits, decision), (vec![1.0, 2.0], Decision::GiveUp));
    }
}
