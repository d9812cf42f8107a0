//! The tests that see the project from outside, in one binary so that it is linked once.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod architecture;
mod conformance;
mod declarations;
mod oracle;
mod wire;
