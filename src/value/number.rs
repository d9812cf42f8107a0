//! Numbers of any size and precision; knows no encoding.

use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive, Zero};

/// The most digits a number may have on either side of the decimal point.
///
/// Terraform computes with 512 bits, about 155 digits, and an `f64` has at most 324 digits on one side.
/// The limit is well above both, and low enough that `1e999999999` cannot make anybody write out its
/// zeros.
const MAX_DIGITS: u64 = 1024;

/// The longest text of a number within [`MAX_DIGITS`]: both sides, the sign and the point.
const MAX_TEXT: usize = 2 * MAX_DIGITS as usize + 2;

/// A number that keeps every digit it was written with.
///
/// Equality, order and hash are numeric: `1`, `1.0` and `10e-1` are one number. The constructors bring
/// numbers into a normal form without trailing zeros and keep them within 1024 digits on either side
/// of the decimal point.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Number {
    /// Less than every other number.
    NegativeInfinity,
    /// An ordinary number.
    Finite(BigDecimal),
    /// Greater than every other number.
    PositiveInfinity,
}

impl Number {
    /// The number written in decimal, with or without fraction and exponent: `-12`, `0.5`, `1e20`.
    ///
    /// Nothing for any other text, among it infinities, hexadecimal digits and spaces, and for a number
    /// with more than 1024 digits before or after the decimal point once written without exponent.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT || !is_decimal(text) {
            return None;
        }
        BigDecimal::from_str(text).ok().and_then(Self::within_limits)
    }

    /// The number that a float stands for; nothing for NaN.
    ///
    /// A fraction is read by its shortest decimal text, so `0.1` is the number 0.1 and not the binary
    /// fraction next to it. Integers are exact. Terraform compares numbers by the same two rules.
    pub fn from_f64(float: f64) -> Option<Self> {
        if float.is_nan() {
            None
        } else if float.is_infinite() {
            Some(if float > 0.0 { Self::PositiveInfinity } else { Self::NegativeInfinity })
        } else if float.fract() == 0.0 {
            Self::parse(&format!("{float:.0}"))
        } else {
            Self::parse(&float.to_string())
        }
    }

    /// The number as an `i64`, when it is an integer of that range.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Finite(number) if number.is_integer() => number.to_i64(),
            _ => None,
        }
    }

    /// Whether the number is finite and has no fraction.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Finite(number) if number.is_integer())
    }

    /// The float that is this very number, not merely the nearest one.
    pub(super) fn as_exact_f64(&self) -> Option<f64> {
        match self {
            Self::NegativeInfinity => Some(f64::NEG_INFINITY),
            Self::PositiveInfinity => Some(f64::INFINITY),
            Self::Finite(number) => {
                let float: f64 = self.to_string().parse().ok()?;
                (BigDecimal::try_from(float).ok()? == *number).then_some(float)
            }
        }
    }

    fn within_limits(number: BigDecimal) -> Option<Self> {
        if number.is_zero() {
            return Some(Self::Finite(BigDecimal::zero()));
        }
        // An exponent this far out is beyond the limits whatever the digits are, and bounding it first
        // keeps the arithmetic below from overflowing.
        if number.fractional_digit_count().unsigned_abs() > MAX_TEXT as u64 {
            return None;
        }
        let number = number.normalized();
        let scale = number.fractional_digit_count();
        let digits = i64::try_from(number.decimal_digit_count()).ok()?;
        let limit = MAX_DIGITS.cast_signed();
        (scale <= limit && digits - scale <= limit).then_some(Self::Finite(number))
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Number {
            fn from(integer: $integer) -> Self {
                Self::Finite(BigDecimal::from(integer).normalized())
            }
        })*
    };
}

from_integers!(i32, i64, i128, u32, u64);

/// Plain decimal text without an exponent: `-12`, `0.5`, `100000000000000000000`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeInfinity => f.write_str("-Infinity"),
            Self::PositiveInfinity => f.write_str("Infinity"),
            Self::Finite(number) => f.write_str(&number.normalized().to_plain_string()),
        }
    }
}

/// Whether text is a decimal number as Terraform's own parser takes it, which is stricter than that of
/// the decimal library: no underscores between digits.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let mantissa = without_sign(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    are_digits(whole)
        && are_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.map(without_sign).is_none_or(|digits| !digits.is_empty() && are_digits(digits))
}

