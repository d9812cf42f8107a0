//! A Microsoft Graph client that has never heard of Terraform.
//!
//! [`Client`] signs in, sends, waits, repeats what may be repeated and turns every answer into an
//! object or an [`Error`]. It knows paths and JSON objects, not what they mean.

mod client;

mod address;
mod error;
mod origin;
mod secret;

mod page;

mod gather;

mod exchange;
mod judge;

mod retry;
mod stop;

mod auth;
mod refusal;

mod transport;

mod answer;
mod fault;
mod retry_after;

#[cfg(test)]
mod scripted;

pub use address::Address;
pub use client::{Client, Object, Settings};
pub use error::{Blame, Error, Kind, SignInFailure};
pub use origin::{Origin, OriginError};
pub use secret::Secret;
