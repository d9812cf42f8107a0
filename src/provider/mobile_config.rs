//! The document that enrolls a device with a profile; logs none of it.

use tokio::time::Instant;

use super::address;
use crate::graph::{Client, Error, Object};

/// What `exportMobileConfig` answers for a profile: the document stands in `value`.
///
/// # Errors
///
/// As for a read. An id that does not begin with a token's id is not asked for.
pub(super) async fn exported(
    client: &Client,
    profile_id: &str,
    deadline: Instant,
) -> Result<Object, Error> {
    let token = address::token_of(profile_id);
    let address = address::profiles(token).segment(profile_id).segment("exportMobileConfig");
    client.get(&address, deadline).await
}
