//! What the calls about actions carry, and the stream in which one tells how it goes; must not know what
//! any of them does.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::{self, Stream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tonic::Status;
use wire::invoke_action::Event;
use wire::invoke_action::event::{Completed, Progress as Said, Type as Kind};

use super::service::Service;
use super::{decode, encode};
use crate::diagnostics::Diagnostic;
use crate::proto::tfplugin6 as wire;
use crate::provider::{Offered, Progress, Provider, guarded, internal_error};
use crate::value::Value;

impl Service {
    pub(super) fn all_actions(&self) -> HashMap<String, wire::ActionSchema> {
        let actions = self.provider.actions().map(|(type_name, offered)| {
            let schema = Some(encode::schema(&offered.described.schema));
            (type_name.to_owned(), wire::ActionSchema { schema })
        });
        actions.collect()
    }

    pub(super) async fn validate_action(
        &self,
        request: wire::validate_action_config::Request,
    ) -> wire::validate_action_config::Response {
        let found = self.checked(move |provider| {
            let offered = provider.action(&request.type_name)?;
            let config = decoded(offered, request.config.as_ref())?;
            Ok(provider.validate_action(offered, &config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        wire::validate_action_config::Response { diagnostics }
    }

    /// Never deferred: what an action needs is asked when it is invoked.
    pub(super) async fn plan_an_action(
        &self,
        request: wire::plan_action::Request,
    ) -> wire::plan_action::Response {
        let found = self.checked(move |provider| {
            let offered = provider.action(&request.action_type)?;
            let config = decoded(offered, request.config.as_ref())?;
            Ok(provider.plan_action(offered, &config))
        });
        let diagnostics = encode::diagnostics(&found.await);
        wire::plan_action::Response { diagnostics, deferred: None }
    }

    /// Starts the action in a task of its own, so that what was sent is finished even when nobody listens
    /// any more, and answers with its events.
    pub(super) fn invoke(
        &self,
        request: wire::invoke_action::Request,
    ) -> impl Stream<Item = Result<Event, Status>> + Send + use<> {
        let (progress, said) = Progress::new();
        let provider = Arc::clone(&self.provider);
        let work = guarded(
            async move {
                let _under_way = provider.change().await;
                invoked(&provider, &request, &progress).await.unwrap_or_else(|why| vec![why])
            },
            |message| vec![internal_error(message)],
        );
        stream::unfold(Course::Working(said, tokio::spawn(work)), next)
    }
}

/// How far an action is that somebody listens to.
enum Course {
    Working(UnboundedReceiver<String>, JoinHandle<Vec<Diagnostic>>),
    Completed,
}

/// The next event. What was said comes first, as nothing may follow the one that completes.
async fn next(course: Course) -> Option<(Result<Event, Status>, Course)> {
    let Course::Working(mut said, work) = course else { return None };
    let (kind, course) = match said.recv().await {
        Some(message) => (Kind::Progress(Said { message }), Course::Working(said, work)),
        None => {
            let lost = |_| vec![internal_error("an action came to no end")];
            let diagnostics = encode::diagnostics(&work.await.unwrap_or_else(lost));
            (Kind::Completed(Completed { diagnostics }), Course::Completed)
        }
    };
    Some((Ok(Event { r#type: Some(kind) }), course))
}

async fn invoked(
    provider: &Provider,
    request: &wire::invoke_action::Request,
    progress: &Progress,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let offered = provider.action(&request.action_type)?;
    let config = decoded(offered, request.config.as_ref())?;
    if !config.is_wholly_known() {
        return Err(decode::not_known("configuration"));
    }
    Ok(provider.invoke(offered, &config, progress).await)
}

fn decoded(offered: &Offered, sent: Option<&wire::DynamicValue>) -> Result<Value, Diagnostic> {
    decode::value(sent, &offered.described.type_, "configuration")
}
