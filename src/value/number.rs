//! Numbers of any size and precision; knows no encoding.

use bigdecimal::BigDecimal;

/// A number that keeps every digit it was written with.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Number {
    /// Less than every other number.
    NegativeInfinity,
    /// An ordinary number.
    Finite(BigDecimal),
    /// Greater than every other number.
    PositiveInfinity,
}
