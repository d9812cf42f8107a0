//! Points in time as Graph writes them; knows no clock.

use std::time::{Duration, SystemTime};

const DAY: i64 = 24 * 60 * 60;

/// Whole days from one moment to a later one, negative when it is over; nothing for a text that is no
/// moment in UTC, such as `2026-11-25T08:00:00Z`.
pub(super) fn days_until(text: &str, now: SystemTime) -> Option<i64> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Some((seconds(text)? - i64::try_from(now.as_secs()).ok()?).div_euclid(DAY))
}

/// Seconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?;
    let in_range = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    in_range.then(|| days(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let parts: Option<Vec<i64>> = text.split(between).map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

/// Days since 1970 of the Gregorian calendar, its years counted from March so that the leap day is last.
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_since_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2026-11-25T08:00:00.1234567Z", Some(1_795_593_600)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2026-11-25", None),
            ("2026-13-25T08:00:00Z", None),
            ("2026-11-25T08:00:00+01:00", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn days_are_counted_down_and_past_zero() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100 * 86_400);
        for (text, expected) in
            [("1970-04-12T00:00:00Z", 1), ("1970-04-11T23:59:59Z", 0), ("1970-04-10T23:59:59Z", -1)]
        {
            assert_eq!(days_until(text, now), Some(expected), "{text}");
        }
    }
}
