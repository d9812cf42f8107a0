//! Reads how long a service asks us to wait; decides nothing.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// The wait asked for in the headers, or else in the answer's body, where Intune may put it.
///
/// Graph's documents show `2.128`, RFC 9110, section 10.2.3, allows seconds and dates. A date
/// counts from the answer's own `Date`, as this machine's clock may be wrong. Anything else,
/// negative numbers among it, counts as absent. Never less than a second.
pub(crate) fn asked_wait(headers: &HeaderMap, in_body: Option<&str>) -> Option<Duration> {
    headers
        .get_all(RETRY_AFTER)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .filter_map(|text| seconds(text.trim()).or_else(|| until(text.trim(), headers)))
        // Several headers are against the rules; the longest wait offends nobody.
        .max()
        .or_else(|| in_body.and_then(|text| seconds(text.trim())))
        .map(|wait| wait.max(SHORTEST))
}

/// Zero and dates in the past would otherwise make a loop without a pause.
const SHORTEST: Duration = Duration::from_secs(1);

fn seconds(text: &str) -> Option<Duration> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain {
        return None;
    }
    text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn until(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let then = httpdate::parse_http_date(text).ok()?;
    let now = headers
        .get(DATE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| httpdate::parse_http_date(text).ok())
        .unwrap_or_else(SystemTime::now);
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn asked(retry_after: &[&str]) -> Option<f64> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:00 GMT"));
        for text in retry_after {
            headers.append(RETRY_AFTER, HeaderValue::from_bytes(text.as_bytes()).unwrap());
        }
        asked_wait(&headers, None).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn seconds_may_have_decimals() {
        assert_eq!(asked(&["2"]), Some(2.0));
        assert_eq!(asked(&["2.128"]), Some(2.128));
        assert_eq!(asked(&[" 3600 "]), Some(3600.0));
        assert_eq!(asked(&["0"]), Some(1.0), "never a loop without a pause");
    }

    #[test]
    fn the_three_forms_of_a_date_count_from_the_answers_own_date() {
        assert_eq!(asked(&["Sun, 06 Nov 1994 08:49:37 GMT"]), Some(37.0));
        assert_eq!(asked(&["Sunday, 06-Nov-94 08:49:37 GMT"]), Some(37.0));
        assert_eq!(asked(&["Sun Nov  6 08:49:37 1994"]), Some(37.0));
        assert_eq!(asked(&["Sun, 06 Nov 1994 08:00:00 GMT"]), Some(1.0), "the past is now");
    }

    #[test]
    fn nonsense_counts_as_absent() {
        let endless = "9".repeat(400);
        for text in ["", "-5", "NaN", "inf", "1e9", "abc", ".", "1.2.3", "2 s", "+4", &endless] {
            assert_eq!(asked(&[text]), None, "{text}");
        }
    }

    #[test]
    fn of_two_headers_the_longer_wait_counts() {
        assert_eq!(asked(&["2", "7"]), Some(7.0));
        assert_eq!(asked(&["abc", "7"]), Some(7.0));
    }

    #[test]
    fn the_body_counts_when_no_header_does() {
        let headers = HeaderMap::new();
        assert_eq!(asked_wait(&headers, Some("12")), Some(Duration::from_secs(12)));
        assert_eq!(asked_wait(&headers, Some("null")), None);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in prop::collection::vec(32_u8..127, 0..40)) {
            let text = String::from_utf8(bytes).unwrap();
            let wait = asked(&[&text]);
            prop_assert!(wait.is_none_or(|seconds| seconds >= 1.0));
        }
    }
}
