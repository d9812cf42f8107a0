//! Everything that is tested from outside, in one binary.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod descriptor;
mod handshake;
mod host;
