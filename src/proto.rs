//! The messages and services generated from `proto/`; knows nothing of what they mean.

#![expect(clippy::allow_attributes, reason = "which of its lints generated code trips may change")]
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::use_self,
    reason = "the style of generated code is the generator's"
)]

/// Terraform's provider protocol, version 6.11.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// The side services of go-plugin: controller, standard output and broker.
pub mod plugin {
    tonic::include_proto!("plugin");
}
