//! A Microsoft Graph client that has never heard of Terraform.
//!
//! [`Client`] signs in, sends, waits, repeats what may be repeated and turns every answer into an
//! object or an [`Error`]. It knows paths and JSON objects, not what they mean.

mod client;
mod creation;

mod address;
mod bearer;
mod certificate;
mod credential;
mod endpoint;
mod error;
mod filter;
mod origin;
mod secret;
mod sent;

mod latest;
mod listing;
mod page;

mod gather;

mod exchange;
mod judge;

mod ledger;
mod pace;
mod retry;
mod shared;
mod stop;
mod turn;
mod wait;

mod auth;
mod refusal;
mod sign_in;

mod transport;
mod trust;

mod answer;
mod fault;
mod retry_after;
mod strict;

#[doc(hidden)]
pub mod seams;

#[cfg(test)]
mod scripted;

pub use address::Address;
pub use bearer::Bearer;
pub use certificate::{Certificate, CertificateError};
pub use client::{Client, Object, Settings};
pub use creation::{Created, Creation, Likeness, Witness};
pub use credential::{AzureCli, Credential, FederatedToken, ManagedIdentity};
pub use endpoint::Endpoint;
pub use error::{Blame, Doubt, Error, Kind, SignInFailure};
pub use exchange::Reached;
pub use filter::Filter;
pub(crate) use latest::{Fresh, Latest};
pub use origin::{Origin, OriginError};
pub use page::Pages;
pub use secret::Secret;
pub use sent::Sent;
pub(crate) use stop::StopWatch;
pub(crate) use wait::in_time;
