//! Moments as Graph writes them (`Edm.DateTimeOffset`); knows no clock.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment, to the second.
///
/// ```
/// use std::time::UNIX_EPOCH;
/// use terraform_provider_intune::entity::Moment;
///
/// let moment = Moment::parse("1970-01-03T12:00:00Z");
/// assert_eq!(moment.map(|moment| moment.days_after(UNIX_EPOCH)), Some(2));
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Moment {
    /// Since the beginning of 1970 in UTC.
    seconds: i64,
}

impl Moment {
    /// Reads `2026-01-05T08:00:00Z`, with or without a fraction of a second, and with any offset.
    ///
    /// None for any other text, and for the year 1: Graph writes that where there was no such moment.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        (moment.year() > 1).then(|| Self { seconds: moment.unix_timestamp() })
    }

    /// Whole days from `now` until this moment, rounded down: 0 on the last day, negative afterwards.
    pub fn days_after(self, now: SystemTime) -> i64 {
        self.seconds_after(now).div_euclid(DAY)
    }

    /// Seconds from `now` until this moment, negative when it has passed.
    pub fn seconds_after(self, now: SystemTime) -> i64 {
        self.seconds.saturating_sub(OffsetDateTime::from(now).unix_timestamp())
    }
}

const DAY: i64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn every_form_of_graphs_moments_is_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2000-02-29T12:30:15Z", Some(951_827_415)),
            ("2026-01-05T08:00:00.1234567Z", Some(1_767_600_000)),
            ("2026-01-05T08:00:00+02:00", Some(1_767_592_800)),
            ("2026-01-05T08:00:00-07:30", Some(1_767_627_000)),
            ("0001-01-01T00:00:00Z", None),
            ("2026-01-05", None),
            ("2026-01-05T08:00:00", None),
            ("2026-13-05T08:00:00Z", None),
            ("2026-01-05T24:00:00Z", None),
            ("2026-01-05T08:00:00.x7Z", None),
            ("2026-1-+5T08:00:00Z", None),
            ("99999999999999999999-01-05T08:00:00Z", None),
            ("2026-01-05T08:00:00+x", None),
            ("T", None),
            ("", None),
        ] {
            assert_eq!(Moment::parse(text).map(|moment| moment.seconds), seconds, "{text}");
        }
    }

    #[test]
    fn days_are_rounded_down_on_either_side_of_the_moment() {
        let moment = Moment { seconds: 10 * DAY };
        for (now, days) in [
            (0, 10),
            (1, 9),
            (9 * DAY, 1),
            (9 * DAY + 1, 0),
            (10 * DAY, 0),
            (10 * DAY + 1, -1),
            (11 * DAY, -1),
            (11 * DAY + 1, -2),
        ] {
            let now = UNIX_EPOCH + Duration::from_secs(now.unsigned_abs());
            assert_eq!(moment.days_after(now), days, "{now:?}");
        }
        assert_eq!(moment.days_after(UNIX_EPOCH - Duration::from_secs(1)), 10);
    }
}
