//! Tests that look at the project from outside.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../../examples/graph-emulator/emulator/mod.rs"]
mod emulator;

// The local Graph itself: it can only hold the provider to Graph's contract when it keeps that contract.
mod emulated;
