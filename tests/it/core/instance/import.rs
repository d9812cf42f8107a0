//! An import, by id and by identity, in core's order; knows no resource.

use terraform_provider_intune::diagnostics::Diagnostic;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::value::Value;

use super::{Instance, Read};
use crate::core::{Told, capabilities};
use crate::oracle::{Imported, Saved, assert_import, assert_imported_read};

impl Instance {
    /// ImportResourceState and the read that always follows it. On success the state holds the object.
    pub(crate) async fn import(&mut self, id: &str) -> Told {
        self.story.note("ImportResourceState", id);
        self.import_this(id.to_owned(), None).await
    }

    /// The same by identity.
    pub(crate) async fn import_identity(&mut self, identity: &Value) -> Told {
        self.story.note("ImportResourceState", identity);
        let data = self.identity_data(identity);
        self.import_this(String::new(), data).await
    }

    async fn import_this(
        &mut self,
        id: String,
        identity: Option<wire::ResourceIdentityData>,
    ) -> Told {
        let by_identity = identity.is_some();
        let request = wire::import_resource_state::Request {
            type_name: self.type_name.clone(),
            id,
            client_capabilities: Some(capabilities()),
            identity,
        };
        let answer = self.provider.import_resource_state(request).await;
        let answer = self.story.answered(answer);
        let mut told = self.told(&answer.diagnostics);
        if told.failed() {
            return told;
        }
        let imported: Vec<_> = answer
            .imported_resources
            .iter()
            .map(|one| {
                let state = self.value(one.state.as_ref());
                let identity = self.identified(one.identity.as_ref(), &state);
                Imported { type_name: one.type_name.clone(), state, identity: Some(identity) }
            })
            .collect();
        let complaints = assert_import(self.schema(), &self.type_name, by_identity, &imported);
        self.story.check("Provider returned an invalid import", &complaints);
        let private = answer.imported_resources[0].private.clone();
        let before = imported[0].identity.clone().unwrap_or(Value::Null);
        let read = self.read(&imported[0].state, private, &before).await;
        told.extend(read.told);
        if told.failed() {
            return told;
        }
        let Read { state, private, identity, .. } = read;
        if state.is_null() {
            // Somebody may have deleted it in between; this is what core says then.
            let detail = "the object is not there";
            told.0.push(Diagnostic::error("Cannot import non-existent remote object", detail));
            return told;
        }
        let complaints = assert_imported_read(self.schema(), &state);
        self.story.check("Provider produced invalid object", &complaints);
        self.same_object(&before, &identity);
        self.saved = Some(Saved { value: state, tainted: false });
        (self.private, self.identity) = (private, identity);
        told
    }
}
