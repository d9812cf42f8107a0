//! Which Terraform is too old for this provider; knows no feature.

use crate::diagnostics::Diagnostic;

/// The first version that has everything the provider's pages take for granted. OpenTofu counts from 1.6 on.
const OLDEST: (u64, u64) = (1, 5);

/// What to say to a Terraform that is too old. A version that says nothing is taken for a new one.
pub(super) fn too_old(terraform_version: &str) -> Option<Diagnostic> {
    let mut numbers = terraform_version.split('.').map(|number| number.parse().ok());
    let version = (numbers.next()??, numbers.next()??);
    (version < OLDEST).then(|| {
        let (major, minor) = OLDEST;
        Diagnostic::error(
            "Terraform too old",
            format!(
                "This is Terraform {terraform_version}, and the provider needs {major}.{minor} or later \
                 (or any OpenTofu). Microsoft Graph was not asked, and nothing was changed. Install a newer \
                 Terraform; it reads the same configuration and state."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_too_old_is_refused() {
        for old in ["0.12.31", "0.15.5", "1.0.0", "1.4.7", "1.4.0-rc1"] {
            let told = too_old(old).map(|problem| problem.detail).unwrap_or_default();
            assert!(told.contains(old) && told.contains("needs 1.5 or later"), "{old}: {told}");
        }
        for fine in
            ["1.5.0", "1.5.0-beta1", "1.6.0", "1.16.0", "2.0.0", "", "none", "1", "1.x", "v1.2"]
        {
            assert_eq!(too_old(fine), None, "{fine}");
        }
    }
}
