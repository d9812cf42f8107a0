//! What the calls about queries carry, and the stream of what is found; must not know what a query means.

use std::sync::Arc;

use futures_util::stream;
use tonic::codegen::BoxStream;

use super::service::Service;
use super::{decode, encode, identity};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::provider::{Listed, Listing, Provider, Wanted, guarded, internal_error};

impl Service {
    pub(super) async fn validate_query(
        &self,
        request: wire::validate_list_resource_config::Request,
    ) -> wire::validate_list_resource_config::Response {
        let found = self.checked(move |provider| {
            let resource = provider.resource(&request.type_name)?;
            let config = decode::value(request.config.as_ref(), &resource.query()?.type_, "query")?;
            Ok(provider.validate_query(resource, &config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        wire::validate_list_resource_config::Response { diagnostics }
    }

    /// Terraform stops reading, and drops the stream, when it has enough. So each element is looked for
    /// when it is asked for, and not before.
    pub(super) fn list(
        &self,
        request: wire::list_resource::Request,
    ) -> BoxStream<wire::list_resource::Event> {
        let provider = Arc::clone(&self.provider);
        let start = Progress { provider, step: Step::Asked(request) };
        Box::pin(stream::unfold(Some(start), |progress| async {
            let next = guarded(progress?.next(), |message| {
                Some((problem(&internal_error(message)), None))
            });
            next.await.map(|(event, rest)| (Ok(event), rest))
        }))
    }
}

/// How far a stream has come.
struct Progress {
    provider: Arc<Provider>,
    step: Step,
}

enum Step {
    Asked(wire::list_resource::Request),
    Listing(String, Box<Listing>),
}

impl Progress {
    /// The next event, and what is left to do after it; none at the end.
    async fn next(self) -> Option<(wire::list_resource::Event, Option<Self>)> {
        let Self { provider, step } = self;
        let (type_name, mut listing) = match step {
            Step::Listing(type_name, listing) => (type_name, listing),
            Step::Asked(request) => match begin(&provider, &request) {
                Ok(listing) => (request.type_name, Box::new(listing)),
                Err(why) => return Some((problem(&why), None)),
            },
        };
        let listed = listing.next().await?;
        match event(&provider, &type_name, &listed) {
            Ok(event) => {
                let step = Step::Listing(type_name, listing);
                Some((event, Some(Self { provider, step })))
            }
            Err(why) => Some((problem(&why), None)),
        }
    }
}

fn begin(
    provider: &Provider,
    request: &wire::list_resource::Request,
) -> Result<Listing, Diagnostic> {
    let resource = provider.resource(&request.type_name)?;
    let config = decode::value(request.config.as_ref(), &resource.query()?.type_, "query")?;
    let (states, limit) = (request.include_resource_object, request.limit);
    provider.list(resource, &Wanted { config, states, limit })
}

fn event(
    provider: &Provider,
    type_name: &str,
    listed: &Listed,
) -> Result<wire::list_resource::Event, Diagnostic> {
    let resource = provider.resource(type_name)?;
    let is_there = !listed.state.is_null();
    let state = is_there.then(|| encode::value(&listed.state, &resource.described.type_));
    Ok(wire::list_resource::Event {
        identity: identity::given(resource, &listed.identity),
        display_name: listed.display_name.clone(),
        resource_object: state.transpose()?,
        diagnostic: encode::diagnostics(&listed.diagnostics),
    })
}

/// An event that holds nothing but something to tell.
fn problem(why: &Diagnostic) -> wire::list_resource::Event {
    wire::list_resource::Event { diagnostic: vec![encode::diagnostic(why)], ..Default::default() }
}
