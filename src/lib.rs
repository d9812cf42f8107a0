//! A Terraform provider for Apple Automated Device Enrollment in Microsoft Intune.
//!
//! The rooms, in reading order. A room knows only what stands below it; a test guards that.

pub mod plugin;
pub mod proto;
pub mod schema;
pub mod graph;
pub mod diagnostics;
pub mod value;
