//! Finds the devices of an enrollment program token; assigns none.

use std::collections::HashSet;

use super::{Asking, Found, PROFILE_ID, TOKEN_ID, text_of};
use crate::diagnostics::Diagnostic;
use crate::entity::{Json, bare_id, id_key};
use crate::graph::{Address, Error, Filter, Kind, Object};
use crate::provider::address;

/// The arguments that a property must be equal to.
const EQUAL: [(&str, &str); 3] = [
    ("enrollment_state", "enrollmentState"),
    ("platform", "platform"),
    ("discovery_source", "discoverySource"),
];

impl Asking<'_> {
    /// The devices of a token that pass the filters.
    pub(super) async fn devices(&self) -> Result<Found, Diagnostic> {
        let token = self.text(TOKEN_ID).unwrap_or_default();
        let wanted = self.serial_numbers();
        let found = self.found_devices(token, wanted.as_ref()).await;
        self.many(&found.map_err(|error| self.failed(TOKEN_ID, &error))?, token)
    }

    /// Graph is given only those conditions that are known to work; where it refuses them all the same, it
    /// is asked for everything.
    async fn found_devices(
        &self,
        token: &str,
        serial_numbers: Option<&HashSet<String>>,
    ) -> Result<Vec<Object>, Error> {
        let all = address::devices(token);
        if let Some(filter) = self.graphs_part(serial_numbers) {
            match self.passing(&all.clone().filter(&filter), serial_numbers).await {
                Err(error) if *error.kind() == Kind::BadRequest => {}
                answer => return answer,
            }
        }
        self.passing(&all, serial_numbers).await
    }

    /// Those of these devices that pass the filters. A token may hold 200,000, so a page is kept no longer
    /// than it is looked at.
    async fn passing(
        &self,
        devices: &Address,
        serial_numbers: Option<&HashSet<String>>,
    ) -> Result<Vec<Object>, Error> {
        let mut passing = Vec::new();
        let take = |device: Object| {
            if self.passes(&device, serial_numbers) {
                passing.push(device);
            }
        };
        self.client.each(devices, self.deadline, take).await?;
        Ok(passing)
    }

    fn graphs_part(&self, serial_numbers: Option<&HashSet<String>>) -> Option<Filter> {
        let source =
            self.text("discovery_source").map(|source| Filter::equal("discoverySource", source));
        // Graph writes it in small letters, and a filter may compare them.
        let profile = self.text(PROFILE_ID).map(id_key);
        let profile = profile.map(|id| Filter::equal("requestedEnrollmentProfileId", &id));
        let serial = serial_numbers.and_then(|serials| match serials.iter().next() {
            Some(only) if serials.len() == 1 => Some(Filter::contains("serialNumber", only)),
            _ => None,
        });
        [source, profile, serial].into_iter().flatten().reduce(Filter::and)
    }

    fn passes(&self, device: &Json, serial_numbers: Option<&HashSet<String>>) -> bool {
        let serial = || text_of(device, "serialNumber").unwrap_or_default().to_ascii_uppercase();
        let assigned = text_of(device, "requestedEnrollmentProfileId").unwrap_or_default();
        let is_assigned = |wanted: &str| bare_id(&assigned).eq_ignore_ascii_case(bare_id(wanted));
        EQUAL.iter().all(|(attribute, property)| {
            self.text(attribute)
                .is_none_or(|wanted| text_of(device, property).as_deref() == Some(wanted))
        }) && self.text(PROFILE_ID).is_none_or(is_assigned)
            && serial_numbers.is_none_or(|wanted| wanted.contains(&serial()))
    }

    /// The serial numbers that are asked for, in the upper case in which Apple writes them.
    fn serial_numbers(&self) -> Option<HashSet<String>> {
        let given = self.config.field("serial_numbers").as_elements()?;
        Some(given.iter().filter_map(|one| one.as_text()).map(str::to_ascii_uppercase).collect())
    }
}
