//! What Apple's answers to a sync mean; asks nobody.

/// What a `lastSyncErrorCode` means, in sentences that start with the code; none for 0, which is success.
///
/// Microsoft documents no meanings. These are what others have observed and noted beside their alerts.
///
/// ```
/// use terraform_provider_intune::entity::sync_error;
///
/// assert_eq!(sync_error(0), None);
/// assert!(sync_error(3).is_some_and(|words| words.contains("terms and conditions")));
/// ```
pub fn sync_error(code: i64) -> Option<String> {
    let meaning = match code {
        0 => return None,
        1 => "The token has expired, as far as is known: renew it.",
        3 => {
            "Apple has new terms and conditions: an administrator has to accept them in Apple Business \
             Manager or Apple School Manager."
        }
        _ => "No meaning of it is documented: look at the token in the Intune admin center.",
    };
    Some(format!("Code {code}. {meaning}"))
}
