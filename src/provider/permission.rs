//! The permissions that requests need, as Entra ID spells them; asks nobody.
//!
//! <https://learn.microsoft.com/graph/permissions-reference>

/// Lets an application read enrollment program tokens and what lives under them.
pub const READ: &str = "DeviceManagementServiceConfig.Read.All";

/// Lets an application change them as well; includes [`READ`].
pub const WRITE: &str = "DeviceManagementServiceConfig.ReadWrite.All";
