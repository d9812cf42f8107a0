//! Reads of many profiles, asked of the plugin as Terraform asks, without Terraform's own time in it; knows
//! no command line.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::json;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::resources::dep_enrollment_profile::ENTITY;
use terraform_provider_intune::value::{Fields, Type, Value, msgpack};

use crate::emulator::Credential;
use crate::stage::Service;
use crate::start::Running;
use crate::{Failure, process};

/// As many as Terraform asks for at a time.
const AT_A_TIME: usize = 10;

/// A refresh of all profiles in a process that was started for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refresh {
    pub(crate) profiles: usize,
    /// In milliseconds.
    pub(crate) latency: u64,
    pub(crate) wall: Duration,
    /// HTTP requests, that for an access token among them.
    pub(crate) requests: usize,
    /// The most that the plugin had resident, in bytes.
    pub(crate) peak: Option<u64>,
}

/// Refreshes so many profiles, a thousand under each token, of a service that waits for so many milliseconds.
pub(crate) async fn measure(
    program: &Path,
    profiles: usize,
    latency: u64,
    page_size: usize,
) -> Result<Refresh, Failure> {
    let service = Service::start(profiles, latency, page_size).await?;
    let type_ = ENTITY.schema().implied_type();
    let mut states = Vec::new();
    for number in 0..profiles {
        let token = service.token_of(number)?;
        let properties = json!({ "displayName": format!("Profile {number}") });
        states.push(state(&type_, token, &service.emulator.put_profile(token, properties))?);
    }
    let plugin = Running::start(program, &environment(service.emulator.url()))?.connect().await?;
    let request = wire::configure_provider::Request::default();
    let configured = plugin.provider().configure_provider(request).await?.into_inner();
    without_problems(&configured.diagnostics)?;
    let started = Instant::now();
    let mut reads = futures_util::stream::iter(states)
        .map(|state| {
            let mut provider = plugin.provider();
            async move { provider.read_resource(request_of(state)).await }
        })
        .buffer_unordered(AT_A_TIME);
    while let Some(read) = reads.next().await {
        without_problems(&read?.into_inner().diagnostics)?;
    }
    let wall = started.elapsed();
    drop(reads);
    let peak = process::peak(plugin.process_id());
    let requests = service.emulator.requests().len();
    plugin.shut_down().await?;
    Ok(Refresh { profiles, latency, wall, requests, peak })
}

fn environment(url: &str) -> [(&'static str, String); 5] {
    let client = Credential::default();
    [
        ("ARM_TENANT_ID", client.tenant_id),
        ("ARM_CLIENT_ID", client.client_id),
        ("ARM_CLIENT_SECRET", client.client_secret),
        ("INTUNE_GRAPH_ENDPOINT", url.to_owned()),
        ("INTUNE_AUTHORITY_HOST", url.to_owned()),
    ]
}

/// What is known of a profile after its import.
fn state(type_: &Type, token: &str, id: &str) -> Result<Vec<u8>, Failure> {
    let Type::Object(attributes, _) = type_ else { return Err("a state is an object".into()) };
    let mut state: Fields = attributes.keys().map(|name| (name.clone(), Value::Null)).collect();
    state.insert("id".to_owned(), Value::text(id));
    state.insert(ENTITY.parent.attribute.to_owned(), Value::text(token));
    Ok(msgpack::encode(&Value::Object(state), type_)?)
}

fn request_of(state: Vec<u8>) -> wire::read_resource::Request {
    wire::read_resource::Request {
        type_name: ENTITY.type_name.to_owned(),
        current_state: Some(wire::DynamicValue { msgpack: state, json: Vec::new() }),
        ..Default::default()
    }
}

fn without_problems(diagnostics: &[wire::Diagnostic]) -> Result<(), Failure> {
    diagnostics.first().map_or(Ok(()), |first| Err(first.summary.clone().into()))
}