fn without_sign(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::hash::{DefaultHasher, Hash, Hasher};

    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn hash(number: &Number) -> u64 {
        let mut hasher = DefaultHasher::new();
        number.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn one_number_has_one_identity_however_it_is_written() {
        for text in ["1.0", "10e-1", "+1", "1.", "0.001E+3", "01"] {
            assert_eq!(number(text), Number::from(1), "{text}");
            assert_eq!(hash(&number(text)), hash(&Number::from(1)), "{text}");
        }
        assert_eq!(number("-0.0"), Number::from(0));
        assert_eq!(number("0e99999999"), Number::from(0));
    }

    #[test]
    fn numbers_are_written_plainly_and_with_every_digit() {
        for (text, plain) in [
            ("1e20", "100000000000000000000"),
            ("1e3", "1000"),
            ("-2.50", "-2.5"),
            (".5", "0.5"),
            ("1e-10", "0.0000000001"),
            ("0.1234567890123456789", "0.1234567890123456789"),
        ] {
            assert_eq!(number(text).to_string(), plain);
        }
        let unnormalised = Number::Finite(BigDecimal::from_str("1.0").unwrap());
        assert_eq!(unnormalised.to_string(), "1");
    }

    #[test]
    fn text_that_is_no_decimal_number_is_refused() {
        for text in [
            "", ".", "-", "e1", "1e", "1e+", "--1", "+-1", "1_000", "0x10", " 1", "1 ", "1.2.3",
            "Inf", "NaN", "1e1e1", "1e1.5", "١",
        ] {
            assert_eq!(Number::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_number_of_too_many_digits_is_refused() {
        assert!(Number::parse("1e1023").is_some());
        assert!(Number::parse("1e-1024").is_some());
        for text in ["1e1024", "1e-1025", "1e999999999", "-1e-999999999", "1e9223372036854775807"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        let most = "9".repeat(1024);
        let longest = format!("-{most}.{most}");
        assert_eq!(number(&longest).to_string(), longest);
        assert_eq!(Number::parse(&format!("1{longest}")), None);
        assert_eq!(Number::parse(&"1".repeat(1025)), None);
    }

    #[test]
    fn a_float_fraction_is_its_shortest_text_and_a_float_integer_is_exact() {
        assert_eq!(Number::from_f64(0.1), Some(number("0.1")));
        assert_eq!(Number::from_f64(5e-324), Some(number("5e-324")));
        assert_eq!(Number::from_f64(1e23), Some(number("99999999999999991611392")));
        assert_eq!(Number::from_f64(-0.0), Some(Number::from(0)));
        assert_eq!(Number::from_f64(f64::MAX).map(|max| max.to_string().len()), Some(309));
        assert_eq!(Number::from_f64(f64::NAN), None);
    }

    #[test]
    fn only_a_float_that_is_the_very_number_counts_as_exact() {
        assert_eq!(number("1.5").as_exact_f64(), Some(1.5));
        assert_eq!(number("-0.0009765625").as_exact_f64(), Some(-0.0009765625));
        assert_eq!(number("0.1").as_exact_f64(), None);
        assert_eq!(number("1e400").as_exact_f64(), None);
        assert_eq!(number("1e-400").as_exact_f64(), None);
    }

    #[test]
    fn only_integers_of_the_range_become_i64() {
        assert_eq!(number("9223372036854775807").as_i64(), Some(i64::MAX));
        assert_eq!(number("-9223372036854775808").as_i64(), Some(i64::MIN));
        assert_eq!(number("9223372036854775808").as_i64(), None);
        assert_eq!(number("-9223372036854775809").as_i64(), None);
        assert_eq!(number("1.5").as_i64(), None);
        assert_eq!(number("1e3").as_i64(), Some(1000));
        assert_eq!(Number::PositiveInfinity.as_i64(), None);
        assert!(number("1e300").is_integer());
        assert!(!number("0.5").is_integer() && !Number::NegativeInfinity.is_integer());
    }

    #[test]
    fn infinities_stand_at_the_ends() {
        assert!(Number::NegativeInfinity < number("-1e1000"));
        assert!(Number::PositiveInfinity > number("1e1000"));
        assert_eq!(Number::from_f64(f64::NEG_INFINITY), Some(Number::NegativeInfinity));
    }

    proptest! {
        #[test]
        fn text_comes_back_as_the_same_number(digits in "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,2})?") {
            let number = number(&digits);
            let again = Number::parse(&number.to_string());
            prop_assert_eq!(again.as_ref(), Some(&number));
            prop_assert_eq!(again.as_ref().map(hash), Some(hash(&number)));
        }

        #[test]
        fn integers_are_ordered_as_integers(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(Number::from(a).cmp(&Number::from(b)), a.cmp(&b));
            prop_assert_eq!(Number::from(a).as_i64(), Some(a));
        }

        #[test]
        fn floats_are_ordered_as_floats(a in any::<f64>(), b in any::<f64>()) {
            let numbers = (Number::from_f64(a).unwrap(), Number::from_f64(b).unwrap());
            prop_assert_eq!(Some(numbers.0.cmp(&numbers.1)), a.partial_cmp(&b));
        }

        #[test]
        fn arbitrary_text_is_never_a_panic(text in ".{0,60}") {
            if let Some(number) = Number::parse(&text) {
                prop_assert_eq!(Number::parse(&number.to_string()), Some(number));
            }
        }
    }
}
