//! The side services of go-plugin that Terraform calls: the end of the process and its standard output.

use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::proto::plugin::grpc_controller_server::GrpcController;
use crate::proto::plugin::grpc_stdio_server::GrpcStdio;
use crate::proto::plugin::{Empty, StdioData};

/// Ends the process at Terraform's word. Without it every process of a command costs two seconds.
pub(super) struct Controller {
    stop: watch::Sender<bool>,
}

impl Controller {
    /// Says `true` to `stop` when the time has come.
    pub(super) fn new(stop: watch::Sender<bool>) -> Self {
        Self { stop }
    }
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.stop.send_replace(true);
        Ok(Response::new(Empty {}))
    }
}

/// A standard output on which nothing is ever said: Terraform warns about whatever arrives.
///
/// It is held open all the same, because a connection without a call in flight is closed by gRPC
/// after half an hour, and a closed connection means here that Terraform is gone.
pub(super) struct SilentOutput {
    stopped: watch::Receiver<bool>,
}

impl SilentOutput {
    /// Open until `stopped` says `true`.
    pub(super) fn new(stopped: watch::Receiver<bool>) -> Self {
        Self { stopped }
    }
}

#[tonic::async_trait]
impl GrpcStdio for SilentOutput {
    async fn stream_stdio(
        &self,
        _request: Request<()>,
    ) -> Result<Response<BoxStream<StdioData>>, Status> {
        let mut stopped = self.stopped.clone();
        let end = async move {
            // An error means that the server is gone, which is an end as well.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        Ok(Response::new(stream::pending().take_until(Box::pin(end)).boxed()))
    }
}
