//! A Terraform provider for Apple Automated Device Enrollment in Microsoft Intune.
//!
//! The rooms, in reading order. A room knows only what stands below it; a test guards that. Why things
//! are as they are stands in [`design`].

#![cfg_attr(
    test,
    expect(
        clippy::indexing_slicing,
        clippy::panic,
        reason = "what panics in a test is a failed test; without tests the library is held to the lints"
    )
)]

pub mod plugin;

pub mod cli;

pub mod protocol;

pub mod provider;

pub mod functions;

pub mod data_sources;

pub mod resources;

pub mod actions;

pub mod ephemeral_resources;

pub mod entity;

pub mod graph;

pub mod schema;

pub mod diagnostics;

pub mod value;

pub mod proto;

#[doc = include_str!("design.md")]
pub mod design {}
