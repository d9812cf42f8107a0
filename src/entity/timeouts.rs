//! The `timeouts` attribute that every resource has: how long an operation may take; knows no operation's
//! work.

use std::time::Duration;

use crate::diagnostics::Diagnostic;
use crate::schema::{Attribute, Nesting, Shape};
use crate::value::{Path, Type, Value};

const ATTRIBUTE: &str = "timeouts";
/// Go's `time.Duration` ends here, after 292 years; far beyond it, adding to a clock would overflow.
const LONGEST: Duration = Duration::from_nanos(i64::MAX.cast_unsigned());

/// An operation that can be limited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// Making an entity.
    Create,
    /// Looking at it.
    Read,
    /// Changing it.
    Update,
    /// Removing it.
    Delete,
    /// Doing something with it.
    Invoke,
    /// Fetching what is not stored.
    Open,
}

/// How long each operation may take.
#[derive(Debug)]
pub struct Timeouts;

impl Operation {
    /// Those of what is managed.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Update, Self::Delete];

    const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Invoke => "invoke",
            Self::Open => "open",
        }
    }

    /// What people call it, with its article.
    const fn noun(self) -> &'static str {
        match self {
            Self::Create => "a create",
            Self::Read => "a read",
            Self::Update => "an update",
            Self::Delete => "a delete",
            Self::Invoke => "an invocation",
            Self::Open => "an opening",
        }
    }

    /// Long enough to sit out the service's throttling, which asks for minutes at times.
    const fn default_minutes(self) -> u64 {
        match self {
            Self::Read | Self::Open => 5,
            // A sync of Apple's devices has a quarter of an hour.
            Self::Invoke => 20,
            Self::Create | Self::Update | Self::Delete => 10,
        }
    }
}

impl Timeouts {
    /// How long this operation may take, by the state or plan it works on.
    pub fn of(object: &Value, operation: Operation) -> Duration {
        object
            .field(ATTRIBUTE)
            .field(operation.name())
            .as_text()
            .and_then(parse_duration)
            .unwrap_or(Duration::from_secs(60 * operation.default_minutes()))
    }

    /// The attribute, with a limit for each of these operations.
    pub fn attribute_schema(operations: &[Operation]) -> Attribute {
        let limits = operations.iter().map(|operation| Attribute {
            optional: true,
            ..Attribute::of_type(
                operation.name(),
                Type::String,
                &format!(
                    "How long {} may take, waiting and retrying included, as a duration such as \
                     `30s`, `5m` or `1h30m`. Defaults to `{}m`.",
                    operation.noun(),
                    operation.default_minutes()
                ),
            )
        });
        Attribute {
            shape: Shape::Nested(Nesting::Single, limits.collect()),
            optional: true,
            ..Attribute::of_type(ATTRIBUTE, Type::Dynamic, "How long each operation may take.")
        }
    }

    /// What is wrong with the limits in a configuration.
    pub fn validate(config: &Value) -> Vec<Diagnostic> {
        let limits = config.field(ATTRIBUTE);
        let path = Path::attribute(ATTRIBUTE);
        let invalid = limits.as_fields().into_iter().flatten().filter(|(_, limit)| {
            limit.as_text().is_some_and(|text| parse_duration(text).is_none())
        });
        invalid
            .map(|(operation, _)| {
                let path = path.then_attribute(operation);
                let detail = format!(
                    "`{path}` is one or more numbers with units, such as `90s`, `10m` or `1h30m`, and \
                     must be greater than zero. Units are `ms`, `s`, `m` and `h`. Write it so, or remove \
                     the line to have the usual time."
                );
                Diagnostic::error("Invalid duration", detail).at(path)
            })
            .collect()
    }
}

/// A duration as Go writes it (`time.ParseDuration`), which is what Terraform users know; none when the
/// text is no duration, not greater than zero, or more than Go can count.
fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let seconds = number.parse::<f64>().ok()? * seconds_per(unit)?;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = tail;
    }
    (!total.is_zero() && total <= LONGEST).then_some(total)
}

fn seconds_per(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let check = |text: &str, milliseconds: Option<u64>| {
            assert_eq!(parse_duration(text), milliseconds.map(Duration::from_millis), "{text}");
        };
        check("30s", Some(30_000));
        check("1h30m", Some(5_400_000));
        check("1.5h", Some(5_400_000));
        check("2m0.5s", Some(120_500));
        check("250ms", Some(250));
        for refused in ["", "0s", "-1s", "10", "s", "1d", "1 h", "1..2s", "1e3s", "9e999h", "∞s"]
        {
            check(refused, None);
        }
        check("99999999999999999999999h", None);
        // Go counts nanoseconds in 64 bits, and a clock cannot be asked for later either.
        check("2562047h", Some(2_562_047 * 3_600_000));
        check("2562048h", None);
        check("2000000h2000000h", None);
    }
}
