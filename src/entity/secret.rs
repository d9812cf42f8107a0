//! Values that are sent and never kept: write-only attributes, and the versions that tell of their
//! change; must not hold a secret itself.

use super::{Entity, Kind};
use crate::diagnostics::Diagnostic;
use crate::value::{Path, Value};

impl Entity {
    /// The secrets that an apply must send, by their properties in Graph: all that configuration holds
    /// for a create (`prior` is null), and for an update those whose version changed. A secret that is
    /// left out is never sent as null: that would wipe it.
    pub fn secrets<'config>(
        &self,
        prior: &Value,
        planned: &Value,
        config: &'config Value,
    ) -> Vec<(&'static str, &'config str)> {
        self.secret_rows()
            .filter(|(_, _, version)| {
                prior.is_null() || prior.field(version) != planned.field(version)
            })
            .filter_map(|(attribute, graph, _)| Some((graph, config.field(attribute).as_text()?)))
            .collect()
    }

    /// Refuses every secret in a configuration: what to say to a Terraform that would keep it in its
    /// state.
    pub fn refuse_secrets(&self, config: &Value) -> Vec<Diagnostic> {
        let set = self.secret_rows().filter(|(attribute, ..)| !config.field(attribute).is_null());
        set.map(|(attribute, ..)| {
            let detail = format!(
                "`{attribute}` is write-only: it is sent to Microsoft Graph and kept nowhere. That needs \
                 Terraform 1.11 or later; this one would write it into its state for everybody to read. \
                 Use a newer Terraform, or remove the line."
            );
            Diagnostic::error("Terraform is too old for a write-only attribute", detail)
                .at(Path::attribute(attribute))
        })
        .collect()
    }

    /// A version that tells of the change of nothing.
    pub(super) fn validate_secrets(&self, config: &Value) -> Vec<Diagnostic> {
        let lonely = self.secret_rows().filter(|(attribute, _, version)| {
            config.field(attribute).is_null() && !config.field(version).is_null()
        });
        lonely
            .map(|(attribute, _, version)| {
                let detail = format!(
                    "`{version}` is set, but `{attribute}` is not, so nothing is sent when it changes, \
                     and what was sent before stays. Set `{attribute}`, or remove `{version}`."
                );
                Diagnostic::warning("Version of nothing", detail).at(Path::attribute(version))
            })
            .collect()
    }

    /// Attribute, property and the attribute of the version.
    fn secret_rows(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        self.properties.iter().filter_map(|row| match row.kind {
            Kind::Secret(version) => Some((row.attribute, row.graph, version)),
            _ => None,
        })
    }
}
