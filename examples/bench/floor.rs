//! The floor that no provider gets below: this one with its reads answered from state, without HTTP. It
//! must differ from the real plugin in nothing else.
//!
//! It is the benchmark's own program, which Terraform starts as a plugin, so that what is shipped holds no
//! switch that makes it lie.

use std::sync::Arc;

use terraform_provider_intune::plugin;
use terraform_provider_intune::proto::tfplugin6 as wire;
use terraform_provider_intune::proto::tfplugin6::provider_server::Provider as Calls;
use terraform_provider_intune::protocol::Service;
use terraform_provider_intune::provider::{self, Catalog, Provider};
use tonic::{Request, Response, Status};

use crate::Failure;

/// Whether Terraform, and not a person, has started this program.
pub(crate) fn is_started_by_terraform() -> bool {
    std::env::var_os("TF_PLUGIN_MAGIC_COOKIE").is_some()
}

/// Serves Terraform to its end.
pub(crate) fn serve() -> Result<(), Failure> {
    // As many as the real plugin takes.
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let environment = provider::Environment::new(std::env::vars());
    let provider = Arc::new(Provider::new(Catalog::ALL, environment));
    let served = runtime.block_on(plugin::serve(
        Floor(Service::new(provider)),
        plugin::Environment::of_this_process(),
        plugin::Options::default(),
    ));
    runtime.shutdown_background();
    Ok(served?)
}

/// The provider's service with one call of its own.
struct Floor(Service);

type Answer<T> = Result<Response<T>, Status>;

/// Calls that go to the real service as they are.
macro_rules! passed_on {
    ($($call:ident)*) => {
        #[tonic::async_trait]
        impl Calls for Floor {
            async fn read_resource(
                &self,
                request: Request<wire::read_resource::Request>,
            ) -> Answer<wire::read_resource::Response> {
                let wire::read_resource::Request { current_state, private, .. } = request.into_inner();
                Ok(Response::new(wire::read_resource::Response {
                    new_state: current_state,
                    private,
                    ..Default::default()
                }))
            }

            $(
                async fn $call(
                    &self,
                    request: Request<wire::$call::Request>,
                ) -> Answer<wire::$call::Response> {
                    self.0.$call(request).await
                }
            )*
        }
    };
}

passed_on! {
    get_metadata
    get_provider_schema
    get_resource_identity_schemas
    validate_provider_config
    validate_resource_config
    configure_provider
    upgrade_resource_state
    plan_resource_change
    apply_resource_change
    stop_provider
}
