//! Moments as Graph writes them (`Edm.DateTimeOffset`); knows no clock.

use std::time::{SystemTime, UNIX_EPOCH};

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
        let (date, time) = text.split_once('T')?;
        let (clock, offset) = time.split_at(time.find(['Z', '+', '-'])?);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(clock, ':')?;
        let sound = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60
            && fraction.bytes().all(|byte| byte.is_ascii_digit());
        let of_day = (hour * 60 + minute) * 60 + second - offset_seconds(offset)?;
        (sound && year > 1).then(|| Self { seconds: days(year, month, day) * DAY + of_day })
    }

    /// Whole days from `now` until this moment, rounded down: 0 on the last day, negative afterwards.
    pub fn days_after(self, now: SystemTime) -> i64 {
        self.seconds_after(now).div_euclid(DAY)
    }

    /// Seconds from `now` until this moment, negative when it has passed.
    pub fn seconds_after(self, now: SystemTime) -> i64 {
        let seconds = |time: std::time::Duration| time.as_secs().try_into().unwrap_or(i64::MAX);
        let now = match now.duration_since(UNIX_EPOCH) {
            Ok(since) => seconds(since),
            Err(before) => -seconds(before.duration()),
        };
        self.seconds.saturating_sub(now)
    }
}

const DAY: i64 = 24 * 60 * 60;

/// Exactly so many numbers, each of one to four digits.
fn numbers<const COUNT: usize>(text: &str, between: char) -> Option<[i64; COUNT]> {
    let number = |part: &str| {
        let is_number = part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_number)
    };
    let parts: Option<Vec<i64>> = text.split(between).map(number).collect();
    parts?.try_into().ok()
}

/// What `Z`, `+02:00` or `-07:30` adds to the time in UTC.
fn offset_seconds(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let (sign, rest) = offset.split_at_checked(1)?;
    let [hours, minutes] = numbers(rest, ':')?;
    let seconds = (hours * 60 + minutes) * 60;
    Some(if sign == "-" { -seconds } else { seconds })
}

/// Days from 1970-01-01 to a Gregorian date. The year is counted from March, so that the leap day is
/// its last day, in eras of 400 years, which all have the same 146,097 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
