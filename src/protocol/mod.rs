//! Terraform's provider protocol, version 6: the only room that names its messages. Must not know Graph,
//! nor how a resource is declared.
//!
//! Every call decodes its request, hands it to the [`provider`](crate::provider), and encodes the
//! answer. What goes wrong for a person is always a diagnostic; a gRPC status only says that a call is
//! not offered.

mod action;
mod data;
mod decode;
mod encode;
mod ephemeral;
mod function;
mod identity;
mod list;
mod resource;
mod service;
mod told;

pub use service::Service;
pub use told::Told;
