//! What the command line can do from which version on, so that a test of it can be skipped below.

use crate::cli::{Cli, Version};
use crate::skipped;

/// Something that the command line asks of a provider since some version.
pub(super) struct Feature {
    /// What people call it.
    name: &'static str,
    /// The first Terraform that has it.
    terraform: (u64, u64),
    /// The first OpenTofu that has it, if one has.
    opentofu: Option<(u64, u64)>,
}

/// Functions of a provider.
pub(super) const FUNCTIONS: Feature =
    Feature { name: "Functions of a provider", terraform: (1, 8), opentofu: Some((1, 7)) };

/// Attributes that are kept in no state. The first OpenTofu that takes them is not known to work here.
pub(super) const WRITE_ONLY: Feature =
    Feature { name: "Write-only attributes", terraform: (1, 11), opentofu: None };

/// Identities of resources, and import by them.
pub(super) const IDENTITIES: Feature =
    Feature { name: "Identities", terraform: (1, 12), opentofu: Some((1, 12)) };

/// Resources that are never stored.
pub(super) const EPHEMERAL: Feature =
    Feature { name: "Ephemeral resources", terraform: (1, 10), opentofu: Some((1, 11)) };

/// Actions of a provider.
pub(super) const ACTIONS: Feature =
    Feature { name: "Actions of a provider", terraform: (1, 14), opentofu: None };

impl Feature {
    /// Whether the command line at hand has it. If not, says so, and that the test was skipped.
    pub(super) fn is_here(&self) -> bool {
        let cli = Cli::find().unwrap_or_else(|missing| panic!("{missing}"));
        let version = cli.version().unwrap();
        let here = self.is_in(&version);
        if !here {
            let (name, (major, minor)) = (self.name, self.terraform);
            skipped(&format!("{name} need Terraform {major}.{minor}, and this is {version}"));
        }
        here
    }

    fn is_in(&self, version: &Version) -> bool {
        let first = match version.product.as_str() {
            "OpenTofu" => self.opentofu,
            _ => Some(self.terraform),
        };
        let mut numbers = version.number.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        let number = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        first.is_some_and(|first| number >= first)
    }
}

#[test]
fn a_feature_is_here_from_its_first_version_on() {
    let check = |product: &str, number: &str, here: bool| {
        let version = Version { product: product.into(), number: number.into() };
        assert_eq!(FUNCTIONS.is_in(&version), here, "{version}");
    };
    check("Terraform", "1.7.5", false);
    check("Terraform", "1.8.0-beta1", true);
    check("Terraform", "1.15.5", true);
    check("OpenTofu", "1.6.3", false);
    check("OpenTofu", "1.7.0", true);
    check("OpenTofu", "2.0.1", true);
    let nowhere = Feature { opentofu: None, ..FUNCTIONS };
    let tofu = Version { product: "OpenTofu".into(), number: "1.99.0".into() };
    assert!(!nowhere.is_in(&tofu));
}

#[test]
fn the_command_line_says_which_version_it_is() {
    let version = Cli::find().unwrap().version().unwrap();
    assert!(["Terraform", "OpenTofu"].contains(&version.product.as_str()), "{version}");
    assert_eq!(FUNCTIONS.is_here(), FUNCTIONS.is_in(&version));
}
