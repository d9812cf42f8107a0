//! The tests that look at the provider from outside, in one binary.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod oracle;
